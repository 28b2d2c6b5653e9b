import {
  addMoney,
  floorAtZero,
  isZeroMoney,
  minMoney,
  subtractMoney,
  sumMoney,
  truncateToMoney,
  zeroMoney,
  type Money,
} from '../money.js';
import type { Rate } from '../rate.js';
import type { PriceType } from '../rating/price-kinds.js';
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
  /** What kinds of lines it pays. */
  readonly priceTypes: readonly PriceType[];
  /** Whether it pays the tax of the invoice as well. */
  readonly paysTax: boolean;
}

/** The order in which balances are spent: the biggest first, equal ones as they came. */
export const biggestFirst = (balances: readonly CreditBalance[]): CreditBalance[] =>
  [...balances].sort((a, b) => b.amount.comparedTo(a.amount));

/**
 * The last step: lines, in order, are paid from the balances that may pay them, in order, for what their discounts leave; then
 * the tax, from those that may pay that. Every slice is whole minor units and within its balance; together they never exceed
 * what the invoice comes to. Credits are a way to pay: they lower no tax. RangeError when credits were applied before.
 */
export function applyCredits(draft: DraftInvoice, balances: readonly CreditBalance[]): DraftInvoice {
  if (draft.credits.length > 0) throw new RangeError('credits are applied once');
  const purses = balances.map((balance) => ({
    ...balance,
    left: floorAtZero(truncateToMoney(balance.amount, draft.currency)),
  }));
  const credits: AppliedCredit[] = [];
  const pay = (owed: Money, lineKey: string | null, mayPay: (balance: CreditBalance) => boolean): Money => {
    let open = owed;
    for (const purse of purses) {
      const amount = mayPay(purse) ? minMoney(open, purse.left) : zeroMoney(draft.currency);
      if (isZeroMoney(amount)) continue;
      purse.left = subtractMoney(purse.left, amount);
      open = subtractMoney(open, amount);
      credits.push({ balanceKey: purse.key, lineKey, amount });
    }
    return subtractMoney(owed, open);
  };
  // What is given back on the invoice pays lines of it too.
  let payable = minMoney(netOfDiscounts(draft), draft.total);
  const lines = draft.lines.map((line): DraftLine => {
    const { priceType } = line;
    const paid = pay(minMoney(discountedAmount(line), payable), line.key, (one) =>
      one.priceTypes.includes(priceType),
    );
    payable = subtractMoney(payable, paid);
    return { ...line, prepaidCreditsApplied: addMoney(line.prepaidCreditsApplied, paid) };
  });
  const paidLines = sumMoney(
    credits.map(({ amount }) => amount),
    draft.currency,
  );
  pay(
    minMoney(floorAtZero(draft.totalTax), subtractMoney(draft.total, paidLines)),
    null,
    ({ paysTax }) => paysTax,
  );
  return withTotals({ ...draft, lines, credits });
}
