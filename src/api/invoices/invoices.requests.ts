import { PAYMENT_STATUSES } from '../../domain/invoicing/invoice-states.js';
import {
  INVOICE_BILLING_REASONS,
  INVOICE_TYPES,
  type InvoiceBillingReason,
  type InvoiceType,
} from '../../domain/invoicing/zero-rules.js';
import { TaxRateOverrideRequest } from '../taxes/taxes.requests.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import { MOST_PROSE } from '../../platform/http/bounds.js';
import { Optional } from '../../platform/http/fields.js';
import { IsListOf, IsStringMap } from '../../platform/http/json-fields.js';
import { IsDecimalValue, IsMoney } from '../../platform/http/number-fields.js';
import { IsCurrency, IsId, IsLink, IsText, IsTexts, IsOneOf } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

export class CreateInvoiceLineItemRequest {
  /** Decimal in major units. */
  @IsMoney()
  amount!: string;

  @IsDecimalValue({ min: '0' })
  quantity!: string;

  @Optional()
  @IsText({ max: 500 })
  display_name?: string;

  @Optional()
  @IsId()
  price_id?: string;

  @Optional()
  @IsOneOf(['USAGE', 'FIXED'])
  price_type?: 'USAGE' | 'FIXED';

  @Optional()
  @IsId()
  meter_id?: string;

  @Optional()
  @IsText()
  meter_display_name?: string;

  @Optional()
  @IsText()
  plan_display_name?: string;

  @Optional()
  @IsId()
  entity_id?: string;

  @Optional()
  @IsId()
  entity_type?: string;

  @Optional()
  @IsInstant()
  period_start?: Date;

  @Optional()
  @IsInstant({ ever: true })
  period_end?: Date;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  @Optional()
  @NotSupportedYet(['0', 0])
  line_item_discount?: unknown;

  @Optional()
  @NotSupportedYet(['0', 0])
  invoice_level_discount?: unknown;

  @Optional()
  @NotSupportedYet(['0', 0])
  prepaid_credits_applied?: unknown;

  @Optional()
  @NotSupportedYet()
  commitment_info?: unknown;

  @Optional()
  @NotSupportedYet(['0', 0])
  adjusted_entitlement_quantity?: unknown;

  @Optional()
  @NotSupportedYet()
  plan_id?: string;

  @Optional()
  @NotSupportedYet()
  price_unit?: string;

  @Optional()
  @NotSupportedYet()
  price_unit_amount?: unknown;

  @Optional()
  @NotSupportedYet()
  subscription_id?: string;

  @Optional()
  @NotSupportedYet()
  subscription_line_item_id?: string;
}

export class InvoiceCouponRequest {
  @IsId()
  coupon_id!: string;

  /** An earlier redemption for the customer that is to count on this invoice too. */
  @Optional()
  @IsId()
  coupon_association_id?: string;
}

export class InvoiceLineItemCouponRequest extends InvoiceCouponRequest {
  /** The `price_id` of a line, or its place in `line_items` from 0 on. */
  @IsId()
  line_item_id!: string;

  @Optional()
  @NotSupportedYet()
  subscription_line_item_id?: string;
}

export class CreateInvoiceRequest {
  @IsId()
  customer_id!: string;

  @IsCurrency()
  currency!: string;

  /** Must be the sum of the lines, or what coupons and taxes make of it. Without lines it makes the only one. */
  @IsMoney({ min: '0' })
  amount_due!: string;

  @Optional()
  @IsMoney({ min: '0' })
  subtotal?: string;

  @Optional()
  @IsMoney({ min: '0' })
  total?: string;

  @Optional()
  @IsListOf(() => CreateInvoiceLineItemRequest, { most: 1000 })
  line_items?: CreateInvoiceLineItemRequest[];

  /** `SUBSCRIPTION` names its subscription in `subscription_id`. */
  @Optional()
  @IsOneOf(INVOICE_TYPES)
  invoice_type?: InvoiceType;

  /** `DRAFT`, or `FINALIZED` to finalize it in the same call. */
  @Optional()
  @IsOneOf(['DRAFT', 'FINALIZED'])
  invoice_status?: 'DRAFT' | 'FINALIZED';

  @Optional()
  @IsOneOf(INVOICE_BILLING_REASONS)
  billing_reason?: InvoiceBillingReason;

  @Optional()
  @IsOneOf(['charge_automatically', 'send_invoice'])
  collection_method?: 'charge_automatically' | 'send_invoice';

  @Optional()
  @IsText({ max: MOST_PROSE })
  description?: string;

  @Optional()
  @IsInstant()
  due_date?: Date;

  @Optional()
  @IsInstant()
  issue_date?: Date;

  @Optional()
  @IsInstant()
  period_start?: Date;

  @Optional()
  @IsInstant({ ever: true })
  period_end?: Date;

  /** The same key again answers the invoice that it has made. */
  @Optional()
  @IsId()
  idempotency_key?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  @Optional()
  @IsOneOf(PAYMENT_STATUSES)
  @NotSupportedYet(['PENDING'])
  payment_status?: string;

  @Optional()
  @NotSupportedYet(['0', 0])
  amount_paid?: unknown;

  @Optional()
  @IsText({ max: 50 })
  billing_period?: string;

  /** Ids of coupons that lower the whole invoice, redeemed for it alone. */
  @Optional()
  @IsTexts({ most: 100 })
  coupons?: string[];

  /** The same, or one more bill of a coupon that was redeemed before. */
  @Optional()
  @IsListOf(() => InvoiceCouponRequest)
  invoice_coupons?: InvoiceCouponRequest[];

  @Optional()
  @IsListOf(() => InvoiceLineItemCouponRequest)
  line_item_coupons?: InvoiceLineItemCouponRequest[];

  /** A number of your own, for an invoice that is finalized in the same call; the next of the month, when left out. */
  @Optional()
  @IsText({ min: 1, max: 100 })
  invoice_number?: string;

  @Optional()
  @IsLink()
  invoice_pdf_url?: string;

  @Optional()
  @NotSupportedYet()
  force_sync_invoice?: boolean;

  @Optional()
  @NotSupportedYet()
  prepared_tax_rates?: unknown[];

  /** Taxed by these rates, by their codes. */
  @Optional()
  @IsListOf(() => TaxRateOverrideRequest)
  tax_rate_overrides?: TaxRateOverrideRequest[];

  /** Taxed by these rates, by their ids or codes. */
  @Optional()
  @IsTexts({ most: 100 })
  tax_rates?: string[];

  @Optional()
  @NotSupportedYet(['0', 0])
  total_prepaid_applied?: unknown;

  @Optional()
  @IsId()
  subscription_id?: string;
}
