import fc from 'fast-check';
import { money } from '../money.js';
import { dueDate, PAYMENT_TERMS, paymentTermDays } from './due-date.js';
import { formatInvoiceNumber, invoiceNumberScope } from './invoice-number.js';
import { isSettledAtZero, isSkippable } from './zero-rules.js';

const at = (text: string): Date => new Date(text);

describe('formatInvoiceNumber', () => {
  it.each([
    ['2024-03-05T00:00:00Z', 1, 'INV-202403-00001'],
    ['2024-12-31T23:59:59Z', 99_999, 'INV-202412-99999'],
    ['2024-12-31T23:59:59Z', 100_000, 'INV-202412-100000'],
  ])('at %s number %d is %s', (issuedAt, sequence, expected) => {
    expect(formatInvoiceNumber(at(issuedAt), sequence)).toBe(expected);
  });

  it('takes the month of the zone', () => {
    expect(formatInvoiceNumber(at('2024-12-31T23:30:00Z'), 7, 'Europe/Berlin')).toBe('INV-202501-00007');
    expect(formatInvoiceNumber(at('2024-07-01T02:00:00Z'), 7, 'America/New_York')).toBe('INV-202406-00007');
  });

  it('gives two numbers the same text only for the same month and sequence', () => {
    const sequences = fc.integer({ min: 1, max: 200_000 });
    const instants = fc.date({ min: at('2020-01-01'), max: at('2030-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(instants, instants, sequences, sequences, (a, b, m, n) => {
        const same = formatInvoiceNumber(a, m) === formatInvoiceNumber(b, n);
        expect(same).toBe(m === n && invoiceNumberScope(a) === invoiceNumberScope(b));
        expect(formatInvoiceNumber(a, m).startsWith(`INV-${invoiceNumberScope(a)}-`)).toBe(true);
        expect(invoiceNumberScope(a)).toBe(a.toISOString().slice(0, 7).replace('-', ''));
      }),
    );
  });

  it.each([0, -1, 1.5, NaN])('refuses the sequence %d', (sequence) => {
    expect(() => formatInvoiceNumber(at('2024-01-01'), sequence)).toThrow(RangeError);
  });

  it('refuses an invalid date and an unknown zone', () => {
    expect(() => invoiceNumberScope(new Date(NaN))).toThrow(RangeError);
    expect(() => invoiceNumberScope(at('2024-01-01'), 'Mars/Base')).toThrow(RangeError);
  });
});

describe('dueDate', () => {
  const issuedAt = at('2024-03-01T10:00:00Z');
  const periodEnd = at('2024-03-01T00:00:00Z');

  it('is so many days of 24 hours after the end of the period', () => {
    expect(dueDate({ periodEnd, issuedAt, paymentTerms: '30 NET', defaultDays: 1 })).toEqual(
      at('2024-03-31T00:00:00Z'),
    );
    expect(PAYMENT_TERMS.map(paymentTermDays)).toEqual([15, 30, 45, 60, 75, 90]);
  });

  it('takes the default without terms, and the issue without a period', () => {
    expect(dueDate({ periodEnd, issuedAt, defaultDays: 1 })).toEqual(at('2024-03-02T00:00:00Z'));
    expect(dueDate({ periodEnd: null, issuedAt, paymentTerms: null, defaultDays: 7 })).toEqual(
      at('2024-03-08T10:00:00Z'),
    );
    expect(dueDate({ issuedAt, defaultDays: 0 })).toEqual(issuedAt);
  });

  it.each(['10 NET', '30', 'NET 30', '', '30 net'])('refuses the terms %p', (paymentTerms) => {
    expect(() => dueDate({ issuedAt, paymentTerms, defaultDays: 1 })).toThrow(
      expect.objectContaining({ kind: 'validation_error' }),
    );
  });

  it.each([-1, 0.5, NaN])('refuses %d default days', (defaultDays) => {
    expect(() => dueDate({ issuedAt, defaultDays })).toThrow(RangeError);
  });
});

describe('the zero rules', () => {
  const [nothing, cent] = [money(0n, 'usd'), money(1n, 'usd')];
  const cycle = { type: 'SUBSCRIPTION', billingReason: 'SUBSCRIPTION_CYCLE' } as const;

  it('skip a subscription invoice with nothing on it, but not the one of a trial start', () => {
    expect(isSkippable([{ amount: nothing }], cycle)).toBe(true);
    expect(isSkippable([{ amount: cent }], cycle)).toBe(false);
    expect(isSkippable([{ amount: nothing }], { ...cycle, billingReason: 'SUBSCRIPTION_TRIAL_START' })).toBe(
      false,
    );
    const credit = { amount: money(-1n, cent.currency) };
    expect(isSkippable([{ amount: cent }, credit], cycle)).toBe(false);
    expect(isSkippable([], cycle)).toBe(true);
    expect(isSkippable([{ amount: nothing }], { type: 'ONE_OFF', billingReason: 'MANUAL' })).toBe(false);
  });

  it('settle what ends at zero', () => {
    expect([isSettledAtZero(nothing), isSettledAtZero(cent)]).toEqual([true, false]);
  });
});
