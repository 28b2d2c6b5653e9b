import fc from 'fast-check';
import { calendarAnchor, periodsFrom, type BillingSchedule } from '../billing-period.js';
import { contains, makePeriod, type OpenPeriod, type Period } from '../period.js';
import { rate, Rate, ZERO } from '../rate.js';
import {
  applyQuotas,
  combineQuotas,
  QUOTA_RESETS,
  quotaWindows,
  type Quota,
  type QuotaReset,
  type QuotaSource,
} from './entitlement-quota.js';

const day = (text: string): Date => new Date(`${text}T00:00:00Z`);
const source = (limit: number | null, parts: Partial<QuotaSource> = {}): QuotaSource => ({
  limit: limit === null ? null : rate(limit),
  isEnabled: true,
  isSoftLimit: false,
  reset: null,
  ...parts,
});
const quota = (limit: number | null, reset: QuotaReset | null = null): Quota => ({
  reset,
  limit: limit === null ? null : rate(limit),
  isSoftLimit: false,
});
const once = (limit: number | null, used: string): string[] => {
  const { billable, free } = applyQuotas([{ quota: quota(limit), windows: [{ used: rate(used) }] }]);
  return [billable.toFixed(), free.toFixed()];
};
const schedule = (parts: Partial<BillingSchedule> = {}): BillingSchedule => ({
  interval: { unit: 'MONTHLY', count: 1 },
  cycle: 'anniversary',
  anchor: day('2025-01-15'),
  timeZone: 'UTC',
  ...parts,
});

describe('a free quantity', () => {
  it.each([
    [100, '150', ['50', '100']],
    [100, '100', ['0', '100']],
    [100, '99.5', ['0', '99.5']],
    [0, '7', ['7', '0']],
    [null, '1000000', ['0', '1000000']],
    [100, '-5', ['0', '0']],
  ])('of %s leaves of %s used %s to pay and free', (limit, used, expected) => {
    expect(once(limit, used)).toEqual(expected);
  });

  it('of several sources adds up, and one without limit makes all of it free', () => {
    expect(combineQuotas([source(100), source(50)])).toEqual([quota(150)]);
    expect(combineQuotas([source(100), source(null)])).toEqual([quota(null)]);
    expect(combineQuotas([source(100), source(null, { isEnabled: false })])).toEqual([quota(100)]);
  });

  it('is none when every source is disabled', () => {
    expect(combineQuotas([source(100, { isEnabled: false }), source(null, { isEnabled: false })])).toEqual(
      [],
    );
    expect(() => applyQuotas([])).toThrow(RangeError);
  });

  it('with a soft limit is the same: the mark only informs', () => {
    const [soft] = combineQuotas([source(10, { isSoftLimit: true }), source(5)]);
    expect(soft).toEqual({ ...quota(15), isSoftLimit: true });
    expect(applyQuotas([{ quota: soft!, windows: [{ used: rate(20) }] }]).billable.toFixed()).toBe('5');
  });

  it('of sources that begin anew at different times is each one’s share, together never more than was used', () => {
    const [daily, monthly] = combineQuotas([source(10, { reset: 'DAILY' }), source(100)]);
    const days = [rate(30), rate(5), rate(90)].map((used) => ({ used }));
    const of = (limit: number): string[] => {
      const outcome = applyQuotas([
        { quota: daily!, windows: days },
        { quota: { ...monthly!, limit: rate(limit) }, windows: [{ used: rate(125) }] },
      ]);
      return [outcome.billable.toFixed(), outcome.free.toFixed()];
    };
    expect(of(60)).toEqual(['40', '85']);
    expect(of(500)).toEqual(['0', '125']);
  });

  it('may not be negative', () => {
    expect(() => combineQuotas([source(-1)])).toThrow(RangeError);
    expect(() => once(-1, '5')).toThrow(RangeError);
  });

  it('and what is billed are together what was used', () => {
    const windows = fc.array(fc.nat(300), { maxLength: 10 });
    fc.assert(
      fc.property(windows, fc.option(fc.nat(100), { nil: null }), (used, limit) => {
        const { billable, free } = applyQuotas([
          { quota: quota(limit), windows: used.map((each) => ({ used: rate(each) })) },
        ]);
        expect(billable.plus(free).toNumber()).toBe(used.reduce((sum, each) => sum + each, 0));
        const expected = used.reduce((sum, each) => sum + Math.max(0, each - (limit ?? Infinity)), 0);
        expect(billable.toNumber()).toBe(expected);
      }),
    );
  });
});

