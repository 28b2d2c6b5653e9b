import { Temporal } from 'temporal-polyfill';
import { earlierOf, makePeriod, type Period } from './period.js';

/**
 * The law of billing periods. A schedule is a grid of boundaries: the anchor, and every whole number of intervals
 * before and after it, counted from the anchor each time, so that a month end never drifts. A period ends on the
 * first boundary after its start; one that starts off the grid (before a later anchor, in the middle of a month)
 * is therefore a short one, and no period is ever longer than its interval. Source: wire contract, periods.
 */
export const BILLING_PERIOD_UNITS = [
  'DAILY',
  'WEEKLY',
  'MONTHLY',
  'QUARTERLY',
  'HALF_YEARLY',
  'ANNUAL',
  'ONETIME',
] as const;
export type BillingPeriodUnit = (typeof BILLING_PERIOD_UNITS)[number];

/** `count` units: {MONTHLY, 2} is every other month. ONETIME has no period and ignores its count. */
export interface BillingInterval {
  readonly unit: BillingPeriodUnit;
  /** A whole number from 1 up. */
  readonly count: number;
}

export const BILLING_CYCLES = ['anniversary', 'calendar'] as const;
export type BillingCycle = (typeof BILLING_CYCLES)[number];

export interface BillingSchedule {
  readonly interval: BillingInterval;
  /** `anniversary` keeps the anchor's day and wall-clock time; `calendar` keeps its day and always turns at the start of the day. */
  readonly cycle: BillingCycle;
  readonly anchor: Date;
  /** IANA name; all calendar arithmetic happens in this zone. */
  readonly timeZone: string;
}

interface Step {
  readonly months: number;
  readonly days: number;
}

const STEPS: Readonly<Record<BillingPeriodUnit, Step | undefined>> = {
  DAILY: { months: 0, days: 1 },
  WEEKLY: { months: 0, days: 7 },
  MONTHLY: { months: 1, days: 0 },
  QUARTERLY: { months: 3, days: 0 },
  HALF_YEARLY: { months: 6, days: 0 },
  ANNUAL: { months: 12, days: 0 },
  ONETIME: undefined,
};

// Names only: Temporal would also take an offset ("+05:30") or a whole timestamp, which know no daylight saving.
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+/-]*$/;

/** True for a zone of the IANA database (`UTC`, `Europe/Berlin`), in any case. */
export function isValidTimeZone(timeZone: unknown): boolean {
  if (typeof timeZone !== 'string' || !ZONE_NAME.test(timeZone)) return false;
  try {
    new Temporal.ZonedDateTime(0n, timeZone);
    return true;
  } catch {
    return false;
  }
}

function stepOf(interval: BillingInterval): Step {
  const step = STEPS[interval.unit];
  if (step === undefined) throw new RangeError('a one-time charge has no billing period');
  if (!Number.isSafeInteger(interval.count) || interval.count < 1)
    throw new RangeError(`a billing period count must be a whole number from 1 up: ${interval.count}`);
  return { months: step.months * interval.count, days: step.days * interval.count };
}

/** Names that were found good before: to look one up costs more than all the arithmetic that follows. */
const knownZones = new Set<string>();

function inZone(instant: Date, timeZone: string): Temporal.ZonedDateTime {
  const name = timeZone.toLowerCase();
  if (!knownZones.has(name)) {
    if (!isValidTimeZone(timeZone)) throw new RangeError(`unknown time zone ${timeZone}`);
    knownZones.add(name);
  }
  if (Number.isNaN(instant.getTime())) throw new RangeError('invalid date');
  return Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(timeZone);
}

/** The boundaries of a schedule, numbered from its anchor (0). Never decreasing; equal only where a zone skips a whole day. */
class Grid {
  private readonly step: Step;
  private readonly anchor: Temporal.PlainDateTime;
  private readonly boundaries = new Map<number, number>();

  /** Of a schedule, and what it has reckoned so far: a billing run asks a few schedules for the same few boundaries, line by line. */
  static of(schedule: BillingSchedule): Grid {
    const known = grids.get(schedule);
    if (known !== undefined) return known;
    const { anchor, cycle, timeZone, interval } = schedule;
    const key = `${anchor.getTime()} ${cycle} ${interval.unit} ${interval.count} ${timeZone}`;
    const grid = gridsByKey.get(key) ?? new Grid(schedule);
    if (gridsByKey.size >= MOST_GRIDS) gridsByKey.clear();
    gridsByKey.set(key, grid);
    grids.set(schedule, grid);
    return grid;
  }

  private constructor(private readonly schedule: BillingSchedule) {
    this.step = stepOf(schedule.interval);
    this.anchor = inZone(schedule.anchor, schedule.timeZone).toPlainDateTime();
  }

  /** Epoch milliseconds of boundary `index`. */
  at(index: number): number {
    const known = this.boundaries.get(index);
    if (known !== undefined) return known;
    const boundary = this.reckon(index);
    this.boundaries.set(index, boundary);
    return boundary;
  }

  private reckon(index: number): number {
    const { cycle, anchor, timeZone } = this.schedule;
    // A calendar period turns when the day does, even where the anchor's own midnight was skipped by daylight saving.
    if (cycle === 'calendar')
      return this.local(index).toPlainDate().toZonedDateTime(timeZone).epochMilliseconds;
    // The anchor is an instant: its wall-clock reading may have occurred twice.
    if (index === 0) return anchor.getTime();
    return this.local(index).toZonedDateTime(timeZone, { disambiguation: 'compatible' }).epochMilliseconds;
  }

  /** The last boundary at or before the instant. */
  indexAt(instant: number): number {
    let index = this.estimate(instant);
    while (this.at(index) > instant) index -= 1;
    while (this.at(index + 1) <= instant) index += 1;
    return index;
  }

