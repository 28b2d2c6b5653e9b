import fc from 'fast-check';
import {
  BILLING_CYCLES,
  calendarAnchor,
  isMultipleOf,
  periodsFrom,
  type BillingPeriodUnit,
  type BillingSchedule,
} from '../billing-period.js';
import { clip, contains, makePeriod, without, type OpenPeriod, type Period } from '../period.js';
import {
  linesDue,
  type BillingMoment,
  type ChargeableLine,
  type DueCharge,
  type PausedTime,
} from './charges-due.js';
import { lineSchedule } from './line-schedule.js';

const utc = (text: string): Date => new Date(`${text}T00:00:00Z`);
const DAY = 86_400_000;

/** A subscription from its start to a cancellation, with lines that come and go. */
const lives = fc
  .record({
    cycle: fc.constantFrom(...BILLING_CYCLES),
    timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/Sao_Paulo', 'Australia/Lord_Howe'),
    start: fc.date({ min: utc('2015-01-01'), max: utc('2025-01-01'), noInvalidDate: true }),
    base: fc.record({
      unit: fc.constantFrom<BillingPeriodUnit>('WEEKLY', 'MONTHLY', 'QUARTERLY'),
      count: fc.integer({ min: 1, max: 3 }),
    }),
    anchorOffset: fc.integer({ min: -40, max: 40 }),
    periods: fc.integer({ min: 1, max: 9 }),
    cutOff: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
    endDate: fc.boolean(),
    lines: fc.array(
      fc.record({
        interval: fc.record({
          unit: fc.constantFrom<BillingPeriodUnit>(
            'WEEKLY',
            'MONTHLY',
            'QUARTERLY',
            'HALF_YEARLY',
            'ANNUAL',
            'ONETIME',
          ),
          count: fc.integer({ min: 1, max: 4 }),
        }),
        priceType: fc.constantFrom('FIXED' as const, 'USAGE' as const),
        cadence: fc.constantFrom('ADVANCE' as const, 'ARREAR' as const),
        from: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 200 * DAY })),
        length: fc.option(fc.integer({ min: 1, max: 300 * DAY }), { nil: null }),
      }),
      { minLength: 1, maxLength: 5 },
    ),
  })
  .map(({ cycle, timeZone, start, base, anchorOffset, periods, cutOff, endDate, lines: given }) => {
    const anchor =
      cycle === 'calendar'
        ? calendarAnchor(start, base.unit, timeZone)
        : new Date(start.getTime() + anchorOffset * DAY);
    const own: BillingSchedule = { interval: base, cycle, anchor, timeZone };
    const billing: Period[] = [];
    for (const each of periodsFrom(own, start)) {
      billing.push(each);
      if (billing.length === periods) break;
    }
    const lastFull = billing.at(-1)!;
    const end =
      cutOff === undefined
        ? lastFull.end
        : new Date(
            lastFull.start.getTime() +
              Math.ceil((lastFull.end.getTime() - lastFull.start.getTime()) / (cutOff + 1)),
          );
    billing[billing.length - 1] = makePeriod(lastFull.start, end);
    const fitting = given.filter(({ interval }) => isMultipleOf(interval, base));
    const charged = fitting.map(({ interval, priceType, cadence, from, length }, index): ChargeableLine => {
      const lineStart = new Date(start.getTime() + from);
      const lineEnd = length === null ? null : new Date(lineStart.getTime() + length);
      return {
        key: `line${index}`,
        priceType,
        cadence,
        schedule: lineSchedule(own, start, interval),
        window: { start: lineStart, end: lineEnd },
      };
    });
    return {
      life: { start, end: endDate ? end : null },
      schedule: own,
      billing,
      end,
      cancelled: cutOff !== undefined && !endDate,
      lines: charged,
    };
  });