describe('difference: a quota that outlasts the billing period is given once, not in every period anew', () => {
  const bill = (limit: number, months: readonly number[]): string[] => {
    let before = ZERO;
    return months.map((used) => {
      const total = before.plus(used);
      const outcome = applyQuotas([
        { quota: quota(limit, 'NEVER'), windows: [{ used: total, earlier: { used: before } }] },
      ]);
      before = total;
      return outcome.billable.toFixed();
    });
  };

  it('over the whole life', () => {
    expect(bill(100, [60, 60, 10])).toEqual(['0', '20', '10']);
  });

  it('however the usage falls into periods, it bills what lies beyond the limit in all', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(200), { minLength: 1, maxLength: 12 }), fc.nat(500), (months, limit) => {
        const billed = bill(limit, months).reduce((sum, each) => sum + Number(each), 0);
        expect(billed).toBe(Math.max(0, months.reduce((sum, each) => sum + each, 0) - limit));
      }),
    );
  });

  it('and corrections are made good for in what comes after, when what was billed is given', () => {
    const window = { used: rate(80), earlier: { used: rate(100), billed: rate(50) } };
    const at = (used: number, billed: number): string =>
      applyQuotas([
        {
          quota: quota(50, 'NEVER'),
          windows: [{ ...window, used: rate(used), earlier: { used: rate(80), billed: rate(billed) } }],
        },
      ]).billable.toFixed();
    expect(applyQuotas([{ quota: quota(50, 'NEVER'), windows: [window] }]).billable.toFixed()).toBe('0');
    expect([at(100, 50), at(110, 50)]).toEqual(['0', '10']);
  });
});

