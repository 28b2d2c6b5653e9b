import { Injectable } from '@nestjs/common';
import { alreadyExists } from '../domain/errors.js';
import { dueDate } from '../domain/invoicing/due-date.js';
import { assertInvoiceTransition } from '../domain/invoicing/invoice-states.js';
import { isSettledAtZero } from '../domain/invoicing/zero-rules.js';
import { money, moneyToRate } from '../domain/money.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { requireRow } from '../platform/database/rows.js';
import { Outbox } from '../platform/outbox/outbox.js';
import { CustomerCreditService } from './customer-credit.service.js';
import { DocumentNumbersService } from './document-numbers.service.js';
import { InvoiceDrafts } from './invoice-drafts.service.js';
import { InvoiceSettingsService } from './invoice-settings.service.js';
import { InvoiceEntity } from './invoice.entity.js';
import type { CreditInput, Invoice } from './invoices.types.js';
import { lockInvoices } from './locked-invoices.js';

/** Only what a period has come to may wait for stragglers; what is charged at a beginning is due now. */
export const mayWait = (reason: Invoice['billingReason']): boolean => reason === 'SUBSCRIPTION_CYCLE';

/** Makes drafts final: one, or thousands by a number of statements that does not grow with them. */
@Injectable()
export class InvoiceFinalization {
  constructor(
    private readonly outbox: Outbox,
    private readonly drafts: InvoiceDrafts,
    private readonly numbers: DocumentNumbersService,
    private readonly settings: InvoiceSettingsService,
    private readonly credit: CustomerCreditService,
  ) {}

  /** Finalizes at once, or leaves the drafts to the grace that the environment gives its drafts. In the order given. */
  async finalizeWhenDue(ctx: Ctx, ids: readonly string[]): Promise<Invoice[]> {
    if (ids.length === 0) return [];
    const { finalizationDelaySeconds: delay } = await this.settings.get(ctx);
    if (delay === 0) return this.finalize(ctx, ids);
    await ctx.em.query(
      `UPDATE invoices SET finalize_at = $2, updated_at = $3, updated_by = $4
        WHERE id = ANY ($1) AND invoice_status = 'DRAFT'`,
      [ids, new Date(ctx.now.getTime() + delay * 1000), ctx.now, ctx.actor],
    );
    return this.lock(ctx, ids);
  }

  /**
   * Spends prepaid credits on the drafts, gives them their numbers in the order given, and due dates. Their figures do
   * not change after. SKIPPED ones stay as they are. `number` is for a single one that brings its own.
   */
  async finalize(ctx: Ctx, ids: readonly string[], number?: string): Promise<Invoice[]> {
    const befores = await this.lock(ctx, ids);
    const drafts = befores.filter((before) => before.invoiceStatus !== 'SKIPPED');
    for (const { invoiceStatus } of drafts) assertInvoiceTransition(invoiceStatus, 'FINALIZED');
    if (drafts.length === 0) return befores;
    // Wallets before numbers: top-ups lock in that order too.
    const priced = await this.spendCredits(ctx, drafts);
    const finalized = await this.finals(ctx, priced, number);
    await this.store(ctx, finalized);
    const after = new Map<string, Invoice>(finalized.map((row) => [row.id, row]));
    return befores.map((before) => after.get(before.id) ?? before);
  }

  /**
   * Makes those of new drafts final, before they are stored, that need nothing else: no grace is given to them, and no
   * prepaid credit can be spent on them. Answers all, in the order given. It saves writing and reading them once more.
   */
  async seal(ctx: Ctx, drafts: readonly Invoice[]): Promise<Invoice[]> {
    if (drafts.length === 0) return [];
    const { finalizationDelaySeconds: delay } = await this.settings.get(ctx);
    const due = drafts.filter(
      (draft) => draft.invoiceStatus === 'DRAFT' && (delay === 0 || !mayWait(draft.billingReason)),
    );
    const balances = await this.balancesFor(ctx, due);
    const ready = due.filter(({ id }) => (balances.get(id) ?? []).length === 0);
    const sealed = new Map((await this.finals(ctx, ready)).map((row) => [row.id, row]));
    return drafts.map((draft) => sealed.get(draft.id) ?? draft);
  }

