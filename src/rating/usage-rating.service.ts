import { Injectable } from '@nestjs/common';
import { CustomersService } from '../customers/customers.service.js';
import type { BucketUsage } from '../domain/invoicing/line-commitment.js';
import { earlierOf, laterOf, type Period } from '../domain/period.js';
import { rate, ZERO, type Rate } from '../domain/rate.js';
import { totalOf } from '../domain/rating/stretches.js';
import { bucketCount, lastBucket } from '../domain/usage/bucket-count.js';
import { combineQuotas, type Quota } from '../domain/usage/entitlement-quota.js';
import type { Meter } from '../features/features.types.js';
import type { Ctx } from '../platform/context.js';
import { EntitlementsService } from '../plans/entitlements.service.js';
import type { FeaturedEntitlement } from '../plans/entitlements.types.js';
import { SubscriptionAddonsService } from '../subscriptions/subscription-addons.service.js';
import { quotaCalendarOf } from '../subscriptions/quota-calendar.types.js';
import type { Subscription } from '../subscriptions/subscriptions.types.js';
import { UsageService } from '../usage/usage.service.js';
import { costOfRun, type BucketCost, type RunCost } from './usage-costs.js';
import type { UsageOrigin } from './line-origin.types.js';
import { askUsage, ownLeg, UsageQuestions, type AskedRun, type UsageAnswers } from './usage-questions.js';
import {
  sharedKey,
  unpausedRun,
  usageRuns,
  type MeteredCharge,
  type RunLeg,
  type UsageRun,
} from './usage-runs.js';

export type { MeteredCharge } from './usage-runs.js';

/** Buckets of a meter, each of which a commitment may be held against, as far as the bill has a part in them. */
export interface RatedBuckets {
  /** Those with usage, in the order of time. */
  readonly used: readonly BucketUsage[];
  /** How many without usage end in the time that the bill is for. */
  readonly idle: number;
}

export interface RatedUsage {
  /** What is priced: the usage without its free part. */
  readonly quantity: Rate;
  /** What entitlements give for nothing; null where none speaks of the feature. */
  readonly free: Rate | null;
  /** Exact. */
  readonly amount: Rate;
  /** Exact: what earlier legs of its run come to, which are on other bills. The same for all lines of a run. */
  readonly before: Rate;
  /** Of the line and those that replaced it in the period. Null for a meter without buckets. */
  readonly buckets: RatedBuckets | null;
  /** What the amount is made of; left out where nothing is measured. */
  readonly origin?: UsageOrigin;
}

/** Runs with all that is asked of the usage for them. */
export interface PreparedUsage {
  readonly charges: readonly MeteredCharge[];
  readonly runs: readonly PreparedRun[];
  readonly questions: UsageQuestions;
}

interface PreparedRun {
  readonly asked: AskedRun;
  /** As if nothing had been paused; undefined where no pause is in it. */
  readonly unpaused: AskedRun | undefined;
}

