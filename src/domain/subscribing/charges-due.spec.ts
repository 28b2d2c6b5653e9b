import type { BillingPeriodUnit, BillingSchedule } from '../billing-period.js';
import { applyFraction, elapsedFraction, isWhole } from '../fraction.js';
import { makePeriod, type OpenPeriod, type Period } from '../period.js';
import { rate } from '../rate.js';
import { linesDue, type BillingMoment, type ChargeableLine, type DueCharge } from './charges-due.js';

const utc = (text: string): Date => new Date(`${text}T00:00:00Z`);
const period = (start: string, end: string): Period => makePeriod(utc(start), utc(end));
const START = utc('2024-01-10');
const OPEN: OpenPeriod = { start: START, end: null };
const schedule = (unit: BillingPeriodUnit, count = 1): BillingSchedule => ({
  interval: { unit, count },
  cycle: 'anniversary',
  anchor: START,
  timeZone: 'UTC',
});
const line = (key: string, options: Partial<ChargeableLine> = {}): ChargeableLine => ({
  key,
  priceType: 'FIXED',
  cadence: 'ADVANCE',
  schedule: schedule('MONTHLY'),
  window: OPEN,
  ...options,
});
const show = (charges: readonly DueCharge[]): string[] =>
  charges.map(({ line: { key }, servicePeriod, effective, fraction }) => {
    const day = (date: Date): string => date.toISOString().slice(5, 10);
    const part = isWhole(fraction) ? '' : ` (${day(effective.start)} to ${day(effective.end)})`;
    return `${key} ${day(servicePeriod.start)} to ${day(servicePeriod.end)}${part}`;
  });
const due = (moment: BillingMoment, lines: readonly ChargeableLine[], life = OPEN): string[] =>
  show(linesDue(moment, life, lines));

const FIRST = period('2024-01-10', '2024-02-10');
const SECOND = period('2024-02-10', '2024-03-10');
const lines = [
  line('advance'),
  line('arrear', { cadence: 'ARREAR' }),
  line('usage', { priceType: 'USAGE', cadence: 'ARREAR' }),
];

