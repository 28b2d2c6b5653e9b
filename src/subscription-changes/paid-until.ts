import { fullPeriodAt } from '../domain/billing-period.js';
import { clip, contains, laterOf, without } from '../domain/period.js';
import { pausesKnown } from '../domain/subscribing/charges-due.js';
import { lineSchedule } from '../domain/subscribing/line-schedule.js';
import {
  chargedLife,
  scheduleOf,
  type PausedStretch,
  type Subscription,
  type SubscriptionLineItem,
} from '../subscriptions/subscriptions.types.js';

/**
 * Until when a line has been charged in advance that is to be replaced at an instant; null when that instant is not paid.
 * A service period is charged with the billing period in which it begins, unless that begins in a pause.
 */
export function paidUntil(
  subscription: Subscription,
  line: SubscriptionLineItem,
  at: Date,
  pauses: readonly PausedStretch[],
): Date | null {
  if (line.billedBy !== null || line.invoiceCadence !== 'ADVANCE' || line.priceType === 'USAGE') return null;
  if (subscription.activatedAt === null) return line.paidUntil;
  // What was paid for that time has been given back.
  if (pauses.some((pause) => pause.givesBack && contains(pause, at))) return null;
  const schedule = scheduleOf(subscription);
  const life = chargedLife(subscription);
  const interval = { unit: line.billingPeriod, count: line.billingPeriodCount };
  const own = fullPeriodAt(lineSchedule(schedule, life.start, interval), laterOf(at, life.start));
  const part = clip(own, { start: laterOf(life.start, line.startDate), end: life.end });
  if (part === undefined) return line.paidUntil;
  const [served] = without(
    part,
    pausesKnown(part.start, life, { pauses, billing: schedule }, line.createdAt),
  );
  const charged = served !== undefined && served.start < subscription.currentPeriodEnd;
  return charged && (line.paidUntil === null || line.paidUntil < own.end) ? own.end : line.paidUntil;
}
