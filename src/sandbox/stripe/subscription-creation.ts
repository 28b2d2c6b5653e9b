import { newId } from '../core/ids.js';
import { change, create } from './changes.js';
import { now, type Ctx } from './context.js';
import { requireCustomer } from './customers.js';
import { invalid, missingParam, notPlayed } from './errors.js';
import { collect, defaultMethodOf, finalizeAndPlan, planNextStep } from './invoice-collection.js';
import { missingEmail } from './invoice-finalization.js';
import type { Customer, Subscription } from './objects.js';
import type { Params } from './params.js';
import { requirePaymentMethod } from './payment-methods.js';
import { billPeriod, endSubscription, planPeriodEnd, planTrialNotice } from './subscription-cycle.js';
import { newItem } from './subscriptions.js';

const DAY = 24 * 3600;

export function createSubscription(ctx: Ctx, params: Params): Subscription {
  const customer = requireCustomer(ctx, params.require('customer'), 'customer');
  for (const name of ['discounts', 'add_invoice_items', 'billing_schedules', 'default_tax_rates']) {
    if (params.has(name)) throw notPlayed(`${name} of subscriptions`, name);
  }
  const subscription = build(ctx, customer, params);
  if (subscription.collection_method === 'send_invoice') {
    if (customer.email === null) throw missingEmail();
    if (subscription.days_until_due === null) throw missingParam('days_until_due');
  }
  const method = subscription.default_payment_method ?? customer.invoice_settings.default_payment_method;
  const behavior = params.string('payment_behavior') ?? 'allow_incomplete';
  const collects =
    subscription.collection_method === 'charge_automatically' && subscription.status !== 'trialing';
  if (collects && method === null && behavior !== 'default_incomplete') {
    throw invalid(
      'This customer has no attached payment source or default payment method. Please consider adding a default ' +
        'payment method.',
      undefined,
      'resource_missing',
    );
  }
  create(ctx, ctx.account.subscriptions, subscription, 'customer.subscription.created');
  const invoice = billPeriod(ctx, subscription, 'subscription_create');
  if (subscription.collection_method === 'send_invoice' && subscription.status !== 'trialing') {
    planNextStep(ctx, invoice);
  } else {
    finalizeAndPlan(ctx, invoice, behavior !== 'default_incomplete');
    const payer = defaultMethodOf(ctx, invoice);
    if (invoice.amount_due === 0 && subscription.status === 'incomplete') activate(ctx, subscription);
    else if (payer !== undefined && invoice.status === 'open' && behavior !== 'default_incomplete') {
      const { error } = collect(ctx, invoice, payer);
      if (error !== undefined && behavior === 'error_if_incomplete') {
        endSubscription(ctx, subscription, { reason: 'payment_failed' });
        throw error;
      }
    }
  }
  planTrialNotice(ctx, subscription);
  planPeriodEnd(ctx, subscription);
  return subscription;
}

function activate(ctx: Ctx, subscription: Subscription): void {
  change(
    ctx,
    ctx.account.subscriptions,
    subscription,
    (active) => {
      active.status = 'active';
    },
    'customer.subscription.updated',
  );
}

function build(ctx: Ctx, customer: Customer, params: Params): Subscription {
  const id = newId('sub_', 24);
  const created = now(ctx);
  const items = params.objects('items').map((item) => newItem(ctx, id, item));
  const [first] = items;
  if (first === undefined) throw missingParam('items');
  if (items.some(({ price }) => price.currency !== first.price.currency)) {
    throw invalid('All prices on a subscription must have the same currency.', 'items');
  }
  const trialEnd = trialEndOf(ctx, params, first.price.recurring?.trial_period_days ?? null);
  if (trialEnd !== null) for (const item of items) item.current_period_end = trialEnd;
  const collection = params.string('collection_method') ?? 'charge_automatically';
  const status = collection === 'send_invoice' ? 'active' : 'incomplete';
  const method = params.string('default_payment_method');
  if (
    method !== undefined &&
    requirePaymentMethod(ctx, method, 'default_payment_method').customer !== customer.id
  ) {
    throw invalid('The payment method must be attached to the customer.', 'default_payment_method');
  }
  return {
    id,
    object: 'subscription',
    application: null,
    application_fee_percent: null,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null },
    billing_cycle_anchor: trialEnd ?? created,
    billing_cycle_anchor_config: null,
    billing_mode: { flexible: { proration_discounts: 'included' }, type: 'flexible' },
    billing_schedules: [],
    billing_thresholds: null,
    cancel_at: params.integer('cancel_at') ?? null,
    cancel_at_period_end: params.boolean('cancel_at_period_end') ?? false,
    canceled_at: null,
    cancellation_details: { comment: null, feedback: null, feedback_option: null, reason: null },
    collection_method: collection,
    created,
    currency: first.price.currency,
    customer: customer.id,
    customer_account: null,
    days_until_due: params.integer('days_until_due') ?? null,
    default_payment_method: method ?? null,
    default_source: null,
    default_tax_rates: [],
    description: params.string('description') ?? null,
    discounts: [],
    ended_at: null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: 'self' },
    },
    items: { object: 'list', data: items, has_more: false, url: `/v1/subscription_items?subscription=${id}` },
    latest_invoice: null,
    livemode: ctx.account.livemode,
    managed_payments: null,
    metadata: params.metadata(),
    next_pending_invoice_item_invoice: null,
    on_behalf_of: null,
    pause_collection: null,
    payment_settings: null,
    pending_invoice_item_interval: null,
    pending_setup_intent: null,
    pending_update: null,
    schedule: null,
    start_date: created,
    status: trialEnd === null ? status : 'trialing',
    test_clock: null,
    transfer_data: null,
    trial_end: trialEnd,
    trial_settings: trialSettingsOf(params),
    trial_start: trialEnd === null ? null : created,
  };
}

function trialSettingsOf(params: Params): Subscription['trial_settings'] {
  const end = params.object('trial_settings')?.object('end_behavior');
  if (end?.has('billing_cycle_anchor') === true)
    throw notPlayed('the billing cycle anchor of a trial', end.nameOf('billing_cycle_anchor'));
  const chosen = end?.string('missing_payment_method') ?? 'create_invoice';
  return { end_behavior: { billing_cycle_anchor: null, missing_payment_method: chosen } };
}

function trialEndOf(ctx: Ctx, params: Params, daysOfPrice: number | null): number | null {
  const end = params.string('trial_end');
  if (end !== undefined && end !== 'now') return params.integer('trial_end') ?? null;
  const fromPlan = params.boolean('trial_from_plan') === true ? daysOfPrice : null;
  const days = params.integer('trial_period_days') ?? fromPlan;
  return days === null || days < 1 ? null : now(ctx) + days * DAY;
}
