import fc from 'fast-check';
import {
  addMoney,
  allocateMoney,
  compareMoney,
  exactMoney,
  floorAtZero,
  formatMoney,
  maxMoney,
  minMoney,
  money,
  moneyToRate,
  roundToMoney,
  subtractMoney,
  sumMoney,
  truncateToMoney,
} from './money.js';
import { parseRate, rate, Rate } from './rate.js';

const currencies = fc.constantFrom('usd', 'jpy', 'kwd', 'clf');
const minorUnits = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });
const weights = fc.array(fc.bigInt({ min: 0n, max: 10n ** 12n }), { minLength: 1, maxLength: 12 });

describe('roundToMoney', () => {
  it.each([
    ['2.345', 'usd', 235n],
    ['2.3449999999999999', 'usd', 234n],
    ['-2.345', 'usd', -235n],
    ['-2.344', 'usd', -234n],
    ['0.005', 'usd', 1n],
    ['-0.005', 'usd', -1n],
    ['0.5', 'jpy', 1n],
    ['-0.5', 'jpy', -1n],
    ['1.0005', 'kwd', 1001n],
    ['1.00005', 'clf', 10001n],
    ['-0.001', 'usd', 0n],
    ['99999999999999999999.995', 'usd', 10_000_000_000_000_000_000_000n],
  ])('%s %s is %p minor units: half away from zero', (amount, currency, expected) => {
    expect(roundToMoney(rate(amount), currency)).toEqual({ amount: expected, currency });
  });

  it('is never further than half a minor unit away, and mirrors at zero', () => {
    fc.assert(
      fc.property(minorUnits, fc.integer({ min: 0, max: 8 }), currencies, (digits, scale, currency) => {
        const amount = rate(digits).div(new Rate(10).pow(scale));
        const rounded = roundToMoney(amount, currency);
        const unit = moneyToRate(money(1n, currency));
        expect(roundToMoney(amount.negated(), currency).amount).toBe(-rounded.amount);
        expect(moneyToRate(rounded).minus(amount).abs().lessThanOrEqualTo(unit.div(2))).toBe(true);
      }),
    );
  });

  it.each([NaN, Infinity])('refuses %p', (value) => {
    expect(() => roundToMoney(new Rate(value), 'usd')).toThrow(RangeError);
  });
});

describe('truncateToMoney', () => {
  it('takes only whole minor units, toward zero', () => {
    expect(truncateToMoney(rate('1.999'), 'usd').amount).toBe(199n);
    expect(truncateToMoney(rate('-1.999'), 'usd').amount).toBe(-199n);
    expect(truncateToMoney(rate('1.999'), 'kwd').amount).toBe(1999n);
  });
});

describe('the wire form', () => {
  it('is major units, trailing zeros trimmed', () => {
    expect(
      [money(11850n, 'usd'), money(-5n, 'usd'), money(500n, 'jpy'), money(0n, 'kwd')].map(formatMoney),
    ).toEqual(['118.5', '-0.05', '500', '0']);
  });

  it('reads back as the same money', () => {
    fc.assert(
      fc.property(minorUnits, currencies, (amount, currency) => {
        const parsed = parseRate(formatMoney(money(amount, currency)));
        expect(parsed && exactMoney(parsed, currency)).toEqual(money(amount, currency));
      }),
    );
  });

  it('is refused where it is finer than the minor unit', () => {
    expect(exactMoney(rate('1.005'), 'usd')).toBeUndefined();
    expect(exactMoney(rate('1.5'), 'jpy')).toBeUndefined();
    expect(exactMoney(rate('1.005'), 'kwd')).toEqual(money(1005n, 'kwd'));
  });
});

describe('arithmetic', () => {
  it('never mixes currencies', () => {
    for (const combine of [addMoney, subtractMoney, compareMoney, minMoney, maxMoney])
      expect(() => combine(money(1n, 'usd'), money(1n, 'eur'))).toThrow(RangeError);
    expect(() => sumMoney([money(1n, 'eur')], 'usd')).toThrow(RangeError);
  });

  it('compares, floors and picks', () => {
    const [small, big] = [money(-3n, 'usd'), money(2n, 'usd')];
    expect([compareMoney(small, big), compareMoney(big, small), compareMoney(big, big)]).toEqual([-1, 1, 0]);
    expect([minMoney(small, big), maxMoney(small, big)]).toEqual([small, big]);
    expect([floorAtZero(small).amount, floorAtZero(big).amount]).toEqual([0n, 2n]);
    expect(subtractMoney(small, big).amount).toBe(-5n);
  });
});

describe('allocateMoney', () => {
  it('adds up exactly, and gives everyone their exact share to within one minor unit', () => {
    fc.assert(
      fc.property(minorUnits, weights, (amount, shares) => {
        const parts = allocateMoney(money(amount, 'usd'), shares);
        expect(sumMoney(parts, 'usd').amount).toBe(amount);
        const sum = shares.reduce((a, b) => a + b, 0n);
        if (sum === 0n) return;
        parts.forEach((part, index) => {
          const difference = part.amount * sum - amount * (shares[index] ?? 0n);
          expect((difference < 0n ? -difference : difference) < sum).toBe(true);
        });
      }),
    );
  });

  it('gives nothing to a weight of zero, and never more than the weight when there is enough for all', () => {
    fc.assert(
      fc.property(weights, fc.bigInt({ min: 0n, max: 100n }), (shares, percent) => {
        const sum = shares.reduce((a, b) => a + b, 0n);
        const parts = allocateMoney(money((sum * percent) / 100n, 'usd'), shares);
        parts.forEach((part, index) => expect(part.amount <= (shares[index] ?? 0n)).toBe(true));
      }),
    );
  });

  it('gives what is left over to the largest remainders, ties to the earlier part', () => {
    const parts = (amount: bigint, shares: bigint[]): bigint[] =>
      allocateMoney(money(amount, 'usd'), shares).map((part) => part.amount);
    expect(parts(100n, [1n, 1n, 1n])).toEqual([34n, 33n, 33n]);
    expect(parts(-100n, [1n, 1n, 1n])).toEqual([-34n, -33n, -33n]);
    expect(parts(10n, [1n, 5n, 9n])).toEqual([1n, 3n, 6n]);
    expect(parts(7n, [0n, 0n])).toEqual([7n, 0n]);
  });

  it('refuses nobody and negative weights', () => {
    expect(() => allocateMoney(money(1n, 'usd'), [])).toThrow(RangeError);
    expect(() => allocateMoney(money(1n, 'usd'), [1n, -1n])).toThrow(RangeError);
  });
});
