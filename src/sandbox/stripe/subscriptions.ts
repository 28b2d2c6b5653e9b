import { multiplyToInteger, parseDecimal } from '../core/decimal.js';
import { newId } from '../core/ids.js';
import { now, type Ctx } from './context.js';
import { invalid, noSuch } from './errors.js';
import type { Tier } from './notes.js';
import type { Price, Recurring, Subscription, SubscriptionItem } from './objects.js';
import type { Params } from './params.js';
import { createInlinePrice } from './price-routes.js';
import { requirePrice } from './prices.js';

export function requireSubscription(ctx: Ctx, id: string, param = 'id'): Subscription {
  const subscription = ctx.account.subscriptions.get(id);
  if (subscription === undefined) throw noSuch('subscription', id, param);
  return subscription;
}

export function newItem(ctx: Ctx, subscriptionId: string, params: Params): SubscriptionItem {
  const data = params.object('price_data');
  const price =
    data === undefined
      ? requirePrice(ctx, params.require('price'), params.nameOf('price'))
      : createInlinePrice(ctx, data);
  if (price.recurring === null) {
    throw invalid(
      'The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`.',
      params.nameOf('price'),
    );
  }
  const created = now(ctx);
  return {
    id: newId('si_', 14),
    object: 'subscription_item',
    billing_thresholds: null,
    created,
    current_period_end: addInterval(created, price.recurring),
    current_period_start: created,
    current_trial: null,
    discounts: [],
    metadata: params.metadata(),
    plan: planOf(price),
    price,
    ...(price.recurring.usage_type === 'metered' ? {} : { quantity: params.integer('quantity') ?? 1 }),
    subscription: subscriptionId,
    tax_rates: [],
  };
}

/** The older view of a price that items still carry. */
export function planOf(price: Price): Record<string, unknown> {
  return {
    id: price.id,
    object: 'plan',
    active: price.active,
    amount: price.unit_amount,
    amount_decimal: price.unit_amount_decimal,
    billing_scheme: price.billing_scheme,
    created: price.created,
    currency: price.currency,
    interval: price.recurring?.interval ?? 'month',
    interval_count: price.recurring?.interval_count ?? 1,
    livemode: price.livemode,
    metadata: price.metadata,
    meter: price.recurring?.meter ?? null,
    nickname: price.nickname,
    product: price.product,
    tiers_mode: price.tiers_mode,
    transform_usage: null,
    trial_period_days: price.recurring?.trial_period_days ?? null,
    usage_type: price.recurring?.usage_type ?? 'licensed',
  };
}

/** What one period of an item costs. Metered usage is billed elsewhere and comes to nothing here. */
export function periodAmount(ctx: Ctx, item: SubscriptionItem): number {
  const { price, quantity } = item;
  if (quantity === undefined) return 0;
  const tiers = ctx.account.priceNotes.get(price.id)?.tiers;
  if (tiers !== undefined) return tieredAmount(tiers, price.tiers_mode === 'volume', quantity);
  return times(price.unit_amount_decimal, quantity);
}

function tieredAmount(tiers: readonly Tier[], volume: boolean, quantity: number): number {
  let billed = 0;
  let total = 0;
  for (const tier of tiers) {
    const limit = tier.up_to ?? quantity;
    if (volume) {
      if (quantity > limit) continue;
      return times(tier.unit_amount_decimal, quantity) + times(tier.flat_amount_decimal, 1);
    }
    const units = Math.min(quantity, limit) - billed;
    if (units <= 0) break;
    total += times(tier.unit_amount_decimal, units) + times(tier.flat_amount_decimal, 1);
    billed += units;
  }
  return total;
}

function times(unit: string | null, quantity: number): number {
  const amount = parseDecimal(unit ?? '0');
  const units = parseDecimal(quantity);
  return amount === undefined || units === undefined ? 0 : multiplyToInteger(amount, units);
}

/** Months keep the day, or take the last one of a shorter month. */
export function addInterval(seconds: number, recurring: Recurring): number {
  const { interval, interval_count: count } = recurring;
  const date = new Date(seconds * 1000);
  if (interval === 'day') date.setUTCDate(date.getUTCDate() + count);
  else if (interval === 'week') date.setUTCDate(date.getUTCDate() + 7 * count);
  else {
    const day = date.getUTCDate();
    date.setUTCDate(1);
    date.setUTCMonth(date.getUTCMonth() + (interval === 'year' ? 12 * count : count));
    const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
    date.setUTCDate(Math.min(day, last));
  }
  return Math.floor(date.getTime() / 1000);
}

export function isOver(subscription: Subscription): boolean {
  return subscription.status === 'canceled' || subscription.status === 'incomplete_expired';
}
