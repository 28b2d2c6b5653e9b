import { addMoney, floorAtZero, minMoney, money, subtractMoney, zeroMoney, type Money } from '../money.js';

/** A line with what has been given back of it. */
export interface CreditedAmounts {
  /** What it charges before tax. */
  readonly net: Money;
  readonly credited: { readonly amount: Money; readonly net: Money };
}

/**
 * What a credit takes of a line's net amount: a credit note gives back tax with it. All credits of a line are rounded up
 * together, so that what is left is never too much, and never more than the line charges has gone back.
 */
export function netOfCredit(
  credit: Money,
  invoice: { readonly total: Money; readonly tax: Money },
  { net, credited }: CreditedAmounts,
): Money {
  const together = netOf(addMoney(credited.amount, credit), invoice);
  const left = subtractMoney(net, credited.net);
  return floorAtZero(minMoney(subtractMoney(together, credited.net), left));
}

function netOf(gross: Money, { total, tax }: { readonly total: Money; readonly tax: Money }): Money {
  if (total.amount <= 0n || tax.amount <= 0n) return gross;
  const net = subtractMoney(total, tax).amount;
  if (net <= 0n) return zeroMoney(gross.currency);
  return money((gross.amount * net + total.amount - 1n) / total.amount, gross.currency);
}

/**
 * Takes an amount from lines, each up to what it holds, in their order; by `wanted` first, where it is given. What no line
 * holds is taken from none.
 */
export function takeFrom(
  amount: Money,
  lines: readonly { readonly key: string; readonly holds: Money; readonly wanted?: Money }[],
): ReadonlyMap<string, Money> {
  const taken = new Map<string, Money>();
  let open = amount;
  const take = (key: string, upTo: Money): void => {
    const part = minMoney(open, upTo);
    if (part.amount <= 0n) return;
    open = subtractMoney(open, part);
    taken.set(key, addMoney(taken.get(key) ?? zeroMoney(part.currency), part));
  };
  for (const { key, holds, wanted } of lines) if (wanted !== undefined) take(key, minMoney(wanted, holds));
  for (const { key, holds } of lines)
    take(key, subtractMoney(holds, taken.get(key) ?? zeroMoney(holds.currency)));
  return taken;
}
