import { formatMoney, money, type Money } from '../../domain/money.js';
import type { ReversalOperations } from '../provider-adapter.js';
import { ProviderError } from '../provider-error.js';
import type { Attempt, RefundRequest, RemoteRefund, RemoteReversals } from '../provider-objects.js';
import { fromWhopMoney, fromWhopPrice, toWhopPrice } from './amounts.js';
import type { WhopContext } from './context.js';
import { paymentOf, refundsOf, reversalsOf } from './invoice-payments.js';
import { invoiceOf } from './invoices.js';
import { priceOf } from './invoice-reader.js';
import type { WhopDispute, WhopPayment, WhopRefund } from './objects.js';
import { once } from './once.js';
import { readDispute, readRefund, REFUND_MARK, type Of } from './payment-reader.js';

/** Of the newest date only: the older one has no mark by which a refund that was asked for here is known again. */
export const whopReversals = (ctx: WhopContext): ReversalOperations => ({
  refund: (request, attempt) => refund(ctx, request, attempt),
  fetch: async (remotePaymentId) => {
    const payment = await paymentOf(ctx, remotePaymentId);
    const of = payment && (await invoiceOf(ctx, payment));
    const price = of ? priceOf(of.invoice, of.plan) : undefined;
    if (payment === null || price === undefined) return null;
    return { reversals: await reversalsOf(ctx, payment, price, true) };
  },
  listReversed: (since) => listReversed(ctx, since),
});

/** Whop answers a refund with its payment; the refund is found by the mark that it carries. */
async function refund(ctx: WhopContext, request: RefundRequest, attempt: Attempt): Promise<RemoteRefund> {
  const path = `/payments/${encodeURIComponent(request.remotePaymentId)}`;
  const payment = await ctx.whop.get<WhopPayment>(path);
  if (payment.currency !== request.amount.currency)
    throw new ProviderError(
      'invalid',
      `Whop settles this payment in ${payment.currency ?? 'another currency'} and takes refunds in that only: ` +
        `give ${formatMoney(request.amount)} ${request.amount.currency} back in its dashboard`,
      { code: 'currency_mismatch', param: 'amount' },
    );
  const of = { payment, price: request.amount };
  const find = async (): Promise<RemoteRefund | undefined> => {
    const found = (await refundsOf(ctx, payment.id)).find(
      ({ metadata }) => metadata?.[REFUND_MARK] === request.refundId,
    );
    return found && readRefund(found, of);
  };
  return once<RemoteRefund, WhopPayment>(ctx, attempt, 'refund', {
    movesMoney: true,
    call: (key) =>
      ctx.whop.post<WhopPayment>(
        `${path}/refund`,
        {
          partial_amount: toWhopPrice(request.amount),
          metadata: { [REFUND_MARK]: request.refundId, flexprice_payment_id: request.paymentId },
        },
        key,
      ),
    look: find,
    read: async () => {
      const found = await find();
      if (found !== undefined) return found;
      throw new ProviderError('unavailable', 'Whop has taken the refund, and does not show it yet', {
        code: 'refund_not_listed',
      });
    },
  });
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Whop's lists are cut by the time of making only: what was made so long before may still have changed since. */
const REFUND_CHANGES_MS = 3 * DAY_MS;
const DISPUTE_CHANGES_MS = 180 * DAY_MS;

/** What a lost webhook would have told: whether it is news is decided by who has the books. */
async function* listReversed(
  ctx: WhopContext,
  since: Date,
): AsyncIterable<{ readonly remotePaymentId: string; readonly reversals: RemoteReversals }> {
  const madeSince = (ms: number): Readonly<Record<string, string | number>> => ({
    account_id: ctx.companyId,
    created_after: new Date(since.getTime() - ms).toISOString(),
    first: 100,
  });
  for await (const one of ctx.whop.list<WhopRefund>('/refunds', madeSince(REFUND_CHANGES_MS))) {
    const read =
      one.payment_id && readRefund(one, listed(one.payment_id, fromWhopMoney(one.original_amount)));
    if (read) yield { remotePaymentId: one.payment_id, reversals: { refunds: [read], disputes: [] } };
  }
  for await (const one of ctx.whop.list<WhopDispute>('/disputes', madeSince(DISPUTE_CHANGES_MS))) {
    const id = one.payment?.id;
    const read = id && readDispute(one, listed(id, fromWhopPrice(one.amount, one.currency)));
    if (read) yield { remotePaymentId: id, reversals: { refunds: [], disputes: [read] } };
  }
}

/** In a list only what has become of it counts: how much that is in the invoice's currency the payment is asked for. */
const listed = (id: string, told: Money | undefined): Of => {
  const price = told ?? money(1n, 'usd');
  return { payment: { id, status: 'paid', currency: price.currency }, price };
};
