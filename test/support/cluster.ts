import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** A Postgres cluster beside the one of the tests: for what holds in a whole one, such as roles. */
export interface Cluster {
  /** Without a login role, its superuser's. */
  url(database: string, login?: string): string;
  stop(): Promise<void>;
}

export async function startCluster(): Promise<Cluster> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'flexprice-nest-cluster-'));
  const child = spawn(
    process.execPath,
    ['--import', path.join(__dirname, 'register-ts.mjs'), path.join(__dirname, 'cluster-process.ts'), dir],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout });
  const [address] = (await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the cluster ended with ${String(code)}`);
    }),
  ])) as [string];
  return {
    url: (database, login) => {
      const url = new URL(address);
      url.pathname = `/${database}`;
      if (login !== undefined) url.username = login;
      return url.href;
    },
    stop: async () => {
      const gone = once(child, 'exit');
      child.stdin.end();
      await gone;
      fs.rmSync(dir, { recursive: true, force: true });
    },
  };
}
