import type { EntityManager, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import {
  columnsOf,
  statementOf,
  type EntityClass,
  type EntityColumn,
  type EntityColumns,
} from './entity-columns.js';
import { queryPrepared } from './prepared.js';

/**
 * Rows of entities, read and written past TypeORM's own builders: each statement is made once and planned once, and those
 * that are asked for without waiting go to the database together. Decision 22 says why.
 */

/** What columns must be equal to; of several values, one of them. */
export type Where<T> = {
  readonly [K in keyof T]?: (T[K] & (string | boolean | number | Date)) | readonly (T[K] & string)[];
};

export interface ReadOptions<T> {
  /** The lowest first; without it in any order. */
  readonly orderBy?: (keyof T & string) | readonly (keyof T & string)[];
  /** `FOR UPDATE`: nobody changes them until the unit of work ends. */
  readonly lock?: boolean;
}

export function findRows<T extends ObjectLiteral>(
  em: EntityManager,
  entity: EntityClass<T>,
  where: Where<T>,
  reading: ReadOptions<T> = {},
): Promise<T[]> {
  return find(em, entity, where, reading, '');
}

/** The first of them, or null. */
export async function findRow<T extends ObjectLiteral>(
  em: EntityManager,
  entity: EntityClass<T>,
  where: Where<T>,
  reading: ReadOptions<T> = {},
): Promise<T | null> {
  const [row] = await find(em, entity, where, reading, ' LIMIT 1');
  return row ?? null;
}

/** For a row that must be there. */
export async function requireRow<T extends ObjectLiteral>(
  em: EntityManager,
  entity: EntityClass<T>,
  where: Where<T>,
): Promise<T> {
  const row = await findRow(em, entity, where);
  if (row === null) throw new Error(`there is no ${entity.name} of ${JSON.stringify(where)}`);
  return row;
}

export async function rowExists<T extends ObjectLiteral>(
  em: EntityManager,
  entity: EntityClass<T>,
  where: Where<T>,
): Promise<boolean> {
  const columns = columnsOf(em, entity);
  const asked = Object.entries(where) as [string, unknown][];
  const sql = statementOf(
    columns,
    `exists ${keyOf(asked)}`,
    () => `SELECT 1 FROM ${columns.table}${conditionOf(columns, asked)} LIMIT 1`,
  );
  return (await queryPrepared(em, sql, valuesOf(columns, asked))).length > 0;
}

/** `getMany` for a query builder's own conditions. Its alias must be `row`, and it reads nothing else. */
export async function readMany<T extends ObjectLiteral>(query: SelectQueryBuilder<T>): Promise<T[]> {
  const main = query.expressionMap.mainAlias;
  if (main?.name !== 'row' || query.expressionMap.joinAttributes.length > 0)
    throw new Error('readMany reads one entity, as row');
  const columns = columnsOf(query.dataSource.manager, main.metadata.target as EntityClass<T>);
  return (await query.getRawMany<Record<string, unknown>>()).map((raw) => columns.entityOf(raw, 'row_'));
}

/** Inserts rows that have every column: forgetting one does not compile. */
export async function insertRows<T extends ObjectLiteral>(
  em: EntityManager,
  entity: EntityClass<T>,
  rows: readonly T[],
): Promise<void> {
  if (rows.length > 0) await insert(em, entity, rows, '');
}

export async function insertRow<T extends ObjectLiteral>(
  em: EntityManager,
  entity: EntityClass<T>,
  row: T,
): Promise<T> {
  await insertRows(em, entity, [row]);
  return row;
}

/** Inserts a row unless a unique constraint has it already; waits for whoever is just inserting it. True when it is new. */
export async function insertUnlessThere<T extends ObjectLiteral>(
  em: EntityManager,
  entity: EntityClass<T>,
  row: T,
): Promise<boolean> {
  return (await insert(em, entity, [row], ' ON CONFLICT DO NOTHING RETURNING 1')).length > 0;
}

/** Updates one row by id; false when there is none in this scope. What is undefined stays as it is. */
export async function updateRow<T extends ObjectLiteral & { id: string }>(
  em: EntityManager,
  entity: EntityClass<T>,
  id: string,
  change: Partial<T>,
): Promise<boolean> {
  const columns = columnsOf(em, entity);
  const set = (Object.entries(change) as [string, unknown][]).filter(([, value]) => value !== undefined);
  if (set.length === 0) return (await findRow(em, entity, { id } as Where<T>)) !== null;
  const sql = statementOf(columns, `update ${keyOf(set)}`, () => {
    const to = set.map(([property], index) => {
      const column = columns.of(property);
      return `${column.name} = ${stored(column, `$${index + 2}::${parameterType(column)}`)}`;
    });
    return `UPDATE ${columns.table} SET ${to.join(', ')} WHERE id = $1 RETURNING 1`;
  });
  const values = set.map(([property, value]) => columns.of(property).write(value));
  return (await queryPrepared(em, sql, [id, ...values])).length === 1;
}

async function find<T extends ObjectLiteral>(
  em: EntityManager,
  entity: EntityClass<T>,
  where: Where<T>,
  { orderBy = [], lock = false }: ReadOptions<T>,
  limit: string,
): Promise<T[]> {
  const columns = columnsOf(em, entity);
  const asked = Object.entries(where) as [string, unknown][];
  const sorted = [orderBy].flat();
  const sql = statementOf(columns, `find ${keyOf(asked)} ${sorted.join()} ${lock}${limit}`, () => {
    const by = sorted.map((property) => columns.of(property).name);
    const ending =
      (by.length === 0 ? '' : ` ORDER BY ${by.join(', ')}`) + limit + (lock ? ' FOR UPDATE' : '');
    return `SELECT ${columns.names} FROM ${columns.table}${conditionOf(columns, asked)}${ending}`;
  });
  const rows = await queryPrepared<Record<string, unknown>>(em, sql, valuesOf(columns, asked));
  return rows.map((row) => columns.entityOf(row));
}

/** One parameter a column, so one text and one plan for any number of rows. */
function insert<T extends ObjectLiteral>(
  em: EntityManager,
  entity: EntityClass<T>,
  rows: readonly T[],
  ending: string,
): Promise<object[]> {
  const columns = columnsOf(em, entity);
  const sql = statementOf(columns, `insert${ending}`, () => {
    const selected = columns.all.map((column) => stored(column, `r.${column.name}`));
    const parameters = columns.all.map((column, index) => `$${index + 1}::${parameterType(column)}[]`);
    return (
      `INSERT INTO ${columns.table} (${columns.names}) SELECT ${selected.join(', ')} ` +
      `FROM unnest(${parameters.join(', ')}) AS r(${columns.names})${ending}`
    );
  });
  const values = columns.all.map((column) => rows.map((row) => column.write(row[column.property])));
  return queryPrepared(em, sql, values);
}

/** An array of arrays would be one of two dimensions: these columns travel as JSON. */
const parameterType = (column: EntityColumn): string => (column.isArray ? 'jsonb' : column.type);

const stored = (column: EntityColumn, value: string): string =>
  column.isArray
    ? `CASE WHEN ${value} IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(${value}))::${column.type}[] END`
    : value;

const keyOf = (entries: readonly [string, unknown][]): string =>
  entries.map(([property, value]) => (Array.isArray(value) ? `${property}[]` : property)).join();

function conditionOf<T>(columns: EntityColumns<T>, asked: readonly [string, unknown][]): string {
  if (asked.length === 0) return '';
  const conditions = asked.map(([property, value], index) => {
    const { name, type } = columns.of(property);
    return Array.isArray(value) ? `${name} = ANY($${index + 1}::${type}[])` : `${name} = $${index + 1}`;
  });
  return ` WHERE ${conditions.join(' AND ')}`;
}

const valuesOf = <T>(columns: EntityColumns<T>, asked: readonly [string, unknown][]): unknown[] =>
  asked.map(([property, value]) => (Array.isArray(value) ? value : columns.of(property).write(value)));
