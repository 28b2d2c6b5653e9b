/**
 * The error vocabulary of the wire contract. Every failure that a caller can cause or see is one of these;
 * the HTTP filter is the only place that turns them into a response.
 */
export type ErrorKind =
  | 'validation_error'
  | 'invalid_operation'
  | 'permission_denied'
  | 'not_found'
  | 'already_exists'
  | 'version_conflict'
  | 'too_many_requests'
  | 'not_implemented'
  | 'service_unavailable'
  | 'http_client_error'
  | 'database_error'
  | 'system_error'
  | 'internal_error';

export const HTTP_STATUS: Readonly<Record<ErrorKind, number>> = {
  validation_error: 400,
  invalid_operation: 400,
  permission_denied: 403,
  not_found: 404,
  already_exists: 409,
  version_conflict: 409,
  too_many_requests: 429,
  not_implemented: 501,
  service_unavailable: 503,
  http_client_error: 500,
  database_error: 500,
  system_error: 500,
  internal_error: 500,
};

export interface BillingErrorOptions {
  /** Machine-readable reason, finer than the kind: `card_declined`, `currency_mismatch`. Listed in docs/reference/errors.md. */
  readonly code?: string;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
  /** Overrides the status of the kind; for the few cases HTTP itself names (401, 413). */
  readonly httpStatus?: number;
}

export class BillingError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly httpStatus: number;

  constructor(kind: ErrorKind, message: string, options: BillingErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BillingError';
    this.kind = kind;
    this.code = options.code ?? kind;
    this.details = options.details ?? {};
    this.httpStatus = options.httpStatus ?? HTTP_STATUS[kind];
  }
}

type Details = Readonly<Record<string, unknown>>;

export const validationError = (message: string, details: Details = {}): BillingError =>
  new BillingError('validation_error', message, { details });

/** Whoever sends more wrong fields has made one mistake many times. */
const MOST_FIELDS = 100;

/** One sentence per wrong field, all of them at once, so that a caller repairs a body in one go. */
export function fieldErrors(fields: Readonly<Record<string, string>>): BillingError {
  const all = Object.entries(fields);
  const named = all.slice(0, MOST_FIELDS);
  const more = all.length > named.length ? [`and ${all.length - named.length} more`] : [];
  return new BillingError(
    'validation_error',
    [...named.map(([, sentence]) => sentence), ...more].join('; '),
    {
      details: { fields: Object.fromEntries(named) },
    },
  );
}

export const invalidOperation = (message: string, code: string, details: Details = {}): BillingError =>
  new BillingError('invalid_operation', message, { code, details });

/** An amount that was computed, or that was sent in a currency too fine for it, and that no column can keep. */
export const amountOutOfRange = (what: string, details: Details = {}): BillingError =>
  invalidOperation(`${what} is more than can be kept`, 'amount_out_of_range', details);

export const notFound = (what: string, id: string): BillingError =>
  new BillingError('not_found', `${what} ${id} not found`, { details: { id } });

export const alreadyExists = (message: string, details: Details = {}): BillingError =>
  new BillingError('already_exists', message, { details });

/** A key makes one thing of one request: what another one asks for needs a key of its own. */
export const keyReused = (details: Details = {}): BillingError =>
  new BillingError(
    'already_exists',
    'the idempotency key was sent with another request before: use a new one',
    {
      code: 'idempotency_key_reused',
      details,
    },
  );

export const notImplemented = (message: string, details: Details = {}): BillingError =>
  new BillingError('not_implemented', message, { details });
