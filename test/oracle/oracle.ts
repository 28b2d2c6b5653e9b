import {
  atLeastNone,
  ceiling,
  compare,
  decimal,
  decimalText,
  floor,
  minus,
  nearest,
  NONE,
  over,
  plus,
  ratio,
  smaller,
  sumOf,
  times,
  type Rational,
} from './rational.js';
import type {
  Figures,
  FixedLine,
  History,
  HistoryCoupon,
  HistoryPrice,
  HistoryQuota,
  HistoryTier,
  InvoiceFigures,
  LineFigures,
  UsageLine,
} from './history.js';

/**
 * What a history must be billed, worked out a second time: from the published rules alone, in exact fractions, without a
 * line of the engine's code. It is slow and plain on purpose. Where the two disagree, one of them has a bug.
 */
export function oracle(history: History): Figures {
  const places = PLACES[history.currency];
  if (places === undefined) throw new RangeError(`the oracle does not know ${history.currency}`);
  const minor = 10n ** BigInt(places);
  const balances = history.wallets.map(decimal);
  const invoices: InvoiceFigures[] = [];
  for (let month = 0; month <= history.months; month += 1)
    invoices.push(bill(history, chargesAt(history, month, minor), balances, minor));
  return { invoices, walletsLeft: balances.map(decimalText) };
}

const PLACES: Readonly<Record<string, number>> = { usd: 2, eur: 2, jpy: 0, ugx: 0, kwd: 3, bhd: 3, clf: 4 };

// --- time: month k lies between boundaries k - 1 and k, counted from the start

const boundary = (history: History, index: number): number => monthsLater(history, index);

function monthsLater(history: History, months: number): number {
  const start = new Date(history.start);
  return Date.UTC(
    start.getUTCFullYear(),
    start.getUTCMonth() + months,
    start.getUTCDate(),
    start.getUTCHours(),
    start.getUTCMinutes(),
    start.getUTCSeconds(),
    start.getUTCMilliseconds(),
  );
}

// --- what is charged at a moment, each line rounded once

interface Charge {
  readonly key: string;
  readonly usage: boolean;
  readonly coupons: readonly HistoryCoupon[];
  readonly quantity: Rational;
  readonly free: Rational;
  /** Minor units. */
  readonly amount: bigint;
}

function chargesAt(history: History, moment: number, minor: bigint): Charge[] {
  const charges: Charge[] = [];
  for (const line of history.lines) {
    const { key, coupons } = line;
    const inAdvance = line.kind === 'fixed' && line.cadence === 'ADVANCE';
    const month = inAdvance ? moment + 1 : moment;
    if (month < 1 || month > history.months) continue;
    if (line.kind === 'fixed') {
      const share = presence(history, line, month);
      if (share.n === 0n) continue;
      const quantity = decimal(line.quantity ?? String(line.minQuantity ?? 1));
      const exact = times(priceOf(line.price, quantity), share);
      charges.push({ key, usage: false, coupons, quantity, free: NONE, amount: toMinor(exact, minor) });
    } else charges.push({ key, usage: true, coupons, ...usageCharge(history, line, month, minor) });
  }
  return charges;
}

function presence(history: History, line: FixedLine, month: number): Rational {
  const begin = boundary(history, month - 1);
  const end = boundary(history, month);
  const from = line.from === null ? begin : Math.max(begin, Date.parse(line.from));
  const until = line.until === null ? end : Math.min(end, Date.parse(line.until));
  return ratio(BigInt(Math.max(0, until - from)), BigInt(end - begin));
}

function usageCharge(
  history: History,
  line: UsageLine,
  month: number,
  minor: bigint,
): { quantity: Rational; free: Rational; amount: bigint } {
  const begin = boundary(history, month - 1);
  const end = boundary(history, month);
  if (line.bucket === 'DAY') {
    const buckets = new Map<string, Rational>();
    for (const event of line.events) {
      const at = Date.parse(event.at);
      if (at < begin || at >= end) continue;
      const bucket = `${new Date(at).toISOString().slice(0, 10)} ${event.group}`;
      buckets.set(bucket, plus(buckets.get(bucket) ?? NONE, decimal(event.quantity)));
    }
    const billable = [...buckets.values()].map(atLeastNone);
    return {
      quantity: sumOf(billable),
      free: NONE,
      amount: toMinor(sumOf(billable.map((quantity) => priceOf(line.price, quantity))), minor),
    };
  }
  const used = atLeastNone(usedBetween(line, begin, end));
  const quantity = line.quota === null ? used : beyondQuota(history, line, line.quota, begin, end, used);
  return { quantity, free: minus(used, quantity), amount: toMinor(priceOf(line.price, quantity), minor) };
}

