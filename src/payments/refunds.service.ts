import { Injectable } from '@nestjs/common';
import { invalidOperation } from '../domain/errors.js';
import { formatMoney, money, type Money } from '../domain/money.js';
import { statusAfterRefunds } from '../domain/paying/payment-states.js';
import { CustomerCreditService } from '../invoices/customer-credit.service.js';
import type { Invoice } from '../invoices/invoices.types.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForInsert } from '../platform/database/columns.js';
import { insertRow } from '../platform/database/rows.js';
import { givenBackAsCredit } from './payment-refunds.service.js';
import { PaymentLedger } from './payment-ledger.service.js';
import { PaymentRefundEntity } from './payment-refund.entity.js';

export interface RefundInput {
  readonly amount: Money;
  readonly reason: 'INVOICE_VOID_REFUND' | 'CREDIT_NOTE';
  readonly creditNoteId: string | null;
}

/** Money that goes back: out of the books of an invoice's payments, into the customer's prepaid wallet. */
@Injectable()
export class RefundsService {
  constructor(
    private readonly ledger: PaymentLedger,
    private readonly credit: CustomerCreditService,
  ) {}

  /** The invoice is locked. The latest payments are given back first. */
  async giveBack(ctx: Ctx, invoice: Invoice, input: RefundInput): Promise<Invoice> {
    const reference = await this.credit.giveBack(ctx, {
      customerId: invoice.customerId,
      amount: input.amount,
      reason: input.reason,
      invoiceId: invoice.id,
      creditNoteId: input.creditNoteId,
      idempotencyKey: input.creditNoteId ?? `void:${invoice.id}`,
    });
    let open = input.amount.amount;
    for (const { payment, left } of await this.ledger.heldOf(ctx, invoice.id)) {
      const amount = open < left ? open : left;
      if (amount === 0n) break;
      open -= amount;
      await this.write(ctx, invoice, payment.id, amount, {
        destination: 'WALLET',
        reference,
        creditNoteId: input.creditNoteId,
      });
      const status = statusAfterRefunds(
        money(payment.amount, payment.currency),
        money(payment.amount - left + amount, payment.currency),
      );
      const after = await this.ledger.change(ctx, payment.id, { paymentStatus: status, refundedAt: ctx.now });
      await this.ledger.announce(ctx, after);
    }
    if (open > 0n)
      throw invalidOperation(
        `${formatMoney(money(open, invoice.currency))} more is to be given back than was paid`,
        'credit_exceeds_invoice',
      );
    return this.ledger.recount(ctx, invoice);
  }

  /** What an operator says was given back outside of us: all that is left of one payment. The invoice is locked. */
  async recordOutside(ctx: Ctx, invoice: Invoice, paymentId: string): Promise<Invoice> {
    const held = (await this.ledger.refundableOf(ctx, invoice.id)).find(
      ({ payment }) => payment.id === paymentId,
    );
    if (held === undefined)
      throw invalidOperation('nothing is left of the payment to refund', 'payment_already_refunded');
    if (held.left === 0n) throw givenBackAsCredit();
    const where = { destination: 'OUTSIDE' as const, reference: null, creditNoteId: null };
    await this.write(ctx, invoice, paymentId, held.left, where);
    return this.ledger.recount(ctx, invoice);
  }

  private async write(
    ctx: Ctx,
    invoice: Invoice,
    paymentId: string,
    amount: bigint,
    where: Pick<PaymentRefundEntity, 'destination' | 'reference' | 'creditNoteId'>,
  ): Promise<void> {
    await insertRow(ctx.em, PaymentRefundEntity, {
      ...auditColumnsForInsert(ctx, 'refund'),
      ...where,
      invoiceId: invoice.id,
      paymentId,
      currency: invoice.currency,
      amount,
      refundStatus: 'SUCCEEDED',
      connectionId: null,
      gatewayRefundId: null,
      ordinal: null,
      reason: null,
      errorMessage: null,
      idempotencyKey: null,
    });
  }
}
