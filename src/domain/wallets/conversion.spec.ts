import fc from 'fast-check';
import { money, moneyToRate, truncateToMoney } from '../money.js';
import { rate } from '../rate.js';
import {
  amountOfCredits,
  creditsForAmount,
  creditsForMoney,
  needsTopUp,
  topUpQuantity,
} from './conversion.js';

describe('credits and money', () => {
  it('converts both ways at the rate: currency per credit', () => {
    expect(amountOfCredits(rate('5'), rate('2')).toFixed()).toBe('10');
    expect(creditsForAmount(rate('10'), rate('2')).toFixed()).toBe('5');
    expect(creditsForAmount(rate('1'), rate('3')).toFixed()).toBe('0.3333333333333333');
    expect(creditsForAmount(rate('2'), rate('3')).toFixed()).toBe('0.6666666666666667');
    expect(() => creditsForAmount(rate('1'), rate('0'))).toThrow(RangeError);
  });

  it('lets credits win over an amount, and converts an amount at the rate of purchase', () => {
    const both = topUpQuantity({ credits: rate('7'), amount: rate('1') }, rate('0.5'));
    expect([both?.credits.toFixed(), both?.amount.toFixed()]).toEqual(['7', '3.5']);
    const amount = topUpQuantity({ amount: rate('10') }, rate('0.3'));
    expect([amount?.credits.toFixed(), amount?.amount.toFixed()]).toEqual(['33.3333333333333333', '10']);
    expect(topUpQuantity({}, rate('1'))).toBeUndefined();
  });

  it('tops up at the threshold and below', () => {
    expect(needsTopUp(rate('10.01'), rate('10'))).toBe(false);
    expect(needsTopUp(rate('10'), rate('10'))).toBe(true);
    expect(needsTopUp(rate('-3'), rate('10'))).toBe(true);
  });

  it('can always pay the money that a balance was cut down to, and never takes more than is there', () => {
    const positive = fc
      .tuple(fc.bigInt({ min: 1n, max: 10n ** 15n }), fc.integer({ min: 0, max: 12 }))
      .map(([digits, places]) => rate(digits).div(rate(10).pow(places)));
    fc.assert(
      fc.property(
        positive,
        positive,
        fc.constantFrom('usd', 'jpy', 'kwd'),
        (available, conversion, currency) => {
          const purse = truncateToMoney(amountOfCredits(available, conversion), currency);
          const credits = creditsForMoney(purse, conversion, available);
          expect(credits.lessThanOrEqualTo(available)).toBe(true);
          // Within the sixteenth place: what rounding may cost either side.
          const off = amountOfCredits(credits, conversion).minus(moneyToRate(purse)).abs();
          expect(off.lessThanOrEqualTo(conversion.times('1e-16'))).toBe(true);
        },
      ),
    );
    expect(creditsForMoney(money(100n, 'usd'), rate('1'), rate('5')).toFixed()).toBe('1');
  });
});
