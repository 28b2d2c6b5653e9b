import type { EntityMetadata } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';

/** How the rows of one entity are inserted, whatever their number: one parameter a column, so one text and one plan. */
export interface InsertStatement {
  readonly sql: string;
  parameters(rows: readonly object[]): unknown[];
}

const statements = new WeakMap<EntityMetadata, InsertStatement>();

/**
 * TypeORM builds a statement with a parameter for each value, anew each time: most of the time of a large insert went into
 * that, and into Postgres reading it.
 */
export function insertStatement(metadata: EntityMetadata): InsertStatement {
  const known = statements.get(metadata);
  if (known !== undefined) return known;
  const columns = metadata.columns.map((column, index) => ({
    column,
    name: `"${column.databaseName}"`,
    n: index + 1,
  }));
  const given = columns.map(({ name }) => `r.${name}`);
  const made: InsertStatement = {
    sql:
      `INSERT INTO "${metadata.tableName}" (${columns.map(({ name }) => name).join(', ')}) ` +
      `SELECT ${columns.map(({ column }, index) => selected(column, given[index] as string)).join(', ')} ` +
      `FROM unnest(${columns.map(({ column, n }) => `$${n}::${parameterType(column)}[]`).join(', ')}) ` +
      `AS r(${columns.map(({ name }) => name).join(', ')})`,
    parameters: (rows) => columns.map(({ column }) => rows.map((row) => valueOf(column, row))),
  };
  statements.set(metadata, made);
  return made;
}

/** An array of arrays would be one of two dimensions: these columns travel as JSON. */
const parameterType = (column: ColumnMetadata): string => (column.isArray ? 'jsonb' : String(column.type));

const selected = (column: ColumnMetadata, name: string): string =>
  column.isArray
    ? `CASE WHEN ${name} IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(${name}))::${String(column.type)}[] END`
    : name;

function valueOf(column: ColumnMetadata, row: object): unknown {
  const value: unknown = column.getEntityValue(row, true);
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return value.toISOString();
  return column.isArray || column.type === 'jsonb' ? JSON.stringify(value) : value;
}
