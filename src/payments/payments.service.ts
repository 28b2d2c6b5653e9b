import { Injectable } from '@nestjs/common';
import { invalidOperation, validationError } from '../domain/errors.js';
import { assertManualPaymentStatus, type PaymentStatus } from '../domain/invoicing/invoice-states.js';
import {
  allocateMoney,
  floorAtZero,
  formatMoney,
  minMoney,
  money,
  subtractMoney,
  type Money,
} from '../domain/money.js';
import { CustomerCreditService, type PaymentFromCredit } from '../invoices/customer-credit.service.js';
import { InvoicesService } from '../invoices/invoices.service.js';
import { netOf } from '../invoices/line-credits.service.js';
import type { Invoice } from '../invoices/invoices.types.js';
import type { Ctx } from '../platform/context.js';
import { findRow, findRows } from '../platform/database/rows.js';
import { PaymentLedger } from './payment-ledger.service.js';
import { PaymentEntity } from './payment.entity.js';
import type { NewPayment, Payment } from './payments.types.js';

type CreditPayment = Omit<NewPayment, 'methodType' | 'status'>;

/** The books: payments, what they settle, and where that leaves the invoice. No provider is called from here. */
@Injectable()
export class PaymentsService {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly ledger: PaymentLedger,
    private readonly credit: CustomerCreditService,
  ) {}

  /** Writes a payment down. A succeeded one settles its invoice in the same unit of work. */
  async create(ctx: Ctx, input: NewPayment): Promise<Payment> {
    const invoice = await this.invoices.lock(ctx, input.invoiceId);
    assertPayable(invoice, input.amount);
    const payment = await this.ledger.insert(ctx, input);
    if (payment.paymentStatus === 'SUCCEEDED') await this.ledger.allocate(ctx, payment, invoice);
    return payment;
  }

  get(ctx: Ctx, id: string): Promise<Payment> {
    return this.ledger.get(ctx, id);
  }

  find(ctx: Ctx, id: string): Promise<Payment | null> {
    return this.ledger.find(ctx, id);
  }

  /** What a provider calls a payment, or the payments of an invoice: the payment itself there, or its page. */
  async remoteIdsOf(ctx: Ctx, id: string): Promise<{ connectionId: string; remoteId: string }[]> {
    const payments = await ctx.em.find(PaymentEntity, { where: [{ id }, { destinationId: id }] });
    return payments.flatMap(({ connectionId, gatewayPaymentId, gatewayTrackingId }) =>
      [gatewayPaymentId, gatewayTrackingId].flatMap((remoteId) =>
        connectionId === null || remoteId === null ? [] : [{ connectionId, remoteId }],
      ),
    );
  }

  findByIdempotencyKey(ctx: Ctx, idempotencyKey: string): Promise<Payment | null> {
    return findRow(ctx.em, PaymentEntity, { idempotencyKey });
  }

  invoiceOf(ctx: Ctx, invoiceId: string): Promise<Invoice> {
    return this.invoices.get(ctx, invoiceId);
  }

  /** A payment whose page could not be had, and is there after all, is not failed any more. */
  async awaitPage(ctx: Ctx, id: string): Promise<void> {
    const { destinationId } = await this.ledger.get(ctx, id);
    await this.invoices.lock(ctx, destinationId);
    const { paymentStatus } = await this.ledger.lock(ctx, id);
    if (paymentStatus !== 'FAILED') return;
    await this.ledger.change(ctx, id, {
      paymentStatus: 'PENDING',
      errorCode: null,
      errorMessage: null,
      failedAt: null,
    });
  }

  /** Payments of an invoice that a bank is deciding, cards and debits alike. The caller holds the invoice's lock. */
  underWayOf(ctx: Ctx, invoiceId: string): Promise<Payment[]> {
    return findRows(ctx.em, PaymentEntity, { destinationId: invoiceId, paymentStatus: 'PROCESSING' });
  }

  /** Payments of an invoice that have brought it money, other than what was recorded by hand. */
  async hasCollected(ctx: Ctx, invoiceId: string): Promise<boolean> {
    const held = await this.ledger.heldOf(ctx, invoiceId);
    return held.some(({ payment }) => payment.metadata.recorded_as !== MARKED_BY_HAND);
  }

  /** A payment out of a POST_PAID wallet: taken and recorded at once, or refused whole. */
  payFromCredit(ctx: Ctx, input: CreditPayment): Promise<Payment> {
    return this.paidWith(ctx, input, (payment) => this.credit.pay(ctx, payment));
  }

  /** The same, out of what was given back to a PRE_PAID wallet. */
  payFromGivenBack(ctx: Ctx, input: CreditPayment & { readonly methodId: string }): Promise<Payment> {
    return this.paidWith(ctx, input, (payment) =>
      this.credit.payFromGivenBack(ctx, { ...payment, walletId: input.methodId }),
    );
  }

  private async paidWith(
    ctx: Ctx,
    input: CreditPayment,
    take: (
      payment: PaymentFromCredit,
    ) => Promise<{ readonly walletId: string; readonly transactionId: string }>,
  ): Promise<Payment> {
    const invoice = await this.invoices.lock(ctx, input.invoiceId);
    assertPayable(invoice, input.amount);
    if (input.amount.amount > invoice.amountRemaining)
      throw invalidOperation('the payment is more than what is still owed', 'amount_exceeds_remaining');
    const written = await this.ledger.insert(ctx, { ...input, methodType: 'CREDITS', status: 'PENDING' });
    const { walletId, transactionId } = await take({
      customerId: invoice.customerId,
      walletId: input.methodId ?? null,
      amount: input.amount,
      paymentId: written.id,
    });
    const payment = await this.ledger.change(ctx, written.id, {
      paymentStatus: 'SUCCEEDED',
      succeededAt: ctx.now,
      paymentMethodId: walletId,
      metadata: { ...written.metadata, wallet_transaction_id: transactionId },
    });
    await this.ledger.allocate(ctx, payment, invoice);
    await this.ledger.announce(ctx, payment);
    return payment;
  }

  /** Pays an open invoice from its customer's POST_PAID wallets as far as they go. Answers what is owed still. */
  async payFromPostPaid(ctx: Ctx, invoiceId: string): Promise<Money> {
    const invoice = await this.invoices.lock(ctx, invoiceId);
    const { currency } = invoice;
    let open = money(invoice.amountRemaining, currency);
    const lines = await this.invoices.linesOf(ctx, [invoiceId]);
    if (open.amount <= 0n || lines.length === 0) return open;
    // Of the total every line has its share, in proportion to what it comes to.
    const shares = allocateMoney(
      money(invoice.total, currency),
      lines.map((line) => floorAtZero(netOf(line)).amount),
    );
    const wallets = await this.credit.payable(
      ctx,
      invoice,
      lines.map((line, index) => ({
        priceType: line.priceType ?? 'FIXED',
        amount: shares[index] as Money,
      })),
    );
    for (const { walletId, amount } of wallets) {
      const part = minMoney(amount, open);
      if (part.amount <= 0n) continue;
      await this.payFromCredit(ctx, {
        invoiceId,
        customerId: invoice.customerId,
        methodId: walletId,
        amount: part,
      });
      open = subtractMoney(open, part);
    }
    return open;
  }

  /**
   * What an operator says of an invoice's payment. Money is never a mere word: what is said to be paid is recorded
   * as an OFFLINE payment. SUCCEEDED settles what is still owed, PENDING with an amount a part of it, OVERPAID more.
   */
  async setInvoicePaymentStatus(
    ctx: Ctx,
    invoiceId: string,
    status: PaymentStatus,
    amount: Money | undefined,
  ): Promise<Invoice> {
    const invoice = await this.invoices.lock(ctx, invoiceId);
    assertManualPaymentStatus(invoice.paymentStatus, status, invoice.invoiceStatus);
    if (await this.hasCollected(ctx, invoiceId))
      throw invalidOperation(
        `the invoice has a succeeded payment: its payment status follows its payments`,
        'payment_status_follows_payments',
      );
    const paid = paidByHand(invoice, status, amount);
    if (paid.amount > 0n) {
      const payment = await this.ledger.insert(ctx, {
        invoiceId,
        customerId: invoice.customerId,
        methodType: 'OFFLINE',
        amount: paid,
        status: 'SUCCEEDED',
        metadata: { recorded_as: MARKED_BY_HAND },
      });
      await this.ledger.allocate(ctx, payment, invoice);
    } else if (status === 'FAILED' || status === 'PENDING')
      await this.invoices.markPaymentStatus(ctx, invoice, status);
    return this.invoices.get(ctx, invoiceId);
  }
}

