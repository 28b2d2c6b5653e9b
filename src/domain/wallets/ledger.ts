import { ZERO, type Rate } from '../rate.js';

/**
 * The law of a wallet: every movement is a transaction, a debit is made of slices of credits, and at every moment the balance is
 * the sum of all transactions and the sum of what is left of the credits. It is never negative. Source: wire contract, wallet debits.
 */
export interface Credit {
  readonly key: string;
  /** What is left of it. */
  readonly available: Rate;
  /** Lower is spent first; null after every number. */
  readonly priority: number | null;
  /** From here on it is not spent any more; null: never. */
  readonly expiresAt: Date | null;
  /** Before this it is not spent yet; null: from the beginning. What is granted for a period does not pay for the one before. */
  readonly effectiveFrom: Date | null;
}

/** What a debit takes of one credit. */
export interface Slice {
  readonly key: string;
  readonly credits: Rate;
}

export interface Ledger {
  readonly balance: Rate;
  readonly credits: readonly Credit[];
}

export interface Debit {
  readonly ledger: Ledger;
  readonly slices: readonly Slice[];
}

export const EMPTY_LEDGER: Ledger = { balance: ZERO, credits: [] };

/** The sum of what is left, expired or not. Equals the balance. */
export const sumOfCredits = (credits: readonly Pick<Credit, 'available'>[]): Rate =>
  credits.reduce((sum, credit) => sum.plus(credit.available), ZERO);

const isSpendable = (credit: Credit, asOf: Date): boolean =>
  credit.available.greaterThan(0) &&
  (credit.expiresAt === null || credit.expiresAt.getTime() > asOf.getTime()) &&
  (credit.effectiveFrom === null || credit.effectiveFrom.getTime() <= asOf.getTime());

/** In the order in which they are spent: lowest priority, then earliest expiry, then the biggest; the older where all that is equal. */
export const spendable = (credits: readonly Credit[], asOf: Date): Credit[] =>
  inOrder(credits.filter((credit) => isSpendable(credit, asOf)));

export const spendableTotal = (credits: readonly Credit[], asOf: Date): Rate =>
  sumOfCredits(credits.filter((credit) => isSpendable(credit, asOf)));

function inOrder(credits: readonly Credit[]): Credit[] {
  const last = Number.POSITIVE_INFINITY;
  const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
  return [...credits].sort(
    (a, b) =>
      compare(a.priority ?? last, b.priority ?? last) ||
      compare(a.expiresAt?.getTime() ?? last, b.expiresAt?.getTime() ?? last) ||
      b.available.comparedTo(a.available) ||
      (a.key < b.key ? -1 : 1),
  );
}

/** Books a credit. RangeError unless it is more than nothing and its key is new. */
export function credit(ledger: Ledger, added: Credit): Ledger {
  if (!added.available.greaterThan(0)) throw new RangeError('a credit must be more than nothing');
  if (ledger.credits.some((one) => one.key === added.key))
    throw new RangeError('the credit is booked already');
  return { balance: ledger.balance.plus(added.available), credits: [...ledger.credits, added] };
}

/** Takes credits that can be spent at that instant. Undefined when there are not enough: a debit is whole or not at all. */
export function debit(ledger: Ledger, wanted: Rate, asOf: Date): Debit | undefined {
  return take(ledger, spendable(ledger.credits, asOf), wanted);
}

/** Takes what is left of one credit, its time being over; undefined when nothing is. */
export function expire(ledger: Ledger, key: string): Debit | undefined {
  const over = ledger.credits.filter((one) => one.key === key && one.available.greaterThan(0));
  return over.length === 0 ? undefined : take(ledger, over, sumOfCredits(over));
}

/** Takes everything, whatever its time: the end of a wallet. Undefined when nothing is there. */
export function empty(ledger: Ledger): Debit | undefined {
  const all = ledger.credits.filter((one) => one.available.greaterThan(0));
  return all.length === 0 ? undefined : take(ledger, inOrder(all), sumOfCredits(all));
}

function take(ledger: Ledger, from: readonly Credit[], wanted: Rate): Debit | undefined {
  if (!wanted.greaterThan(0)) throw new RangeError('a debit must be more than nothing');
  const slices: Slice[] = [];
  let open = wanted;
  for (const { key, available } of from) {
    if (open.isZero()) break;
    const credits = available.lessThan(open) ? available : open;
    slices.push({ key, credits });
    open = open.minus(credits);
  }
  if (!open.isZero()) return undefined;
  const taken = new Map(slices.map((slice) => [slice.key, slice.credits]));
  return {
    ledger: {
      balance: ledger.balance.minus(wanted),
      credits: ledger.credits.map((one) => ({
        ...one,
        available: one.available.minus(taken.get(one.key) ?? ZERO),
      })),
    },
    slices,
  };
}
