/** On how many bills a redeemed coupon counts: the first one, a number of them, or all. Source: wire contract, discounts. */
export type CouponCadence = 'once' | 'repeated' | 'forever';

export interface CouponDuration {
  readonly cadence: CouponCadence;
  /** For `repeated`. */
  readonly durationInPeriods: number | null;
}

/** How many bills a coupon may lower; null without end. RangeError for `repeated` without a whole number from 1 up. */
export function billsOf({ cadence, durationInPeriods }: CouponDuration): number | null {
  if (cadence === 'forever') return null;
  if (cadence === 'once') return 1;
  if (durationInPeriods === null || !Number.isInteger(durationInPeriods) || durationInPeriods < 1)
    throw new RangeError('a repeated coupon counts on a whole number of bills from 1 up');
  return durationInPeriods;
}

/**
 * Whether a coupon that has lowered the bills `used` lowers this one too. A bill that is made again (voided, recalculated)
 * has its own use already: it keeps its coupon and uses up nothing.
 */
export function countsOn(duration: CouponDuration, used: ReadonlySet<string>, billingKey: string): boolean {
  const bills = billsOf(duration);
  return bills === null || used.has(billingKey) || used.size < bills;
}
