import { money, moneyToRate, roundToMoney, type Money } from '../../domain/money.js';
import type { RemoteDispute, RemotePayment, RemoteRefund } from '../provider-objects.js';
import { fromWhopMoney, fromWhopPrice, type WhopMoney } from './amounts.js';
import type { WhopDispute, WhopPayment, WhopRefund } from './objects.js';

/** The mark that a refund which was asked for here carries in its metadata. */
export const REFUND_MARK = 'flexprice_refund_id';

/** A number at the older date, an object at the newest. */
export const amountOf = (
  value: number | WhopMoney | null | undefined,
  currency: unknown,
): Money | undefined => (typeof value === 'number' ? fromWhopPrice(value, currency) : fromWhopMoney(value));

/** `price`: what its invoice asked for, in our currency. */
export function readPayment(
  payment: WhopPayment,
  invoiceId: string,
  price: Money,
): RemotePayment | undefined {
  const amount = collectedOf(payment, price);
  if (amount.amount <= 0n) return undefined;
  return {
    remoteId: payment.id,
    paymentId: undefined,
    foreign: false,
    remoteInvoiceId: invoiceId,
    remoteCustomerId: undefined,
    status: 'succeeded',
    amount,
    paidAt: dateOf(payment.paid_at),
    method: methodOf(payment),
    decline: undefined,
    metadata: {},
  };
}

/**
 * What came in, in the invoice's currency. Whop counts in the currency that it settles in, and tells what the buyer saw beside
 * it; where neither is ours the invoice says how much of it was for us, as it is paid whole or not at all.
 */
function collectedOf(payment: WhopPayment, price: Money): Money {
  const told = [amountOf(payment.total, payment.currency), fromWhopMoney(payment.presentment_total)];
  return told.find((one) => one?.currency === price.currency) ?? price;
}

const methodOf = (payment: WhopPayment): RemotePayment['method'] => {
  const card = payment.payment_instrument?.card;
  return payment.payment_method_type
    ? {
        remoteId: undefined,
        type: payment.payment_method_type,
        brand: payment.card_brand ?? card?.brand ?? undefined,
        last4: payment.card_last4 ?? card?.last4 ?? undefined,
        expiryMonth: undefined,
        expiryYear: undefined,
        isDefault: false,
      }
    : undefined;
};

/** What a part is a part of. */
export interface Of {
  readonly payment: WhopPayment;
  readonly price: Money;
}

/** A part of a payment, in the invoice's currency: as it is told, else its share of what was collected. */
function partOf(told: readonly (Money | undefined)[], { payment, price }: Of): Money | undefined {
  const same = told.find((one) => one?.currency === price.currency);
  if (same !== undefined) return same;
  const total = amountOf(payment.total, payment.currency);
  const part = told.find((one) => one !== undefined && one.currency === total?.currency);
  if (part === undefined || total === undefined || total.amount <= 0n) return undefined;
  const share = moneyToRate(part).div(moneyToRate(total));
  const rounded = roundToMoney(moneyToRate(collectedOf(payment, price)).times(share), price.currency);
  return money(rounded.amount, price.currency);
}

const REFUND_STATUSES: ReadonlyMap<string | undefined, RemoteRefund['status']> = new Map([
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
  ['canceled', 'canceled'],
]);

export function readRefund(refund: WhopRefund, of: Of): RemoteRefund | undefined {
  const currency = refund.currency ?? of.payment.currency;
  const amount = partOf([amountOf(refund.amount, currency), fromWhopMoney(refund.original_amount)], of);
  if (amount === undefined || amount.amount <= 0n) return undefined;
  const mark = refund.metadata?.[REFUND_MARK];
  return {
    remoteId: refund.id,
    refundId: typeof mark === 'string' && mark !== '' ? mark : undefined,
    status: REFUND_STATUSES.get(refund.status) ?? 'pending', // requires_action, too: the money is set aside
    amount,
    reason: refund.reason ?? undefined,
    failure: refund.failure_message ?? refund.failure_reason ?? undefined,
  };
}

/** Prevented is paid back before any ruling, and settles like a loss; inquiries move no money. */
const DISPUTE_STATUSES: ReadonlyMap<string | undefined, RemoteDispute['status']> = new Map([
  ['warning_needs_response', 'inquiry'],
  ['warning_under_review', 'inquiry'],
  ['warning_closed', 'inquiry_closed'],
  ['prevented', 'lost'],
  ['lost', 'lost'],
  ['won', 'won'],
]);

export function readDispute(dispute: WhopDispute, of: Of): RemoteDispute | undefined {
  const told = fromWhopPrice(dispute.amount, dispute.currency ?? of.payment.currency);
  // Of money that nobody can count the whole payment is meant.
  const amount = partOf([told], of) ?? (told === undefined ? undefined : collectedOf(of.payment, of.price));
  if (amount === undefined || amount.amount <= 0n) return undefined;
  return {
    remoteId: dispute.id,
    status: DISPUTE_STATUSES.get(dispute.status) ?? 'open',
    amount,
    reason: dispute.reason ?? undefined,
    answerBy: dateOf(dispute.evidence_due_at ?? dispute.needs_response_by),
    openedAt: dateOf(dispute.created_at) ?? new Date(0),
  };
}

function dateOf(text: string | null | undefined): Date | undefined {
  const date = text ? new Date(text) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}
