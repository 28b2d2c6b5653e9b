import { cardNumberIn } from '../domain/card-numbers.js';
import { ExactNumber } from '../domain/exact-number.js';
import { isTooLong } from '../domain/number-literal.js';
import { writeJson } from '../platform/exact-json.js';
import { NO_CARD_NUMBERS } from '../platform/http/card-number-fields.js';
import { parseInstant } from '../platform/http/time-fields.js';
import type { IncomingEvent } from './usage.types.js';

const MAX_NAME = 255;
const MAX_PROPERTIES = 64 * 1024;
const MAX_DEPTH = 16;
/** `\\u0000`, for one character. */
const LONGEST_ESCAPE = 6;
/** With what stands around it. An exact one may be longer, and is counted as what it holds. */
const LONGEST_NUMBER = 32;
const EARLIEST = Date.UTC(2000, 0, 1);
/** Periods may be invoiced ahead and test environments live in the future; a clock that is off by more is broken. */
const FURTHEST_MS = 10 * 366 * 24 * 60 * 60 * 1000;
const TOO_LARGE: Problem = { path: '', sentence: 'is a number that is too large' };
const TOO_DEEP: Problem = { path: '', sentence: `must not be nested deeper than ${MAX_DEPTH}` };
const NO_TEXT: Problem = { path: '', sentence: 'holds a character that cannot be stored' };
const NO_NAME: Problem = { path: '', sentence: 'holds a name that cannot be stored' };
const NO_INSTANT = 'timestamp must be an RFC 3339 time with a zone';
/** NUL, and halves of a surrogate pair: no text to Postgres, nor to anything that stores UTF-8. */
const NOT_TEXT = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/**
 * Reads one event of a request body. Written by hand: a bulk call has a thousand of them, and class-validator
 * costs fifty times as much. Returns the event, or what is wrong by field.
 */
export function readEvent(
  value: unknown,
  defaults: { readonly now: Date; readonly allowCardNumbers?: boolean; newId(): string },
): IncomingEvent | Record<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { '': 'an event must be a JSON object' };
  const body = value as Record<string, unknown>;
  const errors: Record<string, string> = {};
  const text = (field: string, required: boolean, given: unknown = body[field]): string | undefined => {
    if (given === undefined || given === null) {
      if (required) errors[field] = `${field} is required`;
      return undefined;
    }
    if (typeof given !== 'string' || given === '' || given.length > MAX_NAME) {
      errors[field] = `${field} must be a string of 1 to ${MAX_NAME} characters`;
      return undefined;
    }
    if (NOT_TEXT.test(given)) {
      errors[field] = `${field} holds a character that cannot be stored`;
      return undefined;
    }
    return given;
  };
  /** The other name of a field, where both are given: it names nothing then, and is still a bounded text. */
  const alias = (field: string, of: unknown): void => {
    if (of !== undefined && of !== null && body[field] !== '') text(field, false);
  };
  alias('idempotency_key', body.event_id);
  alias('customer_id', body.external_customer_id);
  const id = text('event_id', false, body.event_id ?? body.idempotency_key);
  const eventName = text('event_name', true);
  const externalCustomerId = text(
    'external_customer_id',
    true,
    body.external_customer_id ?? body.customer_id,
  );
  // Clients that know no better send an empty one for none; it names nothing.
  const source = body.source === '' ? undefined : text('source', false);
  let occurredAt = defaults.now;
  const isTimed = body.timestamp !== undefined && body.timestamp !== null;
  if (isTimed) {
    const parsed = parseInstant(body.timestamp);
    const problem = parsed === undefined ? NO_INSTANT : outOfRange(parsed, defaults.now);
    if (problem !== undefined) errors.timestamp = problem;
    else if (parsed !== undefined) occurredAt = parsed;
  }
  const properties = body.properties ?? {};
  const problem = propertiesProblem(properties);
  if (problem !== undefined) errors[problem.path] = `${problem.path} ${problem.sentence}`;
  else if (defaults.allowCardNumbers === false) {
    const card = cardNumberIn(properties, 'properties');
    if (card !== undefined) errors[card] = `${card} ${NO_CARD_NUMBERS}`;
  }
  if (Object.keys(errors).length > 0) return errors;
  return {
    id: id ?? defaults.newId(),
    eventName: eventName as string,
    externalCustomerId: externalCustomerId as string,
    source: source ?? null,
    occurredAt,
    isTimed,
    properties: properties as Record<string, unknown>,
  };
}

export const isIncomingEvent = (read: IncomingEvent | Record<string, string>): read is IncomingEvent =>
  read.occurredAt instanceof Date;

function outOfRange(at: Date, now: Date): string | undefined {
  if (at.getTime() < EARLIEST) return 'timestamp must not be before the year 2000';
  if (at.getTime() > now.getTime() + FURTHEST_MS) return 'timestamp must not be more than ten years ahead';
  return undefined;
}

/** What is wrong with a value, and where it is. */
interface Problem {
  readonly path: string;
  readonly sentence: string;
}

/** What keeps the properties from being stored as they are. Nothing is dropped or changed in silence. */
function propertiesProblem(properties: unknown): Problem | undefined {
  const path = 'properties';
  if (typeof properties !== 'object' || properties === null || Array.isArray(properties))
    return { path, sentence: 'must be a JSON object' };
  const problem = valueProblem(properties, MAX_DEPTH);
  if (problem !== undefined) return { ...problem, path: path + problem.path };
  return mayBeLong(properties) && writeJson(properties).length > MAX_PROPERTIES
    ? { path, sentence: `must not be longer than ${MAX_PROPERTIES} characters of JSON` }
    : undefined;
}

/** Writing JSON only to see how long it is would cost as much as reading it: first what it can be at most. */
function mayBeLong(properties: object): boolean {
  let most = 0;
  const add = (value: unknown): void => {
    if (typeof value === 'string') most += value.length * LONGEST_ESCAPE;
    if (typeof value === 'object' && value !== null)
      for (const key of Object.keys(value)) {
        most += key.length * LONGEST_ESCAPE;
        add((value as Record<string, unknown>)[key]);
      }
    most += LONGEST_NUMBER;
  };
  add(properties);
  return most > MAX_PROPERTIES;
}

function valueProblem(value: unknown, depth: number): Problem | undefined {
  // JSON has no infinity, but 1e999 is read as one, and would be stored as null.
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : TOO_LARGE;
  if (typeof value === 'string') return NOT_TEXT.test(value) ? NO_TEXT : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if (value instanceof ExactNumber) return isTooLong(value) ? TOO_LARGE : undefined;
  if (depth === 0) return TOO_DEEP;
  for (const key of Object.keys(value)) {
    if (NOT_TEXT.test(key)) return NO_NAME;
    const problem = valueProblem((value as Record<string, unknown>)[key], depth - 1);
    if (problem !== undefined)
      return { ...problem, path: (Array.isArray(value) ? `[${key}]` : named(key)) + problem.path };
  }
  return undefined;
}

const named = (key: string): string => `.${key.length > MAX_NAME ? `${key.slice(0, MAX_NAME)}…` : key}`;
