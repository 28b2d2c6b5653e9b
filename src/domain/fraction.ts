import { durationMs, intersect, type Period } from './period.js';
import { Rate } from './rate.js';

/**
 * An exact ratio of two durations in milliseconds. Kept as a ratio, because a third of a month has no finite decimal:
 * the division happens once, in {@link applyFraction}, after the multiplication.
 */
export interface Fraction {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

export const WHOLE: Fraction = { numerator: 1n, denominator: 1n };

/** The share of `whole` that `part` covers, by elapsed time: 0 when they do not overlap, never above 1. */
export function elapsedFraction(part: Period, whole: Period): Fraction {
  const common = intersect(part, whole);
  return {
    numerator: common === undefined ? 0n : BigInt(durationMs(common)),
    denominator: BigInt(durationMs(whole)),
  };
}

export const isWhole = (fraction: Fraction): boolean => fraction.numerator === fraction.denominator;

/** amount × fraction to 100 significant digits, not rounded to any currency; RangeError when the denominator is not positive. */
export function applyFraction(amount: Rate, fraction: Fraction): Rate {
  if (fraction.denominator <= 0n) throw new RangeError('the denominator of a fraction must be positive');
  if (isWhole(fraction)) return amount;
  return amount.times(fraction.numerator.toString()).div(fraction.denominator.toString());
}
