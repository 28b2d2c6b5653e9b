import fc from 'fast-check';
import { applyFraction } from '../fraction.js';
import { rate, Rate } from '../rate.js';
import { sortTiers, type PricingTerms, type Tier } from './pricing-terms.js';
import { ratePrice } from './rate-price.js';
import { tierSlices } from './tiered-slab.js';

const decimals = (max: number): fc.Arbitrary<Rate> =>
  fc
    .tuple(fc.bigInt({ min: 0n, max: BigInt(max) * 10n ** 6n }), fc.integer({ min: 0, max: 6 }))
    .map(([digits, scale]) => rate(digits).div(new Rate(10).pow(scale)));
const quantities = decimals(5000);
const amounts = decimals(100);

/** One to six tiers with rising boundaries, open or finite at the end, in any order. */
const tierLists = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 1, max: 4000 }), { minLength: 1, maxLength: 6 }),
    fc.array(fc.tuple(amounts, amounts), { minLength: 6, maxLength: 6 }),
    fc.boolean(),
  )
  .map(([boundaries, prices, open]) =>
    boundaries.map((boundary, index): Tier => {
      const [unitAmount, flatAmount] = prices[index] ?? [rate(0), rate(0)];
      const last = boundary === Math.max(...boundaries);
      return { upTo: open && last ? null : rate(boundary).div(4), unitAmount, flatAmount };
    }),
  );
const withoutFlats = (tiers: readonly Tier[]): Tier[] =>
  tiers.map((tier) => ({ ...tier, flatAmount: rate(0) }));

const slab = (tiers: readonly Tier[]): PricingTerms => ({ model: 'TIERED', mode: 'SLAB', tiers });
const volume = (tiers: readonly Tier[]): PricingTerms => ({ model: 'TIERED', mode: 'VOLUME', tiers });
const pack = (amount: Rate, divideBy: number, round: 'up' | 'down'): PricingTerms => ({
  model: 'PACKAGE',
  amount,
  divideBy: rate(divideBy),
  round,
});
const tier = (upTo: number | null, unit: string, flat = '0'): Tier => ({
  upTo: upTo === null ? null : rate(upTo),
  unitAmount: rate(unit),
  flatAmount: rate(flat),
});
const anyTerms: fc.Arbitrary<PricingTerms> = fc.oneof(
  amounts.map((amount): PricingTerms => ({ model: 'FLAT_FEE', amount })),
  fc
    .tuple(amounts, fc.integer({ min: 1, max: 1000 }), fc.constantFrom('up' as const, 'down' as const))
    .map(([amount, divideBy, round]) => pack(amount, divideBy, round)),
  tierLists.map(slab),
  tierLists.map(volume),
);

const price = (terms: PricingTerms, quantity: number | string): string =>
  ratePrice(terms, rate(quantity)).toFixed();

describe('ratePrice', () => {
  it('of nothing is nothing, flat amounts included', () => {
    fc.assert(fc.property(anyTerms, (terms) => ratePrice(terms, rate(0)).isZero()));
  });

  it('of something is never negative', () => {
    fc.assert(fc.property(anyTerms, quantities, (terms, q) => ratePrice(terms, q).greaterThanOrEqualTo(0)));
  });

  it.each(['-1', '-0.0001'])('refuses the quantity %s', (quantity) => {
    expect(() => ratePrice(slab([tier(null, '1')]), rate(quantity))).toThrow(RangeError);
  });

  it.each([NaN, Infinity])('refuses the quantity %d', (quantity) => {
    expect(() => ratePrice(slab([tier(null, '1')]), new Rate(quantity))).toThrow(RangeError);
  });

  it('is exact where a float is not', () => {
    expect(price({ model: 'FLAT_FEE', amount: rate('0.1') }, '3')).toBe('0.3');
    expect(price({ model: 'FLAT_FEE', amount: rate('0.000000000000000001') }, '99999999999999999999')).toBe(
      '99.999999999999999999',
    );
  });

  it('refuses terms that could not be saved', () => {
    expect(() => ratePrice(slab([]), rate(1))).toThrow(RangeError);
    expect(() => ratePrice(volume([]), rate(1))).toThrow(RangeError);
    expect(() => ratePrice(pack(rate(1), 0, 'up'), rate(1))).toThrow(RangeError);
  });
});

describe('FLAT_FEE', () => {
  it('is linear: two quantities cost together what they cost apart', () => {
    fc.assert(
      fc.property(amounts, quantities, quantities, (amount, a, b) => {
        const terms: PricingTerms = { model: 'FLAT_FEE', amount };
        return ratePrice(terms, a.plus(b)).eq(ratePrice(terms, a).plus(ratePrice(terms, b)));
      }),
    );
  });
});

