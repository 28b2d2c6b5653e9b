import { Injectable } from '@nestjs/common';
import { invalidOperation, notFound, validationError } from '../domain/errors.js';
import { formatMoney, money, type Money } from '../domain/money.js';
import { InvoicesService } from '../invoices/invoices.service.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { findRow, insertRow, updateRow } from '../platform/database/rows.js';
import { PaymentLedger } from './payment-ledger.service.js';
import { PaymentRefundEntity } from './payment-refund.entity.js';
import { PaymentReversals } from './payment-reversals.service.js';
import type { PaymentRefund } from './payments.types.js';

export interface RefundInput {
  /** All that is left of the payment, when left out. */
  readonly amount?: Money | undefined;
  readonly reason?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

/** Money of a payment that is to go back the way it came, as it is asked for here. */
@Injectable()
export class PaymentRefunds {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly ledger: PaymentLedger,
    private readonly reversals: PaymentReversals,
  ) {}

  /**
   * Writes down that money is to go back. Of a payment that a provider has, the row holds its amount until the provider
   * has answered; of one that was made outside of us it is a word of the operator, and done.
   */
  async request(ctx: Ctx, paymentId: string, wish: RefundInput): Promise<PaymentRefund> {
    const invoice = await this.invoices.lock(ctx, (await this.ledger.get(ctx, paymentId)).destinationId);
    const payment = await this.ledger.lock(ctx, paymentId);
    if (payment.paymentMethodType === 'CREDITS')
      throw invalidOperation(
        'a payment from a wallet is given back with a credit note',
        'payment_not_refundable',
      );
    const held = (await this.ledger.refundableOf(ctx, invoice.id)).find(
      (one) => one.payment.id === paymentId,
    );
    if (held === undefined)
      throw invalidOperation(
        payment.succeededAt === null
          ? `the payment is ${payment.paymentStatus}: it has brought no money`
          : 'nothing is left of the payment to refund',
        payment.succeededAt === null ? 'payment_not_refundable' : 'payment_already_refunded',
      );
    if (held.left === 0n) throw givenBackAsCredit();
    const left = money(held.left, payment.currency);
    const amount = wish.amount ?? left;
    if (amount.amount > left.amount)
      throw validationError(`only ${formatMoney(left)} is left of the payment to refund`, {
        fields: { amount: `must be at most ${formatMoney(left)}` },
      });
    const through = payment.connectionId !== null && payment.gatewayPaymentId !== null;
    const earlier = await ctx.em.countBy(PaymentRefundEntity, { paymentId });
    const refund = await insertRow(ctx.em, PaymentRefundEntity, {
      ...auditColumnsForInsert(ctx, 'refund'),
      invoiceId: invoice.id,
      paymentId,
      creditNoteId: null,
      destination: through ? 'PROVIDER' : 'OUTSIDE',
      reference: null,
      currency: payment.currency,
      amount: amount.amount,
      refundStatus: through ? 'REQUESTED' : 'SUCCEEDED',
      connectionId: through ? payment.connectionId : null,
      gatewayRefundId: null,
      ordinal: through ? earlier + 1 : null,
      reason: wish.reason ?? null,
      errorMessage: null,
      idempotencyKey: wish.idempotencyKey ?? null,
    });
    // Credits that were bought with it cannot be spent while their money is on its way back.
    if (through) await this.ledger.keepPurchase(ctx, invoice, 'unspent');
    else await this.reversals.count(ctx, payment);
    return refund;
  }

  /** The refund that an operation of that number asks the provider for. */
  async byOrdinal(ctx: Ctx, paymentId: string, ordinal: number): Promise<PaymentRefund> {
    const row = await findRow(ctx.em, PaymentRefundEntity, { paymentId, ordinal });
    if (row === null) throw notFound('refund of', `payment ${paymentId}`);
    return row;
  }

  /** The provider will not give it back: its amount is free again. */
  async refuse(ctx: Ctx, refundId: string, message: string): Promise<void> {
    const row = await this.get(ctx, refundId);
    if (row.refundStatus !== 'REQUESTED') return;
    const invoice = await this.invoices.lock(ctx, row.invoiceId);
    await updateRow(ctx.em, PaymentRefundEntity, refundId, {
      ...auditColumnsForUpdate(ctx),
      refundStatus: 'FAILED',
      errorMessage: message,
    });
    await this.ledger.keepPurchase(ctx, invoice, 'known');
  }

  /** One that was refused is to be tried once more; what is left of the payment must still allow it. */
  async reopen(ctx: Ctx, refundId: string): Promise<PaymentRefund> {
    const row = await this.get(ctx, refundId);
    const invoice = await this.invoices.lock(ctx, row.invoiceId);
    const held = (await this.ledger.refundableOf(ctx, row.invoiceId)).find(
      ({ payment }) => payment.id === row.paymentId,
    );
    if ((held?.left ?? 0n) < row.amount)
      throw invalidOperation(
        'what is left of the payment is less than this refund',
        'payment_already_refunded',
      );
    const change = { ...auditColumnsForUpdate(ctx), refundStatus: 'REQUESTED' as const, errorMessage: null };
    await updateRow(ctx.em, PaymentRefundEntity, refundId, change);
    await this.ledger.keepPurchase(ctx, invoice, 'unspent');
    return { ...row, ...change };
  }

  async get(ctx: Ctx, refundId: string): Promise<PaymentRefund> {
    const row = await findRow(ctx.em, PaymentRefundEntity, { id: refundId });
    if (row === null) throw notFound('refund', refundId);
    return row;
  }

  findByIdempotencyKey(ctx: Ctx, idempotencyKey: string): Promise<PaymentRefund | null> {
    return findRow(ctx.em, PaymentRefundEntity, { idempotencyKey });
  }
}

/** Both would be twice what came in. */
export const givenBackAsCredit = (): Error =>
  invalidOperation(
    'what was paid has been given back as credit: it cannot go back in money as well',
    'payment_given_back',
  );
