/**
 * What lowers what is owed of an invoice without being money, or raises it:
 * - `CUSTOMER_BALANCE`: the provider has used credit of the customer that it keeps.
 * - `CREDIT_NOTE`: of the provider; before the payment it lowers what is owed, after it money goes back.
 * - `CARRIED_OVER`: too little to charge; the provider asks for it with the next invoice.
 * - `OUT_OF_BAND`: somebody has marked it paid there.
 * - `WRITE_OFF`: given up there, and carried over.
 * - `REVISION`: it was edited there, and asks for another amount. `TAX`: the provider has put tax on it.
 * - `OTHER`: the provider asks for less than its total, and says nothing that explains it.
 */
export const ADJUSTMENT_KINDS = [
  'CUSTOMER_BALANCE',
  'CREDIT_NOTE',
  'CARRIED_OVER',
  'OUT_OF_BAND',
  'WRITE_OFF',
  'REVISION',
  'TAX',
  'OTHER',
] as const;
export type AdjustmentKind = (typeof ADJUSTMENT_KINDS)[number];

/** `RELEASED`: it does not count any more (a note that was voided, a balance that was given back), and never will again. */
export type AdjustmentStatus = 'ACTIVE' | 'RELEASED';

export interface AdjustmentState {
  /** Minor units; positive lowers what is owed. */
  readonly amount: bigint;
  readonly status: AdjustmentStatus;
}

export interface ToldAdjustment {
  readonly amount: bigint;
  readonly released: boolean;
  /** The provider works it out anew each time: the latest word stands. */
  readonly varies: boolean;
}

/**
 * What is known of an adjustment after the provider's word on it, which may be late, repeated or out of order. What is
 * booked keeps its amount, and what was released stays so, whichever is told first. Nothing takes off more than is there:
 * what both sides have credited at once is credited once.
 *
 * @param most what can be taken off still, minor units: what is owed, for a mark that settles it; else what the invoice
 *   asks for in all, after what has been taken off
 */
export function takeAdjustment(
  known: AdjustmentState | undefined,
  told: ToldAdjustment,
  most: bigint,
): AdjustmentState {
  const status = told.released || known?.status === 'RELEASED' ? 'RELEASED' : 'ACTIVE';
  if (known !== undefined && !told.varies) return { amount: known.amount, status };
  const limit = most < 0n ? 0n : most;
  return { amount: told.amount > limit ? limit : told.amount, status };
}

/**
 * How much of each payment is for an invoice itself, where the provider has collected more with it: debts that were
 * carried over to it, which are paid last. In the order of the payments; the parts add up to no more than `own`.
 */
export function shareOf(payments: readonly bigint[], own: bigint): bigint[] {
  let left = own;
  return payments.map((amount) => {
    const part = amount < left ? amount : left > 0n ? left : 0n;
    left -= part;
    return part;
  });
}

/** What a lost dispute has taken of a payment: the banks name the whole, also where a part went back before. */
export const takenByDispute = (payment: bigint, goneOtherwise: bigint, disputed: bigint): bigint => {
  const left = payment > goneOtherwise ? payment - goneOtherwise : 0n;
  return disputed < left ? disputed : left;
};
