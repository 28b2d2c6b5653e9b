// What a row needs: a Postgres with the settings of the embedded one, servers as `npm start` runs them, and a bare one.
import 'reflect-metadata';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import { register } from 'node:module';
import net from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { root } from '../scripts/prepare.mjs';

const dist = (file) => path.join(root, 'dist/src', file);
const SECRET_KEYS = `bench:${randomBytes(32).toString('base64')}`;

export async function startPostgres(dir) {
  const { startEmbeddedPostgres } = await import(dist('app/embedded-postgres.js'));
  fs.rmSync(dir, { recursive: true, force: true });
  return startEmbeddedPostgres({ dir });
}

/** The same, noting when each transaction was committed: a setting that takes effect at a start. */
export async function startTimedPostgres(dir) {
  const { startEmbeddedPostgres } = await distModule('app/embedded-postgres.js');
  const first = await startPostgres(dir);
  const client = await connect(first.url('postgres'));
  await client.query('ALTER SYSTEM SET track_commit_timestamp = on');
  await client.end();
  first.stop();
  return startEmbeddedPostgres({ dir });
}

/** A module of the server as it was built. */
export const distModule = (file) => import(dist(file));

export async function createDatabase(postgres, name) {
  const client = await connect(postgres.url('postgres'));
  await client.query(`DROP DATABASE IF EXISTS ${name}`);
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  return postgres.url(name);
}

export async function connect(url) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function launch(file, args, env, flags = []) {
  const child = spawn(process.execPath, [...flags, file, ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  return { child, lines };
}

/** The flags of `npm start`. */
const { scripts } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'));
const FLAGS = scripts.start.split(' ').filter((word) => word.startsWith('--'));

/** A server in a process of its own; `role` as in the settings. One that `hearsProviders` registers with them for webhooks. */
export async function startServer(databaseUrl, { role = 'api', env = {}, hearsProviders = false } = {}) {
  const port = await freePort();
  const settings = {
    DATABASE_URL: databaseUrl,
    SECRET_KEYS,
    PORT: String(port),
    ROLE: role,
    LOG_LEVEL: 'warn',
    ...(hearsProviders ? { PUBLIC_URL: `http://127.0.0.1:${port}` } : {}),
    // One address and one key play all the world here.
    LIMIT_PER_KEY: '0',
    LIMIT_AT_ONCE_PER_KEY: '0',
    LIMIT_PER_ADDRESS: '0',
    LIMIT_WEBHOOKS_PER_ADDRESS: '0',
    ...env,
  };
  const { child, lines } = launch(
    dist('main.js'),
    [],
    settings,
    process.env.BENCH_NODE_FLAGS?.split(' ') ?? FLAGS,
  );
  await new Promise((resolve, reject) => {
    lines.on('line', (line) => line.includes('"event":"ready"') && resolve());
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
  return { url: `http://127.0.0.1:${port}`, pid: child.pid, stop: () => stop(child) };
}

export async function createTenant(databaseUrl, kind = 'live') {
  const { child, lines } = launch(dist('app/create-tenant.js'), ['--name', 'Bench', '--kind', kind], {
    DATABASE_URL: databaseUrl,
    SECRET_KEYS,
    LOG_LEVEL: 'warn',
  });
  let said = '';
  lines.on('line', (line) => (said += line));
  await new Promise((resolve) => child.once('close', resolve));
  const made = JSON.parse(said);
  return { tenantId: made.tenant_id, environmentId: made.environment_id, apiKey: made.api_key };
}

/** The same framework with nothing in it. */
export async function startBare() {
  const port = await freePort();
  const { child, lines } = launch(path.join(root, 'bench/bare-server.mjs'), [String(port)], {});
  await new Promise((resolve, reject) => {
    lines.once('line', resolve);
    child.once('exit', (code) => reject(new Error(`the bare server ended with ${code}`)));
  });
  return { url: `http://127.0.0.1:${port}`, stop: () => stop(child) };
}

/** A Redis as the tests get theirs: found, or installed. */
export async function startRedis() {
  register('../test/support/ts-loader.mjs', import.meta.url);
  const { startRedis: start } = await import('../test/support/redis.ts');
  return start();
}

/** Stripe and Whop, played in this process. */
export async function startSandbox(options = {}) {
  const { startSandbox: start } = await import(dist('sandbox/index.js'));
  return start(options);
}

async function stop(child) {
  if (child.exitCode !== null) return;
  child.removeAllListeners('exit');
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

export async function api(server, key, method, route, body) {
  const response = await fetch(`${server.url}/v1${route}`, {
    method,
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${route} answered ${response.status}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/**
 * POST over one connection that stays open, as a client that asks often has it. By node:http: `fetch` costs as much itself as
 * the queries that are measured.
 */
export function poster(server, key) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  return (route, body) =>
    new Promise((resolve, reject) => {
      const text = JSON.stringify(body);
      const headers = { 'x-api-key': key, 'content-type': 'application/json' };
      const request = http.request(
        `${server.url}/v1${route}`,
        { method: 'POST', agent, headers: { ...headers, 'content-length': Buffer.byteLength(text) } },
        (response) => {
          const parts = [];
          response.on('data', (part) => parts.push(part));
          response.on('error', reject);
          response.on('end', () => {
            const answer = Buffer.concat(parts).toString();
            if (response.statusCode === 200) resolve(JSON.parse(answer));
            else reject(new Error(`POST ${route} answered ${response.statusCode}: ${answer}`));
          });
        },
      );
      request.on('error', reject);
      request.end(text);
    });
}

/** The most memory that the process has held so far, in MB. Linux only. */
export function peakMemory(pid) {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
}
