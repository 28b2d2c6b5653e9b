import { applyDecorators } from '@nestjs/common';
import { getSchemaPath } from '@nestjs/swagger';
import { plainToInstance, Transform, Type } from 'class-transformer';
import { ArrayMaxSize, ArrayMinSize, ValidateNested } from 'class-validator';
import { ExactNumber } from '../../domain/exact-number.js';
import {
  MOST_CHARACTERS,
  MOST_DEPTH,
  MOST_ENTRIES,
  MOST_ENTRY,
  MOST_ITEMS,
  MOST_JSON,
  MOST_OBJECTS,
  MOST_VALUES,
  shown,
} from './bounds.js';
import { markFreeText } from './card-number-fields.js';
import { rule } from './field-rule.js';
import { markFreeForm, unwrapFreeForm } from './free-form.js';
import type { ListBounds } from './text-fields.js';

/** Fields whose keys are the caller's own, and lists of objects. */

/** The value as it came, or without what is null in it: the clients send `null` for "nothing to say". */
const freeForm = (isKept: boolean): PropertyDecorator =>
  applyDecorators(
    (_target: object, property: string | symbol) => {
      markFreeForm(String(property));
    },
    markFreeText,
    Transform(({ value }: { value: unknown }) => {
      const given = unwrapFreeForm(value);
      return isKept || !isMap(given)
        ? given
        : Object.fromEntries(Object.entries(given).filter(([, entry]) => entry !== null));
    }),
  );

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);

const isMapOf = (value: unknown, isEntry: (entry: unknown) => boolean): boolean => {
  if (!isMap(value)) return false;
  const entries = Object.entries(value);
  return (
    entries.length <= MOST_ENTRIES &&
    entries.every(([key, entry]) => key.length <= MOST_CHARACTERS && isEntry(entry))
  );
};

const isTextUpTo = (value: unknown, max: number): boolean => typeof value === 'string' && value.length <= max;

/** Metadata and the like: a map from strings to strings. */
export function IsStringMap(): PropertyDecorator {
  return applyDecorators(
    freeForm(true),
    shown({
      type: 'object',
      additionalProperties: { type: 'string', maxLength: MOST_ENTRY },
      maxProperties: MOST_ENTRIES,
    }),
    rule(
      'isStringMap',
      (value) => isMapOf(value, (entry) => isTextUpTo(entry, MOST_ENTRY)),
      ({ property }) =>
        `${property} must be an object whose values are strings of at most ${MOST_ENTRY} characters, with at most ${MOST_ENTRIES} names of at most ${MOST_CHARACTERS}`,
    ),
  );
}

/** A map from strings to lists of strings: property → values that count, price → coupons. */
export function IsTextListMap(): PropertyDecorator {
  return applyDecorators(
    freeForm(false),
    shown({
      type: 'object',
      additionalProperties: {
        type: 'array',
        items: { type: 'string', maxLength: MOST_CHARACTERS },
        maxItems: MOST_ITEMS,
      },
      maxProperties: MOST_ENTRIES,
    }),
    rule(
      'isTextListMap',
      (value) =>
        isMapOf(
          value,
          (list) =>
            Array.isArray(list) &&
            list.length <= MOST_ITEMS &&
            list.every((item) => isTextUpTo(item, MOST_CHARACTERS)),
        ),
      ({ property }) =>
        `${property} must be an object whose values are lists of strings of at most ${MOST_CHARACTERS} characters`,
    ),
  );
}

/** Any JSON object. `nulls: false` leaves out what is null in it. */
export function IsJson({ nulls = true }: { readonly nulls?: boolean } = {}): PropertyDecorator {
  return applyDecorators(
    freeForm(nulls),
    shown({ type: 'object', additionalProperties: true, maxProperties: MOST_VALUES }),
    rule(
      'isJson',
      (value) => isMap(value) && jsonProblem(value) === undefined,
      ({ property, value }) => `${property} ${jsonProblem(value) ?? 'must be a JSON object'}`,
    ),
  );
}

function jsonProblem(value: unknown): string | undefined {
  if (!isMap(value)) return undefined;
  let values = 0;
  const look = (inner: unknown, depth: number): string | undefined => {
    if (++values > MOST_VALUES) return `must not hold more than ${MOST_VALUES} values`;
    if (inner instanceof ExactNumber)
      return `holds a number with more digits than JSON readers keep: send it as a string`;
    if (typeof inner !== 'object' || inner === null) return undefined;
    if (depth === 0) return `must not be nested deeper than ${MOST_DEPTH}`;
    for (const [key, member] of Object.entries(inner)) {
      if (key.length > MOST_CHARACTERS)
        return `must not hold names of more than ${MOST_CHARACTERS} characters`;
      const problem = look(member, depth - 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
  const problem = look(value, MOST_DEPTH);
  if (problem !== undefined) return problem;
  return JSON.stringify(value).length > MOST_JSON
    ? `must not be longer than ${MOST_JSON} characters of JSON`
    : undefined;
}

/** A list of objects of a request class. */
export function IsListOf(
  type: () => new () => object,
  { least = 0, most = MOST_OBJECTS }: ListBounds = {},
): PropertyDecorator {
  return applyDecorators(
    shown({ ...(least === 0 ? {} : { minItems: least }), maxItems: most }),
    ...(least === 0 ? [] : [ArrayMinSize(least)]),
    ArrayMaxSize(most, { message: ({ property }) => `${property} must have at most ${most} items` }),
    ValidateNested({ each: true }),
    Type(type),
    // An array in the place of an object is nested validly, and holds nothing that anybody would look at.
    rule(
      'isListOf',
      (value) => Array.isArray(value) && value.every((item) => item instanceof type()),
      ({ property }) => `${property} must be a list of objects`,
    ),
  );
}

/** Objects of a request class by keys that are the caller's; read into a Map. */
export function IsMapOf(type: () => new () => object): PropertyDecorator {
  return applyDecorators(
    shown({
      type: 'object',
      additionalProperties: { $ref: getSchemaPath(type()) },
      maxProperties: MOST_ENTRIES,
    }),
    Transform(({ value }: { value: unknown }) =>
      isMap(value)
        ? new Map(
            Object.entries(value).map(([key, one]) => [key, isMap(one) ? plainToInstance(type(), one) : one]),
          )
        : value,
    ),
    ValidateNested({ each: true }),
    rule(
      'isMapOf',
      (value) =>
        value instanceof Map &&
        value.size <= MOST_ENTRIES &&
        [...value.values()].every((one) => one instanceof type()),
      ({ property }) => `${property} must be an object of at most ${MOST_ENTRIES} objects`,
    ),
  );
}

/** One object of a request class. */
export function IsPart(
  type: () => new () => object,
  { message }: { readonly message?: string } = {},
): PropertyDecorator {
  return applyDecorators(
    ValidateNested(),
    Type(type),
    rule(
      'isPart',
      (value) => value instanceof type(),
      ({ property, value }) => (value === undefined ? message : undefined) ?? `${property} must be an object`,
    ),
  );
}