const usedBetween = (line: UsageLine, begin: number, end: number): Rational =>
  sumOf(
    line.events
      .filter(({ at }) => Date.parse(at) >= begin && Date.parse(at) < end)
      .map(({ quantity }) => decimal(quantity)),
  );

function beyondQuota(
  history: History,
  line: UsageLine,
  quota: HistoryQuota,
  begin: number,
  end: number,
  used: Rational,
): Rational {
  const sources = quota.sources.filter(({ enabled }) => enabled);
  if (sources.some(({ limit }) => limit === null)) return NONE;
  const limit = sumOf(sources.map((source) => ratio(BigInt(source.limit ?? 0))));
  if (sources.length === 0) return used;
  const beyond = (from: number, until: number): Rational =>
    atLeastNone(minus(usedBetween(line, from, until), limit));
  // what goes beyond in a window that is older than the month was charged with the month it happened in
  return sumOf(
    windows(history, quota.reset, begin, end).map(({ from, until }) =>
      minus(beyond(from, Math.min(until, end)), beyond(from, Math.max(from, begin))),
    ),
  );
}

const DAY = 86_400_000;
const MONTHS: Readonly<Record<string, number>> = { MONTHLY: 1, QUARTERLY: 3, ANNUAL: 12 };

/** The windows of a quota that overlap a month, in full. */
function windows(
  history: History,
  reset: HistoryQuota['reset'],
  begin: number,
  end: number,
): { from: number; until: number }[] {
  const start = Date.parse(history.start);
  const all: { from: number; until: number }[] = [];
  if (reset === 'NEVER') return [{ from: start, until: end }];
  let from = reset === 'DAILY' ? Math.floor(start / DAY) * DAY : start;
  for (let index = 1; from < end; index += 1) {
    const until =
      reset === 'DAILY'
        ? from + DAY
        : reset === 'WEEKLY'
          ? from + 7 * DAY
          : monthsLater(history, index * (MONTHS[reset] ?? 0));
    // what happened before the subscription began spends nothing
    if (until > begin) all.push({ from: Math.max(from, start), until });
    from = until;
  }
  return all;
}

// --- prices, exact

export function priceOf(price: HistoryPrice, quantity: Rational): Rational {
  if (quantity.n === 0n) return NONE;
  switch (price.model) {
    case 'FLAT_FEE':
      return times(decimal(price.amount), quantity);
    case 'PACKAGE': {
      const packages = over(quantity, ratio(BigInt(price.divideBy)));
      return times(
        decimal(price.amount),
        ratio(price.round === 'down' ? floor(packages) : ceiling(packages)),
      );
    }
    case 'TIERED':
      return price.mode === 'VOLUME' ? volume(price.tiers, quantity) : graduated(price.tiers, quantity);
  }
}

const inOrder = (tiers: readonly HistoryTier[]): HistoryTier[] =>
  [...tiers].sort((a, b) => (a.upTo ?? Infinity) - (b.upTo ?? Infinity));

const top = (tier: HistoryTier): Rational | undefined =>
  tier.upTo === null ? undefined : ratio(BigInt(tier.upTo));

function volume(tiers: readonly HistoryTier[], quantity: Rational): Rational {
  const sorted = inOrder(tiers);
  const holds = (tier: HistoryTier): boolean => {
    const limit = top(tier);
    return limit === undefined || compare(quantity, limit) <= 0;
  };
  const tier = sorted.find(holds) ?? sorted[sorted.length - 1]!;
  return plus(times(decimal(tier.unitAmount), quantity), decimal(tier.flatAmount));
}

function graduated(tiers: readonly HistoryTier[], quantity: Rational): Rational {
  const sorted = inOrder(tiers);
  let total = NONE;
  let bottom = NONE;
  sorted.forEach((tier, index) => {
    if (compare(quantity, bottom) <= 0) return;
    const isLast = index === sorted.length - 1;
    const upper = isLast ? quantity : smaller(quantity, top(tier) ?? quantity);
    total = plus(total, times(decimal(tier.unitAmount), minus(upper, bottom)));
    total = plus(total, decimal(tier.flatAmount));
    bottom = upper;
  });
  return total;
}