const MARKED_BY_HAND = 'marked paid by hand';

/** How much money a status set by hand stands for. */
function paidByHand(invoice: Invoice, status: PaymentStatus, amount: Money | undefined): Money {
  const remaining = money(invoice.amountRemaining, invoice.currency);
  if (status === 'SUCCEEDED') return remaining;
  if (status === 'OVERPAID') {
    if (amount === undefined || amount.amount <= remaining.amount)
      throw amountError(`amount must be more than the ${formatMoney(remaining)} that is still owed`);
    return amount;
  }
  if (amount === undefined || amount.amount === 0n) return money(0n, invoice.currency);
  if (status !== 'PENDING')
    throw amountError(`amount goes with SUCCEEDED, OVERPAID or PENDING, not with ${status}`);
  if (amount.amount >= remaining.amount)
    throw amountError(`amount must be less than the ${formatMoney(remaining)} that is still owed`);
  return amount;
}

const amountError = (sentence: string): Error => validationError(sentence, { fields: { amount: sentence } });

function assertPayable(invoice: Invoice, amount: Money): void {
  if (invoice.invoiceStatus !== 'FINALIZED')
    throw invalidOperation(
      invoice.invoiceStatus === 'VOIDED'
        ? 'invoice is already voided'
        : `invoice is ${invoice.invoiceStatus}: only a finalized invoice takes payments`,
      'invoice_not_payable',
    );
  if (amount.currency !== invoice.currency)
    throw validationError(`the invoice is in ${invoice.currency}, the payment in ${amount.currency}`, {
      fields: { currency: `must be ${invoice.currency}` },
    });
}
