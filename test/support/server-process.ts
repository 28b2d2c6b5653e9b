import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { NewTenant } from '../../src/tenancy/tenancy.service.js';
import { ApiClient } from './api-client.js';
import type { Transport } from './test-app.js';
import { createDatabase, type TestDatabase } from './test-database.js';

const ROOT = path.resolve(__dirname, '../..');

export interface ServerProcessOptions {
  readonly transport: Transport;
  readonly baseUrls: Readonly<Record<string, string>>;
  readonly role?: 'api' | 'worker' | 'all';
  /** Settings besides. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** The server as `npm start` runs it, in a process that can be killed, on a database that outlives it. */
export class ServerProcess {
  private child: ChildProcess | undefined;

  private constructor(
    readonly database: TestDatabase,
    readonly tenant: NewTenant,
    private readonly port: number,
    private readonly environment: Readonly<Record<string, string>>,
  ) {}

  static async start(options: ServerProcessOptions): Promise<ServerProcess> {
    const database = await createDatabase();
    const port = await freePort();
    const environment = {
      DATABASE_URL: database.url,
      SECRET_KEYS: `test:${randomBytes(32).toString('base64')}`,
      PORT: String(port),
      ROLE: options.role ?? 'all',
      LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
      RECONCILE_EVERY_MS: '3600000',
      PROVIDER_WHOP_REQUESTS_PER_SECOND: '1000',
      ...(options.transport === 'bull'
        ? { REDIS_URL: process.env.TEST_REDIS_URL ?? '', QUEUE_PREFIX: database.name }
        : {}),
      ...Object.fromEntries(
        Object.entries(options.baseUrls).map(([provider, url]) => [
          `PROVIDER_${provider.toUpperCase()}_BASE_URL`,
          url,
        ]),
      ),
      ...options.settings,
    };
    const created = JSON.parse(
      await runCommand(environment, 'src/app/create-tenant.ts', ['--name', 'Test', '--kind', 'test']),
    ) as Record<'tenant_id' | 'environment_id' | 'api_key', string>;
    const server = new ServerProcess(
      database,
      { tenantId: created.tenant_id, environmentId: created.environment_id, apiKey: created.api_key },
      port,
      environment,
    );
    await server.restart();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get api(): ApiClient {
    return new ApiClient(this.url, this.tenant.apiKey);
  }

  /** Serves again on the same address. */
  async restart(): Promise<void> {
    this.child = run(this.environment, 'src/main.ts');
    await ready(this.child);
  }

  /** As a machine that loses its power. */
  async kill(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  /** As a supervisor stops it: answers its exit code, once it is gone. */
  async terminate(): Promise<number | null> {
    const child = this.child;
    this.child = undefined;
    if (child === undefined) return null;
    const gone = once(child, 'exit') as Promise<[number | null]>;
    child.kill('SIGTERM');
    return (await gone)[0];
  }

  /** As if its leases had run out: what the killed one held may be taken over now. */
  async leasesOver(): Promise<void> {
    await this.database.query(
      `UPDATE jobs SET lease_until = now() - interval '1 second' WHERE state = 'running'`,
    );
    await this.database.query(
      `UPDATE sync_operations SET last_tried_at = last_tried_at - interval '10 minutes' WHERE state = 'running'`,
    );
    await this.database.query(`UPDATE idempotency_keys SET lease_until = now() - interval '1 second'`);
  }

  async stop(): Promise<void> {
    await this.kill();
    await this.database.drop();
  }
}

function run(environment: Readonly<Record<string, string>>, file: string, args: string[] = []): ChildProcess {
  const { PATH = '', HOME = '' } = process.env;
  return spawn(
    process.execPath,
    ['--import', path.join(ROOT, 'test/support/register-ts.mjs'), path.join(ROOT, file), ...args],
    { cwd: ROOT, env: { PATH, HOME, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
}

/** What a command prints. Fails with all that it has said where it does not end well. */
export const runCommand = (
  environment: Readonly<Record<string, string>>,
  file: string,
  args: string[] = [],
): Promise<string> => outputOf(run(environment, file, args));

/** How a server that should not start ends, and what it says on its way. */
export async function failedStart(
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = run({ LOG_LEVEL: 'silent', ...environment }, 'src/main.ts');
  const chunks: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  child.stdout?.setEncoding('utf8').on('data', (line: string) => {
    if (line.includes('"event":"ready"')) child.kill('SIGTERM');
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, said: chunks.join('') };
}

/** A server on settings alone, until `work` has ended. */
export async function whileServing<T>(
  environment: Readonly<Record<string, string>>,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const port = await freePort();
  const child = run({ LOG_LEVEL: 'silent', ...environment, PORT: String(port) }, 'src/main.ts');
  try {
    await ready(child);
    return await work(`http://127.0.0.1:${port}`);
  } finally {
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }
}

async function outputOf(child: ChildProcess): Promise<string> {
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(chunks.join(''));
  return chunks.join('');
}

/** Waits for the one line that the server prints when it serves. */
async function ready(child: ChildProcess): Promise<void> {
  const said: string[] = [];
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => said.push(chunk));
  if (child.stdout === null) throw new Error('the server has no output');
  const lines = createInterface({ input: child.stdout });
  const isReady = new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      said.push(line);
      if (line.includes('"event":"ready"')) resolve();
    });
    child.once('exit', (code) => {
      reject(new Error(`the server ended with ${code}: ${said.join('\n')}`));
    });
  });
  await isReady;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
