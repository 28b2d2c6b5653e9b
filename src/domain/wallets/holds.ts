import { minMoney, subtractMoney, truncateToMoney, type Money } from '../money.js';
import { ZERO, type Rate } from '../rate.js';
import { amountOfCredits, creditsForMoney } from './conversion.js';
import { debitPurses, PURSES, spendableByPurse, sumOfCredits, type Credit, type Purse } from './ledger.js';
import { pursePays, type WalletPriceType } from './wallet-kinds.js';

/** A PRE_PAID wallet as it is when some of its credits expire. */
export interface HoldingWallet {
  readonly conversionRate: Rate;
  readonly allowedPriceTypes: readonly WalletPriceType[];
  readonly credits: readonly Credit[];
}

/**
 * Law B6: what a bill of all that was used until `at` would take of each credit, if it were made in the last instant before.
 * `usedFrom`: when the use began.
 */
export function heldForUse(
  { conversionRate, allowedPriceTypes, credits }: HoldingWallet,
  used: Money,
  at: Date,
  usedFrom: Date,
): ReadonlyMap<string, Rate> {
  const asOf = new Date(at.getTime() - 1);
  const available = spendableByPurse(credits, asOf, usedFrom);
  const wanted = new Map<Purse, Rate>();
  let open = used;
  for (const purse of PURSES) {
    if (!pursePays(purse, allowedPriceTypes).priceTypes.includes('USAGE')) continue;
    const own = available.get(purse) ?? ZERO;
    const amount = minMoney(open, truncateToMoney(amountOfCredits(own, conversionRate), used.currency));
    if (amount.amount <= 0n) continue;
    open = subtractMoney(open, amount);
    wanted.set(purse, creditsForMoney(amount, conversionRate, own));
  }
  const taken = debitPurses({ balance: sumOfCredits(credits), credits }, wanted, asOf, usedFrom);
  return new Map(taken?.slices.map((slice) => [slice.key, slice.credits]));
}
