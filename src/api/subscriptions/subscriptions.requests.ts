import { Transform } from 'class-transformer';
import { ApiExtraModels } from '@nestjs/swagger';
import { IsBoolean } from 'class-validator';
import {
  BILLING_CYCLES,
  BILLING_PERIOD_UNITS,
  type BillingCycle,
  type BillingPeriodUnit,
} from '../../domain/billing-period.js';
import { PAYMENT_TERMS } from '../../domain/invoicing/due-date.js';
import { PRORATION_BEHAVIORS, type ProrationBehavior } from '../../domain/subscribing/proration.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import { TaxRateOverrideRequest } from '../taxes/taxes.requests.js';
import { COMMITMENT_DURATIONS } from '../../subscriptions/commitments.types.js';
import {
  PAYMENT_BEHAVIORS,
  type PaymentBehavior,
} from '../../subscriptions/subscription-creation.service.js';
import { CreateSubscriptionLineItemRequest, OverrideLineItemRequest } from './subscription-lines.requests.js';
import { LineItemCommitmentRequest, SubscriptionCouponRequest } from './subscription-terms.requests.js';
import { MOST_PERIODS, MOST_TRIAL_DAYS } from '../../platform/http/bounds.js';
import { Alias, Optional } from '../../platform/http/fields.js';
import { IsListOf, IsMapOf, IsStringMap, IsTextListMap } from '../../platform/http/json-fields.js';
import { IsDecimalValue, IsMoney, IsWhole } from '../../platform/http/number-fields.js';
import { IsCurrency, IsId, IsTexts, IsTimeZone, IsOneOf } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

@ApiExtraModels(LineItemCommitmentRequest)
export class CreateSubscriptionRequest {
  @IsId()
  plan_id!: string;

  /** Our id of the customer; one of `customer_id` and `external_customer_id` is required. */
  @Optional()
  @IsId()
  customer_id?: string;

  /** Your own id of the customer. */
  @Optional()
  @IsId()
  external_customer_id?: string;

  /** Taken from the plan's prices when they leave no choice. */
  @Optional()
  @IsCurrency()
  currency?: string;

  /** Taken from the plan's prices when they leave no choice. */
  @Optional()
  @IsOneOf(BILLING_PERIOD_UNITS.filter((unit) => unit !== 'ONETIME'))
  billing_period?: BillingPeriodUnit;

  @Optional()
  @IsWhole({ min: 1, max: MOST_PERIODS })
  billing_period_count?: number;

  /** `anniversary`: periods turn on the day of the start. `calendar`: with the calendar, in the customer's time zone. */
  @Optional()
  @IsOneOf(BILLING_CYCLES)
  billing_cycle?: BillingCycle;

  /** With `anniversary`: periods turn on this day instead of the start's. `subscription_start` says the same as leaving it out. */
  @Optional()
  @Transform(({ value }: { value: unknown }) => (value === 'subscription_start' ? undefined : value))
  @IsInstant()
  billing_anchor?: Date;

  /** Now, when left out; may lie in the past: all periods since then are billed. */
  @Optional()
  @IsInstant()
  start_date?: Date;

  @Optional()
  @IsInstant({ ever: true })
  end_date?: Date;

  @Optional()
  @IsOneOf(['charge_automatically', 'send_invoice'])
  collection_method?: 'charge_automatically' | 'send_invoice';

  @Optional()
  @IsOneOf(PAYMENT_TERMS)
  payment_terms?: string;

  @Optional()
  @IsId()
  lookup_key?: string;

  /** The customer's, when left out. SDK 2.0.1 writes `customer_timezone`. */
  @Alias('customer_timezone')
  @Optional()
  @IsTimeZone()
  timezone?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  @Optional()
  @IsOneOf(['RECURRING'])
  billing_cadence?: string;

  /**
   * `default_active`: active whether or not the first invoice is paid. `allow_incomplete`, `default_incomplete`: incomplete
   * until it is. `error_if_incomplete`: refused when something is owed at once, and nothing is made.
   */
  @Optional()
  @IsOneOf(PAYMENT_BEHAVIORS)
  payment_behavior?: PaymentBehavior;

  /** `create_prorations`: a period that is cut short costs its share, and what is paid and not used is given back as credit. */
  @Optional()
  @IsOneOf(PRORATION_BEHAVIORS)
  proration_behavior?: ProrationBehavior;

  /** `draft`: nothing is billed before it is activated. All other statuses follow from what happens. */
  @Optional()
  @IsOneOf(['active', 'draft'])
  subscription_status?: 'active' | 'draft';

  /** The longest trial of the plan's prices, when left out; 0 for none. */
  @Optional()
  @IsWhole({ min: 0, max: MOST_TRIAL_DAYS })
  trial_period_days?: number;

  @Optional()
  @NotSupportedYet()
  trial_start?: string;

  /** Until when nothing is charged, instead of a number of days. */
  @Optional()
  @IsInstant()
  trial_end?: Date;

  @Optional()
  @NotSupportedYet()
  parent_subscription_id?: string;

  @Optional()
  @NotSupportedYet(['invoice_to_self'])
  invoice_billing?: string;

  /** At least so much usage in each period, in major units. */
  @Optional()
  @IsMoney({ min: '0' })
  commitment_amount?: string;

  /** Usage beyond the commitment is charged times this. 1, when left out. */
  @Optional()
  @IsDecimalValue({ min: '1' })
  overage_factor?: string;

  /** What is missing of the commitment at its end is charged. */
  @Optional()
  @IsBoolean()
  enable_true_up?: boolean;

  /** The commitment is of several billing periods together. */
  @Optional()
  @IsOneOf(COMMITMENT_DURATIONS)
  commitment_duration?: BillingPeriodUnit;

  @Optional()
  @NotSupportedYet()
  addons?: unknown[];

  @Optional()
  @NotSupportedYet()
  auto_invoice_threshold?: unknown;

  @Optional()
  @NotSupportedYet()
  checkout?: unknown;

  /** Ids of coupons for the whole of its invoices. */
  @Optional()
  @IsTexts({ most: 100 })
  coupons?: string[];

  @Optional()
  @NotSupportedYet()
  credit_grants?: unknown[];

  @Optional()
  @NotSupportedYet()
  gateway_payment_method_id?: string;

  @Optional()
  @NotSupportedYet()
  inheritance?: unknown;

  /** Price of the plan → what is committed to on its line. */
  @Optional()
  @IsMapOf(() => LineItemCommitmentRequest)
  line_item_commitments?: Map<string, LineItemCommitmentRequest>;

  /** Price → ids of coupons for the line that it makes. */
  @Optional()
  @IsTextListMap()
  line_item_coupons?: Record<string, string[]>;

  /** Lines besides those of the plan. */
  @Optional()
  @IsListOf(() => CreateSubscriptionLineItemRequest)
  line_items?: CreateSubscriptionLineItemRequest[];

  @Optional()
  @NotSupportedYet()
  override_entitlements?: unknown[];

  /** Other terms or quantities than the plan's prices have. */
  @Optional()
  @IsListOf(() => OverrideLineItemRequest)
  override_line_items?: OverrideLineItemRequest[];

  @Optional()
  @NotSupportedYet()
  phases?: unknown[];

  /** Coupons by their codes. */
  @Optional()
  @IsListOf(() => SubscriptionCouponRequest)
  subscription_coupons?: SubscriptionCouponRequest[];

  /** Taxed by these rates in place of its customer's; an empty list: by none. */
  @Optional()
  @IsListOf(() => TaxRateOverrideRequest)
  tax_rate_overrides?: TaxRateOverrideRequest[];
}
