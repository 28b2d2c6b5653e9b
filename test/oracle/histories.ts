import fc from 'fast-check';
import {
  RESETS,
  type FixedLine,
  type History,
  type HistoryCoupon,
  type HistoryEvent,
  type HistoryPrice,
  type HistoryTax,
  type HistoryTier,
  type UsageLine,
} from './history.js';

/** Random histories that lean towards what goes wrong: halves, boundaries, empty things, coupons and credits beyond the amount. */

const PLACES = { usd: 2, eur: 2, jpy: 0, ugx: 0, kwd: 3, bhd: 3, clf: 4 } as const;

/** A plain decimal of at most so many places, trailing zeros trimmed. */
const text = (digits: number, places: number): string => {
  const sign = digits < 0 ? '-' : '';
  const padded = String(Math.abs(digits)).padStart(places + 1, '0');
  const fraction = padded.slice(padded.length - places).replace(/0+$/, '');
  const whole = places === 0 ? padded : padded.slice(0, padded.length - places);
  return sign + (places === 0 || fraction === '' ? whole : `${whole}.${fraction}`);
};

const decimals = (max: number, places: number): fc.Arbitrary<string> =>
  fc.tuple(fc.nat(max), fc.nat(places)).map(([digits, scale]) => text(digits, scale));

const amounts = fc.oneof(
  { weight: 1, arbitrary: fc.constant('0') },
  { weight: 3, arbitrary: decimals(5_000, 2) },
  { weight: 2, arbitrary: decimals(100_000, 7) },
  { weight: 1, arbitrary: fc.constantFrom('0.005', '0.015', '0.1', '99.99', '0.00005', '1000000') },
);

const BOUNDARIES = [1, 2, 5, 10, 100, 250, 1000] as const;
const tiers = fc
  .tuple(
    fc.uniqueArray(fc.constantFrom(...BOUNDARIES), { minLength: 1, maxLength: 4 }),
    fc.array(fc.tuple(amounts, fc.oneof(fc.constant('0'), amounts)), { minLength: 4, maxLength: 4 }),
    fc.boolean(),
  )
  .map(([boundaries, prices, open]) =>
    boundaries
      .sort((a, b) => a - b)
      .map((upTo, index): HistoryTier => {
        const [unitAmount, flatAmount] = prices[index]!;
        return { upTo: open && index === boundaries.length - 1 ? null : upTo, unitAmount, flatAmount };
      }),
  );

const prices: fc.Arbitrary<HistoryPrice> = fc.oneof(
  amounts.map((amount): HistoryPrice => ({ model: 'FLAT_FEE', amount })),
  fc
    .tuple(amounts, fc.constantFrom(1, 3, 10, 100), fc.constantFrom('up' as const, 'down' as const))
    .map(([amount, divideBy, round]): HistoryPrice => ({ model: 'PACKAGE', amount, divideBy, round })),
  fc
    .tuple(fc.constantFrom('VOLUME' as const, 'SLAB' as const), tiers)
    .map(([mode, given]): HistoryPrice => ({ model: 'TIERED', mode, tiers: given })),
);

const quantities = fc.oneof(
  fc.constantFrom(...BOUNDARIES).map(String),
  decimals(3_000, 3),
  fc.constantFrom('0', '0.5', '10.000001', '1000.001', '0.333333333333333333'),
);

const rules = (places: number): fc.Arbitrary<HistoryCoupon & HistoryTax> =>
  fc.oneof(
    fc
      .oneof(decimals(100_000, 3).map(percentage), fc.constantFrom('0', '50', '100', '33.333333', '0.5'))
      .map((value) => ({ type: 'percentage' as const, value })),
    fc
      .oneof(fc.nat(2_000), fc.nat(1_000_000))
      .map((minor) => ({ type: 'fixed' as const, value: text(minor, places) })),
  );

const percentage = (value: string): string => (Number(value) > 100 ? '100' : value);

/** An instant of the history: anywhere in the months, or exactly where a month begins or ends. */
const instants = (start: number, months: number): fc.Arbitrary<string> =>
  fc
    .oneof(
      { weight: 4, arbitrary: fc.integer({ min: start, max: monthsAfter(start, months) + 3_600_000 }) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(fc.nat(months), fc.constantFrom(-1, 0, 1))
          .map(([index, off]) => monthsAfter(start, index) + off),
      },
    )
    .map((at) => new Date(at).toISOString());

