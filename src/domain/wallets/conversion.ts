import { moneyToRate, type Money } from '../money.js';
import { Rate } from '../rate.js';

/** A quotient keeps this many places, rounded half away from zero. Source: wire contract, numbers and rounding. */
export const QUOTIENT_PLACES = 16;

/** What credits are worth, or cost, in the wallet's currency: exact, in major units. */
export const amountOfCredits = (credits: Rate, conversionRate: Rate): Rate => credits.times(conversionRate);

/** Credits for an amount in major units. RangeError unless the rate is more than nothing. */
export function creditsForAmount(amount: Rate, conversionRate: Rate): Rate {
  if (!conversionRate.greaterThan(0)) throw new RangeError('a conversion rate must be more than nothing');
  return amount.div(conversionRate).toDecimalPlaces(QUOTIENT_PLACES, Rate.ROUND_HALF_UP);
}

/**
 * Credits that a debit of that money takes. Rounding may put the quotient a hair above what the money was cut from, so the
 * debit never asks for more than is there.
 */
export function creditsForMoney(value: Money, conversionRate: Rate, available: Rate): Rate {
  const credits = creditsForAmount(moneyToRate(value), conversionRate);
  return credits.greaterThan(available) ? available : credits;
}

export interface TopUpQuantity {
  readonly credits: Rate;
  /** What is to be paid for them, in major units. */
  readonly amount: Rate;
}

/** Credits win over an amount; either is converted at the rate at which credits are bought. Undefined when neither is given. */
export function topUpQuantity(
  given: { readonly credits?: Rate | undefined; readonly amount?: Rate | undefined },
  topUpRate: Rate,
): TopUpQuantity | undefined {
  if (given.credits !== undefined)
    return { credits: given.credits, amount: amountOfCredits(given.credits, topUpRate) };
  if (given.amount === undefined) return undefined;
  return { credits: creditsForAmount(given.amount, topUpRate), amount: given.amount };
}

/** True when a wallet has fallen to the threshold, and is to be filled. */
export const needsTopUp = (realTimeCredits: Rate, threshold: Rate): boolean =>
  realTimeCredits.lessThanOrEqualTo(threshold);
