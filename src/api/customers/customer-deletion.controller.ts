import { Delete, HttpCode, Param } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.js';
import { invalidOperation } from '../../domain/errors.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { WalletsService } from '../../wallets/wallets.service.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';

@ApiController('customers', 'Subscriptions')
export class CustomerDeletionController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly subscriptions: SubscriptionsService,
    private readonly customers: CustomersService,
    private readonly wallets: WalletsService,
  ) {}

  /** Deletes a customer. Refused with `customer_in_use` while it has a subscription that is not cancelled or an active wallet. */
  @Delete(':id')
  @HttpCode(204)
  deleteCustomer(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<void> {
    return this.uow.run(caller, async (ctx) => {
      if (await this.subscriptions.hasOpenFor(ctx, { customerId: id }))
        throw invalidOperation('the customer has a subscription that is not cancelled', 'customer_in_use', {
          id,
        });
      if (await this.wallets.hasActiveFor(ctx, id))
        throw invalidOperation('the customer has an active wallet: terminate it first', 'customer_in_use', {
          id,
        });
      await this.customers.delete(ctx, id);
    });
  }
}
