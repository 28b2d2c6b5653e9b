import { hash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { EntityManager } from 'typeorm';

const names = new Map<string, string>();

/**
 * A statement that is asked many times a second: each connection reads and plans it once. Its text must be one of few,
 * whatever it is asked with, because a connection keeps them all.
 */
export async function queryPrepared<R extends object>(
  em: EntityManager,
  sql: string,
  parameters: readonly unknown[],
): Promise<R[]> {
  if (em.queryRunner === undefined) throw new Error('a prepared statement needs a transaction');
  const client = (await em.queryRunner.connect()) as PoolClient;
  const name = names.get(sql) ?? hash('sha256', sql).slice(0, 24);
  names.set(sql, name);
  return (await client.query<R>({ name, text: sql, values: [...parameters] })).rows;
}
