import {
  duePeriods,
  nextPeriodEnd,
  periodFrom,
  type BillingPeriodUnit,
  type BillingSchedule,
} from './billing-period.js';

const utc = (text: string): Date => new Date(text.includes('T') ? text : `${text}T00:00:00Z`);

const schedule = (
  unit: BillingPeriodUnit,
  anchor: string,
  options: { count?: number; timeZone?: string } = {},
): BillingSchedule => ({
  interval: { unit, count: options.count ?? 1 },
  cycle: 'anniversary',
  anchor: utc(anchor),
  timeZone: options.timeZone ?? 'UTC',
});

/** The first ends, as dates (or instants where there is a time of day). */
function ends(of: BillingSchedule, start: string, count: number): string[] {
  const result: string[] = [];
  let at = utc(start);
  for (let i = 0; i < count; i += 1) {
    at = nextPeriodEnd(of, at);
    result.push(at.toISOString().replace('T00:00:00.000Z', '').replace('.000Z', 'Z'));
  }
  return result;
}

describe('anniversary periods', () => {
  it.each<[BillingPeriodUnit, number, string[]]>([
    ['DAILY', 1, ['2024-01-16', '2024-01-17']],
    ['DAILY', 10, ['2024-01-25', '2024-02-04']],
    ['WEEKLY', 1, ['2024-01-22', '2024-01-29']],
    ['WEEKLY', 2, ['2024-01-29', '2024-02-12']],
    ['MONTHLY', 1, ['2024-02-15', '2024-03-15']],
    ['MONTHLY', 5, ['2024-06-15', '2024-11-15']],
    ['QUARTERLY', 1, ['2024-04-15', '2024-07-15']],
    ['QUARTERLY', 2, ['2024-07-15', '2025-01-15']],
    ['HALF_YEARLY', 1, ['2024-07-15', '2025-01-15']],
    ['ANNUAL', 1, ['2025-01-15', '2026-01-15']],
    ['ANNUAL', 3, ['2027-01-15', '2030-01-15']],
  ])('%s x %d from 15 January', (unit, count, expected) => {
    expect(ends(schedule(unit, '2024-01-15', { count }), '2024-01-15', 2)).toEqual(expected);
  });

  it('keep the day of the anchor: the 31st comes back after every short month', () => {
    expect(ends(schedule('MONTHLY', '2023-01-31'), '2023-01-31', 4)).toEqual([
      '2023-02-28',
      '2023-03-31',
      '2023-04-30',
      '2023-05-31',
    ]);
    expect(ends(schedule('MONTHLY', '2024-01-31'), '2024-01-31', 2)).toEqual(['2024-02-29', '2024-03-31']);
    expect(ends(schedule('QUARTERLY', '2023-08-31'), '2023-08-31', 4)).toEqual([
      '2023-11-30',
      '2024-02-29',
      '2024-05-31',
      '2024-08-31',
    ]);
  });

  it('keep 29 February: the 28th in common years, the 29th again in leap years', () => {
    expect(ends(schedule('ANNUAL', '2024-02-29'), '2024-02-29', 4)).toEqual([
      '2025-02-28',
      '2026-02-28',
      '2027-02-28',
      '2028-02-29',
    ]);
  });

  it('take the time of day from the anchor, to the millisecond', () => {
    expect(ends(schedule('MONTHLY', '2024-01-10T09:30:15.250Z'), '2024-01-10T09:30:15.250Z', 1)).toEqual([
      '2024-02-10T09:30:15.250Z',
    ]);
    expect(ends(schedule('MONTHLY', '2024-01-10T09:30:00Z'), '2024-01-10T08:00:00Z', 2)).toEqual([
      '2024-01-10T09:30:00Z',
      '2024-02-10T09:30:00Z',
    ]);
  });

  it('keep the wall clock of the zone across daylight saving', () => {
    const berlin = schedule('MONTHLY', '2024-02-10T09:00:00Z', { timeZone: 'Europe/Berlin' });
    expect(ends(berlin, '2024-02-10T09:00:00Z', 2)).toEqual(['2024-03-10T09:00:00Z', '2024-04-10T08:00:00Z']);
    const lordHowe = schedule('DAILY', '2024-10-05T01:00:00Z', { timeZone: 'Australia/Lord_Howe' });
    // half an hour of daylight saving begins in the night to the 6th: 11:30 there is 00:30 UTC from then on
    expect(ends(lordHowe, '2024-10-05T01:00:00Z', 1)).toEqual(['2024-10-06T00:30:00Z']);
  });

  it('count month ends in the zone, not in UTC', () => {
    // 31 January 23:30 in New York is 1 February in UTC
    const newYork = schedule('MONTHLY', '2024-02-01T04:30:00Z', { timeZone: 'America/New_York' });
    expect(ends(newYork, '2024-02-01T04:30:00Z', 2)).toEqual([
      '2024-03-01T04:30:00Z',
      '2024-04-01T03:30:00Z',
    ]);
  });

  it('move a wall-clock time that does not exist forward, on that day only', () => {
    const daily = schedule('DAILY', '2024-03-29T01:30:00Z', { timeZone: 'Europe/Berlin' }); // 02:30
    expect(ends(daily, '2024-03-29T01:30:00Z', 3)).toEqual([
      '2024-03-30T01:30:00Z',
      '2024-03-31T01:30:00Z', // 03:30: there is no 02:30
      '2024-04-01T00:30:00Z',
    ]);
  });

  it('have no empty period where a zone skips a whole day', () => {
    const apia = schedule('DAILY', '2011-12-28T20:00:00Z', { timeZone: 'Pacific/Apia' }); // 10:00
    expect(ends(apia, '2011-12-28T20:00:00Z', 3)).toEqual([
      '2011-12-29T20:00:00Z',
      '2011-12-30T20:00:00Z', // 10:00 on the 31st: there was no 30th
      '2011-12-31T20:00:00Z',
    ]);
    const due = duePeriods(apia, utc('2011-12-28T20:00:00Z'), utc('2012-01-02'));
    expect(due.map(({ end }) => end.toISOString().slice(0, 10))).toEqual([
      '2011-12-29',
      '2011-12-30',
      '2011-12-31',
      '2012-01-01',
    ]);
  });

  it('end at the first of two equal wall-clock times', () => {
    const berlin = schedule('DAILY', '2024-10-26T00:30:00Z', { timeZone: 'Europe/Berlin' }); // 02:30
    expect(ends(berlin, '2024-10-26T00:30:00Z', 2)).toEqual(['2024-10-27T00:30:00Z', '2024-10-28T01:30:00Z']);
  });

  it('end on an anchor that lies in a repeated hour at its second occurrence', () => {
    // 02:30 occurs twice in Berlin on 27 October; the anchor is the later one
    const berlin = schedule('MONTHLY', '2024-10-27T01:30:00Z', { timeZone: 'Europe/Berlin' });
    expect(ends(berlin, '2024-10-26T12:00:00Z', 2)).toEqual(['2024-10-27T01:30:00Z', '2024-11-27T01:30:00Z']);
  });
});

