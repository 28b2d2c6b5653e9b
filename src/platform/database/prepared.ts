import type { EntityManager } from 'typeorm';
import { namedStatement, queryInBatch, type Askable, type PreparedStatement } from './batch.js';

/**
 * A statement that is asked many times a second: each connection reads and plans it once. Its text must be one of few,
 * whatever it is asked with, because a connection keeps them all. Statements that are asked without waiting for each other
 * go to the database together.
 */
export function queryPrepared<R extends object>(
  em: EntityManager,
  sql: string,
  parameters: readonly unknown[],
): Promise<R[]> {
  return ask<R>(em, namedStatement(sql, parameters));
}

/**
 * The same for statements on partitioned tables. Left to itself, Postgres plans those anew each time, because a plan for
 * any parameters looks dear: it names every partition, though it reads none but those it needs. In a reading, what is asked
 * together with it is planned so too.
 */
export function queryPlannedOnce<R extends object>(
  em: EntityManager,
  sql: string,
  parameters: readonly unknown[],
): Promise<R[]> {
  return ask<R>(em, { ...namedStatement(sql, parameters), isPlannedOnce: true });
}

async function ask<R extends object>(em: EntityManager, statement: PreparedStatement): Promise<R[]> {
  if (em.queryRunner === undefined) throw new Error('a prepared statement needs a transaction');
  // Its connection is somebody else's by now.
  if (em.queryRunner.isReleased) throw new Error('asked after the unit of work was over');
  const client = (await em.queryRunner.connect()) as Askable;
  return (await queryInBatch(client, statement)).rows as R[];
}
