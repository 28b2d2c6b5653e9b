import { Injectable } from '@nestjs/common';
import { alreadyExists, notFound } from '../domain/errors.js';
import { addMoney, money, sumMoney, type Money } from '../domain/money.js';
import type { AdjustmentKind } from '../domain/paying/adjustments.js';
import { hasGone, holdsAmount } from '../domain/paying/reversal-states.js';
import { InvoiceAdjustments, type InvoiceAdjustment } from '../invoices/invoice-adjustments.service.js';
import { CustomerCreditService } from '../invoices/customer-credit.service.js';
import { LineCreditsService } from '../invoices/line-credits.service.js';
import { InvoicesService } from '../invoices/invoices.service.js';
import type { PurchaseUndoing } from '../wallets/wallet-purchases.service.js';
import type { Invoice } from '../invoices/invoices.types.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { findRow, findRows, insertRow, updateRow } from '../platform/database/rows.js';
import { newId } from '../platform/ids.js';
import { Outbox } from '../platform/outbox/outbox.js';
import { PaymentAllocationEntity } from './payment-allocation.entity.js';
import { CreditNoteEntity } from './credit-note.entity.js';
import { PaymentRefundEntity } from './payment-refund.entity.js';
import { PaymentEntity } from './payment.entity.js';
import type { NewPayment, Payment } from './payments.types.js';

