import fc from 'fast-check';
import {
  shareOf,
  takeAdjustment,
  takenByDispute,
  type AdjustmentState,
  type ToldAdjustment,
} from './adjustments.js';

const amount = fc.bigInt({ min: 1n, max: 10_000n });
const word = fc.record({ released: fc.boolean(), owed: fc.bigInt({ min: -50n, max: 10_000n }) });

describe('adjustments', () => {
  it('end the same in whatever order and however often the same words are told', () => {
    fc.assert(
      fc.property(
        amount,
        fc.array(word, { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat()),
        (whole, words, picks) => {
          const told = (released: boolean): ToldAdjustment => ({
            amount: whole,
            released,
            varies: false,
          });
          const end = (order: typeof words): AdjustmentState | undefined =>
            order.reduce<AdjustmentState | undefined>(
              (known, { released, owed }) => takeAdjustment(known, told(released), 10_000n + owed),
              undefined,
            );
          const shuffled = [...words, ...words].sort(() => ((picks.next().value as number) % 3) - 1);
          expect(end(shuffled)).toEqual(end(words));
        },
      ),
    );
  });

  it('keep the amount that was booked first, and settle no more than was owed then', () => {
    fc.assert(
      fc.property(amount, fc.array(word, { minLength: 1, maxLength: 6 }), (whole, words) => {
        const told = { amount: whole, released: false, varies: false };
        let known: AdjustmentState | undefined;
        for (const { owed } of words) {
          const before = known;
          known = takeAdjustment(known, told, owed);
          if (before !== undefined) expect(known.amount).toBe(before.amount);
          else expect(known.amount).toBe(owed <= 0n ? 0n : owed < whole ? owed : whole);
        }
      }),
    );
  });

  it('of what is worked out anew, the latest word stands', () => {
    const told = (whole: bigint): ToldAdjustment => ({
      amount: whole,
      released: false,
      varies: true,
    });
    expect(takeAdjustment(takeAdjustment(undefined, told(5n), 9n), told(-3n), 9n).amount).toBe(-3n);
  });
});

describe('the share of an invoice in what was collected with it', () => {
  it('is all of it, up to what is its own, the first payments first', () => {
    fc.assert(
      fc.property(
        fc.array(amount, { maxLength: 6 }),
        fc.bigInt({ min: 0n, max: 20_000n }),
        (payments, own) => {
          const shares = shareOf(payments, own);
          const sum = (all: readonly bigint[]): bigint => all.reduce((total, one) => total + one, 0n);
          const whole = sum(payments);
          expect(sum(shares)).toBe(whole < own ? whole : own);
          shares.forEach((share, index) => {
            expect(share >= 0n && share <= (payments[index] as bigint)).toBe(true);
          });
          // A payment that comes later changes nothing about those before.
          expect(shareOf([...payments, 7n], own).slice(0, -1)).toEqual(shares);
        },
      ),
    );
  });
});

it('a lost dispute takes what refunds have left, and never more than the payment', () => {
  fc.assert(
    fc.property(amount, amount, amount, (payment, gone, disputed) => {
      const taken = takenByDispute(payment, gone, disputed);
      expect(taken >= 0n && taken <= disputed).toBe(true);
      if (gone <= payment) expect(gone + taken <= payment).toBe(true);
      if (gone + disputed <= payment) expect(taken).toBe(disputed);
    }),
  );
});
