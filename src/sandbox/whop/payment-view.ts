import type { Ctx } from './context.js';
import type { Payment, Refund } from './objects.js';
import { disputesOf } from './disputes.js';
import { moneyOf } from './money.js';
import { requirePlan } from './plans.js';
import { companyOf } from './products.js';

/** A payment as the API and the webhooks of either date show it. */
export const showPayment = (ctx: Ctx, payment: Payment): object =>
  ctx.newest ? showNewest(ctx, payment) : showOlder(ctx, payment);

/** What counts of refunds: those that have failed have not gone. */
export const refundedOf = (payment: Payment): number =>
  Number(
    payment.refunds
      .filter(({ status }) => status === 'pending' || status === 'succeeded')
      .reduce((sum, { amount }) => sum + amount, 0)
      .toFixed(3),
  );

/** The same without those that are not settled yet. */
const settledOf = (payment: Payment): number =>
  Number(
    payment.refunds
      .filter(({ status }) => status === 'succeeded')
      .reduce((sum, { amount }) => sum + amount, 0)
      .toFixed(3),
  );

/** Flat ids and amounts as objects; refunds and disputes are objects of their own. */
function showNewest(ctx: Ctx, payment: Payment): object {
  const { member, method, currency } = payment;
  const paid = payment.status === 'paid';
  const money = (amount: number): object => moneyOf(amount, currency);
  const { id, name, username } = member.user;
  return {
    id: payment.id,
    account_id: payment.companyId,
    amount_after_fees: money(paid ? payment.total : 0),
    auto_refunded: false,
    billing_address: null,
    billing_reason: 'one_time',
    checkout_configuration_id: null,
    client_secret: null,
    created_at: payment.createdAt,
    currency,
    customer_email: member.user.email,
    customer_phone: null,
    decline_code: null,
    dispute_alerted_at: null,
    failure_message: payment.failureMessage,
    financing_installments_count: null,
    holds: [],
    ip_address: null,
    last_payment_attempt_at: payment.updatedAt,
    line_items: [],
    member_id: member.id,
    membership_id: null,
    metadata: null,
    needs_tracking: false,
    next_payment_attempt_at: null,
    paid_at: payment.paidAt,
    payment_instrument: {
      card:
        method.kind === 'card'
          ? { brand: method.brand, exp_month: 12, exp_year: 2034, last4: method.number.slice(-4) }
          : null,
      display_name: method.kind === 'card' ? `${method.brand} ${method.number.slice(-4)}` : 'Bank account',
      icons: ICONS,
      payment_method_type: method.kind,
    },
    payment_method_id: payment.methodId,
    payment_method_type: method.kind,
    payment_rule_matches: [],
    payments_failed: payment.substatus === 'failed' ? 1 : 0,
    plan_id: payment.planId,
    presentment_total: money(payment.total),
    product_id: productOf(ctx, payment),
    promo_code_id: null,
    quote_id: null,
    recovery_url: null,
    refundable: paid && refundedOf(payment) < payment.total,
    refunded_amount: money(settledOf(payment)),
    refunded_at: payment.refunds.at(-1)?.createdAt ?? null,
    retryable: payment.substatus === 'failed',
    risk_score: null,
    risk_signals: null,
    settlement_time_at: null,
    shipment_id: null,
    shipping_address: null,
    status: payment.status,
    substatus: payment.substatus,
    subtotal: money(payment.total),
    tax_amount: null,
    tax_behavior: 'unspecified',
    tax_refunded_amount: money(0),
    three_ds_verified: payment.authenticated && method.kind === 'card' && method.authentication !== undefined,
    total: money(payment.total),
    updated_at: payment.updatedAt,
    usd_total: currency === 'usd' ? money(payment.total) : null,
    user: { id, name, username, profile_picture: { url: 'https://sandbox.invalid/face.png' } },
    verification_checks: null,
    voidable: false,
  };
}

const FILES = { png_1x: '', png_2x: '', png_4x: '', svg: '' };
const VARIANTS = { dark: FILES, light: FILES };
const ICONS = { card: VARIANTS, square: VARIANTS };

