/** The keys of a table whose values fulfil a condition, in the order of the table. */
export const keysWhere = <K extends string, V>(
  table: Readonly<Record<K, V>>,
  condition: (value: V) => boolean,
): readonly K[] => (Object.keys(table) as K[]).filter((key) => condition(table[key]));
