import { Injectable } from '@nestjs/common';
import { takeAdjustment, type AdjustmentKind } from '../domain/paying/adjustments.js';
import type { Money } from '../domain/money.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { findRows, insertRow, rowExists, updateRow } from '../platform/database/rows.js';
import { InvoiceAdjustmentEntity, type GivenBack } from './invoice-adjustment.entity.js';
import type { Invoice } from './invoices.types.js';

export type InvoiceAdjustment = Readonly<InvoiceAdjustmentEntity>;

/** Where an adjustment comes from. */
export interface AdjustmentSource {
  readonly connectionId: string;
  readonly provider: string;
}

/** An adjustment as it is told. */
export interface ReportedAdjustment {
  readonly gatewayAdjustmentId: string;
  readonly gatewayInvoiceId: string;
  readonly kind: AdjustmentKind;
  /** Positive lowers what is owed. */
  readonly amount: Money;
  readonly released: boolean;
  readonly settlesRest: boolean;
  readonly varies: boolean;
  readonly givenBack: readonly GivenBack[];
  readonly reason: string | undefined;
  readonly occurredAt: Date | undefined;
}

/** The rows of adjustments. Whoever writes them counts the invoice after. */
@Injectable()
export class InvoiceAdjustments {
  of(ctx: Ctx, invoiceIds: readonly string[]): Promise<InvoiceAdjustment[]> {
    if (invoiceIds.length === 0) return Promise.resolve([]);
    return findRows(
      ctx.em,
      InvoiceAdjustmentEntity,
      { invoiceId: invoiceIds },
      { orderBy: ['createdAt', 'id'] },
    );
  }

  /** Whether credit notes of an invoice there count here. */
  hasNotes(ctx: Ctx, connectionId: string, gatewayInvoiceId: string): Promise<boolean> {
    return rowExists(ctx.em, InvoiceAdjustmentEntity, {
      connectionId,
      gatewayInvoiceId,
      kind: 'CREDIT_NOTE',
      adjustmentStatus: 'ACTIVE',
    });
  }

  /** Writes down what is news; the invoice is locked. Answers whether anything was. */
  async take(
    ctx: Ctx,
    invoice: Invoice,
    source: AdjustmentSource,
    told: readonly ReportedAdjustment[],
  ): Promise<boolean> {
    const known = (await this.of(ctx, [invoice.id])).filter(
      ({ connectionId }) => connectionId === source.connectionId,
    );
    let left = leftOf(invoice);
    let changed = false;
    for (const one of told) {
      const row = known.find(({ gatewayAdjustmentId }) => gatewayAdjustmentId === one.gatewayAdjustmentId);
      const taken = await this.takeOne(ctx, invoice, source, one, row, left);
      if (taken === undefined) continue;
      left -= taken;
      changed = true;
    }
    return changed;
  }

  /** An invoice that was replaced there adjusts ours no more. */
  async release(
    ctx: Ctx,
    invoice: Invoice,
    source: AdjustmentSource,
    gatewayInvoiceIds: readonly string[],
  ): Promise<boolean> {
    const rows = (await this.of(ctx, [invoice.id])).filter(
      (row) =>
        row.connectionId === source.connectionId &&
        row.adjustmentStatus === 'ACTIVE' &&
        gatewayInvoiceIds.includes(row.gatewayInvoiceId),
    );
    for (const { id } of rows)
      await updateRow(ctx.em, InvoiceAdjustmentEntity, id, {
        ...auditColumnsForUpdate(ctx),
        adjustmentStatus: 'RELEASED',
        releasedAt: ctx.now,
      });
    return rows.length > 0;
  }

  /** What of an adjustment has gone back by now, as the refunds say. */
  async countGivenBack(ctx: Ctx, { id, givenBackAmount }: InvoiceAdjustment, amount: bigint): Promise<void> {
    if (givenBackAmount !== amount)
      await updateRow(ctx.em, InvoiceAdjustmentEntity, id, {
        ...auditColumnsForUpdate(ctx),
        givenBackAmount: amount,
      });
  }

  /** Whether {@link take} would write nothing. */
  async isTaken(
    ctx: Ctx,
    invoice: Invoice,
    { connectionId }: AdjustmentSource,
    told: readonly ReportedAdjustment[],
  ): Promise<boolean> {
    if (told.length === 0) return true;
    const rows = (await this.of(ctx, [invoice.id])).filter((row) => row.connectionId === connectionId);
    return told.every((one) => {
      const row = rows.find(({ gatewayAdjustmentId }) => gatewayAdjustmentId === one.gatewayAdjustmentId);
      return row !== undefined && !isNews(row, one, invoice, leftOf(invoice));
    });
  }

  private async takeOne(
    ctx: Ctx,
    invoice: Invoice,
    { connectionId, provider }: AdjustmentSource,
    told: ReportedAdjustment,
    known: InvoiceAdjustment | undefined,
    left: bigint,
  ): Promise<bigint | undefined> {
    if (known !== undefined && !isNews(known, told, invoice, left)) return undefined;
    const { amount, status } = stateOf(known, told, invoice, left);
    const facts = {
      amount,
      adjustmentStatus: status,
      givenBack: [...told.givenBack],
      reason: told.reason ?? null,
      occurredAt: told.occurredAt ?? null,
      releasedAt: status === 'RELEASED' ? (known?.releasedAt ?? ctx.now) : null,
    };
    if (known === undefined)
      await insertRow(ctx.em, InvoiceAdjustmentEntity, {
        ...auditColumnsForInsert(ctx, 'adjustment'),
        invoiceId: invoice.id,
        connectionId,
        provider,
        kind: told.kind,
        gatewayAdjustmentId: told.gatewayAdjustmentId,
        gatewayInvoiceId: told.gatewayInvoiceId,
        currency: told.amount.currency,
        givenBackAmount: 0n,
        ...facts,
      });
    else
      await updateRow(ctx.em, InvoiceAdjustmentEntity, known.id, { ...auditColumnsForUpdate(ctx), ...facts });
    return (status === 'ACTIVE' ? amount : 0n) - countedOf(known);
  }
}

/** What the invoice asks for in all, after notes and adjustments. */
const leftOf = ({ amountPaid, amountRemaining, overpaidAmount }: Invoice): bigint =>
  amountPaid + amountRemaining - overpaidAmount;

const countedOf = (known: InvoiceAdjustment | undefined): bigint =>
  known?.adjustmentStatus === 'ACTIVE' ? known.amount : 0n;

const stateOf = (
  known: InvoiceAdjustment | undefined,
  { amount, released, settlesRest, varies }: ReportedAdjustment,
  invoice: Invoice,
  left: bigint,
): ReturnType<typeof takeAdjustment> =>
  takeAdjustment(
    known === undefined ? undefined : { amount: known.amount, status: known.adjustmentStatus },
    { amount: amount.amount, released, varies },
    settlesRest ? invoice.amountRemaining : left + countedOf(known),
  );

function isNews(known: InvoiceAdjustment, told: ReportedAdjustment, invoice: Invoice, left: bigint): boolean {
  const { amount, status } = stateOf(known, told, invoice, left);
  return (
    amount !== known.amount ||
    status !== known.adjustmentStatus ||
    JSON.stringify(known.givenBack.map(({ reference, amount: back }) => [reference, back])) !==
      JSON.stringify(told.givenBack.map(({ reference, amount: back }) => [reference, back]))
  );
}
