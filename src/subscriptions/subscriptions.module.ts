import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { WalletsModule } from '../wallets/wallets.module.js';
import { CustomerSubscriptionsQueries } from './customer-subscriptions.queries.js';
import { DeletionsController, SubscriptionsController } from './subscriptions.controller.js';
import { SubscriptionsQueries } from './subscriptions.queries.js';
import { SubscriptionsService } from './subscriptions.service.js';

@Module({
  imports: [TenancyModule, CustomersModule, PlansModule, WalletsModule],
  controllers: [SubscriptionsController, DeletionsController],
  providers: [SubscriptionsService, SubscriptionsQueries, CustomerSubscriptionsQueries],
  exports: [SubscriptionsService, SubscriptionsQueries, CustomerSubscriptionsQueries],
})
export class SubscriptionsModule {}