describe('PACKAGE', () => {
  it.each([
    ['up', '1', '5'],
    ['up', '100', '5'],
    ['up', '100.000001', '10'],
    ['up', '101', '10'],
    ['down', '99.999', '0'],
    ['down', '100', '5'],
    ['down', '199', '5'],
  ] as const)('rounded %s: %s units in packages of 100 at 5 cost %s', (round, quantity, expected) => {
    expect(price(pack(rate(5), 100, round), quantity)).toBe(expected);
  });

  it('rounded up costs at least what it costs rounded down, and at most one package more', () => {
    fc.assert(
      fc.property(amounts, fc.integer({ min: 1, max: 1000 }), quantities, (amount, divideBy, q) => {
        const up = ratePrice(pack(amount, divideBy, 'up'), q);
        const down = ratePrice(pack(amount, divideBy, 'down'), q);
        expect(up.greaterThanOrEqualTo(down)).toBe(true);
        expect(up.minus(down).lessThanOrEqualTo(amount)).toBe(true);
        const linear = amount.times(q).div(divideBy);
        expect(up.minus(linear).greaterThanOrEqualTo('-1e-60')).toBe(true);
        expect(down.minus(linear).lessThanOrEqualTo('1e-60')).toBe(true);
      }),
    );
  });

  it('of a whole number of packages costs the same both ways', () => {
    fc.assert(
      fc.property(
        amounts,
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 0, max: 1000 }),
        (amount, size, n) => {
          for (const round of ['up', 'down'] as const)
            expect(ratePrice(pack(amount, size, round), rate(size * n)).eq(amount.times(n))).toBe(true);
        },
      ),
    );
  });
});

describe('TIERED VOLUME', () => {
  const terms = volume([tier(100, '2', '1'), tier(1000, '1'), tier(null, '0.5', '7')]);

  it.each([
    ['1', '3'],
    ['100', '201'],
    ['100.001', '100.001'],
    ['1000', '1000'],
    ['1000.001', '507.0005'],
  ])('%s units cost %s: boundaries are inclusive, and a fraction leaves the tier', (quantity, expected) => {
    expect(price(terms, quantity)).toBe(expected);
  });

  it('beyond a finite last tier stays in it', () => {
    expect(price(volume([tier(10, '2'), tier(20, '1', '3')]), 50)).toBe('53');
  });

  it('never falls within a tier, nor across tiers that do not become cheaper', () => {
    const dearer = tierLists.map((tiers) => {
      const sorted = sortTiers(tiers);
      const rising = (of: 'unitAmount' | 'flatAmount'): Rate[] =>
        sorted.map((each) => each[of]).sort((a, b) => a.comparedTo(b));
      const [units, flats] = [rising('unitAmount'), rising('flatAmount')];
      return sorted.map(({ upTo }, index): Tier => ({
        upTo,
        unitAmount: units[index]!,
        flatAmount: flats[index]!,
      }));
    });
    const tierOf = (tiers: readonly Tier[], q: Rate): number =>
      sortTiers(tiers).findIndex(
        ({ upTo }, index) => index === tiers.length - 1 || upTo === null || q.lte(upTo),
      );
    fc.assert(
      fc.property(tierLists, dearer, quantities, quantities, (any, rising, q, more) => {
        const [low, high] = [q, q.plus(more)];
        expect(ratePrice(volume(rising), high).gte(ratePrice(volume(rising), low))).toBe(true);
        if (tierOf(any, low) === tierOf(any, high))
          expect(ratePrice(volume(any), high).gte(ratePrice(volume(any), low))).toBe(true);
      }),
    );
  });

  it('may fall where a boundary is passed into a cheaper tier: all of the quantity takes the new price', () => {
    expect([price(terms, '100'), price(terms, '101')]).toEqual(['201', '101']);
  });

  it('costs at most what the same tiers cost graduated when units become cheaper and nothing is flat', () => {
    const cheaper = tierLists.map((tiers) => {
      const units = tiers.map(({ unitAmount }) => unitAmount).sort((a, b) => b.comparedTo(a));
      return sortTiers(tiers).map(({ upTo }, index): Tier => ({
        upTo,
        unitAmount: units[index]!,
        flatAmount: rate(0),
      }));
    });
    fc.assert(
      fc.property(cheaper, quantities, (tiers, q) =>
        ratePrice(volume(tiers), q).lte(ratePrice(slab(tiers), q)),
      ),
    );
  });

  it('with one tier is the flat fee', () => {
    fc.assert(
      fc.property(amounts, quantities, fc.constantFrom(null, 7), (unit, q, upTo) =>
        ratePrice(volume([tier(upTo, unit.toFixed())]), q).eq(
          ratePrice({ model: 'FLAT_FEE', amount: unit }, q),
        ),
      ),
    );
  });

  it('does not depend on the order of the tiers', () => {
    fc.assert(
      fc.property(tierLists, quantities, (tiers, q) =>
        ratePrice(volume(tiers), q).eq(ratePrice(volume([...tiers].reverse()), q)),
      ),
    );
  });
});

