import { newId } from '../core/ids.js';
import { change, create } from './changes.js';
import { later, now, type Ctx, type PaymentListener } from './context.js';
import { requireCustomer } from './customers.js';
import { emit } from './events.js';
import { finalizeAndPlan, markUncollectible, planNextStep, voidInvoice } from './invoice-collection.js';
import { newInvoice, notesOf, refreshTotals, setLines } from './invoices.js';
import type { Invoice, InvoiceLine, Subscription, SubscriptionItem } from './objects.js';
import { addInterval, isOver, periodAmount } from './subscriptions.js';

const DAY = 24 * 3600;

/** A draft for the current period of a subscription. */
export function billPeriod(ctx: Ctx, subscription: Subscription, reason: string): Invoice {
  const customer = requireCustomer(ctx, subscription.customer, 'customer');
  const invoice = newInvoice(ctx, customer, {
    currency: subscription.currency,
    collectionMethod: subscription.collection_method,
    billingReason: reason,
    autoAdvance: true,
  });
  invoice.parent = {
    quote_details: null,
    subscription_details: { metadata: subscription.metadata, subscription: subscription.id },
    type: 'subscription_details',
  };
  notesOf(ctx, invoice).daysUntilDue = subscription.days_until_due;
  setLines(
    ctx,
    invoice,
    subscription.items.data.map((item) => lineOf(ctx, invoice, subscription, item)),
  );
  refreshTotals(ctx, invoice);
  create(ctx, ctx.account.invoices, invoice, 'invoice.created');
  subscription.latest_invoice = invoice.id;
  return invoice;
}

function lineOf(ctx: Ctx, invoice: Invoice, subscription: Subscription, item: SubscriptionItem): InvoiceLine {
  const trial = subscription.status === 'trialing';
  const amount = trial ? 0 : periodAmount(ctx, item);
  const product = ctx.account.products.get(item.price.product)?.name ?? item.price.product;
  const quantity = item.quantity ?? 0;
  return {
    id: newId('il_', 24),
    object: 'line_item',
    amount,
    currency: subscription.currency,
    description: trial ? `Trial period for ${product}` : `${quantity} × ${product}`,
    discount_amounts: [],
    discountable: true,
    discounts: [],
    invoice: invoice.id,
    livemode: ctx.account.livemode,
    metadata: item.metadata,
    parent: {
      invoice_item_details: null,
      subscription_item_details: {
        invoice_item: null,
        proration: false,
        proration_details: { credited_items: null },
        subscription: subscription.id,
        subscription_item: item.id,
      },
      type: 'subscription_item_details',
    },
    period: { start: item.current_period_start, end: item.current_period_end },
    pretax_credit_amounts: [],
    pricing: {
      price_details: { price: item.price.id, product: item.price.product },
      type: 'price_details',
      unit_amount_decimal: item.price.unit_amount_decimal,
    },
    quantity,
    quantity_decimal: String(quantity),
    subscription: subscription.id,
    subtotal: amount,
    taxes: [],
  };
}

/** Puts the end of the period, of the trial or of the whole subscription on the clock. */
export function planPeriodEnd(ctx: Ctx, subscription: Subscription): void {
  const [item] = subscription.items.data;
  if (item === undefined || isOver(subscription)) return;
  const end = subscription.cancel_at ?? item.current_period_end;
  const at = Math.min(end, item.current_period_end);
  later(ctx, at, `period of ${subscription.id}`, (then) => endPeriod(then, subscription, at));
}

/** Three days before a trial ends its end is announced. */
export function planTrialNotice(ctx: Ctx, subscription: Subscription): void {
  if (subscription.trial_end === null) return;
  const at = Math.max(now(ctx), subscription.trial_end - 3 * DAY);
  later(ctx, at, `trial of ${subscription.id} ends soon`, (then) => {
    if (subscription.status === 'trialing') emit(then, 'customer.subscription.trial_will_end', subscription);
  });
}

function endPeriod(ctx: Ctx, subscription: Subscription, at: number): void {
  const [item] = subscription.items.data;
  if (isOver(subscription) || subscription.status === 'paused' || item === undefined) return;
  if (subscription.cancel_at_period_end || subscription.cancel_at === at) {
    endSubscription(ctx, subscription);
    return;
  }
  // Something has moved the period since this was planned.
  if (item.current_period_end !== at) return;
  if (subscription.status === 'trialing' && isStoppedAfterTrial(ctx, subscription)) {
    stopAfterTrial(ctx, subscription);
    return;
  }
  change(
    ctx,
    ctx.account.subscriptions,
    subscription,
    (renewed) => {
      if (renewed.status === 'trialing') renewed.status = 'active';
      for (const renewedItem of renewed.items.data) startPeriod(renewedItem, at);
    },
    'customer.subscription.updated',
  );
  const invoice = billPeriod(ctx, subscription, 'subscription_cycle');
  if (subscription.status === 'unpaid') invoice.auto_advance = false;
  applyPause(ctx, subscription, invoice);
  planNextStep(ctx, invoice);
  planPeriodEnd(ctx, subscription);
}

