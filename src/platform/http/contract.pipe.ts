import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { ExactNumber } from '../../domain/exact-number.js';
import { fieldErrors, notImplemented, validationError } from '../../domain/errors.js';
import { isStorableText } from '../../domain/text.js';
import { MOST_CHARACTERS } from './bounds.js';
import { cardNumberErrors, mayHoldCards } from './card-number-fields.js';
import { isFreeForm, wrapFreeForm } from './free-form.js';
import { inputErrors } from './input-bounds.js';
import { unsupportedFields } from './not-supported.js';

/**
 * Reads a body or query into its request class: spellings of the guides first, then every rule at once, so that
 * a caller learns of all wrong fields in one answer. Unknown fields are dropped, as the contract's servers do; a
 * declared field that is not supported yet is refused by name, never ignored. Whatever nobody could mean (too deep, too
 * many, no text) is refused before that: reading it would take longer than any request may.
 */
@Injectable()
export class ContractPipe implements PipeTransform {
  transform(value: unknown, { metatype, type, data }: ArgumentMetadata): unknown {
    if (type === 'param') {
      assertParameter(data ?? 'id', value);
      return value;
    }
    if (type === 'custom' || metatype === undefined || isPlainType(metatype)) return value;
    return this.read(value, metatype as new () => object, type);
  }

  private async read(
    value: unknown,
    metatype: new () => object,
    type: ArgumentMetadata['type'],
  ): Promise<object> {
    const input = value ?? {};
    if (typeof input !== 'object' || Array.isArray(input) || Buffer.isBuffer(input))
      throw validationError('the body must be a JSON object');
    const unreadable = inputErrors(input);
    if (unreadable !== undefined) throw fieldErrors(unreadable);
    const instance = plainToInstance(metatype, withoutNulls(input), {
      enableImplicitConversion: false,
    });
    const errors = await validate(instance, { whitelist: true, forbidUnknownValues: false });
    if (errors.length > 0)
      throw fieldErrors(Object.fromEntries(errors.flatMap((error) => sentences(error, ''))));
    const cards = type === 'body' && !mayHoldCards(input) ? cardNumberErrors(instance) : {};
    if (Object.keys(cards).length > 0) throw fieldErrors(cards);
    const unsupported = unsupportedFields(instance);
    if (unsupported.length > 0)
      throw notImplemented(`not supported yet: ${unsupported.join(', ')}`, { fields: unsupported });
    return instance;
  }
}

/** A part of the path. Nothing has such a name, and the database would say so in another way. */
export function assertParameter(name: string, value: unknown): void {
  if (typeof value !== 'string') return;
  const isTooLong = value.length > MOST_CHARACTERS && [...value].length > MOST_CHARACTERS;
  if (isTooLong || !isStorableText(value))
    throw fieldErrors({ [name]: `${name} must be a text of 1 to ${MOST_CHARACTERS} characters` });
}

const isPlainType = (type: unknown): boolean =>
  type === String || type === Number || type === Boolean || type === Object || type === Array;

/**
 * The clients send `null` for "nothing to say"; only inside free-form maps does it mean something. No field is named as a
 * method of every object (`constructor`), and class-transformer trips over such names.
 */
function withoutNulls(input: object): object {
  return Object.fromEntries(
    Object.entries(input)
      .filter(([key, value]) => value !== null && !(key in Object.prototype))
      .map(([key, value]: [string, unknown]) => [
        key,
        isPlain(value) && isFreeForm(key) ? wrapFreeForm(value) : cleaned(value),
      ]),
  );
}

function cleaned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cleaned);
  return isPlain(value) ? withoutNulls(value) : value;
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !Buffer.isBuffer(value) &&
  !(value instanceof ExactNumber);

function sentences(error: ValidationError, parent: string): [string, string][] {
  const path = /^\d+$/.test(error.property) ? `${parent}[${error.property}]` : join(parent, error.property);
  const own = Object.values(error.constraints ?? {}).map((text): [string, string] => [
    path,
    // class-validator names the property alone; the caller needs its place.
    text.startsWith(error.property) ? path + text.slice(error.property.length) : `${path} ${text}`,
  ]);
  // The rule that stands first on the field tells most; class-validator lists it last.
  return [...own.slice(-1), ...(error.children ?? []).flatMap((child) => sentences(child, path))];
}

const join = (parent: string, property: string): string =>
  parent === '' ? property : `${parent}.${property}`;
