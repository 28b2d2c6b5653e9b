import { newId } from '../core/ids.js';
import { showAmount } from '../core/display.js';
import { change, create } from './changes.js';
import { requireCharge } from './charges.js';
import { later, now, type Ctx } from './context.js';
import { holdsMoney } from './disputes.js';
import { invalid, missingParam, noSuch, notPlayed } from './errors.js';
import type { Charge, Refund } from './objects.js';
import { listPage } from './paging.js';
import type { Params } from './params.js';
import { requireIntent } from './payment-intents.js';
import type { Route } from './route.js';

/** Until a refund of the cards that play a slow or failing one is decided. */
const DECIDED_AFTER_SECONDS = 3600;

export function requireRefund(ctx: Ctx, id: string): Refund {
  const refund = ctx.account.refunds.get(id);
  if (refund === undefined) throw noSuch('refund', id);
  return refund;
}

function createRefund(ctx: Ctx, params: Params): Refund {
  const charge = chargeOf(ctx, params);
  return refundCharge(ctx, charge, params.integer('amount'), {
    reason: params.string('reason') ?? null,
    metadata: params.metadata(),
  });
}

/** All that is left of it, where no amount is named. */
export function refundCharge(
  ctx: Ctx,
  charge: Charge,
  wanted: number | undefined,
  { reason, metadata }: { readonly reason: string | null; readonly metadata: Record<string, string> },
): Refund {
  const left = charge.amount_captured - charge.amount_refunded;
  if (charge.refunded || left === 0) {
    throw invalid(`Charge ${charge.id} has already been refunded.`, undefined, 'charge_already_refunded');
  }
  if (ctx.account.disputes.values().some((one) => one.charge === charge.id && holdsMoney(one))) {
    throw invalid(
      `Charge ${charge.id} has been charged back; cannot issue a refund.`,
      undefined,
      'charge_disputed',
    );
  }
  const amount = wanted ?? left;
  if (amount < 1) throw invalid('Invalid positive integer', 'amount', 'parameter_invalid_integer');
  if (amount > left) {
    throw invalid(
      `Refund amount (${showAmount(amount, charge.currency)}) is greater than unrefunded amount on charge ` +
        `(${showAmount(left, charge.currency)})`,
      'amount',
    );
  }
  const behaviour = ctx.account.behaviours.get(charge.payment_method ?? '')?.method;
  if (behaviour?.kind === 'sepa_debit') throw notPlayed('refunds of SEPA debits', 'payment_intent');
  const course = behaviour?.kind === 'card' ? behaviour.refund : undefined;
  const refund: Refund = {
    id: newId('re_', 24),
    object: 'refund',
    amount,
    balance_transaction: null,
    charge: charge.id,
    created: now(ctx),
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    destination_details:
      behaviour?.kind === 'us_bank_account'
        ? { type: 'us_bank_transfer', us_bank_transfer: { reference: null, reference_status: 'pending' } }
        : {
            card: {
              reference_status: 'pending',
              reference_type: 'acquirer_reference_number',
              type: 'refund',
            },
            type: 'card',
          },
    metadata,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: course === 'pending' ? 'pending' : 'succeeded',
    transfer_reversal: null,
  };
  create(ctx, ctx.account.refunds, refund, 'refund.created');
  giveBack(ctx, charge, amount, 'charge.refunded');
  if (course !== undefined) {
    later(ctx, now(ctx) + DECIDED_AFTER_SECONDS, `refund ${refund.id}`, (then) =>
      decide(then, refund, charge),
    );
  }
  return refund;
}

function chargeOf(ctx: Ctx, params: Params): Charge {
  const chargeId = params.string('charge');
  if (chargeId !== undefined) return requireCharge(ctx, chargeId, 'charge');
  const intentId = params.string('payment_intent');
  if (intentId === undefined) throw missingParam('payment_intent');
  const intent = requireIntent(ctx, intentId, 'payment_intent');
  const charge = ctx.account.charges.get(intent.latest_charge ?? '');
  if (charge?.paid !== true) {
    throw invalid(
      `This PaymentIntent (${intentId}) does not have a successful charge to refund.`,
      'payment_intent',
    );
  }
  return charge;
}

function giveBack(ctx: Ctx, charge: Charge, amount: number, event: string): void {
  change(
    ctx,
    ctx.account.charges,
    charge,
    (changed) => {
      changed.amount_refunded += amount;
      changed.refunded = changed.amount_refunded === changed.amount_captured;
    },
    event,
  );
}

function decide(ctx: Ctx, refund: Refund, charge: Charge): void {
  const fails = refund.status === 'succeeded';
  change(
    ctx,
    ctx.account.refunds,
    refund,
    (changed) => {
      changed.status = fails ? 'failed' : 'succeeded';
      if (fails) changed.failure_reason = 'expired_or_canceled_card';
    },
    ...(fails ? ['refund.failed', 'refund.updated'] : ['refund.updated']),
  );
  if (fails) giveBack(ctx, charge, -refund.amount, 'charge.updated');
}

export const refundRoutes: readonly Route[] = [
  { method: 'POST', url: '/v1/refunds', schema: 'RefundCreateParams', run: createRefund },
  {
    method: 'GET',
    url: '/v1/refunds',
    schema: 'RefundListParams',
    run: (ctx, params) => {
      const charge = params.string('charge');
      const intent = params.string('payment_intent');
      const refunds = ctx.account.refunds
        .newestFirst()
        .filter(
          (refund) =>
            (charge === undefined || refund.charge === charge) &&
            (intent === undefined || refund.payment_intent === intent),
        );
      return listPage(ctx, '/v1/refunds', 'refund', refunds, params);
    },
  },
  {
    method: 'GET',
    url: '/v1/refunds/:id',
    schema: 'RefundRetrieveParams',
    run: (ctx, _params, id) => requireRefund(ctx, id),
  },
  {
    method: 'POST',
    url: '/v1/refunds/:id',
    schema: 'RefundUpdateParams',
    run: (ctx, params, id) =>
      change(
        ctx,
        ctx.account.refunds,
        requireRefund(ctx, id),
        (changed) => {
          changed.metadata = params.metadata(changed.metadata);
        },
        'refund.updated',
      ),
  },
];