  /** With numbers, in the order given, and due dates. */
  private async finals(ctx: Ctx, priced: readonly Invoice[], number?: string): Promise<Invoice[]> {
    if (priced.length === 0) return [];
    const { dueDateDays } = await this.settings.get(ctx);
    const unnumbered = priced.filter((before) => before.invoiceNumber === null);
    const numbers = number === undefined ? await this.numbers.take(ctx, 'INV', unnumbered.length) : [number];
    const numberOf = new Map(unnumbered.map((before, index) => [before.id, numbers[index] as string]));
    return priced.map((before): Invoice => {
      const settled = isSettledAtZero(money(before.total, before.currency));
      const issueDate = before.issueDate ?? ctx.now;
      return {
        ...before,
        ...auditColumnsForUpdate(ctx),
        invoiceStatus: 'FINALIZED',
        invoiceNumber: before.invoiceNumber ?? (numberOf.get(before.id) as string),
        issueDate,
        finalizedAt: ctx.now,
        finalizeAt: null,
        dueDate:
          before.dueDate ??
          dueDate({
            periodEnd: before.periodEnd,
            issuedAt: issueDate,
            paymentTerms: before.paymentTerms,
            defaultDays: dueDateDays,
          }),
        version: before.version + 1,
        ...(settled ? { paymentStatus: 'SUCCEEDED' as const, paidAt: ctx.now } : {}),
      };
    });
  }

  /** Those invoices, locked, in the order given. */
  private async lock(ctx: Ctx, ids: readonly string[]): Promise<Invoice[]> {
    const byId = await lockInvoices(ctx, ids);
    return ids.flatMap((id) => byId.get(id) ?? []);
  }

  private async spendCredits(ctx: Ctx, drafts: readonly Invoice[]): Promise<Invoice[]> {
    const balances = await this.balancesFor(ctx, drafts);
    const spent = new Map<string, bigint>();
    const priced: Invoice[] = [];
    for (const draft of drafts) {
      const left = (balances.get(draft.id) ?? []).flatMap((balance: CreditInput): CreditInput[] => {
        const used = moneyToRate(money(spent.get(purseKey(balance)) ?? 0n, draft.currency));
        const amount = balance.amount.minus(used);
        return amount.greaterThan(0) ? [{ ...balance, amount }] : [];
      });
      const slices = left.length === 0 ? [] : await this.drafts.applyCredits(ctx, draft, left);
      if (slices.length === 0) {
        priced.push(draft);
        continue;
      }
      await this.credit.spend(ctx, draft, slices);
      for (const slice of slices)
        spent.set(purseKey(slice), (spent.get(purseKey(slice)) ?? 0n) + slice.amount);
      priced.push(await requireRow(ctx.em, InvoiceEntity, { id: draft.id }));
    }
    return priced;
  }

  /** What may be spent on those drafts that still owe something, and on which nothing was spent yet. */
  private async balancesFor(
    ctx: Ctx,
    drafts: readonly Invoice[],
  ): Promise<ReadonlyMap<string, readonly CreditInput[]>> {
    const open = drafts.filter(
      (draft) =>
        // Credits do not pay for credits.
        draft.invoiceType !== 'CREDIT' &&
        draft.totalPrepaidCreditsApplied === 0n &&
        draft.total > 0n &&
        draft.amountPaid === 0n,
    );
    return open.length === 0 ? new Map() : this.credit.balancesFor(ctx, open);
  }

  private async store(ctx: Ctx, rows: readonly Invoice[]): Promise<void> {
    try {
      await ctx.em.query(
        `UPDATE invoices AS i
            SET invoice_status = 'FINALIZED', invoice_number = r.invoice_number, issue_date = r.issue_date,
                due_date = r.due_date, payment_status = r.payment_status, paid_at = r.paid_at, version = r.version,
                finalized_at = $2, finalize_at = NULL, updated_at = $2, updated_by = $3
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
    } catch (error) {
      if (isUniqueViolation(error, 'invoices_number_unique'))
        throw alreadyExists(
          `an invoice with the number ${rows.map((row) => row.invoiceNumber).join(' or ')} exists already`,
        );
      throw error;
    }
    await this.outbox.append(
      ctx,
      ...rows.map(({ id }) => ({ type: 'invoice.finalized', entityType: 'invoice', entityId: id }) as const),
    );
  }
}

const purseKey = ({ walletId, purse }: Pick<CreditInput, 'walletId' | 'purse'>): string =>
  `${walletId} ${purse}`;
