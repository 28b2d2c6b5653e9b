import { Injectable } from '@nestjs/common';
import { alreadyExists, invalidOperation, notFound, notImplemented } from '../domain/errors.js';
import { dueDate } from '../domain/invoicing/due-date.js';
import { formatInvoiceNumber, invoiceNumberScope } from '../domain/invoicing/invoice-number.js';
import { assertInvoiceTransition } from '../domain/invoicing/invoice-states.js';
import { priceInvoice } from '../domain/invoicing/price-invoice.js';
import { isSettledAtZero, isSkippable } from '../domain/invoicing/zero-rules.js';
import { money, type Money } from '../domain/money.js';
import { settleInvoice } from '../domain/paying/payment-ledger.js';
import type { Ctx } from '../platform/context.js';
import { insertRow, insertRows, stampChange, stampNew, updateRow } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { Outbox } from '../platform/outbox/outbox.js';
import { InvoiceEntity } from './invoice.entity.js';
import { InvoiceLineItemEntity } from './invoice-line-item.entity.js';
import type {
  Invoice,
  InvoiceDraftInput,
  InvoiceLineItem,
  InvoiceWithLines,
  PaymentDetails,
} from './invoices.types.js';

/** Days to pay where neither the invoice nor the subscription's terms say. */
const DEFAULT_DUE_DAYS = 1;

@Injectable()
export class InvoicesService {
  constructor(private readonly outbox: Outbox) {}

  /** Rounds, adds up and stores. A subscription's invoice without anything on it is stored as SKIPPED: the period is done. */
  async draft(ctx: Ctx, input: InvoiceDraftInput): Promise<InvoiceWithLines> {
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
    try {
      const invoice = await insertRow(ctx.em, InvoiceEntity, {
        ...stampNew(ctx, 'invoice'),
        customerId: input.customerId,
        subscriptionId: input.subscriptionId,
        invoiceType: input.type,
        invoiceStatus: skipped ? 'SKIPPED' : 'DRAFT',
        paymentStatus: 'PENDING',
        billingReason: input.billingReason,
        billingPeriod: input.billingPeriod,
        billingSequence: await this.nextBillingSequence(ctx, input.subscriptionId),
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
      });
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
      await insertRows(ctx.em, InvoiceLineItemEntity, lines);
      await this.announce(ctx, skipped ? 'invoice.skipped' : 'invoice.drafted', invoice);
      return { invoice, lines };
    } catch (error) {
      if (isUniqueViolation(error, 'invoices_idempotency_key'))
        throw alreadyExists(`an invoice with idempotency_key ${input.idempotencyKey ?? ''} exists already`);
      throw error;
    }
  }

  /** Gives the draft its number and due date. From here on its figures do not change. */
  async finalize(ctx: Ctx, id: string): Promise<Invoice> {
    const before = await this.lock(ctx, id);
    if (before.invoiceStatus === 'SKIPPED') return before;
    assertInvoiceTransition(before.invoiceStatus, 'FINALIZED');
    const settled = isSettledAtZero(money(before.total, before.currency));
    const due =
      before.dueDate ??
      dueDate({
        periodEnd: before.periodEnd,
        issuedAt: before.issueDate ?? ctx.now,
        paymentTerms: before.paymentTerms,
        defaultDays: DEFAULT_DUE_DAYS,
      });
    await updateRow(ctx.em, InvoiceEntity, id, {
      ...stampChange(ctx),
      invoiceStatus: 'FINALIZED',
      invoiceNumber: before.invoiceNumber ?? (await this.nextNumber(ctx)),
      issueDate: before.issueDate ?? ctx.now,
      finalizedAt: ctx.now,
      dueDate: due,
      version: before.version + 1,
      ...(settled ? { paymentStatus: 'SUCCEEDED' as const, paidAt: ctx.now } : {}),
    });
    const invoice = await this.get(ctx, id);
    await this.announce(ctx, 'invoice.finalized', invoice);
    return invoice;
  }

  async void(ctx: Ctx, id: string): Promise<Invoice> {
    const before = await this.lock(ctx, id);
    assertInvoiceTransition(before.invoiceStatus, 'VOIDED');
    if (before.amountPaid > 0n)
      throw notImplemented('an invoice with payments cannot be voided yet: refunds are not supported');
    await updateRow(ctx.em, InvoiceEntity, id, {
      ...stampChange(ctx),
      invoiceStatus: 'VOIDED',
      voidedAt: ctx.now,
      version: before.version + 1,
    });
    await this.announce(ctx, 'invoice.voided', before);
    return this.get(ctx, id);
  }

  async get(ctx: Ctx, id: string): Promise<Invoice> {
    const row = await this.find(ctx, id);
    if (row === null) throw notFound('invoice', id);
    return row;
  }

  find(ctx: Ctx, id: string): Promise<Invoice | null> {
    return ctx.em.findOneBy(InvoiceEntity, { id });
  }

