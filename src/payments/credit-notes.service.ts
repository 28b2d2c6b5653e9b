import { Injectable } from '@nestjs/common';
import { alreadyExists, fieldErrors, notFound } from '../domain/errors.js';
import type { EventTypeOf } from '../domain/events.js';
import {
  assertCreditNoteMove,
  creditable,
  draftCreditNote,
  type CreditableInvoice,
  type CreditNoteLine,
  type CreditNoteReason,
} from '../domain/invoicing/credit-notes.js';
import { exactMoney, money, sumMoney, type Money } from '../domain/money.js';
import type { Period } from '../domain/period.js';
import { rate } from '../domain/rate.js';
import { DocumentNumbersService } from '../invoices/document-numbers.service.js';
import { InvoicesService } from '../invoices/invoices.service.js';
import { UsageRestatements } from '../invoices/usage-restatements.service.js';
import { LineCreditsService, type LineCredit } from '../invoices/line-credits.service.js';
import type { Invoice, InvoiceLineItem } from '../invoices/invoices.types.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { findRow, insertRow, insertRows, updateRow } from '../platform/database/rows.js';
import { Outbox } from '../platform/outbox/outbox.js';
import { CreditNoteEntity, CreditNoteLineItemEntity } from './credit-note.entity.js';
import { PaymentLedger } from './payment-ledger.service.js';
import type { CreditNote, CreditNoteLineItem } from './payments.types.js';
import { RefundsService } from './refunds.service.js';

export interface CreditNoteLineInput {
  readonly invoiceLineItemId: string;
  /** Decimal in major units. */
  readonly amount: string;
  readonly displayName?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Of unused time: its part before tax, and the time that is not paid any more. */
  readonly unused?: { readonly net: Money; readonly period: Period | null } | undefined;
}

export interface CreditNoteInput {
  readonly invoiceId: string;
  readonly reason: CreditNoteReason;
  /** All that is left, when left out. */
  readonly lines?: readonly CreditNoteLineInput[] | undefined;
  readonly number?: string | undefined;
  readonly memo?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** Credit notes: they lower what is owed of an invoice, or give back what was paid of it. */
@Injectable()
export class CreditNotesService {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly numbers: DocumentNumbersService,
    private readonly ledger: PaymentLedger,
    private readonly refunds: RefundsService,
    private readonly credits: LineCreditsService,
    private readonly restatements: UsageRestatements,
    private readonly outbox: Outbox,
  ) {}

  /** A draft: it takes its part of what may be credited, and changes nothing until it is finalized. */
  async create(ctx: Ctx, input: CreditNoteInput): Promise<CreditNote> {
    const invoice = await this.invoices.lock(ctx, input.invoiceId);
    const lines = await this.invoices.linesOf(ctx, [invoice.id]);
    const before = await this.credits.of(ctx, lines);
    const draft = draftCreditNote(
      creditableOf(invoice, lines, before),
      input.lines === undefined ? undefined : askedOf(input.lines, invoice.currency),
    );
    const note = await this.insert(ctx, input, invoice, draft.type, draft.total.amount);
    await insertRows(
      ctx.em,
      CreditNoteLineItemEntity,
      draft.lines.map((line, position): CreditNoteLineItemEntity => {
        const given = input.lines?.[position];
        const billed = lines.find((one) => one.id === line.key);
        return {
          ...auditColumnsForInsert(ctx, 'creditNoteLineItem'),
          creditNoteId: note.id,
          invoiceLineItemId: line.key,
          position,
          displayName: given?.displayName ?? billed?.displayName ?? '',
          currency: invoice.currency,
          amount: line.amount.amount,
          metadata: { ...given?.metadata },
        };
      }),
    );
    await this.credits.recordNote(
      ctx,
      note.id,
      { invoice, lines, before },
      draft.lines.map(({ key, amount }, index) => ({ lineId: key, amount, ...input.lines?.[index]?.unused })),
    );
    await this.announce(ctx, 'credit_note.created', note.id);
    return note;
  }

  /** What notes may still take of each line of a locked invoice, its tax with it. */
  async creditable(ctx: Ctx, invoice: Invoice): Promise<ReadonlyMap<string, Money>> {
    const lines = await this.invoices.linesOf(ctx, [invoice.id]);
    const left = creditable(creditableOf(invoice, lines, await this.credits.of(ctx, lines)));
    return new Map(left.map(({ key, amount }) => [key, amount]));
  }

  /** Takes effect: the invoice owes less, or its money goes back. */
  async finalize(ctx: Ctx, id: string): Promise<CreditNote> {
    const { note, invoice } = await this.lock(ctx, id);
    assertCreditNoteMove({ status: note.creditNoteStatus, type: note.creditNoteType }, 'FINALIZED');
    const type = await this.typeNow(ctx, note, invoice);
    const refund = type === 'REFUND';
    await updateRow(ctx.em, CreditNoteEntity, id, {
      ...auditColumnsForUpdate(ctx),
      creditNoteStatus: 'FINALIZED',
      creditNoteType: type,
      finalizedAt: ctx.now,
      refundStatus: refund ? 'SUCCEEDED' : null,
    });
    if (refund)
      await this.refunds.giveBack(ctx, invoice, {
        amount: money(note.totalAmount, note.currency),
        reason: 'CREDIT_NOTE',
        creditNoteId: id,
      });
    else await this.ledger.recount(ctx, invoice);
    await this.announce(ctx, 'credit_note.finalized', id);
    return this.get(ctx, id);
  }

