import type { components } from './schema.gen';

type Schemas = components['schemas'];

export type Connection = Schemas['ConnectionResponse'];
export type ConnectionChange = Schemas['UpdateConnectionRequest'];
export type Integration = Schemas['IntegrationConfigEntryResponse'];
export type CredentialField = Schemas['CredentialFieldResponse'];
export type SyncOperation = Schemas['SyncOperationResponse'];
export type TimelineEntry = Schemas['TimelineEntryResponse'];
export type Customer = Schemas['CustomerResponse'];
export type Invoice = Schemas['InvoiceResponse'];
export type LineExplanation = Schemas['LineExplanationResponse'];
export type Payment = Schemas['PaymentResponse'];
export type Plan = Schemas['PlanResponse'];
export type Price = Schemas['PriceResponse'];
export type InlinePrice = Schemas['InlinePriceRequest'];
export type Feature = Schemas['FeatureResponse'];
export type Subscription = Schemas['SubscriptionResponse'];
export type Wallet = Schemas['WalletResponse'];
export type Environment = Schemas['EnvironmentResponse'];
export type ApiKey = Schemas['SecretResponse'];
export type WebhookEndpoint = Schemas['WebhookEndpointResponse'];
export type WebhookDelivery = Schemas['WebhookDeliveryResponse'];
export type Coupon = Schemas['CouponResponse'];
export type TaxRate = Schemas['TaxRateResponse'];
export type UsageItem = Schemas['UsageAnalyticItemResponse'];
export type Filter = Schemas['FilterRequest'];

/** A page of any list. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly pagination: { readonly total: number; readonly limit: number; readonly offset: number };
}
