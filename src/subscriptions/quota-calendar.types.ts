import type { BillingSchedule } from '../domain/billing-period.js';
import type { OpenPeriod } from '../domain/period.js';
import type { StoredQuotaCalendar, SubscriptionEntity } from './subscription.entity.js';
import { chargedLife, scheduleOf } from './subscriptions.types.js';

/** By what quotas begin anew, and since when usage counts for them. */
export interface QuotaCalendar {
  readonly schedule: BillingSchedule;
  readonly life: OpenPeriod;
}

/** A subscription's own calendar, or the one that changes of plan have carried over. */
export function quotaCalendarOf(subscription: Readonly<SubscriptionEntity>): QuotaCalendar {
  const { quotaCalendar: stored } = subscription;
  const own = chargedLife(subscription);
  if (stored === null) return { schedule: scheduleOf(subscription), life: own };
  return {
    schedule: {
      interval: { unit: stored.unit, count: stored.count },
      cycle: stored.cycle,
      anchor: new Date(stored.anchor),
      timeZone: stored.time_zone,
    },
    life: { start: new Date(stored.since), end: own.end },
  };
}

/** The calendar for the subscription that takes the place of this one. */
export function carriedQuotaCalendar(subscription: Readonly<SubscriptionEntity>): StoredQuotaCalendar {
  const { schedule, life } = quotaCalendarOf(subscription);
  return {
    unit: schedule.interval.unit,
    count: schedule.interval.count,
    cycle: schedule.cycle,
    anchor: schedule.anchor.toISOString(),
    time_zone: schedule.timeZone,
    since: life.start.toISOString(),
  };
}
