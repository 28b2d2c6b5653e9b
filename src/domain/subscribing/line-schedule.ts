import {
  BILLING_PERIOD_UNITS,
  calendarAnchor,
  type BillingInterval,
  type BillingSchedule,
} from '../billing-period.js';

/**
 * The schedule of a line whose interval may be a longer multiple of its subscription's. It shares the subscription's anchor;
 * in a calendar cycle it turns with its own unit instead (a yearly line on a monthly subscription with the calendar year),
 * so that its stub does not end after the few days that are left of the month. The latter needs a base of single units:
 * every other month from February never meets the first of January. Nor do three months from February meet a quarter: a
 * line in shorter units than its subscription's keeps the subscription's anchor.
 */
export function lineSchedule(
  subscription: BillingSchedule,
  subscriptionStart: Date,
  interval: BillingInterval,
): BillingSchedule {
  if (
    subscription.cycle === 'anniversary' ||
    subscription.interval.count !== 1 ||
    interval.unit === 'ONETIME' ||
    length(interval) <= length(subscription.interval)
  )
    return { ...subscription, interval };
  return {
    ...subscription,
    interval,
    anchor: calendarAnchor(subscriptionStart, interval.unit, subscription.timeZone),
  };
}

/** Units are listed from the shortest to the longest. */
const length = ({ unit }: BillingInterval): number => BILLING_PERIOD_UNITS.indexOf(unit);
