import fc from 'fast-check';
import { money } from '../../domain/money.js';
import { fromWhopPrice, toWhopPrice } from './amounts.js';

test.each([
  ['usd', 1043n, '10.43'],
  ['usd', 110n, '1.1'],
  ['usd', 10_000n, '100'],
  ['usd', 1n, '0.01'],
  ['usd', 999_999_999_999n, '9999999999.99'],
  ['eur', 30n, '0.3'], // 0.1 + 0.2 in floats would not be
  ['jpy', 1500n, '1500'],
  ['kwd', 5120n, '5.12'],
])('%s %s goes over the wire as %s, and back', (currency, amount, text) => {
  const price = toWhopPrice(money(amount, currency));
  expect(JSON.stringify(price)).toBe(text);
  expect(fromWhopPrice(price, currency)).toEqual(money(amount, currency));
});

test.each([
  ['kwd', 5124n],
  ['usd', 900_719_925_474_099_301n],
])('%s %s cannot be said in a JSON number of two decimals', (currency, amount) => {
  expect(() => toWhopPrice(money(amount, currency))).toThrow(
    expect.objectContaining({ kind: 'invalid', code: 'amount_not_representable' }),
  );
});

test.each(['isk', 'ugx', 'bif', 'btc', 'xau'])('%s is not taken by Whop', (currency) => {
  expect(() => toWhopPrice(money(100n, currency))).toThrow(
    expect.objectContaining({ kind: 'invalid', code: 'currency_unsupported' }),
  );
});

test.each([
  [10.005, 'usd'],
  ['10.43', 'usd'],
  [null, 'usd'],
  [10.43, 'btc'],
  [10.43, undefined],
  [1.5, 'jpy'],
])('%p %p is no price', (price, currency) => {
  expect(fromWhopPrice(price, currency)).toBeUndefined();
});

test('a price that was added up in floats is read as what it stands for', () => {
  expect(fromWhopPrice(0.1 + 0.2, 'usd')).toEqual(money(30n, 'usd'));
});

test('every amount of two decimals survives the way there and back', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 10n ** 13n }), (cents) => {
      const price = toWhopPrice(money(cents, 'usd'));
      expect(fromWhopPrice(JSON.parse(JSON.stringify(price)), 'usd')).toEqual(money(cents, 'usd'));
    }),
  );
});
