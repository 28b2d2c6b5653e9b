/**
 * Half-open stretches of time [start, end): an instant on a boundary belongs to the later period.
 * Instants are UTC milliseconds; nothing here knows of calendars. Source: wire contract, periods.
 */
export interface Period {
  readonly start: Date;
  readonly end: Date;
}

/** A period whose end may be still unknown (`null`): the life of a subscription, of a price, of a line. */
export interface OpenPeriod {
  readonly start: Date;
  readonly end: Date | null;
}

/** RangeError unless both are valid dates and start < end. The dates are copied, so that a caller cannot move them. */
export function makePeriod(start: Date, end: Date): Period {
  // negated, because every comparison with an invalid date is false
  if (!(start.getTime() < end.getTime()))
    throw new RangeError(`a period must start before it ends: ${describe(start)} to ${describe(end)}`);
  return { start: new Date(start.getTime()), end: new Date(end.getTime()) };
}

const describe = (instant: Date): string =>
  Number.isNaN(instant.getTime()) ? 'an invalid date' : instant.toISOString();

export const contains = (period: OpenPeriod, instant: Date): boolean =>
  period.start.getTime() <= instant.getTime() &&
  (period.end === null || instant.getTime() < period.end.getTime());

/** What two periods have in common; undefined when they only touch or lie apart. */
export const intersect = (a: Period, b: Period): Period | undefined => clip(a, b);

/** The part of a period that lies inside a window, which may be open-ended; undefined when there is none. */
export function clip(period: Period, window: OpenPeriod): Period | undefined {
  const start = laterOf(period.start, window.start);
  const end = window.end === null ? period.end : earlierOf(period.end, window.end);
  return start.getTime() < end.getTime() ? makePeriod(start, end) : undefined;
}

/** What is left of a period outside of those holes, in order. A hole may be open-ended; holes may overlap. */
export function without(period: Period, holes: readonly OpenPeriod[]): Period[] {
  const parts: Period[] = [];
  let from = period.start;
  for (const hole of [...holes].sort((a, b) => a.start.getTime() - b.start.getTime())) {
    if (hole.start.getTime() >= period.end.getTime()) break;
    if (hole.end !== null && hole.end.getTime() <= from.getTime()) continue;
    if (hole.start.getTime() > from.getTime()) parts.push(makePeriod(from, hole.start));
    if (hole.end === null) return parts;
    from = laterOf(from, hole.end);
  }
  if (from.getTime() < period.end.getTime()) parts.push(makePeriod(from, period.end));
  return parts;
}

export const durationMs = (period: Period): number => period.end.getTime() - period.start.getTime();

export const samePeriod = (a: Period, b: Period): boolean =>
  a.start.getTime() === b.start.getTime() && a.end.getTime() === b.end.getTime();

export const earlierOf = (a: Date, b: Date): Date => (b.getTime() < a.getTime() ? b : a);
export const laterOf = (a: Date, b: Date): Date => (b.getTime() > a.getTime() ? b : a);
