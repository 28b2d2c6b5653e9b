import type { JsonObject } from '../core/json.js';
import type { CardRefusal } from '../core/test-cards.js';
import { StripeError } from './errors.js';
import type { PaymentIntent, PaymentMethod, SetupIntent } from './objects.js';

interface Circumstances {
  readonly charge?: string;
  readonly method?: PaymentMethod;
  readonly paymentIntent?: PaymentIntent;
  readonly setupIntent?: SetupIntent;
}

/** What an intent keeps of a refusal (`last_payment_error`, `last_setup_error`). */
export function errorRecord(refusal: CardRefusal, { charge, method }: Circumstances): JsonObject {
  return {
    ...(refusal.advice === undefined ? {} : { advice_code: refusal.advice }),
    ...(charge === undefined ? {} : { charge }),
    code: refusal.code,
    decline_code: refusal.declineCode,
    doc_url: `https://docs.stripe.com/error-codes/${refusal.code.replaceAll('_', '-')}`,
    message: refusal.message,
    ...(refusal.networkCode === undefined ? {} : { network_decline_code: refusal.networkCode }),
    ...(method === undefined ? {} : { payment_method: structuredClone(method) }),
    type: 'card_error',
  };
}

/** The answer to a call that a refusal made fail: 402 with the intent in it. */
export function cardError(refusal: CardRefusal, circumstances: Circumstances): StripeError {
  const { paymentIntent, setupIntent } = circumstances;
  const {
    code: _code,
    message: _message,
    type: _type,
    doc_url: _url,
    ...more
  } = errorRecord(refusal, circumstances);
  return new StripeError('card_error', refusal.message, {
    status: 402,
    code: refusal.code,
    more: {
      ...more,
      ...(paymentIntent === undefined ? {} : { payment_intent: structuredClone(paymentIntent) }),
      ...(setupIntent === undefined ? {} : { setup_intent: structuredClone(setupIntent) }),
    },
  });
}
