const instant = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const dayFormats = new Map<string, Intl.DateTimeFormat>();

const days = (timeZone: string): Intl.DateTimeFormat => {
  let known = dayFormats.get(timeZone);
  if (known === undefined) {
    known = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric', timeZone });
    dayFormats.set(timeZone, known);
  }
  return known;
};

/** In the zone of whoever reads. */
export const formatInstant = (time: string): string => instant.format(new Date(time));

export const formatDay = (time: string, timeZone = 'UTC'): string => days(timeZone).format(new Date(time));

/** The same for everybody: for a hover, or beside a log. */
export const formatUtc = (time: string): string =>
  `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

/** "1 – 31 Jan 2026": a period ends before the instant that is its end. */
export function formatPeriod(start: string, end: string, timeZone = 'UTC'): string {
  const first = new Date(start);
  const last = new Date(Math.max(new Date(end).getTime() - 1, first.getTime()));
  return days(timeZone).formatRange(first, last);
}

const DAY_MS = 86_400_000;

export const daysBefore = (now: Date, count: number): Date => new Date(now.getTime() - count * DAY_MS);

/** The same day of the next month, or its last one. */
export function monthAfter(now: Date): Date {
  const next = new Date(now);
  next.setUTCMonth(next.getUTCMonth() + 1);
  if (next.getUTCDate() !== now.getUTCDate()) next.setUTCDate(0);
  return next;
}
