import { fork, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A ClickHouse for one test file: its engine in a process of its own, with an empty directory. */
export interface Chdb {
  readonly url: string;
  stop(): Promise<void>;
}

export async function startChdb(): Promise<Chdb> {
  const modules = process.env.CHDB_DIR;
  if (modules === undefined) throw new Error('run these tests with npm run test:clickhouse');
  const data = fs.mkdtempSync(path.join(os.tmpdir(), 'flexprice-nest-chdb-'));
  const child = fork(path.join(__dirname, 'chdb-server.mjs'), [modules, data], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout?.once('data', (line: Buffer) => resolve((JSON.parse(line.toString()) as { port: number }).port));
    child.once('exit', (code) => reject(new Error(`the ClickHouse engine ended with ${code}`)));
  });
  return {
    url: `clickhouse://usage:${encodeURIComponent('p@ss:word')}@127.0.0.1:${port}/default`,
    stop: async () => {
      await ended(child);
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
