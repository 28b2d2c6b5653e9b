import type { AnyRoad } from './road.js';

/** Amounts of the API, in cents. */
export const cents = (amount: string): number => Math.round(Number(amount) * 100);

/** What has moved for an invoice, and where that leaves it: read over HTTP, in cents. */
export interface Books {
  readonly invoice: any;
  readonly payments: any[];
  readonly paid: number;
  readonly gone: number;
  readonly notes: number;
  readonly adjusted: number;
}

const GONE = new Set(['PENDING', 'SUCCEEDED']);
const COLLECTED = new Set(['SUCCEEDED', 'OVERPAID', 'PARTIALLY_REFUNDED', 'REFUNDED']);

const sum = (amounts: readonly number[]): number => amounts.reduce((total, one) => total + one, 0);

export async function booksOf(road: AnyRoad, invoiceId: string): Promise<Books> {
  const invoice: any = await road.api.get(`/invoices/${invoiceId}`);
  const payments: any[] = (await road.api.get(`/payments?destination_id=${invoiceId}&limit=1000`)).items;
  const notes: any[] = (await road.api.get(`/creditnotes?invoice_id=${invoiceId}&limit=1000`)).items;
  const refunds = payments.flatMap((one) => one.refunds as any[]);
  const gone = refunds.filter((one) => GONE.has(one.refund_status as string));
  const adjustments = (invoice.adjustments as any[]).filter((one) => one.adjustment_status === 'ACTIVE');
  // A note after the payment counts as far as its money has gone back.
  const givenBack = sum(adjustments.map((one) => cents(one.given_back_amount as string)));
  return {
    invoice,
    payments,
    paid: sum(
      payments
        .filter((one) => COLLECTED.has(one.payment_status as string))
        .map((one) => cents(one.amount as string)),
    ),
    gone: sum(gone.map((one) => cents(one.amount as string))),
    notes:
      givenBack +
      sum(
        notes
          .filter((one) => one.credit_note_status === 'FINALIZED')
          .map((one) => cents(one.total_amount as string)),
      ),
    adjusted: sum(adjustments.map((one) => cents(one.amount as string))),
  };
}

/**
 * The two equations: payments less refunds and lost disputes are what is paid, and the total less credit notes,
 * adjustments and what is paid is what remains (or, below zero, what was paid too much).
 */
export function expectBalanced({ invoice, paid, gone, notes, adjusted }: Books): void {
  const amountPaid = cents(invoice.amount_paid as string);
  const left = cents(invoice.amount_remaining as string) - cents(invoice.overpaid_amount as string);
  // Given back by us and by a bank, each without knowing of the other, it can be more than there was.
  expect({
    'payments - refunds': Math.max(0, paid - gone),
    'total - notes - adjustments - paid': left,
  }).toEqual({
    'payments - refunds': amountPaid,
    'total - notes - adjustments - paid': cents(invoice.total as string) - notes - adjusted - amountPaid,
  });
}
