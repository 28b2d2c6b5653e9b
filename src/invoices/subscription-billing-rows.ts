import { priceInvoice } from '../domain/invoicing/price-invoice.js';
import { isSkippable } from '../domain/invoicing/zero-rules.js';
import type { Ctx } from '../platform/context.js';
import { stampNew } from '../platform/database/columns.js';
import type { InvoiceEntity } from './invoice.entity.js';
import type { InvoiceLineItemEntity } from './invoice-line-item.entity.js';
import type { InvoiceDraftInput } from './invoices.types.js';

/** An invoice and its lines as they are stored: rounded and added up. Nothing is written yet. */
export function invoiceRows(
  ctx: Ctx,
  input: InvoiceDraftInput,
  billingSequence: number | null,
): { readonly invoice: InvoiceEntity; readonly lines: InvoiceLineItemEntity[] } {
  const priced = priceInvoice({
    currency: input.currency,
    lines: input.lines.map((line, index) => ({
      key: String(index),
      priceType: line.priceType,
      amount: line.amount,
      quantity: line.quantity,
      periodStart: line.period?.start ?? null,
      periodEnd: line.period?.end ?? null,
    })),
  });
  const skipped = isSkippable(priced.subtotal, { type: input.type, billingReason: input.billingReason });
  const invoice: InvoiceEntity = {
    ...stampNew(ctx, 'invoice'),
    customerId: input.customerId,
    subscriptionId: input.subscriptionId,
    invoiceType: input.type,
    invoiceStatus: skipped ? 'SKIPPED' : 'DRAFT',
    paymentStatus: 'PENDING',
    billingReason: input.billingReason,
    billingPeriod: input.billingPeriod,
    billingSequence,
    collectionMethod: input.collectionMethod,
    currency: input.currency,
    subtotal: priced.subtotal.amount,
    totalDiscount: priced.totalDiscount.amount,
    totalPrepaidCreditsApplied: priced.totalPrepaidCredits.amount,
    totalTax: priced.totalTax.amount,
    total: priced.total.amount,
    amountPaid: 0n,
    amountRemaining: priced.total.amount,
    overpaidAmount: 0n,
    invoiceNumber: null,
    description: input.description ?? null,
    paymentTerms: input.paymentTerms ?? null,
    issueDate: input.issueDate ?? null,
    dueDate: input.dueDate ?? null,
    periodStart: input.period?.start ?? null,
    periodEnd: input.period?.end ?? null,
    lastComputedAt: ctx.now,
    finalizedAt: null,
    paidAt: null,
    voidedAt: null,
    invoicePdfUrl: null,
    paymentDetails: null,
    idempotencyKey: input.idempotencyKey ?? null,
    metadata: { ...input.metadata },
    version: 1,
  };
  const lines = priced.lines.map((line, position): InvoiceLineItemEntity => {
    const source = input.lines[position] as InvoiceDraftInput['lines'][number];
    return {
      ...stampNew(ctx, 'invoiceLineItem'),
      invoiceId: invoice.id,
      position,
      customerId: input.customerId,
      subscriptionId: input.subscriptionId,
      subscriptionLineItemId: source.subscriptionLineItemId ?? null,
      entityType: source.entityType ?? null,
      entityId: source.entityId ?? null,
      priceId: source.priceId ?? null,
      priceType: line.priceType,
      meterId: source.meterId ?? null,
      displayName: source.displayName,
      planDisplayName: source.planDisplayName ?? null,
      meterDisplayName: source.meterDisplayName ?? null,
      quantity: line.quantity,
      currency: input.currency,
      amount: line.amount.amount,
      lineItemDiscount: line.lineItemDiscount.amount,
      invoiceLevelDiscount: line.invoiceLevelDiscount.amount,
      prepaidCreditsApplied: line.prepaidCreditsApplied.amount,
      periodStart: line.periodStart,
      periodEnd: line.periodEnd,
      metadata: { ...source.metadata },
    };
  });
  return { invoice, lines };
}
