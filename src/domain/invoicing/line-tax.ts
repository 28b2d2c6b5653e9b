import {
  addMoney,
  allocateMoney,
  floorAtZero,
  money,
  subtractMoney,
  sumMoney,
  type Money,
} from '../money.js';

/** A line as far as taxes are concerned. */
export interface TaxedLine {
  readonly key: string;
  /** After its discounts. */
  readonly net: Money;
  /** Of a settled figure, which the invoice's taxes are not levied on; null for a charge. */
  readonly ownTax: Money | null;
}

/** What a tax comes to, by its place among the invoice's. */
export interface LineTax {
  readonly taxKey: string;
  readonly amount: Money;
}

/**
 * What of an invoice's taxes stands on each of its lines: every tax is shared out over the charges in proportion to their net
 * amounts, by largest remainder, so that the shares add up to it.
 */
export function taxesByLine(
  lines: readonly TaxedLine[],
  taxes: readonly LineTax[],
): ReadonlyMap<string, readonly LineTax[]> {
  const charges = lines.filter(({ ownTax }) => ownTax === null);
  const weights = charges.map(({ net }) => floorAtZero(net).amount);
  const levied = weights.some((weight) => weight > 0n);
  const shares = taxes.map(({ amount }) => (levied ? allocateMoney(amount, weights) : []));
  return new Map(
    charges.map(({ key }, index) => [
      key,
      taxes.flatMap(({ taxKey }, n) => {
        const amount = shares[n]?.[index];
        return amount === undefined || amount.amount === 0n ? [] : [{ taxKey, amount }];
      }),
    ]),
  );
}

/** A line that something is given back of. */
export interface CreditedLine {
  readonly net: Money;
  readonly taxes: readonly LineTax[];
  /** Given back of it before, and the tax that went back with that. */
  readonly credited: { readonly net: Money; readonly tax: Money };
}

/**
 * The tax that goes back with a part of a line's net amount: its share, so that after any number of parts what has gone back is
 * the share of all of them together, and all of it when all of the line is given back. Never more than was levied.
 */
export function taxOfCredit(net: Money, line: CreditedLine): LineTax[] {
  const levied = sumMoney(
    line.taxes.map(({ amount }) => amount),
    net.currency,
  );
  const given = addMoney(line.credited.net, net);
  const share =
    given.amount >= line.net.amount || line.net.amount <= 0n
      ? levied
      : money((2n * levied.amount * given.amount + line.net.amount) / (2n * line.net.amount), net.currency);
  const tax = floorAtZero(subtractMoney(share, line.credited.tax));
  if (net.amount <= 0n || tax.amount === 0n) return [];
  const parts = allocateMoney(
    tax,
    line.taxes.map(({ amount }) => floorAtZero(amount).amount),
  );
  return line.taxes.flatMap(({ taxKey }, index) => {
    const amount = parts[index] as Money;
    return amount.amount === 0n ? [] : [{ taxKey, amount }];
  });
}
