import { ENUMS, SHAPES } from './declared.js';

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

const KINDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  any: () => true,
  string: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === 'boolean',
  date: (value) => typeof value === 'string' && RFC_3339.test(value),
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Where a value is not what is declared: a key that lacks at any depth, a kind that differs. Null stands for nothing
 * anywhere, as in the published clients; a key that is not declared is no violation.
 */
export function violationsOf(value: unknown, type: string, path = '$'): string[] {
  if (value === null) return [];
  if (type.startsWith('[')) {
    if (!Array.isArray(value)) return [`${path} is not an array: ${JSON.stringify(value)}`];
    return value.flatMap((item: unknown, i) => violationsOf(item, type.slice(1, -1), `${path}[${i}]`));
  }
  if (type.startsWith('{')) {
    if (!isRecord(value)) return [`${path} is not a map: ${JSON.stringify(value)}`];
    return Object.entries(value).flatMap(([key, item]) =>
      violationsOf(item, type.slice(1, -1), `${path}.${key}`),
    );
  }
  if (type.startsWith('enum:')) {
    const words = ENUMS[type.slice('enum:'.length)];
    if (words === undefined) return [`${path}: no words are known of ${type}`];
    return words.includes(value as string) ? [] : [`${path} is no word of ${type}: ${JSON.stringify(value)}`];
  }
  if (type.startsWith('ref:')) return violationsOfShape(value, type.slice('ref:'.length), path);
  const is = KINDS[type];
  if (is === undefined) return [`${path}: ${type} is not known`];
  return is(value) ? [] : [`${path} is not a ${type}: ${JSON.stringify(value)}`];
}

function violationsOfShape(value: unknown, name: string, path: string): string[] {
  const shape = SHAPES[name];
  if (shape === undefined) return [`${path}: no shape is known of ${name}`];
  if (!isRecord(value)) return [`${path} is not a ${name}: ${JSON.stringify(value)}`];
  return Object.entries(shape).flatMap(([key, type]) =>
    key in value ? violationsOf(value[key], type, `${path}.${key}`) : [`${path}.${key} of ${name} lacks`],
  );
}
