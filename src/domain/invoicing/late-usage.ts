import type { Currency } from '../currency.js';
import {
  addMoney,
  floorAtZero,
  maxMoney,
  minMoney,
  money,
  subtractMoney,
  sumMoney,
  zeroMoney,
  type Money,
} from '../money.js';

/** What one price of one finished period has been billed, and what it comes to now that more events have arrived. */
export interface BilledUsage {
  readonly key: string;
  /** Billed so far before discounts, earlier restatements included. */
  readonly gross: Money;
  /** Billed so far after discounts, credits of earlier restatements included. */
  readonly net: Money;
  /** Owed to the customer from earlier restatements, and not given back yet. */
  readonly carried: Money;
  /** What the period's usage comes to now, rounded as its line would be; never below zero. */
  readonly rated: Money;
}

/** A line that brings a period to what it comes to. */
export interface UsageDelta {
  readonly key: string;
  /** The line: a charge before discounts, or a credit of what was really paid for the usage, after them. */
  readonly amount: Money;
  /** How much more or less is to be given back later than before this line. */
  readonly carriedChange: Money;
}

/**
 * Restates periods on the next invoice. A charge is what is missing, exactly; a credit is what the customer was really
 * charged for usage that is taken back, so it shrinks with the discounts of its time. The invoice's lines together never
 * come to less than zero: credits wait in their order, and what does not fit is carried to the invoice after. Whatever the
 * order of events and invoices, billed − carried is what the usage comes to: nothing is lost and nothing is billed twice.
 * Only what changes is answered. RangeError for a negative rating or a foreign currency.
 *
 * @param input.base what the other lines of the invoice come to; credits never exceed it and the new charges
 */
export function restateUsage(input: {
  readonly currency: Currency;
  readonly base: Money;
  readonly usages: readonly BilledUsage[];
}): UsageDelta[] {
  const { currency, base, usages } = input;
  const wanted = usages.map((usage) => ({ usage, amount: wantedOf(usage) }));
  const charges = sumMoney(
    wanted.map(({ amount }) => floorAtZero(amount)),
    currency,
  );
  let room = floorAtZero(addMoney(base, charges));
  return wanted.flatMap(({ usage, amount }): UsageDelta[] => {
    const given = maxMoney(amount, subtractMoney(zeroMoney(currency), room));
    if (given.amount < 0n) room = addMoney(room, given);
    const carriedChange = subtractMoney(subtractMoney(given, amount), usage.carried);
    const unchanged =
      given.amount === 0n && carriedChange.amount === 0n && usage.rated.amount === usage.gross.amount;
    return unchanged ? [] : [{ key: usage.key, amount: given, carriedChange }];
  });
}

/** What would bring the period to its rating at once: what is missing, or what is too much, less what is carried. */
function wantedOf({ key, gross, net, carried, rated }: BilledUsage): Money {
  if (rated.amount < 0n) throw new RangeError(`the rating of ${key} must not be negative`);
  if (rated.amount >= gross.amount) return subtractMoney(subtractMoney(rated, gross), carried);
  // What stands billed once everything carried is given back.
  const standing = floorAtZero(subtractMoney(net, carried));
  const kept = minMoney(standing, scaled(standing, rated, gross));
  return subtractMoney(subtractMoney(kept, standing), carried);
}

/** amount × part ÷ whole, half up; all of them from zero up. */
function scaled(amount: Money, part: Money, whole: Money): Money {
  if (whole.amount <= 0n) return zeroMoney(amount.currency);
  return money((2n * amount.amount * part.amount + whole.amount) / (2n * whole.amount), amount.currency);
}
