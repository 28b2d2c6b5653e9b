import { Injectable } from '@nestjs/common';
import { alreadyExists } from '../domain/errors.js';
import type { EventType } from '../domain/events.js';
import { applyCredits } from '../domain/invoicing/credits.js';
import { discountedAmount, type DraftInvoice } from '../domain/invoicing/draft-invoice.js';
import { priceInvoice } from '../domain/invoicing/price-invoice.js';
import { isSkippable } from '../domain/invoicing/zero-rules.js';
import { sumMoney, type Money } from '../domain/money.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { insertRows, requireRow, updateRow } from '../platform/database/rows.js';
import { Outbox } from '../platform/outbox/outbox.js';
import {
  creditBalances,
  figuresOf,
  isSameInvoice,
  newInvoice,
  storedDraft,
  toPrice,
  type Figures,
} from './invoice-figures.js';
import { InvoicePartsStore, type PricedDraft } from './invoice-parts.store.js';
import { InvoiceEntity } from './invoice.entity.js';
import type {
  CreditInput,
  Invoice,
  InvoiceApplications,
  InvoiceDraftInput,
  InvoiceWithLines,
} from './invoices.types.js';

type DraftEvent = Extract<EventType, 'invoice.drafted' | 'invoice.recomputed' | 'invoice.skipped'>;

/** Answers the drafts, in their order: final ones for those that need not be drafts first. */
export type Seal = (drafts: readonly Invoice[]) => Promise<Invoice[]>;

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
    return (await this.draftAll(ctx, [input]))[0] as InvoiceWithLines;
  }

  /** What an invoice would come to. */
  total(input: InvoiceDraftInput): Money {
    return priceInvoice(toPrice(input)).total;
  }

  /** What of it is for usage, after discounts. */
  usage(input: InvoiceDraftInput): Money {
    const lines = priceInvoice(toPrice(input)).lines.filter(({ priceType }) => priceType === 'USAGE');
    return sumMoney(lines.map(discountedAmount), input.currency);
  }

  /**
   * The same of many, by a number of statements that does not grow with them. `seal` may make new ones final before they
   * are stored.
   */
  async draftAll(
    ctx: Ctx,
    inputs: readonly InvoiceDraftInput[],
    seal: Seal = (drafts) => Promise.resolve([...drafts]),
  ): Promise<InvoiceWithLines[]> {
    if (inputs.length === 0) return [];
    const priced = inputs.map((input) => priceInvoice(toPrice(input)));
    const sequences = await this.billingSequences(ctx, inputs);
    const target = this.targets.get(ctx);
    const made: (PricedDraft & { readonly event: DraftEvent })[] = [];
    const fresh: { readonly row: InvoiceEntity; readonly input: InvoiceDraftInput }[] = [];
    for (const [index, input] of inputs.entries()) {
      const figures = figuresOf(ctx, priced[index] as DraftInvoice);
      const skipped = isSkippable((priced[index] as DraftInvoice).lines, {
        type: input.type,
        billingReason: input.billingReason,
      });
      const common = { input, priced: priced[index] as DraftInvoice };
      if (target !== undefined && isSameInvoice(target, input)) {
        const invoice = await this.refill(ctx, target, figures, skipped);
        made.push({ ...common, invoice, event: 'invoice.recomputed' });
      } else {
        const row = newInvoice(ctx, input, figures, skipped, sequences[index] ?? null);
        fresh.push({ row, input });
        made.push({ ...common, invoice: row, event: skipped ? 'invoice.skipped' : 'invoice.drafted' });
      }
    }
    const sealed = new Map((await seal(fresh.map(({ row }) => row))).map((row) => [row.id, row]));
    await this.insert(
      ctx,
      fresh.map(({ row, input }) => ({ row: sealed.get(row.id) ?? row, input })),
    );
    const drafts = made.map((one) => ({ ...one, invoice: sealed.get(one.invoice.id) ?? one.invoice }));
    const lines = await this.parts.insertAll(ctx, drafts);
    await this.outbox.append(
      ctx,
      ...drafts.flatMap(({ event, invoice }) =>
        (invoice.invoiceStatus === 'FINALIZED' ? [event, 'invoice.finalized' as const] : [event]).map(
          (type) => ({ type, entityType: 'invoice' as const, entityId: invoice.id }),
        ),
      ),
    );
    return drafts.map(({ invoice }, index) => ({ invoice, lines: lines[index] ?? [] }));
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
    const after = await requireRow(ctx.em, InvoiceEntity, { id: before.id });
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
    const priced = applyCredits(storedDraft(invoice, lines, applied), creditBalances(credits));
    if (priced.credits.length === 0) return [];
    await updateRow(ctx.em, InvoiceEntity, invoice.id, {
      ...auditColumnsForUpdate(ctx),
      ...figuresOf(ctx, priced),
    });
    return this.parts.insertCredits(ctx, invoice, lines, credits, priced);
  }

  private async refill(ctx: Ctx, before: Invoice, figures: Figures, skipped: boolean): Promise<Invoice> {
    await updateRow(ctx.em, InvoiceEntity, before.id, {
      ...auditColumnsForUpdate(ctx),
      ...figures,
      invoiceStatus: skipped ? 'SKIPPED' : 'DRAFT',
      version: before.version + 1,
    });
    return requireRow(ctx.em, InvoiceEntity, { id: before.id });
  }

  private async insert(
    ctx: Ctx,
    fresh: readonly { readonly row: Invoice; readonly input: InvoiceDraftInput }[],
  ): Promise<void> {
    try {
      await insertRows(
        ctx.em,
        InvoiceEntity,
        fresh.map(({ row }) => row as InvoiceEntity),
      );
    } catch (error) {
      const [only] = fresh.length === 1 ? fresh : [];
      if (isUniqueViolation(error, 'invoices_idempotency_key'))
        throw alreadyExists(
          `an invoice with idempotency_key ${only?.input.idempotencyKey ?? ''} exists already`,
        );
      if (isUniqueViolation(error, 'invoices_period'))
        throw alreadyExists(
          `the subscription has an invoice of ${only?.input.billingReason ?? 'that reason'} for this period already`,
        );
      throw error;
    }
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
