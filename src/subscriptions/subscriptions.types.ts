import type { BillingSchedule } from '../domain/billing-period.js';
import type { OpenPeriod, Period } from '../domain/period.js';
import type { Pause } from '../domain/subscribing/charges-due.js';
import type { ProrationBehavior } from '../domain/subscribing/proration.js';
import { lineWindow } from '../domain/subscribing/line-window.js';
import { billingStart, lifeEnd } from '../domain/subscribing/subscription-life.js';
import type { SubscriptionEntity } from './subscription.entity.js';
import type { SubscriptionLineItemEntity } from './subscription-line-item.entity.js';
import type { SubscriptionScheduleEntity } from './subscription-schedule.entity.js';
import type { SubscriptionPauseEntity } from './subscription-pause.entity.js';

export type Subscription = Readonly<SubscriptionEntity>;
export type SubscriptionLineItem = Readonly<SubscriptionLineItemEntity>;
export type SubscriptionPause = Readonly<SubscriptionPauseEntity>;
export type SubscriptionSchedule = Readonly<SubscriptionScheduleEntity>;

/** The calendar that a subscription's periods follow. */
export const scheduleOf = (subscription: Subscription): BillingSchedule => ({
  interval: { unit: subscription.billingPeriod, count: subscription.billingPeriodCount },
  cycle: subscription.billingCycle,
  anchor: subscription.billingAnchor,
  timeZone: subscription.timezone,
});

/** What can be charged for: from the end of the trial, or the start, until the subscription ends. */
export const chargedLife = (subscription: Subscription): OpenPeriod => ({
  start: billingStart(subscription),
  end: lifeEnd(subscription),
});

/** When a line is there to be charged for. */
export function chargedWindow(
  subscription: Subscription,
  line: SubscriptionLineItem,
): OpenPeriod | undefined {
  // Who bills it there does not let us bill it here as well.
  if (line.billedBy !== null) return undefined;
  const life = chargedLife(subscription);
  return lineWindow({
    subscriptionStart: life.start,
    subscriptionEnd: life.end,
    lineStart: line.startDate,
    lineEnd: line.endDate,
  });
}

/** How what is charged for a period is shared out by time: where the subscription ends in it, as was said when it was ended. */
export function prorationBehaviorAt(
  subscription: Subscription,
  charged: Period | undefined,
): ProrationBehavior {
  const { endProrationBehavior, prorationBehavior } = subscription;
  const { end } = chargedLife(subscription);
  return endProrationBehavior !== null && charged !== undefined && end !== null && end <= charged.end
    ? endProrationBehavior
    : prorationBehavior;
}

/** Time that is not charged for. */
export interface PausedStretch extends Pause {
  /** Whether what was paid for it in advance has been given back. */
  readonly givesBack: boolean;
}

/** The pause as a stretch of time; undefined while it has not begun, or if it never did. */
export function pausedTime(pause: SubscriptionPause): PausedStretch | undefined {
  if (pause.pauseStatus !== 'active' && pause.pauseStatus !== 'completed') return undefined;
  // Resumed in the instant in which it began: no time at all.
  if (pause.resumedAt !== null && pause.resumedAt <= pause.pauseStart) return undefined;
  return {
    start: pause.pauseStart,
    end: pause.resumedAt,
    askedAt: pause.createdAt,
    givesBack: pause.prorationBehavior === 'create_prorations',
  };
}
