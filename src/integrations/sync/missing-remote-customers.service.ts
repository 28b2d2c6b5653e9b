import { Injectable } from '@nestjs/common';
import type { Connection } from '../../connections/connections.types.js';
import { PaymentMethodsService } from '../../payments/payment-methods.service.js';
import type { Ctx } from '../../platform/context.js';
import { ProviderError } from '../../providers/provider-error.js';
import { MappingsService } from '../mappings/mappings.service.js';
import { SyncOperationsService } from './sync-operations.service.js';

/** Remote customers that somebody has deleted at the provider, whether a webhook tells of it or a call that fails. */
@Injectable()
export class MissingRemoteCustomers {
  constructor(
    private readonly mappings: MappingsService,
    private readonly methods: PaymentMethodsService,
    private readonly operations: SyncOperationsService,
  ) {}

  /** A refusal that says so. */
  isTold(error: unknown): boolean {
    return error instanceof ProviderError && error.kind === 'not_found' && error.param === 'customer';
  }

  /** Takes it off our books, its saved methods too, and plans to make it again where customers are pushed. */
  async unlink(
    ctx: Ctx,
    connection: Connection,
    customer: { readonly id: string; readonly revision: number },
  ): Promise<boolean> {
    const mapping = await this.mappings.find(ctx, connection.id, 'customer', customer.id);
    if (mapping?.state === 'linked') await this.mappings.lose(ctx, mapping);
    await this.methods.forget(ctx, customer.id, connection.id);
    if (!connection.syncConfig.customer.outbound) return false;
    await this.operations.planAgain(ctx, connection, {
      entityType: 'customer',
      entityId: customer.id,
      action: 'push',
      revision: customer.revision,
    });
    return true;
  }
}
