import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { CustomersService } from '../../customers/customers.service.js';
import { BillingError, invalidOperation } from '../../domain/errors.js';
import { WallClock } from '../../platform/time/clock.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { MissingRemoteCustomers } from './missing-remote-customers.service.js';
import { SyncEngine } from './sync-engine.flow.js';
import { SyncOperationsService } from './sync-operations.service.js';
import type { SyncOperation } from './sync.types.js';

/** How long a request waits for a push of the customer that is under way already. */
const PATIENCE_MS = 20_000;
const PAUSE_MS = 50;

/** For requests that need the customer at the provider now: pushes it in the request when nobody has yet. */
@Injectable()
export class RemoteCustomers {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly clock: WallClock,
    private readonly customers: CustomersService,
    private readonly mappings: MappingsService,
    private readonly operations: SyncOperationsService,
    private readonly lost: MissingRemoteCustomers,
    private readonly engine: SyncEngine,
  ) {}

  /** A call that names the remote customer; once more with a new one when it turns out to be deleted there. */
  async with<T>(
    caller: Caller,
    connection: Connection,
    customerId: string,
    call: (remoteCustomerId: string, keySuffix: string) => Promise<T>,
  ): Promise<T> {
    const remoteId = await this.ensure(caller, connection, customerId);
    try {
      return await call(remoteId, '');
    } catch (error) {
      if (!this.lost.isTold(error)) throw error;
      const again = await this.uow.run(caller, async (ctx) =>
        this.lost.unlink(ctx, connection, await this.customers.get(ctx, customerId)),
      );
      if (!again) throw error;
      // Another customer is another request: under the first key the provider remembers the refusal.
      return call(await this.ensure(caller, connection, customerId), ':anew');
    }
  }

  /** The provider's id of the customer. */
  async ensure(caller: Caller, connection: Connection, customerId: string): Promise<string> {
    const deadline = this.clock.now().getTime() + PATIENCE_MS;
    for (;;) {
      const found = await this.uow.run(caller, async (ctx): Promise<string | SyncOperation> => {
        const remoteId = await this.mappings.remoteId(ctx, connection.id, 'customer', customerId);
        if (remoteId !== undefined) return remoteId;
        if (!connection.syncConfig.customer.outbound)
          throw invalidOperation(
            `the customer is not synced to ${connection.provider}, and customer.outbound is switched off`,
            'customer_not_synced',
            { customer_id: customerId },
          );
        const { revision } = await this.customers.get(ctx, customerId);
        const intent = { entityType: 'customer', entityId: customerId, action: 'push', revision } as const;
        const operation = await this.operations.plan(ctx, connection, intent);
        // Done, and yet there is nothing: what it made is gone.
        return operation.state === 'succeeded'
          ? this.operations.planAgain(ctx, connection, intent)
          : operation;
      });
      if (typeof found === 'string') return found;
      assertNotFailed(found, connection);
      const outcome = await this.engine.run(caller, found.id);
      if (outcome === undefined) continue;
      if (this.clock.now().getTime() > deadline)
        throw new BillingError(
          'service_unavailable',
          `the customer could not be synced to ${connection.provider} yet: ${outcome.reason}`,
        );
      await delay(PAUSE_MS);
    }
  }
}

function assertNotFailed(operation: SyncOperation, connection: Connection): void {
  if (operation.state !== 'failed' && operation.state !== 'skipped') return;
  throw invalidOperation(
    `the customer could not be synced to ${connection.provider}: ${operation.error?.message ?? operation.reason ?? ''}`,
    'customer_not_synced',
    { operation_id: operation.id },
  );
}
