import type { Period } from '../period.js';
import type { WindowSize } from './aggregation.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Monday, and the begin of every other window. */
const ORIGIN = Date.UTC(2001, 0, 1);

/** In milliseconds. A month has no length of its own. */
export const WINDOW_LENGTHS: Readonly<Record<Exclude<WindowSize, 'MONTH'>, number>> = {
  MINUTE,
  '15MIN': 15 * MINUTE,
  '30MIN': 30 * MINUTE,
  HOUR,
  '3HOUR': 3 * HOUR,
  '6HOUR': 6 * HOUR,
  '12HOUR': 12 * HOUR,
  DAY,
  WEEK: 7 * DAY,
};

function indexOf(size: WindowSize, ms: number): number {
  if (size !== 'MONTH') return Math.floor((ms - ORIGIN) / WINDOW_LENGTHS[size]);
  const date = new Date(ms);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
}

/**
 * How many buckets of UTC stretches in the order of time have a part of, with usage or without. A bucket that two of them
 * have a part of is one.
 */
export function bucketCount(size: WindowSize, stretches: readonly Period[]): number {
  let counted = Number.NEGATIVE_INFINITY;
  return stretches.reduce((sum, { start, end }) => {
    const first = Math.max(indexOf(size, start.getTime()), counted + 1);
    const last = indexOf(size, end.getTime() - 1);
    counted = Math.max(counted, last);
    return sum + Math.max(last - first + 1, 0);
  }, 0);
}

/** The bucket of UTC that begins at an instant. */
export function bucketAt(size: WindowSize, start: Date): Period {
  const end =
    size === 'MONTH'
      ? Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 1)
      : start.getTime() + WINDOW_LENGTHS[size];
  return { start, end: new Date(end) };
}

/** The bucket in which stretches in the order of time end. */
export function lastBucket(size: WindowSize, stretches: readonly Period[]): Period {
  const at = (stretches.at(-1) as Period).end.getTime() - 1;
  if (size !== 'MONTH') return bucketAt(size, new Date(ORIGIN + indexOf(size, at) * WINDOW_LENGTHS[size]));
  const date = new Date(at);
  return bucketAt(size, new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth())));
}