describe('a start off the grid', () => {
  it.each<[BillingPeriodUnit, string, string, string]>([
    ['DAILY', '2024-01-10T12:00:00Z', '2024-01-10T05:00:00Z', '2024-01-10T12:00:00Z'],
    ['WEEKLY', '2024-01-15', '2024-01-10', '2024-01-15'],
    ['MONTHLY', '2024-01-15', '2024-01-10', '2024-01-15'],
    ['QUARTERLY', '2024-03-15', '2024-01-10', '2024-03-15'],
    ['HALF_YEARLY', '2024-06-15', '2024-01-10', '2024-06-15'],
    ['ANNUAL', '2024-12-15', '2024-01-10', '2024-12-15'],
  ])('%s with a later anchor has a short first period', (unit, anchor, start, expected) => {
    expect(ends(schedule(unit, anchor), start, 1)).toEqual([expected]);
  });

  it('bug: an ANNUAL anchor later in the year makes a short first period, not one of up to 15 months', () => {
    expect(ends(schedule('ANNUAL', '2024-04-01'), '2024-01-10', 2)).toEqual(['2024-04-01', '2025-04-01']);
  });

  it('ends on the next boundary of an earlier anchor', () => {
    expect(ends(schedule('MONTHLY', '2023-05-01'), '2024-01-10', 2)).toEqual(['2024-02-01', '2024-03-01']);
    expect(ends(schedule('ANNUAL', '2020-04-01'), '2024-05-10', 1)).toEqual(['2025-04-01']);
  });

  it('difference: is never followed by a period out of phase with the anchor', () => {
    expect(ends(schedule('QUARTERLY', '2024-01-15'), '2024-02-20', 2)).toEqual(['2024-04-15', '2024-07-15']);
    expect(ends(schedule('MONTHLY', '2024-01-31', { count: 2 }), '2024-02-10', 2)).toEqual([
      '2024-03-31',
      '2024-05-31',
    ]);
  });

  it('difference: is never longer than its interval, however far ahead the anchor is', () => {
    expect(ends(schedule('QUARTERLY', '2024-12-01'), '2024-01-10', 1)).toEqual(['2024-03-01']);
  });
});

