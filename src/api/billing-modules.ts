import { TenancyModule } from '../tenancy/tenancy.module.js';
import { ConnectionsModule } from '../connections/connections.module.js';
import { CustomersModule } from '../customers/customers.module.js';
import { FeaturesModule } from '../features/features.module.js';
import { PlansModule } from '../plans/plans.module.js';
import { UsageModule } from '../usage/usage.module.js';
import { WalletsModule } from '../wallets/wallets.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { RatingModule } from '../rating/rating.module.js';
import { InvoicesModule } from '../invoices/invoices.module.js';
import { PaymentsModule } from '../payments/payments.module.js';
import { BillingRunsModule } from '../billing/billing-runs.module.js';
import { PrepaidModule } from '../prepaid/prepaid.module.js';
import { SubscriptionChangesModule } from '../subscription-changes/subscription-changes.module.js';

/** What billing is made of, in the order of the modules, up to the integrations. */
export const BILLING_MODULES = [
  TenancyModule,
  ConnectionsModule,
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
] as const;
