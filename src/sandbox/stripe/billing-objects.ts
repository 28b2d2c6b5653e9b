import type { JsonObject } from '../core/json.js';
import type { List, Metadata, StripeObject } from './base-objects.js';

export interface Product extends StripeObject {
  readonly object: 'product';
  active: boolean;
  default_price: string | null;
  description: string | null;
  metadata: Metadata;
  name: string;
  updated: number;
}

export interface Recurring {
  readonly interval: string;
  readonly interval_count: number;
  readonly meter: string | null;
  readonly trial_period_days: number | null;
  readonly usage_type: string;
}

export interface Price extends StripeObject {
  readonly object: 'price';
  active: boolean;
  readonly billing_scheme: string;
  readonly currency: string;
  lookup_key: string | null;
  metadata: Metadata;
  nickname: string | null;
  readonly product: string;
  readonly recurring: Recurring | null;
  readonly tiers_mode: string | null;
  readonly unit_amount: number | null;
  readonly unit_amount_decimal: string | null;
}

export interface TaxLine {
  readonly amount: number;
  readonly tax_behavior: 'exclusive' | 'inclusive';
  readonly tax_rate_details: { readonly tax_rate: string } | null;
  readonly taxability_reason: string;
  readonly taxable_amount: number | null;
  readonly type: 'tax_rate_details';
}

export interface InvoiceItem extends StripeObject {
  readonly object: 'invoiceitem';
  amount: number;
  readonly currency: string;
  readonly customer: string;
  date: number;
  description: string | null;
  invoice: string | null;
  metadata: Metadata;
  period: { start: number; end: number };
  pricing: JsonObject | null;
  quantity: number;
  quantity_decimal: string;
}

export interface InvoiceLine {
  readonly id: string;
  readonly object: 'line_item';
  amount: number;
  readonly currency: string;
  description: string | null;
  discountable: boolean;
  invoice: string;
  readonly livemode: boolean;
  metadata: Metadata;
  parent: JsonObject | null;
  period: { start: number; end: number };
  pricing: JsonObject | null;
  quantity: number | null;
  quantity_decimal: string | null;
  subscription: string | null;
  subtotal: number;
  taxes: TaxLine[];
  [field: string]: unknown;
}

type InvoiceStatus = 'draft' | 'open' | 'paid' | 'void' | 'uncollectible';

export interface Invoice extends StripeObject {
  readonly object: 'invoice';
  readonly created: number;
  amount_due: number;
  amount_overpaid: number;
  amount_paid: number;
  amount_paid_off_stripe: number;
  amount_remaining: number;
  attempt_count: number;
  attempted: boolean;
  auto_advance: boolean;
  automatically_finalizes_at: number | null;
  collection_method: string;
  readonly currency: string;
  readonly customer: string;
  customer_email: string | null;
  customer_name: string | null;
  default_payment_method: string | null;
  description: string | null;
  due_date: number | null;
  effective_at: number | null;
  ending_balance: number | null;
  from_invoice: { readonly action: string; readonly invoice: string } | null;
  hosted_invoice_url: string | null;
  invoice_pdf: string | null;
  latest_revision: string | null;
  lines: List;
  metadata: Metadata;
  next_payment_attempt: number | null;
  number: string | null;
  parent: JsonObject | null;
  post_payment_credit_notes_amount: number;
  pre_payment_credit_notes_amount: number;
  starting_balance: number;
  status: InvoiceStatus;
  status_transitions: {
    finalized_at: number | null;
    marked_uncollectible_at: number | null;
    paid_at: number | null;
    voided_at: number | null;
  };
  subtotal: number;
  total: number;
  total_taxes: TaxLine[];
}

export interface InvoicePayment extends StripeObject {
  readonly object: 'invoice_payment';
  amount_paid: number | null;
  amount_requested: number;
  readonly currency: string;
  readonly invoice: string;
  readonly is_default: boolean;
  readonly payment: { type: string; payment_intent?: string; payment_record?: string };
  status: 'open' | 'paid' | 'canceled';
  status_transitions: { canceled_at: number | null; paid_at: number | null };
}

export interface CreditNote extends StripeObject {
  readonly object: 'credit_note';
  readonly amount: number;
  readonly customer: string;
  readonly invoice: string;
  memo: string | null;
  metadata: Metadata;
  readonly pre_payment_amount: number;
  readonly refunds: {
    readonly amount_refunded: number;
    readonly payment_record_refund: null;
    readonly refund: string;
    readonly type: string;
  }[];
  status: 'issued' | 'void';
  voided_at: number | null;
}

export interface BalanceEntry extends StripeObject {
  readonly object: 'customer_balance_transaction';
  readonly amount: number;
  readonly currency: string;
  readonly customer: string;
  readonly invoice: string | null;
  readonly type: string;
}

export interface SubscriptionItem {
  readonly id: string;
  readonly object: 'subscription_item';
  readonly created: number;
  current_period_end: number;
  current_period_start: number;
  metadata: Metadata;
  plan: JsonObject;
  price: Price;
  quantity?: number;
  readonly subscription: string;
  [field: string]: unknown;
}

export interface Subscription extends StripeObject {
  readonly object: 'subscription';
  billing_cycle_anchor: number;
  cancel_at: number | null;
  cancel_at_period_end: boolean;
  canceled_at: number | null;
  cancellation_details: JsonObject | null;
  collection_method: string;
  readonly currency: string;
  readonly customer: string;
  days_until_due: number | null;
  default_payment_method: string | null;
  description: string | null;
  ended_at: number | null;
  readonly items: { object: 'list'; data: SubscriptionItem[]; has_more: boolean; url: string };
  latest_invoice: string | null;
  metadata: Metadata;
  pause_collection: JsonObject | null;
  status: string;
  trial_end: number | null;
  trial_settings: {
    readonly end_behavior: {
      readonly billing_cycle_anchor: null;
      /** `create_invoice`, `pause` or `cancel`. */
      readonly missing_payment_method: string;
    };
  };
  trial_start: number | null;
}
