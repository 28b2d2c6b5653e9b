import type Stripe from 'stripe';
import type {
  Attempt,
  RefundRequest,
  RemoteDispute,
  RemoteRefund,
  RemoteReversals,
} from '../provider-objects.js';
import { fromStripeAmount, toStripeAmount } from './amounts.js';
import { dateOf, objectOf, type StripeContext } from './context.js';
import { told } from './errors.js';
import { MARK, metadataWith, readMark } from './marks.js';
import { mayHaveRun, once } from './once.js';

/** Each carries a refund or a dispute. */
export const REVERSING_EVENTS = [
  'refund.created',
  'refund.updated',
  'refund.failed',
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.closed',
  'charge.dispute.funds_withdrawn',
  'charge.dispute.funds_reinstated',
];

/** Stands on a payment only where it is asked for. */
export const REVERSALS_EXPAND = 'latest_charge.refunds';

/** Gives back what was paid. The refund carries our id, so a later try and the webhook know it again. */
export async function refund(
  ctx: StripeContext,
  request: RefundRequest,
  attempt: Attempt,
): Promise<RemoteRefund> {
  const amount = toStripeAmount(request.amount);
  const earlier = mayHaveRun(attempt) ? await findEarlier(ctx, request) : undefined;
  if (earlier !== undefined) return readRefund(ctx, earlier);
  const { value } = await once(ctx, attempt, 'refund', {
    movesMoney: true,
    call: (idempotencyKey) =>
      ctx.stripe.refunds.create(
        {
          payment_intent: request.remotePaymentId,
          amount,
          ...(request.reason === undefined ? {} : { reason: request.reason }),
          metadata: metadataWith({
            [MARK.refund]: request.refundId,
            [MARK.payment]: request.paymentId,
            [MARK.environment]: ctx.environmentId,
            [MARK.source]: 'flexprice',
          }),
        },
        { idempotencyKey },
      ),
    look: (recorded) =>
      recorded === undefined ? findEarlier(ctx, request) : told(ctx.stripe.refunds.retrieve(recorded.id)),
  });
  return readRefund(ctx, value);
}

async function findEarlier(ctx: StripeContext, request: RefundRequest): Promise<Stripe.Refund | undefined> {
  const refunds = await told(
    ctx.stripe.refunds
      .list({ payment_intent: request.remotePaymentId, limit: 100 })
      .autoPagingToArray({ limit: 10_000 }),
  );
  return refunds.find(
    ({ metadata }) => readMark(metadata, MARK.refund, ctx.environmentId).id === request.refundId,
  );
}

/** Needs a payment that was read with {@link REVERSALS_EXPAND}. One that was never charged has nothing to give back. */
export async function reversalsOf(
  ctx: StripeContext,
  intent: Stripe.PaymentIntent,
): Promise<RemoteReversals> {
  const charge = objectOf(intent.latest_charge);
  if (charge?.paid !== true) return { refunds: [], disputes: [] };
  const page = charge.refunds;
  const refunds =
    page === undefined || page === null || page.has_more
      ? await told(
          ctx.stripe.refunds
            .list({ payment_intent: intent.id, limit: 100 })
            .autoPagingToArray({ limit: 10_000 }),
        )
      : page.data;
  const disputes = charge.disputed
    ? await told(
        ctx.stripe.disputes
          .list({ payment_intent: intent.id, limit: 100 })
          .autoPagingToArray({ limit: 1000 }),
      )
    : [];
  return { refunds: refunds.map((one) => readRefund(ctx, one)), disputes: disputes.map(readDispute) };
}

const REFUND_STATUSES: ReadonlyMap<string | null, RemoteRefund['status']> = new Map([
  ['succeeded', 'succeeded'],
  ['failed', 'failed'],
  ['canceled', 'canceled'],
]);

export function readRefund(ctx: StripeContext, found: Stripe.Refund): RemoteRefund {
  return {
    remoteId: found.id,
    refundId: readMark(found.metadata, MARK.refund, ctx.environmentId).id,
    status: REFUND_STATUSES.get(found.status) ?? 'pending', // requires_action, too: the money is set aside
    amount: fromStripeAmount(found.amount, found.currency),
    reason: found.reason ?? undefined,
    failure: found.failure_reason,
  };
}

const DISPUTE_STATUSES: ReadonlyMap<string, RemoteDispute['status']> = new Map([
  ['warning_needs_response', 'inquiry'],
  ['warning_under_review', 'inquiry'],
  ['warning_closed', 'inquiry_closed'],
  ['won', 'won'],
  ['lost', 'lost'],
]);

/** Prevented means paid back before any ruling: by a refund, which is told, or out of the account by the dispute itself. */
const statusOf = ({ status, balance_transactions: moved }: Stripe.Dispute): RemoteDispute['status'] =>
  status === 'prevented'
    ? moved.length > 0
      ? 'lost'
      : 'inquiry_closed'
    : (DISPUTE_STATUSES.get(status) ?? 'open');

export const readDispute = (found: Stripe.Dispute): RemoteDispute => ({
  remoteId: found.id,
  status: statusOf(found),
  amount: fromStripeAmount(found.amount, found.currency),
  reason: found.reason,
  answerBy: dateOf(found.evidence_details.due_by),
  openedAt: new Date(found.created * 1000),
});
