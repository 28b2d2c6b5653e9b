import type { JsonObject } from '../core/json.js';

export interface ErrorDetails {
  readonly code?: string | undefined;
  readonly param?: string | undefined;
  readonly status?: number;
  readonly more?: JsonObject | undefined;
}

/** An answer that says no, in Stripe's shape. */
export class StripeError extends Error {
  readonly status: number;
  readonly code: string | undefined;
  readonly #body: JsonObject;

  constructor(type: string, message: string, details: ErrorDetails = {}) {
    super(message);
    this.status = details.status ?? 400;
    this.code = details.code;
    this.#body = {
      ...(details.code === undefined
        ? {}
        : {
            code: details.code,
            doc_url: `https://docs.stripe.com/error-codes/${details.code.replaceAll('_', '-')}`,
          }),
      message,
      ...(details.param === undefined ? {} : { param: details.param }),
      ...details.more,
      type,
    };
  }

  /** Found before the endpoint began its work, so an idempotency key does not remember it. */
  get beforeExecution(): boolean {
    return this.code?.startsWith('parameter') === true || this.status === 401 || this.status === 403;
  }

  body(requestLogUrl: string): JsonObject {
    return { error: { ...this.#body, request_log_url: requestLogUrl } };
  }
}

export function invalid(message: string, param?: string, code?: string): StripeError {
  return new StripeError('invalid_request_error', message, { param, code });
}

export function missingParam(param: string): StripeError {
  return invalid(`Missing required param: ${param}.`, param, 'parameter_missing');
}

/** 404 when the object is the one the path names, 400 when a parameter names it. */
export function noSuch(noun: string, id: string, param = 'id'): StripeError {
  return new StripeError('invalid_request_error', `No such ${noun}: '${id}'`, {
    code: 'resource_missing',
    param,
    status: param === 'id' ? 404 : 400,
  });
}

/** Part of the real API that the sandbox does not play: said aloud rather than half done. */
export function notPlayed(what: string, param?: string): StripeError {
  return invalid(`The sandbox does not play ${what}.`, param, 'sandbox_not_played');
}