describe('linesDue', () => {
  it('at the start charges what is due in advance, for the first period', () => {
    expect(due({ type: 'subscription_start', next: FIRST }, lines)).toEqual(['advance 01-10 to 02-10']);
  });

  it('at a period end charges arrear and usage of the closing period and the advance of the next', () => {
    expect(due({ type: 'period_end', closing: FIRST, next: SECOND }, lines)).toEqual([
      'advance 02-10 to 03-10',
      'arrear 01-10 to 02-10',
      'usage 01-10 to 02-10',
    ]);
  });

  it('at the last period end charges no advance', () => {
    expect(due({ type: 'period_end', closing: FIRST }, lines)).toEqual([
      'arrear 01-10 to 02-10',
      'usage 01-10 to 02-10',
    ]);
  });

  it('at a cancellation charges arrear and usage up to now; a fixed arrear price in full', () => {
    expect(due({ type: 'cancel', closing: period('2024-01-10', '2024-01-20') }, lines)).toEqual([
      'arrear 01-10 to 01-20',
      'usage 01-10 to 01-20',
    ]);
  });

  it('names the full period behind a cut-off one, for proration by choice', () => {
    const [arrear] = linesDue({ type: 'cancel', closing: period('2024-01-10', '2024-01-20') }, OPEN, [
      line('arrear', { cadence: 'ARREAR' }),
    ]);
    expect(arrear?.fullPeriod).toEqual(FIRST);
    expect(arrear && elapsedFraction(arrear.effective, arrear.fullPeriod)).toEqual({
      numerator: 10n * 86_400_000n,
      denominator: 31n * 86_400_000n,
    });
  });

  it('never charges usage in advance', () => {
    expect(due({ type: 'subscription_start', next: FIRST }, [line('usage', { priceType: 'USAGE' })])).toEqual(
      [],
    );
  });

  it('charges a line of a longer period when its own period starts or ends', () => {
    const quarterly = [
      line('advance', { schedule: schedule('QUARTERLY') }),
      line('usage', { priceType: 'USAGE', schedule: schedule('QUARTERLY') }),
    ];
    const third = period('2024-03-10', '2024-04-10');
    const fourth = period('2024-04-10', '2024-05-10');
    expect(due({ type: 'subscription_start', next: FIRST }, quarterly)).toEqual(['advance 01-10 to 04-10']);
    expect(due({ type: 'period_end', closing: FIRST, next: SECOND }, quarterly)).toEqual([]);
    expect(due({ type: 'period_end', closing: third, next: fourth }, quarterly)).toEqual([
      'advance 04-10 to 07-10',
      'usage 01-10 to 04-10',
    ]);
    expect(due({ type: 'cancel', closing: period('2024-02-10', '2024-03-01') }, quarterly)).toEqual([
      'usage 01-10 to 03-01',
    ]);
  });

  it('prorates a fixed line that is there for a part of the period, always', () => {
    const added = { start: utc('2024-02-20'), end: null };
    const ended = { start: START, end: utc('2024-02-20') };
    const parts = [
      line('added', { cadence: 'ARREAR', window: added }),
      line('ended', { cadence: 'ARREAR', window: ended }),
      line('later', { window: { start: utc('2024-03-20'), end: null } }),
      line('gone', { cadence: 'ARREAR', window: { start: START, end: SECOND.start } }),
    ];
    const charges = linesDue(
      { type: 'period_end', closing: SECOND, next: period('2024-03-10', '2024-04-10') },
      OPEN,
      parts,
    );
    expect(show(charges)).toEqual([
      'added 02-10 to 03-10 (02-20 to 03-10)',
      'ended 02-10 to 03-10 (02-10 to 02-20)',
      'later 03-10 to 04-10 (03-20 to 04-10)',
    ]);
    // the replaced and the replacing price together charge one whole period
    const [a, b] = charges.map(({ fraction }) => applyFraction(rate(29), fraction));
    expect([a?.toFixed(), b?.toFixed()]).toEqual(['19', '10']);
  });

  it('does not prorate usage, which is measured over the part instead', () => {
    const [usage] = linesDue({ type: 'period_end', closing: SECOND }, OPEN, [
      line('usage', { priceType: 'USAGE', window: { start: utc('2024-02-20'), end: null } }),
    ]);
    expect(usage?.effective).toEqual(period('2024-02-20', '2024-03-10'));
    expect(usage && isWhole(usage.fraction)).toBe(true);
  });

  it('charges a line added in the middle of a period for what remains of it', () => {
    const added = line('added', { window: { start: utc('2024-01-20'), end: null } });
    const rest = period('2024-01-20', '2024-02-10');
    expect(due({ type: 'subscription_start', next: rest }, [added])).toEqual([
      'added 01-10 to 02-10 (01-20 to 02-10)',
    ]);
    expect(due({ type: 'period_end', closing: FIRST, next: SECOND }, [added])).toEqual([
      'added 02-10 to 03-10',
    ]);
  });

  it('charges a one-time line once, with the period in which it starts, and in full', () => {
    const once = [line('setup', { schedule: schedule('ONETIME'), cadence: 'ARREAR' })];
    expect(due({ type: 'subscription_start', next: FIRST }, once)).toEqual(['setup 01-10 to 02-10']);
    expect(due({ type: 'period_end', closing: FIRST, next: SECOND }, once)).toEqual([]);
    expect(due({ type: 'cancel', closing: FIRST }, once)).toEqual([]);
    const later = [
      line('setup', { schedule: schedule('ONETIME'), window: { start: utc('2024-02-15'), end: null } }),
    ];
    expect(due({ type: 'subscription_start', next: FIRST }, later)).toEqual([]);
    expect(due({ type: 'period_end', closing: FIRST, next: SECOND }, later)).toEqual([
      'setup 02-15 to 03-10',
    ]);
  });

  it('cuts the last service period off at the end date without prorating it', () => {
    const life = { start: START, end: utc('2024-02-25') };
    const last = period('2024-02-10', '2024-02-25');
    const bound = lines.map((each) => ({ ...each, window: life }));
    expect(due({ type: 'period_end', closing: FIRST, next: last }, bound, life)[0]).toBe(
      'advance 02-10 to 02-25',
    );
    expect(due({ type: 'period_end', closing: last }, bound, life)).toEqual([
      'arrear 02-10 to 02-25',
      'usage 02-10 to 02-25',
    ]);
  });

  it('charges nothing beyond the end date, even where the closing period was not cut off', () => {
    const life = { start: START, end: utc('2024-02-25') };
    expect(due({ type: 'period_end', closing: SECOND }, lines, life)).toEqual([
      'arrear 02-10 to 02-25',
      'usage 02-10 to 02-25',
    ]);
  });

  it('charges a calendar stub in full, and names the month it is cut from', () => {
    const calendar: BillingSchedule = {
      ...schedule('MONTHLY'),
      cycle: 'calendar',
      anchor: utc('2024-02-01'),
    };
    const stub = period('2024-01-10', '2024-02-01');
    const charges = [
      ...linesDue({ type: 'subscription_start', next: stub }, OPEN, [
        line('advance', { schedule: calendar }),
      ]),
      ...linesDue({ type: 'period_end', closing: stub, next: period('2024-02-01', '2024-03-01') }, OPEN, [
        line('arrear', { schedule: calendar, cadence: 'ARREAR' }),
      ]),
    ];
    expect(show(charges)).toEqual(['advance 01-10 to 02-01', 'arrear 01-10 to 02-01']);
    for (const { fullPeriod } of charges) expect(fullPeriod).toEqual(period('2024-01-01', '2024-02-01'));
  });

  it('a line that joined in the middle of a month that a pause then cut short is not charged again when the pause is over', () => {
    const quarterly = line('advance', {
      schedule: schedule('QUARTERLY'),
      window: { start: utc('2024-01-20'), end: null },
    });
    const billing = schedule('MONTHLY');
    const pause = { start: utc('2024-01-15'), end: utc('2024-02-15') };
    const resumed: BillingMoment = {
      type: 'subscription_start',
      next: period('2024-02-15', '2024-03-10'),
    };
    const charged = (madeAt?: Date): string[] =>
      show(
        linesDue(resumed, OPEN, [madeAt === undefined ? quarterly : { ...quarterly, madeAt }], {
          pauses: [pause],
          billing,
        }),
      );
    expect(due({ type: 'subscription_start', next: FIRST }, [quarterly])).toEqual([
      'advance 01-10 to 04-10 (01-20 to 04-10)',
    ]);
    expect(charged()).toEqual([]);
    // Made while the pause lasted, it has not been charged for before.
    expect(charged(utc('2024-01-20'))).toEqual(['advance 01-10 to 04-10 (02-15 to 04-10)']);
  });

  it('bug: a pause that was asked for in the instant of a charge had it charged again when it was over', () => {
    const billing = schedule('MONTHLY');
    const resumed: BillingMoment = { type: 'subscription_start', next: period('2024-01-20', '2024-02-10') };
    const charged = (askedAt?: Date): string[] =>
      show(
        linesDue(resumed, OPEN, [line('advance')], {
          pauses: [{ ...period('2024-01-10', '2024-01-20'), ...(askedAt === undefined ? {} : { askedAt }) }],
          billing,
        }),
      );
    expect(charged(utc('2024-01-10'))).toEqual([]);
    // Asked for before, it was there when the charge would have come.
    expect(charged(utc('2024-01-05'))).toEqual(['advance 01-10 to 02-10 (01-20 to 02-10)']);
  });
});
