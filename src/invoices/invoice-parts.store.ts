import { Injectable } from '@nestjs/common';
import type { DraftInvoice } from '../domain/invoicing/draft-invoice.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForInsert } from '../platform/database/columns.js';
import { findRows, insertRows, type Where, updateRow } from '../platform/database/rows.js';
import { newId } from '../platform/ids.js';
import {
  InvoiceCouponApplicationEntity,
  InvoiceCreditApplicationEntity,
  InvoiceTaxApplicationEntity,
} from './invoice-applications.entity.js';
import { InvoiceLineItemEntity } from './invoice-line-item.entity.js';
import type {
  CreditInput,
  Invoice,
  InvoiceApplications,
  InvoiceCreditApplication,
  InvoiceDraftInput,
  InvoiceLineItem,
} from './invoices.types.js';
import { LineCreditsService } from './line-credits.service.js';
import type { RatedLine } from '../rating/rated-line.types.js';
import { UsageRestatementEntity } from './usage-restatement.entity.js';

/** An invoice as it was priced, before its parts are stored. */
export interface PricedDraft {
  readonly invoice: Invoice;
  readonly input: InvoiceDraftInput;
  readonly priced: DraftInvoice;
}

/** The rows below an invoice: its lines, and what was applied to it. */
@Injectable()
export class InvoicePartsStore {
  constructor(private readonly credits: LineCreditsService) {}

  /** Everything that pricing made of the inputs; keys of a priced invoice are places in its input's lists. */
  async insertAll(ctx: Ctx, drafts: readonly PricedDraft[]): Promise<InvoiceLineItem[][]> {
    const lines = drafts.map(({ invoice, input, priced }) =>
      priced.lines.map((line, position) =>
        lineRow(ctx, invoice, line, position, input.lines[position] as RatedLine),
      ),
    );
    await insertRows(ctx.em, InvoiceLineItemEntity, lines.flat());
    const lineId = (index: number, key: string | null): string | null =>
      key === null ? null : (lines[index]?.[Number(key)]?.id ?? null);
    await insertRows(
      ctx.em,
      InvoiceCouponApplicationEntity,
      drafts.flatMap((draft, index) => couponRows(ctx, draft, (key) => lineId(index, key))),
    );
    await insertRows(
      ctx.em,
      InvoiceTaxApplicationEntity,
      drafts.flatMap((draft, index) => taxRows(ctx, draft, lines[index] ?? [])),
    );
    await insertRows(
      ctx.em,
      InvoiceCreditApplicationEntity,
      drafts.flatMap(({ invoice, input, priced }, index) =>
        creditRows(ctx, invoice, input.credits ?? [], priced, (key) => lineId(index, key)),
      ),
    );
    await insertRows(
      ctx.em,
      UsageRestatementEntity,
      drafts.flatMap((draft, index) => restatementRows(ctx, draft, lines[index] ?? [])),
    );
    await this.credits.record(
      ctx,
      drafts.flatMap(({ invoice, input }, index) =>
        input.lines.flatMap(({ restatement }, position) =>
          (restatement?.gives ?? []).map((part) => ({
            ...part,
            source: 'LATE_USAGE' as const,
            sourceId: (lines[index]?.[position] as InvoiceLineItem).id,
            period: null,
            carriedBy: invoice.id,
          })),
        ),
      ),
    );
    return lines;
  }

  /** Credits that are spent on an invoice whose lines are stored already: keys of the priced lines are their ids. */
  async insertCredits(
    ctx: Ctx,
    invoice: Invoice,
    lines: readonly InvoiceLineItem[],
    credits: readonly CreditInput[],
    priced: DraftInvoice,
  ): Promise<InvoiceCreditApplication[]> {
    for (const line of priced.lines)
      if (
        line.prepaidCreditsApplied.amount !== lines.find((one) => one.id === line.key)?.prepaidCreditsApplied
      )
        await updateRow(ctx.em, InvoiceLineItemEntity, line.key, {
          prepaidCreditsApplied: line.prepaidCreditsApplied.amount,
        });
    const rows = creditRows(ctx, invoice, credits, priced, (key) => key);
    await insertRows(ctx.em, InvoiceCreditApplicationEntity, rows);
    return rows;
  }

