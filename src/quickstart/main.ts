import 'reflect-metadata';
import fs from 'node:fs';
import path from 'node:path';
import { freePort } from '../app/embedded-postgres.js';
import type { LocalCredentials } from '../app/first-start.js';
import { Api, SandboxControl } from './http.js';
import { historyBegins, simulateHistory } from './history.js';
import { Program } from './processes.js';
import { Screen } from './screen.js';
import { walkStripe, type World } from './stripe-journey.js';
import { summarize } from './summary.js';
import { walkWhop } from './whop-journey.js';

const PORTS = { api: 3000, stripe: 12111, whop: 12112 };

const once = process.argv.includes('--once');
const dataDir = path.resolve(process.env.DATA_DIR ?? '.data');
const screen = new Screen();
const programs: Program[] = [];
/** Of the environment that this run has made: its clock begins half a year ago. */
let credentials: LocalCredentials = { tenant_id: '', environment_id: '', api_key: '' };
let stopping: Promise<void> | undefined;

/** The server first: it must not call a sandbox that is gone. */
function stopAll(): Promise<void> {
  stopping ??= (async () => {
    for (const program of [...programs].reverse()) await program.stop();
  })();
  return stopping;
}

async function startAll(begins: Date): Promise<World> {
  screen.title('Starting');
  const { sandbox } = await screen.phase('sandbox', async () => {
    const program = await Program.start(
      'the sandbox',
      'sandbox/main.js',
      {
        SANDBOX_STRIPE_PORT: String(await freePort(PORTS.stripe)),
        SANDBOX_WHOP_PORT: String(await freePort(PORTS.whop)),
        SANDBOX_STARTS_AT: begins.toISOString(),
      },
      path.join(dataDir, 'sandbox.log'),
    );
    programs.push(program);
    return {
      line: `Stripe on ${program.ready.stripe_url}, Whop on ${program.ready.whop_url}`,
      sandbox: program.ready,
    };
  });
  const { url, credentialsFile } = await screen.phase('Postgres and server', async () => {
    const port = await freePort(PORTS.api);
    const program = await Program.start(
      'the server',
      'main.js',
      {
        PORT: String(port),
        DATA_DIR: dataDir,
        TEST_CLOCK_BEGINS: begins.toISOString(),
        PUBLIC_URL: `http://127.0.0.1:${port}`,
        PROVIDER_STRIPE_BASE_URL: sandbox.stripe_url ?? '',
        PROVIDER_WHOP_BASE_URL: sandbox.whop_url ?? '',
        PROVIDER_STRIPE_CLOCK_URL: `${sandbox.stripe_url ?? ''}/_sandbox/clock/follow`,
        PROVIDER_WHOP_CLOCK_URL: `${new URL(sandbox.whop_url ?? '').origin}/_sandbox/clock/follow`,
        LOG_LEVEL: process.env.LOG_LEVEL ?? 'warn',
      },
      path.join(dataDir, 'server.log'),
    );
    programs.push(program);
    return {
      line: `${program.ready.url}, migrated, with its worker`,
      url: program.ready.url ?? '',
      credentialsFile: program.ready.credentials_file ?? '',
    };
  });
  credentials = JSON.parse(fs.readFileSync(credentialsFile, 'utf8')) as LocalCredentials;
  const whopOrigin = new URL(sandbox.whop_url ?? '').origin;
  return {
    api: new Api(url, credentials.api_key),
    screen,
    stripe: new SandboxControl(sandbox.stripe_url ?? ''),
    whop: new SandboxControl(whopOrigin),
    environmentId: credentials.environment_id,
    ids: {},
  };
}

async function run(): Promise<void> {
  const begins = historyBegins(new Date());
  const world = await startAll(begins);
  const stripe = await walkStripe(world);
  const whop = await walkWhop(world, stripe);
  await simulateHistory(world, stripe, begins);
  const sandbox = programs[0]?.ready ?? {};
  fs.writeFileSync(
    path.join(dataDir, 'quickstart.json'),
    `${JSON.stringify(
      {
        api_url: world.api.url,
        ...credentials,
        sandbox: { stripe_url: sandbox.stripe_url, whop_url: sandbox.whop_url },
        ids: world.ids,
      },
      null,
      2,
    )}\n`,
    { mode: 0o600 },
  );
  summarize({ screen, world, stripe, whop, sandbox, credentials, dataDir });
}

process.on('SIGINT', () => void stopAll().then(() => process.exit(0)));
process.on('SIGTERM', () => void stopAll().then(() => process.exit(0)));

try {
  await run();
  if (once) {
    await stopAll();
    process.exit(0);
  }
  screen.text('Ctrl-C stops everything.');
  for (const program of programs)
    program.onExit((code) => {
      // Ctrl-C reaches the whole process group: then they end by themselves, and in good order.
      if (code === 0 || stopping !== undefined) return;
      process.stderr.write(`${program.name} has ended with code ${code ?? 'none'}; see ${dataDir}/*.log\n`);
      void stopAll().then(() => process.exit(1));
    });
} catch (error) {
  process.stderr.write(
    `\n${error instanceof Error ? error.message : String(error)}\nLogs: ${dataDir}/*.log\n`,
  );
  await stopAll();
  process.exit(1);
}
