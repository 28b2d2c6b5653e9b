import fc from 'fast-check';
import { applyFraction, elapsedFraction, isWhole, WHOLE } from './fraction.js';
import { clip, contains, durationMs, intersect, makePeriod, samePeriod, type Period } from './period.js';
import { rate, Rate } from './rate.js';

const at = (ms: number): Date => new Date(ms);
const period = (start: number, end: number): Period => makePeriod(at(start), at(end));
const periods = fc
  .tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1, max: 500 }))
  .map(([start, length]) => period(start, start + length));

describe('makePeriod', () => {
  it.each([
    [5, 5],
    [6, 5],
    [NaN, 5],
    [5, NaN],
  ])('refuses %d to %d', (start, end) => {
    expect(() => period(start, end)).toThrow(RangeError);
  });

  it('does not move when the dates it was made of are changed', () => {
    const [start, end] = [at(1), at(5)];
    const made = makePeriod(start, end);
    start.setTime(99);
    end.setTime(99);
    expect(durationMs(made)).toBe(4);
  });
});

describe('contains', () => {
  it('is half-open: the start is in, the end is not', () => {
    expect([4, 5, 9, 10].map((ms) => contains(period(5, 10), at(ms)))).toEqual([false, true, true, false]);
  });

  it('has no end where there is none', () => {
    expect([4, 5, 1e15].map((ms) => contains({ start: at(5), end: null }, at(ms)))).toEqual([
      false,
      true,
      true,
    ]);
  });
});

describe('intersect', () => {
  it('holds exactly the instants that both hold, in either order', () => {
    fc.assert(
      fc.property(periods, periods, fc.integer({ min: 0, max: 1500 }), (a, b, ms) => {
        const common = intersect(a, b);
        const inside = common !== undefined && contains(common, at(ms));
        expect(inside).toBe(contains(a, at(ms)) && contains(b, at(ms)));
        const other = intersect(b, a);
        expect(common && other ? samePeriod(common, other) : common === other).toBe(true);
      }),
    );
  });

  it('is nothing where two periods only touch', () => {
    expect(intersect(period(1, 5), period(5, 9))).toBeUndefined();
  });

  it('clips to an open window', () => {
    expect(clip(period(1, 9), { start: at(4), end: null })).toEqual(period(4, 9));
    expect(clip(period(1, 9), { start: at(9), end: null })).toBeUndefined();
    expect(clip(period(1, 9), { start: at(0), end: at(3) })).toEqual(period(1, 3));
  });
});

describe('samePeriod', () => {
  it('compares both ends', () => {
    expect(samePeriod(period(1, 5), period(1, 5))).toBe(true);
    expect(samePeriod(period(1, 5), period(1, 6))).toBe(false);
    expect(samePeriod(period(1, 5), period(2, 5))).toBe(false);
  });
});

describe('elapsedFraction', () => {
  it('of the parts of a period adds up to the whole, exactly', () => {
    fc.assert(
      fc.property(periods, fc.array(fc.integer({ min: 0, max: 1500 }), { maxLength: 6 }), (whole, cuts) => {
        const inner = [...new Set(cuts)].filter(
          (cut) => cut > whole.start.getTime() && contains(whole, at(cut)),
        );
        const bounds = [whole.start.getTime(), ...inner.sort((a, b) => a - b), whole.end.getTime()];
        const parts = bounds
          .slice(1)
          .map((end, index) => elapsedFraction(period(bounds[index] ?? 0, end), whole));
        expect(parts.reduce((sum, part) => sum + part.numerator, 0n)).toBe(BigInt(durationMs(whole)));
        expect(parts.every((part) => part.denominator === BigInt(durationMs(whole)))).toBe(true);
        const amount = rate('100.37');
        const total = parts.reduce((sum, part) => sum.plus(applyFraction(amount, part)), rate(0));
        expect(total.minus(amount).abs().lessThan('1e-90')).toBe(true);
      }),
    );
  });

  it('is zero outside and never above one', () => {
    expect(elapsedFraction(period(1, 2), period(5, 9)).numerator).toBe(0n);
    expect(isWhole(elapsedFraction(period(0, 99), period(5, 9)))).toBe(true);
  });
});

describe('applyFraction', () => {
  it('multiplies before it divides, so that a finite result is exact', () => {
    expect(applyFraction(rate(3), { numerator: 1n, denominator: 3n }).toFixed()).toBe('1');
    expect(applyFraction(rate('0.03'), { numerator: 1n, denominator: 6n }).toFixed()).toBe('0.005');
    expect(applyFraction(rate('1.5'), WHOLE)).toEqual(new Rate('1.5'));
  });

  it('refuses a denominator that is not positive', () => {
    expect(() => applyFraction(rate(1), { numerator: 0n, denominator: 0n })).toThrow(RangeError);
  });
});
