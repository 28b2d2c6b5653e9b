import fc from 'fast-check';
import { rate, ZERO, type Rate } from '../rate.js';
import { lineQuantity } from './line-quantity.js';
import type { PricingTerms } from './pricing-terms.js';
import { rateBuckets, type UsageBucket } from './rate-buckets.js';
import { ratePrice } from './rate-price.js';

const packs: PricingTerms = { model: 'PACKAGE', amount: rate(5), divideBy: rate(10), round: 'up' };
const graduated: PricingTerms = {
  model: 'TIERED',
  mode: 'SLAB',
  tiers: [
    { upTo: rate(10), unitAmount: rate('0.335'), flatAmount: rate(1) },
    { upTo: null, unitAmount: rate('0.1'), flatAmount: ZERO },
  ],
};
const flat: PricingTerms = { model: 'FLAT_FEE', amount: rate('0.0035') };
const bucket = (day: number, quantity: string | Rate, group: string | null = null): UsageBucket => ({
  start: new Date(Date.UTC(2025, 0, day)),
  group,
  quantity: rate(quantity),
});
const usages = fc
  .uniqueArray(
    fc.record({
      day: fc.integer({ min: 1, max: 31 }),
      group: fc.constantFrom(null, 'a', 'b'),
      quantity: fc.integer({ min: -500, max: 20_000 }),
    }),
    { selector: ({ day, group }) => `${day} ${String(group)}`, maxLength: 20 },
  )
  .map((given) => given.map(({ day, group, quantity }) => bucket(day, rate(quantity).div(100), group)));

describe('rateBuckets', () => {
  it('prices every bucket, and every group in it, on its own', () => {
    const rated = rateBuckets(packs, [bucket(1, '1'), bucket(2, '11'), bucket(2, '1', 'eu'), bucket(3, '0')]);
    expect(rated.amount.toFixed()).toBe('20');
    expect(rated.quantity.toFixed()).toBe('13');
    expect(ratePrice(packs, rate(13)).toFixed()).toBe('10');
    expect(rateBuckets(packs, []).amount.isZero()).toBe(true);
  });

  it('is the exact sum of its buckets, in any order, nothing rounded on the way', () => {
    fc.assert(
      fc.property(usages, fc.constantFrom(packs, graduated, flat), (usage, terms) => {
        const rated = rateBuckets(terms, usage);
        const alone = usage.map((each) => rateBuckets(terms, [each]).amount);
        expect(rated.amount.eq(alone.reduce((sum, amount) => sum.plus(amount), ZERO))).toBe(true);
        expect(rateBuckets(terms, [...usage].reverse()).amount.eq(rated.amount)).toBe(true);
      }),
    );
    expect(rateBuckets(flat, [bucket(1, '1'), bucket(2, '1')]).amount.toFixed()).toBe('0.007');
  });

  it('of a flat fee is what the whole costs', () => {
    fc.assert(
      fc.property(usages, (usage) => {
        const rated = rateBuckets(flat, usage);
        expect(rated.amount.eq(ratePrice(flat, rated.quantity))).toBe(true);
      }),
    );
  });

  it('lets corrections bring a bucket to nothing, and not pay for another', () => {
    expect(rateBuckets(flat, [bucket(1, '-100'), bucket(2, '2')]).amount.toFixed()).toBe('0.007');
  });

  it('refuses a bucket that comes twice, which would be charged twice over', () => {
    expect(() => rateBuckets(packs, [bucket(1, '1', 'eu'), bucket(1, '1', 'eu')])).toThrow(RangeError);
    expect(() => rateBuckets(packs, [bucket(1, '1'), bucket(1, '1')])).toThrow(RangeError);
  });
});

describe('lineQuantity', () => {
  it.each([
    [null, null, '1'],
    [null, '5', '5'],
    ['7', '5', '7'],
    ['5', '5', '5'],
    ['0', null, '0'],
  ])('asked for %s with a minimum of %s is %s', (asked, minimum, expected) => {
    const read = (text: string | null): Rate | null => (text === null ? null : rate(text));
    expect(lineQuantity(read(asked), read(minimum)).toFixed()).toBe(expected);
  });

  it('is refused below the minimum, and below nothing', () => {
    expect(() => lineQuantity(rate('4.999'), rate(5))).toThrow(RangeError);
    expect(() => lineQuantity(rate(-1), null)).toThrow(RangeError);
  });
});
