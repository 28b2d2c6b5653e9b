import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';

/** What a field may hold at most where it says nothing else. docs/reference/bounds.md has them in words. */

/** Ids, names, keys, codes: what an index can hold, in any script. */
export const MOST_CHARACTERS = 255;
/** Descriptions, memos, reasons, addresses. */
export const MOST_PROSE = 2_000;
export const MOST_LINK = 2_048;
/** Items of a list that a caller sends. */
export const MOST_ITEMS = 1_000;
/** Items of a list each of which is an object with fields of its own. */
export const MOST_OBJECTS = 100;
/** Entries of metadata and of any other map. */
export const MOST_ENTRIES = 100;
export const MOST_ENTRY = 5_000;
/** Of free JSON: levels, values, and characters when it is written down. */
export const MOST_DEPTH = 16;
export const MOST_VALUES = 1_000;
export const MOST_JSON = 64 * 1024;
/** Of a whole body, before its fields are looked at: deeper or more than any request class can mean. */
export const MOST_BODY_DEPTH = 32;
export const MOST_BODY_VALUES = 100_000;

/** Of a webhook of a provider, in bytes: they send less. */
export const MOST_WEBHOOK_BYTES = 1024 * 1024;

/** What an `integer` column holds. */
export const MOST_INT4 = 2_147_483_647;
/** What a JSON number says exactly; a `bigint` column holds it. */
export const MOST_SAFE = Number.MAX_SAFE_INTEGER;
/** Rows that a page may leave out before it. */
export const MOST_OFFSET = 1_000_000_000;

/** Units of a billing period: a period of so many years is the longest. */
export const MOST_PERIODS = 1_000;
export const MOST_TRIAL_DAYS = 3_650;

/** Amounts that are sent, in major units: a hundredth of what the columns hold, so that sums of them fit, in any currency. */
export const MOST_MONEY = '900000000000000';
/** Digits of a decimal, with its point and exponent. */
export const MOST_DECIMAL = 60;

/** Bounds in the words of JSON Schema, and two for what is written as text. */
export type Shown = ApiPropertyOptions & { readonly 'x-minimum'?: string; readonly 'x-maximum'?: string };

/** Shows a field's bounds in the OpenAPI, beside what the compiler's plugin knows of it. */
export const shown = (schema: Shown): PropertyDecorator => ApiProperty(schema);
