import fc from 'fast-check';
import {
  BILLING_CYCLES,
  BILLING_PERIOD_UNITS,
  boundariesBetween,
  calendarAnchor,
  duePeriods,
  fullPeriodAt,
  isMultipleOf,
  nextPeriodEnd,
  type BillingInterval,
  type BillingPeriodUnit,
  type BillingSchedule,
} from './billing-period.js';
import { durationMs, samePeriod } from './period.js';

/** Zones with daylight saving of an hour, of half an hour, of two hours, at midnight, just after it, with odd offsets, with a skipped day. */
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'America/St_Johns',
  'America/Havana',
  'Africa/Cairo',
  'Africa/Casablanca',
  'Asia/Beirut',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Antarctica/Troll',
];
const DAY = 86_400_000;
const RECURRING = BILLING_PERIOD_UNITS.filter((unit) => unit !== 'ONETIME');
const MONTHS: Partial<Record<BillingPeriodUnit, number>> = {
  MONTHLY: 1,
  QUARTERLY: 3,
  HALF_YEARLY: 6,
  ANNUAL: 12,
};
const DAYS: Partial<Record<BillingPeriodUnit, number>> = { DAILY: 1, WEEKLY: 7 };

const instants = fc
  .date({ min: new Date('1995-01-01Z'), max: new Date('2035-01-01Z'), noInvalidDate: true })
  .chain((date) =>
    // whole minutes of ordinary days, and the dates and hours where calendars bite
    fc.constantFrom(
      date,
      new Date(Math.floor(date.getTime() / 60_000) * 60_000),
      new Date(Date.UTC(date.getUTCFullYear(), 0, 31, date.getUTCHours())),
      new Date(Date.UTC(2000 + (date.getUTCDate() % 8) * 4, 1, 29, 2, 30)),
      new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)),
      new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0, 23, 30)),
    ),
  );

const schedulesOf = (units: readonly BillingPeriodUnit[]): fc.Arbitrary<BillingSchedule> =>
  fc.record({
    interval: fc.record({
      unit: fc.constantFrom(...units),
      count: fc.oneof(
        { arbitrary: fc.constant(1), weight: 3 },
        { arbitrary: fc.integer({ min: 2, max: 7 }), weight: 1 },
      ),
    }),
    cycle: fc.constantFrom(...BILLING_CYCLES),
    anchor: instants,
    timeZone: fc.constantFrom(...ZONES),
  });

describe.each(RECURRING)('%s periods', (unit) => {
  const runs = unit === 'DAILY' ? 24 : 48;

  it('tile ten years without gap or overlap, and do not drift', () => {
    fc.assert(
      fc.property(
        schedulesOf([unit]),
        instants,
        fc.infiniteStream(fc.nat(100_000)),
        (schedule, start, picks) => {
          const until = new Date(start.getTime() + 3653 * DAY);
          const periods = duePeriods(schedule, start, until);
          let expectedStart = start.getTime();
          // compared first, because thousands of expect() calls take seconds
          for (const period of periods) {
            if (period.start.getTime() !== expectedStart || period.end.getTime() <= expectedStart)
              expect(period).toEqual({ start: new Date(expectedStart), end: 'later' });
            expectedStart = period.end.getTime();
          }
          expect(expectedStart).toBeLessThanOrEqual(until.getTime());
          expect(nextPeriodEnd(schedule, new Date(expectedStart)).getTime()).toBeGreaterThan(until.getTime());
          // counted without a walk; a skipped day is a boundary that is no period
          const counted = boundariesBetween(schedule, start, until);
          expect(counted - periods.length).toBeGreaterThanOrEqual(0);
          expect(counted - periods.length).toBeLessThanOrEqual(1);
          if (periods.length === 0) return;
          for (let i = 0; i < 12; i += 1) {
            const period = periods[picks.next().value % periods.length]!;
            expect(nextPeriodEnd(schedule, period.start)).toEqual(period.end);
            // any instant inside a period sees the same boundaries
            const inside = new Date(period.start.getTime() + (picks.next().value % durationMs(period)));
            expect(nextPeriodEnd(schedule, inside)).toEqual(period.end);
          }
        },
      ),
      { numRuns: runs },
    );
  });

  it('end where an independent calculation says: day and wall clock of the anchor, in the zone', () => {
    fc.assert(
      fc.property(schedulesOf([unit]), instants, (schedule, start) => {
        const end = nextPeriodEnd(schedule, start);
        // Samoa had no 30 December 2011: what should end then ends on the 31st
        fc.pre(!(schedule.timeZone === 'Pacific/Apia' && end.toISOString().startsWith('2011-12-3')));
        const expected = expectedInstants(schedule, end);
        // no such wall-clock time on that day: then only the other laws hold
        if (expected.length > 0)
          expect([Math.min(...expected), schedule.anchor.getTime()]).toContain(end.getTime());
      }),
      { numRuns: 300 },
    );
  });
});

