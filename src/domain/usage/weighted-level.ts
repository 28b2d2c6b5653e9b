import { durationMs, type Period } from '../period.js';
import { rate, storableQuantity, ZERO, type Rate } from '../rate.js';
import type { UsageSummary } from './summary.js';

/**
 * A weighted sum at the end of each of several stretches of one period, in the order of time: every value weighs with the
 * charged time that came after it, as a share of the whole period. What was set in one stretch goes on in the next, so that
 * cutting a period changes nothing.
 *
 * @param stretches with the events in them
 * @param level what is there before the first one; nothing, where the meter begins anew
 */
export function weightedLevels(
  stretches: readonly { readonly period: Period; readonly summary: UsageSummary; readonly whole: Period }[],
  level: Rate = ZERO,
): Rate[] {
  let standing = level;
  let sum = ZERO;
  return stretches.map(({ period, summary, whole }) => {
    const added = summary.total.times(rate(period.end.getTime())).minus(summary.moment);
    sum = sum.plus(standing.times(durationMs(period)).plus(added).dividedBy(durationMs(whole)));
    standing = standing.plus(summary.total);
    return storableQuantity(sum);
  });
}
