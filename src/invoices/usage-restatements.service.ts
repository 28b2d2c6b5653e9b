import { Injectable } from '@nestjs/common';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForInsert } from '../platform/database/columns.js';
import { insertRows } from '../platform/database/rows.js';
import type { Restatement } from '../rating/rated-line.types.js';
import { InvoiceLineItemEntity } from './invoice-line-item.entity.js';
import type { Invoice, InvoiceLineItem, UsageRestatement } from './invoices.types.js';
import { UsageRestatementEntity } from './usage-restatement.entity.js';

/** To what late usage has brought earlier lines: written with the lines that carry it, or with a credit note. */
@Injectable()
export class UsageRestatements {
  /** Restatements of those subscriptions that stand: what carries them was not voided. */
  of(ctx: Ctx, subscriptionIds: readonly string[]): Promise<UsageRestatement[]> {
    if (subscriptionIds.length === 0) return Promise.resolve([]);
    return ctx.em
      .createQueryBuilder(UsageRestatementEntity, 'row')
      .where('row.subscriptionId = ANY(:ids)', { ids: subscriptionIds })
      .andWhere(
        `NOT EXISTS (SELECT 1 FROM invoices i WHERE i.id = row.invoice_id AND i.invoice_status = 'VOIDED')`,
      )
      .getMany();
  }

  /** Restatements of a line, and those that it carries; not those that a void invoice has carried. */
  about(ctx: Ctx, lineId: string): Promise<UsageRestatement[]> {
    return ctx.em
      .createQueryBuilder(UsageRestatementEntity, 'row')
      .innerJoin(InvoiceLineItemEntity, 'line', 'line.id = :lineId', { lineId })
      .where('row.subscriptionId = line.subscriptionId')
      .andWhere('(row.restatedLineItemId = :lineId OR row.invoiceLineItemId = :lineId)')
      .andWhere(
        `NOT EXISTS (SELECT 1 FROM invoices i WHERE i.id = row.invoice_id AND i.invoice_status = 'VOIDED')`,
      )
      .orderBy('row.createdAt')
      .getMany();
  }

  /** The invoice lines that carry restatements, by id. */
  async carriersOf(
    ctx: Ctx,
    restatements: readonly UsageRestatement[],
  ): Promise<ReadonlyMap<string, InvoiceLineItem>> {
    const ids = restatements.map((one) => one.invoiceLineItemId);
    if (ids.length === 0) return new Map();
    const lines = await ctx.em
      .createQueryBuilder(InvoiceLineItemEntity, 'row')
      .where('row.id = ANY(:ids)', { ids })
      .getMany();
    return new Map(lines.map((line) => [line.id, line]));
  }

  /** Writes down that a credit note, and no line of another invoice, brought lines of a locked invoice to what they come to. */
  async recordCredited(
    ctx: Ctx,
    subscriptionId: string,
    invoice: Invoice,
    creditNoteId: string,
    restatements: readonly Restatement[],
  ): Promise<void> {
    await insertRows(
      ctx.em,
      UsageRestatementEntity,
      restatements.map(({ period, gives: _, ...restatement }) => ({
        ...auditColumnsForInsert(ctx, 'usageRestatement'),
        ...restatement,
        subscriptionId,
        periodStart: period.start,
        periodEnd: period.end,
        invoiceId: invoice.id,
        invoiceLineItemId: creditNoteId,
        currency: invoice.currency,
      })),
    );
  }

  /** The note was taken back: the lines stand as they were billed, and what is too much on them is found again. */
  async releaseCredited(ctx: Ctx, creditNoteId: string): Promise<void> {
    await ctx.em.delete(UsageRestatementEntity, { invoiceLineItemId: creditNoteId });
  }
}
