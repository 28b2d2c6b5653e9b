import { Injectable } from '@nestjs/common';
import { netOfCredit, takeFrom } from '../domain/invoicing/line-account.js';
import { floorAtZero, money, type Money } from '../domain/money.js';
import type { Period } from '../domain/period.js';
import type { Ctx } from '../platform/context.js';
import { stampNew } from '../platform/database/columns.js';
import { insertRows } from '../platform/database/rows.js';
import { InvoiceLineItemEntity } from './invoice-line-item.entity.js';
import { InvoiceEntity } from './invoice.entity.js';
import type { Invoice, InvoiceLineItem } from './invoices.types.js';
import { LineCreditEntity } from './line-credit.entity.js';
import { lockInvoices } from './locked-invoices.js';
import { UsageRestatementEntity } from './usage-restatement.entity.js';

/** Something that was given back of a line. */
export interface LineCredit {
  readonly lineId: string;
  readonly source: 'CREDIT_NOTE' | 'PRORATION' | 'LATE_USAGE';
  readonly sourceId: string;
  /** The time that is not paid any more; null: all of the line's. */
  readonly period: Period | null;
  readonly amount: Money;
  /** Without tax. */
  readonly net: Money;
}

/**
 * The one account of what has been given back of every line of an invoice: by credit notes, as unused time, to usage that
 * was corrected. Whoever gives back locks the invoice first, by {@link lock}, and reads the account after: read before,
 * two at once would each give back what only one of them may.
 */
@Injectable()
export class LineCreditsService {
  lock(ctx: Ctx, invoiceIds: readonly string[]): Promise<ReadonlyMap<string, Invoice>> {
    return lockInvoices(ctx, invoiceIds);
  }

  async of(ctx: Ctx, lines: readonly InvoiceLineItem[]): Promise<LineCredit[]> {
    const invoiceIds = [...new Set(lines.map(({ invoiceId }) => invoiceId))];
    if (invoiceIds.length === 0) return [];
    const rows = await ctx.em
      .createQueryBuilder(LineCreditEntity, 'row')
      .where('row.invoiceId = ANY(:invoiceIds)', { invoiceIds })
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .getMany();
    const known = new Set(lines.map(({ id }) => id));
    const written = rows
      .filter(({ invoiceLineItemId }) => known.has(invoiceLineItemId))
      .map((row): LineCredit => ({
        lineId: row.invoiceLineItemId,
        source: row.source,
        sourceId: row.sourceId,
        period:
          row.periodStart === null || row.periodEnd === null
            ? null
            : { start: row.periodStart, end: row.periodEnd },
        amount: money(row.amount, row.currency),
        net: money(row.netAmount, row.currency),
      }));
    return [...written, ...(await this.restated(ctx, lines))];
  }

  /** Writes down what a credit note takes of lines of its locked invoice, a draft too: it holds its part. */
  async recordNote(
    ctx: Ctx,
    invoice: Invoice,
    noteId: string,
    taken: readonly { readonly lineId: string; readonly amount: Money }[],
  ): Promise<void> {
    const of = {
      total: money(invoice.total, invoice.currency),
      tax: money(invoice.totalTax, invoice.currency),
    };
    await this.write(
      ctx,
      taken.map(({ lineId, amount }) => ({
        invoiceId: invoice.id,
        credit: {
          lineId,
          source: 'CREDIT_NOTE',
          sourceId: noteId,
          period: null,
          amount,
          net: netOfCredit(amount, of),
        },
      })),
    );
  }

  /** A note that was taken back gives its part free. */
  async releaseNote(ctx: Ctx, noteId: string): Promise<void> {
    await ctx.em.delete(LineCreditEntity, { source: 'CREDIT_NOTE', sourceId: noteId });
  }

