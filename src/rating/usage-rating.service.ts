import { Injectable } from '@nestjs/common';
import { CustomersService } from '../customers/customers.service.js';
import { earlierOf, laterOf, type Period } from '../domain/period.js';
import { rate, Rate, ZERO } from '../domain/rate.js';
import { amountsByBucket, rateBuckets, type UsageBucket } from '../domain/rating/rate-buckets.js';
import { ratePrice } from '../domain/rating/rate-price.js';
import { billableQuantity } from '../domain/usage/aggregate.js';
import {
  applyQuotas,
  combineQuotas,
  quotaWindows,
  type Quota,
  type QuotaUsage,
  type QuotaWindow,
} from '../domain/usage/entitlement-quota.js';
import type { Ctx } from '../platform/context.js';
import { EntitlementsService } from '../plans/entitlements.service.js';
import type { FeaturedEntitlement } from '../plans/entitlements.types.js';
import { priceFilters, pricingTermsOf, type MeteredPrice } from '../plans/plans.types.js';
import { meterQuery, UsageService } from '../usage/usage.service.js';
import type { UsageQuery } from '../usage/usage.types.js';
import {
  chargedLife,
  scheduleOf,
  type Subscription,
  type SubscriptionLineItem,
} from '../subscriptions/subscriptions.types.js';
import { SubscriptionAddonsService } from '../subscriptions/subscription-addons.service.js';

/** A usage line in a stretch of time in which it is charged for. */
export interface MeteredCharge {
  readonly subscription: Subscription;
  readonly line: SubscriptionLineItem;
  readonly priced: MeteredPrice;
  readonly served: Period;
}

export interface RatedUsage {
  /** What is priced: the usage without its free part. */
  readonly quantity: Rate;
  /** What entitlements give for nothing; null where none speaks of the feature. */
  readonly free: Rate | null;
  /** Exact. */
  readonly amount: Rate;
  /** What each bucket with usage costs, in the order of time; null for a meter without buckets. */
  readonly bucketAmounts: readonly Rate[] | null;
}

/** A charge with what is asked of the usage for it: places in the list of all queries. */
interface Asked {
  readonly charge: MeteredCharge;
  readonly query: UsageQuery | undefined;
  readonly value: number;
  readonly quotas: readonly AskedQuota[];
}

interface AskedQuota {
  readonly quota: Quota;
  readonly windows: readonly { readonly window: Period; readonly used: number; readonly earlier?: number }[];
}

/** Charges with all that is asked of the usage for them. */
export interface PreparedUsage {
  readonly asked: readonly Asked[];
  readonly queries: readonly UsageQuery[];
}

const NOTHING: RatedUsage = { quantity: ZERO, free: null, amount: ZERO, bucketAmounts: null };

/**
 * What usage costs: measured, less what entitlements include, priced. Bills, previews, balances and usage reports ask here,
 * so that none of them can differ. The number of statements does not grow with the number of charges.
 */
@Injectable()
export class UsageRatingService {
  constructor(
    private readonly customers: CustomersService,
    private readonly entitlements: EntitlementsService,
    private readonly addons: SubscriptionAddonsService,
    private readonly usage: UsageService,
  ) {}

  /** In the order of the charges. */
  async rate(ctx: Ctx, charges: readonly MeteredCharge[]): Promise<RatedUsage[]> {
    return this.measure(ctx, await this.prepare(ctx, charges));
  }

  /** All that is needed of charges but their usage. Holds as long as what it was read from does. */
  async prepare(ctx: Ctx, charges: readonly MeteredCharge[]): Promise<PreparedUsage> {
    const queries: UsageQuery[] = [];
    return { asked: charges.length === 0 ? [] : await this.ask(ctx, charges, queries), queries };
  }

