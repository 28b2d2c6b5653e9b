import {
  calendarAnchor,
  duePeriods,
  fullPeriodAt,
  isMultipleOf,
  isValidTimeZone,
  nextPeriodEnd,
  periodFrom,
  type BillingPeriodUnit,
  type BillingSchedule,
} from './billing-period.js';

const utc = (text: string): Date => new Date(text.includes('T') ? text : `${text}T00:00:00Z`);

const schedule = (
  unit: BillingPeriodUnit,
  anchor: string,
  options: { timeZone?: string } = {},
): BillingSchedule => ({
  interval: { unit, count: 1 },
  cycle: 'calendar',
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

describe('calendarAnchor', () => {
  it.each<[BillingPeriodUnit, string]>([
    ['DAILY', '2024-05-16'],
    ['WEEKLY', '2024-05-20'],
    ['MONTHLY', '2024-06-01'],
    ['QUARTERLY', '2024-07-01'],
    ['HALF_YEARLY', '2024-07-01'],
    ['ANNUAL', '2025-01-01'],
  ])('of a %s cycle after Wednesday 15 May is %s', (unit, expected) => {
    expect(calendarAnchor(utc('2024-05-15T08:00:00Z'), unit, 'UTC')).toEqual(utc(expected));
  });

  it.each<[BillingPeriodUnit, string, string]>([
    ['DAILY', '2024-05-15', '2024-05-16'],
    ['WEEKLY', '2024-05-13', '2024-05-20'],
    ['MONTHLY', '2024-05-01', '2024-06-01'],
    ['QUARTERLY', '2024-10-01', '2025-01-01'],
    ['HALF_YEARLY', '2024-07-01', '2025-01-01'],
    ['ANNUAL', '2024-01-01', '2025-01-01'],
  ])('of a %s start exactly on the boundary is the start: no stub', (unit, start, end) => {
    const anchor = calendarAnchor(utc(start), unit, 'UTC');
    expect(anchor).toEqual(utc(start));
    expect(periodFrom({ ...schedule(unit, start), anchor }, utc(start))).toEqual({
      start: utc(start),
      end: utc(end),
    });
  });

  it('is midnight in the zone', () => {
    expect(calendarAnchor(utc('2024-06-30T23:00:00Z'), 'MONTHLY', 'America/New_York')).toEqual(
      utc('2024-07-01T04:00:00Z'),
    );
    // already 1 July in Kathmandu, at 04:45
    expect(calendarAnchor(utc('2024-06-30T23:00:00Z'), 'MONTHLY', 'Asia/Kathmandu')).toEqual(
      utc('2024-07-31T18:15:00Z'),
    );
  });

  it('is the first instant of a day that has no midnight', () => {
    // daylight saving began at midnight in Cairo on 26 April 2024
    expect(calendarAnchor(utc('2024-04-25T12:00:00Z'), 'DAILY', 'Africa/Cairo')).toEqual(
      utc('2024-04-25T22:00:00Z'),
    );
    const cairo = schedule('DAILY', '2024-04-25T22:00:00Z', { timeZone: 'Africa/Cairo' });
    expect(ends(cairo, '2024-04-25T12:00:00Z', 2)).toEqual(['2024-04-25T22:00:00Z', '2024-04-26T21:00:00Z']);
  });

  it('skips the day that Samoa skipped', () => {
    expect(calendarAnchor(utc('2011-12-29T20:00:00Z'), 'DAILY', 'Pacific/Apia')).toEqual(
      utc('2011-12-30T10:00:00Z'),
    );
  });

  it('is refused for a one-time charge', () => {
    expect(() => calendarAnchor(utc('2024-01-01'), 'ONETIME', 'UTC')).toThrow(RangeError);
  });
});

describe('calendar periods', () => {
  it('begin with a stub and then turn with the calendar', () => {
    const start = utc('2024-01-20T15:00:00Z');
    const anchor = calendarAnchor(start, 'MONTHLY', 'Europe/Berlin');
    const berlin: BillingSchedule = {
      interval: { unit: 'MONTHLY', count: 1 },
      cycle: 'calendar',
      anchor,
      timeZone: 'Europe/Berlin',
    };
    const periods = duePeriods(berlin, start, utc('2024-05-01'));
    expect(periods.map(({ end }) => end.toISOString())).toEqual([
      '2024-01-31T23:00:00.000Z',
      '2024-02-29T23:00:00.000Z',
      '2024-03-31T22:00:00.000Z',
      '2024-04-30T22:00:00.000Z',
    ]);
    expect(fullPeriodAt(berlin, start)).toEqual({
      start: utc('2023-12-31T23:00:00Z'),
      end: utc('2024-01-31T23:00:00Z'),
    });
  });

  it('do not end twice where the clock is turned back over midnight', () => {
    // in St. John's daylight saving ended one minute after midnight: 00:00 on 7 November 2010, then 23:01 on the 6th again
    const newfoundland = schedule('DAILY', '2010-11-01T02:30:00Z', {
      timeZone: 'America/St_Johns',
    });
    expect(ends(newfoundland, '2010-11-06T02:30:00Z', 2)).toEqual([
      '2010-11-07T02:30:00Z',
      '2010-11-08T03:30:00Z',
    ]);
    const secondEvening = '2010-11-07T03:00:00Z'; // 23:30 on the 6th, the second time
    expect(ends(newfoundland, secondEvening, 1)).toEqual(['2010-11-08T03:30:00Z']);
    expect(calendarAnchor(utc(secondEvening), 'DAILY', 'America/St_Johns')).toEqual(
      utc('2010-11-08T03:30:00Z'),
    );
  });
});

describe('isValidTimeZone', () => {
  it.each(['UTC', 'Europe/Berlin', 'europe/berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])(
    'knows %s',
    (zone) => {
      expect(isValidTimeZone(zone)).toBe(true);
    },
  );

  it.each(['', ' UTC', '+05:30', '-08:00', 'Z', 'Mars/Base', '2024-01-01T00:00[Europe/Paris]', null, 5])(
    'refuses %p',
    (zone) => {
      expect(isValidTimeZone(zone)).toBe(false);
    },
  );
});

describe('isMultipleOf', () => {
  const interval = (text: string): { unit: BillingPeriodUnit; count: number } => {
    const [count, unit] = text.split(' ');
    return { unit: unit as BillingPeriodUnit, count: Number(count) };
  };

  it.each([
    ['1 MONTHLY', '1 MONTHLY'],
    ['3 MONTHLY', '1 QUARTERLY'],
    ['1 QUARTERLY', '1 MONTHLY'],
    ['1 ANNUAL', '1 QUARTERLY'],
    ['1 ANNUAL', '2 MONTHLY'],
    ['1 HALF_YEARLY', '2 QUARTERLY'],
    ['1 WEEKLY', '7 DAILY'],
    ['2 WEEKLY', '1 WEEKLY'],
    ['1 MONTHLY', '1 DAILY'],
    ['1 ONETIME', '1 MONTHLY'],
  ])('%s fits %s', (longer, base) => {
    expect(isMultipleOf(interval(longer), interval(base))).toBe(true);
  });

  it.each([
    ['1 MONTHLY', '1 QUARTERLY'],
    ['1 QUARTERLY', '2 MONTHLY'],
    ['1 MONTHLY', '1 WEEKLY'],
    ['1 MONTHLY', '2 DAILY'],
    ['1 WEEKLY', '2 DAILY'],
    ['1 DAILY', '1 MONTHLY'],
    ['1 WEEKLY', '1 MONTHLY'],
    ['1 MONTHLY', '1 ONETIME'],
  ])('%s does not fit %s', (longer, base) => {
    expect(isMultipleOf(interval(longer), interval(base))).toBe(false);
  });
});
