import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { invalidOperation } from '../domain/errors.js';
import type { PaymentStatus } from '../domain/invoicing/invoice-states.js';
import { formatMoney, money, type Money } from '../domain/money.js';
import { mergeRemoteStatus, PAYMENT_STAGES, UNDECIDED_STATUSES } from '../domain/paying/payment-states.js';
import { InvoicesService } from '../invoices/invoices.service.js';
import type { Ctx } from '../platform/context.js';
import { isChange } from '../platform/database/changes.js';
import { findRow, findRows, rowExists } from '../platform/database/rows.js';
import { PaymentLedger } from './payment-ledger.service.js';
import { PaymentAttemptEntity } from './payment-attempt.entity.js';
import { COLLECTED_WHOLE } from './payment-reversals.service.js';
import { PaymentEntity } from './payment.entity.js';
import type { Payment, PaymentReport } from './payments.types.js';

/** What providers say of money, written into the books. */
@Injectable()
export class PaymentReportsService {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly ledger: PaymentLedger,
  ) {}

  /**
   * What a payment is said to have become. Reports come late, twice and out of order: the more certain one
   * stands, and a success is never taken back by a report of failure.
   */
  async report(ctx: Ctx, id: string, report: PaymentReport): Promise<Payment> {
    const invoice = await this.invoices.lock(ctx, (await this.ledger.get(ctx, id)).destinationId);
    const before = await this.ledger.lock(ctx, id);
    if (isAnotherCharge(before, report)) return this.recordSecondCharge(ctx, before, report);
    if (await this.isOvertaken(ctx, before, report)) return before;
    const status = mergeRemoteStatus(before.paymentStatus, report.status);
    // A late report of an earlier attempt must not put its id in the place of the one that counts.
    const isCurrent =
      status === report.status || (before.gatewayPaymentId === null && isBeingDecided(status));
    const amount = report.amount ?? money(before.amount, before.currency);
    if (amount.currency !== before.currency)
      throw invalidOperation(
        `payment ${id} is in ${before.currency}, the provider collected ${amount.currency}`,
        'currency_mismatch',
      );
    const change: Partial<Payment> = {
      paymentStatus: status,
      // What is booked is booked: a later word on it changes nothing of the money.
      amount: status === 'SUCCEEDED' && !isCollected(before.paymentStatus) ? amount.amount : before.amount,
      gatewayPaymentId: (isCurrent ? report.gatewayPaymentId : undefined) ?? before.gatewayPaymentId,
      gatewayTrackingId: report.gatewayTrackingId ?? before.gatewayTrackingId,
      paymentUrl: report.paymentUrl ?? before.paymentUrl,
      methodDetails: report.method ?? before.methodDetails,
      errorCode: status === 'FAILED' ? (report.error?.code ?? before.errorCode) : null,
      errorMessage: status === 'FAILED' ? (report.error?.message ?? before.errorMessage) : null,
      succeededAt:
        status === 'SUCCEEDED' ? (before.succeededAt ?? report.paidAt ?? ctx.now) : before.succeededAt,
      failedAt: status === 'FAILED' ? (before.failedAt ?? ctx.now) : before.failedAt,
    };
    // What was deleted and collected all the same comes back.
    const isBack = status === 'SUCCEEDED' && before.status !== 'published';
    if (!isBack && !isChange(before, change)) return before;
    const payment = await this.ledger.change(ctx, id, change);
    if (status !== before.paymentStatus) {
      if (status === 'SUCCEEDED') await this.ledger.allocate(ctx, payment, invoice);
      await this.ledger.announce(ctx, payment);
    }
    return payment;
  }

  /** Payments through a connection that are not decided yet. */
  hasUndecided(ctx: Ctx, connectionId: string): Promise<boolean> {
    return rowExists(ctx.em, PaymentEntity, {
      connectionId,
      paymentStatus: UNDECIDED_STATUSES,
    });
  }

  /** Whether a report of that would tell us anything of a payment of ours. */
  async isBehind(ctx: Ctx, id: string, status: Payment['paymentStatus']): Promise<boolean> {
    const payment = await this.ledger.find(ctx, id);
    return payment !== null && mergeRemoteStatus(payment.paymentStatus, status) !== payment.paymentStatus;
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
      /** All that was collected, where other debts were paid with it. */
      readonly collected?: Money | undefined;
    },
  ): Promise<Payment> {
    const invoice = await this.invoices.lock(ctx, input.invoiceId);
    const known = await findRow(ctx.em, PaymentEntity, {
      connectionId: input.connectionId,
      gatewayPaymentId: input.gatewayPaymentId,
    });
    if (known !== null && known.destinationId === input.invoiceId)
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
    const payment = await this.ledger.insert(ctx, {
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
    const { collected } = input;
    const isShared = collected !== undefined && collected.amount !== input.amount.amount;
    const stored = await this.ledger.change(ctx, payment.id, {
      succeededAt: input.paidAt ?? ctx.now,
      methodDetails: input.method,
      gatewayMetadata: isShared ? { [COLLECTED_WHOLE]: formatMoney(collected) } : {},
    });
    await this.ledger.allocate(ctx, stored, invoice);
    return stored;
  }

  /** True when the books have those payments of the invoice as the provider tells them: to report them again says nothing. */
  async isRecorded(
    ctx: Ctx,
    connectionId: string,
    told: readonly ToldPayment[],
    invoiceId: string,
  ): Promise<boolean> {
    if (told.length === 0) return true;
    const rows = await findRows(ctx.em, PaymentEntity, {
      connectionId,
      gatewayPaymentId: told.map((one) => one.gatewayPaymentId),
    });
    return told.every(({ gatewayPaymentId, paymentId, amount, method }) =>
      rows.some(
        (row) =>
          row.gatewayPaymentId === gatewayPaymentId &&
          row.destinationId === invoiceId &&
          (paymentId === undefined || row.id === paymentId) &&
          row.status === 'published' &&
          isCollected(row.paymentStatus) &&
          row.currency === amount.currency &&
          (method === null || isDeepStrictEqual(row.methodDetails, method)),
      ),
    );
  }

  /** What a payment was made with, learnt after the money: shown on the payment and on the invoice that it paid. */
  async describeMethod(
    ctx: Ctx,
    connectionId: string,
    gatewayPaymentId: string,
    method: NonNullable<Payment['methodDetails']>,
  ): Promise<void> {
    const payment = await findRow(ctx.em, PaymentEntity, { connectionId, gatewayPaymentId });
    if (payment === null || payment.methodDetails?.last4) return;
    // The invoice first, as everybody does: whoever has it may be about to ask for the payment.
    await this.invoices.lock(ctx, payment.destinationId);
    if ((await this.ledger.lock(ctx, payment.id)).methodDetails?.last4) return;
    await this.ledger.change(ctx, payment.id, { methodDetails: method });
    await this.invoices.describePayment(ctx, payment.destinationId, {
      payment_method: method.type,
      brand: method.brand,
      last4: method.last4,
    });
  }

  /**
   * Each attempt is a charge of its own at the provider. That an earlier one failed says nothing of the one under way:
   * taken for its outcome, it would let a third begin beside it, and the customer pay twice.
   */
  private async isOvertaken(ctx: Ctx, before: Payment, report: PaymentReport): Promise<boolean> {
    if (report.status !== 'FAILED' || report.gatewayPaymentId === undefined) return false;
    if (!isBeingDecided(before.paymentStatus)) return false;
    if (before.gatewayPaymentId !== null) return before.gatewayPaymentId !== report.gatewayPaymentId;
    return rowExists(ctx.em, PaymentAttemptEntity, { paymentId: before.id, paymentStatus: 'PENDING' });
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
}

/** A payment that has succeeded, as far as it is compared. */
interface ToldPayment {
  readonly gatewayPaymentId: string;
  /** Ours, where the provider knows it. */
  readonly paymentId: string | undefined;
  readonly amount: Money;
  readonly method: Payment['methodDetails'];
}

const isBeingDecided = (status: PaymentStatus): boolean => PAYMENT_STAGES[status] === 'being_decided';

const isCollected = (status: PaymentStatus): boolean => PAYMENT_STAGES[status] === 'collected';

const isAnotherCharge = (before: Payment, report: PaymentReport): boolean =>
  isCollected(before.paymentStatus) &&
  report.status === 'SUCCEEDED' &&
  before.connectionId !== null &&
  before.gatewayPaymentId !== null &&
  report.gatewayPaymentId !== undefined &&
  report.gatewayPaymentId !== before.gatewayPaymentId;
