import { Injectable } from '@nestjs/common';
import { alreadyExists, invalidOperation, notFound, validationError } from '../domain/errors.js';
import { assertManualPaymentStatus, type PaymentStatus } from '../domain/invoicing/invoice-states.js';
import { formatMoney, money, type Money } from '../domain/money.js';
import { assertPaymentTransition, mergeRemoteStatus } from '../domain/paying/payment-states.js';
import { InvoicesService } from '../invoices/invoices.service.js';
import type { Invoice } from '../invoices/invoices.types.js';
import type { Ctx } from '../platform/context.js';
import { insertRow, stampChange, stampNew, updateRow } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { newId } from '../platform/ids.js';
import { Outbox } from '../platform/outbox/outbox.js';
import { PaymentAllocationEntity } from './payment-allocation.entity.js';
import { PaymentAttemptEntity } from './payment-attempt.entity.js';
import { PaymentEntity } from './payment.entity.js';
import type { NewPayment, Payment, PaymentAttempt, PaymentReport } from './payments.types.js';

/** The books: payments, what they settle, and where that leaves the invoice. No provider is called from here. */
@Injectable()
export class PaymentsService {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly outbox: Outbox,
  ) {}

  /** Writes a payment down. A succeeded one settles its invoice in the same unit of work. */
  async create(ctx: Ctx, input: NewPayment): Promise<Payment> {
    const invoice = await this.invoices.lock(ctx, input.invoiceId);
    assertPayable(invoice, input.amount);
    const payment = await this.insert(ctx, input);
    if (payment.paymentStatus === 'SUCCEEDED') await this.allocate(ctx, payment, invoice);
    return payment;
  }

  async get(ctx: Ctx, id: string): Promise<Payment> {
    const row = await this.find(ctx, id);
    if (row === null) throw notFound('payment', id);
    return row;
  }

  find(ctx: Ctx, id: string): Promise<Payment | null> {
    return ctx.em.findOneBy(PaymentEntity, { id });
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

  /** Attempts of those payments, oldest first. */
  attemptsOf(ctx: Ctx, paymentIds: readonly string[]): Promise<PaymentAttempt[]> {
    return ctx.em
      .createQueryBuilder(PaymentAttemptEntity, 'row')
      .where('row.paymentId = ANY(:ids)', { ids: paymentIds })
      .orderBy('row.attemptNumber')
      .getMany();
  }

  /**
   * What a payment is said to have become. Reports come late, twice and out of order: the more certain one
   * stands, and a success is never taken back by a report of failure.
   */
  async report(ctx: Ctx, id: string, report: PaymentReport): Promise<Payment> {
    const invoice = await this.invoices.lock(ctx, (await this.get(ctx, id)).destinationId);
    const before = await this.lock(ctx, id);
    if (isAnotherCharge(before, report)) return this.recordSecondCharge(ctx, before, report);
    const status = mergeRemoteStatus(before.paymentStatus, report.status);
    // A late report of an earlier attempt must not put its id in the place of the one that counts.
    const current = status === report.status;
    const amount = report.amount ?? money(before.amount, before.currency);
    if (amount.currency !== before.currency)
      throw invalidOperation(
        `payment ${id} is in ${before.currency}, the provider collected ${amount.currency}`,
        'currency_mismatch',
      );
    await this.named(report.gatewayPaymentId, () =>
      updateRow(ctx.em, PaymentEntity, id, {
        ...stampChange(ctx),
        paymentStatus: status,
        amount: status === 'SUCCEEDED' ? amount.amount : before.amount,
        gatewayPaymentId: (current ? report.gatewayPaymentId : undefined) ?? before.gatewayPaymentId,
        gatewayTrackingId: report.gatewayTrackingId ?? before.gatewayTrackingId,
        paymentUrl: report.paymentUrl ?? before.paymentUrl,
        methodDetails: report.method ?? before.methodDetails,
        errorCode: status === 'FAILED' ? (report.error?.code ?? before.errorCode) : null,
        errorMessage: status === 'FAILED' ? (report.error?.message ?? before.errorMessage) : null,
        succeededAt:
          status === 'SUCCEEDED' ? (before.succeededAt ?? report.paidAt ?? ctx.now) : before.succeededAt,
        failedAt: status === 'FAILED' ? (before.failedAt ?? ctx.now) : before.failedAt,
      }),
    );
    const payment = await this.get(ctx, id);
    if (status !== before.paymentStatus) {
      if (status === 'SUCCEEDED') await this.allocate(ctx, payment, invoice);
      await this.announce(ctx, payment);
    }
    return payment;
  }

  /** One more try to collect it. Answers its number, which the provider's idempotency key is made of. */
  async beginAttempt(ctx: Ctx, payment: Payment): Promise<PaymentAttempt> {
    const before = await this.lock(ctx, payment.id);
    assertPaymentTransition(before.paymentStatus, 'PROCESSING');
    await updateRow(ctx.em, PaymentEntity, payment.id, {
      ...stampChange(ctx),
      paymentStatus: 'PROCESSING',
      errorCode: null,
      errorMessage: null,
      failedAt: null,
    });
    const earlier = await this.attemptsOf(ctx, [payment.id]);
    return insertRow(ctx.em, PaymentAttemptEntity, {
      ...stampNew(ctx, 'paymentAttempt'),
      paymentId: payment.id,
      attemptNumber: earlier.length + 1,
      paymentStatus: 'PENDING',
      errorCode: null,
      errorMessage: null,
      metadata: {},
    });
  }

  async endAttempt(
    ctx: Ctx,
    attemptId: string,
    outcome: {
      readonly status: PaymentStatus;
      readonly error?: { readonly code: string; readonly message: string };
    },
  ): Promise<void> {
    await updateRow(ctx.em, PaymentAttemptEntity, attemptId, {
      ...stampChange(ctx),
      paymentStatus: outcome.status,
      errorCode: outcome.error?.code ?? null,
      errorMessage: outcome.error?.message ?? null,
    });
  }

  /**
   * Money that reached an invoice at a provider, told by the provider. One payment there is one payment here:
   * known by its id there, however often it is reported.
   */
  async recordExternal(
    ctx: Ctx,
    input: {
      readonly invoiceId: string;
      readonly connectionId: string;
      readonly gateway: string;
      readonly gatewayPaymentId: string;
      readonly amount: Money;
      readonly paidAt: Date | undefined;
      readonly method: Payment['methodDetails'];
      /** How it was paid; told by the method where this is left out. */
      readonly methodType?: Payment['paymentMethodType'];
      readonly metadata: Readonly<Record<string, string>>;
    },
  ): Promise<Payment> {
    const invoice = await this.invoices.lock(ctx, input.invoiceId);
    const known = await ctx.em.findOneBy(PaymentEntity, {
      connectionId: input.connectionId,
      gatewayPaymentId: input.gatewayPaymentId,
    });
    if (known !== null)
      return this.report(ctx, known.id, {
        status: 'SUCCEEDED',
        amount: input.amount,
        paidAt: input.paidAt,
        method: input.method ?? undefined,
      });
    if (input.amount.currency !== invoice.currency)
      throw invalidOperation(
        `invoice ${invoice.id} is in ${invoice.currency}, the provider collected ${input.amount.currency}`,
        'currency_mismatch',
      );
    const payment = await this.insert(ctx, {
      invoiceId: input.invoiceId,
      customerId: invoice.customerId,
      methodType: input.methodType ?? (input.method?.type === 'card' ? 'CARD' : 'PAYMENT_LINK'),
      gateway: input.gateway,
      connectionId: input.connectionId,
      gatewayPaymentId: input.gatewayPaymentId,
      amount: input.amount,
      status: 'SUCCEEDED',
      metadata: input.metadata,
    });
    await updateRow(ctx.em, PaymentEntity, payment.id, {
      succeededAt: input.paidAt ?? ctx.now,
      methodDetails: input.method,
    });
    const stored = await this.get(ctx, payment.id);
    await this.allocate(ctx, stored, invoice);
    return stored;
  }

  /** What a payment was made with, learnt after the money: shown on the payment and on the invoice that it paid. */
  async describeMethod(
    ctx: Ctx,
    connectionId: string,
    gatewayPaymentId: string,
    method: NonNullable<Payment['methodDetails']>,
  ): Promise<void> {
    const payment = await ctx.em.findOneBy(PaymentEntity, { connectionId, gatewayPaymentId });
    if (payment === null || payment.methodDetails?.last4) return;
    await updateRow(ctx.em, PaymentEntity, payment.id, { methodDetails: method });
    await this.invoices.describePayment(ctx, payment.destinationId, {
      payment_method: method.type,
      brand: method.brand,
      last4: method.last4,
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

  /** Two attempts of one payment have both been collected: that is money twice, and shows as overpaid. */
  private recordSecondCharge(ctx: Ctx, first: Payment, report: PaymentReport): Promise<Payment> {
    return this.recordExternal(ctx, {
      invoiceId: first.destinationId,
      connectionId: first.connectionId as string,
      gateway: first.paymentGateway ?? '',
      gatewayPaymentId: report.gatewayPaymentId as string,
      amount: report.amount ?? money(first.amount, first.currency),
      paidAt: report.paidAt,
      method: report.method ?? null,
      metadata: { second_charge_of: first.id },
    });
  }

  private async insert(ctx: Ctx, input: NewPayment): Promise<Payment> {
    const payment = await this.named(input.gatewayPaymentId ?? undefined, () =>
      insertRow(ctx.em, PaymentEntity, {
        ...stampNew(ctx, 'payment'),
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
  private async allocate(ctx: Ctx, payment: Payment, invoice: Invoice): Promise<void> {
    await insertRow(ctx.em, PaymentAllocationEntity, {
      id: newId('allocation'),
      ...ctx.scope,
      createdAt: ctx.now,
      updatedAt: ctx.now,
      paymentId: payment.id,
      invoiceId: invoice.id,
      amount: payment.amount,
    });
    const rows = await ctx.em.findBy(PaymentAllocationEntity, { invoiceId: invoice.id });
    await this.invoices.settle(
      ctx,
      invoice,
      rows.map((row) => money(row.amount, invoice.currency)),
      {
        paidBy: {
          payment_method: payment.methodDetails?.type ?? payment.paymentMethodType.toLowerCase(),
          brand: payment.methodDetails?.brand ?? null,
          last4: payment.methodDetails?.last4 ?? null,
        },
        paidThrough: payment.connectionId,
      },
    );
  }

  private async lock(ctx: Ctx, id: string): Promise<Payment> {
    const row = await ctx.em.findOne(PaymentEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
    if (row === null) throw notFound('payment', id);
    return row;
  }

  private announce(ctx: Ctx, payment: Payment): Promise<void> {
    return this.outbox.append(ctx, {
      type: 'payment.changed',
      entityType: 'payment',
      entityId: payment.id,
      payload: { status: payment.paymentStatus },
    });
  }

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

const isAnotherCharge = (before: Payment, report: PaymentReport): boolean =>
  before.paymentStatus === 'SUCCEEDED' &&
  report.status === 'SUCCEEDED' &&
  before.connectionId !== null &&
  before.gatewayPaymentId !== null &&
  report.gatewayPaymentId !== undefined &&
  report.gatewayPaymentId !== before.gatewayPaymentId;

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
