import fc from 'fast-check';
import { money, sumMoney, type Money } from '../money.js';
import { netOfCredit, takeFrom } from './line-account.js';

const usd = (minor: number | bigint): Money => money(BigInt(minor), 'usd');

describe('what a credit takes of a line without tax', () => {
  it('is all of it where there is no tax, else without the tax in it, rounded up', () => {
    expect(netOfCredit(usd(50), { total: usd(100), tax: usd(0) })).toEqual(usd(50));
    expect(netOfCredit(usd(60), { total: usd(120), tax: usd(20) })).toEqual(usd(50));
    expect(netOfCredit(usd(1), { total: usd(120), tax: usd(20) })).toEqual(usd(1));
    expect(netOfCredit(usd(5), { total: usd(5), tax: usd(5) })).toEqual(usd(0));
  });

  it('never leaves more of the line than belongs to what is left of its share of the total', () => {
    fc.assert(
      fc.property(fc.nat(10 ** 6), fc.nat(10 ** 6), fc.nat(1000), (net, tax, share) => {
        const total = net + tax;
        const note = Math.floor((total * share) / 1000);
        const taken = netOfCredit(usd(note), { total: usd(total), tax: usd(tax) });
        expect(taken.amount <= BigInt(Math.max(net, note))).toBe(true);
        // The note and all that is left of the line's net are no more than its share.
        const left = BigInt(net) - taken.amount;
        expect(BigInt(note) + (left > 0n ? left : 0n) <= BigInt(total)).toBe(true);
      }),
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
