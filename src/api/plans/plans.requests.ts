import { BILLING_PERIOD_UNITS, type BillingPeriodUnit } from '../../domain/billing-period.js';
import { INVOICE_CADENCES, type InvoiceCadence } from '../../domain/rating/price-kinds.js';
import { SearchRequest } from '../../platform/http/list-query.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import { PriceTierRequest, TransformQuantityRequest } from '../prices/prices.requests.js';
import { MOST_PERIODS, MOST_PROSE, MOST_TRIAL_DAYS } from '../../platform/http/bounds.js';
import { Alias, Optional } from '../../platform/http/fields.js';
import { IsListOf, IsPart, IsStringMap } from '../../platform/http/json-fields.js';
import { IsMoney, IsWhole } from '../../platform/http/number-fields.js';
import { IsCurrency, IsId, IsText, IsTexts, IsOneOf } from '../../platform/http/text-fields.js';

/** A price inside of a plan, as the public guides write it. */
export class InlinePriceRequest {
  /** The metered feature whose usage is charged; left out: a fixed price. */
  @Optional()
  @IsId()
  feature_id?: string;

  /** `flat`, `package`, `tiered` (each tier prices its own slice) or `volume` (one tier prices everything). */
  @IsOneOf(['flat', 'package', 'tiered', 'volume'])
  pricing_model!: 'flat' | 'package' | 'tiered' | 'volume';

  /** The contract's `amount`. */
  @Alias('amount')
  @Optional()
  @IsMoney({ min: '0' })
  unit_price?: string;

  @Optional()
  @IsListOf(() => PriceTierRequest, { most: 200 })
  tiers?: PriceTierRequest[];

  @Optional()
  @IsPart(() => TransformQuantityRequest)
  transform_quantity?: TransformQuantityRequest;

  /** The plan's, when left out. */
  @Optional()
  @IsCurrency()
  currency?: string;

  @Optional()
  @IsOneOf(BILLING_PERIOD_UNITS)
  billing_period?: BillingPeriodUnit;

  @Optional()
  @IsWhole({ min: 1, max: MOST_PERIODS })
  billing_period_count?: number;

  /** Fixed prices are charged in ADVANCE unless said otherwise; usage is always charged in ARREAR. */
  @Optional()
  @IsOneOf(INVOICE_CADENCES)
  invoice_cadence?: InvoiceCadence;

  /** Quantity that a subscription begins with; of a fixed price. */
  @Optional()
  @IsWhole({ min: 1 })
  min_quantity?: number;

  /** Of a recurring fixed price. */
  @Optional()
  @IsWhole({ min: 0, max: MOST_TRIAL_DAYS })
  trial_period_days?: number;

  @Optional()
  @IsText({ max: 500 })
  display_name?: string;

  @Optional()
  @IsId()
  lookup_key?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

class PlanDetailsRequest {
  @Optional()
  @IsText({ max: MOST_PROSE })
  description?: string;

  @Optional()
  @IsWhole()
  display_order?: number;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

class PlanFieldsRequest extends PlanDetailsRequest {
  /** Unique in the environment. The guides write `key`. */
  @Alias('key')
  @Optional()
  @IsText({ min: 1, max: 200 })
  lookup_key?: string;
}

export class CreatePlanRequest extends PlanFieldsRequest {
  /** @example "Pro" */
  @IsText({ min: 1, max: 500 })
  name!: string;

  /** Default of the prices in this body. */
  @Optional()
  @IsCurrency()
  currency?: string;

  /** Default of the prices in this body. */
  @Optional()
  @IsOneOf(BILLING_PERIOD_UNITS)
  billing_period?: BillingPeriodUnit;

  /** Default of the prices in this body. */
  @Optional()
  @IsWhole({ min: 1, max: MOST_PERIODS })
  billing_period_count?: number;

  @Optional()
  @IsOneOf(['recurring'])
  plan_type?: string;

  /** Created together with the plan or not at all. Prices can also be created on their own: `POST /prices`. */
  @Optional()
  @IsListOf(() => InlinePriceRequest)
  prices?: InlinePriceRequest[];
}

export class UpdatePlanRequest extends PlanFieldsRequest {
  @Optional()
  @IsText({ min: 1, max: 500 })
  name?: string;

  @Optional()
  @NotSupportedYet()
  prices?: unknown[];
}

export class ClonePlanRequest extends PlanDetailsRequest {
  /** Another one than the source has. */
  @IsText({ min: 1, max: 500 })
  name!: string;

  /** Unique in the environment. */
  @Alias('key')
  @IsText({ min: 1, max: 200 })
  lookup_key!: string;
}

export class SearchPlansRequest extends SearchRequest {
  @Optional()
  @IsTexts()
  plan_ids?: string[];

  @Optional()
  @IsId()
  lookup_key?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}
