import { newId } from '../core/ids.js';
import type { CardRefusal } from '../core/test-cards.js';
import { create } from './changes.js';
import { now, type Ctx } from './context.js';
import { noSuch } from './errors.js';
import type { Charge, PaymentIntent, PaymentMethod } from './objects.js';
import { listPage } from './paging.js';
import type { Route } from './route.js';

const EVENT_OF = {
  succeeded: 'charge.succeeded',
  failed: 'charge.failed',
  pending: 'charge.pending',
} as const;

export function requireCharge(ctx: Ctx, id: string, param = 'id'): Charge {
  const charge = ctx.account.charges.get(id);
  if (charge === undefined) throw noSuch('charge', id, param);
  return charge;
}

export function newCharge(
  ctx: Ctx,
  intent: PaymentIntent,
  method: PaymentMethod,
  status: Charge['status'],
  refusal?: CardRefusal,
): Charge {
  const id = newId('ch_', 24);
  const taken = status === 'succeeded' ? intent.amount : 0;
  const charge: Charge = {
    id,
    object: 'charge',
    amount: intent.amount,
    amount_captured: taken,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: structuredClone(method.billing_details),
    calculated_statement_descriptor: 'SANDBOX',
    captured: status !== 'failed',
    created: now(ctx),
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: refusal?.code ?? null,
    failure_message: refusal?.message ?? null,
    fraud_details: {},
    livemode: ctx.account.livemode,
    metadata: { ...intent.metadata },
    on_behalf_of: null,
    outcome: outcomeOf(status, refusal),
    paid: status === 'succeeded',
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: methodDetails(method, intent.amount),
    receipt_email: intent.receipt_email,
    receipt_number: null,
    receipt_url: status === 'succeeded' ? `${ctx.world.pagesUrl()}/receipts/${id}` : null,
    refunded: false,
    review: null,
    shipping: intent.shipping ?? null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status,
    transfer_data: null,
    transfer_group: null,
  };
  return create(ctx, ctx.account.charges, charge, EVENT_OF[status]);
}

export function outcomeOf(status: Charge['status'], refusal?: CardRefusal): Charge['outcome'] {
  const failed = status === 'failed';
  return {
    advice_code: refusal?.advice ?? null,
    network_advice_code: null,
    network_decline_code: refusal?.networkCode ?? null,
    network_status: failed ? 'declined_by_network' : 'approved_by_network',
    reason: refusal?.declineCode ?? null,
    risk_level: 'normal',
    seller_message: failed
      ? 'The bank did not return any further details with this decline.'
      : 'Payment complete.',
    type: failed ? 'issuer_declined' : 'authorized',
  };
}

function methodDetails(method: PaymentMethod, amount: number): object {
  if (method.type === 'us_bank_account') {
    const {
      networks: _networks,
      status_details: _status,
      financial_connections_account: _fc,
      ...bank
    } = method.us_bank_account as Record<string, unknown>;
    return { type: 'us_bank_account', us_bank_account: { ...bank, payment_reference: null } };
  }
  if (method.type === 'sepa_debit') {
    const { generated_from: _from, ...account } = method.sepa_debit as Record<string, unknown>;
    return { type: 'sepa_debit', sepa_debit: { ...account, mandate: null } };
  }
  const card = method.card as Record<string, unknown>;
  return {
    type: 'card',
    card: {
      amount_authorized: amount,
      authorization_code: null,
      brand: card.brand,
      checks: card.checks,
      country: card.country,
      electronic_commerce_indicator: null,
      exp_month: card.exp_month,
      exp_year: card.exp_year,
      fingerprint: card.fingerprint,
      funding: card.funding,
      installments: null,
      last4: card.last4,
      mandate: null,
      network: card.brand,
      network_transaction_id: null,
      regulated_status: card.regulated_status,
      three_d_secure: null,
      transaction_link_id: null,
      wallet: null,
    },
  };
}

export const chargeRoutes: readonly Route[] = [
  {
    method: 'GET',
    url: '/v1/charges',
    schema: 'ChargeListParams',
    run: (ctx, params) => {
      const customer = params.string('customer');
      const intent = params.string('payment_intent');
      const charges = ctx.account.charges
        .newestFirst()
        .filter(
          (charge) =>
            (customer === undefined || charge.customer === customer) &&
            (intent === undefined || charge.payment_intent === intent),
        );
      return listPage(ctx, '/v1/charges', 'charge', charges, params);
    },
  },
  {
    method: 'GET',
    url: '/v1/charges/:id',
    schema: 'ChargeRetrieveParams',
    run: (ctx, _params, id) => requireCharge(ctx, id),
  },
];