  /** Writes down unused time that is given back; the invoices are locked. */
  async recordProration(
    ctx: Ctx,
    sourceId: string,
    given: readonly { readonly lineId: string; readonly amount: Money; readonly period: Period }[],
  ): Promise<void> {
    if (given.length === 0) return;
    const lines = await ctx.em
      .createQueryBuilder(InvoiceLineItemEntity, 'row')
      .where('row.id = ANY(:ids)', { ids: given.map(({ lineId }) => lineId) })
      .getMany();
    const invoiceOf = new Map(lines.map(({ id, invoiceId }) => [id, invoiceId]));
    await this.write(
      ctx,
      given.map(({ lineId, amount, period }) => ({
        invoiceId: invoiceOf.get(lineId) as string,
        credit: { lineId, source: 'PRORATION', sourceId, period, amount, net: amount },
      })),
    );
  }

  private async write(
    ctx: Ctx,
    given: readonly {
      readonly invoiceId: string;
      readonly credit: LineCredit & { readonly source: LineCreditEntity['source'] };
    }[],
  ): Promise<void> {
    await insertRows(
      ctx.em,
      LineCreditEntity,
      given.map(({ invoiceId, credit }) => ({
        ...stampNew(ctx, 'lineCredit'),
        invoiceId,
        invoiceLineItemId: credit.lineId,
        source: credit.source,
        sourceId: credit.sourceId,
        periodStart: credit.period?.start ?? null,
        periodEnd: credit.period?.end ?? null,
        currency: credit.amount.currency,
        amount: credit.amount.amount,
        netAmount: credit.net.amount,
      })),
    );
  }

  /**
   * What later invoices gave back because usage was corrected. It is of all the lines that billed the usage (a price and its
   * overage), and stands with the restatements, which live and die with their invoices.
   */
  private async restated(ctx: Ctx, lines: readonly InvoiceLineItem[]): Promise<LineCredit[]> {
    const usage = lines.filter(({ priceType }) => priceType === 'USAGE');
    if (usage.length === 0) return [];
    const rows = await ctx.em
      .createQueryBuilder(UsageRestatementEntity, 'row')
      .innerJoin(InvoiceLineItemEntity, 'carrier', 'carrier.id = row.invoiceLineItemId')
      .innerJoin(InvoiceEntity, 'invoice', 'invoice.id = row.invoiceId')
      .select('row.id', 'id')
      .addSelect('row.restatedLineItemId', 'lineId')
      .addSelect('carrier.amount', 'amount')
      .where('row.restatedLineItemId = ANY(:ids)', { ids: usage.map(({ id }) => id) })
      .andWhere(`invoice.invoiceStatus <> 'VOIDED' AND carrier.amount < 0`)
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .getRawMany<{ id: string; lineId: string; amount: string }>();
    const held = new Map(usage.map((line) => [line.id, floorAtZero(netOf(line))]));
    return rows.flatMap(({ id, lineId, amount }) => {
      const first = usage.find((line) => line.id === lineId) as InvoiceLineItem;
      const back = money(-BigInt(amount), first.currency);
      const together = [first, ...usage.filter((line) => line !== first && isSameUsage(line, first))];
      const taken = takeFrom(
        back,
        together.map((line) => ({ key: line.id, holds: held.get(line.id) as Money })),
      );
      return [...taken].map(([key, part]): LineCredit => {
        const left = held.get(key) as Money;
        held.set(key, money(left.amount - part.amount, left.currency));
        return { lineId: key, source: 'LATE_USAGE', sourceId: id, period: null, amount: part, net: part };
      });
    });
  }
}

/** What a line charges, before tax. */
export const netOf = (line: InvoiceLineItem): Money =>
  money(line.amount - line.lineItemDiscount - line.invoiceLevelDiscount, line.currency);

/** Lines that charge for the same usage: what a price and its overage come to, the time before and after a pause. */
export const isSameUsage = (one: InvoiceLineItem, other: InvoiceLineItem): boolean =>
  one.invoiceId === other.invoiceId &&
  one.subscriptionLineItemId === other.subscriptionLineItemId &&
  one.periodStart?.getTime() === other.periodStart?.getTime() &&
  one.periodEnd?.getTime() === other.periodEnd?.getTime();
