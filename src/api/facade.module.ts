import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { BillingRunsModule } from '../billing/billing-runs.module.js';
import { CustomersModule } from '../customers/customers.module.js';
import { FeaturesModule } from '../features/features.module.js';
import { InvoicesModule } from '../invoices/invoices.module.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { PrepaidModule } from '../prepaid/prepaid.module.js';
import { RatingModule } from '../rating/rating.module.js';
import { SubscriptionChangesModule } from '../subscription-changes/subscription-changes.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { TenancyModule } from '../tenancy/tenancy.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { WalletsModule } from '../wallets/wallets.module.js';
import { Billing } from './billing.service.js';
import { CustomerCreationController } from './customers/customer-creation.controller.js';
import { InvoicesController } from './invoices/invoices.controller.js';
import { PaymentsFlowController } from './payments/payments-flow.controller.js';
import { PlansController } from './plans/plans.controller.js';
import { PricesController } from './prices/prices.controller.js';
import { SubscriptionLifecycleController } from './subscriptions/subscription-lifecycle.controller.js';

/** {@link Billing}, which calls the handlers of routes as they are; here they are mounted nowhere. */
@Module({})
export class FacadeModule {
  /** With the module of the integrations, or its stand-in. */
  static register(integrations: Type): DynamicModule {
    return {
      module: FacadeModule,
      imports: [
        TenancyModule,
        CustomersModule,
        FeaturesModule,
        PlansModule,
        UsageModule,
        WalletsModule,
        SubscriptionsModule,
        RatingModule,
        InvoicesModule,
        PaymentsModule,
        BillingRunsModule,
        PrepaidModule,
        SubscriptionChangesModule,
        integrations,
      ],
      providers: [
        Billing,
        CustomerCreationController,
        PlansController,
        PricesController,
        SubscriptionLifecycleController,
        InvoicesController,
        PaymentsFlowController,
      ],
      exports: [Billing],
    };
  }
}
