import { Temporal } from 'temporal-polyfill';
import type { Period } from '../period.js';

const HOUR_NS = 60 * 60 * 1e9;

/** Whether a zone is off from UTC by full hours all through a period: then its hours are those of UTC. */
export function hasWholeHourOffsets(timeZone: string, period: Period): boolean {
  if (timeZone === 'UTC') return true;
  let at: Temporal.ZonedDateTime | null = Temporal.Instant.fromEpochMilliseconds(
    period.start.getTime(),
  ).toZonedDateTimeISO(timeZone);
  while (at !== null && at.epochMilliseconds < period.end.getTime()) {
    if (at.offsetNanoseconds % HOUR_NS !== 0) return false;
    at = at.getTimeZoneTransition('next');
  }
  return true;
}
