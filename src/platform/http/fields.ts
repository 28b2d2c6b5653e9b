import { applyDecorators } from '@nestjs/common';
import { Expose, Transform } from 'class-transformer';
import {
  IsDate,
  IsIn,
  IsOptional,
  registerDecorator,
  ValidateIf,
  type ValidationArguments,
  type ValidationOptions,
} from 'class-validator';
import { parseCurrency } from '../../domain/currency.js';
import { validationError } from '../../domain/errors.js';
import { formatRate, parseRate, rate } from '../../domain/rate.js';

/** Field rules of the wire contract that class-validator does not have. */

const rule = (
  name: string,
  check: (value: unknown) => boolean,
  sentence: (args: ValidationArguments) => string,
  options?: ValidationOptions,
): PropertyDecorator =>
  function (target, property) {
    registerDecorator({
      name,
      target: target.constructor,
      propertyName: String(property),
      options: options ?? {},
      validator: { validate: check, defaultMessage: (args) => (args ? sentence(args) : name) },
    });
  };

export interface DecimalLimits {
  readonly min?: string;
  readonly moreThan?: string;
  readonly max?: string;
}

/** A decimal, sent as a string or a JSON number; read into its canonical string (`"0.10"` → `"0.1"`). */
export function IsDecimalValue(limits: DecimalLimits = {}): PropertyDecorator {
  const inRange = (value: unknown): boolean => {
    const parsed = parseRate(value);
    return (
      parsed !== undefined &&
      (limits.min === undefined || parsed.greaterThanOrEqualTo(rate(limits.min))) &&
      (limits.moreThan === undefined || parsed.greaterThan(rate(limits.moreThan))) &&
      (limits.max === undefined || parsed.lessThanOrEqualTo(rate(limits.max)))
    );
  };
  const bounds = [
    limits.min === undefined ? '' : ` of at least ${limits.min}`,
    limits.moreThan === undefined ? '' : ` greater than ${limits.moreThan}`,
    limits.max === undefined ? '' : ` of at most ${limits.max}`,
  ].join('');
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => {
      const parsed = parseRate(value);
      return parsed === undefined ? value : formatRate(parsed);
    }),
    rule('isDecimalValue', inRange, ({ property }) => `${property} must be a decimal number${bounds}`),
  );
}

/** RFC 3339 with a zone, read into a Date. */
export function IsInstant(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => parseInstant(value) ?? value),
    IsDate({ message: ({ property }) => `${property} must be an RFC 3339 time with a zone` }),
  );
}

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/;

/** Undefined for anything that is not an instant: also for 30 February, which Date would move to March. */
export function parseInstant(value: unknown): Date | undefined {
  if (value instanceof Date) return value;
  if (typeof value !== 'string') return undefined;
  const match = RFC3339.exec(value);
  if (match === null) return undefined;
  const [, year, month, day] = match;
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (Number(day) > lastDay) return undefined;
  const parsed = new Date(value);
  return Number.isNaN(parsed.getTime()) ? undefined : parsed;
}

/** An ISO 4217 code in any case, read into lower case. */
export function IsCurrency(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => parseCurrency(value) ?? value),
    rule(
      'isCurrency',
      (value) => parseCurrency(value) !== undefined,
      ({ property, value }) => `${property} must be an ISO 4217 currency code, not ${JSON.stringify(value)}`,
    ),
  );
}

/** One of the contract's words, accepted in any case and read into the contract's. */
export function IsWord(words: readonly string[]): PropertyDecorator {
  const canonical = new Map(words.map((word) => [word.toLowerCase(), word]));
  return applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? (canonical.get(value.toLowerCase()) ?? value) : value,
    ),
    IsIn([...words], { message: ({ property }) => `${property} must be one of ${words.join(', ')}` }),
  );
}

/** An array of such words; one text counts as a comma list, as query parameters write it. */
export function IsWordList(words: readonly string[]): PropertyDecorator {
  const canonical = new Map(words.map((word) => [word.toLowerCase(), word]));
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => {
      if (value === undefined) return value;
      const list: unknown[] = typeof value === 'string' ? value.split(',') : [value].flat();
      return list.map((item) =>
        typeof item === 'string' ? (canonical.get(item.toLowerCase()) ?? item) : item,
      );
    }),
    IsIn([...words], {
      each: true,
      message: ({ property }) => `${property} must hold only ${words.join(', ')}`,
    }),
  );
}

/** A list of texts in a query: repeated, or one comma list. */
export function IsTextList(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.split(',') : value)),
    rule(
      'isTextList',
      (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
      ({ property }) => `${property} must be a list of texts`,
    ),
  );
}

/** Metadata and the like: a map from strings to strings. */
export function IsStringMap(): PropertyDecorator {
  return rule(
    'isStringMap',
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.entries(value).every(([key, item]) => key.length <= 500 && typeof item === 'string'),
    ({ property }) => `${property} must be an object whose values are strings`,
  );
}

/** A map from strings to lists of strings. */
export function IsTextListMap(): PropertyDecorator {
  return rule(
    'isTextListMap',
    (value) =>
      typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      Object.values(value).every(
        (list) => Array.isArray(list) && list.every((item) => typeof item === 'string'),
      ),
    ({ property }) => `${property} must be an object whose values are lists of strings`,
  );
}

/** A time zone of the IANA database. */
export function IsTimeZone(): PropertyDecorator {
  return rule(
    'isTimeZone',
    (value) => {
      if (typeof value !== 'string' || value === '') return false;
      try {
        new Intl.DateTimeFormat('en', { timeZone: value });
        return true;
      } catch {
        return false;
      }
    },
    ({ property }) => `${property} must be an IANA time zone`,
  );
}

/**
 * Other spellings of a field, as the public guides write it. Both spellings with different values are refused:
 * guessing which one was meant would be worse.
 */
export function AlsoNamed(...others: readonly string[]): PropertyDecorator {
  return (target, property) => {
    const name = String(property);
    Expose()(target, property);
    Transform(({ value, obj }: { value: unknown; obj: Record<string, unknown> }) => {
      let found = value;
      for (const other of others) {
        const alternative = obj[other];
        if (alternative === undefined || alternative === null) continue;
        if (found === undefined || found === null) found = alternative;
        else if (found !== alternative)
          throw validationError(`${name} and ${other} mean the same and differ`, {
            fields: { [name]: 'differs', [other]: 'differs' },
          });
      }
      return found;
    })(target, property);
  };
}

/** The field may be left out. Unlike class-validator's own, it does not let a present `null` pass: those are dropped before. */
export const Optional = (): PropertyDecorator => IsOptional();

/** The field's rules hold only when the condition does. */
export const When = (condition: (body: never) => boolean): PropertyDecorator =>
  ValidateIf((body: object) => condition(body as never));
