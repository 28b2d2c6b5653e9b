import { Get, Param } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { CustomerSubscriptionsQueries } from '../../subscriptions/customer-subscriptions.queries.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { ListCreditGrantApplicationsResponse } from '../creditgrants/credit-grants.responses.js';
import { upcomingGrants } from '../creditgrants/upcoming-grants.js';
import { GrantApplications } from '../../wallets/grant-applications.service.js';

@ApiController('customers', 'Credit grants')
export class CustomerGrantsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly applications: GrantApplications,
    private readonly customers: CustomersService,
    private readonly customerSubscriptions: CustomerSubscriptionsQueries,
  ) {}

  /** The next application of every grant that the customer's subscriptions have, earliest first. */
  @Get(':id/grants/upcoming')
  upcomingOfCustomer(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
  ): Promise<ListCreditGrantApplicationsResponse> {
    return this.uow.read(caller, async (ctx) => {
      await this.customers.get(ctx, id);
      const open = await this.customerSubscriptions.openOf(ctx, id);
      return upcomingGrants(
        ctx,
        this.applications,
        open.map((subscription) => subscription.id),
      );
    });
  }
}
