import { newId } from '../core/ids.js';
import { exponentOf, showAmount } from '../core/display.js';
import { change, create } from './changes.js';
import { now, type Ctx } from './context.js';
import { noSuch, StripeError } from './errors.js';
import type { Metadata, PaymentIntent, PaymentIntentStatus } from './objects.js';

export interface NewIntent {
  readonly amount: number;
  readonly currency: string;
  readonly customer: string | null;
  readonly description?: string | null;
  readonly metadata?: Metadata;
  readonly paymentMethod?: string | null;
  readonly receiptEmail?: string | null;
  readonly setupFutureUsage?: string | null;
  readonly shipping?: unknown;
  readonly statementDescriptorSuffix?: string | null;
}

/** Smallest charges in minor units; 50 where the currency has two decimals and is not listed. */
const MINIMUM: Readonly<Record<string, number>> = {
  aed: 200,
  bgn: 100,
  czk: 1500,
  dkk: 250,
  gbp: 30,
  hkd: 400,
  huf: 17500,
  jpy: 50,
  mxn: 1000,
  myr: 200,
  nok: 300,
  pln: 200,
  ron: 200,
  sek: 300,
  thb: 1000,
};

export function minimumCharge(ctx: Ctx, currency: string): number {
  if (!ctx.world.settings.minimumCharges) return 1;
  return MINIMUM[currency] ?? (exponentOf(currency) === 3 ? 500 : 50);
}

export function requireIntent(ctx: Ctx, id: string, param = 'id'): PaymentIntent {
  const intent = ctx.account.paymentIntents.get(id);
  if (intent === undefined) throw noSuch('payment_intent', id, param);
  return intent;
}

export function newIntent(ctx: Ctx, from: NewIntent): PaymentIntent {
  const minimum = minimumCharge(ctx, from.currency);
  if (from.amount < minimum) {
    throw new StripeError(
      'invalid_request_error',
      from.amount < 1
        ? 'This value must be greater than or equal to 1.'
        : `Amount must be at least ${showAmount(minimum, from.currency)}`,
      { code: from.amount < 1 ? 'parameter_invalid_integer' : 'amount_too_small', param: 'amount' },
    );
  }
  if (from.amount > 999_999_999_999) {
    throw new StripeError('invalid_request_error', 'Amount must be no more than 999999999999', {
      code: 'amount_too_large',
      param: 'amount',
    });
  }
  const id = newId('pi_', 24);
  const method = from.paymentMethod ?? null;
  const intent: PaymentIntent = {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: from.amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: { allow_redirects: 'always', enabled: true },
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic_async',
    client_secret: `${id}_secret_${newId('', 25)}`,
    confirmation_method: 'automatic',
    created: now(ctx),
    currency: from.currency,
    customer: from.customer,
    customer_account: null,
    description: from.description ?? null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: ctx.account.livemode,
    managed_payments: null,
    metadata: { ...from.metadata },
    next_action: null,
    on_behalf_of: null,
    payment_method: method,
    payment_method_configuration_details: null,
    payment_method_options: {},
    payment_method_types: ['card', 'us_bank_account'],
    payment_record: null,
    processing: null,
    receipt_email: from.receiptEmail ?? null,
    review: null,
    setup_future_usage: from.setupFutureUsage ?? null,
    shipping: from.shipping ?? null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: from.statementDescriptorSuffix ?? null,
    status: method === null ? 'requires_payment_method' : 'requires_confirmation',
    transfer_group: null,
  };
  return create(ctx, ctx.account.paymentIntents, intent, 'payment_intent.created');
}

const CANCELABLE: readonly PaymentIntentStatus[] = [
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
  'processing',
];

export function isUnfinished(intent: PaymentIntent): boolean {
  return CANCELABLE.includes(intent.status);
}

export function cancelIntent(ctx: Ctx, intent: PaymentIntent, reason: string | null): PaymentIntent {
  if (!isUnfinished(intent)) throw unexpectedState(intent, 'cancel');
  return change(
    ctx,
    ctx.account.paymentIntents,
    intent,
    (changed) => {
      changed.status = 'canceled';
      changed.canceled_at = now(ctx);
      changed.cancellation_reason = reason;
      changed.next_action = null;
    },
    'payment_intent.canceled',
  );
}

export function unexpectedState(intent: PaymentIntent, verb: string): StripeError {
  const why =
    intent.status === 'succeeded'
      ? 'it has already succeeded after being previously confirmed'
      : `it has a status of ${intent.status}`;
  return new StripeError('invalid_request_error', `You cannot ${verb} this PaymentIntent because ${why}.`, {
    code: 'payment_intent_unexpected_state',
    more: { payment_intent: structuredClone(intent) },
  });
}
