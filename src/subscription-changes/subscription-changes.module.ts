import { Module } from '@nestjs/common';
import { BillingRunsModule } from '../billing/billing-runs.module.js';
import { CustomersModule } from '../customers/customers.module.js';
import { FeaturesModule } from '../features/features.module.js';
import { InvoicesModule } from '../invoices/invoices.module.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { RatingModule } from '../rating/rating.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { WalletsModule } from '../wallets/wallets.module.js';
import { AddonChanges } from './addons/addon-changes.service.js';
import { FirstPayment } from './first-payment.subscriber.js';
import { ImportedSubscriptionLife } from './imported-subscription-life.service.js';
import { PlanChangeTransfer } from './plan-change/plan-change-transfer.service.js';
import { PlanChangeScheduling } from './plan-change/plan-change-scheduling.service.js';
import { PlanChangeService } from './plan-change/plan-change.service.js';
import { ScheduledPlanChanges } from './plan-change/scheduled-plan-changes.js';
import { PlanPriceSyncJob } from './price-sync/plan-price-sync-job.service.js';
import { PlanPriceSync } from './price-sync/plan-price-sync.service.js';
import { SubscriptionLifecycleService } from './subscription-lifecycle.service.js';

/** What people do to subscriptions: create, cancel, pause, change the plan, add addons, take over new prices. */
@Module({
  imports: [
    TenancyModule,
    CustomersModule,
    FeaturesModule,
    PlansModule,
    WalletsModule,
    SubscriptionsModule,
    RatingModule,
    InvoicesModule,
    PaymentsModule,
    BillingRunsModule,
  ],
  providers: [
    AddonChanges,
    FirstPayment,
    ImportedSubscriptionLife,
    PlanChangeTransfer,
    PlanChangeScheduling,
    PlanChangeService,
    PlanPriceSync,
    PlanPriceSyncJob,
    ScheduledPlanChanges,
    SubscriptionLifecycleService,
  ],
  exports: [
    ImportedSubscriptionLife,
    PlanChangeService,
    SubscriptionLifecycleService,
    PlanPriceSyncJob,
    PlanChangeScheduling,
    AddonChanges,
  ],
})
export class SubscriptionChangesModule {}