/** A trial that ends while there is nothing to charge is stopped, if that was chosen; else it is billed like any other. */
export function isStoppedAfterTrial(ctx: Ctx, subscription: Subscription): boolean {
  const customer = ctx.account.customers.get(subscription.customer);
  const method = subscription.default_payment_method ?? customer?.invoice_settings.default_payment_method;
  const collects = subscription.collection_method === 'charge_automatically';
  return collects && typeof method !== 'string' && fateOf(subscription) !== 'create_invoice';
}

export function stopAfterTrial(ctx: Ctx, subscription: Subscription): Subscription {
  return fateOf(subscription) === 'cancel'
    ? endSubscription(ctx, subscription)
    : pauseBecause(ctx, subscription, 'trial_end_without_payment_method');
}

const fateOf = ({ trial_settings: settings }: Subscription): string =>
  settings.end_behavior.missing_payment_method;

export function pauseBecause(ctx: Ctx, subscription: Subscription, type: string): Subscription {
  return change(
    ctx,
    ctx.account.subscriptions,
    subscription,
    (paused) => {
      paused.status = 'paused';
      paused.status_details = {
        paused: { subscription: { type }, transitioned_at: now(ctx), type: 'subscription' },
      };
    },
    'customer.subscription.updated',
    'customer.subscription.paused',
  );
}

export function startPeriod(item: SubscriptionItem, start: number): void {
  item.current_period_start = start;
  if (item.price.recurring !== null) item.current_period_end = addInterval(start, item.price.recurring);
}

function applyPause(ctx: Ctx, subscription: Subscription, invoice: Invoice): void {
  const behavior = subscription.pause_collection?.behavior;
  if (behavior === undefined) return;
  if (behavior === 'keep_as_draft') {
    invoice.auto_advance = false;
    return;
  }
  finalizeAndPlan(ctx, invoice, false);
  if (invoice.status !== 'open') return;
  if (behavior === 'void') voidInvoice(ctx, invoice);
  else markUncollectible(ctx, invoice);
}

export function endSubscription(ctx: Ctx, subscription: Subscription, details: object = {}): Subscription {
  return change(
    ctx,
    ctx.account.subscriptions,
    subscription,
    (ended) => {
      ended.status = 'canceled';
      ended.canceled_at ??= now(ctx);
      ended.ended_at = now(ctx);
      ended.cancellation_details = {
        comment: null,
        feedback: null,
        feedback_option: null,
        reason: 'cancellation_requested',
        ...details,
      };
    },
    'customer.subscription.deleted',
  );
}

export function endSubscriptionsOf(ctx: Ctx, customer: string): void {
  for (const subscription of ctx.account.subscriptions.values()) {
    if (subscription.customer === customer && !isOver(subscription)) endSubscription(ctx, subscription);
  }
}

/** A subscription follows the fate of its latest invoice. */
export const subscriptionListener: PaymentListener = (ctx, intent, outcome) => {
  for (const payment of ctx.account.invoicePayments.where('intent', intent.id)) {
    const subscription = ctx.account.subscriptions
      .values()
      .find(({ latest_invoice: latest }) => latest === payment.invoice);
    if (subscription === undefined || isOver(subscription)) continue;
    const invoice = ctx.account.invoices.get(payment.invoice);
    const failed = outcome === 'declined' || outcome === 'requires_action';
    const status =
      invoice?.status === 'paid'
        ? 'active'
        : failed && invoice !== undefined
          ? afterFailure(ctx, subscription, invoice)
          : undefined;
    if (status === undefined || subscription.status === 'trialing' || subscription.status === 'paused')
      continue;
    change(
      ctx,
      ctx.account.subscriptions,
      subscription,
      (changed) => {
        changed.status = status;
      },
      'customer.subscription.updated',
    );
  }
};

function afterFailure(ctx: Ctx, { status }: Subscription, invoice: Invoice): string | undefined {
  const { automaticRetrySeconds: retries, unpaidAfterRetries } = ctx.world.settings;
  const wasLast = invoice.attempt_count > retries.length;
  if (unpaidAfterRetries && wasLast && (status === 'active' || status === 'past_due')) return 'unpaid';
  return status === 'active' ? 'past_due' : undefined;
}
