import { Injectable } from '@nestjs/common';
import { fieldErrors, invalidOperation, notFound } from '../domain/errors.js';
import type { PaymentStatus } from '../domain/invoicing/invoice-states.js';
import { assertPaymentTransition, PAYMENT_STAGES } from '../domain/paying/payment-states.js';
import { InvoicesService } from '../invoices/invoices.service.js';
import type { Ctx } from '../platform/context.js';
import { PaymentLedger } from './payment-ledger.service.js';
import type { Payment } from './payments.types.js';
import { RefundsService } from './refunds.service.js';

export interface PaymentChange {
  readonly status?: PaymentStatus | undefined;
  readonly errorMessage?: string | undefined;
  readonly gatewayPaymentId?: string | undefined;
  readonly gateway?: string | undefined;
  readonly methodId?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly succeededAt?: Date | undefined;
  readonly failedAt?: Date | undefined;
  readonly refundedAt?: Date | undefined;
  readonly voidedAt?: Date | undefined;
}

/** The instant that belongs to a status; an instant of another status would contradict it. */
const INSTANTS = {
  succeededAt: { field: 'succeeded_at', status: 'SUCCEEDED' },
  failedAt: { field: 'failed_at', status: 'FAILED' },
  refundedAt: { field: 'refunded_at', status: 'REFUNDED' },
  voidedAt: { field: 'voided_at', status: 'VOIDED' },
} as const;

/** What an operator changes of payments by hand. */
@Injectable()
export class PaymentChanges {
  constructor(
    private readonly invoices: InvoicesService,
    private readonly ledger: PaymentLedger,
    private readonly refunds: RefundsService,
  ) {}

  /** A payment that a provider has follows what the provider says; of others the status moves by the payments' own law. */
  async update(ctx: Ctx, id: string, change: PaymentChange): Promise<Payment> {
    const invoice = await this.invoices.lock(ctx, (await this.published(ctx, id)).destinationId);
    const before = await this.ledger.lock(ctx, id);
    const status = change.status ?? before.paymentStatus;
    assertInstants(status, change);
    if (before.connectionId !== null && isProvidersBusiness(before, change))
      throw invalidOperation(
        `${before.paymentGateway ?? 'the provider'} has this payment: its status and names follow what is told there`,
        'payment_follows_provider',
      );
    if (status !== before.paymentStatus) this.assertMove(before, status);
    const after = await this.ledger.change(ctx, id, {
      paymentStatus: status,
      errorMessage: change.errorMessage ?? before.errorMessage,
      gatewayPaymentId: change.gatewayPaymentId ?? before.gatewayPaymentId,
      paymentGateway: change.gateway?.toLowerCase() ?? before.paymentGateway,
      paymentMethodId: change.methodId ?? before.paymentMethodId,
      metadata: { ...before.metadata, ...change.metadata },
      succeededAt: change.succeededAt ?? before.succeededAt ?? when(ctx, status, 'SUCCEEDED'),
      failedAt: change.failedAt ?? before.failedAt ?? when(ctx, status, 'FAILED'),
      refundedAt: change.refundedAt ?? before.refundedAt ?? when(ctx, status, 'REFUNDED'),
      voidedAt: change.voidedAt ?? before.voidedAt ?? when(ctx, status, 'VOIDED'),
    });
    if (status !== before.paymentStatus) {
      if (status === 'SUCCEEDED') await this.ledger.allocate(ctx, after, invoice);
      if (status === 'REFUNDED') await this.refunds.recordOutside(ctx, invoice, id);
      await this.ledger.announce(ctx, after);
    }
    return after;
  }

  /** Only what never moved money, and cannot any more, may go. */
  async delete(ctx: Ctx, id: string): Promise<void> {
    const { paymentStatus, gatewayTrackingId } = await this.published(ctx, id);
    const payment = await this.ledger.lock(ctx, id);
    const stage = PAYMENT_STAGES[paymentStatus];
    const gone = stage === 'failed' || stage === 'voided';
    const neverBegun = stage === 'not_begun' && gatewayTrackingId === null;
    if (!gone && !neverBegun)
      throw invalidOperation(
        `the payment is ${paymentStatus}: only one that never began, failed or was voided can be deleted`,
        'payment_not_deletable',
      );
    await this.ledger.change(ctx, id, { status: 'deleted' });
    await this.ledger.announce(ctx, payment);
  }

  async published(ctx: Ctx, id: string): Promise<Payment> {
    const payment = await this.ledger.get(ctx, id);
    if (payment.status !== 'published') throw notFound('payment', id);
    return payment;
  }

  private assertMove(before: Payment, to: PaymentStatus): void {
    assertPaymentTransition(before.paymentStatus, to);
    if (to === 'OVERPAID' || to === 'PARTIALLY_REFUNDED')
      throw invalidOperation(
        `a payment becomes ${to} by what moves, not by hand`,
        'invalid_payment_transition',
        { from: before.paymentStatus, to },
      );
    if (before.paymentMethodType === 'CREDITS')
      throw invalidOperation('a payment from a wallet follows the wallet', 'payment_follows_provider');
  }
}

const when = (ctx: Ctx, status: PaymentStatus, of: PaymentStatus): Date | null =>
  status === of ? ctx.now : null;

const isProvidersBusiness = (before: Payment, change: PaymentChange): boolean =>
  (change.status !== undefined && change.status !== before.paymentStatus) ||
  (change.gatewayPaymentId !== undefined && change.gatewayPaymentId !== before.gatewayPaymentId) ||
  (change.gateway !== undefined && change.gateway.toLowerCase() !== before.paymentGateway);

function assertInstants(status: PaymentStatus, change: PaymentChange): void {
  const errors: Record<string, string> = {};
  for (const [key, { field, status: of }] of Object.entries(INSTANTS))
    if (change[key as keyof typeof INSTANTS] !== undefined && status !== of)
      errors[field] = `${field} goes with payment_status ${of}, not with ${status}`;
  if (Object.keys(errors).length > 0) throw fieldErrors(errors);
}