describe('over the life of a subscription', () => {
  it('every line is charged exactly once for every instant it is there: no gap, no overlap', () => {
    fc.assert(
      fc.property(lives, ({ life, billing, end, cancelled, lines: all }) => {
        const moments: BillingMoment[] = billing.map((next, index) =>
          index === 0
            ? { type: 'subscription_start', next }
            : { type: 'period_end', closing: billing[index - 1]!, next },
        );
        const closing = billing.at(-1)!;
        moments.push(cancelled ? { type: 'cancel', closing } : { type: 'period_end', closing });
        const charges = moments.flatMap((moment) => linesDue(moment, life, all));
        for (const each of all) {
          const present = clip(makePeriod(life.start, end), each.window);
          const mine = charges.filter((charge) => charge.line === each);
          if (each.schedule.interval.unit === 'ONETIME') {
            expect(mine).toHaveLength(present === undefined ? 0 : 1);
            continue;
          }
          const parts = mine
            .map(({ effective }) => effective)
            .sort((a, b) => a.start.getTime() - b.start.getTime());
          expect(parts[0]?.start).toEqual(present?.start);
          for (const [index, part] of parts.entries())
            if (index > 0) expect(part.start).toEqual(parts[index - 1]?.end);
          const inAdvance = each.priceType === 'FIXED' && each.cadence === 'ADVANCE';
          const last = parts.at(-1)?.end;
          if (inAdvance && present !== undefined)
            expect(last!.getTime()).toBeGreaterThanOrEqual(present.end.getTime());
          else expect(last).toEqual(present?.end);
        }
      }),
      { numRuns: 600 },
    );
  });

  it('a charge is on the invoice in whose period service begins (advance) or ends (arrear)', () => {
    fc.assert(
      fc.property(lives, ({ life, billing, lines: all }) => {
        billing.slice(1).forEach((next, index) => {
          const closing = billing[index]!;
          for (const charge of linesDue({ type: 'period_end', closing, next }, life, all)) {
            const { line: each, servicePeriod, effective, fullPeriod } = charge;
            const inAdvance =
              each.schedule.interval.unit === 'ONETIME' ||
              (each.priceType === 'FIXED' && each.cadence === 'ADVANCE');
            if (inAdvance) expect(contains(next, effective.start)).toBe(true);
            else
              expect(
                servicePeriod.end.getTime() > closing.start.getTime() &&
                  servicePeriod.end.getTime() <= closing.end.getTime(),
              ).toBe(true);
            expect(clip(servicePeriod, life)).toEqual(servicePeriod);
            for (const [inner, outer] of [
              [effective, servicePeriod],
              [servicePeriod, fullPeriod],
            ] as const)
              expect(inner.start >= outer.start && inner.end <= outer.end).toBe(true);
          }
        });
      }),
      { numRuns: 300 },
    );
  });

  it('cutting a line in two at any instant charges the same shares', () => {
    fc.assert(
      fc.property(lives, fc.integer({ min: 1, max: 250 * DAY }), ({ life, billing, lines: all }, offset) => {
        const recurring = all.filter(
          ({ schedule: { interval }, priceType }) => interval.unit !== 'ONETIME' && priceType === 'FIXED',
        );
        const whole = recurring.map((each): ChargeableLine => ({ ...each, cadence: 'ARREAR', window: life }));
        const cut = new Date(life.start.getTime() + offset);
        fc.pre(life.end === null || cut < life.end);
        const halves = whole.flatMap((each) => [
          { ...each, window: { start: life.start, end: cut } },
          { ...each, window: { start: cut, end: life.end } },
        ]);
        const closing = billing.at(-1)!;
        const shares = (of: readonly ChargeableLine[]): Map<string, bigint> => {
          const sums = new Map<string, bigint>();
          for (const charge of linesDue({ type: 'period_end', closing }, life, of)) {
            const key = `${charge.line.key} ${charge.servicePeriod.start.getTime()}`;
            const { numerator, denominator } = charge.fraction;
            sums.set(key, (sums.get(key) ?? 0n) + (10n ** 12n * numerator * 1000n) / denominator);
          }
          return sums;
        };
        const [one, two] = [shares(whole), shares(halves)];
        expect([...two.keys()].sort()).toEqual([...one.keys()].sort());
        for (const [key, share] of one) {
          const difference = share - (two.get(key) ?? 0n);
          expect(difference >= 0n && difference <= 1n).toBe(true); // integer division above
        }
      }),
      { numRuns: 300 },
    );
  });

  it('with pauses, every unpaused instant is charged exactly once, and no service that begins in a pause', () => {
    fc.assert(
      fc.property(
        lives,
        fc.array(fc.tuple(fc.nat(400 * DAY), fc.integer({ min: 1, max: 90 * DAY })), {
          minLength: 1,
          maxLength: 3,
        }),
        ({ life, schedule, billing, end, cancelled, lines: all }, drawn) => {
          // One after the other, as people make them: the next begins after the last has ended.
          const pauses: Period[] = [];
          let from = life.start.getTime();
          for (const [offset, length] of drawn) {
            const begin = from + 1 + (offset % (200 * DAY));
            if (begin + length >= end.getTime()) break;
            pauses.push(makePeriod(new Date(begin), new Date(begin + length)));
            from = begin + length;
          }
          const charges = walk({ life, schedule, billing, end, cancelled }, all, pauses);
          for (const each of all) {
            if (each.schedule.interval.unit === 'ONETIME') continue;
            const present = clip(makePeriod(life.start, end), each.window);
            const inAdvance = each.priceType === 'FIXED' && each.cadence === 'ADVANCE';
            const parts = charges
              .filter((charge) => charge.line === each)
              .flatMap(({ served }) => served)
              .sort((a, b) => a.start.getTime() - b.start.getTime());
            for (const [index, part] of parts.entries())
              expect(index === 0 || part.start >= parts[index - 1]!.end).toBe(true);
            const expected = present === undefined ? [] : without(present, pauses);
            if (!inAdvance) expect(joined(parts)).toEqual(joined(expected));
            else {
              // What is paid for in advance is kept through a pause; all that is served is paid for.
              for (const served of expected) expect(uncovered(served, parts)).toEqual([]);
              for (const part of parts) {
                // A pause that begins after the billing period has was not known when that was paid for.
                const period = billing.find((one) => contains(one, part.start));
                const known = pauses.filter(({ start }) => period !== undefined && start <= period.start);
                expect(known.some((pause) => contains(pause, part.start))).toBe(false);
              }
            }
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('a line that takes the place of another in a paid period charges from the next one on', () => {
    fc.assert(
      fc.property(
        lives,
        fc.integer({ min: 1, max: 250 * DAY }),
        ({ life, schedule, billing, end, lines: all }, offset) => {
          const cut = new Date(life.start.getTime() + offset);
          const [each] = all.filter(({ schedule: { interval } }) => interval.unit !== 'ONETIME');
          fc.pre(each !== undefined && cut < end);
          const whole: ChargeableLine = { ...each, priceType: 'FIXED', cadence: 'ADVANCE', window: life };
          const before: ChargeableLine = { ...whole, key: 'before', window: { start: life.start, end: cut } };
          const paid = walk({ life, schedule, billing, end, cancelled: false }, [whole], []).find(
            ({ servicePeriod }) => contains(servicePeriod, cut),
          );
          fc.pre(paid !== undefined);
          const after: ChargeableLine = {
            ...whole,
            key: 'after',
            window: { start: cut, end: life.end },
            paidUntil: paid.servicePeriod.end,
          };
          const replaced = walk({ life, schedule, billing, end, cancelled: false }, [before, after], []);
          const starts = replaced
            .filter(({ line }) => line.key === 'after')
            .map(({ effective }) => effective.start);
          for (const start of starts) expect(start >= paid.servicePeriod.end).toBe(true);
          const later = walk({ life, schedule, billing, end, cancelled: false }, [whole], []).filter(
            ({ effective }) => effective.start >= paid.servicePeriod.end,
          );
          expect(starts).toEqual(later.map(({ effective }) => effective.start));
        },
      ),
      { numRuns: 80 },
    );
  });
});

/** Bills a life as the billing run does: starts, period ends, and the end of each pause at its time. */
function walk(
  {
    life,
    billing,
    end,
    cancelled,
    schedule,
  }: {
    life: OpenPeriod;
    billing: readonly Period[];
    end: Date;
    cancelled: boolean;
    schedule: BillingSchedule;
  },
  lines: readonly ChargeableLine[],
  pauses: readonly Period[],
): DueCharge[] {
  const charges: DueCharge[] = [];
  /** What is known of the pauses at an instant: one that lasts has no end yet. */
  const paused = (at: Date): PausedTime => ({
    pauses: pauses
      .filter(({ start }) => start <= at)
      .map((pause) => (pause.end <= at ? pause : { start: pause.start, end: null })),
    billing: schedule,
  });
  for (const [index, period] of billing.entries()) {
    charges.push(
      ...linesDue(
        index === 0
          ? { type: 'subscription_start', next: period }
          : { type: 'period_end', closing: billing[index - 1]!, next: period },
        life,
        lines,
        paused(period.start),
      ),
    );
    // Of a pause that begins within a period, the period is paid already; see `resumeTask`.
    for (const pause of pauses)
      if (pause.start <= period.start && pause.end > period.start && pause.end < period.end)
        charges.push(
          ...linesDue(
            { type: 'subscription_start', next: makePeriod(pause.end, period.end) },
            life,
            lines,
            paused(pause.end),
          ),
        );
  }
  const closing = billing.at(-1)!;
  charges.push(
    ...linesDue(
      cancelled ? { type: 'cancel', closing } : { type: 'period_end', closing },
      life,
      lines,
      paused(end),
    ),
  );
  return charges;
}

/** Adjoining stretches as one. */
function joined(parts: readonly Period[]): Period[] {
  const result: Period[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    if (last !== undefined && last.end.getTime() === part.start.getTime())
      result[result.length - 1] = makePeriod(last.start, part.end);
    else result.push(part);
  }
  return result;
}

const uncovered = (period: Period, parts: readonly Period[]): Period[] => without(period, parts);
