import { Get, Param, Query } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ListRequest } from '../../platform/http/list-query.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { SubscriptionsQueries } from '../subscriptions/subscriptions.queries.js';
import { ListSubscriptionsResponse } from '../subscriptions/subscriptions.responses.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';

/** A customer's subscriptions, by the id that the caller knows it by. */
@ApiController('customers', 'Customers')
export class CustomerSubscriptionsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly subscriptions: SubscriptionsService,
    private readonly queries: SubscriptionsQueries,
    private readonly customers: CustomersService,
  ) {}

  /** The subscriptions of the customer. The customer is given by your own id. */
  @Get('external/:external_id/subscriptions')
  list(
    @CurrentCaller() caller: Caller,
    @Param('external_id') externalId: string,
    @Query() query: ListRequest,
  ): Promise<ListSubscriptionsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const customer = await this.customers.getByExternalId(ctx, externalId);
      const { rows, pagination } = await this.subscriptions.search(ctx, {
        ...query,
        customer_ids: [customer.id],
      });
      return { items: await this.queries.show(ctx, rows, { expand: query.expand }), pagination };
    });
  }
}