  /** Takes everything off a draft that is about to be computed again. */
  async remove(ctx: Ctx, invoiceId: string): Promise<void> {
    await this.credits.releaseCarried(ctx, invoiceId);
    for (const entity of [
      UsageRestatementEntity,
      InvoiceCreditApplicationEntity,
      InvoiceTaxApplicationEntity,
      InvoiceCouponApplicationEntity,
      InvoiceLineItemEntity,
    ])
      await ctx.em.delete<{ invoiceId: string }>(entity, { invoiceId });
  }

  /** Lines of those invoices, in the order in which they stand there. */
  linesOf(ctx: Ctx, invoiceIds: readonly string[]): Promise<InvoiceLineItem[]> {
    return partsOf(ctx, InvoiceLineItemEntity, invoiceIds);
  }

  /** The invoices that those lines stand on. */
  async invoicesOf(ctx: Ctx, lineIds: readonly string[]): Promise<string[]> {
    const lines = await findRows(ctx.em, InvoiceLineItemEntity, { id: [...lineIds] });
    return [...new Set(lines.map(({ invoiceId }) => invoiceId))];
  }

  /** What was applied to those invoices, in the order of application. */
  async applicationsOf(ctx: Ctx, invoiceIds: readonly string[]): Promise<InvoiceApplications> {
    const [coupons, taxes, credits] = await Promise.all([
      partsOf(ctx, InvoiceCouponApplicationEntity, invoiceIds),
      partsOf(ctx, InvoiceTaxApplicationEntity, invoiceIds),
      partsOf(ctx, InvoiceCreditApplicationEntity, invoiceIds),
    ]);
    return { coupons, taxes, credits };
  }
}

async function partsOf<T extends { invoiceId: string; position: number }>(
  ctx: Ctx,
  entity: new () => T,
  invoiceIds: readonly string[],
): Promise<T[]> {
  if (invoiceIds.length === 0) return [];
  const where = { invoiceId: invoiceIds } as Where<{ invoiceId: string; position: number }> as Where<T>;
  return findRows(ctx.em, entity, where, { orderBy: ['invoiceId', 'position'] });
}

/** The element that a key of the pricing steps names: its place in the list. */
function at<T>(list: readonly T[] | undefined, key: string): T {
  const found = list?.[Number(key)];
  if (found === undefined) throw new RangeError(`nothing was given in place ${key}`);
  return found;
}

const lineRow = (
  ctx: Ctx,
  invoice: Invoice,
  line: DraftInvoice['lines'][number],
  position: number,
  source: RatedLine,
): InvoiceLineItemEntity => ({
  // Written out: what is added to a spread object is moved to a larger place again and again.
  id: newId('invoiceLineItem'),
  tenantId: ctx.scope.tenantId,
  environmentId: ctx.scope.environmentId,
  createdAt: ctx.now,
  updatedAt: ctx.now,
  createdBy: ctx.actor,
  updatedBy: ctx.actor,
  status: 'published',
  invoiceId: invoice.id,
  position,
  customerId: invoice.customerId,
  subscriptionId: invoice.subscriptionId,
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
  adjustedEntitlementQuantity: source.adjustedEntitlementQuantity ?? null,
  commitmentInfo: source.commitmentInfo ? { ...source.commitmentInfo } : null,
  currency: invoice.currency,
  amount: line.amount.amount,
  lineItemDiscount: line.lineItemDiscount.amount,
  invoiceLevelDiscount: line.invoiceLevelDiscount.amount,
  prepaidCreditsApplied: line.prepaidCreditsApplied.amount,
  ownTax: line.settled?.tax.amount ?? null,
  periodStart: line.periodStart,
  periodEnd: line.periodEnd,
  metadata: { ...source.metadata },
});

