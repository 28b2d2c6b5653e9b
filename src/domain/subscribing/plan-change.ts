import type { BillingInterval } from '../billing-period.js';
import { rate, ZERO, type Rate } from '../rate.js';
import type { PricingTerms } from '../rating/pricing-terms.js';
import { ratePrice } from '../rating/rate-price.js';

/** Source: wire contract, enums. */
export type PlanChangeType = 'upgrade' | 'downgrade' | 'lateral';

/** A fixed fee that comes again and again. */
export interface RecurringFee {
  readonly interval: BillingInterval;
  readonly terms: PricingTerms;
  readonly quantity: Rate;
}

/** Of a mean Gregorian year of 365.2425 days. */
const PER_YEAR: Readonly<Record<BillingInterval['unit'], Rate>> = {
  DAILY: rate('365.2425'),
  // 365.2425 ÷ 7, which ends.
  WEEKLY: rate('52.1775'),
  MONTHLY: rate(12),
  QUARTERLY: rate(4),
  HALF_YEARLY: rate(2),
  ANNUAL: rate(1),
  ONETIME: ZERO,
};

/** What the fees come to in a year. A charge that comes once says nothing of a plan's level. */
const yearly = (fees: readonly RecurringFee[]): Rate =>
  fees.reduce(
    (sum, { interval, terms, quantity }) =>
      sum.plus(ratePrice(terms, quantity).times(PER_YEAR[interval.unit]).div(interval.count)),
    ZERO,
  );

/** By what the fixed fees come to in a year, whatever their periods: usage is not known beforehand. */
export function planChangeType(
  before: readonly RecurringFee[],
  after: readonly RecurringFee[],
): PlanChangeType {
  const order = yearly(after).comparedTo(yearly(before));
  return order === 0 ? 'lateral' : order > 0 ? 'upgrade' : 'downgrade';
}
