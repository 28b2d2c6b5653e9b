import type { EntityManager, EntityMetadata, ObjectLiteral } from 'typeorm';
import type { ColumnMetadata } from 'typeorm/metadata/ColumnMetadata.js';
import { ApplyValueTransformers } from 'typeorm/util/ApplyValueTransformers.js';

export type EntityClass<T> = new () => T;

export interface EntityColumn {
  readonly property: string;
  /** Quoted. */
  readonly name: string;
  readonly type: string;
  readonly isArray: boolean;
  /** A value of the entity as a parameter. */
  write(value: unknown): unknown;
}

/** What one entity's rows look like, and the texts of the statements that were made for it. */
export interface EntityColumns<T> {
  readonly table: string;
  readonly all: readonly EntityColumn[];
  /** All names, for a statement: one that asked for `*` would fail in the processes that run on when a newer one adds a column. */
  readonly names: string;
  readonly statements: Map<string, string>;
  of(property: string): EntityColumn;
  /** An entity of a row in which each column's value stands under its name, after `prefix`. */
  entityOf(raw: Record<string, unknown>, prefix?: string): T;
}

const known = new WeakMap<EntityMetadata, EntityColumns<never>>();

/**
 * Worked out once for each entity: TypeORM looks again at every column of every row, and builds each statement anew.
 * Entities have columns of plain types and no relations.
 */
export function columnsOf<T extends ObjectLiteral>(
  em: EntityManager,
  entity: EntityClass<T>,
): EntityColumns<T> {
  const metadata = em.dataSource.getMetadata(entity);
  const found = known.get(metadata);
  if (found !== undefined) return found;
  const made = describe<T>(metadata, entity);
  known.set(metadata, made as unknown as EntityColumns<never>);
  return made;
}

/** The text of a statement, which is made when it is asked for first. */
export function statementOf<T>(columns: EntityColumns<T>, key: string, make: () => string): string {
  const text = columns.statements.get(key) ?? make();
  columns.statements.set(key, text);
  return text;
}

function describe<T>(metadata: EntityMetadata, entity: EntityClass<T>): EntityColumns<T> {
  const readers = metadata.columns.map((column) => ({
    key: column.databaseName,
    property: column.propertyName,
    from: reader(column),
  }));
  const all = metadata.columns.map((column): EntityColumn => ({
    property: column.propertyName,
    name: `"${column.databaseName}"`,
    type: String(column.type),
    isArray: column.isArray,
    write: writer(column),
  }));
  const byProperty = new Map(all.map((column) => [column.property, column]));
  return {
    table: `"${metadata.tableName}"`,
    all,
    names: all.map(({ name }) => name).join(', '),
    statements: new Map(),
    of: (property) => {
      const column = byProperty.get(property);
      if (column === undefined) throw new Error(`${metadata.name} has no ${property}`);
      return column;
    },
    entityOf: (raw, prefix = '') => {
      const row = new entity() as Record<string, unknown>;
      for (const { key, property, from } of readers) {
        const value = raw[prefix + key];
        row[property] = from === undefined ? value : from(value);
      }
      return row as T;
    },
  };
}

const reader = ({ transformer }: ColumnMetadata): ((value: unknown) => unknown) | undefined =>
  transformer === undefined
    ? undefined
    : (value) => ApplyValueTransformers.transformFrom(transformer, value) as unknown;

function writer({ transformer, type, isArray }: ColumnMetadata): (value: unknown) => unknown {
  const to = (value: unknown): unknown =>
    transformer === undefined ? value : (ApplyValueTransformers.transformTo(transformer, value) as unknown);
  return (value) => {
    const plain = to(value);
    if (plain === null || plain === undefined) return null;
    if (plain instanceof Date) return plain.toISOString();
    return isArray || type === 'jsonb' ? JSON.stringify(plain) : plain;
  };
}