/** The rows of the books and the one way each of them is written. */
@Injectable()
export class PaymentLedger {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly adjustments: InvoiceAdjustments,
    private readonly credit: CustomerCreditService,
    private readonly lineCredits: LineCreditsService,
    private readonly outbox: Outbox,
  ) {}

  async get(ctx: Ctx, id: string): Promise<Payment> {
    const row = await this.find(ctx, id);
    if (row === null) throw notFound('payment', id);
    return row;
  }

  find(ctx: Ctx, id: string): Promise<Payment | null> {
    return findRow(ctx.em, PaymentEntity, { id });
  }

  async insert(ctx: Ctx, input: NewPayment): Promise<Payment> {
    const payment = await this.named(input.gatewayPaymentId ?? undefined, () =>
      insertRow(ctx.em, PaymentEntity, {
        ...auditColumnsForInsert(ctx, 'payment'),
        destinationType: 'INVOICE',
        destinationId: input.invoiceId,
        customerId: input.customerId,
        paymentMethodType: input.methodType,
        paymentMethodId: input.methodId ?? null,
        paymentGateway: input.gateway ?? null,
        connectionId: input.connectionId ?? null,
        gatewayPaymentId: input.gatewayPaymentId ?? null,
        gatewayTrackingId: null,
        gatewayMetadata: {},
        amount: input.amount.amount,
        currency: input.amount.currency,
        paymentStatus: input.status,
        paymentUrl: null,
        saveCardAndMakeDefault: input.saveCardAndMakeDefault ?? false,
        methodDetails: null,
        errorCode: null,
        errorMessage: null,
        idempotencyKey: input.idempotencyKey ?? null,
        metadata: { ...input.metadata },
        succeededAt: input.status === 'SUCCEEDED' ? ctx.now : null,
        failedAt: null,
        refundedAt: null,
        voidedAt: null,
      }),
    );
    await this.announce(ctx, payment);
    return payment;
  }

  /** The invoice is locked: allocations are counted after that, or two payments at once would each miss the other. */
  async allocate(ctx: Ctx, payment: Payment, invoice: Invoice): Promise<void> {
    await insertRow(ctx.em, PaymentAllocationEntity, {
      id: newId('allocation'),
      ...ctx.scope,
      createdAt: ctx.now,
      updatedAt: ctx.now,
      paymentId: payment.id,
      invoiceId: invoice.id,
      amount: payment.amount,
    });
    await this.recount(ctx, invoice, {
      paidBy: {
        payment_method: payment.methodDetails?.type ?? payment.paymentMethodType.toLowerCase(),
        brand: payment.methodDetails?.brand ?? null,
        last4: payment.methodDetails?.last4 ?? null,
      },
      paidThrough: payment.connectionId,
    });
  }

  /**
   * Counts all that moved for a locked invoice, and writes where that leaves it, and the credits that were bought with it.
   * `known`: what has gone back cannot be refused any more.
   */
  async recount(
    ctx: Ctx,
    invoice: Invoice,
    details: Parameters<InvoicesService['settle']>[3] = { paidBy: null, paidThrough: null },
    undoing: PurchaseUndoing = 'unspent',
  ): Promise<Invoice> {
    const of = { invoiceId: invoice.id };
    const paid = await findRows(ctx.em, PaymentAllocationEntity, of);
    const refunded = await findRows(ctx.em, PaymentRefundEntity, of);
    const notes = await findRows(ctx.em, CreditNoteEntity, { ...of, creditNoteStatus: 'FINALIZED' });
    const adjustments = (await this.adjustments.of(ctx, [invoice.id])).filter(
      ({ adjustmentStatus }) => adjustmentStatus === 'ACTIVE',
    );
    const gone = refunded.filter((row) => hasGone(row.refundStatus));
    let forgiven = 0n;
    for (const one of adjustments) {
      const back = forgivenBy(one, gone);
      await this.adjustments.countGivenBack(ctx, one, back);
      forgiven += back;
    }
    const total = (type: CreditNoteEntity['creditNoteType']): Money =>
      sumMoney(
        notes
          .filter((note) => note.creditNoteType === type)
          .map((note) => money(note.totalAmount, invoice.currency)),
        invoice.currency,
      );
    const movements = {
      allocations: [
        ...paid.map((row) => money(row.amount, invoice.currency)),
        ...gone.map((row) => money(-row.amount, invoice.currency)),
      ],
      adjusted: addMoney(
        total('ADJUSTMENT'),
        sumMoney(
          adjustments.map(({ amount }) => money(amount, invoice.currency)),
          invoice.currency,
        ),
      ),
      forgiven: addMoney(total('REFUND'), money(forgiven, invoice.currency)),
    };
    const settled = await this.invoices.settle(ctx, invoice, movements, details);
    await this.keepPurchase(ctx, settled, undoing);
    return settled;
  }

  /** The credits that were bought with a locked invoice are as many as of its total is paid, and is not on its way back. */
  async keepPurchase(ctx: Ctx, invoice: Invoice, undoing: PurchaseUndoing): Promise<void> {
    if (invoice.invoiceType !== 'CREDIT') return;
    const of = { invoiceId: invoice.id };
    const paid = await findRows(ctx.em, PaymentAllocationEntity, of);
    const back = await findRows(ctx.em, PaymentRefundEntity, of);
    // What the provider holds for paid by other means than money is worth as much.
    const settled = (await this.adjustments.of(ctx, [invoice.id])).filter(
      ({ adjustmentStatus, kind }) => adjustmentStatus === 'ACTIVE' && SETTLING.has(kind),
    );
    const kept =
      [...paid, ...settled].reduce((sum, row) => sum + row.amount, 0n) -
      back.reduce((sum, row) => (holdsAmount(row.refundStatus) ? sum + row.amount : sum), 0n);
    await this.credit.keepPurchase(ctx, invoice, money(kept, invoice.currency), undoing);
  }

  /** What is left of the money that each payment has brought to the invoice, the latest first. */
  async heldOf(ctx: Ctx, invoiceId: string): Promise<{ payment: Payment; left: bigint }[]> {
    const allocations = await ctx.em.find(PaymentAllocationEntity, {
      where: { invoiceId },
      order: { createdAt: 'DESC', id: 'DESC' },
    });
    const refunds = await findRows(ctx.em, PaymentRefundEntity, { invoiceId });
    const held: { payment: Payment; left: bigint }[] = [];
    for (const { paymentId, amount } of allocations) {
      const returned = refunds
        .filter((refund) => refund.paymentId === paymentId && holdsAmount(refund.refundStatus))
        .reduce((sum, refund) => sum + refund.amount, 0n);
      if (amount > returned) held.push({ payment: await this.lock(ctx, paymentId), left: amount - returned });
    }
    return held;
  }

  /**
   * The same, as far as it can still go back in money: what was given back of the invoice as credit has gone already, into
   * the wallet or off another invoice.
   */
  async refundableOf(ctx: Ctx, invoiceId: string): Promise<{ payment: Payment; left: bigint }[]> {
    const held = await this.heldOf(ctx, invoiceId);
    if (held.length === 0) return held;
    const credits = await this.lineCredits.of(ctx, await this.invoices.linesOf(ctx, [invoiceId]));
    const given = credits
      .filter(({ source }) => source !== 'CREDIT_NOTE')
      .reduce((sum, { amount }) => sum + amount.amount, 0n);
    const room = held.reduce((sum, { left }) => sum + left, 0n) - given;
    return held.map(({ payment, left }) => ({
      payment,
      left: room <= 0n ? 0n : left < room ? left : room,
    }));
  }

  async lock(ctx: Ctx, id: string): Promise<Payment> {
    const row = await findRow(ctx.em, PaymentEntity, { id }, { lock: true });
    if (row === null) throw notFound('payment', id);
    return row;
  }

  announce(ctx: Ctx, payment: Payment): Promise<void> {
    return this.outbox.append(ctx, {
      type: 'payment.changed',
      entityType: 'payment',
      entityId: payment.id,
      payload: { status: payment.paymentStatus },
    });
  }

  /** The payment is locked. */
  async change(ctx: Ctx, id: string, change: Partial<Payment>): Promise<Payment> {
    await this.named(change.gatewayPaymentId ?? undefined, () =>
      updateRow(ctx.em, PaymentEntity, id, {
        ...auditColumnsForUpdate(ctx),
        // A payment that was deleted and collected all the same is money: it is back.
        ...(change.paymentStatus === 'SUCCEEDED' ? { status: 'published' as const } : {}),
        ...change,
      }),
    );
    return this.get(ctx, id);
  }

  /** Says in words which of two payments was there first. */
  private async named<T>(gatewayPaymentId: string | undefined, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isUniqueViolation(error, 'payments_idempotency_key'))
        throw alreadyExists('a payment with this idempotency_key exists already');
      if (isUniqueViolation(error, 'payments_gateway_payment'))
        throw alreadyExists(
          `the payment ${gatewayPaymentId ?? ''} at the provider belongs to another payment`,
        );
      throw error;
    }
  }
}

const SETTLING: ReadonlySet<AdjustmentKind> = new Set(['CUSTOMER_BALANCE', 'CARRIED_OVER', 'OUT_OF_BAND']);

/** Of what a note at a provider says went back, as much as really has. */
function forgivenBy(
  { givenBack }: InvoiceAdjustment,
  gone: readonly Readonly<PaymentRefundEntity>[],
): bigint {
  let sum = 0n;
  for (const { reference, amount } of givenBack) {
    const went = gone
      .filter((row) => row.reference === reference)
      .reduce((total, row) => total + row.amount, 0n);
    sum += went < BigInt(amount) ? went : BigInt(amount);
  }
  return sum;
}
