import fc from 'fast-check';
import { PAYMENT_STATUSES } from '../invoicing/invoice-states.js';
import { money } from '../money.js';
import { assertPaymentTransition, mergeRemoteStatus, statusAfterRefunds } from './payment-states.js';

const statuses = fc.constantFrom(...PAYMENT_STATUSES);

describe('mergeRemoteStatus', () => {
  it('ends in the same status whatever the order and repetition of the reports', () => {
    fc.assert(
      fc.property(
        statuses,
        fc
          .array(statuses, { minLength: 1, maxLength: 8 })
          .chain((reports) =>
            fc.tuple(
              fc.constant(reports),
              fc.shuffledSubarray([...reports, ...reports], { minLength: reports.length * 2 }),
            ),
          ),
        (start, [reports, noisy]) => {
          expect(noisy.reduce(mergeRemoteStatus, start)).toBe(reports.reduce(mergeRemoteStatus, start));
        },
      ),
    );
  });

  it('never takes a success back', () => {
    for (const late of ['INITIATED', 'PENDING', 'PROCESSING', 'FAILED', 'VOIDED'] as const) {
      expect(mergeRemoteStatus('SUCCEEDED', late)).toBe('SUCCEEDED');
      expect(mergeRemoteStatus('REFUNDED', late)).toBe('REFUNDED');
    }
    expect(mergeRemoteStatus('REFUNDED', 'SUCCEEDED')).toBe('REFUNDED');
  });

  it('lets money that arrives outweigh an earlier failure or cancellation', () => {
    expect(mergeRemoteStatus('FAILED', 'SUCCEEDED')).toBe('SUCCEEDED');
    expect(mergeRemoteStatus('VOIDED', 'SUCCEEDED')).toBe('SUCCEEDED');
    expect(mergeRemoteStatus('PENDING', 'FAILED')).toBe('FAILED');
    expect(mergeRemoteStatus('FAILED', 'PENDING')).toBe('FAILED');
  });
});

describe('assertPaymentTransition', () => {
  it.each([
    ['INITIATED', 'PENDING'],
    ['PENDING', 'SUCCEEDED'],
    ['FAILED', 'PENDING'],
    ['FAILED', 'SUCCEEDED'],
    ['SUCCEEDED', 'PARTIALLY_REFUNDED'],
    ['PARTIALLY_REFUNDED', 'REFUNDED'],
  ] as const)('allows %s to %s', (from, to) => {
    expect(() => assertPaymentTransition(from, to)).not.toThrow();
  });

  it.each([
    ['SUCCEEDED', 'FAILED', 'invalid_payment_transition'],
    ['SUCCEEDED', 'PENDING', 'invalid_payment_transition'],
    ['SUCCEEDED', 'VOIDED', 'invalid_payment_transition'],
    ['REFUNDED', 'SUCCEEDED', 'invalid_payment_transition'],
    ['INITIATED', 'REFUNDED', 'invalid_payment_transition'],
    ['SUCCEEDED', 'SUCCEEDED', 'payment_already_succeeded'],
    ['VOIDED', 'VOIDED', 'payment_already_voided'],
  ] as const)('refuses %s to %s with %s', (from, to, code) => {
    expect(() => assertPaymentTransition(from, to)).toThrow(
      expect.objectContaining({ kind: 'invalid_operation', code, details: { from, to } }),
    );
  });

  it('allows every change that a report may bring before money moves back', () => {
    for (const from of PAYMENT_STATUSES)
      for (const to of ['PENDING', 'PROCESSING', 'SUCCEEDED', 'FAILED'] as const)
        if (mergeRemoteStatus(from, to) !== from)
          expect(() => assertPaymentTransition(from, to)).not.toThrow();
  });
});

describe('statusAfterRefunds', () => {
  it.each([
    [100n, 0n, 'SUCCEEDED'],
    [100n, 1n, 'PARTIALLY_REFUNDED'],
    [100n, 99n, 'PARTIALLY_REFUNDED'],
    [100n, 100n, 'REFUNDED'],
    [0n, 0n, 'SUCCEEDED'],
  ] as const)('%p paid and %p refunded is %s', (paid, refunded, expected) => {
    expect(statusAfterRefunds(money(paid, 'usd'), money(refunded, 'usd'))).toBe(expected);
  });
});
