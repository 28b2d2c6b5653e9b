import type { JsonObject } from '../core/json.js';
import type { Address, Metadata, StripeObject } from './base-objects.js';

export type * from './base-objects.js';
export type * from './billing-objects.js';

export interface StripeEvent extends StripeObject {
  readonly object: 'event';
  readonly created: number;
  readonly type: string;
  readonly data: { readonly object: unknown; readonly previous_attributes?: JsonObject };
  pending_webhooks: number;
}

export interface WebhookEndpoint extends StripeObject {
  readonly object: 'webhook_endpoint';
  description: string | null;
  enabled_events: string[];
  metadata: Metadata;
  status: 'enabled' | 'disabled';
  url: string;
}

export interface Customer extends StripeObject {
  readonly object: 'customer';
  address: Address | null;
  balance: number;
  currency: string | null;
  email: string | null;
  name: string | null;
  phone: string | null;
  readonly invoice_prefix: string;
  invoice_settings: {
    custom_fields: unknown;
    default_payment_method: string | null;
    footer: string | null;
    rendering_options: unknown;
  };
  metadata: Metadata;
  next_invoice_sequence: number;
  tax_exempt: string;
}

export interface PaymentMethod extends StripeObject {
  readonly object: 'payment_method';
  allow_redisplay: string;
  billing_details: {
    address: Address | null;
    email: string | null;
    name: string | null;
    phone: string | null;
    tax_id: string | null;
  };
  customer: string | null;
  metadata: Metadata;
  readonly type: 'card' | 'us_bank_account' | 'sepa_debit';
}

export type PaymentIntentStatus =
  | 'canceled'
  | 'processing'
  | 'requires_action'
  | 'requires_confirmation'
  | 'requires_payment_method'
  | 'succeeded';

export interface PaymentIntent extends StripeObject {
  readonly object: 'payment_intent';
  amount: number;
  amount_received: number;
  canceled_at: number | null;
  cancellation_reason: string | null;
  readonly client_secret: string;
  readonly currency: string;
  customer: string | null;
  description: string | null;
  last_payment_error: JsonObject | null;
  latest_charge: string | null;
  metadata: Metadata;
  next_action: JsonObject | null;
  payment_method: string | null;
  receipt_email: string | null;
  setup_future_usage: string | null;
  status: PaymentIntentStatus;
}

export interface Charge extends StripeObject {
  readonly object: 'charge';
  readonly amount: number;
  amount_captured: number;
  amount_refunded: number;
  captured: boolean;
  readonly currency: string;
  readonly customer: string | null;
  disputed: boolean;
  failure_code: string | null;
  failure_message: string | null;
  outcome: JsonObject | null;
  paid: boolean;
  readonly payment_intent: string | null;
  readonly payment_method: string | null;
  refunded: boolean;
  status: 'succeeded' | 'failed' | 'pending';
}

export interface Refund extends StripeObject {
  readonly object: 'refund';
  readonly amount: number;
  readonly charge: string;
  readonly currency: string;
  metadata: Metadata;
  readonly payment_intent: string | null;
  status: string;
}

export interface Dispute extends StripeObject {
  readonly object: 'dispute';
  readonly amount: number;
  readonly charge: string;
  readonly currency: string;
  readonly evidence: JsonObject;
  readonly evidence_details: JsonObject;
  balance_transactions: JsonObject[];
  metadata: Metadata;
  readonly payment_intent: string | null;
  status: string;
}

export interface SetupIntent extends StripeObject {
  readonly object: 'setup_intent';
  cancellation_reason: string | null;
  readonly client_secret: string;
  customer: string | null;
  description: string | null;
  last_setup_error: JsonObject | null;
  metadata: Metadata;
  next_action: JsonObject | null;
  payment_method: string | null;
  status: PaymentIntentStatus;
  usage: string;
}

export interface PaymentRecord extends StripeObject {
  readonly object: 'payment_record';
  readonly amount_guaranteed: { readonly currency: string; readonly value: number };
  readonly customer_details: { readonly customer: string | null; readonly [field: string]: unknown } | null;
}

export interface Session extends StripeObject {
  readonly object: 'checkout.session';
  readonly created: number;
  readonly amount_total: number | null;
  readonly cancel_url: string | null;
  readonly currency: string | null;
  customer: string | null;
  customer_details: JsonObject | null;
  customer_email: string | null;
  readonly expires_at: number;
  metadata: Metadata;
  readonly mode: 'payment' | 'setup';
  payment_intent: string | null;
  payment_status: 'paid' | 'unpaid' | 'no_payment_required';
  setup_intent: string | null;
  status: 'open' | 'complete' | 'expired';
  readonly success_url: string;
  url: string | null;
}
