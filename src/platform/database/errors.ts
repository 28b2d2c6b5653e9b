interface PostgresError {
  readonly code: string;
  readonly constraint?: string;
}

function postgresError(error: unknown): PostgresError | undefined {
  const candidate = (error as { driverError?: unknown } | null)?.driverError ?? error;
  const code = (candidate as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? (candidate as PostgresError) : undefined;
}

/** True when a unique constraint or index of that name (any, without a name) refused the row. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const found = postgresError(error);
  return found?.code === '23505' && (constraint === undefined || found.constraint === constraint);
}

/** Deadlock or serialization failure: the transaction did nothing and may simply run again. */
export function isTransactionConflict(error: unknown): boolean {
  const code = postgresError(error)?.code;
  return code === '40001' || code === '40P01';
}

const LOCK_NOT_AVAILABLE = '55P03';

/** What the driver says of a connection that has ended; it has no code for it. */
const LOST_CONNECTION =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error and is not queryable|Client was closed and is not queryable)/;

/** True for failures of the database itself (connection lost, shutting down, disk full, too busy), not of a statement. */
export function isDatabaseFailure(error: unknown): boolean {
  const code = postgresError(error)?.code;
  if (code !== undefined) return code === LOCK_NOT_AVAILABLE || /^(08|53|57|58|XX)/.test(code);
  const { code: name, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (name === 'ECONNREFUSED' || name === 'ECONNRESET' || name === 'ETIMEDOUT' || name === 'EPIPE')
    return true;
  return typeof message === 'string' && LOST_CONNECTION.test(message);
}

export const isPostgresError = (error: unknown): boolean => postgresError(error) !== undefined;

/** True when a number or a time is more than its column, or what was computed with it, can hold. */
export function isOutOfRange(error: unknown): boolean {
  const code = postgresError(error)?.code;
  return code === '22003' || code === '22008';
}

/** True when a text holds what Postgres cannot store: a NUL, or half of a surrogate pair in jsonb. */
export function isUnstorableText(error: unknown): boolean {
  const code = postgresError(error)?.code;
  return code === '22021' || code === '22P05';
}

/** The transaction has failed before: an earlier statement says why. */
export const isAborted = (error: unknown): boolean => postgresError(error)?.code === '25P02';
