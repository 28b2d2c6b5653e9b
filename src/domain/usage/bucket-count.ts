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

/** How many buckets of UTC a period has a part of, with usage or without. */
export function bucketCount(size: WindowSize, { start, end }: Period): number {
  const indexOf = (ms: number): number => {
    if (size !== 'MONTH') return Math.floor((ms - ORIGIN) / WINDOW_LENGTHS[size]);
    const date = new Date(ms);
    return date.getUTCFullYear() * 12 + date.getUTCMonth();
  };
  return indexOf(end.getTime() - 1) - indexOf(start.getTime()) + 1;
}
