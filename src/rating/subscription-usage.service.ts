import { Injectable } from '@nestjs/common';
import { addMoney, roundToMoney, zeroMoney, type Money } from '../domain/money.js';
import { clip, without, type OpenPeriod, type Period } from '../domain/period.js';
import { ZERO, type Rate } from '../domain/rate.js';
import { billingStart } from '../domain/subscribing/subscription-life.js';
import { billableQuantity } from '../domain/usage/aggregate.js';
import type { Meter } from '../features/features.types.js';
import type { Ctx } from '../platform/context.js';
import { PricesService } from '../plans/prices.service.js';
import type { MeteredPrice } from '../plans/plans.types.js';
import { meterQuery, UsageService } from '../usage/usage.service.js';
import { SubscriptionPausesService } from '../subscriptions/subscription-pauses.service.js';
import { SubscriptionsService } from '../subscriptions/subscriptions.service.js';
import { UsageRatingService, type RatedUsage } from './usage-rating.service.js';
import {
  chargedWindow,
  type Subscription,
  type SubscriptionLineItem,
} from '../subscriptions/subscriptions.types.js';

export interface UsageCharge {
  readonly subscription: Subscription;
  readonly line: SubscriptionLineItem;
  readonly priced: MeteredPrice;
  /** The part of the window in which the line is charged for; pauses are left out. */
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
    const charges = asked.flatMap(({ subscription, window }) =>
      lines
        .filter((line) => line.subscriptionId === subscription.id)
        .flatMap((line) => {
          const priced = prices.get(line.priceId);
          if (priced === undefined || window === undefined) return [];
          return servedParts(subscription, line, window, pauses.get(subscription.id) ?? []).map(
            (served) => ({ subscription, line, priced, served }),
          );
        }),
    );
    const rated = await this.rating.rate(ctx, charges);
    return charges.map((charge, index): UsageCharge => {
      const { quantity, free, amount } = rated[index] as RatedUsage;
      return {
        ...charge,
        quantity,
        used: quantity.plus(free ?? ZERO),
        amount: roundToMoney(amount, charge.subscription.currency),
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

/** The stretches of a window in which a line is charged for: where it is there, and its subscription not paused. */
function servedParts(
  subscription: Subscription,
  line: SubscriptionLineItem,
  window: Period,
  pauses: readonly OpenPeriod[],
): Period[] {
  const charged = chargedWindow(subscription, line);
  const part = charged === undefined ? undefined : clip(window, charged);
  return part === undefined ? [] : without(part, pauses);
}

const period = (start: Date, end: Date): Period | undefined => (start < end ? { start, end } : undefined);

export const totalOf = (charges: readonly UsageCharge[], currency: string): Money =>
  charges.reduce((sum, { amount }) => addMoney(sum, amount), zeroMoney(currency));
