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
  /** What was paid once and has been given back. */
  readonly givenBack: boolean;
  /** Its time is over: what is left is kept for the bills of what was used before. */
  readonly held: boolean;
}

/**
 * The parts of a wallet that pay for different things: what is held, for usage; what was bought or granted, for what the
 * wallet is set to; what was given back, for anything, tax included.
 */
export const PURSES = ['held', 'allowed', 'given_back'] as const;
export type Purse = (typeof PURSES)[number];

export const purseOf = (credit: Pick<Credit, 'givenBack' | 'held'>): Purse =>
  credit.held ? 'held' : credit.givenBack ? 'given_back' : 'allowed';

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

/** `usedFrom`: of a bill, when what it is for began to be used; what is held for that pays it too. Null: no bill. */
function isSpendable(credit: Credit, asOf: Date, usedFrom: Date | null): boolean {
  const { available, expiresAt, effectiveFrom, held } = credit;
  if (!available.greaterThan(0)) return false;
  if (effectiveFrom !== null && effectiveFrom.getTime() > asOf.getTime()) return false;
  const until = held ? usedFrom : asOf;
  return until !== null && (expiresAt === null || expiresAt.getTime() > until.getTime());
}

/** In the order in which they are spent: lowest priority, then earliest expiry, then the biggest; the older where all that is equal. */
export const spendable = (credits: readonly Credit[], asOf: Date, usedFrom: Date | null = null): Credit[] =>
  inOrder(credits.filter((credit) => isSpendable(credit, asOf, usedFrom)));

export const spendableTotal = (credits: readonly Credit[], asOf: Date): Rate =>
  sumOfCredits(spendable(credits, asOf));

/** What each purse has to spend. */
export const spendableByPurse = (
  credits: readonly Credit[],
  asOf: Date,
  usedFrom: Date | null,
): ReadonlyMap<Purse, Rate> => {
  const all = spendable(credits, asOf, usedFrom);
  return new Map(
    PURSES.map((purse) => [purse, sumOfCredits(all.filter((one) => purseOf(one) === purse))] as const),
  );
};

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

/** The same, of each purse so much: one debit. */
export function debitPurses(
  ledger: Ledger,
  wanted: ReadonlyMap<Purse, Rate>,
  asOf: Date,
  usedFrom: Date | null,
): Debit | undefined {
  let done: Debit = { ledger, slices: [] };
  for (const [purse, credits] of wanted) {
    const from = spendable(done.ledger.credits, asOf, usedFrom).filter((one) => purseOf(one) === purse);
    const next = take(done.ledger, from, credits);
    if (next === undefined) return undefined;
    done = { ledger: next.ledger, slices: [...done.slices, ...next.slices] };
  }
  return done;
}

/**
 * Takes so much of these credits, in that order and whatever their time; all that is left when `wanted` is left out. Undefined
 * when that is nothing, or less.
 */
export function takeOf(ledger: Ledger, keys: readonly string[], wanted?: Rate): Debit | undefined {
  const own = keys.flatMap((key) =>
    ledger.credits.filter((one) => one.key === key && one.available.greaterThan(0)),
  );
  return own.length === 0 ? undefined : take(ledger, own, wanted ?? sumOfCredits(own));
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
