export {
  BillingModule,
  billingMigrations,
  migrateDatabase,
  type BillingModuleAsyncOptions,
  type BillingWiring,
  type Feature,
} from './billing.module.js';
export type { BillingOptions, WorkerSettings } from './billing.options.js';
export {
  Billing,
  type BillingCall,
  type BillingScope,
  type ChargeInvoiceInput,
  type PaymentInput,
} from './api/billing.service.js';
export { isBillingRoute, isBillingWebhook } from './api/billing-routes.js';
export { withContractTypes } from './platform/http/contract-types.js';
export { ENTITIES as BILLING_ENTITIES } from './entities.js';
export type { DatabaseOptions } from './platform/database/data-source.js';
export type { Grant } from './domain/access/grants.js';
export type { Requester, RequestGuard } from './tenancy/request-guard.types.js';
export { BillingError, type ErrorKind } from './domain/errors.js';
export type { Caller, Ctx, Scope } from './platform/context.js';
export { UnitOfWork } from './platform/database/unit-of-work.js';
export { Metrics } from './platform/metrics/metrics.js';
export type { SecretKey } from './platform/secrets/secret-box.js';
export { ConnectionsService } from './connections/connections.service.js';
export { CustomersService } from './customers/customers.service.js';
export { FeaturesService } from './features/features.service.js';
export { InvoicesService } from './invoices/invoices.service.js';
export { WebhookEndpointsService } from './notifications/webhook-endpoints.service.js';
export { PaymentsService } from './payments/payments.service.js';
export { PlansService } from './plans/plans.service.js';
export { PricesService } from './plans/prices.service.js';
export { SubscriptionsService } from './subscriptions/subscriptions.service.js';
export { TenancyService } from './tenancy/tenancy.service.js';
export { UsageService } from './usage/usage.service.js';
export { WalletsService } from './wallets/wallets.service.js';
export { PROVIDER_ADAPTERS } from './providers/provider-adapters.js';
export type { ProviderModules } from './providers/providers.module.js';
export type * from './providers/provider-adapter.js';
export type * from './providers/provider-objects.js';
export type * from './providers/provider-lists.js';
export type * from './providers/provider-event.js';
export type * from './providers/provider-catalogue.js';
export type * from './providers/provider-subscriptions.js';
export {
  ProviderError,
  type ProviderErrorKind,
  type ProviderErrorOptions,
} from './providers/provider-error.js';
export { MissingPackageError } from './platform/optional-package.js';
