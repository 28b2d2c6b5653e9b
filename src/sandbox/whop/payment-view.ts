import type { Ctx } from './context.js';
import type { Payment, Refund } from './objects.js';
import { requirePlan } from './plans.js';
import { companyOf } from './products.js';

/** A payment as the API and the webhooks of the pinned version show it. */
export function showPayment(ctx: Ctx, payment: Payment): object {
  const { member, method } = payment;
  const paid = payment.status === 'paid';
  const refunded = payment.refunds.reduce((sum, { amount }) => sum + amount, 0);
  return {
    ...shared(ctx, payment),
    amount_after_fees: paid ? payment.total : 0,
    application_fee: null,
    auto_refunded: false,
    billing_address: null,
    checkout_configuration_id: null,
    company: companyOf(payment.companyId),
    disputes: null,
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
    refundable: paid && refunded < payment.total,
    refunded_amount: refunded,
    refunded_at: payment.refunds.at(-1)?.createdAt ?? null,
    refunds: payment.refunds.map(({ id, amount, createdAt }) => ({
      id,
      amount,
      created_at: createdAt,
      currency: payment.currency,
      status: 'succeeded',
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
    status: 'succeeded',
  };
}

function productOf(ctx: Ctx, payment: Payment): string {
  return requirePlan(ctx, payment.planId).productId;
}

function shownProduct(ctx: Ctx, payment: Payment): Record<string, unknown> {
  const product = ctx.account.products.get(productOf(ctx, payment));
  return { id: product?.id ?? '', metadata: null };
}
