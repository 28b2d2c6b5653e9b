import Stripe from 'stripe';
import { ProviderError, type ProviderErrorKind } from '../provider-error.js';
import { retryAfterMs } from './rate-limits.js';

/** Codes that say: the object is past the state in which this could be done. */
const STATE_CODES = new Set([
  'intent_invalid_state',
  'invoice_not_editable',
  'payment_intent_unexpected_state',
  'payment_method_unexpected_state',
  'setup_intent_unexpected_state',
  'status_transition_invalid',
]);

const KEY_SHAPES = /\b((?:sk|rk)_(?:live|test)|whsec)_[A-Za-z0-9_+/=]+/g;

/**
 * Every failure of the SDK in the contract's words. The SDK's error is not kept as the cause: it carries the whole
 * answer, client secrets of payments included, into logs.
 */
export function toProviderError(error: unknown): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error; // a ProviderError already, or a defect of ours
  // The SDK makes a failed connection of whatever its HTTP client throws; what we have not sent is no such thing.
  if (error instanceof Stripe.errors.StripeConnectionError && error.detail instanceof ProviderError)
    return error.detail;
  const { kind, code } = classify(error);
  return new ProviderError(kind, messageOf(error, kind), {
    code,
    ...given('param', paramOf(error, kind)),
    ...given('httpStatus', error.statusCode),
    ...given('requestId', error.requestId),
    ...given('retryAfterMs', kind === 'rate_limited' ? retryAfter(error) : undefined),
  });
}

/** Runs a call and lets out nothing but ProviderErrors of Stripe's failures. */
export async function told<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw toProviderError(error);
  }
}

/** Like {@link told}, with null for what Stripe has never heard of. */
export async function toldOrNull<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await told(call);
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'not_found') return null;
    throw error;
  }
}

/** Whether an answer, good or bad, is the recorded one of an earlier request with the same idempotency key. */
export function isReplay(headers: unknown): boolean {
  // A good answer brings the headers of fetch, whatever the SDK's types say; an error brings a plain object.
  const { get, [REPLAYED]: plain } = (headers ?? {}) as { get?: unknown; [REPLAYED]?: unknown };
  return (typeof get === 'function' ? (headers as Headers).get(REPLAYED) : plain) === 'true';
}

const REPLAYED = 'idempotent-replayed';

/** The key is taken by a request with other parameters. */
export const isKeyMismatch = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeError &&
  error.rawType === 'idempotency_error' &&
  error.statusCode === 400;

function classify(error: Stripe.errors.StripeError): { kind: ProviderErrorKind; code: string } {
  const { statusCode: status, rawType: type, code } = error;
  const as = (kind: ProviderErrorKind, fallback: string): { kind: ProviderErrorKind; code: string } => ({
    kind,
    code: code ?? fallback,
  });
  if (error instanceof Stripe.errors.StripeConnectionError) return as('unavailable', 'no_answer');
  // No status: what came was not JSON, so nobody knows what has happened.
  if (status === undefined || status >= 500 || status === 409) return as('unavailable', type ?? 'api_error');
  if (status === 429) return as('rate_limited', 'rate_limit');
  if (status === 401) return as('auth', 'authentication_failed');
  if (status === 403) return as('forbidden', 'permission_denied');
  if (type === 'idempotency_error') return as('conflict', type);
  if (status === 404 || code === 'resource_missing') return as('not_found', 'resource_missing');
  if (code !== undefined && STATE_CODES.has(code)) return as('conflict', code);
  return as('invalid', type ?? 'invalid_request_error');
}

/** What a restricted key lacks is named in the sentence only: `rak_payment_record_write`. */
function paramOf(error: Stripe.errors.StripeError, kind: ProviderErrorKind): string | undefined {
  if (kind === 'auth') return 'secret_key';
  if (kind === 'forbidden') return PERMISSION.exec(error.message)?.[0];
  return error.param;
}

const PERMISSION = /\brak_[a-z_]+_(?:read|write)\b/;

function messageOf(error: Stripe.errors.StripeError, kind: ProviderErrorKind): string {
  const said = error.message.replace(KEY_SHAPES, '$1_…').trim();
  if (said !== '') return said;
  return kind === 'unavailable' ? 'Stripe gave no usable answer' : 'Stripe refused the request';
}

const retryAfter = (error: Stripe.errors.StripeError): number | undefined =>
  retryAfterMs((error.headers as Readonly<Record<string, unknown>> | undefined)?.['retry-after']);

const given = <K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> =>
  value === undefined ? {} : ({ [key]: value } as Partial<Record<K, V>>);
