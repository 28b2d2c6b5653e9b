import { Injectable } from '@nestjs/common';
import { invalidOperation, notFound } from '../domain/errors.js';
import {
  assertInvoiceTransition,
  takesPayments,
  type PaymentStatus,
} from '../domain/invoicing/invoice-states.js';
import { money, type Money } from '../domain/money.js';
import { settleInvoice } from '../domain/paying/payment-ledger.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate } from '../platform/database/columns.js';
import { isChange } from '../platform/database/changes.js';
import { findRow, findRows, updateRow } from '../platform/database/rows.js';
import { Outbox, type EventOf } from '../platform/outbox/outbox.js';
import { DiscountsAndTaxesService } from './discounts-and-taxes.service.js';
import { CustomerCreditService } from './customer-credit.service.js';
import { InvoiceDrafts } from './invoice-drafts.service.js';
import { InvoiceFinalization } from './invoice-finalization.service.js';
import { InvoicePartsStore } from './invoice-parts.store.js';
import { InvoiceLineItemEntity } from './invoice-line-item.entity.js';
import { InvoiceEntity } from './invoice.entity.js';
import { OneOffDiscountsAndTaxes } from './one-off-discounts-and-taxes.service.js';
import { LineCreditsService, type LineCredit } from './line-credits.service.js';
import {
  CREDITED_TO_WALLET,
  type Invoice,
  type InvoiceApplications,
  type InvoiceDraftInput,
  type InvoiceLineItem,
  type InvoiceWithLines,
  type PaymentDetails,
} from './invoices.types.js';

/** All the money that moved for an invoice, and what credit notes took off it. */
export interface InvoiceMovements {
  /** Succeeded payments positive, refunds negative. */
  readonly allocations: readonly Money[];
  /** Credit notes before the payment, and adjustments. */
  readonly adjusted: Money;
  /** What notes gave back after the payment, and what is not asked for again. */
  readonly forgiven: Money;
}

@Injectable()
export class InvoicesService {
  constructor(
    private readonly outbox: Outbox,
    private readonly drafts: InvoiceDrafts,
    private readonly parts: InvoicePartsStore,
    private readonly finalization: InvoiceFinalization,
    private readonly credit: CustomerCreditService,
    private readonly terms: DiscountsAndTaxesService,
    private readonly ownTerms: OneOffDiscountsAndTaxes,
    private readonly credits: LineCreditsService,
  ) {}

  /** Rounds, adds up and stores. A subscription's invoice without anything on it is stored as SKIPPED: the period is done. */
  async draft(ctx: Ctx, input: InvoiceDraftInput): Promise<InvoiceWithLines> {
    return this.drafts.draft(ctx, input);
  }

  /** Spends the customer's prepaid credits on the draft, gives it its number and due date. Its figures do not change after. */
  async finalize(ctx: Ctx, id: string, invoiceNumber?: string): Promise<Invoice> {
    const [invoice] = await this.finalization.finalize(ctx, [id], invoiceNumber);
    if (invoice === undefined) throw notFound('invoice', id);
    return invoice;
  }

  /**
   * Nothing is owed for it any more. What was paid has to be given back before; prepaid credits go back here. The unused
   * time of an earlier plan that was taken off it is given back by whoever calls.
   */
  async void(ctx: Ctx, id: string): Promise<Invoice> {
    const before = await this.lock(ctx, id);
    assertInvoiceTransition(before.invoiceStatus, 'VOIDED');
    if (before.amountPaid > 0n)
      throw invalidOperation('what was paid has to be given back first', 'invoice_has_payments');
    const lines = await this.linesOf(ctx, [id]);
    this.assertNothingGivenBack(lines, await this.credits.of(ctx, lines));
    await this.terms.release(ctx, before);
    await this.ownTerms.release(ctx, before);
    const spent = money(before.totalPrepaidCreditsApplied, before.currency);
    if (spent.amount > 0n) await this.credit.returnSpent(ctx, before);
    await updateRow(ctx.em, InvoiceEntity, id, {
      ...auditColumnsForUpdate(ctx),
      invoiceStatus: 'VOIDED',
      voidedAt: ctx.now,
      finalizeAt: null,
      refundedAmount: before.refundedAmount + spent.amount,
      ...(before.refundedAmount + spent.amount > 0n ? { paymentStatus: 'REFUNDED' as const } : {}),
      version: before.version + 1,
    });
    await this.announce(ctx, before, { type: 'invoice.voided' });
    return this.get(ctx, id);
  }

