import { Injectable, Logger } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { BillingError } from '../../domain/errors.js';
import { PaymentReportsService } from '../../payments/payment-reports.service.js';
import type { PaymentReport } from '../../payments/payments.types.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { PaymentOperations } from '../../providers/provider-adapter.js';
import type { DecidedPayment } from '../../providers/provider-lists.js';
import { CheckoutSessionsService } from '../checkout-sessions/checkout-sessions.service.js';
import { InboundDispatcher } from '../inbound-webhooks/inbound-dispatcher.js';
import { RemoteSubjects } from '../inbound-webhooks/remote-subjects.flow.js';
import { SyncNotes } from '../sync/sync-notes.service.js';

const STATUS: Readonly<Record<DecidedPayment['status'], PaymentReport['status']>> = {
  processing: 'PROCESSING',
  succeeded: 'SUCCEEDED',
  failed: 'FAILED',
};

/**
 * Payments of ours, and pages to save a card on, whose last word was lost: found in the provider's own log, and read only
 * where it says more than we know: a call for a hundred events, one or two for each payment, none while nothing is open.
 */
@Injectable()
export class PendingPaymentsPoller {
  private readonly logger = new Logger(PendingPaymentsPoller.name);

  constructor(
    private readonly uow: UnitOfWork,
    private readonly reports: PaymentReportsService,
    private readonly pages: CheckoutSessionsService,
    private readonly subjects: RemoteSubjects,
    private readonly dispatcher: InboundDispatcher,
    private readonly notes: SyncNotes,
  ) {}

  async has(ctx: Ctx, connectionId: string): Promise<boolean> {
    return (
      (await this.reports.hasUndecided(ctx, connectionId)) ||
      (await this.pages.hasUndecided(ctx, connectionId))
    );
  }

  /** Answers how many were brought up to date. */
  async follow(
    caller: Caller,
    connection: Connection,
    payments: PaymentOperations,
    since: Date,
  ): Promise<number> {
    let count = 0;
    for await (const said of payments.listFinalized?.(since) ?? []) {
      if (!(await this.isBehind(caller, connection, said))) continue;
      if (await this.takeOver(caller, connection, said)) count += 1;
    }
    return count;
  }

  private isBehind(caller: Caller, connection: Connection, said: DecidedPayment): Promise<boolean> {
    return this.uow.run(caller, (ctx) =>
      said.paymentId === undefined
        ? this.pages.isOpen(ctx, connection.id, said.remoteId)
        : this.reports.isBehind(ctx, said.paymentId, STATUS[said.status]),
    );
  }

  private async takeOver(caller: Caller, connection: Connection, said: DecidedPayment): Promise<boolean> {
    const { of, remoteId, paymentId } = said;
    const kind = of === 'checkout' ? 'checkout.changed' : 'payment.changed';
    const subject = await this.subjects.fetch(caller, connection, { kind, remoteId });
    try {
      return await this.uow.run(caller, async (ctx) => {
        const { outcome } = await this.dispatcher.dispatch(ctx, connection, subject);
        if (outcome !== 'handled') return false;
        if (paymentId !== undefined) await this.note(ctx, connection, said, paymentId, undefined);
        return true;
      });
    } catch (error) {
      // What contradicts our books is for a person to see, and no reason to leave the others lying.
      if (!(error instanceof BillingError)) throw error;
      this.logger.warn({ event: 'reconcile.payment_refused', connection_id: connection.id, err: error });
      if (paymentId !== undefined)
        await this.uow.run(caller, (ctx) => this.note(ctx, connection, said, paymentId, error));
      return false;
    }
  }

  /** One for each thing that is said, however often it is found. */
  private note(
    ctx: Ctx,
    connection: Connection,
    { remoteId, status }: DecidedPayment,
    paymentId: string,
    error: BillingError | undefined,
  ): Promise<void> {
    const revision = ['processing', 'failed', 'succeeded'].indexOf(status) + 1;
    return this.notes.write(
      ctx,
      connection,
      { entityType: 'payment', entityId: paymentId, action: 'poll', revision },
      {
        state: error === undefined ? 'succeeded' : 'failed',
        providerEntityId: remoteId,
        isWarning: true,
        reason:
          error === undefined
            ? `${remoteId} is ${status} there, and was found by asking: no webhook had told`
            : `${remoteId} is ${status} there, and not taken over: ${error.message}`,
      },
    );
  }
}
