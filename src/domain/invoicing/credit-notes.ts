import { invalidOperation, validationError } from '../errors.js';
import {
  addMoney,
  allocateMoney,
  floorAtZero,
  formatMoney,
  minMoney,
  subtractMoney,
  sumMoney,
  type Money,
} from '../money.js';
import type { InvoiceStatus } from './invoice-states.js';

export const CREDIT_NOTE_REASONS = [
  'DUPLICATE',
  'FRAUDULENT',
  'ORDER_CHANGE',
  'UNSATISFACTORY',
  'SERVICE_ISSUE',
  'BILLING_ERROR',
  'SUBSCRIPTION_CANCELLATION',
] as const;
export type CreditNoteReason = (typeof CREDIT_NOTE_REASONS)[number];

export const CREDIT_NOTE_STATUSES = ['DRAFT', 'FINALIZED', 'VOIDED'] as const;
export type CreditNoteStatus = (typeof CREDIT_NOTE_STATUSES)[number];

/** ADJUSTMENT lowers what is owed; REFUND gives back what was paid. */
export type CreditNoteType = 'ADJUSTMENT' | 'REFUND';

/** A line of an invoice as far as it may be credited. */
export interface CreditableLine {
  readonly key: string;
  /** Less its discounts and prepaid credits; its share of the invoice's total is in proportion to it. */
  readonly net: Money;
  /** What other credit notes, drafts among them, take of it. */
  readonly credited: Money;
}

export interface CreditableInvoice {
  readonly status: InvoiceStatus;
  readonly total: Money;
  readonly amountPaid: Money;
  readonly amountRemaining: Money;
  readonly lines: readonly CreditableLine[];
}

export interface CreditNoteLine {
  readonly key: string;
  readonly amount: Money;
}

export interface CreditNoteDraft {
  readonly type: CreditNoteType;
  readonly lines: readonly CreditNoteLine[];
  readonly total: Money;
}

/**
 * A credit note on a finalized invoice: an ADJUSTMENT while something is owed, a REFUND when it is paid. Every line may be
 * credited up to its share of the total (its tax with it), all notes together; an adjustment takes no more than is owed, a
 * refund no more than was paid. Without lines it is for all that is left. BillingError otherwise.
 */
export function draftCreditNote(
  invoice: CreditableInvoice,
  asked: readonly CreditNoteLine[] | undefined,
): CreditNoteDraft {
  if (invoice.status !== 'FINALIZED')
    throw invalidOperation(
      invoice.status === 'VOIDED'
        ? 'invoice is already voided'
        : `invoice is ${invoice.status}: only a finalized invoice can be credited`,
      invoice.status === 'VOIDED' ? 'invoice_already_voided' : 'invoice_not_finalized',
    );
  const type: CreditNoteType = invoice.amountRemaining.amount > 0n ? 'ADJUSTMENT' : 'REFUND';
  const limit = type === 'ADJUSTMENT' ? invoice.amountRemaining : invoice.amountPaid;
  const left = creditable(invoice);
  const lines = asked === undefined || asked.length === 0 ? rest(left, limit) : checked(left, asked);
  const total = sumMoney(
    lines.map(({ amount }) => amount),
    invoice.total.currency,
  );
  if (total.amount === 0n) throw invalidOperation('nothing is left to credit', 'nothing_to_credit');
  if (total.amount > limit.amount)
    throw invalidOperation(
      type === 'ADJUSTMENT'
        ? `the credit of ${formatMoney(total)} is more than the ${formatMoney(limit)} that is still owed`
        : `the credit of ${formatMoney(total)} is more than the ${formatMoney(limit)} that was paid`,
      'credit_exceeds_invoice',
    );
  return { type, lines, total };
}

/** What is left to credit of each line: its share of the total, less what other notes take. */
export function creditable(invoice: Pick<CreditableInvoice, 'total' | 'lines'>): CreditNoteLine[] {
  if (invoice.lines.length === 0) return [];
  const shares = allocateMoney(
    invoice.total,
    invoice.lines.map(({ net }) => floorAtZero(net).amount),
  );
  return invoice.lines.map(({ key, credited }, index) => ({
    key,
    amount: floorAtZero(subtractMoney(shares[index] as Money, credited)),
  }));
}

/** All that is left, as far as the limit goes, in proportion. */
function rest(left: readonly CreditNoteLine[], limit: Money): CreditNoteLine[] {
  if (left.length === 0) return [];
  const total = minMoney(
    limit,
    sumMoney(
      left.map(({ amount }) => amount),
      limit.currency,
    ),
  );
  const parts = allocateMoney(
    total,
    left.map(({ amount }) => amount.amount),
  );
  return left
    .map(({ key }, index) => ({ key, amount: parts[index] as Money }))
    .filter(({ amount }) => amount.amount > 0n);
}

function checked(left: readonly CreditNoteLine[], asked: readonly CreditNoteLine[]): CreditNoteLine[] {
  const used = new Map<string, Money>();
  const errors: Record<string, string> = {};
  asked.forEach(({ key, amount }, index) => {
    const path = `line_items[${index}]`;
    const of = left.find((line) => line.key === key);
    if (of === undefined) {
      errors[`${path}.invoice_line_item_id`] = `the invoice has no line ${key}`;
      return;
    }
    if (amount.amount <= 0n) errors[`${path}.amount`] = `${path}.amount must be greater than 0`;
    const before = used.get(key);
    const sum = before === undefined ? amount : addMoney(before, amount);
    used.set(key, sum);
    if (sum.amount > of.amount.amount)
      errors[`${path}.amount`] =
        `${path}.amount: only ${formatMoney(of.amount)} is left to credit of this line`;
  });
  if (Object.keys(errors).length > 0)
    throw validationError(Object.values(errors).join('; '), { fields: errors });
  return [...asked];
}

/** DRAFT → FINALIZED or VOIDED. A finalized adjustment can be voided; a refund cannot: the money has gone. */
export function assertCreditNoteMove(
  note: { readonly status: CreditNoteStatus; readonly type: CreditNoteType },
  to: 'FINALIZED' | 'VOIDED',
): void {
  const details = { from: note.status, to };
  if (note.status === 'VOIDED')
    throw invalidOperation('credit note is already voided', 'credit_note_already_voided', details);
  if (note.status === 'FINALIZED' && to === 'FINALIZED')
    throw invalidOperation('credit note is already finalized', 'credit_note_already_finalized', details);
  if (note.status === 'FINALIZED' && note.type === 'REFUND')
    throw invalidOperation(
      'the refund has been given back: it cannot be voided',
      'credit_note_refunded',
      details,
    );
}
