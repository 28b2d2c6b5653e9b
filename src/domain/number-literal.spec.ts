import fc from 'fast-check';
import { exactNumber } from './number-literal.js';
import { formatRate, Rate } from './rate.js';

const digits = (min: number, max: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: min, maxLength: max }).map((all) => all.join(''));
const literal = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.oneof(
      fc.constant('0'),
      fc.tuple(fc.integer({ min: 1, max: 9 }), digits(0, 24)).map((all) => all.join('')),
    ),
    fc.oneof(
      fc.constant(''),
      digits(1, 24).map((fraction) => `.${fraction}`),
    ),
    fc.oneof(
      { weight: 5, arbitrary: fc.constant('') },
      fc.integer({ min: -40, max: 40 }).map((n) => `e${n}`),
    ),
  )
  .map((parts) => parts.join(''));

describe('the number that a literal is', () => {
  it.each([
    ['9007199254740993', '9007199254740993'],
    ['-1234567890123456789', '-1234567890123456789'],
    ['9007199254740993.50', '9007199254740993.5'],
    ['0.1234567890123456789', '0.1234567890123456789'],
    ['0.000000123456789012345678', '0.000000123456789012345678'],
    ['999999999999999.37', '999999999999999.37'],
    ['1.2345678901234567890e3', '1234.567890123456789'],
  ])('%s is not what its double says', (given, text) => {
    expect(exactNumber(given)?.text).toBe(text);
  });

  it.each([
    ['0'],
    ['-0'],
    ['9007199254740991'],
    ['9007199254740992'],
    ['100000000000000000000'],
    ['1e20'],
    ['0.1'],
    ['1.10'],
    ['0.10000000000000000000'],
    // As C, PHP and others print the doubles 0.1 and 0.3.
    ['0.10000000000000001'],
    ['0.29999999999999999'],
    ['1e400'],
    ['1e-400'],
    [`0.${'0'.repeat(400)}12345678901234567890`],
  ])('%s is its double', (given) => {
    expect(exactNumber(given)).toBeUndefined();
  });

  it('every double that a program prints is itself', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (double) => {
        expect(exactNumber(JSON.stringify(double))).toBeUndefined();
        if (Math.abs(double) < 1e13) expect(exactNumber(double.toPrecision(17))).toBeUndefined();
      }),
    );
  });

  it('whatever is sent is kept to the last digit, or is so near to its double that no bill can tell', () => {
    fc.assert(
      fc.property(literal, (given) => {
        const sent = new Rate(given);
        const kept = exactNumber(given);
        if (kept !== undefined) expect(kept.text).toBe(formatRate(sent));
        else {
          const read = new Rate(Number(given));
          expect(read.minus(sent).abs().lessThanOrEqualTo(sent.abs().times('1.2e-16'))).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('an amount of money with two decimals is never changed', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 22n), max: 10n ** 22n }), (cents) => {
        const given = formatRate(new Rate(cents.toString()).div(100));
        expect(exactNumber(given)?.text ?? formatRate(new Rate(Number(given)))).toBe(given);
      }),
      { numRuns: 2_000 },
    );
  });
});
