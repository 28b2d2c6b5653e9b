import { newId } from '../core/ids.js';
import { isObject, text, type JsonObject } from '../core/json.js';
import { namedCompany, nowIso, type Ctx } from './context.js';
import { notFound, unprocessable } from './errors.js';
import { tell } from './messages.js';
import type { Payment, Refund, RefundStatus } from './objects.js';
import { newestFirst, pageOf } from './paging.js';
import { refundedOf, showPayment, showRefund } from './payment-view.js';
import { requirePayment } from './payments.js';
import type { Route } from './route.js';

/** Answers the payment, not the refund: that one is found in the list of refunds. */
function refundPayment(ctx: Ctx, payment: Payment, params: JsonObject): object {
  if (payment.status !== 'paid') throw unprocessable('Only a paid payment can be refunded');
  const left = Number((payment.total - refundedOf(payment)).toFixed(3));
  const asked = typeof params.partial_amount === 'number' ? params.partial_amount : left;
  if (!(asked > 0)) throw unprocessable('There is nothing left to refund');
  if (asked > left && !ctx.newest) throw unprocessable(`At most ${left} can be refunded`);
  // What covers all that is left refunds the rest, whatever it is more.
  const amount = Math.min(asked, left);
  if (!(amount > 0)) throw unprocessable('There is nothing left to refund');
  const refund: Refund = {
    id: newId(ctx.newest ? 'rf_' : 'rfnd_', 14),
    amount,
    createdAt: nowIso(ctx),
    updatedAt: nowIso(ctx),
    metadata: isObject(params.metadata) ? params.metadata : null,
    status: ctx.world.settings.refundStatus,
  };
  payment.refunds.push(refund);
  touch(ctx, payment);
  tell(ctx, payment.companyId, 'refund.created', (as) => showRefund(as, payment, refund));
  return showPayment(ctx, payment);
}

/** The processor has decided. */
export function settleRefund(ctx: Ctx, payment: Payment, refund: Refund, status: RefundStatus): void {
  refund.status = status;
  refund.updatedAt = nowIso(ctx);
  touch(ctx, payment);
  tell(ctx, payment.companyId, 'refund.updated', (as) => showRefund(as, payment, refund));
}

function touch(ctx: Ctx, payment: Payment): void {
  const refunded = refundedOf(payment);
  payment.updatedAt = nowIso(ctx);
  payment.substatus =
    refunded === 0 ? 'succeeded' : refunded === payment.total ? 'refunded' : 'partially_refunded';
}

interface Listed {
  readonly id: string;
  readonly createdAt: string;
  readonly payment: Payment;
  readonly refund: Refund;
}

const listedOf = (payment: Payment, refund: Refund): Listed => ({
  id: refund.id,
  createdAt: refund.createdAt,
  payment,
  refund,
});

function allRefunds(ctx: Ctx): Listed[] {
  return [...ctx.account.payments.values()]
    .flatMap((payment) => payment.refunds.map((refund) => listedOf(payment, refund)))
    .sort((a, b) => a.createdAt.localeCompare(b.createdAt));
}

export const refundRoutes: readonly Route[] = [
  {
    method: 'POST',
    url: '/payments/:id/refund',
    request: 'ReqPaymentRefund',
    response: 'ResPayment',
    run: (ctx, params, id) => refundPayment(ctx, requirePayment(ctx, id), params),
  },
  {
    method: 'GET',
    url: '/refunds',
    request: 'ReqRefundList',
    response: 'ResRefund',
    run: (ctx, params) => {
      const company = namedCompany(ctx, params);
      const of = params.payment_id;
      const refunds = newestFirst(allRefunds(ctx)).filter(
        ({ payment }) =>
          payment.companyId === company && (of === undefined || of === null || payment.id === text(of)),
      );
      if (params.direction === 'asc') refunds.reverse();
      return pageOf(refunds, params, ({ payment, refund }) => showRefund(ctx, payment, refund));
    },
  },
  {
    method: 'GET',
    url: '/refunds/:id',
    response: 'ResRefund',
    run: (ctx, _params, id) => {
      const found = allRefunds(ctx).find((one) => one.id === id);
      if (found === undefined) throw notFound('Refund', id);
      return showRefund(ctx, found.payment, found.refund);
    },
  },
];
