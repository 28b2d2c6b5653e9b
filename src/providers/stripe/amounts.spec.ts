import fc from 'fast-check';
import { currencyExponent } from '../../domain/currency.js';
import { money } from '../../domain/money.js';
import { fitsStripe, fromStripeAmount, toStripeAmount } from './amounts.js';

test.each([
  ['usd', 1234n, 1234],
  ['huf', 12300n, 12300], // two decimals, however nobody pays in fillér
  ['twd', 12300n, 12300],
  ['jpy', 500n, 500],
  ['krw', 500n, 500],
  ['isk', 5n, 500], // whole units, counted in hundredths
  ['ugx', 3700n, 370000],
  ['mga', 150000n, 1500], // two decimals by ISO 4217, none at Stripe
  ['kwd', 5120n, 5120], // three decimals, the last one 0
  ['usd', -250n, -250],
  ['usd', 0n, 0],
])('%s %s is %s at Stripe, and back', (currency, ours, theirs) => {
  expect(toStripeAmount(money(ours, currency))).toBe(theirs);
  expect(fromStripeAmount(theirs, currency)).toEqual(money(ours, currency));
});

test.each([
  ['kwd', 5124n],
  ['bhd', -1n],
  ['mga', 150n],
  ['usd', 9_007_199_254_740_993n], // a float would take it for its neighbour
])('%s %s does not exist at Stripe', (currency, amount) => {
  expect(() => toStripeAmount(money(amount, currency))).toThrow(
    expect.objectContaining({ kind: 'invalid', code: 'amount_not_representable' }),
  );
});

test.each(['clf', 'uyi', 'iqd', 'lyd', 'eth'])(
  '%s is refused: how Stripe would count it is unknown',
  (currency) => {
    expect(() => toStripeAmount(money(100n, currency))).toThrow(
      expect.objectContaining({ kind: 'invalid', code: 'currency_unsupported' }),
    );
  },
);

test('an amount that Stripe should not have is not rounded', () => {
  expect(() => fromStripeAmount(550, 'ugx')).toThrow(
    expect.objectContaining({ code: 'amount_not_representable' }),
  );
});

test('whatever fits goes there and back unchanged, and sums stay sums', () => {
  const currency = fc.constantFrom('usd', 'jpy', 'isk', 'kwd', 'mga', 'eur');
  const amount = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n });
  fc.assert(
    fc.property(currency, amount, amount, (code, a, b) => {
      const fit = [money(a, code), money(b, code)].every(fitsStripe);
      fc.pre(fit);
      expect(fromStripeAmount(toStripeAmount(money(a, code)), code)).toEqual(money(a, code));
      const sum = toStripeAmount(money(a, code)) + toStripeAmount(money(b, code));
      expect(sum).toBe(toStripeAmount(money(a + b, code)));
      expect(currencyExponent(code)).toBeLessThan(4);
    }),
    { numRuns: 300 },
  );
});
