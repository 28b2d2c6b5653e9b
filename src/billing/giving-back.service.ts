import { Injectable } from '@nestjs/common';
import { invalidOperation } from '../domain/errors.js';
import { fitting } from '../domain/invoicing/give-credits.js';
import type { CreditNoteReason } from '../domain/invoicing/credit-notes.js';
import {
  addMoney,
  formatMoney,
  minMoney,
  money,
  subtractMoney,
  sumMoney,
  zeroMoney,
  type Money,
} from '../domain/money.js';
import type { Period } from '../domain/period.js';
import { LineCreditsService } from '../invoices/line-credits.service.js';
import { LineTaxes, withTax, type LineTaxBook } from '../invoices/line-taxes.service.js';
import type { Invoice } from '../invoices/invoices.types.js';
import { InvoicesService } from '../invoices/invoices.service.js';
import { CreditNotesService, type CreditNoteLineInput } from '../payments/credit-notes.service.js';
import { PaymentsService } from '../payments/payments.service.js';
import type { CreditNote } from '../payments/payments.types.js';
import type { Ctx } from '../platform/context.js';
import { WalletSpending, type GiveBackReason } from '../wallets/wallet-spending.service.js';

/** Something that a line is to give back, before tax. */
export interface CreditPart {
  readonly lineId: string;
  readonly net: Money;
  /** The time that is not paid any more; null: of all the line's. */
  readonly period: Period | null;
}

export interface GivenBack {
  /** With its tax. */
  readonly toWallet: Money;
  /** They lower what is owed. */
  readonly notes: readonly CreditNote[];
}

/** A credit note with what it has taken of the parts, by their places. */
export interface NotedParts {
  readonly note: CreditNote;
  readonly taken: ReadonlyMap<number, Money>;
}

interface NoteReason {
  readonly reason: CreditNoteReason;
  readonly memo: string;
}

interface WalletReason {
  readonly customerId: string;
  /** Names what it is given back for: once. */
  readonly sourceId: string;
  readonly reason: GiveBackReason;
  readonly description: string;
}

/**
 * Gives back what was billed: only money that came in can go out. What is still owed on an invoice is lowered first, by a
 * credit note; what was paid becomes credit in the customer's prepaid wallet, its tax with it.
 */
