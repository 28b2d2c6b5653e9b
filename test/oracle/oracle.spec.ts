import fc from 'fast-check';
import { oracle } from './oracle.js';
import {
  atLeastNone,
  ceiling,
  decimal,
  decimalText,
  floor,
  minus,
  nearest,
  over,
  plus,
  ratio,
  times,
} from './rational.js';
import type { FixedLine, History, UsageLine } from './history.js';

// The oracle itself is held against bills worked out by hand.

const history = (parts: Partial<History>): History => ({
  currency: 'usd',
  start: '2025-01-01T00:00:00.000Z',
  months: 1,
  lines: [],
  coupons: [],
  wallets: [],
  taxes: [],
  ...parts,
});
const fixed = (parts: Partial<FixedLine>): FixedLine => ({
  key: 'fixed',
  kind: 'fixed',
  price: { model: 'FLAT_FEE', amount: '100' },
  coupons: [],
  cadence: 'ARREAR',
  quantity: null,
  minQuantity: null,
  from: null,
  until: null,
  ...parts,
});
const usage = (
  parts: Partial<UsageLine>,
  ...used: readonly (readonly [at: string, quantity: string])[]
): UsageLine => ({
  key: 'usage',
  kind: 'usage',
  price: { model: 'FLAT_FEE', amount: '1' },
  coupons: [],
  events: used.map(([at, quantity]) => ({ at: `${at}T12:00:00.000Z`, quantity, group: 'a' })),
  bucket: null,
  quota: null,
  ...parts,
});
const amounts = (given: History): string[][] =>
  oracle(given).invoices.map(({ lines }) => lines.map(({ amount }) => amount));