  private local(index: number): Temporal.PlainDateTime {
    return this.anchor.add(
      { months: this.step.months * index, days: this.step.days * index },
      { overflow: 'constrain' },
    );
  }

  /** Off by one at most, as it does not look at the zone; {@link indexAt} puts it right. */
  private estimate(instant: number): number {
    if (Number.isNaN(instant)) throw new RangeError('invalid date');
    const date = new Date(instant);
    const { year, month } = this.anchor;
    return this.step.months > 0
      ? Math.floor(((date.getUTCFullYear() - year) * 12 + date.getUTCMonth() + 1 - month) / this.step.months)
      : Math.floor((instant - this.schedule.anchor.getTime()) / (this.step.days * DAY));
  }
}

const DAY = 86_400_000;

/** Forgotten together with their schedules. */
const grids = new WeakMap<BillingSchedule, Grid>();
/** Of schedules that say the same: subscriptions on the calendar all turn at once. */
const gridsByKey = new Map<string, Grid>();
const MOST_GRIDS = 1000;

/**
 * The anchor of a calendar cycle: the next midnight, Monday, or first of the month, quarter, half-year or year in the
 * zone. A start that is exactly on such a boundary is its own anchor: it has no stub.
 * RangeError for ONETIME, an unknown zone or an invalid date.
 */
export function calendarAnchor(start: Date, unit: BillingPeriodUnit, timeZone: string): Date {
  const step = stepOf({ unit, count: 1 });
  const date = inZone(start, timeZone).toPlainDate();
  let boundary =
    step.days === 7
      ? date.subtract({ days: date.dayOfWeek - 1 })
      : step.months > 0
        ? date.with({ day: 1, month: date.month - ((date.month - 1) % step.months) })
        : date;
  let instant = boundary.toZonedDateTime(timeZone).epochMilliseconds;
  while (instant < start.getTime()) {
    boundary = boundary.add(step);
    instant = boundary.toZonedDateTime(timeZone).epochMilliseconds;
  }
  return new Date(instant);
}

/** The first boundary of the schedule after `periodStart`. RangeError for ONETIME, a bad count, an unknown zone or an invalid date. */
export function nextPeriodEnd(schedule: BillingSchedule, periodStart: Date): Date {
  return fullPeriodAt(schedule, periodStart).end;
}

/**
 * The whole, unclipped period of the schedule around an instant: from the last boundary at or before it to the next one.
 * A stub or a cut-off last period is a part of it.
 */
export function fullPeriodAt(schedule: BillingSchedule, instant: Date): Period {
  const grid = Grid.of(schedule);
  const index = grid.indexAt(instant.getTime());
  return makePeriod(new Date(grid.at(index)), new Date(grid.at(index + 1)));
}

/** The period that starts at `periodStart`, cut off at `clipEnd` (a subscription's end date). RangeError when nothing is left. */
export const periodFrom = (schedule: BillingSchedule, periodStart: Date, clipEnd?: Date | null): Period =>
  makePeriod(periodStart, clipped(nextPeriodEnd(schedule, periodStart), clipEnd));

/**
 * All periods from `periodStart` on, lazily: each starts where the one before ended. The last one is cut off at
 * `clipEnd`; without it there is no last one.
 */
export function* periodsFrom(
  schedule: BillingSchedule,
  periodStart: Date,
  clipEnd?: Date | null,
): Generator<Period, void, undefined> {
  const grid = Grid.of(schedule);
  let index = grid.indexAt(periodStart.getTime());
  let start = periodStart;
  while (clipEnd === undefined || clipEnd === null || start.getTime() < clipEnd.getTime()) {
    index += 1;
    const boundary = grid.at(index);
    if (boundary <= start.getTime()) continue; // the zone skipped this day
    const period = makePeriod(start, clipped(new Date(boundary), clipEnd));
    yield period;
    start = period.end;
  }
}

/** The periods from `periodStart` on that have ended by `until` (inclusive), oldest first, however many. */
export function duePeriods(
  schedule: BillingSchedule,
  periodStart: Date,
  until: Date,
  clipEnd?: Date | null,
): Period[] {
  const due: Period[] = [];
  for (const period of periodsFrom(schedule, periodStart, clipEnd)) {
    if (!(period.end.getTime() <= until.getTime())) break; // negated: an invalid date must not loop for ever
    due.push(period);
  }
  return due;
}

/** How many boundaries lie after one instant and not after another; 0 when the other is earlier. It reckons, and walks nowhere. */
export function boundariesBetween(schedule: BillingSchedule, from: Date, until: Date): number {
  const grid = Grid.of(schedule);
  return Math.max(0, grid.indexAt(until.getTime()) - grid.indexAt(from.getTime()));
}

/** That many days later on the wall clock of the zone: a trial over the change to summer time ends at the hour it began. */
export function addDays(instant: Date, days: number, timeZone: string): Date {
  return new Date(inZone(instant, timeZone).add({ days }).epochMilliseconds);
}

const clipped = (end: Date, clipEnd: Date | null | undefined): Date =>
  clipEnd === undefined || clipEnd === null ? end : earlierOf(end, clipEnd);

/**
 * True when every boundary of `longer` is also one of `base`, given the same anchor: equal intervals, whole multiples
 * within days and weeks or within months to years, anything over single days. A ONETIME charge fits any base.
 */
export function isMultipleOf(longer: BillingInterval, base: BillingInterval): boolean {
  if (longer.unit === 'ONETIME') return true;
  if (base.unit === 'ONETIME') return false;
  const [long, short] = [stepOf(longer), stepOf(base)];
  if (short.months > 0) return long.months > 0 && long.months % short.months === 0;
  return long.months > 0 ? short.days === 1 : long.days % short.days === 0;
}
