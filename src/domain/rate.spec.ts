import { Decimal } from 'decimal.js';
import fc from 'fast-check';
import { formatRate, parseQuantity, parseRate, Rate, rate } from './rate.js';

/** Any decimal that the wire may carry: at most 20 integer and 18 fraction digits. */
const wireDecimals = fc
  .tuple(
    fc.bigInt({ min: 0n, max: 10n ** 20n - 1n }),
    fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }),
    fc.boolean(),
  )
  .map(
    ([whole, fraction, negative]) => `${negative ? '-' : ''}${whole}.${String(fraction).padStart(18, '0')}`,
  );

describe('parseRate', () => {
  it.each([
    ['118.50', '118.5'],
    [' 7 ', '7'],
    ['-0.05', '-0.05'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['+3', '3'],
    ['1e3', '1000'],
    ['12E-4', '0.0012'],
    ['-0', '0'],
    ['99999999999999999999', '99999999999999999999'],
    ['0.000000000000000001', '0.000000000000000001'],
    [49.99, '49.99'],
    [1e-7, '0.0000001'],
    [1e19, '10000000000000000000'],
    [-0, '0'],
  ])('reads %p as %s', (value, expected) => {
    const parsed = parseRate(value);
    expect(parsed && formatRate(parsed)).toBe(expected);
  });

  it.each([
    [''],
    [' '],
    ['NaN'],
    ['Infinity'],
    ['-Infinity'],
    ['1e400'],
    ['1e9999'],
    ['1e-400'],
    ['0x1'],
    ['0b1'],
    ['--1'],
    ['+-1'],
    ['1 2'],
    ['1,000'],
    ['1_000'],
    ['.'],
    ['-'],
    ['e5'],
    ['١'],
    ['12abc'],
    ['100000000000000000000'],
    ['0.0000000000000000001'],
    [`1.${'0'.repeat(60)}`],
    [NaN],
    [Infinity],
    [-Infinity],
    [1e20],
    [true],
    [false],
    [null],
    [undefined],
    [[]],
    [['5']],
    [{}],
    [{ valueOf: () => 5 }],
    [new Date(0)],
    [5n],
  ])('refuses %p', (value) => {
    expect(parseRate(value)).toBeUndefined();
  });

  it('reads zero without a sign, whatever was written', () => {
    expect(parseRate('-0.00')?.isNegative()).toBe(false);
  });

  it('reads back exactly what formatRate writes', () => {
    fc.assert(
      fc.property(wireDecimals, (text) => {
        const parsed = parseRate(text);
        return parsed !== undefined && parsed.eq(text) && parseRate(formatRate(parsed))?.eq(text) === true;
      }),
    );
  });
});

describe('parseQuantity', () => {
  it('rounds a finer fraction than 18 digits, where parseRate refuses it', () => {
    expect(parseRate(0.0012345678901234567)).toBeUndefined();
    expect(parseQuantity(0.0012345678901234567)?.toFixed()).toBe('0.001234567890123457');
    expect(parseQuantity('-0.0000000000000000005')?.toFixed()).toBe('-0.000000000000000001');
    expect(parseQuantity('-0.0000000000000000004')?.isNegative()).toBe(false);
  });

  it('agrees with parseRate wherever that reads something', () => {
    fc.assert(fc.property(wireDecimals, (text) => parseQuantity(text)?.eq(parseRate(text) ?? NaN) === true));
  });

  it.each(['', 'NaN', '1e400', '0x1', true, null, {}, '99999999999999999999.9999999999999999999'])(
    'refuses %p',
    (value) => {
      expect(parseQuantity(value)).toBeUndefined();
    },
  );
});

describe('formatRate', () => {
  it.each([
    ['50.00', '50'],
    ['118.50', '118.5'],
    ['-0', '0'],
    ['1e-18', '0.000000000000000001'],
    ['123456789012345678901234567890', '123456789012345678901234567890'],
  ])('writes %s as %s: plain, trimmed, never with an exponent', (value, expected) => {
    expect(formatRate(rate(value))).toBe(expected);
  });
});

describe('rate', () => {
  it.each([NaN, Infinity, 'NaN', '-Infinity'])('refuses %p', (value) => {
    expect(() => rate(value)).toThrow(RangeError);
  });

  it('reads a bigint beyond the safe integers exactly', () => {
    expect(rate(2n ** 100n).toFixed()).toBe(String(2n ** 100n));
  });
});

describe('Rate', () => {
  it('is not the class that a host application may reconfigure', () => {
    const before = Decimal.precision;
    Decimal.set({ precision: 3 });
    try {
      expect(new Rate('1.23456789').times(1).toFixed()).toBe('1.23456789');
    } finally {
      Decimal.set({ precision: before });
    }
  });

  it('multiplies two decimals of 38 digits exactly', () => {
    fc.assert(
      fc.property(wireDecimals, wireDecimals, (a, b) => {
        const scaled = (text: string): bigint => BigInt(text.replace('.', ''));
        const sign = (text: string): bigint => (text.startsWith('-') ? -1n : 1n);
        const digits = (text: string): bigint => scaled(text.replace('-', '')) * sign(text);
        return (
          new Rate(a).times(b).times('1e36').toFixed(0).replace(/^-0$/, '0') === String(digits(a) * digits(b))
        );
      }),
    );
  });
});