describe('TIERED SLAB', () => {
  const terms = slab([tier(100, '2', '1'), tier(1000, '1'), tier(null, '0.5', '7')]);

  it.each([
    ['1', '3'],
    ['100', '201'],
    ['100.001', '201.001'],
    ['1000', '1101'],
    ['1000.001', '1108.0005'],
  ])('%s units cost %s: each tier its slice, flat amounts of entered tiers only', (quantity, expected) => {
    expect(price(terms, quantity)).toBe(expected);
  });

  it('bug: what lies beyond a finite last tier is priced by it, not given away', () => {
    expect(price(slab([tier(10, '2'), tier(20, '1', '3')]), 50)).toBe('63');
    expect(price(slab([tier(10, '2')]), 50)).toBe('100');
  });

  it('is the sum of its tiers: what of the quantity lies between two boundaries, at the rate there', () => {
    fc.assert(
      fc.property(tierLists, quantities, (tiers, q) => {
        const sorted = [...tiers].sort((a, b) => Number(a.upTo ?? Infinity) - Number(b.upTo ?? Infinity));
        let expected = rate(0);
        sorted.forEach(({ unitAmount, flatAmount }, index) => {
          const from = sorted[index - 1]?.upTo ?? rate(0);
          const to = index === sorted.length - 1 ? q : (sorted[index]?.upTo ?? q);
          const inside = Rate.max(Rate.min(q, to).minus(from), 0);
          if (inside.greaterThan(0)) expected = expected.plus(unitAmount.times(inside)).plus(flatAmount);
        });
        expect(ratePrice(slab(tiers), q).toFixed()).toBe(expected.toFixed());
      }),
    );
  });

  it('has slices that add up to the quantity and to the price, none of them empty', () => {
    fc.assert(
      fc.property(tierLists, quantities, (tiers, q) => {
        const slices = tierSlices({ model: 'TIERED', mode: 'SLAB', tiers }, q);
        const sum = (of: 'quantity' | 'amount'): string =>
          slices.reduce((total, slice) => total.plus(slice[of]), rate(0)).toFixed();
        expect([sum('quantity'), sum('amount')]).toEqual([q.toFixed(), ratePrice(slab(tiers), q).toFixed()]);
        expect(slices.every(({ quantity }) => quantity.greaterThan(0))).toBe(true);
      }),
    );
  });

  it('never falls as the quantity grows', () => {
    fc.assert(
      fc.property(tierLists, quantities, quantities, (tiers, q, more) =>
        ratePrice(slab(tiers), q.plus(more)).greaterThanOrEqualTo(ratePrice(slab(tiers), q)),
      ),
    );
  });

  it('is unchanged by cutting a tier in two of the same rate', () => {
    fc.assert(
      fc.property(
        tierLists.map(withoutFlats),
        quantities,
        fc.nat(5),
        decimals(1500),
        (tiers, q, pick, cut) => {
          const target = tiers[pick % tiers.length]!;
          fc.pre(cut.greaterThan(0) && !tiers.some(({ upTo }) => upTo?.eq(cut)));
          // a new boundary inside the target's span takes the target's rate
          const below = tiers.filter(
            ({ upTo }) => upTo !== null && (target.upTo === null || upTo.lt(target.upTo)),
          );
          fc.pre(below.every(({ upTo }) => upTo?.lt(cut)) && (target.upTo === null || cut.lt(target.upTo)));
          return ratePrice(slab([...tiers, { ...target, upTo: cut }]), q).eq(ratePrice(slab(tiers), q));
        },
      ),
    );
  });

  it('does not depend on the order of the tiers', () => {
    fc.assert(
      fc.property(tierLists, quantities, (tiers, q) =>
        ratePrice(slab(tiers), q).eq(ratePrice(slab([...tiers].reverse()), q)),
      ),
    );
  });

  it('with one tier is the volume price', () => {
    fc.assert(
      fc.property(amounts, amounts, quantities, (unit, flat, q) => {
        const tiers = [tier(null, unit.toFixed(), flat.toFixed())];
        return ratePrice(slab(tiers), q).eq(ratePrice(volume(tiers), q));
      }),
    );
  });
});

describe('bug: a prorated fixed price goes through its own billing model first', () => {
  const half = { numerator: 1n, denominator: 2n };

  it('so that a TIERED one is not nothing and a PACKAGE one not a multiple', () => {
    expect(applyFraction(ratePrice(slab([tier(null, '4')]), rate(5)), half).toFixed()).toBe('10');
    expect(applyFraction(ratePrice(pack(rate(10), 100, 'up'), rate(5)), half).toFixed()).toBe('5');
  });
});
