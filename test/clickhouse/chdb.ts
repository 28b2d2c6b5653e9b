import { fork, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A ClickHouse for one test file: its engine in a process of its own, with an empty directory. */
export interface Chdb {
  readonly url: string;
  /** As when the machine loses power: its data stays. */
  kill(): Promise<void>;
  /** On the same address, with the same data. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startChdb(): Promise<Chdb> {
  const modules = process.env.CHDB_DIR;
  if (modules === undefined) throw new Error('run these tests with npm run test:clickhouse');
  const data = fs.mkdtempSync(path.join(os.tmpdir(), 'flexprice-nest-chdb-'));
  let child: ChildProcess | undefined;
  let port = 0;
  const start = async (): Promise<void> => {
    const engine = fork(path.join(__dirname, 'chdb-server.mjs'), [modules, data, String(port)], {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    child = engine;
    port = await new Promise<number>((resolve, reject) => {
      engine.stdout?.once('data', (line: Buffer) => {
        resolve((JSON.parse(line.toString()) as { port: number }).port);
      });
      engine.once('exit', (code) => reject(new Error(`the ClickHouse engine ended with ${code}`)));
    });
  };
  const kill = async (): Promise<void> => {
    if (child !== undefined) await ended(child);
  };
  await start();
  return {
    url: `clickhouse://usage:${encodeURIComponent('p@ss:word')}@127.0.0.1:${port}/default`,
    start,
    kill,
    stop: async () => {
      await kill();
      fs.rmSync(data, { recursive: true, force: true });
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill('SIGKILL');
  });
}
