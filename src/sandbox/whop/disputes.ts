import { newId } from '../core/ids.js';
import { text } from '../core/json.js';
import { namedCompany, nowIso, type Ctx } from './context.js';
import { notFound, notPlayed, unprocessable } from './errors.js';
import { tell } from './messages.js';
import type { Dispute, DisputeStatus, Payment } from './objects.js';
import { newestFirst, pageOf, wanted } from './paging.js';
import { requirePayment } from './payments.js';
import type { Route } from './route.js';

const ANSWER_MS = 7 * 24 * 60 * 60 * 1000;

export const disputesOf = (ctx: Ctx, { id }: Payment): Dispute[] =>
  [...ctx.account.disputes.values()].filter(({ paymentId }) => paymentId === id);

/** A bank takes the payment back, or asks about it (`warning_…`). */
export function openDispute(
  ctx: Ctx,
  payment: Payment,
  status: DisputeStatus,
  amount = payment.total,
): Dispute {
  const dispute: Dispute = {
    id: newId('dspt_', 14),
    paymentId: payment.id,
    companyId: payment.companyId,
    amount,
    createdAt: nowIso(ctx),
    updatedAt: nowIso(ctx),
    evidenceDueAt: new Date(ctx.account.clock.now() + ANSWER_MS).toISOString(),
    status,
  };
  ctx.account.disputes.set(dispute.id, dispute);
  touch(ctx, payment, dispute);
  tell(ctx, dispute.companyId, 'dispute.created', (as) => showDispute(as, dispute));
  return dispute;
}

export function moveDispute(ctx: Ctx, dispute: Dispute, status: DisputeStatus): void {
  dispute.status = status;
  dispute.updatedAt = nowIso(ctx);
  touch(ctx, requirePayment(ctx, dispute.paymentId), dispute);
  tell(ctx, dispute.companyId, 'dispute.updated', (as) => showDispute(as, dispute));
}

function touch(ctx: Ctx, payment: Payment, { status }: Dispute): void {
  payment.updatedAt = nowIso(ctx);
  payment.substatus = status === 'prevented' ? 'dispute_closed' : `dispute_${status}`;
}

function showDispute(ctx: Ctx, dispute: Dispute): object {
  const payment = requirePayment(ctx, dispute.paymentId);
  const { id, amount, status, createdAt, updatedAt, evidenceDueAt } = dispute;
  const isInquiry = status.startsWith('warning_');
  if (!ctx.newest)
    return {
      id,
      amount,
      currency: payment.currency,
      created_at: createdAt,
      needs_response_by: evidenceDueAt,
      payment: { id: payment.id },
      reason: 'fraudulent',
      status: status === 'prevented' ? 'closed' : status,
    };
  return {
    id,
    acceptable: status === 'needs_response',
    account_id: dispute.companyId,
    amount,
    buyer: {
      email: payment.member.user.email,
      member_id: payment.member.id,
      user_id: payment.member.user.id,
    },
    created_at: createdAt,
    currency: payment.currency,
    evidence: { documents: [] },
    evidence_due_at: evidenceDueAt,
    evidence_editable: status === 'needs_response',
    evidence_locked_reason: status === 'needs_response' ? null : 'response_window_closed',
    evidence_submitted_at: null,
    fee: null,
    inquiry: isInquiry,
    issuer_comments: [],
    line_items: [],
    payment: {
      id: payment.id,
      amount: payment.total,
      created_at: payment.createdAt,
      currency: payment.currency,
    },
    plan_id: payment.planId,
    product_id: null,
    reason: 'fraudulent',
    reason_code: null,
    status,
    updated_at: updatedAt,
  };
}

function requireDispute(ctx: Ctx, id: string): Dispute {
  const dispute = ctx.account.disputes.get(id);
  if (dispute === undefined) throw notFound('Dispute', id);
  return dispute;
}

const onlyNewest = (ctx: Ctx): void => {
  if (!ctx.newest) throw notPlayed('disputes as objects at the older date: there they stand on the payment');
};

export const disputeRoutes: readonly Route[] = [
  {
    method: 'GET',
    url: '/disputes',
    request: 'ReqDisputeList',
    response: 'ResDispute',
    // The page of payments names a filter by payment, which the types do not have.
    alsoTakes: ['payment_id'],
    run: (ctx, params) => {
      onlyNewest(ctx);
      const company = namedCompany(ctx, params);
      const statuses = wanted(params, 'status');
      const of = params.payment_id;
      const disputes = newestFirst(ctx.account.disputes.values()).filter(
        ({ companyId, paymentId, status }) =>
          companyId === company &&
          (statuses?.includes(status) ?? true) &&
          (of === undefined || of === null || paymentId === text(of)),
      );
      return pageOf(disputes, params, (dispute) => showDispute(ctx, dispute));
    },
  },
  {
    method: 'GET',
    url: '/disputes/:id',
    response: 'ResDispute',
    run: (ctx, _params, id) => {
      onlyNewest(ctx);
      return showDispute(ctx, requireDispute(ctx, id));
    },
  },
  {
    method: 'POST',
    url: '/disputes/:id/accept',
    response: 'ResDispute',
    run: (ctx, _params, id) => {
      onlyNewest(ctx);
      const dispute = requireDispute(ctx, id);
      if (dispute.status !== 'needs_response') throw unprocessable('This dispute cannot be accepted');
      moveDispute(ctx, dispute, 'lost');
      return showDispute(ctx, dispute);
    },
  },
];
