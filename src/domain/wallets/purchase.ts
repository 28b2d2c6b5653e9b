import { Rate, ZERO } from '../rate.js';
import { QUOTIENT_PLACES } from './conversion.js';

/** A purchase of credits, its bonus included, and what has become of it. */
export interface Purchase {
  /** Credits that came with it. */
  readonly credits: Rate;
  /** How many of them have been taken back so far. */
  readonly takenBack: Rate;
  /** How many of them are neither spent nor expired nor taken back. */
  readonly unspent: Rate;
  /** What is paid of its price and was not given back, and the price: in one minor unit. */
  readonly paid: bigint;
  readonly price: bigint;
}

export interface PurchaseChange {
  /** Credits to take back now; never more than are unspent. */
  readonly take: Rate;
  /** Credits that would have to be taken back, and are spent or have expired. */
  readonly missing: Rate;
  /** Credits to give once more: money that had gone back is there again. */
  readonly give: Rate;
}

/**
 * Law B5: a purchase leaves as large a part of its credits as of its price is paid. What has gone back in money goes back in
 * credits, as far as they are unspent.
 */
export function changeOfPurchase({ credits, takenBack, unspent, paid, price }: Purchase): PurchaseChange {
  const gone = price <= 0n || paid >= price ? 0n : price - (paid < 0n ? 0n : paid);
  const due =
    gone === 0n
      ? ZERO
      : credits
          .times(gone.toString())
          .div(price.toString())
          .toDecimalPlaces(QUOTIENT_PLACES, Rate.ROUND_HALF_UP);
  if (due.lessThan(takenBack)) return { take: ZERO, missing: ZERO, give: takenBack.minus(due) };
  const wanted = due.minus(takenBack);
  const take = Rate.min(wanted, unspent);
  return { take, missing: wanted.minus(take), give: ZERO };
}
