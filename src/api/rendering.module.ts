import { Global, Module, type DynamicModule, type Type } from '@nestjs/common';
import { BILLING_MODULES } from './billing-modules.js';
import { EventBodies } from '../notifications/event-bodies.types.js';
import { ShownAddons } from './addons/shown-addons.js';
import { ShownGrants } from './creditgrants/shown-grants.js';
import { CreditNotesQueries } from './creditnotes/credit-notes.queries.js';
import { ShownCustomers } from './customers/shown-customers.js';
import { InvoiceSummaryQueries } from './customers/invoice-summary.queries.js';
import { BillingDashboardQueries } from './dashboards/billing-dashboard.queries.js';
import { CustomerDashboardQueries } from './dashboards/customer-dashboard.queries.js';
import { IntegrationDashboardQueries } from './dashboards/integration-dashboard.queries.js';
import { UsageDashboardQueries } from './dashboards/usage-dashboard.queries.js';
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
  BillingDashboardQueries,
  CreditNotesQueries,
  CustomerDashboardQueries,
  IntegrationDashboardQueries,
  InvoiceSummaryQueries,
  InvoicesQueries,
  PaymentsQueries,
  SubscriptionsQueries,
  UsageDashboardQueries,
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
      imports: [...BILLING_MODULES, integrations],
      providers: [...renderers, { provide: EventBodies, useClass: ApiEventBodies }],
      exports: [...renderers, EventBodies],
    };
  }
}
