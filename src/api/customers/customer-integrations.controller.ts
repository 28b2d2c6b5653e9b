import { Get, Param } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { SyncOperationsService } from '../../integrations/sync/sync-operations.service.js';
import { CustomerIntegrationsResponse } from '../integrations/mappings.responses.js';
import { MappingsService } from '../../integrations/mappings/mappings.service.js';

@ApiController('customers', 'Integrations')
export class CustomerIntegrationsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly customers: CustomersService,
    private readonly mappings: MappingsService,
    private readonly operations: SyncOperationsService,
  ) {}

  /** What the customer is at each provider, and the state of its last sync. */
  @Get(':id/integrations')
  list(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<CustomerIntegrationsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const customer = await this.customers.get(ctx, id);
      const mappings = await this.mappings.ofEntity(ctx, 'customer', customer.id);
      const { rows } = await this.operations.search(ctx, {
        entity_type: 'customer',
        entity_id: customer.id,
        limit: 1000,
      });
      return {
        customer_id: customer.id,
        integrations: mappings.map((mapping) => {
          const last = rows.find((operation) => operation.connectionId === mapping.connectionId);
          return {
            provider: mapping.provider,
            connection_id: mapping.connectionId,
            external_id: mapping.providerEntityId,
            sync_status: last?.state ?? mapping.state,
            last_sync: last?.finishedAt ?? mapping.updatedAt,
            error: last?.error?.message ?? null,
          };
        }),
      };
    });
  }
}
