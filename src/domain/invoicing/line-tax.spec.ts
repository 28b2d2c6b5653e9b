import fc from 'fast-check';
import { money, sumMoney, type Money } from '../money.js';
import { taxesByLine, taxOfCredit } from './line-tax.js';

const usd = (amount: bigint): Money => money(amount, 'usd');
const cents = fc.bigInt({ min: 0n, max: 100_000n });

describe('the tax on a line', () => {
  it('is its share of the invoice: the shares of the charges add up to every tax', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cents, fc.boolean()), { minLength: 1, maxLength: 8 }),
        fc.array(cents, { maxLength: 3 }),
        (drawn, taxes) => {
          const lines = drawn.map(([net, isSettled], index) => ({
            key: String(index),
            net: usd(net),
            ownTax: isSettled ? usd(0n) : null,
          }));
          const levied = taxes.map((amount, index) => ({ taxKey: String(index), amount: usd(amount) }));
          const shares = taxesByLine(lines, levied);
          const charged = lines.some(({ net, ownTax }) => ownTax === null && net.amount > 0n);
          for (const { taxKey, amount } of levied) {
            const sum = [...shares.values()].flat().filter((one) => one.taxKey === taxKey);
            expect(
              sumMoney(
                sum.map((one) => one.amount),
                'usd',
              ),
            ).toEqual(charged ? amount : usd(0n));
          }
          for (const { key, ownTax } of lines) if (ownTax !== null) expect(shares.has(key)).toBe(false);
        },
      ),
    );
  });

  it('goes back with what it was levied on, in any number of parts, and never more of it', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 100_000n }),
        fc.array(cents, { minLength: 1, maxLength: 3 }),
        fc.array(fc.bigInt({ min: 1n, max: 40_000n }), { minLength: 1, maxLength: 8 }),
        (net, taxes, parts) => {
          const line = {
            net: usd(net),
            taxes: taxes.map((amount, index) => ({ taxKey: String(index), amount: usd(amount) })),
          };
          const levied = taxes.reduce((sum, amount) => sum + amount, 0n);
          let credited = { net: usd(0n), tax: usd(0n) };
          for (const part of parts) {
            const left = net - credited.net.amount;
            const given = usd(part < left ? part : left);
            const back = taxOfCredit(given, { ...line, credited });
            const tax = back.reduce((sum, { amount }) => sum + amount.amount, 0n);
            credited = { net: usd(credited.net.amount + given.amount), tax: usd(credited.tax.amount + tax) };
            const exact = (2n * levied * credited.net.amount + net) / (2n * net);
            expect(credited.tax.amount).toBe(credited.net.amount === net ? levied : exact);
          }
        },
      ),
    );
  });
});
