import { Injectable } from '@nestjs/common';
import { invalidOperation, validationError } from '../domain/errors.js';
import { assertManualPaymentStatus, type PaymentStatus } from '../domain/invoicing/invoice-states.js';
import { formatMoney, money, type Money } from '../domain/money.js';
import { InvoicesService } from '../invoices/invoices.service.js';
import type { Invoice } from '../invoices/invoices.types.js';
import type { Ctx } from '../platform/context.js';
import { PaymentLedger } from './payment-ledger.service.js';
import { PaymentEntity } from './payment.entity.js';
import type { NewPayment, Payment } from './payments.types.js';

/** The books: payments, what they settle, and where that leaves the invoice. No provider is called from here. */
@Injectable()
export class PaymentsService {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly ledger: PaymentLedger,
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

  findByIdempotencyKey(ctx: Ctx, idempotencyKey: string): Promise<Payment | null> {
    return ctx.em.findOneBy(PaymentEntity, { idempotencyKey });
  }

  invoiceOf(ctx: Ctx, invoiceId: string): Promise<Invoice> {
    return this.invoices.get(ctx, invoiceId);
  }

  /** Card payments of an invoice whose outcome is open. The caller holds the invoice's lock. */
  underWayOf(ctx: Ctx, invoiceId: string): Promise<Payment[]> {
    return ctx.em.findBy(PaymentEntity, {
      destinationId: invoiceId,
      paymentMethodType: 'CARD',
      paymentStatus: 'PROCESSING',
    });
  }

  /** What an operator says of an invoice's payment. SUCCEEDED records what is still owed as paid outside of us. */
  async setInvoicePaymentStatus(
    ctx: Ctx,
    invoiceId: string,
    status: PaymentStatus,
    amount: Money | undefined,
  ): Promise<Invoice> {
    const invoice = await this.invoices.lock(ctx, invoiceId);
    assertManualPaymentStatus(invoice.paymentStatus, status, invoice.invoiceStatus);
    if (status !== 'SUCCEEDED')
      throw invalidOperation(
        `record a payment instead: an invoice's payment status follows its payments, only SUCCEEDED can be set`,
        'payment_status_follows_payments',
      );
    const remaining = money(invoice.amountRemaining, invoice.currency);
    if (remaining.amount > 0n)
      await this.create(ctx, {
        invoiceId,
        customerId: invoice.customerId,
        methodType: 'OFFLINE',
        amount: remaining,
        status: 'SUCCEEDED',
        metadata: {
          recorded_as: 'marked paid by hand',
          ...(amount ? { amount_given: formatMoney(amount) } : {}),
        },
      });
    return this.invoices.get(ctx, invoiceId);
  }
}

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
