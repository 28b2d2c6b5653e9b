import fc from 'fast-check';
import type { HistoryPrice } from './history.js';
import { priceOf } from './oracle.js';
import {
  atLeastNone,
  compare,
  decimal,
  minus,
  nearest,
  NONE,
  plus,
  ratio,
  times,
  type Rational,
} from './rational.js';

/**
 * Histories in which something changes while a subscription runs: its plan's prices are edited, with and without a sync that
 * lets them reach it, and it is paused; every bill has a coupon and a tax. In dollars, monthly with the calendar, from the
 * begin of a month on. What each bill must come to is worked out from the published rules alone.
 */
export interface ChangedHistory {
  readonly months: number;
  readonly usage: HistoryPrice;
  /** Summed up. */
  readonly events: readonly { readonly at: number; readonly quantity: number }[];
  readonly advance: string;
  readonly arrear: string;
  readonly edits: readonly Edit[];
  readonly pauses: readonly { readonly from: number; readonly until: number }[];
  /** Percent of every bill. */
  readonly coupon: number;
  readonly tax: number;
}

/** All three prices become so much dearer, in percent; with a sync the subscription takes what the plan has then. */
export interface Edit {
  readonly at: number;
  readonly percent: number;
  readonly synced: boolean;
}

/** In cents. */
export interface ChangedBill {
  readonly subtotal: string;
  readonly discount: string;
  readonly tax: string;
  readonly total: string;
}

export const CHANGES_BEGIN = Date.UTC(2031, 0, 1);
const monthStart = (month: number): number => Date.UTC(2031, month, 1);

/** The price with every amount so many percent of it: hundredths of what it was, exactly. */
export const scaledPrice = (price: HistoryPrice, percent: number): HistoryPrice => {
  const scaled = (amount: string): string => scaledAmount(amount, percent);
  return price.model === 'TIERED'
    ? {
        ...price,
        tiers: price.tiers.map((tier) => ({
          ...tier,
          unitAmount: scaled(tier.unitAmount),
          flatAmount: scaled(tier.flatAmount),
        })),
      }
    : { ...price, amount: scaled(price.amount) };
};

/** Of an amount with at most two decimal places. */
export function scaledAmount(amount: string, percent: number): string {
  const digits = String(Math.round(Number(amount) * 100) * percent).padStart(5, '0');
  return `${digits.slice(0, -4)}.${digits.slice(-4)}`.replace(/\.?0+$/, '');
}

interface Stretch {
  readonly from: number;
  readonly until: number;
  readonly percent: number;
}

/** When the subscription has which prices: what the plan has is taken with a sync, and not before. */
function versions({ edits }: ChangedHistory): Stretch[] {
  const found: Stretch[] = [];
  let [from, percent] = [CHANGES_BEGIN, 100];
  for (const edit of edits) {
    if (!edit.synced) continue;
    found.push({ from, until: edit.at, percent });
    [from, percent] = [edit.at, edit.percent];
  }
  return [...found, { from, until: Infinity, percent }];
}

function clipped(stretches: readonly Stretch[], begin: number, end: number): Stretch[] {
  return stretches.flatMap((one) => {
    const [from, until] = [Math.max(one.from, begin), Math.min(one.until, end)];
    return from < until ? [{ ...one, from, until }] : [];
  });
}

function unpaused(stretches: readonly Stretch[], pauses: ChangedHistory['pauses']): Stretch[] {
  return pauses.reduce<Stretch[]>(
    (left, pause) =>
      left.flatMap((one) => [
        ...clipped([one], -Infinity, pause.from),
        ...clipped([one], pause.until, Infinity),
      ]),
    [...stretches],
  );
}

/** Each stretch prices the units from where the one before ended. */
function usageOf(history: ChangedHistory, stretches: readonly Stretch[]): Rational {
  let [used, cost] = [NONE, NONE];
  for (const { from, until, percent } of stretches) {
    const price = scaledPrice(history.usage, percent);
    const before = used;
    for (const { at, quantity } of history.events)
      if (at >= from && at < until) used = plus(used, ratio(BigInt(quantity)));
    cost = plus(cost, minus(priceOf(price, used), priceOf(price, before)));
  }
  return atLeastNone(cost);
}

const share = (part: number, month: number): Rational =>
  ratio(BigInt(part), BigInt(monthStart(month + 1) - monthStart(month)));

const cents = (exact: Rational): bigint => nearest(times(exact, ratio(100n)));

