import { Module } from '@nestjs/common';
import { CustomersModule } from '../customers/customers.module.js';
import { FeaturesModule } from '../features/features.module.js';
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
import { UsageAnalyticsController } from './usage-analytics.controller.js';
import { UsageAnalyticsService } from './usage-analytics.service.js';

@Module({
  imports: [TenancyModule, CustomersModule, FeaturesModule, PlansModule, SubscriptionsModule, UsageModule],
  controllers: [InvoicesController, SubscriptionBillingController, UsageAnalyticsController],
  providers: [
    InvoicesService,
    InvoicesQueries,
    SubscriptionBillingService,
    BillingRun,
    UsageAnalyticsService,
  ],
  exports: [InvoicesService, InvoicesQueries],
})
export class InvoicesModule {}
