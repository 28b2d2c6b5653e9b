import fc from 'fast-check';
import { periodFrom, type BillingSchedule } from '../billing-period.js';
import {
  grantsAfter,
  GRANT_PERIODS,
  nextGrantDate,
  type GrantDate,
  type GrantedSubscription,
  type GrantTerms,
} from './grant-schedule.js';

const day = (text: string): Date => new Date(`${text}T00:00:00Z`);
const monthly = (anchor: string, timeZone = 'UTC'): BillingSchedule => ({
  interval: { unit: 'MONTHLY', count: 1 },
  cycle: 'anniversary',
  anchor: day(anchor),
  timeZone,
});
const subscription = (start: string, more: Partial<GrantedSubscription> = {}): GrantedSubscription => ({
  schedule: monthly(start),
  startDate: day(start),
  endDate: null,
  ...more,
});
const terms = (more: Partial<GrantTerms> = {}): GrantTerms => ({
  interval: { unit: 'MONTHLY', count: 1 },
  expiry: { type: 'NEVER' },
  startDate: null,
  endDate: null,
  ...more,
});

function dates(t: GrantTerms, s: GrantedSubscription, most: number): GrantDate[] {
  const found: GrantDate[] = [];
  let next = nextGrantDate(t, s, null);
  while (next !== undefined && found.length < most) {
    found.push(next);
    next = nextGrantDate(t, s, next.start);
  }
  return found;
}
const shown = (list: GrantDate[]): string[] => list.map((one) => one.start.toISOString().slice(0, 10));

describe('dates of a grant', () => {
  it('is once for ONETIME, when the subscription starts or the grant does', () => {
    expect(shown(dates(terms({ interval: null }), subscription('2026-01-15'), 5))).toEqual(['2026-01-15']);
    expect(
      shown(dates(terms({ interval: null, startDate: day('2026-02-01') }), subscription('2026-01-15'), 5)),
    ).toEqual(['2026-02-01']);
    expect(
      shown(dates(terms({ interval: null, startDate: day('2025-02-01') }), subscription('2026-01-15'), 5)),
    ).toEqual(['2026-01-15']);
  });

  it('turns with the billing periods when the interval is theirs, month ends and all', () => {
    expect(shown(dates(terms(), subscription('2026-01-31'), 4))).toEqual([
      '2026-01-31',
      '2026-02-28',
      '2026-03-31',
      '2026-04-30',
    ]);
    const calendar = subscription('2026-01-20', {
      schedule: { ...monthly('2026-02-01'), cycle: 'calendar' },
    });
    expect(shown(dates(terms(), calendar, 3))).toEqual(['2026-01-20', '2026-02-01', '2026-03-01']);
  });

  it('counts any other interval from its first application', () => {
    const weekly = terms({ interval: { unit: 'WEEKLY', count: 2 } });
    expect(shown(dates(weekly, subscription('2026-01-10'), 3))).toEqual([
      '2026-01-10',
      '2026-01-24',
      '2026-02-07',
    ]);
  });

  it('ends with the grant and with the subscription, whichever is first', () => {
    expect(shown(dates(terms({ endDate: day('2026-03-15') }), subscription('2026-01-15'), 9))).toEqual([
      '2026-01-15',
      '2026-02-15',
    ]);
    const ending = subscription('2026-01-15', { endDate: day('2026-02-20') });
    const list = dates(terms(), ending, 9);
    expect(shown(list)).toEqual(['2026-01-15', '2026-02-15']);
    expect(list[1]?.end).toEqual(day('2026-02-20'));
    expect(dates(terms({ startDate: day('2026-03-01') }), ending, 9)).toEqual([]);
  });

  it('expires never, after a duration, or with the billing cycle', () => {
    const expiry = (t: Partial<GrantTerms>, s = subscription('2026-01-31')): string | undefined =>
      nextGrantDate(terms(t), s, null)?.expiresAt?.toISOString().slice(0, 10);
    expect(expiry({})).toBeUndefined();
    expect(expiry({ expiry: { type: 'DURATION', unit: 'DAY', count: 10 } })).toBe('2026-02-10');
    expect(expiry({ expiry: { type: 'DURATION', unit: 'WEEK', count: 2 } })).toBe('2026-02-14');
    expect(expiry({ expiry: { type: 'DURATION', unit: 'MONTH', count: 1 } })).toBe('2026-02-28');
    expect(expiry({ expiry: { type: 'DURATION', unit: 'YEAR', count: 1 } })).toBe('2027-01-31');
    expect(expiry({ expiry: { type: 'BILLING_CYCLE' } })).toBe('2026-02-28');
    // A weekly grant on a monthly subscription lasts to the end of the month that it was given in.
    const weekly = dates(
      terms({ interval: { unit: 'WEEKLY', count: 1 }, expiry: { type: 'BILLING_CYCLE' } }),
      subscription('2026-01-01'),
      6,
    );
    expect(weekly.map((one) => one.expiresAt)).toEqual([
      ...Array<Date>(5).fill(day('2026-02-01')),
      day('2026-03-01'),
    ]);
  });

  it('keeps to local time over daylight saving', () => {
    const berlin: GrantedSubscription = {
      schedule: { ...monthly('2026-03-01', 'Europe/Berlin'), anchor: new Date('2026-03-15T08:00:00Z') },
      startDate: new Date('2026-03-15T08:00:00Z'),
      endDate: null,
    };
    expect(dates(terms(), berlin, 2)[1]?.start).toEqual(new Date('2026-04-15T07:00:00Z'));
  });

  it('has no gaps and no overlaps, whatever the terms', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...GRANT_PERIODS),
        fc.integer({ min: 1, max: 4 }),
        fc.date({ min: day('2020-01-01'), max: day('2030-01-01'), noInvalidDate: true }),
        fc.constantFrom('UTC', 'America/New_York', 'Asia/Kolkata'),
        (unit, count, start, timeZone) => {
          const own: GrantedSubscription = {
            schedule: { ...monthly('2026-01-01', timeZone), anchor: start },
            startDate: start,
            endDate: null,
          };
          const list = dates(terms({ interval: { unit, count }, expiry: { type: 'BILLING_CYCLE' } }), own, 8);
          expect(list).toHaveLength(8);
          expect(list[0]?.start).toEqual(start);
          list.slice(1).forEach((one, n) => {
            expect(one.start).toEqual(list[n]?.end);
          });
          for (const one of list) expect(one.expiresAt).toEqual(periodFrom(own.schedule, one.start).end);
          const all = terms({ interval: { unit, count }, expiry: { type: 'NEVER' } });
          for (const [n, one] of list.entries()) {
            expect(grantsAfter(all, own, start, one.start)).toBe(n);
            expect(grantsAfter(all, { ...own, endDate: one.start }, start, list.at(-1)!.start)).toBe(n);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
