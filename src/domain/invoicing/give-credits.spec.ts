import fc from 'fast-check';
import { money, type Money } from '../money.js';
import { giveCredits } from './give-credits.js';

const usd = (amount: number | bigint): Money => money(BigInt(amount), 'usd');

describe('credits on an invoice', () => {
  it('give as much as fits with its tax', () => {
    const tax = (_: string, net: Money): Money => usd((net.amount * 2n + 5n) / 10n);
    const wanted = [
      { key: 'a', credit: usd(100) },
      { key: 'b', credit: usd(100) },
    ];
    expect(giveCredits(wanted, usd(180), tax)).toEqual([
      { key: 'a', amount: usd(100), tax: usd(20), carried: usd(0) },
      { key: 'b', amount: usd(50), tax: usd(10), carried: usd(50) },
    ]);
  });

  it('lose nothing, and never take more than the invoice comes to', () => {
    const percent = fc.integer({ min: 0, max: 30 });
    fc.assert(
      fc.property(fc.array(fc.nat(10_000)), fc.nat(50_000), percent, (credits, room, rate) => {
        const tax = (_: string, net: Money): Money => usd((net.amount * BigInt(rate) + 50n) / 100n);
        const given = giveCredits(
          credits.map((credit, index) => ({ key: String(index), credit: usd(credit) })),
          usd(room),
          tax,
        );
        const taken = given.reduce((sum, one) => sum + one.amount.amount + one.tax.amount, 0n);
        expect(taken <= BigInt(room)).toBe(true);
        for (const [index, { amount, carried }] of given.entries())
          expect(amount.amount + carried.amount).toBe(BigInt(credits[index]!));
        // What is carried did not fit any more: not one minor unit of it.
        const first = given.findIndex(({ carried }) => carried.amount > 0n);
        const one = given[first];
        if (one !== undefined) {
          const more = tax('', usd(one.amount.amount + 1n)).amount + one.amount.amount + 1n;
          const before = given
            .slice(0, first)
            .reduce((sum, { amount, tax: t }) => sum + amount.amount + t.amount, 0n);
          expect(before + more > BigInt(room)).toBe(true);
        }
      }),
    );
  });
});
