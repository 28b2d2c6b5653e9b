import { Injectable } from '@nestjs/common';
import { nextAction } from '../../domain/subscribing/subscription-life.js';
import type { Ctx } from '../../platform/context.js';
import { SubscriptionSchedulesService } from '../../subscriptions/subscription-schedules.service.js';
import type { Subscription, SubscriptionSchedule } from '../../subscriptions/subscriptions.types.js';
import type { AdvanceResult } from './advance-result.types.js';

/** Lets a subscription whose end a schedule has set come to it, or go on if what is to follow cannot. */
export type ScheduledEnd = (
  ctx: Ctx,
  before: Subscription,
  schedule: SubscriptionSchedule,
  step: (subscription: Subscription) => Promise<AdvanceResult>,
) => Promise<AdvanceResult>;

/**
 * Which subscriptions end because something else is to follow them. Whoever lets it follow registers here: it needs the
 * steps itself, so the steps cannot need it.
 */
@Injectable()
export class ScheduledEnds {
  private handler: ScheduledEnd | undefined;

  constructor(private readonly schedules: SubscriptionSchedulesService) {}

  register(handler: ScheduledEnd): void {
    this.handler = handler;
  }

  /** The schedules of those that are about to end by one, by subscription. No query where nothing ends so. */
  async among(ctx: Ctx, due: readonly Subscription[]): Promise<ReadonlyMap<string, SubscriptionSchedule>> {
    const ending = new Map(due.filter(endsAtPeriodEnd).map((one) => [one.id, one]));
    const pending = await this.schedules.pendingOfAll(ctx, [...ending.keys()]);
    return new Map(
      pending
        .filter(
          ({ subscriptionId, scheduledAt }) =>
            ending.get(subscriptionId)?.cancelAt?.getTime() === scheduledAt.getTime(),
        )
        .map((schedule) => [schedule.subscriptionId, schedule]),
    );
  }

  end(
    ctx: Ctx,
    before: Subscription,
    schedule: SubscriptionSchedule,
    step: (subscription: Subscription) => Promise<AdvanceResult>,
  ): Promise<AdvanceResult> {
    if (this.handler === undefined) throw new Error('nobody lets scheduled changes happen');
    return this.handler(ctx, before, schedule, step);
  }
}

function endsAtPeriodEnd(subscription: Subscription): boolean {
  const { cancelAt, cancelAtPeriodEnd, currentPeriodEnd } = subscription;
  return (
    cancelAtPeriodEnd &&
    cancelAt !== null &&
    cancelAt <= currentPeriodEnd &&
    nextAction(subscription)?.type === 'period_end'
  );
}
