import { Module } from '@nestjs/common';
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
import { IntegrationsModule } from '../integrations/integrations.module.js';
import { NotificationsModule } from '../notifications/notifications.module.js';
import { AddonsController } from './addons/addons.controller.js';
import { BillingRunsController } from './billing/billing-run.controller.js';
import { ConnectionsController } from './connections/connections.controller.js';
import { CouponsController } from './coupons/coupons.controller.js';
import { CreditGrantsController, GrantListsController } from './creditgrants/credit-grants.controller.js';
import { CreditNotesController } from './creditnotes/credit-notes.controller.js';
import { CustomerCreationController } from './customers/customer-creation.controller.js';
import { CustomerInvoicesController } from './customers/customer-invoices.controller.js';
import { CustomersController } from './customers/customers.controller.js';
import { EntitlementsController } from './entitlements/entitlements.controller.js';
import { UsageAnalyticsController } from './events/usage-analytics.controller.js';
import { UsageController } from './events/usage.controller.js';
import { FeatureRemovalController } from './features/feature-removal.controller.js';
import { FeaturesController } from './features/features.controller.js';
import { GroupsController } from './groups/groups.controller.js';
import { IntegrationsController, InvoiceSyncController } from './integrations/integrations.controller.js';
import {
  CustomerIntegrationsController,
  EntityIntegrationMappingsController,
  MappingsController,
} from './integrations/mappings.controller.js';
import { TimelineController } from './integrations/timeline.controller.js';
import { InvoiceAttemptController } from './invoices/invoice-attempt.controller.js';
import { InvoiceLifecycleController } from './invoices/invoice-lifecycle.controller.js';
import { InvoiceDocumentsController } from './invoices/invoice-previews.controller.js';
import { InvoicesController } from './invoices/invoices.controller.js';
import { LateUsageController } from './invoices/late-usage.controller.js';
import { JobsController } from './jobs/jobs.controller.js';
import { PaymentsFlowController } from './payments/payments-flow.controller.js';
import { PaymentsController } from './payments/payments.controller.js';
import { RefundsController } from './payments/refunds.controller.js';
import { PlanPriceSyncController } from './plans/plan-price-sync.controller.js';
import { PlansController } from './plans/plans.controller.js';
import { PricesController } from './prices/prices.controller.js';
import { InvoiceSettingsController } from './settings/invoice-settings.controller.js';
import { EntitlementSummariesController } from './subscriptions/entitlement-summaries.controller.js';
import { PlanChangeController } from './subscriptions/plan-change.controller.js';
import { SubscriptionAddonsController } from './subscriptions/subscription-addons.controller.js';
import { SubscriptionLifecycleController } from './subscriptions/subscription-lifecycle.controller.js';
import { SubscriptionSchedulesController } from './subscriptions/subscription-schedules.controller.js';
import { SubscriptionUsageController } from './subscriptions/subscription-usage.controller.js';
import {
  CustomerSubscriptionsController,
  DeletionsController,
  SubscriptionsController,
} from './subscriptions/subscriptions.controller.js';
import { TaxAssociationsController } from './taxes/tax-associations.controller.js';
import { TaxRatesController } from './taxes/tax-rates.controller.js';
import {
  ApiKeysController,
  EnvironmentsController,
  TenantsController,
} from './tenants/tenancy.controller.js';
import { WalletBalanceController } from './wallets/wallet-balance.controller.js';
import { WalletTopUpsController } from './wallets/wallet-topups.controller.js';
import { CustomerWalletsController, WalletsController } from './wallets/wallets.controller.js';
import { WebhookEndpointsController } from './webhook-endpoints/webhook-endpoints.controller.js';
import {
  WebhookDeliveriesController,
  WebhookMessagesController,
} from './webhook-messages/webhook-messages.controller.js';
import { AnyWebhookController, WebhooksController } from './webhooks/webhooks.controller.js';

/** All routes of the public API. Without this module the rest works, and serves no HTTP. */
@Module({
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
    IntegrationsModule,
    NotificationsModule,
  ],
  controllers: [
    AddonsController,
    BillingRunsController,
    ConnectionsController,
    CouponsController,
    CreditGrantsController,
    GrantListsController,
    CreditNotesController,
    CustomerCreationController,
    CustomerInvoicesController,
    CustomersController,
    EntitlementsController,
    UsageAnalyticsController,
    UsageController,
    FeatureRemovalController,
    FeaturesController,
    GroupsController,
    IntegrationsController,
    InvoiceSyncController,
    MappingsController,
    EntityIntegrationMappingsController,
    CustomerIntegrationsController,
    TimelineController,
    InvoiceAttemptController,
    InvoiceLifecycleController,
    InvoiceDocumentsController,
    InvoicesController,
    LateUsageController,
    JobsController,
    PaymentsFlowController,
    PaymentsController,
    RefundsController,
    PlanPriceSyncController,
    PlansController,
    PricesController,
    InvoiceSettingsController,
    EntitlementSummariesController,
    PlanChangeController,
    SubscriptionAddonsController,
    SubscriptionLifecycleController,
    SubscriptionSchedulesController,
    SubscriptionUsageController,
    SubscriptionsController,
    CustomerSubscriptionsController,
    DeletionsController,
    TaxAssociationsController,
    TaxRatesController,
    ApiKeysController,
    TenantsController,
    EnvironmentsController,
    WalletBalanceController,
    WalletTopUpsController,
    WalletsController,
    CustomerWalletsController,
    WebhookEndpointsController,
    WebhookMessagesController,
    WebhookDeliveriesController,
    WebhooksController,
    AnyWebhookController,
  ],
})
export class ApiModule {}
