import { Temporal } from 'temporal-polyfill';
import { earlierOf, laterOf, type Period } from '../period.js';

const HOUR_NS = 60 * 60 * 1e9;
/** No event lies outside; a walk through the changes of summer time until the year 9999 takes seconds. */
const EVENTS: Period = { start: new Date('2000-01-01T00:00:00Z'), end: new Date('2100-01-01T00:00:00Z') };

/** Of zones that were asked for: whether they are off by full hours all the time. */
const always = new Map<string, boolean>();

/** Whether a zone is off from UTC by full hours all through a period: then its hours are those of UTC. */
export function hasWholeHourOffsets(timeZone: string, { start, end }: Period): boolean {
  if (timeZone === 'UTC') return true;
  const name = timeZone.toLowerCase();
  const known = always.get(name) ?? isWholeIn(timeZone, EVENTS);
  always.set(name, known);
  return (
    known || isWholeIn(timeZone, { start: laterOf(start, EVENTS.start), end: earlierOf(end, EVENTS.end) })
  );
}

function isWholeIn(timeZone: string, { start, end }: Period): boolean {
  let at: Temporal.ZonedDateTime | null = Temporal.Instant.fromEpochMilliseconds(
    start.getTime(),
  ).toZonedDateTimeISO(timeZone);
  while (at !== null && at.epochMilliseconds < end.getTime()) {
    if (at.offsetNanoseconds % HOUR_NS !== 0) return false;
    at = at.getTimeZoneTransition('next');
  }
  return true;
}
