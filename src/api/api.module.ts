import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { BILLING_MODULES } from './billing-modules.js';
import { NotificationsModule } from '../notifications/notifications.module.js';
import { AddonGrantsController } from './addons/addon-grants.controller.js';
import { AddonsController } from './addons/addons.controller.js';
import { AuditLogsController } from './audit-logs/audit-logs.controller.js';
import { BillingRunsController } from './billing/billing-run.controller.js';
import { ConnectionsController } from './connections/connections.controller.js';
import { CouponsController } from './coupons/coupons.controller.js';
import { CreditGrantsController } from './creditgrants/credit-grants.controller.js';
import { CreditNotesController } from './creditnotes/credit-notes.controller.js';
import { CustomerBalanceController } from './customers/customer-balance.controller.js';
import { CustomerCreationController } from './customers/customer-creation.controller.js';
import { CustomerDeletionController } from './customers/customer-deletion.controller.js';
import { CustomerEntitlementsController } from './customers/customer-entitlements.controller.js';
import { CustomerGrantsController } from './customers/customer-grants.controller.js';
import { CustomerIntegrationsController } from './customers/customer-integrations.controller.js';
import { CustomerInvoicesController } from './customers/customer-invoices.controller.js';
import { CustomerSubscriptionsController } from './customers/customer-subscriptions.controller.js';
import { CustomerUsageController } from './customers/customer-usage.controller.js';
import { CustomerWalletsController } from './customers/customer-wallets.controller.js';
import { CustomersController } from './customers/customers.controller.js';
import { DashboardsController } from './dashboards/dashboards.controller.js';
import { EntitlementsController } from './entitlements/entitlements.controller.js';
import { EntityIntegrationMappingsController } from './entity-integration-mappings/entity-integration-mappings.controller.js';
import { EnvironmentsController } from './environments/environments.controller.js';
import { UsageAnalyticsController } from './events/usage-analytics.controller.js';
import { UsageController } from './events/usage.controller.js';
import { FeatureRemovalController } from './features/feature-removal.controller.js';
import { FeaturesController } from './features/features.controller.js';
import { GroupsController } from './groups/groups.controller.js';
import { AnyWebhookController } from './integrations/any-webhook.controller.js';
import { IntegrationsController } from './integrations/integrations.controller.js';
import { MappingsController } from './integrations/mappings.controller.js';
import { TimelineController } from './integrations/timeline.controller.js';
import { ExplanationController } from './invoices/explanation.controller.js';
import { InvoiceAttemptController } from './invoices/invoice-attempt.controller.js';
import { InvoiceLifecycleController } from './invoices/invoice-lifecycle.controller.js';
import { InvoiceDocumentsController } from './invoices/invoice-previews.controller.js';
import { InvoiceSyncController } from './invoices/invoice-sync.controller.js';
import { InvoicesController } from './invoices/invoices.controller.js';
import { LateUsageController } from './invoices/late-usage.controller.js';
import { JobsController } from './jobs/jobs.controller.js';
import { CheckoutController } from './payments/checkout.controller.js';
import { PaymentsFlowController } from './payments/payments-flow.controller.js';
import { PaymentsController } from './payments/payments.controller.js';
import { RefundsController } from './payments/refunds.controller.js';
import { PlanDeletionController } from './plans/plan-deletion.controller.js';
import { PlanGrantsController } from './plans/plan-grants.controller.js';
import { PlanPriceSyncController } from './plans/plan-price-sync.controller.js';
import { PlansController } from './plans/plans.controller.js';
import { PricesController } from './prices/prices.controller.js';
import { ApiKeysController } from './secrets/api-keys.controller.js';
import { InvoiceSettingsController } from './settings/invoice-settings.controller.js';
import { PlanChangeController } from './subscriptions/plan-change.controller.js';
import { SubscriptionAddonsController } from './subscriptions/subscription-addons.controller.js';
import { SubscriptionEntitlementsController } from './subscriptions/subscription-entitlements.controller.js';
import { SubscriptionGrantsController } from './subscriptions/subscription-grants.controller.js';
import { SubscriptionLifecycleController } from './subscriptions/subscription-lifecycle.controller.js';
import { SubscriptionSchedulesController } from './subscriptions/subscription-schedules.controller.js';
import { SubscriptionUsageController } from './subscriptions/subscription-usage.controller.js';
import { SubscriptionsController } from './subscriptions/subscriptions.controller.js';
import { TaxAssociationsController } from './taxes/tax-associations.controller.js';
import { TaxRatesController } from './taxes/tax-rates.controller.js';
import { TenantsController } from './tenants/tenants.controller.js';
import { WalletBalanceController } from './wallets/wallet-balance.controller.js';
import { WalletTopUpsController } from './wallets/wallet-topups.controller.js';
import { WalletsController } from './wallets/wallets.controller.js';
import { WebhookDeliveriesController } from './webhook-deliveries/webhook-deliveries.controller.js';
import { WebhookEndpointsController } from './webhook-endpoints/webhook-endpoints.controller.js';
import { WebhookMessagesController } from './webhook-messages/webhook-messages.controller.js';
import { WebhooksController } from './webhooks/webhooks.controller.js';
import { mountRoutes } from './mount-routes.js';

