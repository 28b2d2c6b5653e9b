import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { BillingRun } from './billing-run.js';
import { InvoicesController } from './invoices.controller.js';
import { InvoicesQueries } from './invoices.queries.js';
import { InvoicesService } from './invoices.service.js';
import { SubscriptionBillingController } from './subscription-billing.controller.js';
import { SubscriptionBillingService } from './subscription-billing.service.js';

@Module({
  imports: [TenancyModule, CustomersModule, PlansModule, SubscriptionsModule, UsageModule],
  controllers: [InvoicesController, SubscriptionBillingController],
  providers: [InvoicesService, InvoicesQueries, SubscriptionBillingService, BillingRun],
  exports: [InvoicesService, InvoicesQueries],
})
export class InvoicesModule {}
