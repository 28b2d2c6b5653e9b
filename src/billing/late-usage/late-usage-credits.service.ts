import { Injectable } from '@nestjs/common';
import { invalidOperation } from '../../domain/errors.js';
import { takeFrom, withTax } from '../../domain/invoicing/line-account.js';
import {
  addMoney,
  formatMoney,
  money,
  roundToMoney,
  subtractMoney,
  sumMoney,
  zeroMoney,
  type Money,
} from '../../domain/money.js';
import { InvoicesService } from '../../invoices/invoices.service.js';
import type { Invoice, InvoiceLineItem } from '../../invoices/invoices.types.js';
import type { RatedLine, Restatement } from '../../rating/rated-line.types.js';
import { LateUsageSettlement } from './late-usage-settlement.service.js';
import { UsageRestatements } from '../../invoices/usage-restatements.service.js';
import { isSameUsage } from '../../invoices/line-credits.service.js';
import type { Ctx } from '../../platform/context.js';
import { CreditNotesService } from '../../payments/credit-notes.service.js';
import type { CreditNote } from '../../payments/payments.types.js';

/** A line that was billed too much, and by how much before tax. */
interface Overbilled {
  readonly line: InvoiceLineItem;
  readonly restatement: Restatement;
  readonly net: Money;
}

/** Usage that was corrected downwards as credit notes of the invoices that billed it, with its tax; what is missing is invoiced. */
@Injectable()
export class LateUsageCredits {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly settlement: LateUsageSettlement,
    private readonly notes: CreditNotesService,
    private readonly restatements: UsageRestatements,
  ) {}

  async settle(
    ctx: Ctx,
    invoiceId: string,
  ): Promise<{
    readonly invoice: Invoice | undefined;
    readonly credited: Money;
    readonly notes: readonly CreditNote[];
  }> {
    const { subscription, lines } = await this.settlement.find(ctx, invoiceId);
    const { currency } = subscription;
    const over = await this.overbilled(ctx, lines, currency);
    const charges = lines.filter((line) => roundToMoney(line.amount, currency).amount >= 0n);
    const invoice = await this.settlement.charge(ctx, subscription, charges);
    const notes: CreditNote[] = [];
    for (const id of [...new Set(over.map(({ line }) => line.invoiceId))].sort())
      notes.push(
        await this.credit(
          ctx,
          subscription.id,
          id,
          over.filter(({ line }) => line.invoiceId === id),
        ),
      );
    if (invoice === undefined && notes.length === 0)
      throw invalidOperation('no usage has arrived late', 'no_late_usage');
    const credited = sumMoney(
      notes.map((note) => money(note.totalAmount, note.currency)),
      currency,
    );
    return { invoice, credited, notes };
  }

  private async overbilled(ctx: Ctx, lines: readonly RatedLine[], currency: string): Promise<Overbilled[]> {
    const found: Overbilled[] = [];
    for (const { restatement, amount } of lines) {
      const net = subtractMoney(zeroMoney(currency), roundToMoney(amount, currency));
      if (restatement === undefined || net.amount <= 0n) continue;
      const line = await this.invoices.lineOf(ctx, restatement.restatedLineItemId);
      found.push({ line, restatement, net });
    }
    return found;
  }

  /** One note for each invoice. Whole or not at all: what a note cannot hold (prepaid credits paid for it) goes to the wallet. */
  private async credit(
    ctx: Ctx,
    subscriptionId: string,
    invoiceId: string,
    over: readonly Overbilled[],
  ): Promise<CreditNote> {
    const invoice = await this.invoices.get(ctx, invoiceId);
    const of = {
      total: money(invoice.total, invoice.currency),
      tax: money(invoice.totalTax, invoice.currency),
    };
    const billed = await this.invoices.linesOf(ctx, [invoiceId]);
    const left = await this.notes.creditable(ctx, invoice);
    const taken = new Map<string, Money>();
    for (const { line, net } of over) {
      const wanted = withTax(net, of);
      const lines = [line, ...billed.filter((one) => one.id !== line.id && isSameUsage(one, line))];
      const parts = takeFrom(
        wanted,
        lines.map(({ id }) => ({
          key: id,
          holds: subtractMoney(
            left.get(id) ?? zeroMoney(invoice.currency),
            taken.get(id) ?? zeroMoney(invoice.currency),
          ),
        })),
      );
      if (sumMoney([...parts.values()], invoice.currency).amount < wanted.amount)
        throw invalidOperation(
          `${formatMoney(wanted)} was billed too much on invoice ${invoiceId}, more than a credit note of it can hold: settle it to the wallet`,
          'credit_exceeds_invoice',
          { invoice_id: invoiceId },
        );
      for (const [id, part] of parts)
        taken.set(id, addMoney(taken.get(id) ?? zeroMoney(invoice.currency), part));
    }
    const draft = await this.notes.create(ctx, {
      invoiceId,
      reason: 'BILLING_ERROR',
      memo: 'Usage that was corrected after it was billed',
      lines: [...taken].map(([id, amount]) => ({ invoiceLineItemId: id, amount: formatMoney(amount) })),
    });
    await this.restatements.recordCredited(
      ctx,
      subscriptionId,
      invoice,
      draft.id,
      over.map(({ restatement }) => restatement),
    );
    return this.notes.finalize(ctx, draft.id);
  }
}