  /** In the order of the charges that were prepared. */
  async measure(ctx: Ctx, { asked, queries }: PreparedUsage): Promise<RatedUsage[]> {
    if (asked.length === 0) return [];
    const values = await this.usage.aggregate(ctx, queries);
    const bucketed = asked.flatMap(({ query }) => (isBucketed(query) ? [query] : []));
    const found = await this.usage.buckets(ctx, bucketed);
    const buckets = new Map(bucketed.map((query, index) => [query, found[index] ?? []]));
    const groups = new Map<string, Asked[]>();
    for (const one of asked) {
      const group = groups.get(groupOf(one));
      if (group === undefined) groups.set(groupOf(one), [one]);
      else group.push(one);
    }
    return asked.map((one) => {
      if (one.query === undefined) return NOTHING;
      const terms = pricingTermsOf(one.charge.priced.price);
      const quotas = quotaUsages(one, groups.get(groupOf(one)) ?? [], values);
      if (isBucketed(one.query)) {
        const { rest, free } = withoutFree(buckets.get(one.query) ?? [], one, quotas);
        const rated = rateBuckets(terms, rest);
        return {
          quantity: rated.quantity,
          free,
          amount: rated.amount,
          bucketAmounts: amountsByBucket(rated),
        };
      }
      const outcome =
        quotas.length === 0
          ? { billable: billableQuantity(values[one.value] ?? ZERO), free: null }
          : applyQuotas(quotas);
      return {
        quantity: outcome.billable,
        free: outcome.free,
        amount: ratePrice(terms, outcome.billable),
        bucketAmounts: null,
      };
    });
  }

  private async ask(ctx: Ctx, charges: readonly MeteredCharge[], queries: UsageQuery[]): Promise<Asked[]> {
    const customers = await this.customers.listByIds(ctx, [
      ...new Set(charges.map(({ line }) => line.customerId)),
    ]);
    const externalIds = new Map(customers.map((customer) => [customer.id, customer.externalId]));
    const entitled = await this.entitlementsOf(ctx, charges);
    const add = (query: UsageQuery): number => queries.push(query) - 1;
    return charges.map((charge) => {
      const { line, priced, served, subscription } = charge;
      if (priced.meter === null) return { charge, query: undefined, value: -1, quotas: [] };
      const query = meterQuery(
        priced.meter,
        externalIds.get(line.customerId) ?? '',
        served,
        priceFilters(priced.price),
      );
      const quotas = quotasOf(charge, entitled.get(subscription.id) ?? []);
      return {
        charge,
        query,
        value: add(query),
        quotas: quotas.map((quota) => askQuota(quota, charge, query, add)),
      };
    });
  }

  /** All that holds at some time in which something is charged; which charge it bears on is told by its own time. */
  private async entitlementsOf(
    ctx: Ctx,
    charges: readonly MeteredCharge[],
  ): Promise<ReadonlyMap<string, readonly FeaturedEntitlement[]>> {
    const spans = new Map<string, { subscription: Subscription; start: Date; end: Date }>();
    for (const { subscription, served } of charges) {
      const span = spans.get(subscription.id);
      spans.set(subscription.id, {
        subscription,
        start: span === undefined ? served.start : earlierOf(span.start, served.start),
        end: span === undefined ? served.end : laterOf(span.end, served.end),
      });
    }
    const addons = await this.addons.of(ctx, [
      ...new Set([...spans.values()].map(({ subscription }) => subscription.id)),
    ]);
    return this.entitlements.applicable(
      ctx,
      [...spans.values()].map(({ subscription, start, end }) => ({
        subscriptionId: subscription.id,
        planId: subscription.planId,
        addonIds: addons
          .filter((one) => one.subscriptionId === subscription.id)
          .filter((one) => one.startDate < end && (one.endDate === null || one.endDate > start))
          .map(({ addonId }) => addonId),
        period: { start, end },
      })),
    );
  }
}

const isBucketed = (query: UsageQuery | undefined): query is UsageQuery =>
  query?.aggregation.bucketSize !== undefined;