  findByIdempotencyKey(ctx: Ctx, idempotencyKey: string): Promise<Invoice | null> {
    return ctx.em.findOneBy(InvoiceEntity, { idempotencyKey });
  }

  /** For changing it, or for anything whose truth depends on it not changing meanwhile. */
  async lock(ctx: Ctx, id: string): Promise<Invoice> {
    const row = await ctx.em.findOne(InvoiceEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (row === null) throw notFound('invoice', id);
    return row;
  }

  /** Lines of those invoices, in the order in which they stand there. */
  async linesOf(ctx: Ctx, invoiceIds: readonly string[]): Promise<InvoiceLineItem[]> {
    if (invoiceIds.length === 0) return [];
    return ctx.em
      .createQueryBuilder(InvoiceLineItemEntity, 'row')
      .where('row.invoiceId = ANY(:ids)', { ids: invoiceIds })
      .orderBy('row.invoiceId')
      .addOrderBy('row.position')
      .getMany();
  }

  /**
   * Where a locked invoice stands, given all the money that was allocated to it. The caller has counted the
   * allocations after {@link lock}: counted before, two payments at once would each miss the other.
   */
  async settle(
    ctx: Ctx,
    before: Invoice,
    allocations: readonly Money[],
    details: { readonly paidBy: PaymentDetails | null; readonly paidThrough: string | null },
  ): Promise<Invoice> {
    if (before.invoiceStatus !== 'FINALIZED' && before.invoiceStatus !== 'DRAFT')
      throw invalidOperation(
        `invoice is ${before.invoiceStatus.toLowerCase()}: it takes no payments`,
        `invoice_already_${before.invoiceStatus.toLowerCase()}`,
      );
    const settled = settleInvoice({ total: money(before.total, before.currency), allocations });
    await updateRow(ctx.em, InvoiceEntity, before.id, {
      ...stampChange(ctx),
      amountPaid: settled.amountPaid.amount,
      amountRemaining: settled.amountRemaining.amount,
      overpaidAmount: settled.overpaidAmount.amount,
      paymentStatus: settled.paymentStatus,
      paidAt: settled.paid ? (before.paidAt ?? ctx.now) : null,
      paymentDetails: details.paidBy ?? before.paymentDetails,
      version: before.version + 1,
    });
    const invoice = await this.get(ctx, before.id);
    const justPaid = settled.paid && before.paidAt === null;
    await this.announce(ctx, justPaid ? 'invoice.paid' : 'invoice.payment_changed', invoice, {
      paid_through: details.paidThrough,
    });
    return invoice;
  }

  /** How a paid invoice was paid, learnt after the money. Not a change of the invoice: no event. */
  async describePayment(ctx: Ctx, id: string, details: PaymentDetails): Promise<void> {
    const before = await this.lock(ctx, id);
    if (before.paidAt !== null) await updateRow(ctx.em, InvoiceEntity, id, { paymentDetails: details });
  }

  /** What a provider calls the invoice and where it shows it. Not a change of the invoice: no event. */
  async attachRemote(
    ctx: Ctx,
    id: string,
    remote: { readonly metadata: Readonly<Record<string, string>>; readonly pdfUrl: string | undefined },
  ): Promise<void> {
    const before = await this.lock(ctx, id);
    await updateRow(ctx.em, InvoiceEntity, id, {
      metadata: { ...before.metadata, ...remote.metadata },
      invoicePdfUrl: remote.pdfUrl ?? before.invoicePdfUrl,
    });
  }

  private async nextNumber(ctx: Ctx): Promise<string> {
    const [row] = await ctx.em.query<{ last_number: number }[]>(
      `INSERT INTO invoice_number_sequences (tenant_id, environment_id, scope, last_number) VALUES ($1, $2, $3, 1)
       ON CONFLICT (tenant_id, environment_id, scope)
       DO UPDATE SET last_number = invoice_number_sequences.last_number + 1
       RETURNING last_number`,
      [ctx.scope.tenantId, ctx.scope.environmentId, invoiceNumberScope(ctx.now)],
    );
    return formatInvoiceNumber(ctx.now, row?.last_number ?? 1);
  }

  private async nextBillingSequence(ctx: Ctx, subscriptionId: string | null): Promise<number | null> {
    if (subscriptionId === null) return null;
    const row = await ctx.em
      .createQueryBuilder(InvoiceEntity, 'row')
      .select('coalesce(max(row.billingSequence), 0) + 1', 'next')
      .where('row.subscriptionId = :subscriptionId', { subscriptionId })
      .getRawOne<{ next: number }>();
    return row?.next ?? 1;
  }

  private announce(
    ctx: Ctx,
    type: string,
    invoice: Invoice,
    payload: Readonly<Record<string, unknown>> = {},
  ): Promise<void> {
    return this.outbox.append(ctx, { type, entityType: 'invoice', entityId: invoice.id, payload });
  }
}
