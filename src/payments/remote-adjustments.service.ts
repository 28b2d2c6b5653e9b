import { Injectable } from '@nestjs/common';
import { invalidOperation } from '../domain/errors.js';
import { InvoiceAdjustments, type ReportedAdjustment } from '../invoices/invoice-adjustments.service.js';
import { InvoicesService } from '../invoices/invoices.service.js';
import type { Invoice } from '../invoices/invoices.types.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForInsert } from '../platform/database/columns.js';
import { insertRow, rowExists } from '../platform/database/rows.js';
import { PaymentLedger } from './payment-ledger.service.js';
import { PaymentRefundEntity } from './payment-refund.entity.js';
import { PaymentReversals } from './payment-reversals.service.js';

/** Money that went back without a refund of its own that could be read: to a balance, or by other means. */
export interface ReportedReturn {
  /** Stands among the refunds as their reference. */
  readonly reference: string;
  readonly amount: bigint;
  readonly destination: 'PROVIDER_BALANCE' | 'OUTSIDE';
}

export interface ReportedAdjustments {
  readonly invoiceId: string;
  readonly connectionId: string;
  readonly provider: string;
  readonly adjustments: readonly ReportedAdjustment[];
  readonly returns: readonly ReportedReturn[];
  /** Invoices there that the one they are of has replaced. */
  readonly replaced: readonly string[];
}

/** What a provider says of an invoice that is no payment, written into the books. */
@Injectable()
export class RemoteAdjustments {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly adjustments: InvoiceAdjustments,
    private readonly ledger: PaymentLedger,
    private readonly reversals: PaymentReversals,
  ) {}

  /** Twice and in any order is once. Answers whether anything was news. */
  async report(ctx: Ctx, told: ReportedAdjustments): Promise<boolean> {
    const { adjustments, returns, replaced } = told;
    if (adjustments.length + returns.length + replaced.length === 0) return false;
    let invoice = await this.invoices.lock(ctx, told.invoiceId);
    if (invoice.invoiceStatus !== 'FINALIZED') return false;
    for (const { amount } of adjustments)
      if (amount.currency !== invoice.currency)
        throw invalidOperation(
          `invoice ${invoice.id} is in ${invoice.currency}, the provider speaks of ${amount.currency}`,
          'currency_mismatch',
        );
    // What settles the rest settles what all the others have left.
    const steps = [
      () => this.adjustments.release(ctx, invoice, told, replaced),
      () =>
        this.take(
          ctx,
          invoice,
          told,
          adjustments.filter(({ settlesRest }) => !settlesRest),
        ),
      () => this.takeReturns(ctx, invoice, told),
      () =>
        this.take(
          ctx,
          invoice,
          told,
          adjustments.filter(({ settlesRest }) => settlesRest),
        ),
    ];
    let changed = false;
    for (const step of steps) {
      if (!(await step())) continue;
      changed = true;
      const details = { paidBy: null, paidThrough: told.connectionId };
      const locked = await this.invoices.lock(ctx, invoice.id);
      invoice = await this.ledger.recount(ctx, locked, details, 'known');
    }
    return changed;
  }

  /** Whether {@link report} would write nothing. */
  async isKnown(ctx: Ctx, told: ReportedAdjustments): Promise<boolean> {
    if (told.adjustments.length === 0) return true;
    const invoice = await this.invoices.get(ctx, told.invoiceId);
    return this.adjustments.isTaken(ctx, invoice, told, told.adjustments);
  }

  private take(
    ctx: Ctx,
    invoice: Invoice,
    told: ReportedAdjustments,
    adjustments: readonly ReportedAdjustment[],
  ): Promise<boolean> {
    return this.adjustments.take(ctx, invoice, told, adjustments);
  }

  /** From whatever the invoice's payments have left, the latest first: no more than that can have gone back. */
  private async takeReturns(ctx: Ctx, invoice: Invoice, told: ReportedAdjustments): Promise<boolean> {
    let changed = false;
    for (const { reference, amount, destination } of told.returns) {
      const known = { connectionId: told.connectionId, gatewayRefundId: reference };
      if (await rowExists(ctx.em, PaymentRefundEntity, known)) continue;
      let open = amount;
      for (const [index, { payment, left }] of (await this.ledger.heldOf(ctx, invoice.id)).entries()) {
        const part = open < left ? open : left;
        if (part <= 0n) break;
        open -= part;
        await insertRow(ctx.em, PaymentRefundEntity, {
          ...auditColumnsForInsert(ctx, 'refund'),
          invoiceId: invoice.id,
          paymentId: payment.id,
          creditNoteId: null,
          destination,
          reference,
          currency: invoice.currency,
          amount: part,
          refundStatus: 'SUCCEEDED',
          connectionId: told.connectionId,
          gatewayRefundId: index === 0 ? reference : `${reference}:${index + 1}`,
          ordinal: null,
          reason: 'credit_note',
          errorMessage: null,
          idempotencyKey: null,
        });
        await this.reversals.count(ctx, payment, 'known');
        changed = true;
      }
    }
    return changed;
  }
}