  /** A finalized adjustment is owed again after that. */
  async void(ctx: Ctx, id: string): Promise<CreditNote> {
    const { note, invoice } = await this.lock(ctx, id);
    assertCreditNoteMove({ status: note.creditNoteStatus, type: note.creditNoteType }, 'VOIDED');
    await updateRow(ctx.em, CreditNoteEntity, id, {
      ...auditColumnsForUpdate(ctx),
      creditNoteStatus: 'VOIDED',
      voidedAt: ctx.now,
    });
    await this.credits.releaseNote(ctx, id);
    await this.restatements.releaseCredited(ctx, id);
    if (note.creditNoteStatus === 'FINALIZED') await this.ledger.recount(ctx, invoice);
    await this.announce(ctx, 'credit_note.voided', id);
    return this.get(ctx, id);
  }

  async get(ctx: Ctx, id: string): Promise<CreditNote> {
    const row = await findRow(ctx.em, CreditNoteEntity, { id });
    if (row === null) throw notFound('credit note', id);
    return row;
  }

  findByIdempotencyKey(ctx: Ctx, idempotencyKey: string): Promise<CreditNote | null> {
    return findRow(ctx.em, CreditNoteEntity, { idempotencyKey });
  }

  linesOf(ctx: Ctx, noteIds: readonly string[]): Promise<CreditNoteLineItem[]> {
    if (noteIds.length === 0) return Promise.resolve([]);
    return ctx.em
      .createQueryBuilder(CreditNoteLineItemEntity, 'row')
      .where('row.creditNoteId = ANY(:ids)', { ids: noteIds })
      .orderBy('row.creditNoteId')
      .addOrderBy('row.position')
      .getMany();
  }

  /** The invoice first, as everybody locks them in that order. */
  private async lock(ctx: Ctx, id: string): Promise<{ note: CreditNote; invoice: Invoice }> {
    const invoice = await this.invoices.lock(ctx, (await this.get(ctx, id)).invoiceId);
    return { invoice, note: await this.get(ctx, id) };
  }

  /** A draft may have waited while the invoice was paid, voided or credited otherwise: it must still fit what is there now. */
  private async typeNow(ctx: Ctx, note: CreditNote, invoice: Invoice): Promise<CreditNote['creditNoteType']> {
    const lines = await this.invoices.linesOf(ctx, [invoice.id]);
    const own = await this.linesOf(ctx, [note.id]);
    const others = (await this.credits.of(ctx, lines)).filter(({ sourceId }) => sourceId !== note.id);
    return draftCreditNote(
      creditableOf(invoice, lines, others),
      own.map((line) => ({ key: line.invoiceLineItemId, amount: money(line.amount, line.currency) })),
    ).type;
  }

  private async insert(
    ctx: Ctx,
    input: CreditNoteInput,
    invoice: Invoice,
    type: CreditNote['creditNoteType'],
    total: bigint,
  ): Promise<CreditNote> {
    try {
      return await insertRow(ctx.em, CreditNoteEntity, {
        ...auditColumnsForInsert(ctx, 'creditNote'),
        invoiceId: invoice.id,
        customerId: invoice.customerId,
        subscriptionId: invoice.subscriptionId,
        creditNoteNumber: input.number ?? (await this.numbers.next(ctx, 'CN')),
        creditNoteStatus: 'DRAFT',
        creditNoteType: type,
        refundStatus: null,
        reason: input.reason,
        memo: input.memo ?? null,
        currency: invoice.currency,
        totalAmount: total,
        idempotencyKey: input.idempotencyKey ?? null,
        metadata: { ...input.metadata },
        finalizedAt: null,
        voidedAt: null,
      });
    } catch (error) {
      if (isUniqueViolation(error, 'credit_notes_number'))
        throw alreadyExists(`a credit note with the number ${input.number ?? ''} exists already`);
      if (isUniqueViolation(error, 'credit_notes_idempotency_key'))
        throw alreadyExists('a credit note with this idempotency_key exists already');
      throw error;
    }
  }

  private announce(ctx: Ctx, type: EventTypeOf<'credit_note'>, id: string): Promise<void> {
    return this.outbox.append(ctx, { type, entityType: 'credit_note', entityId: id });
  }
}

function askedOf(lines: readonly CreditNoteLineInput[], currency: string): CreditNoteLine[] {
  const errors: Record<string, string> = {};
  const asked = lines.flatMap((line, index): CreditNoteLine[] => {
    const amount = exactMoney(rate(line.amount), currency);
    if (amount !== undefined) return [{ key: line.invoiceLineItemId, amount }];
    const path = `line_items[${index}].amount`;
    errors[path] = `${path} has more decimal places than ${currency} has`;
    return [];
  });
  if (Object.keys(errors).length > 0) throw fieldErrors(errors);
  return asked;
}

function creditableOf(
  invoice: Invoice,
  lines: readonly InvoiceLineItem[],
  taken: readonly LineCredit[],
): CreditableInvoice {
  const of = (minor: bigint) => money(minor, invoice.currency);
  return {
    status: invoice.invoiceStatus,
    total: of(invoice.total),
    amountPaid: of(invoice.amountPaid),
    amountRemaining: of(invoice.amountRemaining),
    lines: lines.map((line) => ({
      key: line.id,
      net: of(line.amount - line.lineItemDiscount - line.invoiceLevelDiscount - line.prepaidCreditsApplied),
      credited: sumMoney(
        taken.filter(({ lineId }) => lineId === line.id).map(({ amount }) => amount),
        invoice.currency,
      ),
    })),
  };
}