  /** Unused time and corrected usage that was given back already would be given back a second time. */
  private assertNothingGivenBack(lines: readonly InvoiceLineItem[], credits: readonly LineCredit[]): void {
    const paidOut = lines.some(({ metadata }) => CREDITED_TO_WALLET in metadata);
    if (paidOut || credits.some(({ source }) => source !== 'CREDIT_NOTE'))
      throw invalidOperation(
        'credit has been given back for the invoice: correct it with a credit note',
        'invoice_has_proration_credits',
      );
  }

  /** What a person may still change. Metadata is merged: the providers' ids and links stay. */
  async edit(
    ctx: Ctx,
    id: string,
    change: {
      readonly dueDate?: Date | undefined;
      readonly invoicePdfUrl?: string | undefined;
      readonly metadata?: Readonly<Record<string, string>> | undefined;
    },
  ): Promise<Invoice> {
    const before = await this.lock(ctx, id);
    if (!takesPayments(before.invoiceStatus))
      throw invalidOperation(
        `invoice is already ${before.invoiceStatus.toLowerCase()}: it cannot be changed`,
        `invoice_already_${before.invoiceStatus.toLowerCase()}`,
      );
    if (change.dueDate !== undefined && before.invoiceStatus === 'FINALIZED' && before.amountRemaining === 0n)
      throw invalidOperation(
        'the invoice is paid already: it has no due date to move',
        'invoice_already_paid',
      );
    await updateRow(ctx.em, InvoiceEntity, id, {
      ...auditColumnsForUpdate(ctx),
      dueDate: change.dueDate ?? before.dueDate,
      invoicePdfUrl: change.invoicePdfUrl ?? before.invoicePdfUrl,
      metadata: { ...before.metadata, ...change.metadata },
      isManuallyEdited: true,
      version: before.version + 1,
    });
    await this.announce(ctx, before, { type: 'invoice.updated' });
    return this.get(ctx, id);
  }

  /** Asks for the invoice to be sent to its customer by whatever the tenant has connected. */
  async requestCommunication(ctx: Ctx, id: string): Promise<void> {
    const invoice = await this.get(ctx, id);
    if (invoice.invoiceStatus !== 'FINALIZED')
      throw invalidOperation(
        `invoice is ${invoice.invoiceStatus}: only a finalized invoice is sent to its customer`,
        'invoice_not_finalized',
      );
    await this.announce(ctx, invoice, { type: 'invoice.communication_triggered' });
  }

  /** What somebody says of a payment status without any money moving. The caller holds the lock. */
  async markPaymentStatus(ctx: Ctx, before: Invoice, paymentStatus: PaymentStatus): Promise<void> {
    if (before.paymentStatus === paymentStatus) return;
    await updateRow(ctx.em, InvoiceEntity, before.id, {
      ...auditColumnsForUpdate(ctx),
      paymentStatus,
      version: before.version + 1,
    });
    await this.announce(ctx, before, { type: 'invoice.payment_changed', payload: { paid_through: null } });
  }

  /** That another invoice has been made in its place. */
  async recordSuccessor(ctx: Ctx, id: string, successorId: string): Promise<void> {
    await updateRow(ctx.em, InvoiceEntity, id, {
      ...auditColumnsForUpdate(ctx),
      recalculatedInvoiceId: successorId,
    });
  }

  async get(ctx: Ctx, id: string): Promise<Invoice> {
    const row = await this.find(ctx, id);
    if (row === null) throw notFound('invoice', id);
    return row;
  }

  find(ctx: Ctx, id: string): Promise<Invoice | null> {
    return findRow(ctx.em, InvoiceEntity, { id });
  }

  findByIdempotencyKey(ctx: Ctx, idempotencyKey: string): Promise<Invoice | null> {
    return findRow(ctx.em, InvoiceEntity, { idempotencyKey });
  }

  /** For changing it, or for anything whose truth depends on it not changing meanwhile. */
  async lock(ctx: Ctx, id: string): Promise<Invoice> {
    const row = await findRow(ctx.em, InvoiceEntity, { id }, { lock: true });
    if (row === null) throw notFound('invoice', id);
    return row;
  }

  /** Lines of those invoices, in the order in which they stand there. */
  linesOf(ctx: Ctx, invoiceIds: readonly string[]): Promise<InvoiceLineItem[]> {
    return this.parts.linesOf(ctx, invoiceIds);
  }