/** In the order in which they are mounted. */
export const CONTROLLERS: readonly Type[] = [
  AddonGrantsController,
  AddonsController,
  AuditLogsController,
  BillingRunsController,
  ConnectionsController,
  CouponsController,
  CreditGrantsController,
  CreditNotesController,
  CustomerBalanceController,
  CustomerCreationController,
  CustomerDeletionController,
  CustomerEntitlementsController,
  CustomerGrantsController,
  CustomerIntegrationsController,
  CustomerInvoicesController,
  CustomerSubscriptionsController,
  CustomerUsageController,
  CustomerWalletsController,
  CustomersController,
  DashboardsController,
  EntitlementsController,
  EntityIntegrationMappingsController,
  EnvironmentsController,
  UsageAnalyticsController,
  UsageController,
  FeatureRemovalController,
  FeaturesController,
  GroupsController,
  AnyWebhookController,
  IntegrationsController,
  MappingsController,
  TimelineController,
  ExplanationController,
  InvoiceAttemptController,
  InvoiceLifecycleController,
  InvoiceDocumentsController,
  InvoiceSyncController,
  InvoicesController,
  LateUsageController,
  JobsController,
  CheckoutController,
  PaymentsFlowController,
  PaymentsController,
  RefundsController,
  PlanDeletionController,
  PlanGrantsController,
  PlanPriceSyncController,
  PlansController,
  PricesController,
  ApiKeysController,
  InvoiceSettingsController,
  PlanChangeController,
  SubscriptionAddonsController,
  SubscriptionEntitlementsController,
  SubscriptionGrantsController,
  SubscriptionLifecycleController,
  SubscriptionSchedulesController,
  SubscriptionUsageController,
  SubscriptionsController,
  TaxAssociationsController,
  TaxRatesController,
  TenantsController,
  WalletBalanceController,
  WalletTopUpsController,
  WalletsController,
  WebhookDeliveriesController,
  WebhookEndpointsController,
  WebhookMessagesController,
  WebhooksController,
];

/** Routes of what is done with providers: those that an application without integrations leaves out. */
const OF_INTEGRATIONS: readonly Type[] = [
  ConnectionsController,
  CustomerIntegrationsController,
  EntityIntegrationMappingsController,
  AnyWebhookController,
  IntegrationsController,
  MappingsController,
  TimelineController,
  InvoiceSyncController,
  CheckoutController,
  WebhooksController,
];

export interface ApiRegistration {
  /** The paths below which the routes are. */
  readonly bases: readonly string[];
  /** The module of the integrations, or its stand-in. */
  readonly integrations: Type;
  readonly hasIntegrations: boolean;
}

/** All routes of the public API. Without this module the rest works, and serves no HTTP. */
@Module({})
export class ApiModule {
  static register({ bases, integrations, hasIntegrations }: ApiRegistration): DynamicModule {
    return {
      module: ApiModule,
      imports: mountRoutes(bases, {
        imports: [...BILLING_MODULES, integrations, NotificationsModule],
        controllers: CONTROLLERS.filter((one) => hasIntegrations || !OF_INTEGRATIONS.includes(one)),
      }),
    };
  }
}
