import { getMetadataArgsStorage } from 'typeorm';

const snakeCase = (name: string): string => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();

/**
 * Says of each entity what its table and columns are called, so that it is the same in a data source of a host, whatever
 * naming strategy and schema that has: properties in camelCase, columns in snake_case, as the SQL migrations write them.
 * A host that lets TypeORM synchronize its own tables leaves ours alone.
 */
export function nameTables<T extends readonly (new () => object)[]>(entities: T, schema: string): T {
  const { tables, columns } = getMetadataArgsStorage();
  const classes = new Set(entities.flatMap(withParents));
  for (const table of tables)
    if (classes.has(table.target)) Object.assign(table, { schema, synchronize: false });
  for (const { target, propertyName, options } of columns)
    if (classes.has(target)) options.name ??= snakeCase(propertyName);
  return entities;
}

/** The class and those that it extends: they declare columns too. */
function withParents(entity: unknown): unknown[] {
  return typeof entity === 'function' ? [entity, ...withParents(Object.getPrototypeOf(entity))] : [];
}