describe('all periods', () => {
  it('are the same in UTC as by plain date arithmetic', () => {
    fc.assert(
      fc.property(schedulesOf(RECURRING), fc.integer({ min: -60, max: 60 }), (given, index) => {
        const schedule: BillingSchedule = { ...given, cycle: 'anniversary', timeZone: 'UTC' };
        const [start, end] = [plainBoundary(schedule, index), plainBoundary(schedule, index + 1)];
        expect(nextPeriodEnd(schedule, start)).toEqual(end);
        expect(fullPeriodAt(schedule, new Date(end.getTime() - 1))).toEqual({ start, end });
      }),
      { numRuns: 500 },
    );
  });

  it('are never longer than their interval', () => {
    fc.assert(
      fc.property(schedulesOf(RECURRING), instants, (schedule, start) => {
        const { unit, count } = schedule.interval;
        const longest = count * (DAYS[unit] ?? (MONTHS[unit] ?? 0) * 31) + 1.2; // a clock change, a skipped day
        expect(nextPeriodEnd(schedule, start).getTime() - start.getTime()).toBeLessThanOrEqual(longest * DAY);
      }),
      { numRuns: 300 },
    );
  });

  it('lie within the full period around their start, and share its end', () => {
    fc.assert(
      fc.property(schedulesOf(RECURRING), instants, (schedule, start) => {
        const full = fullPeriodAt(schedule, start);
        expect(full.start.getTime()).toBeLessThanOrEqual(start.getTime());
        expect(full.end).toEqual(nextPeriodEnd(schedule, start));
        expect(samePeriod(fullPeriodAt(schedule, full.start), full)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('of a multiple end only where a base period ends', () => {
    const intervals: fc.Arbitrary<BillingInterval> = fc.record({
      unit: fc.constantFrom(...RECURRING),
      count: fc.integer({ min: 1, max: 6 }),
    });
    fc.assert(
      fc.property(schedulesOf(['DAILY']), intervals, intervals, instants, (given, longer, base, start) => {
        fc.pre(isMultipleOf(longer, base));
        const end = nextPeriodEnd({ ...given, interval: longer }, start);
        const justBefore = new Date(end.getTime() - 1);
        expect(nextPeriodEnd({ ...given, interval: base }, justBefore)).toEqual(end);
      }),
      { numRuns: 300 },
    );
  });
});

describe('calendarAnchor', () => {
  it('is the next start of a unit in the zone, or the start itself, and at most one unit away', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...RECURRING),
        fc.constantFrom(...ZONES),
        instants,
        (unit, timeZone, start) => {
          const anchor = calendarAnchor(start, unit, timeZone);
          expect(anchor.getTime()).toBeGreaterThanOrEqual(start.getTime());
          const longest = (DAYS[unit] ?? (MONTHS[unit] ?? 0) * 31) + 1.2;
          expect(anchor.getTime() - start.getTime()).toBeLessThan(longest * DAY);
          // the day turns here: one millisecond earlier it is another day
          const local = wallClock(anchor, timeZone);
          expect(wallClock(new Date(anchor.getTime() - 1), timeZone).day).not.toBe(local.day);
          const months = MONTHS[unit];
          if (unit === 'WEEKLY')
            expect(new Date(Date.UTC(local.year, local.month - 1, local.day)).getUTCDay()).toBe(1);
          if (months !== undefined) expect([local.day, (local.month - 1) % months]).toEqual([1, 0]);
          expect(calendarAnchor(anchor, unit, timeZone)).toEqual(anchor);
        },
      ),
      { numRuns: 400 },
    );
  });
});

interface WallClock {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly timeMs: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** What a clock on the wall shows, by Intl: a second opinion on the library that the code uses. */
function wallClock(instant: Date, timeZone: string): WallClock {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, format);
  }
  const part: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(instant)) part[type] = Number(value);
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = part;
  const ms = ((instant.getTime() % 1000) + 1000) % 1000;
  return { year, month, day, timeMs: ((hour * 60 + minute) * 60 + second) * 1000 + ms };
}

const asUtc = (clock: WallClock): number => Date.UTC(clock.year, clock.month - 1, clock.day) + clock.timeMs;

/** Every instant that shows the wall-clock time which the boundary nearest to `near` should show; none when that time is skipped. */
function expectedInstants(schedule: BillingSchedule, near: Date): number[] {
  const { timeZone, cycle, interval } = schedule;
  const anchor = wallClock(schedule.anchor, timeZone);
  const seen = wallClock(near, timeZone);
  const months = (MONTHS[interval.unit] ?? 0) * interval.count;
  const days = (DAYS[interval.unit] ?? 0) * interval.count;
  let expected: WallClock;
  if (months > 0) {
    const distance = (seen.year - anchor.year) * 12 + seen.month - anchor.month;
    expect(Math.abs(distance % months)).toBe(0);
    const lastDay = new Date(Date.UTC(seen.year, seen.month, 0)).getUTCDate();
    expected = { ...seen, day: Math.min(anchor.day, lastDay), timeMs: anchor.timeMs };
  } else {
    const distance = (asUtc({ ...seen, timeMs: 0 }) - asUtc({ ...anchor, timeMs: 0 })) / DAY;
    expect(Math.abs(distance % days)).toBe(0);
    expected = { ...seen, timeMs: anchor.timeMs };
  }
  if (cycle === 'calendar') expected = { ...expected, timeMs: 0 };
  const offsets = [-2, 0, 2].map((shift) => {
    const probe = new Date(near.getTime() + shift * DAY);
    return asUtc(wallClock(probe, timeZone)) - probe.getTime();
  });
  return [...new Set(offsets)]
    .map((offset) => asUtc(expected) - offset)
    .filter((candidate) => asUtc(wallClock(new Date(candidate), timeZone)) === asUtc(expected));
}

/** Boundary `index` by the built-in date's own arithmetic, which knows only UTC. */
function plainBoundary({ anchor, interval }: BillingSchedule, index: number): Date {
  const days = DAYS[interval.unit];
  if (days !== undefined) return new Date(anchor.getTime() + index * interval.count * days * DAY);
  const month = anchor.getUTCMonth() + index * interval.count * (MONTHS[interval.unit] ?? 0);
  const lastDay = new Date(Date.UTC(anchor.getUTCFullYear(), month + 1, 0)).getUTCDate();
  const midnight = Date.UTC(anchor.getUTCFullYear(), month, Math.min(anchor.getUTCDate(), lastDay));
  return new Date(midnight + (((anchor.getTime() % DAY) + DAY) % DAY));
}