describe('the windows of a quota', () => {
  const life: OpenPeriod = { start: day('2025-01-15'), end: null };
  const march = makePeriod(day('2025-03-15'), day('2025-04-15'));
  const windowsOf = (reset: QuotaReset | null, own = schedule(), period = march, of = life): string[] =>
    quotaWindows(reset, own, of, period).map(
      ({ start, end }) => `${start.toISOString().slice(0, 10)} ${end.toISOString().slice(0, 10)}`,
    );

  it('turn with the billing period, and run on when they are longer', () => {
    expect(windowsOf(null)).toEqual(['2025-03-15 2025-04-15']);
    expect(windowsOf('MONTHLY')).toEqual(['2025-03-15 2025-04-15']);
    expect(windowsOf('QUARTERLY')).toEqual(['2025-01-15 2025-04-15']);
    expect(windowsOf('HALF_YEARLY')).toEqual(['2025-01-15 2025-04-15']);
    expect(windowsOf('ANNUAL')).toEqual(['2025-01-15 2025-04-15']);
    expect(windowsOf('NEVER')).toEqual(['2025-01-15 2025-04-15']);
    expect(windowsOf('ANNUAL', schedule(), makePeriod(day('2026-02-15'), day('2026-03-15')))).toEqual([
      '2026-01-15 2026-03-15',
    ]);
  });

  it('are months of a longer billing period', () => {
    const quarterly = schedule({ interval: { unit: 'QUARTERLY', count: 1 } });
    const quarter = makePeriod(day('2025-01-15'), day('2025-04-15'));
    expect(windowsOf('MONTHLY', quarterly, quarter)).toEqual([
      '2025-01-15 2025-02-15',
      '2025-02-15 2025-03-15',
      '2025-03-15 2025-04-15',
    ]);
  });

  it('of days turn at midnight in the zone of the subscription', () => {
    const own = schedule({ timeZone: 'America/New_York', anchor: new Date('2025-01-15T20:30:00Z') });
    const windows = quotaWindows(
      'DAILY',
      own,
      { start: own.anchor, end: null },
      makePeriod(own.anchor, new Date('2025-01-18T20:30:00Z')),
    );
    expect(windows.map(({ start }) => start.toISOString())).toEqual([
      '2025-01-15T20:30:00.000Z',
      '2025-01-16T05:00:00.000Z',
      '2025-01-17T05:00:00.000Z',
      '2025-01-18T05:00:00.000Z',
    ]);
  });

  it('cover the period without gap or overlap, and none begins before the subscription', () => {
    const cases = fc.record({
      cycle: fc.constantFrom('anniversary' as const, 'calendar' as const),
      timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'Australia/Lord_Howe'),
      start: fc.date({ min: day('2020-01-01'), max: day('2026-01-01'), noInvalidDate: true }),
      unit: fc.constantFrom('WEEKLY' as const, 'MONTHLY' as const, 'QUARTERLY' as const),
      reset: fc.constantFrom(...QUOTA_RESETS, null),
      months: fc.integer({ min: 1, max: 8 }),
    });
    fc.assert(
      fc.property(cases, ({ cycle, timeZone, start, unit, reset, months }) => {
        const anchor = cycle === 'calendar' ? calendarAnchor(start, unit, timeZone) : start;
        const own: BillingSchedule = { interval: { unit, count: 1 }, cycle, anchor, timeZone };
        let period: Period | undefined;
        let left = months;
        for (period of periodsFrom(own, start)) if ((left -= 1) === 0) break;
        const windows = quotaWindows(reset, own, { start, end: null }, period!);
        expect(windows[0]!.start.getTime()).toBeGreaterThanOrEqual(start.getTime());
        expect(contains(windows[0]!, period!.start)).toBe(true);
        expect(windows.at(-1)!.end).toEqual(period!.end);
        windows.slice(1).forEach((window, index) => {
          expect(window.start).toEqual(windows[index]!.end);
        });
      }),
      { numRuns: 200 },
    );
  });
});

describe('over the life of a subscription, with any reset', () => {
  const lives = fc.record({
    start: fc.date({ min: day('2024-01-01'), max: day('2025-01-01'), noInvalidDate: true }),
    reset: fc.constantFrom(...QUOTA_RESETS, null),
    limit: fc.nat(40),
    events: fc.array(fc.record({ hour: fc.nat(24 * 31 * 6), quantity: fc.nat(30) }), { maxLength: 25 }),
  });

  it('every window bills what goes beyond the limit, once', () => {
    fc.assert(
      fc.property(lives, ({ start, reset, limit, events }) => {
        const own = schedule({ anchor: start });
        const life: OpenPeriod = { start, end: null };
        const used = (from: Date, until: Date): Rate =>
          events
            .filter(({ hour }) => {
              const at = start.getTime() + hour * 3_600_000;
              return at >= from.getTime() && at < until.getTime();
            })
            .reduce((sum, { quantity }) => sum.plus(quantity), ZERO);
        const periods: Period[] = [];
        for (const period of periodsFrom(own, start)) {
          periods.push(period);
          if (periods.length === 7) break;
        }
        let billed = ZERO;
        const ends = new Map<number, Date>();
        for (const period of periods) {
          const windows = quotaWindows(reset, own, life, period);
          windows.forEach((window) => ends.set(window.start.getTime(), window.end));
          const { billable } = applyQuotas([
            {
              quota: quota(limit, reset),
              windows: windows.map((window) => ({
                used: used(window.start, window.end),
                ...(window.start < period.start
                  ? { earlier: { used: used(window.start, period.start) } }
                  : {}),
              })),
            },
          ]);
          billed = billed.plus(billable);
        }
        const expected = [...ends].reduce((sum, [from, until]) => {
          return sum.plus(Rate.max(used(new Date(from), until).minus(limit), 0));
        }, ZERO);
        expect(billed.toFixed()).toBe(expected.toFixed());
      }),
      { numRuns: 100 },
    );
  });
});
