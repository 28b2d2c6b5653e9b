import fc from 'fast-check';
import type { BillingSchedule } from '../billing-period.js';
import { money, moneyToRate, roundToMoney, sumMoney, zeroMoney, type Money } from '../money.js';
import { makePeriod } from '../period.js';
import { rate, Rate, ZERO } from '../rate.js';
import {
  applyCommitment,
  commitmentErrors,
  commitmentTerm,
  type Commitment,
  type CommitmentOutcome,
} from './commitment.js';
import {
  addOutcomes,
  applyLineCommitment,
  applyWindowedCommitment,
  committedAmount,
  type LineCommitmentOutcome,
} from './line-commitment.js';

const usd = (minor: bigint | number): Money => money(BigInt(minor), 'usd');
const commitment = (amount: number, factor = '1', trueUp = false): Commitment => ({
  amount: usd(amount),
  overageFactor: rate(factor),
  trueUp,
});
const usage = (...amounts: string[]): { key: string; amount: Rate }[] =>
  amounts.map((amount, index) => ({ key: `u${index}`, amount: rate(amount) }));
const shown = ({ lines }: CommitmentOutcome): string[] =>
  lines.map(({ type, key, amount }) => `${type} ${key ?? ''} ${amount.amount}`);
const total = ({ lines }: CommitmentOutcome): bigint =>
  sumMoney(
    lines.map(({ amount }) => amount),
    'usd',
  ).amount;

