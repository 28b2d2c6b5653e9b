import { Injectable } from '@nestjs/common';
import { fullPeriodAt } from '../domain/billing-period.js';
import { addMoney, roundToMoney, zeroMoney, type Money } from '../domain/money.js';
import { clip, without, type OpenPeriod, type Period } from '../domain/period.js';
import { ZERO, type Rate } from '../domain/rate.js';
import { lineSchedule } from '../domain/subscribing/line-schedule.js';
import { billingStart } from '../domain/subscribing/subscription-life.js';
import { billableQuantity } from '../domain/usage/aggregate.js';
import type { Meter } from '../features/features.types.js';
import type { Ctx } from '../platform/context.js';
import { PricesService } from '../plans/prices.service.js';
import type { MeteredPrice } from '../plans/plans.types.js';
import { meterQuery, UsageService } from '../usage/usage.service.js';
import { SubscriptionPausesService } from '../subscriptions/subscription-pauses.service.js';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.js';
import { UsageRatingService, type MeteredCharge, type RatedUsage } from './usage-rating.service.js';
import { rootsOf } from './usage-runs.js';
import {
  chargedLife,
  chargedWindow,
  scheduleOf,
  type Subscription,
  type SubscriptionLineItem,
} from '../subscriptions/subscriptions.types.js';

export interface UsageCharge {
  readonly subscription: Subscription;
  readonly line: SubscriptionLineItem;
  readonly priced: MeteredPrice;
  /** The part of the window in which the line is charged for, from its first instant to its last. */
  readonly served: Period;
  /** What is charged for: without what entitlements include. */
  readonly quantity: Rate;
  /** All of it. */
  readonly used: Rate;
  readonly amount: Money;
}

/** A subscription and the time that its usage is asked for. */
export interface UsageWindowOf {
  readonly subscription: Subscription;
  readonly window: Period | undefined;
}

/** What the usage of subscriptions amounts to so far, priced as an invoice would. */
@Injectable()
export class SubscriptionUsageService {
  constructor(
    private readonly subscriptions: SubscriptionsService,
    private readonly pauses: SubscriptionPausesService,
    private readonly prices: PricesService,
    private readonly rating: UsageRatingService,
    private readonly usage: UsageService,
  ) {}

  /** From the begin of what is charged for in the current period until now; undefined when that is nothing yet. */
  currentWindow(ctx: Ctx, subscription: Subscription): Period | undefined {
    const { currentPeriodStart: start, currentPeriodEnd: end } = subscription;
    return period(start, ctx.now < end ? ctx.now : end);
  }

  /** From the begin of what is charged for until now. */
  lifetime(ctx: Ctx, subscription: Subscription): Period | undefined {
    return period(billingStart(subscription), ctx.now);
  }

  /** The usage lines of those subscriptions in those windows, by a number of queries that does not grow with them. */
  async charges(ctx: Ctx, asked: readonly UsageWindowOf[]): Promise<UsageCharge[]> {
    const ids = asked.map(({ subscription }) => subscription.id);
    const lines = (await this.subscriptions.linesOf(ctx, ids)).filter((line) => line.priceType === 'USAGE');
    const pauses = await this.pauses.pausedTimes(ctx, ids);
    const prices = await this.prices.byIds(
      ctx,
      lines.map((line) => line.priceId),
    );
    const rootOf = rootsOf(lines);
    const charges = asked.flatMap(({ subscription, window }, bill) =>
      lines
        .filter((line) => line.subscriptionId === subscription.id)
        .flatMap((line) => {
          const priced = prices.get(line.priceId);
          if (priced === undefined || window === undefined) return [];
          return meteredCharge(
            { subscription, line, priced, root: rootOf(line), bill },
            window,
            pauses.get(subscription.id) ?? [],
          );
        }),
    );
    const rated = await this.rating.rate(ctx, charges);
    return charges.map((charge, index): UsageCharge => {
      const { quantity, free, amount } = rated[index] as RatedUsage;
      const { subscription, line, priced, served } = charge;
      return {
        subscription,
        line,
        priced,
        served: { start: (served[0] as Period).start, end: (served.at(-1) as Period).end },
        quantity,
        used: quantity.plus(free ?? ZERO),
        amount: roundToMoney(amount, subscription.currency),
      };
    });
  }

  /** What a customer has used of meters, each in a window of its own, priced or not. */
  async used(
    ctx: Ctx,
    externalCustomerId: string,
    asked: readonly { readonly meter: Meter; readonly window: Period }[],
  ): Promise<Rate[]> {
    const queries = asked.map(({ meter, window }) => meterQuery(meter, externalCustomerId, window));
    return (await this.usage.aggregate(ctx, queries)).map((value) => billableQuantity(value));
  }
}

/** A line in a window as a bill would charge it: where it is there, and its subscription not paused. */
function meteredCharge(
  of: Pick<MeteredCharge, 'subscription' | 'line' | 'priced' | 'root' | 'bill'>,
  window: Period,
  pauses: readonly OpenPeriod[],
): MeteredCharge[] {
  const { subscription, line } = of;
  const charged = chargedWindow(subscription, line);
  const present = charged === undefined ? undefined : clip(window, charged);
  const served = present === undefined ? [] : without(present, pauses);
  if (present === undefined || served.length === 0) return [];
  const schedule = lineSchedule(scheduleOf(subscription), chargedLife(subscription).start, {
    unit: line.billingPeriod,
    count: line.billingPeriodCount,
  });
  const own = fullPeriodAt(schedule, window.start);
  // Over several periods there is no whole one to weigh by: the window is.
  const fullPeriod = window.end <= own.end ? own : window;
  return [{ ...of, present, served, servicePeriod: window, fullPeriod, pauses }];
}

const period = (start: Date, end: Date): Period | undefined => (start < end ? { start, end } : undefined);

export const totalOf = (charges: readonly UsageCharge[], currency: string): Money =>
  charges.reduce((sum, { amount }) => addMoney(sum, amount), zeroMoney(currency));
