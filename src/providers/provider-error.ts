import { BillingError } from '../domain/errors.js';
import type { Answerable } from '../platform/http/error-envelope.js';

/**
 * - `unavailable`: no answer, a timeout, a 5xx, a key in use. The outcome is unknown; retried with the same key.
 * - `rate_limited`: refused before anything happened; retried after `retryAfterMs`.
 * - `auth`: the credentials are refused; pauses the connection.
 * - `forbidden`: they are good, and not allowed to do this; `param` names what they lack, where the provider says. Only
 *   this kind of operation is held up, and tried again.
 * - `not_found`: the remote object that the call names does not exist.
 * - `invalid`: the request is wrong and stays wrong, whoever repeats it.
 * - `conflict`: the remote object is in a state that forbids the change.
 */
export type ProviderErrorKind =
  'unavailable' | 'rate_limited' | 'auth' | 'forbidden' | 'not_found' | 'invalid' | 'conflict';

export interface ProviderErrorOptions {
  /** The provider's code where there is one, else ours: `total_mismatch`, `customer_email_missing`. */
  readonly code?: string;
  /** The credential field or parameter at fault. */
  readonly param?: string;
  readonly httpStatus?: number;
  readonly requestId?: string;
  readonly retryAfterMs?: number;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The code of an answer to our own caller for why a provider has refused. */
export const refusalCode = (error: { readonly kind: string } | undefined): string => {
  if (error?.kind === 'auth') return 'provider_credentials_refused';
  return error?.kind === 'forbidden' ? 'provider_permission_missing' : 'provider_refused';
};

export class ProviderError extends Error implements Answerable {
  readonly kind: ProviderErrorKind;
  readonly code: string;
  readonly param: string | undefined;
  readonly httpStatus: number | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(kind: ProviderErrorKind, message: string, options: ProviderErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'ProviderError';
    this.kind = kind;
    this.code = options.code ?? kind;
    this.param = options.param;
    this.httpStatus = options.httpStatus;
    this.requestId = options.requestId;
    this.retryAfterMs = options.retryAfterMs;
    this.details = options.details ?? {};
  }

  get retryable(): boolean {
    return this.kind === 'unavailable' || this.kind === 'rate_limited';
  }
  /** As an answer to our own caller: 503 where another try may help, else 400 in the provider's words; no 500. */
  toBillingError(provider?: string): BillingError {
    const name = provider ?? 'the provider';
    const details = {
      ...(provider === undefined ? {} : { provider }),
      provider_code: this.code,
      request_id: this.requestId,
      param: this.param,
    };
    if (!this.retryable)
      return new BillingError('invalid_operation', `${name}: ${this.message}`, {
        code: refusalCode(this),
        details,
        cause: this,
      });
    const after = this.retryAfterMs;
    return new BillingError('service_unavailable', `${name} cannot be reached just now: ${this.message}`, {
      code: 'provider_unavailable',
      details: after === undefined ? details : { ...details, retryAfterSeconds: Math.ceil(after / 1000) },
      cause: this,
    });
  }
}