const toMinor = (major: Rational, minor: bigint): bigint => nearest(times(major, ratio(minor)));

// --- from lines to the total, in whole minor units from here on

function bill(
  history: History,
  charges: readonly Charge[],
  balances: Rational[],
  minor: bigint,
): InvoiceFigures {
  const subtotal = charges.reduce((sum, { amount }) => sum + amount, 0n);
  if (subtotal === 0n) return nothing(history, charges);
  const lines = charges.map((charge) => ({ charge, line: 0n, invoice: 0n, credits: 0n }));
  const rest = (entry: (typeof lines)[number]): bigint =>
    entry.charge.amount - entry.line - entry.invoice - entry.credits;

  for (const entry of lines)
    for (const coupon of entry.charge.coupons)
      entry.line += least(cut(coupon, entry.charge.amount, minor), rest(entry));

  for (const coupon of history.coupons) {
    const left = lines.reduce((sum, entry) => sum + rest(entry), 0n);
    const shares = spread(least(cut(coupon, left, minor), left), lines.map(rest));
    lines.forEach((entry, index) => {
      entry.invoice += shares[index]!;
    });
  }

  const order = balances
    .map((_, index) => index)
    .sort((a, b) => compare(balances[b]!, balances[a]!) || a - b);
  for (const entry of lines.filter(({ charge }) => charge.usage))
    for (const index of order) {
      const whole = floor(times(balances[index]!, ratio(minor)));
      const slice = least(rest(entry), whole);
      entry.credits += slice;
      balances[index] = minus(balances[index]!, ratio(slice, minor));
    }

  const discount = lines.reduce((sum, entry) => sum + entry.line + entry.invoice, 0n);
  const credits = lines.reduce((sum, entry) => sum + entry.credits, 0n);
  const taxable = subtotal - discount;
  const taxes = history.taxes.map((tax) => (taxable === 0n ? 0n : cut(tax, taxable, minor)));
  const tax = taxes.reduce((sum, each) => sum + each, 0n);
  const total = subtotal - discount - credits + tax;
  return {
    status: 'FINALIZED',
    lines: lines.map((entry) => figuresOf(entry.charge, entry.line, entry.invoice, entry.credits)),
    subtotal: String(subtotal),
    discount: String(discount),
    credits: String(credits),
    taxes: taxes.map(String),
    tax: String(tax),
    total: String(total < 0n ? 0n : total),
  };
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** What a percentage or a fixed amount makes of a base, rounded once. */
const cut = (rule: HistoryCoupon, base: bigint, minor: bigint): bigint =>
  rule.type === 'fixed'
    ? toMinor(decimal(rule.value), minor)
    : nearest(times(decimal(rule.value), ratio(base, 100n)));

/** Largest remainder, ties to the earlier line. */
function spread(amount: bigint, weights: readonly bigint[]): bigint[] {
  const all = weights.reduce((sum, weight) => sum + weight, 0n);
  if (all === 0n || amount === 0n) return weights.map(() => 0n);
  const exact = weights.map((weight) => ratio(amount * weight, all));
  const shares = exact.map(floor);
  const missing = Number(amount - shares.reduce((sum, share) => sum + share, 0n));
  exact
    .map((share, index) => ({ index, remainder: minus(share, ratio(floor(share))) }))
    .sort((a, b) => compare(b.remainder, a.remainder) || a.index - b.index)
    .slice(0, missing)
    .forEach(({ index }) => {
      shares[index]! += 1n;
    });
  return shares;
}

const figuresOf = (charge: Charge, line: bigint, invoice: bigint, credits: bigint): LineFigures => ({
  key: charge.key,
  quantity: decimalText(charge.quantity),
  free: decimalText(charge.free),
  amount: String(charge.amount),
  lineDiscount: String(line),
  invoiceDiscount: String(invoice),
  credits: String(credits),
});

/** An invoice without a charge is skipped: no discount, credit or tax comes of it. */
const nothing = (history: History, charges: readonly Charge[]): InvoiceFigures => ({
  status: 'SKIPPED',
  lines: charges.map((charge) => figuresOf(charge, 0n, 0n, 0n)),
  subtotal: '0',
  discount: '0',
  credits: '0',
  taxes: history.taxes.map(() => '0'),
  tax: '0',
  total: '0',
});
