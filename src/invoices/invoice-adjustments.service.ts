import { Injectable } from '@nestjs/common';
import { takeAdjustment, type AdjustmentKind } from '../domain/paying/adjustments.js';
import type { Money } from '../domain/money.js';
import type { Ctx } from '../platform/context.js';
import { stampChange, stampNew } from '../platform/database/columns.js';
import { findRows, insertRow, updateRow } from '../platform/database/rows.js';
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
    let changed = false;
    for (const one of told) {
      const row = known.find(({ gatewayAdjustmentId }) => gatewayAdjustmentId === one.gatewayAdjustmentId);
      changed = (await this.takeOne(ctx, invoice, source, one, row)) || changed;
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
        ...stampChange(ctx),
        adjustmentStatus: 'RELEASED',
        releasedAt: ctx.now,
      });
    return rows.length > 0;
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
      return row !== undefined && !isNews(row, one, invoice);
    });
  }

  private async takeOne(
    ctx: Ctx,
    invoice: Invoice,
    { connectionId, provider }: AdjustmentSource,
    told: ReportedAdjustment,
    known: InvoiceAdjustment | undefined,
  ): Promise<boolean> {
    if (known !== undefined && !isNews(known, told, invoice)) return false;
    const { amount, status } = stateOf(known, told, invoice);
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
        ...stampNew(ctx, 'adjustment'),
        invoiceId: invoice.id,
        connectionId,
        provider,
        kind: told.kind,
        gatewayAdjustmentId: told.gatewayAdjustmentId,
        gatewayInvoiceId: told.gatewayInvoiceId,
        currency: told.amount.currency,
        ...facts,
      });
    else await updateRow(ctx.em, InvoiceAdjustmentEntity, known.id, { ...stampChange(ctx), ...facts });
    return true;
  }
}

const stateOf = (
  known: InvoiceAdjustment | undefined,
  { amount, released, settlesRest, varies }: ReportedAdjustment,
  invoice: Invoice,
): ReturnType<typeof takeAdjustment> =>
  takeAdjustment(
    known === undefined ? undefined : { amount: known.amount, status: known.adjustmentStatus },
    { amount: amount.amount, released, settlesRest, varies },
    invoice.amountRemaining,
  );

function isNews(known: InvoiceAdjustment, told: ReportedAdjustment, invoice: Invoice): boolean {
  const { amount, status } = stateOf(known, told, invoice);
  return (
    amount !== known.amount ||
    status !== known.adjustmentStatus ||
    JSON.stringify(known.givenBack.map(({ reference, amount: back }) => [reference, back])) !==
      JSON.stringify(told.givenBack.map(({ reference, amount: back }) => [reference, back]))
  );
}
