import { invalidOperation } from '../errors.js';
import { keysWhere } from '../tables.js';
import { mayFollow, type Transitions } from '../transitions.js';

/**
 * Two independent states: how far the document is, and how far its money is. Source: wire contract, invoice life.
 */
export const INVOICE_STATUSES = ['DRAFT', 'FINALIZED', 'VOIDED', 'SKIPPED'] as const;
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number];

/** Whether an invoice in that state takes payments. */
const TAKES_PAYMENTS = {
  DRAFT: true,
  FINALIZED: true,
  VOIDED: false,
  SKIPPED: false,
} as const satisfies Readonly<Record<InvoiceStatus, boolean>>;

export const PAYABLE_STATUSES = keysWhere(TAKES_PAYMENTS, (takes) => takes);
export const takesPayments = (status: InvoiceStatus): boolean => TAKES_PAYMENTS[status];

/** Whether the period of an invoice in that state is billed for good. */
const IS_BILLED = {
  DRAFT: false,
  FINALIZED: true,
  VOIDED: false,
  SKIPPED: true,
} as const satisfies Readonly<Record<InvoiceStatus, boolean>>;

export const BILLED_STATUSES = keysWhere(IS_BILLED, (isBilled) => isBilled);
export const isBilled = (status: InvoiceStatus): boolean => IS_BILLED[status];

export const PAYMENT_STATUSES = [
  'INITIATED',
  'PENDING',
  'PROCESSING',
  'SUCCEEDED',
  'OVERPAID',
  'FAILED',
  'REFUNDED',
  'PARTIALLY_REFUNDED',
  'VOIDED',
] as const;
/** One vocabulary for the payment status of an invoice and the status of a payment. */
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

/** Whether some of the money of an invoice with that payment status has gone back. */
const IS_REFUNDED = {
  INITIATED: false,
  PENDING: false,
  PROCESSING: false,
  SUCCEEDED: false,
  OVERPAID: false,
  FAILED: false,
  REFUNDED: true,
  PARTIALLY_REFUNDED: true,
  VOIDED: false,
} as const satisfies Readonly<Record<PaymentStatus, boolean>>;

export const REFUNDED_STATUSES = keysWhere(IS_REFUNDED, (isRefunded) => isRefunded);

export const INVOICE_TRANSITIONS: Transitions<InvoiceStatus> = {
  DRAFT: ['FINALIZED', 'VOIDED', 'SKIPPED'],
  FINALIZED: ['VOIDED'],
  SKIPPED: ['VOIDED'],
  VOIDED: [],
};

/**
 * The payment status of an invoice is computed from its payments again and again, so staying is always allowed. Going back to
 * PENDING is how a payment that bounced after it had succeeded (a returned bank debit) shows.
 */
export const PAYMENT_STATUS_TRANSITIONS: Transitions<PaymentStatus> = {
  INITIATED: ['INITIATED', 'PENDING', 'PROCESSING', 'SUCCEEDED', 'OVERPAID', 'FAILED', 'VOIDED'],
  PENDING: [
    'PENDING',
    'PROCESSING',
    'SUCCEEDED',
    'OVERPAID',
    'FAILED',
    'REFUNDED',
    'PARTIALLY_REFUNDED',
    'VOIDED',
  ],
  PROCESSING: ['PROCESSING', 'PENDING', 'SUCCEEDED', 'OVERPAID', 'FAILED', 'VOIDED'],
  SUCCEEDED: ['SUCCEEDED', 'OVERPAID', 'PENDING', 'REFUNDED', 'PARTIALLY_REFUNDED'],
  OVERPAID: ['OVERPAID', 'SUCCEEDED', 'PENDING', 'REFUNDED', 'PARTIALLY_REFUNDED'],
  FAILED: ['FAILED', 'PENDING', 'PROCESSING', 'SUCCEEDED', 'OVERPAID', 'REFUNDED', 'VOIDED'],
  PARTIALLY_REFUNDED: ['PARTIALLY_REFUNDED', 'REFUNDED', 'PENDING', 'SUCCEEDED', 'OVERPAID'],
  REFUNDED: ['REFUNDED', 'PARTIALLY_REFUNDED', 'PENDING', 'SUCCEEDED', 'OVERPAID'],
  VOIDED: ['VOIDED'],
};

/** What a person may set by hand: wire contract, behaviour of `PUT /invoices/{id}/payment`. */
export const MANUAL_PAYMENT_STATUS_MOVES: Readonly<Partial<Record<PaymentStatus, readonly PaymentStatus[]>>> =
  {
    PENDING: ['PENDING', 'SUCCEEDED', 'OVERPAID', 'FAILED'],
    SUCCEEDED: ['SUCCEEDED', 'OVERPAID'],
    FAILED: ['PENDING', 'FAILED', 'SUCCEEDED', 'OVERPAID'],
  };

/** Throws invalid_operation with code `invoice_already_{voided|finalized|skipped}` or `invalid_invoice_transition`. */
export function assertInvoiceTransition(from: InvoiceStatus, to: InvoiceStatus): void {
  if (mayFollow(INVOICE_TRANSITIONS, from, to)) return;
  const details = { from, to };
  // clients look for the words "already voided"
  if (from === 'VOIDED' || from === to)
    throw invalidOperation(
      `invoice is already ${from.toLowerCase()}`,
      `invoice_already_${from.toLowerCase()}`,
      details,
    );
  throw invalidOperation(`invoice is ${from}, it cannot become ${to}`, 'invalid_invoice_transition', details);
}

/** The moves of an invoice's payment status that its payments can cause. Throws invalid_operation `invalid_payment_status_transition`. */
export function assertPaymentStatusTransition(from: PaymentStatus, to: PaymentStatus): void {
  if (!mayFollow(PAYMENT_STATUS_TRANSITIONS, from, to)) throw illegalPaymentStatus(from, to);
}

/**
 * The moves that a caller may make by hand, on a DRAFT or FINALIZED invoice only.
 * Throws invalid_operation: `invoice_already_voided`, `invoice_already_skipped` or `invalid_payment_status_transition`.
 */
export function assertManualPaymentStatus(
  from: PaymentStatus,
  to: PaymentStatus,
  invoiceStatus: InvoiceStatus,
): void {
  if (!takesPayments(invoiceStatus)) {
    const word = invoiceStatus.toLowerCase();
    throw invalidOperation(
      `invoice is already ${word}, its payment status cannot change`,
      `invoice_already_${word}`,
      { from, to },
    );
  }
  if (!(MANUAL_PAYMENT_STATUS_MOVES[from] ?? []).includes(to)) throw illegalPaymentStatus(from, to);
}

const illegalPaymentStatus = (from: PaymentStatus, to: PaymentStatus): Error =>
  invalidOperation(
    `payment status of an invoice cannot go from ${from} to ${to}`,
    'invalid_payment_status_transition',
    { from, to },
  );