describe('a commitment of a subscription', () => {
  it('is used up line by line, and what goes beyond is charged times the factor', () => {
    expect(shown(applyCommitment(commitment(10_000, '1.5'), usage('60', '70', '20')))).toEqual([
      'usage u0 6000',
      'usage u1 4000',
      'overage u1 4500',
      'usage u2 0',
      'overage u2 3000',
    ]);
  });

  it('is made up for at its end', () => {
    const { lines, trueUp } = applyCommitment(commitment(10_000, '1.5', true), usage('60'));
    expect(lines.at(-1)).toEqual({ type: 'true_up', key: null, amount: usd(4000) });
    expect(trueUp).toEqual(usd(4000));
    expect(total(applyCommitment(commitment(10_000, '1.5', true), []))).toBe(10_000n);
    expect(total(applyCommitment(commitment(10_000, '1.5', true), usage('100')))).toBe(10_000n);
  });

  it('bug: with an overage factor of 1 it still holds, and is made up for', () => {
    expect(shown(applyCommitment(commitment(10_000, '1', true), usage('60')))).toEqual([
      'usage u0 6000',
      'true_up  4000',
    ]);
    expect(total(applyCommitment(commitment(10_000, '1', true), usage('60', '70')))).toBe(13_000n);
  });

  it('of nothing is none: no factor, no overage', () => {
    const none = applyCommitment(commitment(0, '2', true), usage('60', '0.005'));
    expect(shown(none)).toEqual(['usage u0 6000', 'usage u1 1']);
    expect(none.utilized).toEqual(usd(0));
  });

  const amounts = fc.array(
    fc.integer({ min: 0, max: 5_000_000 }).map((digits) => rate(digits).div(10_000)),
    { maxLength: 8 },
  );
  const commitments = fc
    .tuple(fc.nat(200_000), fc.integer({ min: 100, max: 300 }), fc.boolean())
    .map(([amount, percent, trueUp]) => commitment(amount, rate(percent).div(100).toFixed(), trueUp));
  const keyed = (given: readonly Rate[]): { key: string; amount: Rate }[] =>
    given.map((amount, index) => ({ key: `u${index}`, amount }));

  it('with a factor of 1 and no true-up changes nothing, to the minor unit of every line', () => {
    fc.assert(
      fc.property(amounts, fc.nat(200_000), (given, amount) => {
        const { lines } = applyCommitment(commitment(amount), keyed(given));
        given.forEach((exact, index) => {
          const own = lines.filter(({ key }) => key === `u${index}`).map((line) => line.amount);
          expect(sumMoney(own, 'usd')).toEqual(roundToMoney(exact, 'usd'));
        });
      }),
    );
  });

  it('charges the usage below it, at least itself with a true-up, and beyond it the rest times the factor', () => {
    fc.assert(
      fc.property(commitments, amounts, (given, exact) => {
        fc.pre(given.amount.amount > 0n);
        const outcome = applyCommitment(given, keyed(exact));
        const rounded = exact.map((each) => roundToMoney(each, 'usd'));
        const used = sumMoney(rounded, 'usd').amount;
        expect(outcome.utilized.amount + outcome.overage.amount + outcome.trueUp.amount).toBe(total(outcome));
        expect(outcome.usedSoFar.amount).toBe(used);
        expect(outcome.utilized.amount).toBe(used < given.amount.amount ? used : given.amount.amount);
        expect(outcome.trueUp.amount > 0n && outcome.overage.amount > 0n).toBe(false);
        if (given.trueUp) expect(total(outcome) >= given.amount.amount).toBe(true);
        const beyond = moneyToRate(usd(used - outcome.utilized.amount)).times(given.overageFactor);
        // one rounding a line, of the usage and of what goes beyond
        const slack = rate(exact.length + 1).times('0.02');
        expect(moneyToRate(outcome.overage).minus(beyond).abs().lessThanOrEqualTo(slack)).toBe(true);
      }),
    );
  });

  it('over several invoices charges what one invoice for all of it does', () => {
    const whole = fc.array(fc.array(fc.nat(100_000), { maxLength: 4 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(whole, fc.integer({ min: 1, max: 400_000 }), fc.boolean(), (periods, amount, trueUp) => {
        const given = commitment(amount, '2', trueUp); // whole minor units times two need no rounding
        const rates = (minor: readonly number[]): Rate[] => minor.map((each) => moneyToRate(usd(each)));
        let usedBefore = usd(0);
        let sum = 0n;
        periods.forEach((minor, index) => {
          const ends = index === periods.length - 1;
          const outcome = applyCommitment(given, keyed(rates(minor)), { usedBefore, ends });
          usedBefore = outcome.usedSoFar;
          sum += total(outcome);
          if (!ends) expect(outcome.trueUp.amount).toBe(0n);
        });
        expect(sum).toBe(total(applyCommitment(given, keyed(rates(periods.flat())))));
      }),
    );
  });

  it('refuses a factor below 1, negative usage and a foreign currency', () => {
    expect(() => applyCommitment(commitment(1, '0.9'), [])).toThrow(RangeError);
    expect(() => applyCommitment(commitment(1), usage('-1'))).toThrow(RangeError);
    const foreign = { usedBefore: zeroMoney('eur'), ends: true };
    expect(() => applyCommitment(commitment(1), usage('1'), foreign)).toThrow(RangeError);
    const fields = { amount: 'commitment_amount', overageFactor: 'overage_factor' };
    expect(Object.keys(commitmentErrors({ amount: rate(-1), overageFactor: rate('0.5') }, fields))).toEqual([
      'commitment_amount',
      'overage_factor',
    ]);
    expect(commitmentErrors({ amount: ZERO, overageFactor: rate(1) }, fields)).toEqual({});
  });
});

describe('the term of a commitment', () => {
  const day = (text: string): Date => new Date(`${text}T00:00:00Z`);
  const monthly = (anchor: string): BillingSchedule => ({
    interval: { unit: 'MONTHLY', count: 1 },
    cycle: 'anniversary',
    anchor: day(anchor),
    timeZone: 'UTC',
  });
  const termOf = (
    duration: 'ANNUAL' | 'QUARTERLY' | null,
    from: string,
    until: string,
    end?: string,
  ): string => {
    const life = { start: day('2025-01-20'), end: end === undefined ? null : day(end) };
    const term = commitmentTerm(
      duration,
      monthly('2025-02-01'),
      life,
      makePeriod(day(from), day(until)),
      false,
    );
    return `${term.start.toISOString().slice(0, 10)} ${term.ends ? 'ends' : 'goes on'}`;
  };

  it('is the billing period when it has no duration of its own', () => {
    expect(termOf(null, '2025-03-01', '2025-04-01')).toBe('2025-03-01 ends');
  });

  it('is counted from the first full period; the stub before it belongs to the first term', () => {
    expect(termOf('ANNUAL', '2025-01-20', '2025-02-01')).toBe('2025-01-20 goes on');
    expect(termOf('ANNUAL', '2025-12-01', '2026-01-01')).toBe('2025-01-20 goes on');
    expect(termOf('ANNUAL', '2026-01-01', '2026-02-01')).toBe('2025-01-20 ends');
    expect(termOf('ANNUAL', '2026-02-01', '2026-03-01')).toBe('2026-02-01 goes on');
    expect(termOf('QUARTERLY', '2025-04-01', '2025-05-01')).toBe('2025-01-20 ends');
  });

  it('ends with the subscription', () => {
    expect(termOf('ANNUAL', '2025-03-01', '2025-03-11', '2025-03-11')).toBe('2025-01-20 ends');
  });
});

describe('a commitment of one line', () => {
  const line = (amount: string, factor: string, trueUp: boolean) => ({
    amount: rate(amount),
    overageFactor: rate(factor),
    trueUp,
  });
  const figures = ({ amount, utilized, overage, trueUp }: LineCommitmentOutcome): string[] =>
    [amount, utilized, overage, trueUp].map((each) => each.toFixed());

  it.each([
    ['60', false, ['60', '60', '0', '0']],
    ['60', true, ['100', '60', '0', '40']],
    ['100', true, ['100', '100', '0', '0']],
    ['160', true, ['190', '100', '90', '0']],
  ])('of 100 with a factor of 1.5: usage for %s, true-up %s', (used, trueUp, expected) => {
    expect(figures(applyLineCommitment(line('100', '1.5', trueUp), rate(used)))).toEqual(expected);
  });

  it('in units is worth what the price makes of them', () => {
    const terms = {
      model: 'TIERED' as const,
      mode: 'SLAB' as const,
      tiers: [
        { upTo: rate(10), unitAmount: rate(2), flatAmount: ZERO },
        { upTo: null, unitAmount: rate(1), flatAmount: ZERO },
      ],
    };
    expect(committedAmount({ type: 'quantity', value: rate(15) }, terms).toFixed()).toBe('25');
    expect(committedAmount({ type: 'amount', value: rate(15) }, terms).toFixed()).toBe('15');
  });

  it('of nothing is none', () => {
    expect(figures(applyLineCommitment(line('0', '3', true), rate(7)))).toEqual(['7', '7', '0', '0']);
  });

  it('per bucket holds in every bucket, in those without usage too', () => {
    const whole = (amount: string) => ({ amount: rate(amount), before: ZERO, ends: true });
    const windowed = (trueUp: boolean): string[] =>
      figures(applyWindowedCommitment(line('10', '2', trueUp), [whole('4'), whole('15')], 3));
    expect(windowed(true)).toEqual(['60', '14', '10', '36']);
    expect(windowed(false)).toEqual(['24', '14', '10', '0']);
    expect(() => applyWindowedCommitment(line('10', '2', true), [], -1)).toThrow(RangeError);
  });

  it('refuses what is negative, and a factor below 1', () => {
    expect(() => applyLineCommitment(line('-1', '1', true), rate(1))).toThrow(RangeError);
    expect(() => applyLineCommitment(line('1', '1', true), rate(-1))).toThrow(RangeError);
    expect(() => applyLineCommitment(line('1', '0.99', true), rate(1))).toThrow(RangeError);
  });

  const amounts = fc.integer({ min: 0, max: 10 ** 7 }).map((digits) => rate(digits).div(1000));

  const lines = fc
    .tuple(amounts, fc.integer({ min: 100, max: 300 }), fc.boolean())
    .map(([amount, percent, trueUp]) => ({ amount, overageFactor: rate(percent).div(100), trueUp }));

  it('bug: per bucket, the parts of a period that a change of plan has cut cost more than the whole', () => {
    fc.assert(
      fc.property(
        lines,
        fc.array(fc.tuple(amounts, amounts)),
        fc.nat(3),
        fc.nat(3),
        (of, cut, idle, later) => {
          const sum = (parts: readonly { amount: Rate }[]): Rate =>
            parts.reduce((total, { amount }) => total.plus(amount), ZERO);
          const [first, second] = [
            // Each bucket is cut: it ends in the second part.
            applyWindowedCommitment(
              of,
              cut.map(([amount]) => ({ amount, before: ZERO, ends: false })),
              idle,
            ),
            applyWindowedCommitment(
              of,
              cut.map(([before, amount]) => ({ amount, before, ends: true })),
              later,
            ),
          ];
          const uncut = applyWindowedCommitment(
            of,
            cut.map(([a, b]) => ({ amount: a.plus(b), before: ZERO, ends: true })),
            idle + later,
          );
          expect(sum([first, second]).equals(uncut.amount)).toBe(true);
        },
      ),
    );
  });

  it('is the sum of its parts, never less than the usage, never falls as usage grows, and joins where it is reached', () => {
    fc.assert(
      fc.property(lines, amounts, amounts, (given, used, more) => {
        const outcome = applyLineCommitment(given, used);
        expect(
          addOutcomes([outcome]).amount.eq(outcome.utilized.plus(outcome.overage).plus(outcome.trueUp)),
        ).toBe(true);
        expect(outcome.amount.greaterThanOrEqualTo(used)).toBe(true);
        expect(applyLineCommitment(given, used.plus(more)).amount.greaterThanOrEqualTo(outcome.amount)).toBe(
          true,
        );
        expect(applyLineCommitment(given, given.amount).amount.eq(given.amount)).toBe(true);
      }),
    );
  });

  it('over several periods charges what one period for all of it does', () => {
    fc.assert(
      fc.property(lines, fc.array(amounts, { minLength: 1, maxLength: 6 }), (given, periods) => {
        let usedBefore = ZERO;
        const outcomes = periods.map((used, index) => {
          const outcome = applyLineCommitment(given, used, {
            usedBefore,
            ends: index === periods.length - 1,
          });
          usedBefore = usedBefore.plus(used);
          return outcome;
        });
        expect(figures(addOutcomes(outcomes))).toEqual(figures(applyLineCommitment(given, usedBefore)));
      }),
    );
  });
});