function monthsAfter(start: number, months: number): number {
  const date = new Date(start);
  date.setUTCMonth(date.getUTCMonth() + months);
  return date.getTime();
}

const events = (
  start: number,
  months: number,
  quantity: fc.Arbitrary<string>,
): fc.Arbitrary<HistoryEvent[]> =>
  fc.array(fc.record({ at: instants(start, months), quantity, group: fc.constantFrom('a', 'b') }), {
    maxLength: 7,
  });

const fixedLines = (start: number, months: number, places: number): fc.Arbitrary<Omit<FixedLine, 'key'>> =>
  fc
    .record({
      price: prices,
      coupons: fc.array(rules(places), { maxLength: 2 }),
      cadence: fc.constantFrom('ADVANCE' as const, 'ARREAR' as const),
      quantity: fc.option(quantities, { nil: null }),
      minQuantity: fc.option(fc.integer({ min: 1, max: 20 }), { nil: null }),
      present: fc.option(fc.tuple(instants(start, months), instants(start, months)), { nil: null, freq: 2 }),
      open: fc.boolean(),
    })
    .map(({ present, open, quantity, minQuantity, ...line }) => {
      const [from, until] =
        present === null || present[0] === present[1] ? [null, null] : [...present].sort();
      return {
        kind: 'fixed' as const,
        ...line,
        // a quantity below the minimum is refused before it gets here
        quantity:
          quantity !== null && minQuantity !== null && Number(quantity) < minQuantity ? null : quantity,
        minQuantity,
        from: from ?? null,
        until: open ? null : (until ?? null),
      };
    });

const usageLines = (start: number, months: number, places: number): fc.Arbitrary<Omit<UsageLine, 'key'>> =>
  fc
    .tuple(
      fc.record({ price: prices, coupons: fc.array(rules(places), { maxLength: 2 }) }),
      fc.oneof(
        fc.record({
          // corrections may take usage back
          events: events(
            start,
            months,
            fc.oneof(
              { weight: 4, arbitrary: quantities },
              {
                weight: 1,
                arbitrary: quantities.map((quantity) => (Number(quantity) === 0 ? '0' : `-${quantity}`)),
              },
            ),
          ),
          bucket: fc.constantFrom(null, 'DAY' as const),
          quota: fc.constant(null),
        }),
        fc.record({
          events: events(start, months, quantities),
          bucket: fc.constant(null),
          quota: fc.record({
            reset: fc.constantFrom(...RESETS),
            sources: fc.array(
              fc.record({
                limit: fc.oneof(
                  { weight: 9, arbitrary: fc.constantFrom(0, 1, 3, 10, 100, 1000) },
                  { weight: 1, arbitrary: fc.constant(null) },
                ),
                enabled: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.boolean()),
              }),
              { minLength: 1, maxLength: 3 },
            ),
          }),
        }),
      ),
    )
    .map(([line, use]) => ({ kind: 'usage' as const, ...line, ...use }));

const outline = fc.record({
  currency: fc.constantFrom(...(Object.keys(PLACES) as (keyof typeof PLACES)[])),
  start: fc
    .tuple(
      fc.integer({ min: 2019, max: 2026 }),
      fc.integer({ min: 0, max: 11 }),
      fc.integer({ min: 1, max: 28 }),
      fc.oneof(fc.constant(0), fc.nat(86_399_999)),
    )
    .map(([year, month, day, ms]) => Date.UTC(year, month, day) + ms),
  months: fc.integer({ min: 1, max: 4 }),
});

export const histories: fc.Arbitrary<History> = outline.chain(({ currency, start, months }) => {
  const places = PLACES[currency];
  return fc
    .record({
      lines: fc.array(fc.oneof(fixedLines(start, months, places), usageLines(start, months, places)), {
        minLength: 1,
        maxLength: 6,
      }),
      coupons: fc.array(rules(places), { maxLength: 3 }),
      wallets: fc.array(fc.oneof(decimals(500_000, 4), amounts), { maxLength: 3 }),
      taxes: fc.array(rules(places), { maxLength: 3 }),
    })
    .map(({ lines, ...rest }) => ({
      currency,
      start: new Date(start).toISOString(),
      months,
      lines: lines.map((line, index) => ({ key: `line ${index + 1}`, ...line })),
      ...rest,
    }));
});
