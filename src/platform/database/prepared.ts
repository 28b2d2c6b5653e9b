import { hash } from 'node:crypto';
import type { ClientBase, QueryResult } from 'pg';
import type { EntityManager } from 'typeorm';
import { isAborted } from './errors.js';

export interface PreparedStatement {
  readonly name: string;
  readonly text: string;
  readonly values: unknown[];
}

const names = new Map<string, string>();

/** The statement under a name of its own, by which a connection knows it again. */
export function namedStatement(sql: string, parameters: readonly unknown[]): PreparedStatement {
  const name = names.get(sql) ?? hash('sha256', sql).slice(0, 24);
  names.set(sql, name);
  return { name, text: sql, values: parameters.map(sendable) };
}

/**
 * JSON is written here, as the driver would. Where the driver fails to write a value, it closes the statement on the
 * connection and takes it for prepared all the same (pg 8.23): nobody could ask it on that connection again.
 */
function sendable(value: unknown): unknown {
  const isJson =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !ArrayBuffer.isView(value);
  return isJson ? JSON.stringify(value) : value;
}

/**
 * Sends statements without waiting for one another. In a transaction the first one that fails fails those after it; its error
 * is the one that is thrown.
 */
export async function queryTogether(
  client: ClientBase,
  statements: readonly PreparedStatement[],
): Promise<QueryResult[]> {
  const answers = await Promise.allSettled(statements.map((statement) => ask(client, statement)));
  return answers.map((answer) => {
    if (answer.status === 'rejected') throw answer.reason as Error;
    return answer.value;
  });
}

const failures = new WeakMap<ClientBase, Error>();

/** The first statements of a transaction: what failed on the connection before is no failure of theirs. */
export function queryFirst(
  client: ClientBase,
  statements: readonly PreparedStatement[],
): Promise<QueryResult[]> {
  failures.delete(client);
  return queryTogether(client, statements);
}

/**
 * Commits behind statements that were sent: the commit takes everything back where one of them has failed. All are answered
 * when it settles, so that the connection may be somebody else's.
 */
export async function commitBehind(
  client: ClientBase,
  statements: Promise<QueryResult[]>,
): Promise<QueryResult[]> {
  const [done, committed] = await Promise.allSettled([statements, client.query('COMMIT')]);
  if (done.status === 'rejected') throw done.reason as Error;
  // The statements went well, but nothing may be there: a deferred constraint, a disk that is full.
  if (committed.status === 'rejected') throw committed.reason as Error;
  return done.value;
}

/** What made a transaction fail, where an error says only that it has failed. */
export const causeOf = (client: ClientBase, error: unknown): unknown =>
  isAborted(error) ? (failures.get(client) ?? error) : error;

/**
 * Statements behind one that has failed in a transaction fail as well, and say only that. Whoever waits for one of them is told
 * what has failed: a unique violation is answered otherwise than a broken transaction.
 */
async function ask<R extends object>(
  client: ClientBase,
  statement: PreparedStatement,
): Promise<QueryResult<R>> {
  try {
    return await client.query<R>(statement);
  } catch (error) {
    if (!isAborted(error)) failures.set(client, error as Error);
    throw causeOf(client, error);
  }
}

/**
 * A statement that is asked many times a second: each connection parses and plans it once. Its text must be one of few,
 * whatever it is asked with, because a connection keeps them all. Statements that are asked without waiting for each other
 * go to the database together, where the pool's connections are pipelined.
 */
export async function queryPrepared<R extends object>(
  em: EntityManager,
  sql: string,
  parameters: readonly unknown[],
): Promise<R[]> {
  const client = await clientOf(em);
  return (await ask<R>(client, namedStatement(sql, parameters))).rows;
}

const PLAN_ONCE = namedStatement('SET LOCAL plan_cache_mode = force_generic_plan', []);
const PLAN_AS_EVER = namedStatement('SET LOCAL plan_cache_mode = auto', []);

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
  const [, result] = await queryTogether(client, [PLAN_ONCE, namedStatement(sql, parameters), PLAN_AS_EVER]);
  return (result as QueryResult<R>).rows;
}

async function clientOf(em: EntityManager): Promise<ClientBase> {
  if (em.queryRunner === undefined) throw new Error('a prepared statement needs a transaction');
  // Its connection is somebody else's by now.
  if (em.queryRunner.isReleased) throw new Error('asked after the unit of work was over');
  return (await em.queryRunner.connect()) as ClientBase;
}
