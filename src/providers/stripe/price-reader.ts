import type Stripe from 'stripe';
import type { BillingPeriodUnit } from '../../domain/billing-period.js';
import { formatRate, rate } from '../../domain/rate.js';
import { ProviderError } from '../provider-error.js';
import type {
  PriceTerms,
  PriceTier,
  RemoteMeter,
  RemotePrice,
  UnreadablePrice,
} from '../provider-catalogue.js';
import { stripeExponent } from './amounts.js';
import { idOf, type StripeContext } from './context.js';
import { told } from './errors.js';
import { MARK, readMark } from './marks.js';

export type ReadPrice = RemotePrice | UnreadablePrice;

export const isReadable = (price: ReadPrice): price is RemotePrice => 'terms' in price;

export const isUnreadable = (price: ReadPrice): price is UnreadablePrice => !isReadable(price);

/** What a price needs to be read whole; `prefix` leads to it. */
export const priceExpansions = (prefix: string): string[] => [
  `${prefix}.tiers`,
  `${prefix}.currency_options`,
];

const MOST_PRICES = 10_000;

/** Oldest first. A list shows active prices or archived ones, never both. */
export async function pricesOf(ctx: StripeContext, product: string): Promise<Stripe.Price[]> {
  const lists = [true, false].map((active) =>
    told(
      ctx.stripe.prices
        .list({ product, active, limit: 100, expand: priceExpansions('data') })
        .autoPagingToArray({ limit: MOST_PRICES }),
    ),
  );
  const prices = (await Promise.all(lists)).flat();
  return prices.sort((a, b) => a.created - b.created || (a.id < b.id ? -1 : 1));
}

/** The meters that those prices count by, each read once. */
export async function metersOf(
  ctx: StripeContext,
  prices: readonly Stripe.Price[],
): Promise<ReadonlyMap<string, RemoteMeter>> {
  const ids = new Set(prices.flatMap(({ recurring }) => recurring?.meter ?? []));
  const meters = new Map<string, RemoteMeter>();
  for (const id of ids) {
    const meter = await told(ctx.stripe.billing.meters.retrieve(id));
    meters.set(id, readMeter(meter));
  }
  return meters;
}

const AGGREGATIONS: Readonly<Record<string, RemoteMeter['aggregation']>> = {
  count: 'COUNT',
  last: 'LATEST',
  sum: 'SUM',
};

const readMeter = (meter: Stripe.Billing.Meter): RemoteMeter => ({
  remoteId: meter.id,
  name: meter.display_name,
  eventName: meter.event_name,
  aggregation: AGGREGATIONS[meter.default_aggregation.formula] ?? 'SUM',
  field: meter.default_aggregation.formula === 'count' ? undefined : meter.value_settings.event_payload_key,
});

/**
 * A price of several currencies is several prices to us. The one in its main currency has its id; the others have the
 * currency behind it, which is an id that Stripe does not know and nobody else reads.
 */
export const priceIdIn = (price: Stripe.Price, currency: string): string =>
  currency === price.currency ? price.id : `${price.id}#${currency}`;

/** The price in its own currency and in every other that it has. */
export const readPrices = (
  ctx: StripeContext,
  price: Stripe.Price,
  meters: ReadonlyMap<string, RemoteMeter>,
): ReadPrice[] =>
  [price.currency, ...Object.keys(price.currency_options ?? {})]
    .filter((currency, index, all) => all.indexOf(currency) === index)
    .map((currency) => readPrice(ctx, price, meters, currency));

/** The price in one currency. */
export function readPrice(
  ctx: StripeContext,
  price: Stripe.Price,
  meters: ReadonlyMap<string, RemoteMeter>,
  currency: string,
): ReadPrice {
  const remoteId = priceIdIn(price, currency);
  try {
    const terms = termsOf(price, currency);
    const mark = readMark(price.metadata, MARK.price, ctx.environmentId);
    const metered = price.recurring?.usage_type === 'metered';
    const meter = meters.get(price.recurring?.meter ?? '');
    if (metered && meter === undefined) throw unreadable('it is metered, and names no meter to count by');
    return {
      remoteId,
      remotePlanId: idOf(price.product) ?? '',
      priceId: currency === price.currency ? mark.id : undefined,
      foreign: mark.foreign,
      active: price.active,
      createdAt: new Date(price.created * 1000),
      name: price.nickname ?? undefined,
      type: metered ? 'USAGE' : 'FIXED',
      meter,
      currency,
      ...intervalOf(price.recurring),
      terms,
      trialPeriodDays: price.recurring?.trial_period_days ?? undefined,
      lookupKey: price.lookup_key ?? undefined,
      metadata: { ...price.metadata, stripe_price_id: price.id },
    };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return { remoteId, reason: error.message };
  }
}

const unreadable = (reason: string): ProviderError =>
  new ProviderError('invalid', reason, { code: 'price_unreadable' });

const UNITS: Readonly<Record<string, BillingPeriodUnit>> = {
  day: 'DAILY',
  week: 'WEEKLY',
  month: 'MONTHLY',
  year: 'ANNUAL',
};

function intervalOf(
  recurring: Stripe.Price.Recurring | null,
): Pick<RemotePrice, 'billingPeriod' | 'billingPeriodCount'> {
  if (recurring === null) return { billingPeriod: 'ONETIME', billingPeriodCount: 1 };
  const billingPeriod = UNITS[recurring.interval];
  if (billingPeriod === undefined) throw unreadable(`it is charged by the ${recurring.interval}`);
  return { billingPeriod, billingPeriodCount: recurring.interval_count };
}

function termsOf(price: Stripe.Price, currency: string): PriceTerms {
  const amounts = currency === price.currency ? price : price.currency_options?.[currency];
  const exponent = stripeExponent(currency);
  // Decimals come as a class of the SDK's here and as strings in webhooks; both print the number.
  const major = (minor: Stripe.Decimal | number | null | undefined): string =>
    formatRate(rate((minor ?? 0).toString()).div(rate(10).pow(exponent)));
  if (amounts?.custom_unit_amount) throw unreadable('whoever pays it chooses the amount');
  if (price.billing_scheme === 'tiered') {
    if (price.transform_quantity) throw unreadable('it divides the quantity before its tiers');
    if (!amounts?.tiers?.length) throw unreadable(`its tiers in ${currency} are not told`);
    return {
      model: 'TIERED',
      mode: price.tiers_mode === 'volume' ? 'VOLUME' : 'SLAB',
      tiers: amounts.tiers.map((tier): PriceTier => ({
        upTo: tier.up_to === null ? null : String(tier.up_to),
        unitAmount: major(tier.unit_amount_decimal),
        flatAmount: major(tier.flat_amount_decimal),
      })),
    };
  }
  const minor = amounts?.unit_amount_decimal ?? amounts?.unit_amount;
  if (minor === null || minor === undefined) throw unreadable('it has no amount');
  const { transform_quantity: transform } = price;
  return transform === null
    ? { model: 'FLAT_FEE', amount: major(minor) }
    : {
        model: 'PACKAGE',
        amount: major(minor),
        divideBy: transform.divide_by,
        round: transform.round === 'down' ? 'down' : 'up',
      };
}
