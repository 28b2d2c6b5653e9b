import fc from 'fast-check';
import { makePeriod, type Period } from '../period.js';
import { rate, Rate, ZERO } from '../rate.js';
import type { PricingTerms } from './pricing-terms.js';
import { ratePrice } from './rate-price.js';
import { addCosts, costOfAdded, costOfLevel, totalOf, type MeasuredStretch } from './stretches.js';

const DAY = 86_400_000;
const days = (from: number, to: number): Period => makePeriod(new Date(from * DAY), new Date(to * DAY));
const flat = (amount: string): PricingTerms => ({ model: 'FLAT_FEE', amount: rate(amount) });
const cents = fc.integer({ min: 0, max: 5_000 }).map((value) => rate(value).div(100));
const tiers = fc
  .uniqueArray(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 })
  .chain((bounds) =>
    fc
      .array(fc.tuple(cents, cents), { minLength: bounds.length + 1, maxLength: bounds.length + 1 })
      .map((prices) =>
        prices.map(([unitAmount, flatAmount], index) => ({
          upTo: bounds[index] === undefined ? null : rate(bounds[index]),
          unitAmount,
          flatAmount,
        })),
      ),
  );
const terms: fc.Arbitrary<PricingTerms> = fc.oneof(
  cents.map((amount): PricingTerms => ({ model: 'FLAT_FEE', amount })),
  fc
    .tuple(cents, fc.integer({ min: 1, max: 12 }), fc.constantFrom('up' as const, 'down' as const))
    .map(([amount, divideBy, round]): PricingTerms => ({
      model: 'PACKAGE',
      amount,
      divideBy: rate(divideBy),
      round,
    })),
  fc
    .tuple(fc.constantFrom('SLAB' as const, 'VOLUME' as const), tiers)
    .map(([mode, all]): PricingTerms => ({ model: 'TIERED', mode, tiers: all })),
);
/** What was used in each stretch, corrections among it, and whose stretch it is. */
const stretches = fc.array(fc.tuple(fc.integer({ min: -20, max: 40 }), fc.constantFrom('a', 'b', 'c')), {
  minLength: 1,
  maxLength: 6,
});

const measured = (
  used: readonly (readonly [number, string])[],
  termsOf: (key: string) => PricingTerms,
): MeasuredStretch[] => {
  let sum = 0;
  return used.map(([quantity, key], index) => {
    sum += quantity;
    return {
      key,
      terms: termsOf(key),
      period: days(index, index + 1),
      billable: rate(Math.max(sum, 0)),
      free: null,
    };
  });
};

describe('a period that is cut', () => {
  it('quantities that add up cost what they cost uncut, wherever it is cut and on whichever lines', () => {
    fc.assert(
      fc.property(terms, stretches, (price, used) => {
        const cut = costOfAdded(measured(used, () => price));
        const whole = ratePrice(
          price,
          rate(
            Math.max(
              used.reduce((sum, [quantity]) => sum + quantity, 0),
              0,
            ),
          ),
        );
        expect(totalOf(cut).equals(whole)).toBe(true);
        for (const { amount, quantity } of cut) {
          expect(amount.greaterThanOrEqualTo(0)).toBe(true);
          expect(quantity.greaterThanOrEqualTo(0)).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('with a price for each line, a stretch prices the units from where the one before ended', () => {
    fc.assert(
      fc.property(terms, terms, fc.nat(40), fc.nat(40), (first, second, q1, q2) => {
        const both = costOfAdded(
          measured(
            [
              [q1, 'a'],
              [q2, 'b'],
            ],
            (key) => (key === 'a' ? first : second),
          ),
        );
        const expected = ratePrice(first, rate(q1))
          .plus(ratePrice(second, rate(q1 + q2)))
          .minus(ratePrice(second, rate(q1)));
        expect(totalOf(both).equals(Rate.max(expected, ZERO))).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('a level is priced once at one price, and at several by their share of the time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(terms, fc.integer({ min: 1, max: 30 })), { minLength: 1, maxLength: 4 }),
        fc.nat(60),
        fc.nat(20),
        (lines, quantity, rest) => {
          let from = 0;
          const parts = lines.map(([price, length], index) => {
            const period = days(from, from + length);
            from += length;
            return { key: String(index), terms: price, period };
          });
          const costs = costOfLevel(parts, { billable: rate(quantity), free: null }, rest * DAY);
          const dearest = lines
            .map(([price]) => ratePrice(price, rate(quantity)))
            .reduce((a, b) => Rate.max(a, b));
          expect(totalOf(costs).lessThanOrEqualTo(dearest.plus('1e-60'))).toBe(true);
          for (const [index, [price, length]] of lines.entries()) {
            const share = ratePrice(price, rate(quantity))
              .times(length)
              .div(from + rest);
            expect(costs[index]?.amount.minus(share).abs().lessThan('1e-60')).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
    const once = costOfLevel(
      [days(0, 10), days(20, 31)].map((period) => ({ key: 'a', terms: flat('30'), period })),
      { billable: rate(10), free: null },
    );
    expect(once).toEqual([{ key: 'a', quantity: rate(10), free: null, amount: rate(300) }]);
  });

  it('what a later stretch takes back lowers the lines before it, never below nothing', () => {
    const [first, second] = costOfAdded(
      measured(
        [
          [10, 'a'],
          [-4, 'b'],
        ],
        (key) => flat(key === 'a' ? '2' : '3'),
      ),
    );
    expect(first).toMatchObject({ key: 'a', amount: rate(8) });
    expect(second).toMatchObject({ key: 'b', amount: ZERO, quantity: ZERO });
  });

  it('costs of several buckets are added up line by line', () => {
    const cost = (key: string, amount: string) => ({
      key,
      quantity: rate(1),
      free: null,
      amount: rate(amount),
    });
    expect(
      addCosts([cost('a', '1'), cost('b', '2'), cost('a', '3')]).map(({ key, amount }) => [
        key,
        amount.toFixed(),
      ]),
    ).toEqual([
      ['a', '4'],
      ['b', '2'],
    ]);
  });
});
