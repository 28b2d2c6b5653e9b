import fc from 'fast-check';
import { rate, ZERO } from '../rate.js';
import { changeOfPurchase } from './purchase.js';

const of = (paid: number, unspent = '100', takenBack = '0') =>
  changeOfPurchase({
    credits: rate('100'),
    takenBack: rate(takenBack),
    unspent: rate(unspent),
    paid: BigInt(paid),
    price: 10_000n,
  });

describe('a purchase of credits that is undone', () => {
  it('gives back its credits with its money, by the same part', () => {
    expect(of(10_000)).toMatchObject({ take: ZERO, missing: ZERO, give: ZERO });
    expect(of(7_500).take.toString()).toBe('25');
    expect(of(0).take.toString()).toBe('100');
    expect(of(0, '75', '25').take.toString()).toBe('75');
  });

  it('never takes what is spent, and says how much that is', () => {
    const { take, missing } = of(0, '30');
    expect([take.toString(), missing.toString()]).toEqual(['30', '70']);
  });

  it('gives credits once more when the money comes back', () => {
    expect(of(10_000, '75', '25').give.toString()).toBe('25');
    expect(of(9_000, '60', '40').give.toString()).toBe('30');
  });

  it('an overpaid one, and one that cost nothing, keep theirs', () => {
    expect(of(12_000)).toMatchObject({ take: ZERO, give: ZERO });
    const free = changeOfPurchase({
      credits: rate('5'),
      takenBack: ZERO,
      unspent: rate('5'),
      paid: 0n,
      price: 0n,
    });
    expect(free).toMatchObject({ take: ZERO, missing: ZERO, give: ZERO });
  });

  it('law: after any payments and refunds, what is left and what is spent is the part that is paid', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.array(
          fc.record({
            paid: fc.integer({ min: -10, max: 1_100_000 }),
            spend: fc.integer({ min: 0, max: 300_000 }),
          }),
        ),
        (bought, price, steps) => {
          const credits = rate(bought.toString());
          let [unspent, takenBack, spent] = [credits, ZERO, ZERO];
          for (const { paid, spend } of steps) {
            const used = rate(spend.toString()).greaterThan(unspent) ? unspent : rate(spend.toString());
            unspent = unspent.minus(used);
            spent = spent.plus(used);
            const { take, missing, give } = changeOfPurchase({
              credits,
              takenBack,
              unspent,
              paid: BigInt(paid),
              price: BigInt(price),
            });
            expect(take.lessThanOrEqualTo(unspent) && !take.isNegative() && !missing.isNegative()).toBe(true);
            expect(give.lessThanOrEqualTo(takenBack)).toBe(true);
            unspent = unspent.minus(take).plus(give);
            takenBack = takenBack.plus(take).minus(give);
            // Nothing is made and nothing lost.
            expect(unspent.plus(spent).plus(takenBack).equals(credits)).toBe(true);
            const part = Math.min(1, Math.max(0, paid) / price);
            expect(unspent.plus(spent).minus(missing).toNumber()).toBeCloseTo(bought * part, 4);
          }
        },
      ),
    );
  });
});
