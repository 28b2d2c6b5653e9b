import { addMoney, floorAtZero, minMoney, money, subtractMoney, zeroMoney, type Money } from '../money.js';

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

/** What would bring a period to its rating. Gross and net stay apart: a charge is discounted with its invoice, a credit is not. */
export interface WantedRestatement {
  readonly key: string;
  /** What is missing, before discounts. */
  readonly charge: Money;
  /** What is to be given back, of what was really paid for the usage: with what earlier restatements could not give. */
  readonly credit: Money;
}

/**
 * What restates periods. A charge is what is missing, exactly; a credit is what the customer was really charged for usage that
 * is taken back, so it shrinks with the discounts of its time. Whatever the order of events and invoices, billed − carried is
 * what the usage comes to: nothing is lost and nothing is billed twice. Only what changes is answered. RangeError for a
 * negative rating or a foreign currency.
 */
export const wantedRestatements = (usages: readonly BilledUsage[]): WantedRestatement[] =>
  usages.flatMap((usage) => {
    const wanted = wantedOf(usage);
    const unchanged =
      wanted.charge.amount === 0n && wanted.credit.amount === 0n && usage.rated.amount === usage.gross.amount;
    return unchanged ? [] : [wanted];
  });

function wantedOf({ key, gross, net, carried, rated }: BilledUsage): WantedRestatement {
  if (rated.amount < 0n) throw new RangeError(`the rating of ${key} must not be negative`);
  if (rated.amount >= gross.amount) return { key, charge: subtractMoney(rated, gross), credit: carried };
  // What stands billed once everything carried is given back.
  const standing = floorAtZero(subtractMoney(net, carried));
  const kept = minMoney(standing, scaled(standing, rated, gross));
  return {
    key,
    charge: zeroMoney(gross.currency),
    credit: addMoney(subtractMoney(standing, kept), carried),
  };
}

/** amount × part ÷ whole, half up; all of them from zero up. */
function scaled(amount: Money, part: Money, whole: Money): Money {
  if (whole.amount <= 0n) return zeroMoney(amount.currency);
  return money((2n * amount.amount * part.amount + whole.amount) / (2n * whole.amount), amount.currency);
}
