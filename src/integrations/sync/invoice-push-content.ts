import { isDeepStrictEqual } from 'node:util';
import { money } from '../../domain/money.js';
import { formatRate } from '../../domain/rate.js';
import type { Customer } from '../../customers/customers.types.js';
import type { Invoice, InvoiceLineItem } from '../../invoices/invoices.types.js';
import type { InvoicePush, InvoicePushAdjustment } from '../../providers/provider-objects.js';
import { toSnapshot } from './invoice-snapshot.js';

/** Where the invoice's own due date is not in the future. */
const DEFAULT_DUE_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

/** What is asked for of an invoice, as it stands: what is still owed. */
export function pushOf(
  invoice: Invoice,
  lines: readonly InvoiceLineItem[],
  customer: Customer,
  remoteId: string | undefined,
  now: Date,
): InvoicePush {
  const due =
    invoice.dueDate !== null && invoice.dueDate > now
      ? invoice.dueDate
      : new Date(now.getTime() + DEFAULT_DUE_DAYS * DAY_MS);
  return {
    invoiceId: invoice.id,
    number: invoice.invoiceNumber ?? invoice.id,
    customer: {
      customerId: customer.id,
      remoteId,
      name: customer.name,
      email: customer.email ?? undefined,
    },
    description: invoice.description ?? undefined,
    collectionMethod: invoice.collectionMethod,
    dueAt: due,
    amountDue: money(invoice.amountRemaining, invoice.currency),
    lines: lines.map((line) => ({
      lineId: line.id,
      description: line.displayName,
      amount: money(line.amount, invoice.currency),
      quantity: formatRate(line.quantity),
      period:
        line.periodStart === null || line.periodEnd === null
          ? undefined
          : { start: line.periodStart, end: line.periodEnd },
      priceId: line.priceId ?? undefined,
    })),
    adjustments: adjustmentsOf(invoice),
  };
}

/** What lies between the sum of the lines and what is still owed. */
function adjustmentsOf(invoice: Invoice): InvoicePushAdjustment[] {
  const all: [InvoicePushAdjustment['kind'], string, bigint][] = [
    ['discount', 'Discount', -invoice.totalDiscount],
    ['prepaid_credit', 'Prepaid credits', -invoice.totalPrepaidCreditsApplied],
    ['tax', 'Tax', invoice.totalTax],
    ['discount', 'Credit notes', -invoice.adjustmentAmount],
    ['payment', 'Paid already', -invoice.amountPaid],
  ];
  return all
    .filter(([, , amount]) => amount !== 0n)
    .map(([kind, description, amount]) => ({ kind, description, amount: money(amount, invoice.currency) }));
}

/** As it was sent, but over what is owed now. Undefined when that is the same: then every try says the same, word by word. */
export function revised(sent: InvoicePush, now: InvoicePush): InvoicePush | undefined {
  const { amountDue, lines, adjustments } = now;
  const said = toSnapshot({ ...sent, amountDue, lines, adjustments });
  if (isDeepStrictEqual(said, toSnapshot(sent))) return undefined;
  return { ...sent, amountDue, lines, adjustments, version: (sent.version ?? 0) + 1 };
}

/** Undefined while something is to be collected. */
export function whyUnwanted({ invoiceStatus, amountRemaining }: Invoice): string | undefined {
  if (invoiceStatus !== 'FINALIZED') return `the invoice is ${invoiceStatus}`;
  return amountRemaining === 0n ? 'nothing is owed' : undefined;
}
