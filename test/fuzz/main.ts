import fs from 'node:fs';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { startSandbox } from '../../src/sandbox/index.js';
import type { OpenApi, Schema } from '../support/openapi-bounds.js';
import { startServices } from '../support/services.js';
import { startTestApp } from '../support/test-app.js';
import { EXAMPLES } from './examples.js';
import { problemOf, type Answer } from './judge.js';
import { targetsOf, written, type Request, type Target } from './requests.js';
import { furnish, Ids } from './world.js';

// `npm run fuzz -- --seed N --requests M`: random requests to every operation of openapi.json, against a server in this
// process. No answer may be a failure of the server, no request may take long, and memory must stay where it was.

const { values: given } = parseArgs({
  options: {
    seed: { type: 'string', default: '20261129' },
    requests: { type: 'string', default: '10000' },
    only: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});
const seed = Number(given.seed);
const requests = Number(given.requests);
/** What a run may leave behind: caches that fill up to their bounds, and compiled code. */
const MOST_GROWTH_MB = 60;
/** By then what is loaded on first use is loaded. */
const WARM = 1_500;
const MOST_SHOWN = 40;
const LEAST_SERVED = 0.85;

const out = (line: string): void => void process.stdout.write(`${line}\n`);
const doc = JSON.parse(
  fs.readFileSync(path.join(import.meta.dirname, '../../openapi.json'), 'utf8'),
) as OpenApi;

/** One seed makes one run, whatever is asked first. */
function seedOf(n: number): number {
  let x = (seed ^ Math.imul(n + 1, 0x9e3779b1)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b) >>> 0;
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35) >>> 0;
  return (x ^ (x >>> 16)) | 0;
}

const stray: string[] = [];
process.on('unhandledRejection', (reason) =>
  stray.push(`unhandled rejection: ${String((reason as Error).stack ?? reason)}`),
);
// What happens outside of the run itself ends the process with its reason.
process.exitCode = 1;
process.on('exit', () => {
  for (const line of stray) out(line);
});
process.on('uncaughtException', (error) => stray.push(`uncaught exception: ${String(error.stack)}`));

const heapMb = (): number => {
  for (let n = 0; n < 3; n++) globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1024 / 1024;
};

