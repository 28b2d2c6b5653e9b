import fc from 'fast-check';
import { rate, Rate, ZERO } from '../rate.js';
import { priceSteps } from './price-steps.js';
import type { PricingTerms, Tier } from './pricing-terms.js';
import { ratePrice } from './rate-price.js';

const decimals = (max: number): fc.Arbitrary<Rate> =>
  fc
    .tuple(fc.bigInt({ min: 0n, max: BigInt(max) * 1000n }), fc.integer({ min: 0, max: 3 }))
    .map(([digits, scale]) => rate(digits).div(new Rate(10).pow(scale)));
const amounts = decimals(50);
const quantities = fc.oneof(decimals(3000), fc.constant(ZERO));
const tiers = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 1, max: 2500 }), { minLength: 1, maxLength: 5 }),
    fc.array(fc.tuple(amounts, amounts), { minLength: 5, maxLength: 5 }),
    fc.boolean(),
  )
  .map(([boundaries, prices, open]) =>
    boundaries.map((boundary, index): Tier => {
      const [unitAmount, flatAmount] = prices[index] as [Rate, Rate];
      const isLast = boundary === Math.max(...boundaries);
      return { upTo: open && isLast ? null : rate(boundary), unitAmount, flatAmount };
    }),
  );
const anyTerms: fc.Arbitrary<PricingTerms> = fc.oneof(
  amounts.map((amount): PricingTerms => ({ model: 'FLAT_FEE', amount })),
  fc
    .tuple(amounts, fc.integer({ min: 1, max: 500 }), fc.constantFrom('up' as const, 'down' as const))
    .map(([amount, divideBy, round]): PricingTerms => ({
      model: 'PACKAGE',
      amount,
      divideBy: rate(divideBy),
      round,
    })),
  tiers.map((of): PricingTerms => ({ model: 'TIERED', mode: 'SLAB', tiers: of })),
  tiers.map((of): PricingTerms => ({ model: 'TIERED', mode: 'VOLUME', tiers: of })),
);

describe('priceSteps', () => {
  it('add up to what the units cost, whatever was priced before them', () => {
    fc.assert(
      fc.property(anyTerms, quantities, quantities, (terms, from, to) => {
        const sum = priceSteps(terms, from, to).reduce((total, { amount }) => total.plus(amount), ZERO);
        return sum.equals(ratePrice(terms, to).minus(ratePrice(terms, from)));
      }),
    );
  });

  it('are each the units times the unit amount, and the flat amount', () => {
    fc.assert(
      fc.property(anyTerms, quantities, quantities, (terms, from, to) =>
        priceSteps(terms, from, to)
          .filter(({ rule }) => rule !== 'priced_before')
          .every(({ quantity, unitAmount, flatAmount, amount }) =>
            quantity
              .times(unitAmount as Rate)
              .plus(flatAmount ?? ZERO)
              .equals(amount),
          ),
      ),
    );
  });

  it('of graduated tiers have the units of each tier', () => {
    const terms: PricingTerms = {
      model: 'TIERED',
      mode: 'SLAB',
      tiers: [
        { upTo: rate(100), unitAmount: rate('0.5'), flatAmount: rate(10) },
        { upTo: null, unitAmount: rate('0.25'), flatAmount: rate(5) },
      ],
    };
    const shown = priceSteps(terms, rate(40), rate(140)).map(
      ({ tier, quantity, unitAmount, flatAmount, amount }) =>
        [tier, quantity, unitAmount, flatAmount, amount].map(String),
    );
    expect(shown).toEqual([
      ['1', '60', '0.5', '0', '30'],
      ['2', '40', '0.25', '5', '15'],
    ]);
  });

  it('of a volume tier that is left take back what was asked for the units before', () => {
    const terms: PricingTerms = {
      model: 'TIERED',
      mode: 'VOLUME',
      tiers: [
        { upTo: rate(10), unitAmount: rate(3), flatAmount: ZERO },
        { upTo: null, unitAmount: rate(2), flatAmount: ZERO },
      ],
    };
    expect(priceSteps(terms, rate(8), rate(20)).map(({ rule, amount }) => [rule, amount.toFixed()])).toEqual([
      ['volume_tier', '40'],
      ['priced_before', '-24'],
    ]);
  });
});
