import { Injectable } from '@nestjs/common';
import { dueDate } from '../domain/invoicing/due-date.js';
import { formatInvoiceNumber, invoiceNumberScope } from '../domain/invoicing/invoice-number.js';
import { assertInvoiceTransition } from '../domain/invoicing/invoice-states.js';
import { isSettledAtZero } from '../domain/invoicing/zero-rules.js';
import { money } from '../domain/money.js';
import type { Ctx } from '../platform/context.js';
import { insertRows, stampChange } from '../platform/database/columns.js';
import { Outbox } from '../platform/outbox/outbox.js';
import { InvoiceEntity } from './invoice.entity.js';
import { InvoiceLineItemEntity } from './invoice-line-item.entity.js';
import { invoiceRows } from './subscription-billing-rows.js';
import type { Invoice, InvoiceDraftInput, InvoiceWithLines } from './invoices.types.js';

/** Days to pay where neither the invoice nor the subscription's terms say. */
const DEFAULT_DUE_DAYS = 1;

/** Many invoices at once, by a number of statements that does not grow with them: what a billing run makes. */
@Injectable()
export class SubscriptionInvoices {
  constructor(private readonly outbox: Outbox) {}

  /** Rounds, adds up and stores. An invoice without anything on it is stored as SKIPPED: the period is done. */
  async draftAll(ctx: Ctx, inputs: readonly InvoiceDraftInput[]): Promise<InvoiceWithLines[]> {
    if (inputs.length === 0) return [];
    const sequences = await this.billingSequences(ctx, inputs);
    const drafts = inputs.map((input, index) => invoiceRows(ctx, input, sequences[index] ?? null));
    await insertRows(
      ctx.em,
      InvoiceEntity,
      drafts.map(({ invoice }) => invoice),
    );
    await insertRows(
      ctx.em,
      InvoiceLineItemEntity,
      drafts.flatMap(({ lines }) => lines),
    );
    await this.outbox.append(
      ctx,
      ...drafts.map(({ invoice }) => ({
        type: invoice.invoiceStatus === 'SKIPPED' ? 'invoice.skipped' : 'invoice.drafted',
        entityType: 'invoice',
        entityId: invoice.id,
      })),
    );
    return drafts;
  }

  /** Gives the drafts among them their numbers, in the order given, and due dates. */
  async finalizeAll(ctx: Ctx, ids: readonly string[]): Promise<Invoice[]> {
    if (ids.length === 0) return [];
    const locked = await ctx.em
      .createQueryBuilder(InvoiceEntity, 'row')
      .where('row.id = ANY(:ids)', { ids })
      .orderBy('row.id')
      .setLock('pessimistic_write')
      .getMany();
    const byId = new Map<string, Invoice>(locked.map((row) => [row.id, row]));
    const befores = ids.flatMap((id) => byId.get(id) ?? []);
    const drafts = befores.filter((before) => before.invoiceStatus !== 'SKIPPED');
    for (const { invoiceStatus } of drafts) assertInvoiceTransition(invoiceStatus, 'FINALIZED');
    const unnumbered = drafts.filter((before) => before.invoiceNumber === null);
    const numbers = await this.nextNumbers(ctx, unnumbered.length);
    const numberOf = new Map(unnumbered.map((before, index) => [before.id, numbers[index] as string]));
    const finalized = drafts.map((before): Invoice => {
      const settled = isSettledAtZero(money(before.total, before.currency));
      return {
        ...before,
        ...stampChange(ctx),
        invoiceStatus: 'FINALIZED',
        invoiceNumber: before.invoiceNumber ?? (numberOf.get(before.id) as string),
        issueDate: before.issueDate ?? ctx.now,
        finalizedAt: ctx.now,
        dueDate:
          before.dueDate ??
          dueDate({
            periodEnd: before.periodEnd,
            issuedAt: before.issueDate ?? ctx.now,
            paymentTerms: before.paymentTerms,
            defaultDays: DEFAULT_DUE_DAYS,
          }),
        version: before.version + 1,
        ...(settled ? { paymentStatus: 'SUCCEEDED' as const, paidAt: ctx.now } : {}),
      };
    });
    await this.storeFinalized(ctx, finalized);
    const after = new Map<string, Invoice>(finalized.map((row) => [row.id, row]));
    return befores.map((before) => after.get(before.id) ?? before);
  }

  private async storeFinalized(ctx: Ctx, rows: readonly Invoice[]): Promise<void> {
    if (rows.length === 0) return;
    await ctx.em.query(
      `UPDATE invoices AS i
          SET invoice_status = 'FINALIZED', invoice_number = r.invoice_number, issue_date = r.issue_date,
              due_date = r.due_date, payment_status = r.payment_status, paid_at = r.paid_at, version = r.version,
              finalized_at = $2, updated_at = $2, updated_by = $3
         FROM jsonb_to_recordset($1::jsonb) AS r(id text, invoice_number text, issue_date timestamptz,
              due_date timestamptz, payment_status text, paid_at timestamptz, version integer)
        WHERE i.id = r.id`,
      [
        JSON.stringify(
          rows.map((row) => ({
            id: row.id,
            invoice_number: row.invoiceNumber,
            issue_date: row.issueDate,
            due_date: row.dueDate,
            payment_status: row.paymentStatus,
            paid_at: row.paidAt,
            version: row.version,
          })),
        ),
        ctx.now,
        ctx.actor,
      ],
    );
    await this.outbox.append(
      ctx,
      ...rows.map((row) => ({ type: 'invoice.finalized', entityType: 'invoice', entityId: row.id })),
    );
  }

  /** Takes numbers of the month in one go; they are given back when the transaction is not committed. */
  private async nextNumbers(ctx: Ctx, count: number): Promise<string[]> {
    if (count === 0) return [];
    const [row] = await ctx.em.query<{ last_number: number }[]>(
      `INSERT INTO invoice_number_sequences (tenant_id, environment_id, scope, last_number) VALUES ($1, $2, $3, $4)
       ON CONFLICT (tenant_id, environment_id, scope)
       DO UPDATE SET last_number = invoice_number_sequences.last_number + $4
       RETURNING last_number`,
      [ctx.scope.tenantId, ctx.scope.environmentId, invoiceNumberScope(ctx.now), count],
    );
    const last = row?.last_number ?? count;
    return Array.from({ length: count }, (_, index) =>
      formatInvoiceNumber(ctx.now, last - count + 1 + index),
    );
  }

  /** The place of each invoice among those of its subscription, counted on for several of one. */
  private async billingSequences(ctx: Ctx, inputs: readonly InvoiceDraftInput[]): Promise<(number | null)[]> {
    const ids = [...new Set(inputs.flatMap((input) => input.subscriptionId ?? []))];
    const rows =
      ids.length === 0
        ? []
        : await ctx.em
            .createQueryBuilder(InvoiceEntity, 'row')
            .select('row.subscriptionId', 'id')
            .addSelect('max(row.billingSequence)', 'last')
            .where('row.subscriptionId = ANY(:ids)', { ids })
            .groupBy('row.subscriptionId')
            .getRawMany<{ id: string; last: number | null }>();
    const last = new Map(rows.map((row) => [row.id, row.last ?? 0]));
    return inputs.map(({ subscriptionId }) => {
      if (subscriptionId === null) return null;
      const next = (last.get(subscriptionId) ?? 0) + 1;
      last.set(subscriptionId, next);
      return next;
    });
  }
}
