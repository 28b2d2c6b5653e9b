import { isDeepStrictEqual } from 'node:util';

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value as a text for messages and keys, without `[object Object]`. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value);
  return value === undefined || value === null ? '' : JSON.stringify(value);
}

/**
 * What a change has overwritten: for every field that differs, its former value. Nested objects are reported by
 * their changed members only, lists as a whole.
 */
export function formerValues(before: JsonObject, after: JsonObject): JsonObject {
  const former: JsonObject = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const was = before[key];
    const is = after[key];
    if (isDeepStrictEqual(was, is)) continue;
    former[key] = isObject(was) && isObject(is) ? formerValues(was, is) : (was ?? null);
  }
  return former;
}
