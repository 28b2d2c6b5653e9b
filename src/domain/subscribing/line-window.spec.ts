import fc from 'fast-check';
import { nextPeriodEnd, type BillingPeriodUnit, type BillingSchedule } from '../billing-period.js';
import { contains, type OpenPeriod } from '../period.js';
import { lineSchedule } from './line-schedule.js';
import { lineWindow } from './line-window.js';

const at = (ms: number): Date => new Date(ms);
const ms = fc.integer({ min: 0, max: 100 });
const maybe = fc.option(ms.map(at), { nil: null });

describe('lineWindow', () => {
  it('holds an instant exactly when subscription and line are both there', () => {
    const lives = fc.record({
      subscriptionStart: ms.map(at),
      subscriptionEnd: maybe,
      lineStart: ms.map(at),
      lineEnd: maybe,
    });
    fc.assert(
      fc.property(lives, ms.map(at), (life, instant) => {
        const window = lineWindow(life);
        const all: OpenPeriod[] = [
          { start: life.subscriptionStart, end: life.subscriptionEnd },
          { start: life.lineStart, end: life.lineEnd },
        ];
        const present = all.every((each) => contains(each, instant));
        expect(window !== undefined && contains(window, instant)).toBe(present);
        if (window !== undefined) expect(window.end === null || window.end > window.start).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('is open-ended where nothing ends', () => {
    expect(lineWindow({ subscriptionStart: at(5), lineStart: at(3) })).toEqual({ start: at(5), end: null });
    expect(lineWindow({ subscriptionStart: at(5), lineStart: at(5), lineEnd: at(5) })).toBeUndefined();
  });
});

describe('lineSchedule', () => {
  const start = new Date('2024-01-20T00:00:00Z');
  const monthly = (cycle: BillingSchedule['cycle'], count = 1): BillingSchedule => ({
    interval: { unit: 'MONTHLY', count },
    cycle,
    anchor: cycle === 'calendar' ? new Date('2024-02-01T00:00:00Z') : start,
    timeZone: 'UTC',
  });
  const firstEnd = (schedule: BillingSchedule, unit: BillingPeriodUnit): string =>
    nextPeriodEnd(lineSchedule(schedule, start, { unit, count: 1 }), start)
      .toISOString()
      .slice(0, 10);

  it('of an anniversary cycle keeps the anchor', () => {
    expect(firstEnd(monthly('anniversary'), 'QUARTERLY')).toBe('2024-04-20');
    expect(firstEnd(monthly('anniversary'), 'ANNUAL')).toBe('2025-01-20');
  });

  it('of a calendar cycle turns with its own unit', () => {
    expect(firstEnd(monthly('calendar'), 'MONTHLY')).toBe('2024-02-01');
    expect(firstEnd(monthly('calendar'), 'QUARTERLY')).toBe('2024-04-01');
    expect(firstEnd(monthly('calendar'), 'ANNUAL')).toBe('2025-01-01');
  });

  it('of a calendar cycle of several units keeps its anchor, or the two would never meet', () => {
    expect(firstEnd(monthly('calendar', 2), 'ANNUAL')).toBe('2024-02-01');
  });

  it('three months on a quarterly calendar turn with the quarter, not three months after the next month began', () => {
    const quarterly: BillingSchedule = {
      interval: { unit: 'QUARTERLY', count: 1 },
      cycle: 'calendar',
      anchor: new Date('2024-04-01T00:00:00Z'),
      timeZone: 'UTC',
    };
    const line = lineSchedule(quarterly, start, { unit: 'MONTHLY', count: 3 });
    expect(nextPeriodEnd(line, start)).toEqual(new Date('2024-04-01T00:00:00Z'));
  });

  it('of a one-time charge is no matter of the calendar', () => {
    expect(lineSchedule(monthly('calendar'), start, { unit: 'ONETIME', count: 1 }).anchor).toEqual(
      monthly('calendar').anchor,
    );
  });
});
