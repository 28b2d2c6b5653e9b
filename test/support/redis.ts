import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { freePort } from '../../src/app/embedded-postgres.js';

export interface TestRedis {
  readonly url: string;
  stop(): Promise<void>;
}

const MEMORY_SERVER = 'redis-memory-server@0.17.1';

/**
 * A real Redis for the tests, wherever one can be had: REDIS_URL, the one on the path, Docker, Debian's package
 * when we are root, or one that npm builds from source.
 */
export async function startRedis(): Promise<TestRedis> {
  if (process.env.REDIS_URL) return { url: process.env.REDIS_URL, stop: () => Promise.resolve() };
  const port = await freePort(0);
  const found =
    fromPath(port) ??
    fromDocker(port) ??
    (installFromDebian() ? fromPath(port) : undefined) ??
    (await built(port));
  if (found === undefined)
    throw new Error(
      'The tests need a Redis and can get none here: there is no REDIS_URL, no redis-server on the path, no Docker, ' +
        'no Debian package (that needs root and a mirror), and none could be built. Install Redis, or set REDIS_URL.',
    );
  await answering(port);
  return { url: `redis://127.0.0.1:${port}`, stop: found };
}

type Stop = () => Promise<void>;

const works = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore', timeout: 20_000 }).status === 0;

const stopping =
  (child: ChildProcess): Stop =>
  () =>
    new Promise((resolve) => {
      if (child.exitCode !== null || !child.kill()) resolve();
      else
        child.once('exit', () => {
          resolve();
        });
    });

function fromPath(port: number): Stop | undefined {
  if (!works('redis-server', ['--version'])) return undefined;
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  return stopping(spawn('redis-server', settings, { stdio: 'ignore' }));
}

function fromDocker(port: number): Stop | undefined {
  if (!works('docker', ['info'])) return undefined;
  const name = `flexprice-nest-test-${port}`;
  const args = [
    'run',
    '--rm',
    '--detach',
    '--name',
    name,
    '--publish',
    `127.0.0.1:${port}:6379`,
    'redis:7-alpine',
  ];
  if (spawnSync('docker', args, { stdio: 'ignore' }).status !== 0) return undefined;
  return () => {
    spawnSync('docker', ['stop', name], { stdio: 'ignore' });
    return Promise.resolve();
  };
}

function installFromDebian(): boolean {
  if (process.getuid?.() !== 0 || !works('apt-get', ['--version'])) return false;
  const apt = (...args: string[]): boolean =>
    spawnSync('apt-get', args, {
      stdio: 'ignore',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0;
  const install = ['install', '-y', '--no-install-recommends', 'redis-server'];
  return apt(...install) || (apt('update') && apt(...install));
}

/** Compiles Redis from its source, which a package of npm's fetches. Minutes, but once. */
async function built(port: number): Promise<Stop | undefined> {
  const dir = path.resolve('.data/redis-memory-server');
  fs.mkdirSync(dir, { recursive: true });
  const installed = spawnSync('npm', ['install', '--no-save', '--prefix', dir, MEMORY_SERVER], {
    stdio: 'ignore',
    timeout: 10 * 60_000,
  });
  if (installed.status !== 0) return undefined;
  try {
    const module = (await import(path.join(dir, 'node_modules/redis-memory-server/index.js'))) as {
      RedisMemoryServer: new (options: object) => { start(): Promise<unknown>; stop(): Promise<unknown> };
    };
    const server = new module.RedisMemoryServer({ instance: { port, ip: '127.0.0.1' } });
    await server.start();
    return async () => {
      await server.stop();
    };
  } catch {
    return undefined;
  }
}

async function answering(port: number): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (Date.now() < deadline) {
    const connected = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => {
        socket.end();
        resolve(true);
      });
      socket.on('error', () => {
        resolve(false);
      });
    });
    if (connected) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`Redis was started and does not answer on port ${port}`);
}
