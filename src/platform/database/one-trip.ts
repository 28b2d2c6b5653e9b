import type { Writable } from 'node:stream';
import type { PoolClient } from 'pg';
import type { QueryRunner } from 'typeorm';
import { queryTogether, type PreparedStatement } from './batch.js';

/** What is asked of the connection before the program waits for anything is one message. */
export function sendTogether(client: PoolClient): void {
  const { stream } = (client as unknown as { connection: { stream: Writable } }).connection;
  stream.cork();
  // The second tick is after the one in which a batch is sent.
  process.nextTick(() => {
    process.nextTick(() => {
      stream.uncork();
    });
  });
}

/** One trip for the last statement and the commit, which takes back where the statement has failed. */
export async function commitWith(
  client: PoolClient,
  runner: QueryRunner,
  statement: PreparedStatement,
): Promise<void> {
  sendTogether(client);
  const sent = [queryTogether(client, [statement]), client.query('COMMIT')] as const;
  const [, committed] = await Promise.allSettled(sent);
  Object.assign(runner, { isTransactionActive: false, transactionDepth: 0 });
  await sent[0];
  if (committed.status === 'rejected') throw committed.reason as Error;
}
