import type { BillingInterval, BillingPeriodUnit } from '../billing-period.js';
import { ZERO, type Rate } from '../rate.js';

/** How many months so many of the unit are: a year has 12 months, 52 weeks or 365 days. */
const MONTHS: Readonly<Record<BillingPeriodUnit, { readonly months: number; readonly per: number } | null>> =
  {
    DAILY: { months: 12, per: 365 },
    WEEKLY: { months: 12, per: 52 },
    MONTHLY: { months: 1, per: 1 },
    QUARTERLY: { months: 3, per: 1 },
    HALF_YEARLY: { months: 6, per: 1 },
    ANNUAL: { months: 12, per: 1 },
    ONETIME: null,
  };

/** What a price for an interval is worth in a month; what is charged once recurs in none. */
export function monthlyValue(price: Rate, { unit, count }: BillingInterval): Rate {
  const length = MONTHS[unit];
  return length === null ? ZERO : price.times(length.per).dividedBy(length.months * count);
}
