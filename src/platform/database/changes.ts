import { isDeepStrictEqual } from 'node:util';

/** False when a row has all those values already: then there is nothing to write. */
export const isChange = <T extends object>(row: Readonly<T>, change: Readonly<Partial<T>>): boolean =>
  (Object.keys(change) as (keyof T)[]).some((column) => !isDeepStrictEqual(row[column], change[column]));
