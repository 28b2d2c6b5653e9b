import { Temporal } from 'temporal-polyfill';

const DIGITS = 5;

/** Invoices and credit notes are numbered apart. */
export type DocumentPrefix = 'INV' | 'CN';

/** The month whose sequence numbers an invoice: `YYYYMM` of the issue instant in the zone. RangeError for an invalid date or zone. */
export function invoiceNumberScope(issuedAt: Date, timeZone = 'UTC'): string {
  if (Number.isNaN(issuedAt.getTime())) throw new RangeError('invalid issue date');
  const local = Temporal.Instant.fromEpochMilliseconds(issuedAt.getTime()).toZonedDateTimeISO(timeZone);
  return `${String(local.year).padStart(4, '0')}${String(local.month).padStart(2, '0')}`;
}

/**
 * `INV-YYYYMM-00001`: five digits, more when a month needs more. The sequence counts from 1 within a scope.
 * RangeError unless it is a whole number from 1 up. Source: wire contract, invoice life.
 */
export function formatInvoiceNumber(
  issuedAt: Date,
  sequence: number,
  timeZone = 'UTC',
  prefix: DocumentPrefix = 'INV',
): string {
  if (!Number.isSafeInteger(sequence) || sequence < 1)
    throw new RangeError(`an invoice sequence must be a whole number from 1 up: ${sequence}`);
  return `${prefix}-${invoiceNumberScope(issuedAt, timeZone)}-${String(sequence).padStart(DIGITS, '0')}`;
}
