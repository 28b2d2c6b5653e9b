import { roundToMoney, moneyToRate, type Money } from '../money.js';
import type { Rate } from '../rate.js';

/** Either a share of the base (10 means ten percent) or an amount of its own. */
export type PercentageOrFixed =
  | { readonly type: 'percentage'; readonly percentage: Rate }
  | { readonly type: 'fixed'; readonly amount: Money };

/**
 * The amount that a percentage or fixed value makes of a base, rounded once.
 * RangeError for a negative value. A fixed amount keeps its own currency: combining it with another throws there.
 */
export function amountOf(value: PercentageOrFixed, base: Money): Money {
  if (value.type === 'percentage') {
    if (value.percentage.lessThan(0)) throw new RangeError('a percentage must not be negative');
    return roundToMoney(moneyToRate(base).times(value.percentage).div(100), base.currency);
  }
  if (value.amount.amount < 0n) throw new RangeError('a fixed amount must not be negative');
  return value.amount;
}
