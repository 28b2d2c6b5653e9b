import { Injectable } from '@nestjs/common';
import { alreadyExists } from '../domain/errors.js';
import { applyCredits } from '../domain/invoicing/credits.js';
import type { DraftInvoice, DraftLine } from '../domain/invoicing/draft-invoice.js';
import { priceInvoice } from '../domain/invoicing/price-invoice.js';
import { isSkippable } from '../domain/invoicing/zero-rules.js';
import { money } from '../domain/money.js';
import type { Ctx } from '../platform/context.js';
import { insertRow, stampChange, stampNew, updateRow } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { Outbox } from '../platform/outbox/outbox.js';
import { InvoicePartsStore } from './invoice-parts.store.js';
import { InvoiceEntity } from './invoice.entity.js';
import type {
  CreditInput,
  Invoice,
  InvoiceApplications,
  InvoiceDraftInput,
  InvoiceLineItem,
  InvoiceWithLines,
} from './invoices.types.js';

type Figures = Pick<
  InvoiceEntity,
  | 'subtotal'
  | 'totalDiscount'
  | 'totalPrepaidCreditsApplied'
  | 'totalTax'
  | 'total'
  | 'amountRemaining'
  | 'lastComputedAt'
>;

/** Prices invoices and stores them as drafts. */
@Injectable()
export class InvoiceDrafts {
  /** Drafts that are being computed again, by the unit of work that does it. */
  private readonly targets = new WeakMap<Ctx, Invoice>();

  constructor(
    private readonly outbox: Outbox,
    private readonly parts: InvoicePartsStore,
  ) {}

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
      ...couponsOf(input),
      credits: (input.credits ?? []).map(({ amount }, index) => ({ key: String(index), amount })),
      taxes: (input.taxes ?? []).map((tax, index) => ({ ...tax, key: String(index) })),
    });
    const skipped = isSkippable(priced.lines, { type: input.type, billingReason: input.billingReason });
    const figures = figuresOf(ctx, priced);
    const target = this.targets.get(ctx);
    const refilled = target !== undefined && isSameInvoice(target, input);
    const invoice = refilled
      ? await this.refill(ctx, target, figures, skipped)
      : await this.insert(ctx, input, figures, skipped);
    const lines = await this.parts.insert(ctx, invoice, input, priced);
    const event = refilled ? 'invoice.recomputed' : skipped ? 'invoice.skipped' : 'invoice.drafted';
    await this.outbox.append(ctx, {
      type: event,
      entityType: 'invoice',
      entityId: invoice.id,
    });
    return { invoice, lines };
  }

  /**
   * Computes a locked draft again: whatever `bill` drafts for its subscription, period and reason lands in it,
   * so that whoever bills need not know. When nothing is drafted, nothing is left to charge.
   */
  async redraft(ctx: Ctx, before: Invoice, bill: () => Promise<unknown>): Promise<void> {
    await this.parts.remove(ctx, before.id);
    this.targets.set(ctx, before);
    try {
      await bill();
    } finally {
      this.targets.delete(ctx);
    }
    const after = await ctx.em.findOneByOrFail(InvoiceEntity, { id: before.id });
    if (after.version === before.version)
      await this.refill(
        ctx,
        before,
        figuresOf(ctx, priceInvoice({ currency: before.currency, lines: [] })),
        true,
      );
  }

  /**
   * Spends prepaid balances on a locked draft, in their order, on what its usage lines still owe.
   * Answers the slices: whoever holds the balances takes exactly these from them.
   */
  async applyCredits(
    ctx: Ctx,
    invoice: Invoice,
    credits: readonly CreditInput[],
  ): Promise<InvoiceApplications['credits']> {
    const lines = await this.parts.linesOf(ctx, [invoice.id]);
    const applied = await this.parts.applicationsOf(ctx, [invoice.id]);
    const priced = applyCredits(
      storedDraft(invoice, lines, applied),
      credits.map(({ amount }, index) => ({ key: String(index), amount })),
    );
    if (priced.credits.length === 0) return [];
    await updateRow(ctx.em, InvoiceEntity, invoice.id, { ...stampChange(ctx), ...figuresOf(ctx, priced) });
    return this.parts.insertCredits(ctx, invoice, lines, credits, priced);
  }

  private async refill(ctx: Ctx, before: Invoice, figures: Figures, skipped: boolean): Promise<Invoice> {
    await updateRow(ctx.em, InvoiceEntity, before.id, {
      ...stampChange(ctx),
      ...figures,
      invoiceStatus: skipped ? 'SKIPPED' : 'DRAFT',
      version: before.version + 1,
    });
    return ctx.em.findOneByOrFail(InvoiceEntity, { id: before.id });
  }

  private async insert(
    ctx: Ctx,
    input: InvoiceDraftInput,
    figures: Figures,
    skipped: boolean,
  ): Promise<Invoice> {
    const row: InvoiceEntity = {
      ...stampNew(ctx, 'invoice'),
      ...figures,
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
      amountPaid: 0n,
      overpaidAmount: 0n,
      adjustmentAmount: 0n,
      refundedAmount: 0n,
      invoiceNumber: null,
      description: input.description ?? null,
      paymentTerms: input.paymentTerms ?? null,
      issueDate: input.issueDate ?? null,
      dueDate: input.dueDate ?? null,
      periodStart: input.period?.start ?? null,
      periodEnd: input.period?.end ?? null,
      finalizeAt: null,
      finalizedAt: null,
      paidAt: null,
      voidedAt: null,
      recalculatedInvoiceId: null,
      isManuallyEdited: false,
      invoicePdfUrl: input.invoicePdfUrl ?? null,
      paymentDetails: null,
      idempotencyKey: input.idempotencyKey ?? null,
      metadata: { ...input.metadata },
      version: 1,
    };
    try {
      // A copy: TypeORM writes the database's own defaults into what it is given, untransformed.
      await insertRow(ctx.em, InvoiceEntity, { ...row });
      return row;
    } catch (error) {
      if (isUniqueViolation(error, 'invoices_idempotency_key'))
        throw alreadyExists(`an invoice with idempotency_key ${input.idempotencyKey ?? ''} exists already`);
      if (isUniqueViolation(error, 'invoices_period'))
        throw alreadyExists(
          `the subscription has an invoice of ${input.billingReason} for this period already`,
        );
      throw error;
    }
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
}

