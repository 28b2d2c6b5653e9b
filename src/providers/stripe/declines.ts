import Stripe from 'stripe';
import type { Decline } from '../provider-objects.js';

/** What a refusal looks like wherever Stripe tells of one: a thrown 402, `last_payment_error`, `last_setup_error`. */
interface Refusal {
  readonly code?: string | undefined;
  readonly decline_code?: string | undefined;
  readonly advice_code?: string | undefined;
  readonly message?: string | undefined;
}

const NEEDS_CUSTOMER = new Set([
  'authentication_not_handled',
  'authentication_required',
  'invoice_payment_intent_requires_action',
  'payment_intent_action_required',
  'payment_intent_authentication_failure',
]);

/** Under `card_declined` the issuer's reason is the finer word; these are the ones that callers act upon. */
const REASONS = new Set(['expired_card', 'insufficient_funds', 'processing_error', 'incorrect_cvc']);

export function readDecline(refusal: Refusal): Decline {
  return {
    code: codeOf(refusal),
    message: refusal.message ?? 'The payment was declined.',
    providerCode: refusal.decline_code || refusal.code,
    advice: refusal.advice_code,
  };
}

function codeOf({ code, decline_code: reason }: Refusal): string {
  if ([code, reason].some((word) => word !== undefined && NEEDS_CUSTOMER.has(word)))
    return 'authentication_required';
  if (reason !== undefined && REASONS.has(reason)) return reason;
  return code ?? 'card_declined';
}

export const NO_DEFAULT_METHOD: Decline = {
  code: 'no_default_payment_method',
  message: 'The customer has no default payment method at Stripe.',
  providerCode: undefined,
  advice: undefined,
};

/** A decline as an exception between a call and the place that makes a value of it. */
export class Declined extends Error {
  constructor(
    readonly decline: Decline,
    /** The payment that was refused, where Stripe tells which. */
    readonly intent: Stripe.PaymentIntent | undefined,
  ) {
    super(decline.message);
    this.name = 'Declined';
  }
}

/** Rethrows a refusal, or that there is nothing to charge, as {@link Declined} and every other error as it is. */
export function throwDecline(error: unknown): never {
  if (error instanceof Stripe.errors.StripeCardError)
    throw new Declined(readDecline(error), error.payment_intent);
  if (error instanceof Stripe.errors.StripeInvalidRequestError && saysNoMethod(error))
    throw new Declined(NO_DEFAULT_METHOD, undefined);
  throw error;
}

function saysNoMethod({ code, param, message }: Stripe.errors.StripeInvalidRequestError): boolean {
  if (code === 'missing') return true;
  if (/no `?(default_payment_method|active card|attached payment source)/i.test(message)) return true;
  return code === 'resource_missing' && param === 'payment_method';
}
