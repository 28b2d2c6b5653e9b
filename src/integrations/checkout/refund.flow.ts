import { Injectable } from '@nestjs/common';
import { ConnectionsService } from '../../connections/connections.service.js';
import { ProviderSessionsService } from '../../connections/provider-sessions.service.js';
import { BillingError, fieldErrors, invalidOperation, keyReused } from '../../domain/errors.js';
import { exactMoney } from '../../domain/money.js';
import { rate } from '../../domain/rate.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { PaymentRefunds } from '../../payments/payment-refunds.service.js';
import { PaymentsService } from '../../payments/payments.service.js';
import type { Payment, PaymentRefund } from '../../payments/payments.types.js';
import { reversalsOf } from '../../providers/provider-adapter.js';
import { refusalCode } from '../../providers/provider-error.js';
import { SyncEngine } from '../sync/sync-engine.flow.js';
import { SyncOperationsService } from '../sync/sync-operations.service.js';
import { carryOut } from '../sync/sync-patience.js';
import type { SyncOperation } from '../sync/sync.types.js';

export interface RefundInput {
  readonly amount?: string | undefined;
  readonly reason?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

/** The step of a request that has written a refund down. */
const REFUND = 'refund';

/** A refund is written first, then asked of the provider under its own key; what becomes of it is found out by the engine. */
@Injectable()
export class RefundFlow {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly connections: ConnectionsService,
    private readonly sessions: ProviderSessionsService,
    private readonly payments: PaymentsService,
    private readonly refunds: PaymentRefunds,
    private readonly operations: SyncOperationsService,
    private readonly engine: SyncEngine,
  ) {}

  /** Answers the refund: gone, on its way, or still to be answered. A refusal is thrown, in the provider's words. */
  async refund(caller: Caller, paymentId: string, input: RefundInput): Promise<PaymentRefund> {
    const begun = await this.uow.run(caller, (ctx) => this.begin(ctx, paymentId, input));
    if (begun.operation === null) return begun.refund;
    const operationId = begun.operation.id;
    const { refund, operation } = await carryOut(this.engine, caller, operationId, () =>
      this.uow.run(caller, async (ctx) => ({
        refund: await this.refunds.get(ctx, begun.refund.id),
        operation: await this.operations.get(ctx, operationId),
      })),
    );
    const { state, error, reason, provider } = operation;
    if (state !== 'failed') return refund;
    throw new BillingError('invalid_operation', `${provider}: ${error?.message ?? reason ?? 'refused'}`, {
      code: refusalCode(error ?? undefined),
      details: {
        provider,
        provider_code: error?.code,
        request_id: error?.request_id,
        refund_id: refund.id,
        operation_id: operationId,
      },
    });
  }

  private async begin(
    ctx: Ctx,
    paymentId: string,
    input: RefundInput,
  ): Promise<{ refund: PaymentRefund; operation: SyncOperation | null }> {
    const begun = ctx.progress?.noted(REFUND);
    if (begun !== undefined) return this.asked(ctx, await this.refunds.get(ctx, begun));
    const payment = await this.payments.get(ctx, paymentId);
    if (input.idempotencyKey !== undefined) {
      const known = await this.refunds.findByIdempotencyKey(ctx, input.idempotencyKey);
      if (known !== null && known.paymentId !== paymentId) throw keyReused({ refund_id: known.id });
      if (known !== null) return { refund: known, operation: null };
    }
    const amount = input.amount === undefined ? undefined : exactMoney(rate(input.amount), payment.currency);
    if (input.amount !== undefined && amount === undefined)
      throw fieldErrors({ amount: `amount has more decimal places than ${payment.currency} has` });
    await this.assertProviderCan(ctx, payment);
    const refund = await this.refunds.request(ctx, paymentId, { ...input, amount });
    await ctx.progress?.note(ctx, { [REFUND]: refund.id });
    return this.asked(ctx, refund);
  }

  /** The refund with the operation that asks the provider for it: there is one, however often it is planned. */
  private async asked(
    ctx: Ctx,
    refund: PaymentRefund,
  ): Promise<{ refund: PaymentRefund; operation: SyncOperation | null }> {
    if (refund.connectionId === null || refund.ordinal === null) return { refund, operation: null };
    const connection = await this.connections.get(ctx, refund.connectionId);
    const operation = await this.operations.plan(ctx, connection, {
      entityType: 'payment',
      entityId: refund.paymentId,
      action: 'refund',
      revision: refund.ordinal,
    });
    return { refund, operation };
  }

  private async assertProviderCan(ctx: Ctx, payment: Payment): Promise<void> {
    if (payment.connectionId === null || payment.gatewayPaymentId === null) return;
    const connection = await this.connections.find(ctx, payment.connectionId);
    if (connection === null)
      throw invalidOperation(
        'the connection that the payment came through was deleted: give it back at the provider',
        'connection_missing',
      );
    if (reversalsOf(this.sessions.open(connection))?.refund === undefined)
      throw invalidOperation(
        `${connection.provider} takes no refunds from here: give it back in its dashboard`,
        'provider_cannot_refund',
      );
  }
}
