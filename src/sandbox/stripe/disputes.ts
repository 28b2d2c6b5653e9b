import { newId } from '../core/ids.js';
import { change, create } from './changes.js';
import { requireCharge } from './charges.js';
import { now, type Ctx } from './context.js';
import { invalid, noSuch } from './errors.js';
import type { Charge, Dispute } from './objects.js';
import { listPage } from './paging.js';
import type { Params } from './params.js';
import type { Route } from './route.js';

const DAY = 24 * 3600;
/** How long the merchant may answer. */
const ANSWERED_WITHIN_SECONDS = 7 * DAY;

const OVER: readonly string[] = ['won', 'lost', 'warning_closed', 'prevented'];

const EVIDENCE_FIELDS = [
  'access_activity_log',
  'billing_address',
  'cancellation_policy',
  'cancellation_policy_disclosure',
  'cancellation_rebuttal',
  'customer_communication',
  'customer_email_address',
  'customer_name',
  'customer_purchase_ip',
  'customer_signature',
  'duplicate_charge_documentation',
  'duplicate_charge_explanation',
  'duplicate_charge_id',
  'product_description',
  'receipt',
  'refund_policy',
  'refund_policy_disclosure',
  'refund_refusal_explanation',
  'service_date',
  'service_documentation',
  'shipping_address',
  'shipping_carrier',
  'shipping_date',
  'shipping_documentation',
  'shipping_tracking_number',
  'uncategorized_file',
  'uncategorized_text',
];

/** The customer's bank takes a payment back, or, as an inquiry, only asks about it. */
export function openDispute(
  ctx: Ctx,
  charge: Charge,
  how: { readonly inquiry: boolean; readonly reason: string; readonly amount?: number },
): Dispute {
  const dispute: Dispute = {
    id: newId('du_', 24),
    object: 'dispute',
    amount: how.amount ?? charge.amount_captured - charge.amount_refunded,
    balance_transactions: how.inquiry ? [] : [{ object: 'balance_transaction' }],
    charge: charge.id,
    created: now(ctx),
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: {
      ...Object.fromEntries(EVIDENCE_FIELDS.map((field) => [field, null])),
      enhanced_evidence: {},
    },
    evidence_details: {
      due_by: now(ctx) + ANSWERED_WITHIN_SECONDS,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: 'manual',
    is_charge_refundable: how.inquiry,
    livemode: ctx.account.livemode,
    metadata: {},
    payment_intent: charge.payment_intent,
    reason: how.reason,
    status: how.inquiry ? 'warning_needs_response' : 'needs_response',
  };
  change(
    ctx,
    ctx.account.charges,
    charge,
    (changed) => {
      changed.disputed = true;
    },
    'charge.updated',
  );
  create(ctx, ctx.account.disputes, dispute, 'charge.dispute.created');
  if (!how.inquiry) tell(ctx, dispute, 'charge.dispute.funds_withdrawn');
  return dispute;
}

/** The bank has decided. An inquiry is only closed. */
export function decideDispute(ctx: Ctx, dispute: Dispute, result: 'won' | 'lost'): Dispute {
  if (OVER.includes(dispute.status)) throw invalid('This dispute is already closed');
  const inquiry = dispute.status.startsWith('warning');
  change(
    ctx,
    ctx.account.disputes,
    dispute,
    (changed) => {
      changed.status = inquiry ? 'warning_closed' : result;
      if (result === 'won' && !inquiry) changed.balance_transactions.push({ object: 'balance_transaction' });
    },
    'charge.dispute.updated',
    'charge.dispute.closed',
    ...(result === 'won' && !inquiry ? ['charge.dispute.funds_reinstated'] : []),
  );
  return dispute;
}

/**
 * Refunded before the bank has ruled. Whether a refund of its own or the dispute takes the money, no page says.
 * Source: the types of Disputes (`prevented`).
 */
export function preventDispute(ctx: Ctx, charge: Charge, reason: string): Dispute {
  const byRefund = ctx.world.settings.preventedBy === 'refund';
  const amount = charge.amount_captured - charge.amount_refunded;
  const dispute = openDispute(ctx, charge, { inquiry: byRefund, reason, amount });
  return change(
    ctx,
    ctx.account.disputes,
    dispute,
    (changed) => {
      changed.status = 'prevented';
    },
    'charge.dispute.updated',
    'charge.dispute.closed',
  );
}

/** True while the bank has the money, or may still decide to keep it. */
export const holdsMoney = ({ status }: Dispute): boolean =>
  !status.startsWith('warning') && status !== 'won' && status !== 'prevented';

const tell = (ctx: Ctx, dispute: Dispute, event: string): Dispute =>
  change(ctx, ctx.account.disputes, dispute, () => undefined, event);

function requireDispute(ctx: Ctx, id: string): Dispute {
  const dispute = ctx.account.disputes.get(id);
  if (dispute === undefined) throw noSuch('dispute', id);
  return dispute;
}

/** In test mode the text of the evidence decides: `winning_evidence`, `losing_evidence`. */
function answerDispute(ctx: Ctx, params: Params, id: string): Dispute {
  const dispute = requireDispute(ctx, id);
  const evidence = params.object('evidence');
  const written = evidence?.string('uncategorized_text');
  if (evidence !== undefined && OVER.includes(dispute.status))
    throw invalid('This dispute is already closed');
  change(
    ctx,
    ctx.account.disputes,
    dispute,
    (changed) => {
      changed.metadata = params.metadata(changed.metadata);
      if (written !== undefined) changed.evidence.uncategorized_text = written;
      if (evidence === undefined || params.boolean('submit') === false) return;
      const details = changed.evidence_details;
      Object.assign(details, {
        has_evidence: true,
        submission_count: Number(details.submission_count) + 1,
        submission_method: 'manual',
      });
      changed.status = changed.status.startsWith('warning') ? 'warning_under_review' : 'under_review';
    },
    'charge.dispute.updated',
  );
  if (params.boolean('submit') === false) return dispute;
  if (written === 'winning_evidence') return decideDispute(ctx, dispute, 'won');
  if (written === 'losing_evidence') return decideDispute(ctx, dispute, 'lost');
  return dispute;
}

export const disputeRoutes: readonly Route[] = [
  {
    method: 'GET',
    url: '/v1/disputes',
    schema: 'DisputeListParams',
    run: (ctx, params) => {
      const charge = params.string('charge');
      const intent = params.string('payment_intent');
      if (charge !== undefined) requireCharge(ctx, charge, 'charge');
      const disputes = ctx.account.disputes
        .newestFirst()
        .filter(
          (dispute) =>
            (charge === undefined || dispute.charge === charge) &&
            (intent === undefined || dispute.payment_intent === intent),
        );
      return listPage(ctx, '/v1/disputes', 'dispute', disputes, params);
    },
  },
  {
    method: 'GET',
    url: '/v1/disputes/:id',
    schema: 'DisputeRetrieveParams',
    run: (ctx, _params, id) => requireDispute(ctx, id),
  },
  { method: 'POST', url: '/v1/disputes/:id', schema: 'DisputeUpdateParams', run: answerDispute },
  {
    method: 'POST',
    url: '/v1/disputes/:id/close',
    schema: 'DisputeCloseParams',
    run: (ctx, _params, id) => decideDispute(ctx, requireDispute(ctx, id), 'lost'),
  },
];
