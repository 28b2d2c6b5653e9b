import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { money } from '../../domain/money.js';
import { PaymentRefunds } from '../../payments/payment-refunds.service.js';
import { PaymentReversals } from '../../payments/payment-reversals.service.js';
import { PaymentsService } from '../../payments/payments.service.js';
import type { Ctx } from '../../platform/context.js';
import { reversalsOf, type ProviderSession } from '../../providers/provider-adapter.js';
import type { ProviderError } from '../../providers/provider-error.js';
import type { Attempt, RefundReason, RemoteRefund } from '../../providers/provider-objects.js';
import { reportedRefund } from './reported-reversals.js';
import { SyncTasks } from './sync-tasks.js';
import type { Prepared, SyncOperation, SyncTask } from './sync.types.js';

interface Snapshot {
  readonly refundId: string;
  readonly remotePaymentId: string;
  readonly amount: string;
  readonly currency: string;
  readonly reason: RefundReason | null;
}

/** Money goes back the way it came. The revision of the operation is the number of the refund. */
@Injectable()
export class RefundPaymentTask implements SyncTask<RemoteRefund>, OnModuleInit {
  readonly entityType = 'payment';
  readonly action = 'refund';

  constructor(
    private readonly tasks: SyncTasks,
    private readonly payments: PaymentsService,
    private readonly refunds: PaymentRefunds,
    private readonly reversals: PaymentReversals,
  ) {}

  onModuleInit(): void {
    this.tasks.register(this);
  }

  supports(session: ProviderSession): boolean {
    return reversalsOf(session)?.refund !== undefined;
  }

  async prepare(ctx: Ctx, operation: SyncOperation): Promise<Prepared> {
    const { gatewayPaymentId } = await this.payments.get(ctx, operation.entityId);
    const asked = await this.refunds.byOrdinal(ctx, operation.entityId, operation.revision);
    if (asked.gatewayRefundId !== null) return { skip: 'it has gone back already' };
    if (gatewayPaymentId === null) return { fail: 'the provider has no such payment' };
    const refund = asked.refundStatus === 'REQUESTED' ? asked : await this.refunds.reopen(ctx, asked.id);
    const snapshot: Snapshot = {
      refundId: refund.id,
      remotePaymentId: gatewayPaymentId,
      amount: refund.amount.toString(),
      currency: refund.currency,
      reason: refund.reason as RefundReason | null,
    };
    return { ready: { ...snapshot } };
  }

  call(session: ProviderSession, stored: Record<string, unknown>, attempt: Attempt): Promise<RemoteRefund> {
    const back = reversalsOf(session);
    if (back?.refund === undefined) throw new Error('the session cannot give money back');
    const { refundId, remotePaymentId, amount, currency, reason } = stored as unknown as Snapshot;
    const [paymentId = ''] = attempt.key.split(':');
    return back.refund(
      {
        refundId,
        paymentId,
        remotePaymentId,
        amount: money(BigInt(amount), currency),
        reason: reason ?? undefined,
      },
      attempt,
    );
  }

  async record(
    ctx: Ctx,
    operation: SyncOperation,
    connection: Connection,
    remote: RemoteRefund,
  ): Promise<string> {
    const { gatewayPaymentId } = await this.payments.get(ctx, operation.entityId);
    const of = { connectionId: connection.id, gatewayPaymentId: gatewayPaymentId as string };
    await this.reversals.report(ctx, of, [reportedRefund(remote)], []);
    return remote.remoteId;
  }

  /** Nobody will give it back: the amount is not held any longer, and the caller is told why. */
  async refused(ctx: Ctx, operation: SyncOperation, error: ProviderError): Promise<void> {
    const refund = await this.refunds.byOrdinal(ctx, operation.entityId, operation.revision);
    await this.refunds.refuse(ctx, refund.id, error.message);
  }
}
