import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { PaymentReportsService } from '../../payments/payment-reports.service.js';
import type { Ctx } from '../../platform/context.js';
import type { ProviderSession } from '../../providers/provider-adapter.js';
import type { Attempt, RemoteCheckout } from '../../providers/provider-objects.js';
import { CheckoutSessionsService } from '../checkout-sessions/checkout-sessions.service.js';
import { SyncTasks } from './sync-tasks.js';
import type { Prepared, SyncOperation, SyncTask } from './sync.types.js';

/** The page of a payment is closed: its invoice is settled, or collected, in another way. */
@Injectable()
export class ExpirePageTask implements SyncTask<RemoteCheckout>, OnModuleInit {
  readonly entityType = 'payment';
  readonly action = 'expire';

  constructor(
    private readonly tasks: SyncTasks,
    private readonly pages: CheckoutSessionsService,
    private readonly reports: PaymentReportsService,
  ) {}

  onModuleInit(): void {
    this.tasks.register(this);
  }

  supports(session: ProviderSession): boolean {
    return session.payments?.expireCheckout !== undefined;
  }

  async prepare(ctx: Ctx, operation: SyncOperation): Promise<Prepared> {
    const page = await this.pages.openOfPayment(ctx, operation.entityId);
    return page?.providerSessionId
      ? { ready: { remoteId: page.providerSessionId } }
      : { skip: 'its page is not open' };
  }

  call(
    session: ProviderSession,
    snapshot: Record<string, unknown>,
    attempt: Attempt,
  ): Promise<RemoteCheckout> {
    if (session.payments?.expireCheckout === undefined) throw new Error('the session cannot close pages');
    return session.payments.expireCheckout(snapshot.remoteId as string, attempt);
  }

  async record(
    ctx: Ctx,
    operation: SyncOperation,
    connection: Connection,
    remote: RemoteCheckout,
  ): Promise<string> {
    await this.pages.recordRemote(ctx, connection.id, remote);
    if (remote.status === 'expired')
      await this.reports.report(ctx, operation.entityId, {
        status: 'FAILED',
        error: {
          code: 'checkout_expired',
          message: 'the page was closed: the invoice is settled in another way',
        },
      });
    return remote.remoteId;
  }
}
