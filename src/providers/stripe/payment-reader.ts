import type Stripe from 'stripe';
import type { RemotePayment, RemotePaymentMethod, RemotePaymentStatus } from '../provider-objects.js';
import { fromStripeAmount } from './amounts.js';
import { dateOf, idOf, objectOf, type StripeContext } from './context.js';
import { readDecline } from './declines.js';
import { MARK, readMark } from './marks.js';

export const INTENT_EXPAND = ['payment_method', 'latest_charge'];

export function readPayment(
  ctx: StripeContext,
  intent: Stripe.PaymentIntent,
  remoteInvoiceId?: string,
): RemotePayment {
  const mark = readMark(intent.metadata, MARK.payment, ctx.environmentId);
  const status = statusOf(intent);
  const error = intent.last_payment_error;
  const succeeded = status === 'succeeded';
  return {
    remoteId: intent.id,
    paymentId: mark.id,
    foreign: mark.foreign,
    remoteInvoiceId,
    remoteCustomerId: idOf(intent.customer),
    status,
    amount: fromStripeAmount(succeeded ? intent.amount_received : intent.amount, intent.currency),
    paidAt: succeeded ? dateOf(objectOf(intent.latest_charge)?.created ?? intent.created) : undefined,
    method: readMethod(intent.payment_method ?? error?.payment_method, undefined),
    decline: succeeded || !error ? undefined : readDecline(error),
    metadata: intent.metadata,
    setDefault: intent.metadata[MARK.setDefault] === 'true',
  };
}

const STATUSES: ReadonlyMap<string | null, RemotePaymentStatus> = new Map([
  ['succeeded', 'succeeded'],
  ['processing', 'processing'],
  ['requires_action', 'requires_action'],
  ['canceled', 'canceled'],
]);

/** A refused intent waits for another method and may still succeed; what was tried has failed. */
function statusOf({ status, last_payment_error: error }: Stripe.PaymentIntent): RemotePaymentStatus {
  if (status === 'requires_payment_method' && error) return 'failed';
  return STATUSES.get(status) ?? 'pending';
}

/** Undefined for a method that is only named: what kind it is, its id does not tell. */
export function readMethod(
  reference: string | Stripe.PaymentMethod | null | undefined,
  defaultId: string | undefined,
): RemotePaymentMethod | undefined {
  const method = objectOf(reference);
  if (method === undefined) return undefined;
  return {
    remoteId: method.id,
    type: method.type,
    brand: method.card?.brand ?? method.us_bank_account?.bank_name ?? undefined,
    last4: method.card?.last4 ?? method.us_bank_account?.last4 ?? method.sepa_debit?.last4 ?? undefined,
    expiryMonth: method.card?.exp_month,
    expiryYear: method.card?.exp_year,
    isDefault: method.id === defaultId,
  };
}
