import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { SubscriptionLookup } from './subscription-lookup.js';
import { DeletionsController, SubscriptionsController } from './subscriptions.controller.js';
import { SubscriptionsQueries } from './subscriptions.queries.js';
import { SubscriptionsService } from './subscriptions.service.js';
import { UsageLinesService } from './usage-lines.service.js';

@Module({
  imports: [TenancyModule, CustomersModule, PlansModule],
  controllers: [SubscriptionsController, DeletionsController],
  providers: [SubscriptionsService, SubscriptionsQueries, UsageLinesService, SubscriptionLookup],
  exports: [SubscriptionsService, SubscriptionsQueries, UsageLinesService],
})
export class SubscriptionsModule {}
