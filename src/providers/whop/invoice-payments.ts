import type { Money } from '../../domain/money.js';
import type { RemoteInvoice, RemotePayment, RemoteReversals } from '../provider-objects.js';
import { isNewest, ofCompany, type WhopContext } from './context.js';
import { priceOf, readInvoice } from './invoice-reader.js';
import type { WhopDispute, WhopInvoice, WhopPayment, WhopPlan, WhopRefund } from './objects.js';
import { amountOf, readDispute, readPayment, readRefund } from './payment-reader.js';

/** With its price, its page and its payments. */
export async function wholeInvoice(
  ctx: WhopContext,
  invoice: WhopInvoice,
  known?: WhopPlan,
  told?: WhopPayment,
): Promise<RemoteInvoice> {
  const planId = invoice.current_plan?.id;
  const plan =
    known ??
    (planId === undefined ? undefined : await ctx.whop.get<WhopPlan>(`/plans/${encodeURIComponent(planId)}`));
  if (plan === undefined || invoice.status === 'draft') return readInvoice(invoice, plan);
  const price = priceOf(invoice, plan);
  const payments: RemotePayment[] = [];
  for (const payment of await paymentsOf(ctx, invoice, plan, told)) {
    const read = price && readPayment(payment, invoice.id, price);
    if (price === undefined || read === undefined) continue;
    const reversals = await reversalsOf(ctx, payment, price, payment.id === told?.id);
    payments.push(reversals === undefined ? read : { ...read, reversals });
  }
  return readInvoice(invoice, plan, payments);
}

export const paymentOf = (ctx: WhopContext, id: string): Promise<WhopPayment | null> =>
  ctx.whop.find<WhopPayment>(`/payments/${encodeURIComponent(id)}`);

/**
 * The payments that have settled an invoice. The newest date names the one; where it names none and the invoice is paid
 * all the same, and at the older date always, they are found by the plan that the invoice has for itself: so a payment that
 * was given back and is not named any more is not taken for somebody's mark. `told`: one that news have come of.
 */
async function paymentsOf(
  ctx: WhopContext,
  invoice: WhopInvoice,
  plan: WhopPlan,
  told: WhopPayment | undefined,
): Promise<WhopPayment[]> {
  const named = invoice.payment?.id;
  if (isNewest(ctx) && (named !== undefined || invoice.status !== 'paid')) {
    const one = named === undefined || named === told?.id ? undefined : await paymentOf(ctx, named);
    return [one, told].filter((payment) => payment !== null && payment !== undefined).filter(isPaid);
  }
  const byPlan: Readonly<Record<string, string | readonly string[]>> = isNewest(ctx)
    ? { plan_id: plan.id }
    : { plan_ids: [plan.id] };
  const found: WhopPayment[] = [];
  for await (const listed of ctx.whop.list<WhopPayment>('/payments', {
    ...ofCompany(ctx),
    ...byPlan,
    first: 50,
  })) {
    if (!isPaid(listed)) continue;
    // What went back of it is told where one is read by itself, if not in lists.
    const isWhole = isNewest(ctx) || listed.refunds !== undefined;
    const whole = isWhole ? listed : await paymentOf(ctx, listed.id);
    if (whole !== null) found.push(whole);
  }
  return found.reverse();
}

const isPaid = ({ status }: WhopPayment): boolean => status === 'paid';

/**
 * What has gone back of a payment. The older date tells it with the payment. The newest has objects of their own for it,
 * which are asked for where the payment says that there are any, or where it is just that which somebody wants to know.
 */
export async function reversalsOf(
  ctx: WhopContext,
  payment: WhopPayment,
  price: Money,
  isWanted: boolean,
): Promise<RemoteReversals | undefined> {
  const { refunds, disputes } = isNewest(ctx)
    ? {
        refunds: isWanted || saysRefunded(payment) ? await refundsOf(ctx, payment.id) : undefined,
        disputes: isWanted || saysDisputed(payment) ? await disputesOf(ctx, payment) : undefined,
      }
    : payment;
  if (isNewest(ctx) && refunds === undefined && disputes === undefined) return undefined;
  const read = { payment, price };
  return {
    refunds: (refunds ?? []).flatMap((refund) => readRefund(refund, read) ?? []),
    disputes: (disputes ?? []).flatMap((dispute) => readDispute(dispute, read) ?? []),
  };
}

const saysRefunded = (payment: WhopPayment): boolean =>
  (amountOf(payment.refunded_amount, payment.currency)?.amount ?? 0n) > 0n ||
  /refund/.test(payment.substatus ?? '');

const saysDisputed = ({ substatus = '', dispute_alerted_at: alerted }: WhopPayment): boolean =>
  /dispute/.test(substatus) || typeof alerted === 'string';

export async function refundsOf(ctx: WhopContext, paymentId: string): Promise<WhopRefund[]> {
  const found: WhopRefund[] = [];
  const query = { account_id: ctx.companyId, payment_id: paymentId, first: 100 };
  for await (const refund of ctx.whop.list<WhopRefund>('/refunds', query))
    if (refund.payment_id === undefined || refund.payment_id === paymentId) found.push(refund);
  return found;
}

/** Whop's pages name a filter by payment that its types do not have: what is answered may be of others. */
async function disputesOf(ctx: WhopContext, { id, created_at: since }: WhopPayment): Promise<WhopDispute[]> {
  const found: WhopDispute[] = [];
  const query = {
    account_id: ctx.companyId,
    payment_id: id,
    first: 100,
    ...(since === undefined ? {} : { created_after: since }),
  };
  for await (const dispute of ctx.whop.list<WhopDispute>('/disputes', query))
    if (dispute.payment?.id === id) found.push(dispute);
  return found;
}
