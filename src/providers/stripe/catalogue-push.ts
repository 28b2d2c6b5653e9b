import Stripe from 'stripe';
import type { BillingPeriodUnit } from '../../domain/billing-period.js';
import { formatRate, rate } from '../../domain/rate.js';
import type { TierMode } from '../../domain/rating/price-kinds.js';
import { ProviderError } from '../provider-error.js';
import type { Attempt } from '../provider-objects.js';
import type { PlanPush, PricePush } from '../provider-catalogue.js';
import { stripeExponent } from './amounts.js';
import type { StripeContext } from './context.js';
import { told, toldOrNull } from './errors.js';
import { MARK, metadataWith, readMark, refuseOthers } from './marks.js';
import { mayHaveRun, once } from './once.js';
import { pricesOf } from './price-reader.js';

/** The product and its prices as ours are. What a price charges never changes at Stripe, so a change is another price. */
export async function pushPlan(
  ctx: StripeContext,
  plan: PlanPush,
  attempt: Attempt,
): Promise<Stripe.Product> {
  // Before anything is made: a price that cannot be said in Stripe's words must not leave half a plan behind.
  const wanted = plan.prices.map((price) => ({ price, params: priceParams(ctx, price) }));
  const product = await pushProduct(ctx, plan, attempt);
  const known = await pricesOf(ctx, product.id);
  for (const { price, params } of wanted) {
    const own = known.find(({ id }) => id === price.remoteId) ?? known.find((one) => isOwn(ctx, one, price));
    if (own !== undefined) await changePrice(ctx, own, price);
    else if (price.active && price.remoteId === undefined)
      await createPrice(ctx, product.id, price, params, attempt);
  }
  return product;
}

async function pushProduct(ctx: StripeContext, plan: PlanPush, attempt: Attempt): Promise<Stripe.Product> {
  const mapped = plan.remoteId === undefined ? undefined : await retrieve(ctx, plan.remoteId);
  if (mapped !== undefined) {
    refuseOthers(
      mapped,
      { noun: 'product', key: MARK.plan, id: plan.planId, code: 'plan_taken' },
      ctx.environmentId,
    );
    return changeProduct(ctx, mapped, plan);
  }
  const match = (await searchOwn(ctx, plan)) ?? (await listOwn(ctx, plan, attempt));
  if (match !== undefined) return changeProduct(ctx, match, plan);
  // One key for the life of the plan: a later operation must not make what an earlier one, given up, has made.
  const { value, fresh } = await once<Stripe.Product>(ctx, { ...attempt, key: plan.planId }, 'product', {
    call: (idempotencyKey) =>
      ctx.stripe.products.create(
        {
          name: plan.name,
          active: plan.active,
          ...(plan.description ? { description: plan.description } : {}),
          metadata: marksOf(ctx, plan),
        },
        { idempotencyKey },
      ),
    look: (recorded) => (recorded === undefined ? findListed(ctx, plan) : retrieve(ctx, recorded.id)),
    discard: (made) => told(ctx.stripe.products.del(made.id)),
  });
  return fresh ? value : changeProduct(ctx, value, plan);
}

async function retrieve(ctx: StripeContext, id: string): Promise<Stripe.Product | undefined> {
  const found = await toldOrNull<Stripe.Product | Stripe.DeletedProduct>(ctx.stripe.products.retrieve(id));
  return found === null || found.deleted === true ? undefined : found;
}

/** From an earlier time, whose mapping is lost. The index lags behind, and some countries have none. */
async function searchOwn(ctx: StripeContext, plan: PlanPush): Promise<Stripe.Product | undefined> {
  try {
    const query = `metadata['${MARK.plan}']:'${plan.planId}'`;
    const { data } = await told(ctx.stripe.products.search({ query, limit: 10 }));
    const found = data.find((product) => isOwnProduct(ctx, product, plan));
    // What the index shows may be old; an object that is read by its id is as it is.
    return found === undefined ? undefined : await retrieve(ctx, found.id);
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'invalid') return undefined;
    throw error;
  }
}

const listOwn = (
  ctx: StripeContext,
  plan: PlanPush,
  attempt: Attempt,
): Promise<Stripe.Product | undefined> =>
  mayHaveRun(attempt) ? findListed(ctx, plan) : Promise.resolve(undefined);

/** Lists, unlike searches, show everything that there is. A catalogue is small, and this is asked for after failures only. */
async function findListed(ctx: StripeContext, plan: PlanPush): Promise<Stripe.Product | undefined> {
  let found: Stripe.Product | undefined;
  await told(
    ctx.stripe.products.list({ limit: 100 }).autoPagingEach((candidate: Stripe.Product) => {
      if (isOwnProduct(ctx, candidate, plan)) found = candidate; // newest first: the last one is the oldest
    }),
  );
  return found;
}

const isOwnProduct = (ctx: StripeContext, { metadata }: Stripe.Product, plan: PlanPush): boolean =>
  readMark(metadata, MARK.plan, ctx.environmentId).id === plan.planId;

const isOwn = (ctx: StripeContext, { metadata }: Stripe.Price, price: PricePush): boolean =>
  readMark(metadata, MARK.price, ctx.environmentId).id === price.priceId;

const marksOf = (ctx: StripeContext, plan: PlanPush): Readonly<Record<string, string>> =>
  metadataWith({ [MARK.plan]: plan.planId, [MARK.environment]: ctx.environmentId }, ours(plan.metadata));

/** What was read from Stripe is not written back to it. */
const ours = (metadata: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata).filter(([key]) => !key.startsWith('stripe_')));