describe('periodFrom and duePeriods', () => {
  const monthly = schedule('MONTHLY', '2024-01-15');

  it('cut the last period off at the end date', () => {
    expect(periodFrom(monthly, utc('2024-03-15'), utc('2024-03-20')).end).toEqual(utc('2024-03-20'));
    expect(periodFrom(monthly, utc('2024-03-15'), utc('2024-09-20')).end).toEqual(utc('2024-04-15'));
    expect(periodFrom(monthly, utc('2024-03-15'), null).end).toEqual(utc('2024-04-15'));
    expect(() => periodFrom(monthly, utc('2024-03-15'), utc('2024-03-15'))).toThrow(RangeError);
  });

  it('give the periods that have ended, the one that ends this instant included', () => {
    const due = (until: string, clipEnd?: string): string[] =>
      duePeriods(
        monthly,
        utc('2024-01-15'),
        utc(until),
        clipEnd === undefined ? undefined : utc(clipEnd),
      ).map(({ end }) => end.toISOString().slice(0, 10));
    expect(due('2024-02-14')).toEqual([]);
    expect(due('2024-02-15')).toEqual(['2024-02-15']);
    expect(due('2024-04-01')).toEqual(['2024-02-15', '2024-03-15']);
    expect(due('2030-01-01', '2024-03-20')).toEqual(['2024-02-15', '2024-03-15', '2024-03-20']);
    expect(due('2030-01-01', '2024-03-15')).toEqual(['2024-02-15', '2024-03-15']);
    expect(due('2030-01-01', '2024-01-15')).toEqual([]);
  });

  it('difference: all periods due are given, not the first hundred', () => {
    const due = duePeriods(schedule('DAILY', '2020-01-01'), utc('2020-01-01'), utc('2024-01-01'));
    expect(due).toHaveLength(1461);
    expect(due.at(-1)?.end).toEqual(utc('2024-01-01'));
  });

  it('end with an invalid date instead of running for ever', () => {
    expect(duePeriods(monthly, utc('2024-01-15'), new Date(NaN))).toEqual([]);
  });
});

describe('what is no schedule', () => {
  it.each([0, -1, 1.5, NaN, Infinity])('a count of %d', (count) => {
    expect(() => nextPeriodEnd(schedule('MONTHLY', '2024-01-01', { count }), utc('2024-01-01'))).toThrow(
      /whole number/,
    );
  });

  it.each([
    ['ONETIME has no period', schedule('ONETIME', '2024-01-01'), utc('2024-01-01')],
    ['an unknown zone', schedule('MONTHLY', '2024-01-01', { timeZone: 'Mars/Base' }), utc('2024-01-01')],
    ['an invalid start', schedule('MONTHLY', '2024-01-01'), new Date(NaN)],
    ['an invalid anchor', { ...schedule('MONTHLY', '2024-01-01'), anchor: new Date(NaN) }, utc('2024-01-01')],
  ])('%s', (_, wrong, start) => {
    expect(() => nextPeriodEnd(wrong, start)).toThrow(RangeError);
  });
});
