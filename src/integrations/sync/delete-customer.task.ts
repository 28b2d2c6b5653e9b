import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { PaymentMethodsService } from '../../payments/payment-methods.service.js';
import type { Ctx } from '../../platform/context.js';
import type { ProviderSession } from '../../providers/provider-adapter.js';
import type { Attempt, RemovedCustomer } from '../../providers/provider-objects.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { SyncTasks } from './sync-tasks.js';
import type { Prepared, SyncOperation, SyncTask } from './sync.types.js';

/** Deleted here: deleted there, or let go of where it is not ours to delete. */
@Injectable()
export class DeleteCustomerTask implements SyncTask<RemovedCustomer>, OnModuleInit {
  readonly entityType = 'customer';
  readonly action = 'delete';

  constructor(
    private readonly tasks: SyncTasks,
    private readonly methods: PaymentMethodsService,
    private readonly mappings: MappingsService,
  ) {}

  onModuleInit(): void {
    this.tasks.register(this);
  }

  supports(session: ProviderSession): boolean {
    return session.customers?.remove !== undefined;
  }

  async prepare(ctx: Ctx, operation: SyncOperation, connection: Connection): Promise<Prepared> {
    if (!connection.syncConfig.customer.outbound) return { skip: 'customer.outbound is switched off' };
    const remoteId = await this.mappings.remoteId(ctx, connection.id, 'customer', operation.entityId);
    return remoteId === undefined
      ? { skip: 'the provider never got the customer' }
      : { ready: { remoteId, customerId: operation.entityId } };
  }

  call(
    session: ProviderSession,
    snapshot: Record<string, unknown>,
    attempt: Attempt,
  ): Promise<RemovedCustomer> {
    if (session.customers?.remove === undefined) throw new Error('the session cannot delete customers');
    return session.customers.remove(snapshot.remoteId as string, snapshot.customerId as string, attempt);
  }

  async record(
    ctx: Ctx,
    operation: SyncOperation,
    connection: Connection,
    { remoteId }: RemovedCustomer,
  ): Promise<string> {
    const mapping = await this.mappings.find(ctx, connection.id, 'customer', operation.entityId);
    if (mapping !== null) await this.mappings.lose(ctx, mapping);
    await this.methods.forget(ctx, operation.entityId, connection.id);
    return remoteId;
  }
}
