import { ConnectionEntity } from './connections/connection.entity.js';
import { CustomerEntity } from './customers/customer.entity.js';
import { FeatureEntity } from './features/feature.entity.js';
import { GroupEntity } from './features/group.entity.js';
import { GroupMemberEntity } from './features/group-member.entity.js';
import { MeterEntity } from './features/meter.entity.js';
import { CheckoutSessionEntity } from './integrations/checkout-sessions/checkout-session.entity.js';
import { WebhookEventEntity } from './integrations/inbound-webhooks/webhook-event.entity.js';
import { EntityMappingEntity } from './integrations/mappings/entity-mapping.entity.js';
import { SyncAttemptEntity } from './integrations/sync/sync-attempt.entity.js';
import { SyncOperationEntity } from './integrations/sync/sync-operation.entity.js';
import { BillingRunEntity } from './billing/runs/billing-run.entity.js';
import {
  InvoiceCouponApplicationEntity,
  InvoiceCreditApplicationEntity,
  InvoiceTaxApplicationEntity,
} from './invoices/invoice-applications.entity.js';
import { InvoiceAdjustmentEntity } from './invoices/invoice-adjustment.entity.js';
import { InvoiceEntity } from './invoices/invoice.entity.js';
import { InvoiceLineItemEntity } from './invoices/invoice-line-item.entity.js';
import { InvoiceNumberSequenceEntity } from './invoices/invoice-number-sequence.entity.js';
import { InvoiceSettingsEntity } from './invoices/invoice-settings.entity.js';
import { LineCreditEntity } from './invoices/line-credit.entity.js';
import { UsageRestatementEntity } from './invoices/usage-restatement.entity.js';
import { WebhookAttemptEntity, WebhookDeliveryEntity } from './notifications/webhook-delivery.entity.js';
import { WebhookEndpointEntity } from './notifications/webhook-endpoint.entity.js';
import { WebhookMessageEntity } from './notifications/webhook-message.entity.js';
import { CreditNoteEntity, CreditNoteLineItemEntity } from './payments/credit-note.entity.js';
import { PaymentDisputeEntity } from './payments/payment-dispute.entity.js';
import { PaymentRefundEntity } from './payments/payment-refund.entity.js';
import { PaymentAllocationEntity } from './payments/payment-allocation.entity.js';
import { PaymentAttemptEntity } from './payments/payment-attempt.entity.js';
import { PaymentEntity } from './payments/payment.entity.js';
import { PaymentMethodEntity } from './payments/payment-method.entity.js';
import { AddonEntity } from './plans/addon.entity.js';
import { CouponAssociationEntity } from './plans/coupon-association.entity.js';
import { CouponEntity } from './plans/coupon.entity.js';
import { CouponUseEntity } from './plans/coupon-use.entity.js';
import { EntitlementEntity } from './plans/entitlement.entity.js';
import { PlanEntity } from './plans/plan.entity.js';
import { PriceEntity } from './plans/price.entity.js';
import { TaxAssociationEntity } from './plans/tax-association.entity.js';
import { TaxRateEntity } from './plans/tax-rate.entity.js';
import { EnvironmentClockEntity } from './platform/clock/environment-clock.entity.js';
import { IdempotencyKeyEntity } from './platform/idempotency/idempotency-key.entity.js';
import { SCHEMA } from './platform/database/data-source.js';
import { nameTables } from './platform/database/entity-names.js';
import { JobEntity } from './platform/jobs/job.entity.js';
import { OutboxEventEntity } from './platform/outbox/outbox.entity.js';
import { SubscriptionAddonEntity } from './subscriptions/subscription-addon.entity.js';
import { SubscriptionEntity } from './subscriptions/subscription.entity.js';
import { SubscriptionLineItemEntity } from './subscriptions/subscription-line-item.entity.js';
import { SubscriptionPauseEntity } from './subscriptions/subscription-pause.entity.js';
import { SubscriptionScheduleEntity } from './subscriptions/subscription-schedule.entity.js';
import { ApiKeyEntity } from './tenancy/api-key.entity.js';
import { AuditEntryEntity } from './tenancy/audit-entry.entity.js';
import { EnvironmentEntity } from './tenancy/environment.entity.js';
import { TenantEntity } from './tenancy/tenant.entity.js';
import { UsageEventConflictEntity } from './usage/postgres/usage-event-conflict.entity.js';
import { UsageEventIdEntity } from './usage/postgres/usage-event-id.entity.js';
import { UsageEventEntity } from './usage/postgres/usage-event.entity.js';
import { UsageHourEntity } from './usage/postgres/usage-hour.entity.js';
import { UsageRollupEntity } from './usage/postgres/usage-rollup.entity.js';
import { UsageSeriesEntity } from './usage/postgres/usage-series.entity.js';
import { CreditGrantApplicationEntity } from './wallets/credit-grant-application.entity.js';
import { CreditGrantEntity } from './wallets/credit-grant.entity.js';
import { WalletCreditUseEntity } from './wallets/wallet-credit-use.entity.js';
import { WalletEntity } from './wallets/wallet.entity.js';
import { WalletTransactionEntity } from './wallets/wallet-transaction.entity.js';

/** Every table. The one file that may name the entities of all houses: the data source needs them in one place. */
export const ENTITIES = nameTables(
  [
    TenantEntity,
    EnvironmentEntity,
    EnvironmentClockEntity,
    ApiKeyEntity,
    AuditEntryEntity,
    OutboxEventEntity,
    IdempotencyKeyEntity,
    JobEntity,
    ConnectionEntity,
    CustomerEntity,
    MeterEntity,
    FeatureEntity,
    PlanEntity,
    PriceEntity,
    GroupEntity,
    GroupMemberEntity,
    AddonEntity,
    EntitlementEntity,
    CouponEntity,
    CouponAssociationEntity,
    CouponUseEntity,
    TaxRateEntity,
    TaxAssociationEntity,
    UsageEventEntity,
    UsageEventIdEntity,
    UsageEventConflictEntity,
    UsageHourEntity,
    UsageSeriesEntity,
    UsageRollupEntity,
    WalletEntity,
    WalletTransactionEntity,
    WalletCreditUseEntity,
    CreditGrantEntity,
    CreditGrantApplicationEntity,
    SubscriptionEntity,
    SubscriptionLineItemEntity,
    SubscriptionAddonEntity,
    SubscriptionPauseEntity,
    SubscriptionScheduleEntity,
    BillingRunEntity,
    InvoiceAdjustmentEntity,
    InvoiceEntity,
    InvoiceLineItemEntity,
    InvoiceNumberSequenceEntity,
    InvoiceCouponApplicationEntity,
    InvoiceTaxApplicationEntity,
    InvoiceCreditApplicationEntity,
    UsageRestatementEntity,
    LineCreditEntity,
    InvoiceSettingsEntity,
    PaymentEntity,
    PaymentAttemptEntity,
    PaymentAllocationEntity,
    PaymentMethodEntity,
    PaymentRefundEntity,
    PaymentDisputeEntity,
    CreditNoteEntity,
    CreditNoteLineItemEntity,
    EntityMappingEntity,
    SyncOperationEntity,
    SyncAttemptEntity,
    WebhookEventEntity,
    WebhookEndpointEntity,
    WebhookMessageEntity,
    WebhookDeliveryEntity,
    WebhookAttemptEntity,
    CheckoutSessionEntity,
  ] as const,
  SCHEMA,
);