function showOlder(ctx: Ctx, payment: Payment): object {
  const { member, method } = payment;
  const paid = payment.status === 'paid';
  const refunded = settledOf(payment);
  return {
    ...shared(ctx, payment),
    amount_after_fees: paid ? payment.total : 0,
    application_fee: null,
    auto_refunded: false,
    billing_address: null,
    checkout_configuration_id: null,
    company: companyOf(payment.companyId),
    disputes: disputesOf(ctx, payment).map(({ id, amount, status }) => ({
      id,
      amount,
      currency: payment.currency,
      editable: null,
      needs_response_by: null,
      notes: null,
      reason: 'fraudulent',
      status,
    })),
    failure_message: payment.failureMessage,
    financing_installments_count: null,
    financing_transactions: [],
    last_payment_attempt: payment.updatedAt,
    next_payment_attempt: null,
    payment_method: {
      id: payment.methodId,
      created_at: payment.createdAt,
      payment_method_type: method.kind,
      card:
        method.kind === 'card'
          ? { brand: method.brand, exp_month: 12, exp_year: 34, last4: method.number.slice(-4) }
          : null,
    },
    payments_failed: payment.substatus === 'failed' ? 1 : 0,
    plan: {
      id: payment.planId,
      internal_notes: requirePlan(ctx, payment.planId).internalNotes,
      metadata: null,
    },
    product: {
      ...shownProduct(ctx, payment),
      route: ctx.account.products.get(productOf(ctx, payment))?.route ?? '',
      title: ctx.account.products.get(productOf(ctx, payment))?.title ?? '',
    },
    promo_code: null,
    refundable: paid && refundedOf(payment) < payment.total,
    refunded_amount: refunded,
    refunded_at: payment.refunds.at(-1)?.createdAt ?? null,
    refunds: payment.refunds.map(({ id, amount, createdAt, status }) => ({
      id,
      amount,
      created_at: createdAt,
      currency: payment.currency,
      status,
    })),
    resolutions: null,
    retryable: payment.substatus === 'failed',
    risk_score: null,
    risk_signals: null,
    settlement_amount: paid ? payment.total : 0,
    settlement_currency: payment.currency,
    settlement_exchange_rate: null,
    shipping_address: null,
    status: payment.status,
    substatus: payment.substatus,
    three_ds_verified: payment.authenticated && method.kind === 'card' && method.authentication !== undefined,
    updated_at: payment.updatedAt,
    user: { ...member.user },
    voidable: false,
  };
}

/** What a refund shows of its payment, too. */
function shared(ctx: Ctx, payment: Payment): Record<string, unknown> {
  const { member, method } = payment;
  return {
    id: payment.id,
    billing_reason: 'one_time',
    card_brand: method.kind === 'card' ? method.brand : null,
    card_last4: method.kind === 'card' ? method.number.slice(-4) : null,
    created_at: payment.createdAt,
    currency: payment.currency,
    dispute_alerted_at: null,
    member: { id: member.id, phone: null },
    membership: null,
    metadata: null,
    paid_at: payment.paidAt,
    payment_method_type: method.kind,
    plan: { id: payment.planId, metadata: null },
    product: shownProduct(ctx, payment),
    subtotal: payment.total,
    tax_amount: 0,
    tax_behavior: 'unspecified',
    tax_refunded_amount: 0,
    total: payment.total,
    usd_total: payment.currency === 'usd' ? payment.total : null,
  };
}

export function showRefund(ctx: Ctx, payment: Payment, refund: Refund): object {
  if (ctx.newest)
    return {
      id: refund.id,
      account_id: payment.companyId,
      amount: moneyOf(refund.amount, payment.currency),
      created_at: refund.createdAt,
      failure_message: refund.status === 'failed' ? 'The card is closed.' : null,
      failure_reason: refund.status === 'failed' ? 'expired_or_canceled_card' : null,
      metadata: refund.metadata,
      original_amount: moneyOf(refund.amount, payment.currency),
      payment_id: payment.id,
      provider: 'stripe',
      provider_created_at: refund.createdAt,
      reason: null,
      reference_status: null,
      reference_type: null,
      reference_value: null,
      status: refund.status,
      updated_at: refund.updatedAt,
      visa_rdr: false,
    };
  return {
    id: refund.id,
    amount: refund.amount,
    created_at: refund.createdAt,
    currency: payment.currency,
    payment: {
      ...shared(ctx, payment),
      user: { ...payment.member.user },
    },
    provider: 'stripe',
    provider_created_at: refund.createdAt,
    reference_status: null,
    reference_type: null,
    reference_value: null,
    status: refund.status,
  };
}

function productOf(ctx: Ctx, payment: Payment): string {
  return requirePlan(ctx, payment.planId).productId;
}

function shownProduct(ctx: Ctx, payment: Payment): Record<string, unknown> {
  const product = ctx.account.products.get(productOf(ctx, payment));
  return { id: product?.id ?? '', metadata: null };
}
