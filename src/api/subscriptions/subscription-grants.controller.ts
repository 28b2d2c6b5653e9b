import { Get, Param } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { ListCreditGrantApplicationsResponse } from '../creditgrants/credit-grants.responses.js';
import { upcomingGrants } from '../creditgrants/upcoming-grants.js';
import { GrantApplications } from '../../wallets/grant-applications.service.js';

@ApiController('subscriptions', 'Credit grants')
export class SubscriptionGrantsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly applications: GrantApplications,
    private readonly subscriptions: SubscriptionsService,
  ) {}

  /** The next application of each credit grant of the subscription, earliest first. */
  @Get(':id/grants/upcoming')
  upcomingOfSubscription(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
  ): Promise<ListCreditGrantApplicationsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { subscriptionStatus } = await this.subscriptions.get(ctx, id);
      return upcomingGrants(ctx, this.applications, subscriptionStatus === 'cancelled' ? [] : [id]);
    });
  }
}