function quotasOf({ priced, served }: MeteredCharge, entitled: readonly FeaturedEntitlement[]): Quota[] {
  return combineQuotas(
    entitled
      .filter(({ feature, entitlement }) => {
        const { startDate, endDate } = entitlement;
        const holds =
          (startDate === null || startDate < served.end) && (endDate === null || endDate > served.start);
        return holds && feature.feature.meterId === priced.meter?.id;
      })
      .map(({ entitlement }) => ({
        limit: entitlement.usageLimit === null ? null : rate(entitlement.usageLimit),
        isEnabled: entitlement.isEnabled,
        isSoftLimit: entitlement.isSoftLimit,
        reset: entitlement.usageResetPeriod,
      })),
  );
}

function askQuota(
  quota: Quota,
  { subscription, served }: MeteredCharge,
  query: UsageQuery,
  add: (query: UsageQuery) => number,
): AskedQuota {
  // A meter that never resets measures a level: the limit is held against it, not against what was added in a window.
  const windows =
    query.carriesOver === true
      ? [served]
      : quotaWindows(quota.reset, scheduleOf(subscription), chargedLife(subscription), served);
  return {
    quota,
    windows: windows.map((window) => ({
      window,
      used: add({ ...query, window }),
      ...(window.start < served.start
        ? { earlier: add({ ...query, window: { start: window.start, end: served.start } }) }
        : {}),
    })),
  };
}

/**
 * Several lines may charge for one feature at the same time, each for other events of its meter. They share what is free: the
 * first one takes of it what it can, the others what is left.
 */
function quotaUsages(one: Asked, group: readonly Asked[], values: readonly Rate[]): QuotaUsage[] {
  const beside = group.filter((other) => other !== one);
  const before = group.slice(0, group.indexOf(one));
  return one.quotas.map(({ quota, windows }, q) => ({
    quota,
    windows: windows.map(({ used, earlier }, w): QuotaWindow => {
      const earlierOfOthers = sum(
        beside.map((other) => valueAt(values, other.quotas[q]?.windows[w]?.earlier)),
      );
      const takenBefore = sum(
        before.map((other) => {
          const window = other.quotas[q]?.windows[w];
          return Rate.max(valueAt(values, window?.used).minus(valueAt(values, window?.earlier)), ZERO);
        }),
      );
      const spent = earlierOfOthers.plus(takenBefore);
      if (earlier === undefined && spent.isZero()) return { used: valueAt(values, used) };
      return {
        used: valueAt(values, used).plus(spent),
        earlier: { used: valueAt(values, earlier).plus(spent) },
      };
    }),
  }));
}

/** Charges of one subscription for the same meter at the same time. */
const groupOf = ({ charge: { subscription, priced, served } }: Asked): string =>
  [subscription.id, priced.meter?.id ?? '', served.start.getTime(), served.end.getTime()].join(' ');

const valueAt = (values: readonly Rate[], index: number | undefined): Rate =>
  index === undefined ? ZERO : (values[index] ?? ZERO);

const sum = (values: readonly Rate[]): Rate => values.reduce((total, value) => total.plus(value), ZERO);

/** What is free is taken off the buckets in which it was used, the earliest first. */
function withoutFree(
  buckets: readonly UsageBucket[],
  { quotas: asked }: Asked,
  quotas: readonly QuotaUsage[],
): { rest: UsageBucket[]; free: Rate | null } {
  if (quotas.length === 0) return { rest: [...buckets], free: null };
  let free = ZERO;
  const rest = buckets.map((bucket) => ({ ...bucket }));
  for (const [q, { quota, windows }] of quotas.entries())
    for (const [w, window] of windows.entries()) {
      let left = applyQuotas([{ quota, windows: [window] }]).free;
      const { start, end } = asked[q]?.windows[w]?.window as Period;
      for (const [index, bucket] of rest.entries()) {
        if (bucket.start < start || bucket.start >= end) continue;
        const taken = Rate.min(left, bucket.quantity);
        rest[index] = { ...bucket, quantity: bucket.quantity.minus(taken) };
        left = left.minus(taken);
        free = free.plus(taken);
      }
    }
  return { rest, free };
}
