import type { Money } from '../../domain/money.js';
import type { RemoteDispute, RemotePayment, RemoteRefund } from '../provider-objects.js';
import { fromWhopPrice } from './amounts.js';
import type { WhopContext } from './context.js';
import type { WhopInvoice, WhopPayment } from './objects.js';

/**
 * The payments of an invoice, by the plan that it has for itself. Whop names no invoice on a payment, and takes several
 * tries for one invoice; those that came through are money, and what went back of them stands on each.
 */
export async function paymentsOf(ctx: WhopContext, invoice: WhopInvoice): Promise<RemotePayment[]> {
  const planId = invoice.current_plan?.id;
  if (planId === undefined) return [];
  const query = { company_id: ctx.companyId, plan_ids: [planId], first: 50 };
  const found: RemotePayment[] = [];
  for await (const listed of ctx.whop.list<WhopPayment>('/payments', query)) {
    if (listed.status !== 'paid') continue;
    // What went back of it is told where one is read by itself, if not in lists.
    const whole = listed.refunds === undefined ? await paymentOf(ctx, listed.id) : listed;
    const read = whole === null ? undefined : readPayment(whole, invoice.id);
    if (read !== undefined) found.push(read);
  }
  return found.reverse();
}

export const paymentOf = (ctx: WhopContext, id: string): Promise<WhopPayment | null> =>
  ctx.whop.find<WhopPayment>(`/payments/${encodeURIComponent(id)}`);

function readPayment(payment: WhopPayment, invoiceId: string): RemotePayment | undefined {
  const amount = fromWhopPrice(payment.total, payment.currency);
  if (amount === undefined || amount.amount <= 0n) return undefined;
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
    reversals: {
      refunds: (payment.refunds ?? []).flatMap((refund) => readRefund(refund, payment.currency)),
      disputes: (payment.disputes ?? []).flatMap((dispute) => readDispute(dispute, payment.currency)),
    },
  };
}

const methodOf = (payment: WhopPayment): RemotePayment['method'] =>
  payment.payment_method_type
    ? {
        remoteId: undefined,
        type: payment.payment_method_type,
        brand: payment.card_brand ?? undefined,
        last4: payment.card_last4 ?? undefined,
        expiryMonth: undefined,
        expiryYear: undefined,
        isDefault: false,
      }
    : undefined;

const REFUND_STATUSES: ReadonlyMap<string | undefined, RemoteRefund['status']> = new Map([
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
  ['canceled', 'canceled'],
]);

function readRefund(refund: NonNullable<WhopPayment['refunds']>[number], currency: unknown): RemoteRefund[] {
  const amount: Money | undefined = fromWhopPrice(refund.amount, refund.currency ?? currency);
  if (amount === undefined || amount.amount <= 0n) return [];
  return [
    {
      remoteId: refund.id,
      refundId: undefined,
      status: REFUND_STATUSES.get(refund.status) ?? 'pending', // requires_action, too: the money is set aside
      amount,
      reason: refund.reason ?? undefined,
      failure: refund.failure_reason ?? undefined,
    },
  ];
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

function readDispute(
  dispute: NonNullable<WhopPayment['disputes']>[number],
  currency: unknown,
): RemoteDispute[] {
  const amount = fromWhopPrice(dispute.amount, dispute.currency ?? currency);
  if (amount === undefined || amount.amount <= 0n) return [];
  return [
    {
      remoteId: dispute.id,
      status: DISPUTE_STATUSES.get(dispute.status) ?? 'open',
      amount,
      reason: dispute.reason ?? undefined,
      answerBy: dateOf(dispute.needs_response_by),
      openedAt: dateOf(dispute.created_at) ?? new Date(0),
    },
  ];
}

function dateOf(text: string | null | undefined): Date | undefined {
  const date = text ? new Date(text) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}
