import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsString,
  IsUrl,
  Length,
  MaxLength,
  MinLength,
  ValidateNested,
} from 'class-validator';
import { PAYMENT_STATUSES } from '../domain/invoicing/invoice-states.js';
import {
  INVOICE_BILLING_REASONS,
  INVOICE_TYPES,
  type InvoiceBillingReason,
  type InvoiceType,
} from '../domain/invoicing/zero-rules.js';
import {
  IsCurrency,
  IsDecimalValue,
  IsInstant,
  IsStringMap,
  IsWord,
  Optional,
} from '../platform/http/fields.js';
import { TaxRateOverrideRequest } from '../plans/taxes.requests.js';
import { NotSupportedYet } from '../platform/http/not-supported.js';

const URL_RULES = { require_tld: false, require_protocol: true, protocols: ['http', 'https'] };

export class CreateInvoiceLineItemRequest {
  /** Decimal in major units. */
  @IsDecimalValue()
  amount!: string;

  @IsDecimalValue({ min: '0' })
  quantity!: string;

  @Optional()
  @IsString()
  @MaxLength(500)
  display_name?: string;

  @Optional()
  @IsString()
  price_id?: string;

  @Optional()
  @IsWord(['USAGE', 'FIXED'])
  price_type?: 'USAGE' | 'FIXED';

  @Optional()
  @IsString()
  meter_id?: string;

  @Optional()
  @IsString()
  meter_display_name?: string;

  @Optional()
  @IsString()
  plan_display_name?: string;

  @Optional()
  @IsString()
  entity_id?: string;

  @Optional()
  @IsString()
  entity_type?: string;

  @Optional()
  @IsInstant()
  period_start?: Date;

  @Optional()
  @IsInstant()
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
  @IsString()
  @MinLength(1)
  coupon_id!: string;

  /** An earlier redemption for the customer that is to count on this invoice too. */
  @Optional()
  @IsString()
  coupon_association_id?: string;
}

export class InvoiceLineItemCouponRequest extends InvoiceCouponRequest {
  /** The `price_id` of a line, or its place in `line_items` from 0 on. */
  @IsString()
  @MinLength(1)
  line_item_id!: string;

  @Optional()
  @NotSupportedYet()
  subscription_line_item_id?: string;
}

export class CreateInvoiceRequest {
  @IsString()
  @MinLength(1)
  customer_id!: string;

  @IsCurrency()
  currency!: string;

  /** Must be the sum of the lines, or what coupons and taxes make of it. Without lines it makes the only one. */
  @IsDecimalValue({ min: '0' })
  amount_due!: string;

  @Optional()
  @IsDecimalValue({ min: '0' })
  subtotal?: string;

  @Optional()
  @IsDecimalValue({ min: '0' })
  total?: string;

  @Optional()
  @IsArray()
  @ArrayMaxSize(1000)
  @ValidateNested({ each: true })
  @Type(() => CreateInvoiceLineItemRequest)
  line_items?: CreateInvoiceLineItemRequest[];

  /** `SUBSCRIPTION` names its subscription in `subscription_id`. */
  @Optional()
  @IsWord(INVOICE_TYPES)
  invoice_type?: InvoiceType;

  /** `DRAFT`, or `FINALIZED` to finalize it in the same call. */
  @Optional()
  @IsWord(['DRAFT', 'FINALIZED'])
  invoice_status?: 'DRAFT' | 'FINALIZED';

  @Optional()
  @IsWord(INVOICE_BILLING_REASONS)
  billing_reason?: InvoiceBillingReason;

  @Optional()
  @IsWord(['charge_automatically', 'send_invoice'])
  collection_method?: 'charge_automatically' | 'send_invoice';

  @Optional()
  @IsString()
  @MaxLength(2000)
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
  @IsInstant()
  period_end?: Date;

  /** The same key again answers the invoice that it has made. */
  @Optional()
  @Length(1, 255)
  idempotency_key?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  @Optional()
  @IsWord(PAYMENT_STATUSES)
  @NotSupportedYet(['PENDING'])
  payment_status?: string;

  @Optional()
  @NotSupportedYet(['0', 0])
  amount_paid?: unknown;

  @Optional()
  @IsString()
  @MaxLength(50)
  billing_period?: string;

  /** Ids of coupons that lower the whole invoice, redeemed for it alone. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  coupons?: string[];

  /** The same, or one more bill of a coupon that was redeemed before. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => InvoiceCouponRequest)
  invoice_coupons?: InvoiceCouponRequest[];

  @Optional()
  @IsArray()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => InvoiceLineItemCouponRequest)
  line_item_coupons?: InvoiceLineItemCouponRequest[];

  /** A number of your own, for an invoice that is finalized in the same call; the next of the month, when left out. */
  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(100)
  invoice_number?: string;

  @Optional()
  @IsUrl(URL_RULES)
  invoice_pdf_url?: string;

  @Optional()
  @NotSupportedYet()
  force_sync_invoice?: boolean;

  @Optional()
  @NotSupportedYet()
  prepared_tax_rates?: unknown[];

  /** Taxed by these rates, by their codes. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => TaxRateOverrideRequest)
  tax_rate_overrides?: TaxRateOverrideRequest[];

  /** Taxed by these rates, by their ids or codes. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  tax_rates?: string[];

  @Optional()
  @NotSupportedYet(['0', 0])
  total_prepaid_applied?: unknown;

  @Optional()
  @IsString()
  subscription_id?: string;
}
