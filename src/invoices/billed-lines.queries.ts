import { Injectable } from '@nestjs/common';
import { BILLED_STATUSES } from '../domain/invoicing/invoice-states.js';
import type { Ctx } from '../platform/context.js';
import { sqlWords } from '../platform/database/sql-words.js';
import { InvoiceLineItemEntity } from './invoice-line-item.entity.js';
import { InvoiceEntity } from './invoice.entity.js';
import type { Invoice, InvoiceLineItem } from './invoices.types.js';

/** What subscriptions have been billed so far, line by line: what corrections and prorations start from. */
@Injectable()
export class BilledLinesQueries {
  /** Fixed lines of final invoices that charge for time after an instant, in the order of time. */
  advances(ctx: Ctx, subscriptionId: string, at: Date): Promise<InvoiceLineItem[]> {
    return ctx.em
      .createQueryBuilder(InvoiceLineItemEntity, 'line')
      .innerJoin(InvoiceEntity, 'invoice', 'invoice.id = line.invoiceId')
      .where(`invoice.subscriptionId = :subscriptionId`, { subscriptionId })
      .andWhere(`invoice.invoiceStatus = 'FINALIZED'`)
      .andWhere(`line.priceType = 'FIXED' AND line.subscriptionLineItemId IS NOT NULL`)
      .andWhere('line.periodEnd > :at AND line.periodStart < line.periodEnd', { at })
      .orderBy('line.periodStart')
      .addOrderBy('line.id')
      .getMany();
  }

  /** Until when a subscription line has been charged beyond an instant; null when it has not. */
  async chargedUntil(
    ctx: Ctx,
    { subscriptionId, lineItemId, after }: { subscriptionId: string; lineItemId: string; after: Date },
  ): Promise<Date | null> {
    const row = await ctx.em
      .createQueryBuilder(InvoiceLineItemEntity, 'line')
      .innerJoin(InvoiceEntity, 'invoice', 'invoice.id = line.invoiceId')
      .where(`invoice.subscriptionId = :subscriptionId AND invoice.invoiceStatus <> 'VOIDED'`, {
        subscriptionId,
      })
      .andWhere('line.subscriptionLineItemId = :lineItemId AND line.periodEnd > :after', {
        lineItemId,
        after,
      })
      .select('max(line.periodEnd)', 'until')
      .getRawOne<{ until: Date | null }>();
    return row?.until ?? null;
  }

  /** Usage lines that were billed when their periods ended, with their invoices; lines that restate others are left out. */
  async usage(
    ctx: Ctx,
    subscriptionIds: readonly string[],
  ): Promise<{ invoice: Invoice; line: InvoiceLineItem }[]> {
    const invoices = await ctx.em
      .createQueryBuilder(InvoiceEntity, 'row')
      .where('row.subscriptionId = ANY(:ids)', { ids: subscriptionIds })
      .andWhere(`row.invoiceStatus IN (${sqlWords(BILLED_STATUSES)})`)
      .andWhere(`row.billingReason IN ('SUBSCRIPTION_CYCLE', 'PRORATION')`)
      .getMany();
    const byId = new Map(invoices.map((invoice) => [invoice.id, invoice]));
    if (byId.size === 0) return [];
    const lines = await ctx.em
      .createQueryBuilder(InvoiceLineItemEntity, 'row')
      .where('row.invoiceId = ANY(:ids)', { ids: [...byId.keys()] })
      .andWhere(`row.priceType = 'USAGE' AND row.periodStart IS NOT NULL`)
      .andWhere('row.subscriptionLineItemId IS NOT NULL AND row.priceId IS NOT NULL')
      .andWhere(`NOT EXISTS (SELECT 1 FROM usage_restatements r WHERE r.invoice_line_item_id = row.id)`)
      .orderBy('row.periodStart')
      .addOrderBy('row.position')
      .getMany();
    return lines.map((line) => ({ invoice: byId.get(line.invoiceId) as Invoice, line }));
  }
}
