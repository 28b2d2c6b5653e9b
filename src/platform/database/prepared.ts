import { hash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { EntityManager } from 'typeorm';
import { queryInBatch, type PreparedStatement } from './batch.js';

const names = new Map<string, string>();

/**
 * A statement that is asked many times a second: each connection reads and plans it once. Its text must be one of few,
 * whatever it is asked with, because a connection keeps them all. Statements that are asked without waiting for each other
 * go to the database together.
 */
export async function queryPrepared<R extends object>(
  em: EntityManager,
  sql: string,
  parameters: readonly unknown[],
): Promise<R[]> {
  return ask<R>(await clientOf(em), sql, parameters);
}

/**
 * The same for statements on partitioned tables. Left to itself, Postgres plans those anew each time, because a plan for
 * any parameters looks dear: it names every partition, though it reads none but those it needs.
 */
export async function queryPlannedOnce<R extends object>(
  em: EntityManager,
  sql: string,
  parameters: readonly unknown[],
): Promise<R[]> {
  const client = await clientOf(em);
  const [, rows] = await Promise.all([
    ask(client, 'SET LOCAL plan_cache_mode = force_generic_plan', []),
    ask<R>(client, sql, parameters),
    ask(client, 'SET LOCAL plan_cache_mode = auto', []),
  ]);
  return rows;
}

async function clientOf(em: EntityManager): Promise<PoolClient> {
  if (em.queryRunner === undefined) throw new Error('a prepared statement needs a transaction');
  return (await em.queryRunner.connect()) as PoolClient;
}

async function ask<R extends object>(
  client: PoolClient,
  sql: string,
  parameters: readonly unknown[],
): Promise<R[]> {
  return (await queryInBatch(client, namedStatement(sql, parameters))).rows as R[];
}

/** The statement under a name of its own, by which a connection knows it again. */
export function namedStatement(sql: string, parameters: readonly unknown[]): PreparedStatement {
  const name = names.get(sql) ?? hash('sha256', sql).slice(0, 24);
  names.set(sql, name);
  return { name, text: sql, values: [...parameters] };
}