/** Sends what differs and nothing else: no difference, no call, and no event that would come back to us. */
async function changeProduct(
  ctx: StripeContext,
  remote: Stripe.Product,
  plan: PlanPush,
): Promise<Stripe.Product> {
  const params: Stripe.ProductUpdateParams = {};
  if (remote.name !== plan.name) params.name = plan.name;
  if ((remote.description ?? '') !== (plan.description ?? '')) params.description = plan.description ?? '';
  if (remote.active !== plan.active) params.active = plan.active;
  const metadata = differing(remote.metadata, marksOf(ctx, plan));
  if (metadata !== undefined) params.metadata = metadata;
  return Object.keys(params).length === 0 ? remote : told(ctx.stripe.products.update(remote.id, params));
}

async function changePrice(ctx: StripeContext, remote: Stripe.Price, price: PricePush): Promise<void> {
  const params: Stripe.PriceUpdateParams = {};
  if (remote.active !== price.active) params.active = price.active;
  if (price.name !== undefined && remote.nickname !== price.name) params.nickname = price.name;
  const metadata = differing(remote.metadata, priceMarks(ctx, price));
  if (metadata !== undefined) params.metadata = metadata;
  if (Object.keys(params).length > 0) await told(ctx.stripe.prices.update(remote.id, params));
}

async function createPrice(
  ctx: StripeContext,
  product: string,
  price: PricePush,
  params: Omit<Stripe.PriceCreateParams, 'product'>,
  attempt: Attempt,
): Promise<void> {
  const find = async (): Promise<Stripe.Price | undefined> =>
    (await pricesOf(ctx, product)).find((one) => isOwn(ctx, one, price));
  await once<Stripe.Price>(ctx, { ...attempt, key: price.priceId }, 'price', {
    call: (idempotencyKey) => ctx.stripe.prices.create({ ...params, product }, { idempotencyKey }),
    look: find,
    // A price is never deleted, and one that is archived bills nobody.
    discard: (made) => told(ctx.stripe.prices.update(made.id, { active: false })),
  });
}

const priceMarks = (ctx: StripeContext, price: PricePush): Readonly<Record<string, string>> =>
  metadataWith({ [MARK.price]: price.priceId, [MARK.environment]: ctx.environmentId }, ours(price.metadata));

const differing = (
  there: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): Record<string, string> | undefined => {
  const entries = Object.entries(wanted).filter(([key, value]) => there[key] !== value);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
};

const INTERVALS: Readonly<
  Record<Exclude<BillingPeriodUnit, 'ONETIME'>, readonly ['day' | 'week' | 'month' | 'year', number]>
> = {
  DAILY: ['day', 1],
  WEEKLY: ['week', 1],
  MONTHLY: ['month', 1],
  QUARTERLY: ['month', 3],
  HALF_YEARLY: ['month', 6],
  ANNUAL: ['year', 1],
};

function priceParams(ctx: StripeContext, price: PricePush): Omit<Stripe.PriceCreateParams, 'product'> {
  const recurring = price.billingPeriod === 'ONETIME' ? undefined : INTERVALS[price.billingPeriod];
  return {
    currency: price.currency,
    ...(price.name === undefined ? {} : { nickname: price.name }),
    metadata: priceMarks(ctx, price),
    ...(recurring === undefined
      ? {}
      : {
          recurring: {
            interval: recurring[0],
            interval_count: recurring[1] * price.billingPeriodCount,
            ...(price.trialPeriodDays ? { trial_period_days: price.trialPeriodDays } : {}),
          },
        }),
    ...termsParams(price),
  };
}

const TIERS_MODES = {
  VOLUME: 'volume',
  SLAB: 'graduated',
} as const satisfies Readonly<Record<TierMode, Stripe.PriceCreateParams.TiersMode>>;

function termsParams({ terms, currency }: PricePush): Partial<Stripe.PriceCreateParams> {
  const minor = (amount: string): Stripe.Decimal => minorUnits(amount, currency);
  switch (terms.model) {
    case 'FLAT_FEE':
      return { unit_amount_decimal: minor(terms.amount) };
    case 'PACKAGE':
      return {
        unit_amount_decimal: minor(terms.amount),
        transform_quantity: { divide_by: terms.divideBy, round: terms.round },
      };
    case 'TIERED':
      return {
        billing_scheme: 'tiered',
        tiers_mode: TIERS_MODES[terms.mode],
        tiers: terms.tiers.map((tier) => ({
          up_to: tier.upTo === null ? ('inf' as const) : wholeUnits(tier.upTo),
          unit_amount_decimal: minor(tier.unitAmount),
          ...(rate(tier.flatAmount).isZero() ? {} : { flat_amount_decimal: minor(tier.flatAmount) }),
        })),
      };
  }
}

/** Stripe's tiers end at whole quantities. */
function wholeUnits(upTo: string): number {
  const limit = rate(upTo);
  if (limit.isInteger() && limit.lessThanOrEqualTo(Number.MAX_SAFE_INTEGER)) return limit.toNumber();
  throw new ProviderError('invalid', `Stripe has no tier that ends at ${upTo}: only whole quantities`, {
    code: 'price_not_representable',
    param: 'tiers',
  });
}

/** Stripe takes fractions of a minor unit to twelve places; what is finer would be another price. */
const MOST_PLACES = 12;

function minorUnits(amount: string, currency: string): Stripe.Decimal {
  const minor = rate(amount).times(rate(10).pow(stripeExponent(currency)));
  if (minor.decimalPlaces() > MOST_PLACES || minor.isNegative())
    throw new ProviderError('invalid', `Stripe has no price of ${amount} ${currency.toUpperCase()}`, {
      code: 'price_not_representable',
      param: 'amount',
    });
  return Stripe.Decimal.from(formatRate(minor));
}
