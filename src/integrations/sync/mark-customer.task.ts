import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { CustomersService } from '../../customers/customers.service.js';
import type { Ctx } from '../../platform/context.js';
import type { ProviderSession } from '../../providers/provider-adapter.js';
import type { Attempt, CustomerPush, RemoteCustomer } from '../../providers/provider-objects.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { SyncTasks } from './sync-tasks.js';
import type { Prepared, SyncOperation, SyncTask } from './sync.types.js';

type Marked = Pick<CustomerPush, 'customerId' | 'externalId'>;

/** A customer that was made at the provider is ours now: written on it there, or another environment would adopt it. */
@Injectable()
export class MarkCustomerTask implements SyncTask<RemoteCustomer>, OnModuleInit {
  readonly entityType = 'customer';
  readonly action = 'mark';

  constructor(
    private readonly tasks: SyncTasks,
    private readonly customers: CustomersService,
    private readonly mappings: MappingsService,
  ) {}

  onModuleInit(): void {
    this.tasks.register(this);
  }

  supports(session: ProviderSession): boolean {
    return session.customers?.mark !== undefined;
  }

  async prepare(ctx: Ctx, operation: SyncOperation, connection: Connection): Promise<Prepared> {
    if (!connection.syncConfig.customer.outbound) return { skip: 'customer.outbound is switched off' };
    const customer = await this.customers.find(ctx, operation.entityId);
    if (customer?.status !== 'published') return { skip: 'the customer was deleted' };
    const remoteId = await this.mappings.remoteId(ctx, connection.id, 'customer', customer.id);
    if (remoteId === undefined) return { skip: 'the customer is not at the provider any more' };
    return { ready: { remoteId, customerId: customer.id, externalId: customer.externalId } };
  }

  call(
    session: ProviderSession,
    { remoteId, ...customer }: Record<string, unknown>,
    attempt: Attempt,
  ): Promise<RemoteCustomer> {
    if (session.customers?.mark === undefined) throw new Error('the session cannot mark customers');
    return session.customers.mark(remoteId as string, customer as unknown as Marked, attempt);
  }

  record(
    _ctx: Ctx,
    _operation: SyncOperation,
    _connection: Connection,
    { remoteId }: RemoteCustomer,
  ): Promise<string> {
    return Promise.resolve(remoteId);
  }
}
