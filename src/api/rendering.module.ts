import { Global, Module, type DynamicModule, type Type } from '@nestjs/common';
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
import { EventBodies } from '../notifications/event-bodies.types.js';
import { ShownAddons } from './addons/shown-addons.js';
import { ShownGrants } from './creditgrants/shown-grants.js';
import { CreditNotesQueries } from './creditnotes/credit-notes.queries.js';
import { ShownCustomers } from './customers/shown-customers.js';
import { InvoiceSummaryQueries } from './customers/invoice-summary.queries.js';
import { ApiEventBodies } from './event-bodies/api-event-bodies.js';
import { TimelineQueries } from './integrations/timeline.queries.js';
import { InvoicesQueries } from './invoices/invoices.queries.js';
import { PaymentsQueries } from './payments/payments.queries.js';
import { SubscriptionsQueries } from './subscriptions/subscriptions.queries.js';
import { WalletsQueries } from './wallets/wallets.queries.js';

const RENDERERS = [
  ShownAddons,
  ShownCustomers,
  ShownGrants,
  CreditNotesQueries,
  InvoiceSummaryQueries,
  InvoicesQueries,
  PaymentsQueries,
  SubscriptionsQueries,
  WalletsQueries,
];

/** What the API shows of objects, also without its routes: the bodies of outbound webhooks are the same. */
@Global()
@Module({})
export class RenderingModule {
  /** With the module of the integrations, or its stand-in. */
  static register(integrations: Type, hasIntegrations: boolean): DynamicModule {
    const renderers = hasIntegrations ? [...RENDERERS, TimelineQueries] : RENDERERS;
    return {
      module: RenderingModule,
      imports: [
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
        integrations,
      ],
      providers: [...renderers, { provide: EventBodies, useClass: ApiEventBodies }],
      exports: [...renderers, EventBodies],
    };
  }
}
