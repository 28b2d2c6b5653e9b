import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { BILLING_MODULES } from './billing-modules.js';
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
      imports: [...BILLING_MODULES, integrations],
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
