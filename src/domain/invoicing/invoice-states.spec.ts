import {
  assertInvoiceTransition,
  assertManualPaymentStatus,
  assertPaymentStatusTransition,
  INVOICE_STATUSES,
  PAYMENT_STATUSES,
  type InvoiceStatus,
  type PaymentStatus,
} from './invoice-states.js';

/** Every pair that does not throw, as `FROM>TO`. */
function allowed<S extends string>(states: readonly S[], assert: (from: S, to: S) => void): string[] {
  return states.flatMap((from) =>
    states.flatMap((to) => {
      try {
        assert(from, to);
        return [`${from}>${to}`];
      } catch {
        return [];
      }
    }),
  );
}

describe('assertInvoiceTransition', () => {
  it('allows exactly the life of an invoice', () => {
    expect(allowed<InvoiceStatus>(INVOICE_STATUSES, assertInvoiceTransition)).toEqual([
      'DRAFT>FINALIZED',
      'DRAFT>VOIDED',
      'DRAFT>SKIPPED',
      'FINALIZED>VOIDED',
      'SKIPPED>VOIDED',
    ]);
  });

  it.each<[InvoiceStatus, InvoiceStatus, string, string]>([
    ['VOIDED', 'VOIDED', 'already voided', 'invoice_already_voided'],
    ['VOIDED', 'FINALIZED', 'already voided', 'invoice_already_voided'],
    ['FINALIZED', 'FINALIZED', 'already finalized', 'invoice_already_finalized'],
    ['SKIPPED', 'SKIPPED', 'already skipped', 'invoice_already_skipped'],
    ['FINALIZED', 'SKIPPED', 'FINALIZED', 'invalid_invoice_transition'],
    ['SKIPPED', 'FINALIZED', 'SKIPPED', 'invalid_invoice_transition'],
  ])('refuses %s to %s with the words "%s"', (from, to, words, code) => {
    expect(() => assertInvoiceTransition(from, to)).toThrow(
      expect.objectContaining({
        kind: 'invalid_operation',
        code,
        message: expect.stringContaining(words),
        details: { from, to },
      }),
    );
  });
});

describe('assertPaymentStatusTransition', () => {
  it('lets a status stay, because it is computed again and again', () => {
    for (const status of PAYMENT_STATUSES)
      expect(() => assertPaymentStatusTransition(status, status)).not.toThrow();
  });

  it.each<[PaymentStatus, PaymentStatus]>([
    ['PENDING', 'SUCCEEDED'],
    ['PENDING', 'REFUNDED'], // a part payment given back when the invoice is voided
    ['FAILED', 'SUCCEEDED'],
    ['SUCCEEDED', 'PENDING'], // a bank debit returned after it had succeeded
    ['SUCCEEDED', 'PARTIALLY_REFUNDED'],
    ['OVERPAID', 'SUCCEEDED'],
    ['REFUNDED', 'SUCCEEDED'],
  ])('allows %s to %s', (from, to) => {
    expect(() => assertPaymentStatusTransition(from, to)).not.toThrow();
  });

  it.each<[PaymentStatus, PaymentStatus]>([
    ['VOIDED', 'SUCCEEDED'],
    ['SUCCEEDED', 'FAILED'],
    ['SUCCEEDED', 'PROCESSING'],
    ['INITIATED', 'REFUNDED'],
    ['REFUNDED', 'FAILED'],
    ['PENDING', 'INITIATED'],
  ])('refuses %s to %s', (from, to) => {
    expect(() => assertPaymentStatusTransition(from, to)).toThrow(
      expect.objectContaining({ kind: 'invalid_operation', code: 'invalid_payment_status_transition' }),
    );
  });
});

describe('assertManualPaymentStatus', () => {
  const moves = (status: InvoiceStatus): string[] =>
    allowed<PaymentStatus>(PAYMENT_STATUSES, (from, to) => assertManualPaymentStatus(from, to, status));
  const legal = [
    'PENDING>PENDING',
    'PENDING>SUCCEEDED',
    'PENDING>OVERPAID',
    'PENDING>FAILED',
    'SUCCEEDED>SUCCEEDED',
    'SUCCEEDED>OVERPAID',
    'FAILED>PENDING',
    'FAILED>SUCCEEDED',
    'FAILED>OVERPAID',
    'FAILED>FAILED',
  ];

  it('allows exactly the moves of the contract, on drafts and finalized invoices only', () => {
    expect(moves('DRAFT')).toEqual(legal);
    expect(moves('FINALIZED')).toEqual(legal);
    expect(moves('VOIDED')).toEqual([]);
    expect(moves('SKIPPED')).toEqual([]);
  });

  it('says why', () => {
    expect(() => assertManualPaymentStatus('PENDING', 'SUCCEEDED', 'VOIDED')).toThrow(/already voided/);
    expect(() => assertManualPaymentStatus('SUCCEEDED', 'FAILED', 'FINALIZED')).toThrow(
      /SUCCEEDED to FAILED/,
    );
  });
});
