import {
  addMoney,
  floorAtZero,
  isZeroMoney,
  minMoney,
  subtractMoney,
  sumMoney,
  truncateToMoney,
  type Money,
} from '../money.js';
import type { Rate } from '../rate.js';
import {
  discountedAmount,
  netOfDiscounts,
  withTotals,
  type AppliedCredit,
  type DraftInvoice,
  type DraftLine,
} from './draft-invoice.js';

/** Money that the customer has prepaid and that may be spent on this invoice. */
export interface CreditBalance {
  readonly key: string;
  /** Exact amount in major units of the invoice's currency; may hold a fraction of a minor unit, which stays where it is. */
  readonly amount: Rate;
}

/** The order in which balances are spent: the biggest first, equal ones as they came. */
export const biggestFirst = (balances: readonly CreditBalance[]): CreditBalance[] =>
  [...balances].sort((a, b) => b.amount.comparedTo(a.amount));

/**
 * The third step: usage lines, in order, are paid from the balances, in order, for what their discounts leave. Every slice is
 * whole minor units and within its balance; together they never exceed subtotal − discounts. Taxes do not change it, so
 * it may also come after them. RangeError when credits were applied before.
 */
export function applyCredits(draft: DraftInvoice, balances: readonly CreditBalance[]): DraftInvoice {
  if (draft.credits.length > 0) throw new RangeError('credits are applied once');
  const purses = balances.map((balance) => ({
    key: balance.key,
    left: floorAtZero(truncateToMoney(balance.amount, draft.currency)),
  }));
  const credits: AppliedCredit[] = [];
  let payable = netOfDiscounts(draft);
  const lines = draft.lines.map((line): DraftLine => {
    if (line.priceType !== 'USAGE') return line;
    let open = minMoney(discountedAmount(line), payable);
    const slices: Money[] = [];
    for (const purse of purses) {
      const amount = minMoney(open, purse.left);
      if (isZeroMoney(amount)) continue;
      purse.left = subtractMoney(purse.left, amount);
      open = subtractMoney(open, amount);
      slices.push(amount);
      credits.push({ balanceKey: purse.key, lineKey: line.key, amount });
    }
    const paid = sumMoney(slices, draft.currency);
    payable = subtractMoney(payable, paid);
    return { ...line, prepaidCreditsApplied: addMoney(line.prepaidCreditsApplied, paid) };
  });
  return withTotals({ ...draft, lines, credits });
}
