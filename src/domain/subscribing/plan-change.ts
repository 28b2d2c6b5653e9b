import { addMoney, floorAtZero, minMoney, subtractMoney, zeroMoney, type Money } from '../money.js';
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

/** Where the credit of a plan change goes. */
export interface CreditSplit {
  /** Of each credit what is taken off the new plan's first invoice, in their order. */
  readonly onInvoice: readonly Money[];
  /** The rest: to the prepaid wallet. */
  readonly toWallet: Money;
}

/**
 * The first invoice of the new plan takes as much of the credits as it charges, and never becomes negative by them.
 * On the invoice and in the wallet together they are what was given, to the minor unit.
 */
export function splitCredits(credits: readonly Money[], charges: Money): CreditSplit {
  let room = floorAtZero(charges);
  let toWallet = zeroMoney(charges.currency);
  const onInvoice = credits.map((credit) => {
    const taken = minMoney(credit, room);
    room = subtractMoney(room, taken);
    toWallet = addMoney(toWallet, subtractMoney(credit, taken));
    return taken;
  });
  return { onInvoice, toWallet };
}
