import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { CustomersService, remoteIdKey } from '../../customers/customers.service.js';
import type { Customer } from '../../customers/customers.types.js';
import type { Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { ProviderSession } from '../../providers/provider-adapter.js';
import type {
  Attempt,
  CustomerPush,
  PostalAddress,
  RemoteCustomer,
} from '../../providers/provider-objects.js';
import { MappingsService } from '../mappings/mappings.service.js';
import type { EntityMapping } from '../mappings/mappings.types.js';
import { seen } from './inbound-customers.js';
import { SyncOperationsService } from './sync-operations.service.js';
import { SyncTasks } from './sync-tasks.js';
import type { Prepared, SyncOperation, SyncTask } from './sync.types.js';

/** Our customer → the provider's: created, adopted or updated there. */
@Injectable()
export class PushCustomerTask implements SyncTask<RemoteCustomer>, OnModuleInit {
  readonly entityType = 'customer';
  readonly action = 'push';

  constructor(
    private readonly tasks: SyncTasks,
    private readonly customers: CustomersService,
    private readonly mappings: MappingsService,
    private readonly operations: SyncOperationsService,
    private readonly uow: UnitOfWork,
  ) {}

  onModuleInit(): void {
    this.tasks.register(this);
  }

  supports(session: ProviderSession): boolean {
    return session.customers !== undefined;
  }

  async prepare(ctx: Ctx, operation: SyncOperation, connection: Connection): Promise<Prepared> {
    const customer = await this.customers.find(ctx, operation.entityId);
    if (customer?.status !== 'published') return { skip: 'the customer was deleted' };
    if (customer.revision > operation.revision && (await this.operations.hasNewer(ctx, operation)))
      return { skip: 'a newer change of the customer follows' };
    if (!connection.syncConfig.customer.outbound) return { skip: 'customer.outbound is switched off' };
    const mapping = await this.mappings.reserve(ctx, connection, 'customer', customer.id);
    return { ready: { ...pushOf(customer, mapping) } };
  }

  call(
    session: ProviderSession,
    snapshot: Record<string, unknown>,
    attempt: Attempt,
    _keep: unknown,
    { caller, operation, connection }: Parameters<SyncTask['call']>[4],
  ): Promise<RemoteCustomer> {
    if (session.customers === undefined) throw new Error('the session has no customers');
    return session.customers.push(snapshot as unknown as CustomerPush, attempt, (remoteId) =>
      this.mappings.claim(this.uow, caller, connection, { entityId: operation.entityId, remoteId }),
    );
  }

  async record(
    ctx: Ctx,
    operation: SyncOperation,
    connection: Connection,
    remote: RemoteCustomer,
  ): Promise<string> {
    await this.mappings.link(ctx, connection, 'customer', operation.entityId, remote.remoteId, seen(remote));
    return remote.remoteId;
  }
}

function pushOf(customer: Customer, { provider, providerEntityId }: EntityMapping): CustomerPush {
  const { [remoteIdKey(provider)]: _own, ...metadata } = customer.metadata;
  return {
    customerId: customer.id,
    externalId: customer.externalId,
    name: customer.name,
    email: customer.email ?? undefined,
    phone: customer.contact ?? undefined,
    address: addressOf(customer),
    metadata,
    remoteId: providerEntityId ?? undefined,
  };
}

function addressOf(customer: Customer): PostalAddress | undefined {
  const parts: [keyof PostalAddress, string | null][] = [
    ['line1', customer.addressLine1],
    ['line2', customer.addressLine2],
    ['city', customer.addressCity],
    ['state', customer.addressState],
    ['postalCode', customer.addressPostalCode],
    ['country', customer.addressCountry],
  ];
  const given = parts.filter(([, value]) => value !== null && value !== '');
  return given.length === 0 ? undefined : Object.fromEntries(given);
}
