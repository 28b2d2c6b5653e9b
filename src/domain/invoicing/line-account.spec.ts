import fc from 'fast-check';
import { money, sumMoney, type Money } from '../money.js';
import { netOfCredit, takeFrom } from './line-account.js';

const usd = (minor: number | bigint): Money => money(BigInt(minor), 'usd');

describe('what a credit takes of a line without tax', () => {
  const untouched = (net: number) => ({ net: usd(net), credited: { amount: usd(0), net: usd(0) } });

  it('is all of it where there is no tax, else without the tax in it, rounded up', () => {
    expect(netOfCredit(usd(50), { total: usd(100), tax: usd(0) }, untouched(100))).toEqual(usd(50));
    expect(netOfCredit(usd(60), { total: usd(120), tax: usd(20) }, untouched(100))).toEqual(usd(50));
    expect(netOfCredit(usd(1), { total: usd(120), tax: usd(20) }, untouched(100))).toEqual(usd(1));
    expect(netOfCredit(usd(5), { total: usd(5), tax: usd(5) }, untouched(0))).toEqual(usd(0));
  });

  it('is all that the line charges after any number of credits that come to its total, and no more', () => {
    fc.assert(
      fc.property(
        fc.nat(10 ** 6),
        fc.nat(10 ** 6),
        fc.array(fc.nat(1000), { maxLength: 5 }),
        (net, tax, shares) => {
          const of = { total: usd(net + tax), tax: usd(tax) };
          let credited = { amount: usd(0), net: usd(0) };
          const take = (note: number): void => {
            const taken = netOfCredit(usd(note), of, { net: usd(net), credited });
            expect(taken.amount >= 0n).toBe(true);
            credited = {
              amount: sumMoney([credited.amount, usd(note)], 'usd'),
              net: sumMoney([credited.net, taken], 'usd'),
            };
            // What has gone back and all that is left of the net are no more than the total.
            expect(credited.net.amount <= BigInt(net)).toBe(true);
            expect(credited.amount.amount + BigInt(net) - credited.net.amount <= BigInt(net + tax)).toBe(
              true,
            );
          };
          const left = (): number => net + tax - Number(credited.amount.amount);
          for (const share of shares) take(Math.floor((left() * share) / 1000));
          take(left());
          expect(credited.net).toEqual(usd(net));
        },
      ),
    );
  });
});

describe('taking from lines', () => {
  const lines = (...holds: number[]) => holds.map((one, i) => ({ key: `${i}`, holds: usd(one) }));

  it('takes what is wanted first, then what they hold, in their order', () => {
    expect([...takeFrom(usd(15), lines(10, 10))]).toEqual([
      ['0', usd(10)],
      ['1', usd(5)],
    ]);
    const wanted = lines(10, 10).map((line, i) => ({ ...line, wanted: usd(i === 0 ? 2 : 8) }));
    expect([...takeFrom(usd(11), wanted)]).toEqual([
      ['0', usd(3)],
      ['1', usd(8)],
    ]);
  });

  it('never takes more than a line holds, nor less than all when they hold it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(100), fc.option(fc.nat(200), { nil: undefined })), { maxLength: 6 }),
        fc.nat(500),
        (given, amount) => {
          const all = given.map(([holds, wanted], i) => ({
            key: `${i}`,
            holds: usd(holds),
            ...(wanted === undefined ? {} : { wanted: usd(wanted) }),
          }));
          const taken = takeFrom(usd(amount), all);
          for (const { key, holds } of all) expect((taken.get(key)?.amount ?? 0n) <= holds.amount).toBe(true);
          const held = given.reduce((sum, [holds]) => sum + holds, 0);
          expect(sumMoney([...taken.values()], 'usd')).toEqual(usd(Math.min(held, amount)));
        },
      ),
    );
  });
});
