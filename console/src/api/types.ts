import type { components } from './schema.gen';

type Schemas = components['schemas'];

export type Connection = Schemas['ConnectionResponse'];
export type ConnectionChange = Schemas['UpdateConnectionRequest'];
export type Integration = Schemas['IntegrationConfigEntryResponse'];
export type CredentialField = Schemas['CredentialFieldResponse'];
export type SyncOperation = Schemas['SyncOperationResponse'];
export type TimelineEntry = Schemas['TimelineEntryResponse'];
export type WebhookEvent = Schemas['WebhookEventResponse'];
export type Customer = Schemas['CustomerResponse'];
export type Invoice = Schemas['InvoiceResponse'];
export type InvoiceLine = Schemas['InvoiceLineItemResponse'];
export type Payment = Schemas['PaymentResponse'];
export type CreditNote = Schemas['CreditNoteResponse'];
export type Plan = Schemas['PlanResponse'];
export type Price = Schemas['PriceResponse'];
export type InlinePrice = Schemas['InlinePriceRequest'];
export type Feature = Schemas['FeatureResponse'];
export type Subscription = Schemas['SubscriptionResponse'];
export type SubscriptionLine = Schemas['SubscriptionLineItemResponse'];
export type Wallet = Schemas['WalletResponse'];
export type WalletTransaction = Schemas['WalletTransactionResponse'];
export type Environment = Schemas['EnvironmentResponse'];
export type Job = Schemas['JobResponse'];
export type ApiKey = Schemas['SecretResponse'];
export type WebhookEndpoint = Schemas['WebhookEndpointResponse'];
export type WebhookDelivery = Schemas['WebhookDeliveryResponse'];
export type Coupon = Schemas['CouponResponse'];
export type TaxRate = Schemas['TaxRateResponse'];
export type Addon = Schemas['AddonResponse'];
export type UsageItem = Schemas['UsageAnalyticItemResponse'];
export type RawEvent = Schemas['EventResponse'];
export type Filter = Schemas['FilterRequest'];

/** A page of any list. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly pagination: { readonly total: number; readonly limit: number; readonly offset: number };
}