@Injectable()
export class GivingBack {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly taxes: LineTaxes,
    private readonly credits: LineCreditsService,
    private readonly notes: CreditNotesService,
    private readonly payments: PaymentsService,
    private readonly spending: WalletSpending,
  ) {}

  async giveBack(
    ctx: Ctx,
    given: WalletReason & {
      readonly currency: string;
      readonly parts: readonly CreditPart[];
      readonly noteReason: CreditNoteReason;
    },
  ): Promise<GivenBack> {
    const { parts, currency, sourceId } = given;
    const why = { reason: given.noteReason, memo: given.description };
    const { left, notes } = await this.lowerOwed(ctx, parts, why);
    const paid = left.filter(({ net }) => net.amount > 0n);
    const lines = await this.invoices.linesById(
      ctx,
      paid.map(({ lineId }) => lineId),
    );
    const book = await this.taxes.of(
      ctx,
      paid.map(({ lineId }) => lineId),
    );
    const taxed = paid.map((part) => ({ ...part, amount: withTax(book.take(part.lineId, part.net)) }));
    await this.credits.record(
      ctx,
      taxed.map((part) => ({ ...part, source: 'PRORATION' as const, sourceId, carriedBy: null })),
    );
    const toWallet = sumMoney(
      taxed.map(({ amount }) => amount),
      currency,
    );
    await this.toWallet(ctx, { ...given, amount: toWallet, of: lines.map(({ invoiceId }) => invoiceId) });
    return { toWallet, notes: notes.map(({ note }) => note) };
  }

  /**
   * Puts what was paid for those invoices into the wallet. Where one of them was paid with what another had charged too much
   * and that one is still owed, it pays for that first.
   */
  async toWallet(
    ctx: Ctx,
    given: WalletReason & { readonly amount: Money; readonly of: readonly string[] },
  ): Promise<void> {
    const moved = await this.spending.giveBack(ctx, {
      customerId: given.customerId,
      amount: given.amount,
      reason: given.reason,
      referenceId: given.sourceId,
      description: given.description,
    });
    if (moved === null) return;
    let left = given.amount;
    for (const invoiceId of [...new Set(given.of)].sort())
      left = subtractMoney(left, await this.payBehind(ctx, moved.wallet.id, invoiceId, left));
  }

  /** Takes as much as is still owed off the invoices of the parts. Answers what is left of each part, in their order. */
  lowerOwed(
    ctx: Ctx,
    parts: readonly CreditPart[],
    why: NoteReason,
  ): Promise<{ readonly left: readonly CreditPart[]; readonly notes: readonly NotedParts[] }> {
    return this.note(ctx, parts, why, async (invoice, own) =>
      invoice.invoiceStatus === 'FINALIZED' && invoice.amountRemaining > 0n
        ? this.fittingLines(ctx, invoice, own)
        : [],
    );
  }

  /** Notes all of the parts, on the invoices that charged them. `credit_exceeds_invoice` where a note cannot hold its part. */
  async noteAll(ctx: Ctx, parts: readonly CreditPart[], why: NoteReason): Promise<readonly NotedParts[]> {
    const { notes } = await this.note(ctx, parts, why, (invoice, own) => this.wholeLines(ctx, invoice, own));
    return notes;
  }

  private async note(
    ctx: Ctx,
    parts: readonly CreditPart[],
    { reason, memo }: NoteReason,
    linesFor: (invoice: Invoice, own: readonly CreditPart[]) => Promise<readonly CreditNoteLineInput[]>,
  ): Promise<{ readonly left: readonly CreditPart[]; readonly notes: readonly NotedParts[] }> {
    const lines = await this.invoices.linesById(
      ctx,
      parts.map(({ lineId }) => lineId),
    );
    const invoiceOf = new Map(lines.map(({ id, invoiceId }) => [id, invoiceId]));
    const locked = await this.credits.lock(ctx, [...new Set(invoiceOf.values())]);
    const left = [...parts];
    const notes: NotedParts[] = [];
    for (const invoice of [...locked.values()].sort((a, b) => (a.id < b.id ? -1 : 1))) {
      const own = [...parts.entries()].filter(
        ([, { lineId, net }]) => invoiceOf.get(lineId) === invoice.id && net.amount > 0n,
      );
      const noted = await linesFor(
        invoice,
        own.map(([, part]) => part),
      );
      if (noted.every(({ amount }) => amount === '0')) continue;
      const taken = new Map(
        own.map(([index, { net }], n) => [index, noted[n]?.unused?.net ?? zeroMoney(net.currency)]),
      );
      for (const [index, net] of taken) {
        const part = left[index] as CreditPart;
        left[index] = { ...part, net: subtractMoney(part.net, net) };
      }
      const draft = await this.notes.create(ctx, {
        invoiceId: invoice.id,
        reason,
        memo,
        lines: noted.filter(({ amount }) => amount !== '0'),
      });
      notes.push({ note: await this.notes.finalize(ctx, draft.id), taken });
    }
    return { left, notes };
  }

  /** What a note takes of each part: as far as the invoice is owed, and its lines can be credited. */
  private async fittingLines(
    ctx: Ctx,
    invoice: Invoice,
    parts: readonly CreditPart[],
  ): Promise<CreditNoteLineInput[]> {
    const book = await this.bookOf(ctx, parts);
    const creditable = new Map(await this.notes.creditable(ctx, invoice));
    let owed = money(invoice.amountRemaining, invoice.currency);
    return parts.map((part) => {
      const left = creditable.get(part.lineId) ?? zeroMoney(invoice.currency);
      const { net, amount } = takeFitting(book, part, minMoney(owed, left));
      owed = subtractMoney(owed, amount);
      creditable.set(part.lineId, subtractMoney(left, amount));
      return noteLine(part, net, amount);
    });
  }

  private async wholeLines(
    ctx: Ctx,
    invoice: Invoice,
    parts: readonly CreditPart[],
  ): Promise<CreditNoteLineInput[]> {
    const book = await this.bookOf(ctx, parts);
    const creditable = new Map(await this.notes.creditable(ctx, invoice));
    const noted = parts.map((part) => ({ part, amount: withTax(book.take(part.lineId, part.net)) }));
    const total = sumMoney(
      noted.map(({ amount }) => amount),
      invoice.currency,
    );
    return noted.map(({ part, amount }) => {
      const left = subtractMoney(creditable.get(part.lineId) ?? zeroMoney(invoice.currency), amount);
      creditable.set(part.lineId, left);
      if (left.amount < 0n)
        throw invalidOperation(
          `${formatMoney(total)} was billed too much on invoice ${invoice.id}, more than a credit note of it can hold: settle it to the wallet`,
          'credit_exceeds_invoice',
          { invoice_id: invoice.id },
        );
      return noteLine(part, part.net, amount);
    });
  }

  private bookOf(ctx: Ctx, parts: readonly CreditPart[]): Promise<LineTaxBook> {
    return this.taxes.of(
      ctx,
      parts.map(({ lineId }) => lineId),
    );
  }

  /**
   * What an invoice has taken off for another was not paid while that other is owed: as much of it is paid now. Answers what
   * has been paid.
   */
  private async payBehind(ctx: Ctx, walletId: string, invoiceId: string, most: Money): Promise<Money> {
    let paid = zeroMoney(most.currency);
    for (const [sourceId, carried] of await this.credits.carriedOf(ctx, invoiceId)) {
      const limit = minMoney(subtractMoney(most, paid), carried);
      const source = await this.invoices.lock(ctx, sourceId);
      const isOwed = source.invoiceStatus === 'FINALIZED' && source.amountRemaining > 0n;
      const amount = isOwed
        ? minMoney(limit, money(source.amountRemaining, source.currency))
        : zeroMoney(limit.currency);
      if (amount.amount > 0n)
        await this.payments.payFromGivenBack(ctx, {
          invoiceId: sourceId,
          customerId: source.customerId,
          methodId: walletId,
          amount,
        });
      const further = await this.payBehind(ctx, walletId, sourceId, subtractMoney(limit, amount));
      paid = sumMoney([paid, amount, further], paid.currency);
    }
    return paid;
  }
}

const noteLine = (part: CreditPart, net: Money, amount: Money): CreditNoteLineInput => ({
  invoiceLineItemId: part.lineId,
  amount: formatMoney(amount),
  unused: { net, period: part.period },
});

/**
 * As much of a part as fits with its tax. Where not all of it fits, the limit is used up to the last minor unit, by tax of
 * what comes next: left open, it would stay owed here while the rest becomes credit, more than was paid.
 */
function takeFitting(
  book: LineTaxBook,
  { lineId, net }: CreditPart,
  limit: Money,
): { readonly net: Money; readonly amount: Money } {
  const taken = fitting(net, limit, (part) => book.taxOn(lineId, part));
  const amount =
    taken.amount < net.amount && limit.amount > 0n ? limit : addMoney(taken, book.taxOn(lineId, taken));
  book.takeWith(lineId, taken, subtractMoney(amount, taken));
  return { net: taken, amount };
}