/** What is charged at which instant, in cents. */
function charges(history: ChangedHistory): Map<number, bigint> {
  const found = new Map<number, bigint>();
  const charge = (at: number, amount: bigint): void => {
    found.set(at, (found.get(at) ?? 0n) + amount);
  };
  const all = versions(history);
  for (let month = 0; month < history.months; month += 1) {
    const [begin, end] = [monthStart(month), monthStart(month + 1)];
    const whole = clipped(all, begin, end);
    const served = unpaused(whole, history.pauses);
    // A pause makes nothing dearer.
    const [paused, steady] = [usageOf(history, served), usageOf(history, whole)];
    charge(end, cents(compare(steady, paused) < 0 ? steady : paused));
    const arrear = served.reduce(
      (sum, { from, until, percent }) =>
        plus(sum, times(decimal(scaledAmount(history.arrear, percent)), share(until - from, month))),
      NONE,
    );
    charge(end, cents(arrear));
  }
  for (let month = 0; month <= history.months; month += 1) {
    const [begin, end] = [monthStart(month), monthStart(month + 1)];
    const pause = history.pauses.find(({ from, until }) => from < begin && until > begin);
    const from = pause?.until ?? begin;
    // What begins in a pause is charged from its end, at the price of that instant; what is paid stays paid.
    if (from >= end || from > monthStart(history.months)) continue;
    const { percent } = all.find((one) => from >= one.from && from < one.until)!;
    charge(from, cents(times(decimal(scaledAmount(history.advance, percent)), share(end - from, month))));
  }
  return found;
}

/** Bills that come to something, in the order of time, until the last month's end. */
export function changedBills(history: ChangedHistory): ChangedBill[] {
  const percentOf = (percent: number, of: bigint): bigint => nearest(ratio(BigInt(percent) * of, 100n));
  return [...charges(history)]
    .sort(([a], [b]) => a - b)
    .filter(([, subtotal]) => subtotal > 0n)
    .map(([, subtotal]) => {
      const discount = percentOf(history.coupon, subtotal);
      const tax = percentOf(history.tax, subtotal - discount);
      return {
        subtotal: String(subtotal),
        discount: String(discount),
        tax: String(tax),
        total: String(subtotal - discount + tax),
      };
    });
}

const amounts = fc.integer({ min: 0, max: 4_000 }).map((minor) => String(minor / 100));
const tiers = fc
  .tuple(fc.constantFrom(2, 5, 10), fc.array(fc.tuple(amounts, amounts), { minLength: 2, maxLength: 2 }))
  .map(([bound, given]) =>
    given.map(([unitAmount, flatAmount], index) => ({
      upTo: index === 0 ? bound : null,
      unitAmount,
      flatAmount,
    })),
  );
const prices: fc.Arbitrary<HistoryPrice> = fc.oneof(
  amounts.map((amount): HistoryPrice => ({ model: 'FLAT_FEE', amount })),
  fc
    .tuple(amounts, fc.constantFrom(3, 10), fc.constantFrom('up' as const, 'down' as const))
    .map(([amount, divideBy, round]): HistoryPrice => ({ model: 'PACKAGE', amount, divideBy, round })),
  fc
    .tuple(fc.constantFrom('SLAB' as const, 'VOLUME' as const), tiers)
    .map(([mode, given]): HistoryPrice => ({ model: 'TIERED', mode, tiers: given })),
);

export const changedHistories: fc.Arbitrary<ChangedHistory> = fc
  .record({
    months: fc.integer({ min: 1, max: 3 }),
    usage: prices,
    events: fc.array(fc.tuple(fc.nat(999), fc.integer({ min: 1, max: 12 })), { maxLength: 8 }),
    advance: amounts,
    arrear: amounts,
    edits: fc.array(
      fc.record({ at: fc.nat(999), percent: fc.constantFrom(50, 100, 133, 250), synced: fc.boolean() }),
      { maxLength: 3 },
    ),
    pauses: fc.uniqueArray(fc.nat(999), { minLength: 4, maxLength: 4 }),
    paused: fc.nat(2),
    coupon: fc.constantFrom(0, 15, 33, 50),
    tax: fc.constantFrom(0, 7, 19),
  })
  .map(({ events, edits, pauses, paused, ...history }) => {
    // An instant of the history, never on the begin of a month: which of two comes first there is told elsewhere.
    const instant = (n: number, off: number): number =>
      CHANGES_BEGIN + Math.floor(((monthStart(history.months) - CHANGES_BEGIN) * (n + 1)) / 1_002) + off;
    const ends = pauses.sort((a, b) => a - b).map((n) => instant(n, 7));
    return {
      ...history,
      events: events.map(([n, quantity]) => ({ at: instant(n, 0), quantity })),
      edits: edits
        .map((edit) => ({ ...edit, at: instant(edit.at, 3) }))
        .filter(({ at }, index, all) => all.findIndex((one) => one.at === at) === index)
        .sort((a, b) => a.at - b.at),
      pauses: [
        { from: ends[0]!, until: ends[1]! },
        { from: ends[2]!, until: ends[3]! },
      ].slice(0, paused),
    };
  });