const couponRows = (
  ctx: Ctx,
  { invoice, input, priced }: PricedDraft,
  lineId: (key: string | null) => string | null,
): InvoiceCouponApplicationEntity[] =>
  priced.discounts.map((discount, position) => {
    const coupon = at(input.coupons, discount.couponKey);
    return {
      ...auditColumnsForInsert(ctx, 'couponApplication'),
      invoiceId: invoice.id,
      invoiceLineItemId: lineId(discount.lineKey),
      subscriptionId: invoice.subscriptionId,
      couponId: coupon.couponId,
      couponAssociationId: coupon.couponAssociationId,
      position,
      discountType: coupon.type,
      discountPercentage: coupon.type === 'percentage' ? coupon.percentage : null,
      currency: invoice.currency,
      originalPrice: discount.originalPrice.amount,
      discountedAmount: discount.amount.amount,
      finalPrice: discount.finalPrice.amount,
      couponSnapshot: { ...coupon.snapshot },
      metadata: {},
    };
  });

const taxRows = (
  ctx: Ctx,
  { invoice, input, priced }: PricedDraft,
  lines: readonly InvoiceLineItem[],
): InvoiceTaxApplicationEntity[] => {
  const levied = priced.taxes.map((applied) => {
    const tax = at(input.taxes, applied.taxKey);
    return {
      taxRateId: tax.taxRateId,
      taxAssociationId: tax.taxAssociationId,
      entityType: tax.entityType,
      entityId: tax.entityId ?? invoice.id,
      taxableAmount: applied.taxableAmount.amount,
      taxAmount: applied.amount.amount,
      taxRate: tax.taxRate === null ? null : { ...tax.taxRate },
      invoiceLineItemId: null,
    };
  });
  const settled = input.lines.flatMap(({ settled: own }, index) =>
    (own?.taxes ?? []).map((part) => ({
      taxRateId: part.taxRateId,
      taxAssociationId: part.taxAssociationId,
      entityType: part.entityType,
      entityId: part.entityId,
      taxableAmount: part.taxableAmount.amount,
      taxAmount: part.amount.amount,
      taxRate: part.taxRate === null ? null : { ...part.taxRate },
      invoiceLineItemId: (lines[index] as InvoiceLineItem).id,
    })),
  );
  return [...levied, ...settled].map((row, position) => ({
    ...auditColumnsForInsert(ctx, 'taxApplication'),
    ...row,
    invoiceId: invoice.id,
    position,
    currency: invoice.currency,
    metadata: {},
  }));
};

const creditRows = (
  ctx: Ctx,
  invoice: Invoice,
  credits: readonly CreditInput[],
  priced: DraftInvoice,
  lineId: (key: string | null) => string | null,
): InvoiceCreditApplicationEntity[] =>
  priced.credits.map((credit, position) => {
    const { walletId, purse } = at(credits, credit.balanceKey);
    return {
      ...auditColumnsForInsert(ctx, 'creditApplication'),
      invoiceId: invoice.id,
      invoiceLineItemId: lineId(credit.lineKey),
      walletId,
      purse,
      position,
      currency: invoice.currency,
      amount: credit.amount.amount,
    };
  });

const restatementRows = (
  ctx: Ctx,
  { invoice, input }: PricedDraft,
  lines: readonly InvoiceLineItem[],
): UsageRestatementEntity[] =>
  input.lines.flatMap(({ restatement }, index) =>
    restatement === undefined
      ? []
      : [
          {
            ...auditColumnsForInsert(ctx, 'usageRestatement'),
            subscriptionId: input.subscriptionId as string,
            subscriptionLineItemId: restatement.subscriptionLineItemId,
            priceId: restatement.priceId,
            periodStart: restatement.period.start,
            periodEnd: restatement.period.end,
            restatedLineItemId: restatement.restatedLineItemId,
            invoiceId: invoice.id,
            invoiceLineItemId: (lines[index] as InvoiceLineItem).id,
            currency: input.currency,
            quantityBefore: restatement.quantityBefore,
            quantity: restatement.quantity,
            amountBefore: restatement.amountBefore,
            amount: restatement.amount,
            carriedAmount: restatement.carriedAmount,
          },
        ],
  );
