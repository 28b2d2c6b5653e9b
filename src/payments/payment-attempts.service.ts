import { Injectable } from '@nestjs/common';
import type { PaymentStatus } from '../domain/invoicing/invoice-states.js';
import { assertPaymentTransition } from '../domain/paying/payment-states.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { findRows, insertRow, updateRow } from '../platform/database/rows.js';
import { PaymentAttemptEntity } from './payment-attempt.entity.js';
import { PaymentLedger } from './payment-ledger.service.js';
import type { Payment, PaymentAttempt } from './payments.types.js';

/** The tries to collect a payment. */
@Injectable()
export class PaymentAttemptsService {
  constructor(private readonly ledger: PaymentLedger) {}

  /** Attempts of those payments, oldest first. */
  ofPayments(ctx: Ctx, paymentIds: readonly string[]): Promise<PaymentAttempt[]> {
    return findRows(ctx.em, PaymentAttemptEntity, { paymentId: paymentIds }, { orderBy: 'attemptNumber' });
  }

  /** One more try to collect it. Answers its number, which the provider's idempotency key is made of. */
  async begin(ctx: Ctx, payment: Payment): Promise<PaymentAttempt> {
    const before = await this.ledger.lock(ctx, payment.id);
    assertPaymentTransition(before.paymentStatus, 'PROCESSING');
    await this.ledger.change(ctx, payment.id, {
      paymentStatus: 'PROCESSING',
      // Another charge at the provider, not known there yet.
      gatewayPaymentId: null,
      errorCode: null,
      errorMessage: null,
      failedAt: null,
    });
    const earlier = await this.ofPayments(ctx, [payment.id]);
    return insertRow(ctx.em, PaymentAttemptEntity, {
      ...auditColumnsForInsert(ctx, 'paymentAttempt'),
      paymentId: payment.id,
      attemptNumber: earlier.length + 1,
      paymentStatus: 'PENDING',
      errorCode: null,
      errorMessage: null,
      metadata: {},
    });
  }

  async end(
    ctx: Ctx,
    attemptId: string,
    outcome: {
      readonly status: PaymentStatus;
      readonly error?: { readonly code: string; readonly message: string };
      /** What a provider says beside, for support and for what to do next. */
      readonly metadata?: Readonly<Record<string, string>>;
    },
  ): Promise<void> {
    await updateRow(ctx.em, PaymentAttemptEntity, attemptId, {
      ...auditColumnsForUpdate(ctx),
      paymentStatus: outcome.status,
      errorCode: outcome.error?.code ?? null,
      errorMessage: outcome.error?.message ?? null,
      metadata: outcome.metadata ?? {},
    });
  }
}