  /** Lines by their ids, in no order. */
  linesById(ctx: Ctx, ids: readonly string[]): Promise<InvoiceLineItem[]> {
    return ids.length === 0 ? Promise.resolve([]) : findRows(ctx.em, InvoiceLineItemEntity, { id: [...ids] });
  }

  async lineOf(ctx: Ctx, id: string): Promise<InvoiceLineItem> {
    const row = await findRow(ctx.em, InvoiceLineItemEntity, { id });
    if (row === null) throw notFound('invoice line item', id);
    return row;
  }

  /** Coupons, taxes and prepaid credits that were applied to those invoices. */
  applicationsOf(ctx: Ctx, invoiceIds: readonly string[]): Promise<InvoiceApplications> {
    return this.parts.applicationsOf(ctx, invoiceIds);
  }

  /**
   * Where a locked invoice stands, given all the money that moved for it. The caller has counted after
   * {@link lock}: counted before, two payments at once would each miss the other.
   */
  async settle(
    ctx: Ctx,
    before: Invoice,
    movements: InvoiceMovements,
    details: { readonly paidBy: PaymentDetails | null; readonly paidThrough: string | null },
  ): Promise<Invoice> {
    if (!takesPayments(before.invoiceStatus))
      throw invalidOperation(
        `invoice is ${before.invoiceStatus.toLowerCase()}: it takes no payments`,
        `invoice_already_${before.invoiceStatus.toLowerCase()}`,
      );
    const settled = settleInvoice({ total: money(before.total, before.currency), ...movements });
    const refunded = movements.allocations.reduce(
      (sum, { amount }) => (amount < 0n ? sum - amount : sum),
      0n,
    );
    await updateRow(ctx.em, InvoiceEntity, before.id, {
      ...auditColumnsForUpdate(ctx),
      amountPaid: settled.amountPaid.amount,
      amountRemaining: settled.amountRemaining.amount,
      overpaidAmount: settled.overpaidAmount.amount,
      // More than all of it cannot be taken off, whoever has tried.
      adjustmentAmount: movements.adjusted.amount < before.total ? movements.adjusted.amount : before.total,
      refundedAmount: refunded,
      paymentStatus: settled.paymentStatus,
      paidAt: settled.paid ? (before.paidAt ?? ctx.now) : null,
      paymentDetails: details.paidBy ?? before.paymentDetails,
      version: before.version + 1,
    });
    const invoice = await this.get(ctx, before.id);
    const justPaid = settled.paid && before.paidAt === null;
    await this.announce(ctx, invoice, {
      type: justPaid ? 'invoice.paid' : 'invoice.payment_changed',
      payload: { paid_through: details.paidThrough, billing_reason: invoice.billingReason },
    });
    return invoice;
  }

  /** How a paid invoice was paid, learnt after the money. Not a change of the invoice: no event. */
  async describePayment(ctx: Ctx, id: string, details: PaymentDetails): Promise<void> {
    const before = await this.lock(ctx, id);
    if (before.paidAt !== null) await updateRow(ctx.em, InvoiceEntity, id, { paymentDetails: details });
  }

  /** What a provider calls the invoice and where it shows it. Not a change of the invoice: no event. */
  async attachRemote(ctx: Ctx, id: string, remote: RemoteAttachment): Promise<void> {
    const before = await this.lock(ctx, id);
    if (this.wouldAttach(before, remote))
      await updateRow(ctx.em, InvoiceEntity, id, attachment(before, remote));
  }

  /** Whether {@link attachRemote} would change anything. */
  wouldAttach(before: Invoice, remote: RemoteAttachment): boolean {
    return isChange(before, attachment(before, remote));
  }

  private announce(ctx: Ctx, { id }: Invoice, event: EventOf<'invoice'>): Promise<void> {
    return this.outbox.append(ctx, { ...event, entityType: 'invoice', entityId: id });
  }
}

/** What a provider calls an invoice, and where it shows it. */
export interface RemoteAttachment {
  readonly metadata: Readonly<Record<string, string>>;
  readonly pdfUrl: string | undefined;
  /** Keys of the metadata that do not hold any more. */
  readonly forget?: readonly string[];
}

function attachment(
  { metadata, invoicePdfUrl }: Invoice,
  remote: RemoteAttachment,
): Pick<Invoice, 'metadata' | 'invoicePdfUrl'> {
  const kept = Object.entries(metadata).filter(([key]) => !remote.forget?.includes(key));
  return {
    metadata: { ...Object.fromEntries(kept), ...remote.metadata },
    invoicePdfUrl: remote.pdfUrl ?? invoicePdfUrl,
  };
}
