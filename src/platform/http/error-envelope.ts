import { HttpException, type ArgumentsHost, Catch, Logger, type ExceptionFilter } from '@nestjs/common';
import { BillingError, HTTP_STATUS, type ErrorKind } from '../../domain/errors.js';
import { ErrorResponse } from './error.responses.js';
import { isDatabaseFailure, isOutOfRange, isPostgresError, isUnstorableText } from '../database/errors.js';

/** What the database has refused, because nobody has before it. */
const OUT_OF_RANGE = 'out_of_range';

export function toEnvelope(error: BillingError): ErrorResponse {
  return {
    code: error.kind,
    message: error.message,
    http_status_code: error.httpStatus,
    details: error.details,
    success: false,
    error: { message: error.message, internal_error: null, code: error.code, details: error.details },
  };
}

/** A failure of another vocabulary that knows how it is told to a caller: a provider's, which HTTP knows nothing of. */
export interface Answerable {
  toBillingError(): BillingError;
}

const isAnswerable = (thrown: unknown): thrown is Answerable =>
  typeof (thrown as Partial<Answerable> | null | undefined)?.toBillingError === 'function';

/** Turns whatever was thrown into an error of our vocabulary. What we did not foresee tells the caller nothing. */
export function toBillingError(thrown: unknown): BillingError {
  if (thrown instanceof BillingError) return thrown;
  if (isAnswerable(thrown)) return thrown.toBillingError();
  // Of a route that is not there Nest repeats the address; a query may hold what nobody should read again.
  if (thrown instanceof HttpException)
    return fromHttp(thrown.getStatus(), thrown.message.replace(/^(Cannot \S+ [^?]*)\?.*$/s, '$1'), thrown);
  // Fastify's own errors (a body that is no JSON, or too large) carry a status and a code.
  const { statusCode, message } = thrown as { statusCode?: unknown; message?: unknown };
  if (typeof statusCode === 'number' && statusCode < 500 && typeof message === 'string')
    return fromHttp(statusCode, message, thrown);
  if (isDatabaseFailure(thrown))
    return new BillingError('service_unavailable', 'the database is not available', { cause: thrown });
  if (isUnstorableText(thrown))
    return new BillingError('validation_error', 'a text holds a character that cannot be stored (NUL)', {
      cause: thrown,
    });
  // Whoever gets here has found a field without a bound: the log says so, and the caller what kind of thing it was.
  if (isOutOfRange(thrown))
    return new BillingError('validation_error', 'a number or a time is more than can be kept', {
      code: OUT_OF_RANGE,
      cause: thrown,
    });
  if (isPostgresError(thrown))
    return new BillingError('database_error', 'the database refused the operation', { cause: thrown });
  return new BillingError('internal_error', 'an unexpected error occurred', { cause: thrown });
}

const KIND_BY_STATUS: Readonly<Partial<Record<number, ErrorKind>>> = {
  401: 'permission_denied',
  403: 'permission_denied',
  404: 'not_found',
  409: 'already_exists',
  429: 'too_many_requests',
  501: 'not_implemented',
  503: 'service_unavailable',
};

function fromHttp(status: number, message: string, cause: unknown): BillingError {
  const kind = KIND_BY_STATUS[status] ?? (status < 500 ? 'validation_error' : 'internal_error');
  return new BillingError(
    kind,
    message,
    status === HTTP_STATUS[kind] ? { cause } : { cause, httpStatus: status },
  );
}

interface Reply {
  code(status: number): Reply;
  status(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: unknown): unknown;
}

/** Answers a failure, wherever it was found. */
export function answerError(reply: Reply, error: BillingError): void {
  const { retryAfterSeconds } = error.details;
  if (typeof retryAfterSeconds === 'number') reply.header('Retry-After', String(retryAfterSeconds));
  reply.status(error.httpStatus).send(toEnvelope(error));
}

@Catch()
export class ErrorEnvelopeFilter implements ExceptionFilter {
  private readonly logger = new Logger(ErrorEnvelopeFilter.name);

  catch(thrown: unknown, host: ArgumentsHost): void {
    const error = toBillingError(thrown);
    const http = host.switchToHttp();
    const request = http.getRequest<{ method: string; url: string; id?: unknown }>();
    if (error.httpStatus >= 500 && error.kind !== 'not_implemented')
      this.logger.error({
        event: 'request.failed',
        method: request.method,
        path: request.url.split('?')[0],
        request_id: request.id,
        err: error.cause ?? error,
      });
    if (error.code === OUT_OF_RANGE)
      this.logger.warn({
        event: 'request.unbounded',
        method: request.method,
        path: request.url.split('?')[0],
        request_id: request.id,
      });
    answerError(http.getResponse<Reply>(), error);
  }
}