const NOTHING: RatedUsage = { quantity: ZERO, free: null, amount: ZERO, before: ZERO, buckets: null };

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
    const questions = new UsageQuestions();
    const metered = charges.filter(({ priced }) => priced.meter !== null);
    if (metered.length === 0) return { charges, runs: [], questions };
    const customers = await this.customers.listByIds(ctx, [
      ...new Set(metered.map(({ line }) => line.customerId)),
    ]);
    const externalIds = new Map(customers.map((customer) => [customer.id, customer.externalId]));
    const entitled = await this.entitlementsOf(ctx, [
      ...metered,
      ...metered.flatMap(({ related }) => [...(related?.before ?? []), ...(related?.after ?? [])]),
    ]);
    const runs = usageRuns(metered).map((run): PreparedRun => {
      const [{ line }] = run.charges as [MeteredCharge];
      const ask = (asked: UsageRun): AskedRun =>
        askUsage(questions, asked, externalIds.get(line.customerId) ?? '', (leg) => ({
          quotas: quotasOf(leg, asked.meter, entitled.get(leg.subscription.id) ?? []),
          calendar: quotaCalendarOf(leg.subscription),
        }));
      const unpaused = unpausedRun(run);
      return { asked: ask(run), unpaused: unpaused && ask(unpaused) };
    });
    return { charges, runs, questions };
  }

  /** In the order of the charges that were prepared. */
  async measure(ctx: Ctx, { charges, runs, questions }: PreparedUsage): Promise<RatedUsage[]> {
    if (runs.length === 0) return charges.map(() => NOTHING);
    const answers = await questions.ask(ctx, this.usage);
    const sharing = new Map<string, AskedRun[]>();
    for (const { asked } of runs) {
      const group = sharing.get(sharedKey(asked.run));
      if (group === undefined) sharing.set(sharedKey(asked.run), [asked]);
      else group.push(asked);
    }
    const rated = new Map<MeteredCharge, RatedUsage>();
    for (const run of runs) {
      const origin = costOf(run, sharing.get(sharedKey(run.asked.run)) ?? [], answers);
      const { cost } = origin;
      const buckets = bucketsOf(run.asked, cost);
      const before = beforeOf(run.asked, cost);
      for (const charge of run.asked.run.charges) {
        const line = cost.lines.find(({ key }) => key === charge.line.id);
        rated.set(charge, {
          quantity: line?.quantity ?? ZERO,
          free: line?.free ?? (line === undefined && ownLeg(run.asked).quotas.length > 0 ? ZERO : null),
          amount: line?.amount ?? ZERO,
          before,
          buckets,
          origin,
        });
      }
    }
    return charges.map((charge) => rated.get(charge) ?? NOTHING);
  }

  /** All that holds at some time in which something is charged; which charge it bears on is told by its own time. */
  private async entitlementsOf(
    ctx: Ctx,
    charges: readonly MeteredCharge[],
  ): Promise<ReadonlyMap<string, readonly FeaturedEntitlement[]>> {
    const spans = new Map<string, { subscription: Subscription; start: Date; end: Date }>();
    for (const { subscription, present } of charges) {
      const span = spans.get(subscription.id);
      spans.set(subscription.id, {
        subscription,
        start: span === undefined ? present.start : earlierOf(span.start, present.start),
        end: span === undefined ? present.end : laterOf(span.end, present.end),
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

/** A pause makes no period dearer: what happened in it counts where that is cheaper. */
function costOf(
  { asked, unpaused }: PreparedRun,
  sharing: readonly AskedRun[],
  answers: UsageAnswers,
): UsageOrigin {
  const cost = costOfRun(asked, sharing, answers);
  const paused = { asked, cost, countsPauses: false };
  if (unpaused === undefined) return paused;
  const other = costOfRun(unpaused, sharing, answers);
  return totalOf(other.lines).lessThan(totalOf(cost.lines))
    ? { asked: unpaused, cost: other, countsPauses: true }
    : paused;
}

/** A change of plan may cut a bucket: its commitment falls due where it ends. */
function bucketsOf({ query, run }: AskedRun, { buckets }: RunCost): RatedBuckets | null {
  const { bucketSize } = query.aggregation;
  if (buckets === null || bucketSize === undefined) return null;
  const own = run.legs.findIndex(({ isOwn }) => isOwn);
  const amountIn = ({ lines }: BucketCost, legs: readonly RunLeg[]): Rate => {
    const keys = new Set(legs.flatMap(({ stretches }) => stretches.map(({ key }) => key)));
    return totalOf(lines.filter(({ key }) => keys.has(key)));
  };
  const { start, end } = run.ownSpan;
  const ends = (window: Period): boolean => !run.goesOn || window.end <= end;
  const touched = buckets.filter(({ window }) => window.start < end && window.end > start);
  const parts = run.stretches
    .filter(({ charge }) => run.charges.includes(charge))
    .map(({ period }) => period);
  const last = lastBucket(bucketSize, parts);
  const cutIdle =
    !ends(last) && touched.every(({ window }) => window.start.getTime() !== last.start.getTime());
  return {
    used: touched.map((bucket) => ({
      amount: amountIn(bucket, run.legs.slice(own, own + 1)),
      before: amountIn(bucket, run.legs.slice(0, own)),
      ends: ends(bucket.window),
    })),
    // Of a pause that made the period cheaper there are more buckets with usage than the stretches have.
    idle: Math.max(bucketCount(bucketSize, parts) - touched.length - (cutIdle ? 1 : 0), 0),
  };
}

/** What earlier legs come to: they are on bills of their own. */
function beforeOf({ run }: AskedRun, { lines }: RunCost): Rate {
  const own = run.legs.findIndex(({ isOwn }) => isOwn);
  const earlier = new Set(run.legs.slice(0, own).flatMap(({ stretches }) => stretches.map(({ key }) => key)));
  return totalOf(lines.filter(({ key }) => earlier.has(key)));
}

function quotasOf({ stretches }: RunLeg, meter: Meter, entitled: readonly FeaturedEntitlement[]): Quota[] {
  const start = stretches.map(({ period }) => period.start).reduce(earlierOf);
  const end = stretches.map(({ period }) => period.end).reduce(laterOf);
  return combineQuotas(
    entitled
      .filter(({ feature, entitlement }) => {
        const { startDate, endDate } = entitlement;
        const holds = (startDate === null || startDate < end) && (endDate === null || endDate > start);
        return holds && feature.feature.meterId === meter.id;
      })
      .map(({ entitlement }) => ({
        limit: entitlement.usageLimit === null ? null : rate(entitlement.usageLimit),
        isEnabled: entitlement.isEnabled,
        isSoftLimit: entitlement.isSoftLimit,
        reset: entitlement.usageResetPeriod,
      })),
  );
}
