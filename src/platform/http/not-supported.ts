import 'reflect-metadata';
import { ApiProperty } from '@nestjs/swagger';

const FIELDS = Symbol('not supported fields');

/**
 * Marks a field that the wire contract declares and this server does not support yet: a request that sets it is
 * refused with 501 and the field's name. Silently ignoring it would bill something else than was asked for.
 */
export function NotSupportedYet(
  neutral: readonly unknown[] = [],
  options: { readonly required?: boolean } = {},
): PropertyDecorator {
  return (target, key) => {
    const known =
      (Reflect.getMetadata(FIELDS, target) as Map<string, readonly unknown[]> | undefined) ?? new Map();
    Reflect.defineMetadata(FIELDS, new Map(known).set(String(key), neutral), target);
    ApiProperty({ description: sentence(neutral), required: options.required ?? false })(target, key);
  };
}

const sentence = (neutral: readonly unknown[]): string =>
  neutral.length === 0
    ? 'Not supported yet: a value here is refused with 501.'
    : `Only ${neutral.map((value) => JSON.stringify(value)).join(' or ')} is supported yet; anything else is refused with 501.`;

/** Paths of unsupported fields that the instance sets to something that would change the outcome. */
export function unsupportedFields(instance: object, parent = ''): string[] {
  const marked = Reflect.getMetadata(FIELDS, instance) as Map<string, readonly unknown[]> | undefined;
  return Object.entries(instance).flatMap(([key, value]: [string, unknown]) => {
    const path = parent === '' ? key : `${parent}.${key}`;
    const neutral = marked?.get(key);
    if (neutral !== undefined) return isEmpty(value) || isNeutral(value, neutral) ? [] : [path];
    if (Array.isArray(value))
      return value.flatMap((item: unknown, i) =>
        isObject(item) ? unsupportedFields(item, `${path}[${i}]`) : [],
      );
    return isObject(value) ? unsupportedFields(value, path) : [];
  });
}

/** A list is neutral when all of it is. */
const isNeutral = (value: unknown, neutral: readonly unknown[]): boolean =>
  Array.isArray(value) ? value.every((item) => neutral.includes(item)) : neutral.includes(value);

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !(value instanceof Date);

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  value === false ||
  (Array.isArray(value) && value.length === 0) ||
  (isObject(value) && Object.keys(value).length === 0);
