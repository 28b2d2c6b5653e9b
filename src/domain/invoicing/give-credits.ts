import { addMoney, floorAtZero, money, subtractMoney, type Money } from '../money.js';

/** What an invoice gives back of a credit, before tax. */
export interface GivenCredit {
  readonly key: string;
  readonly amount: Money;
  /** The tax that goes back with it. */
  readonly tax: Money;
  /** What does not fit, and comes again with the next invoice. */
  readonly carried: Money;
}

/**
 * Gives back what an invoice can hold: it never comes to less than zero. Credits wait in their order; of the first one that
 * does not fit the part is given that does.
 *
 * @param room what the invoice comes to without them, discounts and taxes included
 * @param taxOf the tax that goes back with a part of a credit
 */
export function giveCredits(
  wanted: readonly { readonly key: string; readonly credit: Money }[],
  room: Money,
  taxOf: (key: string, net: Money) => Money,
): GivenCredit[] {
  let left = floorAtZero(room);
  return wanted.map(({ key, credit }) => {
    const amount = fitting(credit, left, (net) => taxOf(key, net));
    const tax = taxOf(key, amount);
    left = subtractMoney(left, addMoney(amount, tax));
    return { key, amount, tax, carried: subtractMoney(credit, amount) };
  });
}

/** The greatest part of a net amount that fits with its tax: tax grows with the amount, so it is found by halving. */
export function fitting(amount: Money, room: Money, taxOf: (net: Money) => Money): Money {
  const fits = (net: bigint): boolean => {
    const part = money(net, amount.currency);
    return addMoney(part, taxOf(part)).amount <= room.amount;
  };
  if (fits(amount.amount)) return amount;
  let [low, high] = [0n, amount.amount];
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return money(low, amount.currency);
}