const began = performance.now();
const stopServices = await startServices();
const sandbox = await startSandbox();
const server = await startTestApp({
  // Nobody listens at the addresses that are sent; they are all on this machine.
  webhooks: { toPrivateAddresses: true },
  worker: { tickEveryMs: 1_000 },
  // Providers are the sandbox's, on this machine.
  providers: {
    baseUrls: { stripe: sandbox.stripe.url, whop: sandbox.whop.url },
    timeoutMs: 2_000,
    requestsPerSecond: { whop: 1_000 },
  },
});
let failed: number | undefined;
try {
  const foreign = await server.anotherTenant();
  // Whoever revokes the run's own key ends it.
  const own = (await server.api.get('/secrets/api/keys')).items as { id: string }[];
  await furnish(server.api, 'mine');
  await furnish(foreign.api, 'foreign');
  const ids = new Ids(new Set(own.map(({ id }) => id)));
  ids.add('env', server.tenant.environmentId);
  ids.add('tenant', server.tenant.tenantId);
  ids.add('foreign', foreign.tenant.environmentId);
  for (const [api, resources] of [
    [
      server.api,
      [
        'customers',
        'plans',
        'prices',
        'features',
        'subscriptions',
        'invoices',
        'wallets',
        'coupons',
        'addons',
        'entitlements',
        'groups',
      ],
    ],
    [foreign.api, ['customers', 'plans', 'invoices', 'subscriptions']],
  ] as const)
    for (const resource of resources)
      ids.collect(await api.post(`/${resource}/search`, { limit: api === foreign.api ? 2 : 20 }));

  const all = targetsOf(doc).filter(({ name }) => given.only === undefined || name.includes(given.only));
  const targets = all.filter(({ isImplemented }) => isImplemented);
  // What ends things comes seldom: there would be nothing left to ask for.
  const weighted = targets.flatMap((target) => Array.from({ length: weightOf(target) }, () => target));
  const others = all.filter(({ isImplemented }) => !isImplemented);
  const schemas = new Map(
    Object.entries(doc.paths).flatMap(([at, operations]) =>
      Object.entries(operations).map(([method, operation]): [string, Schema | undefined] => [
        `${method.toUpperCase()} ${at}`,
        Object.values(operation.requestBody?.content ?? {})[0]?.schema,
      ]),
    ),
  );
  out(`${requests} requests to ${all.length} operations, seed ${seed}`);
  const statuses = new Map<number, number>();
  const problems = new Map<string, number>();
  const broken = new Set<Target>();
  const served = new Map<Target, Record<string, number>>();
  const slowest: { ms: number; line: string }[] = [];
  let heapBefore = 0;
  const fuzzing = performance.now();
  for (let n = 0; n < requests; n++) {
    if (n === Math.min(WARM, Math.floor(requests / 4))) heapBefore = heapMb();
    const pick = seedOf(2 * n) >>> 0;
    // What is not implemented says so, whatever is asked: now and then.
    const from = pick % 12 === 0 && others.length > 0 ? others : weighted;
    const target = from[Math.floor(pick / 12) % from.length]!;
    const [draft] = fc.sample(target.request, { seed: seedOf(2 * n + 1), numRuns: 1 });
    const request = written(draft!, ids, target.name.split(' ')[0]!);
    const answer = await send(request);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    const own = served.get(target) ?? {};
    served.set(target, { ...own, [answer.status]: (own[answer.status] ?? 0) + 1 });
    slowest.push({ ms: answer.ms, line: curl(request, 200) });
    if (slowest.length > 200) slowest.sort((a, b) => b.ms - a.ms).splice(5);
    if (answer.status < 300 && answer.text.length < 200_000) collect(ids, answer);
    const problem = problemOf(request, answer, target.isImplemented, schemas.get(target.name), doc);
    if (problem === undefined && stray.length === 0) continue;
    broken.add(target);
    const what = problem ?? stray.splice(0).join('\n');
    const key = `${target.name}: ${what.replace(/req_\S+|[0-9A-Z]{26}|\d+ ms/g, '…').slice(0, 120)}`;
    problems.set(key, (problems.get(key) ?? 0) + 1);
    if (problems.get(key) === 1 && problems.size <= MOST_SHOWN)
      out(`✗ request ${n} of seed ${seed}: ${target.name} ${what}\n  ${curl(request, 4_000)}`);
  }
  const seconds = (performance.now() - fuzzing) / 1000;
  const grown = heapMb() - heapBefore;
  failed = broken.size;
  out(
    `statuses: ${[...statuses]
      .sort(([a], [b]) => a - b)
      .map(([status, count]) => `${status} × ${count}`)
      .join(', ')}`,
  );
  const unserved = targets.filter(
    (target) => !Object.keys(served.get(target) ?? {}).some((status) => status < '300'),
  );
  const share = 1 - unserved.length / targets.length;
  out(
    `${targets.length - unserved.length} of ${targets.length} operations have done what was asked, at least once`,
  );
  if (given.verbose)
    for (const target of unserved) out(`  never: ${target.name} ${JSON.stringify(served.get(target) ?? {})}`);
  // A run that only ever hears refusals shows nothing.
  if (requests >= 10_000 && given.only === undefined && share < LEAST_SERVED) {
    out(`✗ that is less than ${LEAST_SERVED * 100} %`);
    failed++;
  }
  out(
    `slowest: ${slowest
      .sort((a, b) => b.ms - a.ms)
      .slice(0, 3)
      .map(({ ms, line }) => `${Math.round(ms)} ms ${line.slice(0, 150)}`)
      .join('\n         ')}`,
  );
  out(
    `heap: ${heapBefore.toFixed(0)} MB, and ${grown.toFixed(1)} MB more at the end; ${Math.round(requests / seconds)} requests/s, ${((performance.now() - began) / 1000).toFixed(0)} s in all`,
  );
  if (globalThis.gc === undefined) out('without --expose-gc the heap says nothing');
  else if (grown > MOST_GROWTH_MB) {
    out(`✗ the heap has grown by more than ${MOST_GROWTH_MB} MB`);
    failed++;
  }
  const alive = await fetch(`${server.url}/health`);
  if (!alive.ok) {
    out(`✗ /health answers ${alive.status}`);
    failed++;
  }
  for (const [key, count] of problems) out(`  ${count} × ${key}`);
  out(`${all.length + 3 - failed} passed, ${failed} failed`);
} finally {
  await server.stop();
  await sandbox.stop();
  await stopServices();
}
process.exitCode = failed === 0 ? 0 : 1;

function weightOf({ name }: Target): number {
  if (name.startsWith('DELETE') || /\/(void|terminate|cancel)$/.test(name)) return 1;
  return name in EXAMPLES ? 5 : 2;
}

async function send({ method, path: at, body, headers }: Request): Promise<Answer> {
  const start = performance.now();
  try {
    const answer = await fetch(`${server.url}${at}`, {
      method,
      headers: { 'x-api-key': server.api.key ?? '', ...headers },
      signal: AbortSignal.timeout(90_000),
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      text,
      requestId: answer.headers.get('x-request-id'),
      ms: performance.now() - start,
    };
  } catch (error) {
    return { status: 599, text: String(error), requestId: '', ms: performance.now() - start };
  }
}

function collect(ids: Ids, { text }: Answer): void {
  try {
    ids.collect(JSON.parse(text));
  } catch {
    // A PDF, or nothing.
  }
}

function curl({ method, path: at, body, headers }: Request, most: number): string {
  const shown = Object.entries(headers).map(([key, value]) => `-H '${key}: ${value}'`);
  const data =
    body === undefined
      ? []
      : [`-d '${body.length > most ? `${body.slice(0, most)}… (${body.length} characters)` : body}'`];
  return ['curl', '-X', method, `"$URL${at}"`, `-H "x-api-key: $KEY"`, ...shown, ...data].join(' ');
}
