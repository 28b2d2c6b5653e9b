import type { Invoice } from '../api/types';
import { isZero } from './money';

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'quiet';

export interface Status {
  readonly label: string;
  readonly tone: Tone;
}

/** What the API calls otherwise than people do. */
const SPOKEN: Readonly<Record<string, string>> = { PRE_PAID: 'Prepaid', POST_PAID: 'Postpaid' };

/** `PARTIALLY_REFUNDED`, `mark_paid`: "Partially refunded", "Mark paid". */
export function sentence(code: string): string {
  const spoken = SPOKEN[code];
  if (spoken !== undefined) return spoken;
  const words = code.toLowerCase().replaceAll(/[_.]/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const TONES: Readonly<Record<string, Tone>> = {
  succeeded: 'good',
  active: 'good',
  paid: 'good',
  ok: 'good',
  enabled: 'good',
  handled: 'good',
  linked: 'good',
  done: 'good',
  completed: 'good',
  published: 'good',
  trialing: 'info',
  pending: 'info',
  processing: 'info',
  initiated: 'info',
  requested: 'info',
  running: 'info',
  queued: 'info',
  received: 'info',
  finalized: 'info',
  retrying: 'warn',
  paused: 'warn',
  overpaid: 'warn',
  incomplete: 'warn',
  frozen: 'warn',
  failing: 'bad',
  failed: 'bad',
  parked: 'bad',
  disabled: 'bad',
  missing: 'bad',
};

export const statusOf = (code: string): Status => ({
  label: sentence(code),
  tone: TONES[code.toLowerCase()] ?? 'quiet',
});

const PAID: Readonly<Record<string, Status>> = {
  SUCCEEDED: { label: 'Paid', tone: 'good' },
  OVERPAID: { label: 'Overpaid', tone: 'warn' },
  REFUNDED: { label: 'Refunded', tone: 'quiet' },
  PARTIALLY_REFUNDED: { label: 'Partly refunded', tone: 'quiet' },
};

type InvoiceState = Pick<
  Invoice,
  'invoice_status' | 'payment_status' | 'due_date' | 'amount_remaining' | 'amount_paid'
>;

/** One word for what the two states of an invoice and its due date mean together. */
export function invoiceStatus(invoice: InvoiceState, now: Date): Status {
  if (invoice.invoice_status === 'DRAFT') return { label: 'Draft', tone: 'quiet' };
  if (invoice.invoice_status === 'VOIDED') return { label: 'Void', tone: 'quiet' };
  if (invoice.invoice_status === 'SKIPPED') return { label: 'Skipped', tone: 'quiet' };
  const settled = PAID[invoice.payment_status];
  if (settled !== undefined) return settled;
  if (isZero(invoice.amount_remaining)) return { label: 'Settled', tone: 'good' };
  if (invoice.due_date !== null && new Date(invoice.due_date) < now)
    return { label: 'Past due', tone: 'bad' };
  if (invoice.payment_status === 'FAILED') return { label: 'Payment failed', tone: 'bad' };
  if (invoice.payment_status === 'PROCESSING') return { label: 'Processing', tone: 'info' };
  if (!isZero(invoice.amount_paid)) return { label: 'Partly paid', tone: 'warn' };
  return { label: 'Open', tone: 'info' };
}

const PERIODS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  DAILY: ['day', 'days'],
  WEEKLY: ['week', 'weeks'],
  MONTHLY: ['month', 'months'],
  QUARTERLY: ['quarter', 'quarters'],
  HALF_YEARLY: ['half-year', 'half-years'],
  ANNUAL: ['year', 'years'],
};

/** "month", "3 months", "once". */
export function everyPeriod(period: string, count = 1): string {
  const [one, many] = PERIODS[period] ?? [undefined, undefined];
  if (one === undefined) return period === 'ONETIME' ? 'once' : sentence(period);
  return count === 1 ? one : `${count} ${many}`;
}