const isSameInvoice = (target: Invoice, input: InvoiceDraftInput): boolean =>
  target.subscriptionId === input.subscriptionId &&
  target.billingReason === input.billingReason &&
  target.periodStart?.getTime() === input.period?.start.getTime() &&
  target.periodEnd?.getTime() === input.period?.end.getTime();

const figuresOf = (ctx: Ctx, priced: DraftInvoice): Figures => ({
  subtotal: priced.subtotal.amount,
  totalDiscount: priced.totalDiscount.amount,
  totalPrepaidCreditsApplied: priced.totalPrepaidCredits.amount,
  totalTax: priced.totalTax.amount,
  total: priced.total.amount,
  amountRemaining: priced.total.amount,
  lastComputedAt: ctx.now,
});

/** The coupons as the pricing steps take them. */
function couponsOf({ coupons = [] }: InvoiceDraftInput): {
  lineCoupons: NonNullable<Parameters<typeof priceInvoice>[0]['lineCoupons']>;
  invoiceCoupons: NonNullable<Parameters<typeof priceInvoice>[0]['invoiceCoupons']>;
} {
  const keyed = coupons.map((coupon, index) => ({ ...coupon, key: String(index) }));
  return {
    lineCoupons: keyed.flatMap((coupon) =>
      coupon.lineIndex === null ? [] : [{ lineKey: String(coupon.lineIndex), coupon }],
    ),
    invoiceCoupons: keyed.filter((coupon) => coupon.lineIndex === null),
  };
}

/** A stored draft as the pricing steps know it: the same figures, line by line. */
function storedDraft(
  invoice: Invoice,
  lines: readonly InvoiceLineItem[],
  applied: InvoiceApplications,
): DraftInvoice {
  const amount = (minor: bigint): DraftLine['amount'] => money(minor, invoice.currency);
  return {
    currency: invoice.currency,
    lines: lines.map((line) => ({
      key: line.id,
      priceType: line.priceType ?? 'FIXED',
      quantity: line.quantity,
      periodStart: line.periodStart,
      periodEnd: line.periodEnd,
      amount: amount(line.amount),
      lineItemDiscount: amount(line.lineItemDiscount),
      invoiceLevelDiscount: amount(line.invoiceLevelDiscount),
      prepaidCreditsApplied: amount(line.prepaidCreditsApplied),
    })),
    discounts: applied.coupons.map((one) => ({
      couponKey: one.couponId,
      lineKey: one.invoiceLineItemId,
      originalPrice: amount(one.originalPrice),
      amount: amount(one.discountedAmount),
      finalPrice: amount(one.finalPrice),
    })),
    credits: applied.credits.map((one) => ({
      balanceKey: one.walletId,
      lineKey: one.invoiceLineItemId,
      amount: amount(one.amount),
    })),
    taxes: applied.taxes.map((one) => ({
      taxKey: one.taxRateId,
      taxableAmount: amount(one.taxableAmount),
      amount: amount(one.taxAmount),
    })),
    subtotal: amount(invoice.subtotal),
    totalDiscount: amount(invoice.totalDiscount),
    totalPrepaidCredits: amount(invoice.totalPrepaidCreditsApplied),
    totalTax: amount(invoice.totalTax),
    total: amount(invoice.total),
  };
}
