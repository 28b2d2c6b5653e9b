import { BillingError } from '../domain/errors.js';

/** What a log tells of an error. */
export interface LoggedError {
  readonly type: string;
  readonly message?: string;
  /** Places in the code, without the message that stands before them. */
  readonly stack?: string;
  readonly cause?: LoggedError;
  readonly errors?: readonly LoggedError[];
  readonly [field: string]: unknown;
}

/**
 * Fields that say what has failed. Others hold what it failed with: a database driver's `detail`, `where` and `parameters`, an
 * HTTP client's `raw` and `headers`.
 */
const FIELDS = [
  ...['code', 'kind', 'errno', 'syscall', 'severity', 'schema', 'table', 'column', 'constraint', 'routine'],
  ...['statusCode', 'httpStatus', 'requestId', 'param'],
];
const LONGEST_FIELD = 200;
const LONGEST_MESSAGE = 500;
const MOST_INSIDE = 5;
const FRAME = /^\s+at /;

/**
 * An error for a log: a list of fields that are allowed, and a message without values. Messages are written by whoever throws,
 * and many repeat what they were given.
 */
export function loggedError(thrown: unknown, depth = MOST_INSIDE): LoggedError {
  if (!(thrown instanceof Error)) return { type: typeof thrown };
  const fields: Record<string, string | number> = {};
  const given = thrown as unknown as Readonly<Record<string, unknown>>;
  for (const name of FIELDS) {
    const value = given[name];
    if (typeof value === 'number') fields[name] = value;
    if (typeof value === 'string') fields[name] = value.slice(0, LONGEST_FIELD);
  }
  const message = messageOf(thrown);
  const stack = framesOf(thrown);
  const { cause, errors } = given;
  const inside = depth > 0 && Array.isArray(errors) ? errors.slice(0, MOST_INSIDE) : [];
  return {
    type: thrown.constructor.name,
    ...(message === undefined ? {} : { message }),
    ...fields,
    ...(stack === '' ? {} : { stack }),
    ...(depth > 0 && cause instanceof Error ? { cause: loggedError(cause, depth - 1) } : {}),
    ...(inside.length === 0 ? {} : { errors: inside.map((one) => loggedError(one, depth - 1)) }),
  };
}

/** None of errors whose sentences are made for a caller, or are a provider's own: their codes say what it was. */
function messageOf(error: Error): string | undefined {
  const { code, syscall, kind } = error as Error & Readonly<Record<'code' | 'syscall' | 'kind', unknown>>;
  if (error instanceof BillingError || kind !== undefined || error instanceof SyntaxError) return undefined;
  // Of the network: addresses and ports.
  if (typeof syscall === 'string') return error.message.slice(0, LONGEST_MESSAGE);
  // Postgres puts values between double quotes. Where something is not of the database, it may stand after a colon.
  const unquoted = error.message
    .replace(/"[^]*"/g, '"…"')
    .replace(/(?<!\(reading )'[^]*'/g, `'…'`)
    .slice(0, LONGEST_MESSAGE);
  return typeof code === 'string' ? unquoted : unquoted.replace(/: [^]*$/, ': …');
}

function framesOf({ name, message, stack = '' }: Error): string {
  const head = stack.indexOf(message);
  const rest = head >= 0 && head <= name.length + 2 ? stack.slice(head + message.length) : stack;
  return rest
    .split('\n')
    .filter((line) => FRAME.test(line))
    .join('\n');
}
