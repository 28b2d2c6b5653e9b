import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsEmail, IsIn, IsISO31661Alpha2, IsUrl } from 'class-validator';
import { isValidTimeZone } from '../../domain/billing-period.js';
import { parseCurrency } from '../../domain/currency.js';
import { MOST_CHARACTERS, MOST_ITEMS, MOST_LINK, shown } from './bounds.js';
import { markFreeText } from './card-number-fields.js';
import { rule } from './field-rule.js';

/** Fields of texts, words and lists of them. What cannot be stored as text is refused by the pipe, in any field. */

export interface TextBounds {
  readonly min?: number;
  readonly max?: number;
  /** What the caller reads where it is left out, about a field that depends on another. */
  readonly message?: string;
}

/** Characters as people count them: half of an emoji is none. */
const isWithin = (text: string, min: number, max: number): boolean => {
  if (text.length >= min && text.length <= max) return true;
  return text.length > max && text.length <= 2 * max && [...text].length <= max;
};

/** A text of at most so many characters. */
export function IsText(bounds: TextBounds = {}): PropertyDecorator {
  return applyDecorators(markFreeText, isTextOf(bounds));
}

function isTextOf({ min = 0, max = MOST_CHARACTERS, message }: TextBounds): PropertyDecorator {
  const length = min === 0 ? `of at most ${max}` : `of ${min} to ${max}`;
  return applyDecorators(
    shown({ ...(min === 0 ? {} : { minLength: min }), maxLength: max }),
    rule(
      'isText',
      (value) => typeof value === 'string' && isWithin(value, min, max),
      ({ property, value }) =>
        (value === undefined ? message : undefined) ?? `${property} must be a string ${length} characters`,
    ),
  );
}

/** An id, ours or the caller's own: never empty, because nothing would have it. */
export const IsId = (): PropertyDecorator => isTextOf({ min: 1 });

export interface ListBounds {
  readonly least?: number;
  readonly most?: number;
}

/** Texts, each of 1 to 255 characters. */
export function IsTexts({ least = 0, most = MOST_ITEMS }: ListBounds = {}): PropertyDecorator {
  return applyDecorators(
    shown({
      type: 'array',
      items: { type: 'string', minLength: 1, maxLength: MOST_CHARACTERS },
      ...(least === 0 ? {} : { minItems: least }),
      maxItems: most,
    }),
    rule(
      'isTexts',
      (value) =>
        Array.isArray(value) &&
        value.length >= least &&
        value.length <= most &&
        value.every((item) => typeof item === 'string' && isWithin(item, 1, MOST_CHARACTERS)),
      ({ property }) =>
        `${property} must be a list of ${least} to ${most} strings of 1 to ${MOST_CHARACTERS} characters`,
    ),
  );
}

/** The same in a query: repeated, or one comma list. */
export const IsStringList = (bounds: ListBounds = {}): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? value.split(',').filter((item) => item !== '') : value,
    ),
    IsTexts(bounds),
  );

/** One of the contract's words, accepted in any case and read into the contract's. */
export function IsOneOf(words: readonly string[]): PropertyDecorator {
  const canonical = new Map(words.map((word) => [word.toLowerCase(), word]));
  return applyDecorators(
    shown({ type: 'string', enum: [...words] }),
    Transform(({ value }: { value: unknown }) =>
      typeof value === 'string' ? (canonical.get(value.toLowerCase()) ?? value) : value,
    ),
    IsIn([...words], { message: ({ property }) => `${property} must be one of ${words.join(', ')}` }),
  );
}

/** An array of such words; one text counts as a comma list, as query parameters write it. */
export function IsOneOfList(words: readonly string[], { least = 0 }: ListBounds = {}): PropertyDecorator {
  const canonical = new Map(words.map((word) => [word.toLowerCase(), word]));
  return applyDecorators(
    shown({
      type: 'array',
      items: { type: 'string', enum: [...words] },
      ...(least === 0 ? {} : { minItems: least }),
      maxItems: MOST_ITEMS,
    }),
    Transform(({ value }: { value: unknown }) => {
      if (value === undefined) return value;
      const list: unknown[] = typeof value === 'string' ? value.split(',') : [value].flat();
      return list.map((item) =>
        typeof item === 'string' ? (canonical.get(item.toLowerCase()) ?? item) : item,
      );
    }),
    rule(
      'isWordList',
      (value) =>
        Array.isArray(value) &&
        value.length >= least &&
        value.length <= MOST_ITEMS &&
        value.every((item) => words.includes(item as string)),
      ({ property }) =>
        `${property} must hold ${least === 0 ? 'only' : `at least ${least} of`} ${words.join(', ')}`,
    ),
  );
}

/** `true` or `false` in a query. */
export const IsFlag = (): PropertyDecorator =>
  applyDecorators(
    shown({ type: 'boolean' }),
    Transform(({ value }: { value: unknown }) =>
      value === 'true' ? true : value === 'false' ? false : value,
    ),
    rule(
      'isFlag',
      (value) => typeof value === 'boolean',
      ({ property }) => `${property} must be true or false`,
    ),
  );

/** An ISO 4217 code in any case, read into lower case. */
export function IsCurrency(): PropertyDecorator {
  return applyDecorators(
    shown({ type: 'string', minLength: 3, maxLength: 3 }),
    Transform(({ value }: { value: unknown }) => parseCurrency(value) ?? value),
    rule(
      'isCurrency',
      (value) => parseCurrency(value) !== undefined,
      ({ property, value }) =>
        `${property} must be an ISO 4217 currency code${value === undefined ? ', not left out' : ''}`,
    ),
  );
}

/** A time zone of the IANA database. */
export function IsTimeZone(): PropertyDecorator {
  return applyDecorators(
    shown({ minLength: 1, maxLength: MOST_CHARACTERS }),
    rule(
      'isTimeZone',
      (value) => typeof value === 'string' && value.length <= MOST_CHARACTERS && isValidTimeZone(value),
      ({ property }) => `${property} must be an IANA time zone`,
    ),
  );
}

/** An address on the web that a person is sent to. */
export const IsLink = (): PropertyDecorator =>
  applyDecorators(
    IsText({ min: 1, max: MOST_LINK }),
    IsUrl(
      { require_tld: false, require_protocol: true, protocols: ['http', 'https'] },
      { message: ({ property }) => `${property} must be an http or https address` },
    ),
  );

export const IsMailAddress = (): PropertyDecorator =>
  applyDecorators(
    shown({ format: 'email', maxLength: 254 }),
    IsEmail({}, { message: ({ property }) => `${property} must be an e-mail address` }),
  );

export const IsCountry = (): PropertyDecorator =>
  applyDecorators(
    shown({ minLength: 2, maxLength: 2 }),
    IsISO31661Alpha2({
      message: ({ property }) => `${property} must be an ISO 3166-1 alpha-2 country code`,
    }),
  );
