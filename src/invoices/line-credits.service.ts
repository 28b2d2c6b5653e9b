import { Injectable } from '@nestjs/common';
import { netOfCredit } from '../domain/invoicing/line-account.js';
import { addMoney, money, sumMoney, type Money } from '../domain/money.js';
import type { Period } from '../domain/period.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForInsert } from '../platform/database/columns.js';
import { findRows, insertRows } from '../platform/database/rows.js';
import { InvoiceLineItemEntity } from './invoice-line-item.entity.js';
import type { Invoice, InvoiceLineItem } from './invoices.types.js';
import { LineCreditEntity } from './line-credit.entity.js';
import { lockInvoices } from './locked-invoices.js';

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
    return rows.filter(({ invoiceLineItemId }) => known.has(invoiceLineItemId)).map(lineCredit);
  }

  /**
   * Writes down what a credit note takes of the lines of its locked invoice, a draft too: it holds its part. `before`: what was
   * given back of these lines, as {@link of} says.
   */
  async recordNote(
    ctx: Ctx,
    noteId: string,
    {
      invoice,
      lines,
      before,
    }: {
      readonly invoice: Invoice;
      readonly lines: readonly InvoiceLineItem[];
      readonly before: readonly LineCredit[];
    },
    taken: readonly {
      readonly lineId: string;
      readonly amount: Money;
      /** Where they are known: the part before tax, and the time that is not paid any more. */
      readonly net?: Money | undefined;
      readonly period?: Period | null | undefined;
    }[],
  ): Promise<void> {
    const of = {
      total: money(invoice.total, invoice.currency),
      tax: money(invoice.totalTax, invoice.currency),
    };
    const noted: LineCredit[] = [];
    for (const { lineId, amount, net, period } of taken) {
      const line = lines.find(({ id }) => id === lineId) as InvoiceLineItem;
      const own = [...before, ...noted].filter((one) => one.lineId === lineId);
      const credited = {
        amount: sumMoney(
          own.map((one) => one.amount),
          invoice.currency,
        ),
        net: sumMoney(
          own.map((one) => one.net),
          invoice.currency,
        ),
      };
      noted.push({
        lineId,
        source: 'CREDIT_NOTE',
        sourceId: noteId,
        period: period ?? null,
        amount,
        net: net ?? netOfCredit(amount, of, { net: netOf(line), credited }),
      });
    }
    await this.write(
      ctx,
      noted.map((credit) => ({ invoiceId: invoice.id, carriedBy: null, credit })),
    );
  }

  /** A note that was taken back gives its part free. */
  async releaseNote(ctx: Ctx, noteId: string): Promise<void> {
    await ctx.em.delete(LineCreditEntity, { source: 'CREDIT_NOTE', sourceId: noteId });
  }

  /** Writes down what is given back of lines otherwise; their invoices are locked. */
  async record(
    ctx: Ctx,
    given: readonly (LineCredit & {
      readonly source: 'PRORATION' | 'LATE_USAGE';
      /** The invoice that it was taken off; null: it went to the wallet. */
      readonly carriedBy: string | null;
    })[],
  ): Promise<void> {
    const taken = given.filter(({ net }) => net.amount > 0n);
    if (taken.length === 0) return;
    const lines = await findRows(ctx.em, InvoiceLineItemEntity, { id: taken.map(({ lineId }) => lineId) });
    const invoiceOf = new Map(lines.map(({ id, invoiceId }) => [id, invoiceId]));
    await this.write(
      ctx,
      taken.map(({ carriedBy, ...credit }) => ({
        invoiceId: invoiceOf.get(credit.lineId) as string,
        carriedBy,
        credit,
      })),
    );
  }

  /** What an invoice that is void, or computed again, has carried is not given back any more. Answers it. */
  async releaseCarried(ctx: Ctx, invoiceId: string): Promise<LineCredit[]> {
    const rows = await findRows(ctx.em, LineCreditEntity, { carriedByInvoiceId: invoiceId });
    if (rows.length > 0) await ctx.em.delete(LineCreditEntity, { carriedByInvoiceId: invoiceId });
    return rows.map(lineCredit);
  }

  /** What an invoice has taken off what it asks for, of lines of earlier ones. */
  async takenBy(ctx: Ctx, invoiceId: string): Promise<LineCredit[]> {
    return (await findRows(ctx.em, LineCreditEntity, { carriedByInvoiceId: invoiceId })).map(lineCredit);
  }

  /** What a line that corrects usage gives back of others. */
  async givenBy(ctx: Ctx, lineId: string): Promise<LineCredit[]> {
    return (await findRows(ctx.em, LineCreditEntity, { sourceId: lineId })).map(lineCredit);
  }

  /** The invoices of whose lines an invoice has taken something off what it asks for, and how much of each. */
  async carriedOf(ctx: Ctx, invoiceId: string): Promise<ReadonlyMap<string, Money>> {
    const rows = await findRows(ctx.em, LineCreditEntity, { carriedByInvoiceId: invoiceId });
    const sources = new Map<string, Money>();
    for (const row of rows) {
      const amount = money(row.amount, row.currency);
      const before = sources.get(row.invoiceId);
      sources.set(row.invoiceId, before === undefined ? amount : addMoney(before, amount));
    }
    return sources;
  }

  private async write(
    ctx: Ctx,
    given: readonly {
      readonly invoiceId: string;
      readonly carriedBy: string | null;
      readonly credit: LineCredit & { readonly source: LineCreditEntity['source'] };
    }[],
  ): Promise<void> {
    await insertRows(
      ctx.em,
      LineCreditEntity,
      given.map(({ invoiceId, carriedBy, credit }) => ({
        ...auditColumnsForInsert(ctx, 'lineCredit'),
        invoiceId,
        invoiceLineItemId: credit.lineId,
        source: credit.source,
        sourceId: credit.sourceId,
        carriedByInvoiceId: carriedBy,
        periodStart: credit.period?.start ?? null,
        periodEnd: credit.period?.end ?? null,
        currency: credit.amount.currency,
        amount: credit.amount.amount,
        netAmount: credit.net.amount,
      })),
    );
  }
}

const lineCredit = (row: LineCreditEntity): LineCredit => ({
  lineId: row.invoiceLineItemId,
  source: row.source,
  sourceId: row.sourceId,
  period:
    row.periodStart === null || row.periodEnd === null
      ? null
      : { start: row.periodStart, end: row.periodEnd },
  amount: money(row.amount, row.currency),
  net: money(row.netAmount, row.currency),
});

/** What a line charges, before tax. */
export const netOf = (line: InvoiceLineItem): Money =>
  money(line.amount - line.lineItemDiscount - line.invoiceLevelDiscount, line.currency);
