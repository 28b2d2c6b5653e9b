import fc from 'fast-check';
import { rate, ZERO } from '../rate.js';
import { sharesOf } from './shares.js';

const rates = fc.integer({ min: 0, max: 1_000_000 }).map((n) => rate(n).dividedBy(1000));

describe('sharesOf', () => {
  it('adds up to the amount, whatever the usages', () => {
    fc.assert(
      fc.property(rates, fc.array(rates, { minLength: 1, maxLength: 30 }), (amount, usages) => {
        const sum = sharesOf(amount, usages).reduce((a, b) => a.plus(b), ZERO);
        const isUsed = usages.some((usage) => !usage.isZero());
        expect(sum.toFixed()).toBe(isUsed ? amount.toFixed() : '0');
      }),
    );
  });

  it('is in proportion, and gives nothing to parts without usage', () => {
    const shares = sharesOf(rate(1), [rate(1), rate(0), rate(2), rate(0)]);
    expect(shares.map((share) => share.toFixed())).toEqual([
      '0.333333333333333333',
      '0',
      '0.666666666666666667',
      '0',
    ]);
  });
});