describe('the oracle', () => {
  it('bills in advance, in arrear, and for the part of a month that a line is there', () => {
    const lines = [
      fixed({ cadence: 'ADVANCE' }),
      fixed({ from: '2025-01-25T00:00:00.000Z', until: '2025-02-15T00:00:00.000Z' }),
    ];
    // seven of 31 days, fourteen of 28
    expect(amounts(history({ months: 2, lines }))).toEqual([['10000'], ['10000', '2258'], ['5000']]);
  });

  it('prices by every model', () => {
    const price = (terms: FixedLine['price'], quantity: string): string | undefined =>
      amounts(history({ lines: [fixed({ price: terms, quantity })] }))[1]?.[0];
    const tiers = [
      { upTo: 10, unitAmount: '2', flatAmount: '1' },
      { upTo: 20, unitAmount: '1', flatAmount: '0' },
    ];
    expect(price({ model: 'FLAT_FEE', amount: '0.005' }, '1')).toBe('1');
    expect(price({ model: 'PACKAGE', amount: '5', divideBy: 100, round: 'up' }, '100.1')).toBe('1000');
    expect(price({ model: 'PACKAGE', amount: '5', divideBy: 100, round: 'down' }, '199')).toBe('500');
    expect(price({ model: 'TIERED', mode: 'VOLUME', tiers }, '10.5')).toBe('1050');
    expect(price({ model: 'TIERED', mode: 'SLAB', tiers }, '10.5')).toBe('2150');
    expect(price({ model: 'TIERED', mode: 'SLAB', tiers }, '30')).toBe('4100');
    expect(price({ model: 'TIERED', mode: 'SLAB', tiers }, '0')).toBe('0');
  });

  it('gives a quota once in its window', () => {
    const quota = (reset: NonNullable<UsageLine['quota']>['reset']): string[] =>
      amounts(
        history({
          months: 2,
          lines: [
            usage(
              {
                quota: {
                  reset,
                  sources: [
                    { limit: 10, enabled: true },
                    { limit: 5, enabled: true },
                  ],
                },
              },
              ['2025-01-05', '12'],
              ['2025-01-30', '20'],
              ['2025-02-01', '4'],
            ),
          ],
        }),
      )
        .slice(1)
        .map((lines) => lines.join());
    expect(quota('MONTHLY')).toEqual(['1700', '0']);
    expect(quota('DAILY')).toEqual(['500', '0']);
    // weeks from 1 January: the fifth one, from 29 January, goes on into February
    expect(quota('WEEKLY')).toEqual(['500', '400']);
    expect(quota('ANNUAL')).toEqual(['1700', '400']);
    expect(quota('NEVER')).toEqual(['1700', '400']);
  });

  it('prices every day and group of a bucketed meter on its own', () => {
    const packs = { model: 'PACKAGE', amount: '1', divideBy: 10, round: 'up' } as const;
    const line = usage(
      { bucket: 'DAY', price: packs },
      ['2025-01-05', '3'],
      ['2025-01-05', '4'],
      ['2025-01-06', '11'],
    );
    const other = { at: '2025-01-05T13:00:00.000Z', quantity: '1', group: 'b' };
    expect(amounts(history({ lines: [line] }))[1]).toEqual(['300']);
    expect(amounts(history({ lines: [{ ...line, events: [...line.events, other] }] }))[1]).toEqual(['400']);
  });

  it('goes from lines to the total: coupons, then credits for usage, then taxes on what coupons left', () => {
    const { invoices, walletsLeft } = oracle(
      history({
        lines: [
          fixed({ coupons: [{ type: 'percentage', value: '10' }] }),
          usage({}, ['2025-01-05', '50']),
          usage({ key: 'more' }, ['2025-01-05', '25']),
        ],
        coupons: [
          { type: 'fixed', value: '10' },
          { type: 'percentage', value: '50' },
        ],
        wallets: ['5', '20.009'],
        taxes: [
          { type: 'percentage', value: '8.25' },
          { type: 'fixed', value: '0.3' },
        ],
      }),
    );
    // left after the line coupon: 90, 50, 25 of 165; ten dollars spread: 5.45, 3.03, 1.52; then half of 155
    expect(invoices[1]).toMatchObject({
      subtotal: '17500',
      discount: '9750',
      credits: '2500',
      taxes: ['639', '30'],
      tax: '669',
      total: '5919',
    });
    expect(invoices[1]?.lines.map((line) => [line.lineDiscount, line.invoiceDiscount, line.credits])).toEqual(
      [
        ['1000', '4773', '0'],
        ['0', '2651', '2349'],
        ['0', '1326', '151'],
      ],
    );
    expect(walletsLeft).toEqual(['0', '0.009']);
  });

  it('skips an invoice that has nothing on it', () => {
    expect(oracle(history({ taxes: [{ type: 'fixed', value: '1' }] })).invoices).toMatchObject([
      { status: 'SKIPPED', total: '0' },
      { status: 'SKIPPED', total: '0' },
    ]);
  });
});

describe('fractions', () => {
  const any = fc
    .tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.bigInt({ min: 1n, max: 10n ** 9n }))
    .map(([n, d]) => ratio(n, d));

  it('add, take away, multiply and divide without a rest', () => {
    fc.assert(
      fc.property(any, any, (a, b) => {
        expect(minus(plus(a, b), b)).toEqual(a);
        if (b.n !== 0n) expect(times(over(a, b), b)).toEqual(a);
      }),
    );
  });

  it('round down, up, and to the nearest with halves away from zero', () => {
    fc.assert(
      fc.property(any, (value) => {
        const [low, high] = [floor(value), ceiling(value)];
        expect(high - low).toBe(value.d === 1n ? 0n : 1n);
        expect(low * value.d <= value.n && value.n <= high * value.d).toBe(true);
        expect(nearest(ratio(-value.n, value.d))).toBe(-nearest(value));
        expect(nearest(atLeastNone(value))).toBe(floor(plus(atLeastNone(value), ratio(1n, 2n))));
      }),
    );
    expect([nearest(ratio(5n, 2n)), nearest(ratio(-5n, 2n))]).toEqual([3n, -3n]);
  });

  it('read and write decimals', () => {
    for (const text of ['0', '12', '-0.5', '0.0001', '1000000.25'])
      expect(decimalText(decimal(text))).toBe(text);
    expect(() => decimal('1e5')).toThrow(RangeError);
    expect(() => decimalText(ratio(1n, 3n))).toThrow(RangeError);
  });
});
