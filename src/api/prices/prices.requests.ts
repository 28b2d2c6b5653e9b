import { BILLING_PERIOD_UNITS, type BillingPeriodUnit } from '../../domain/billing-period.js';
import {
  BILLING_MODELS,
  INVOICE_CADENCES,
  PACKAGE_ROUNDINGS,
  PRICE_TYPES,
  TIER_MODES,
  type BillingModel,
  type InvoiceCadence,
  type PackageRounding,
  type PriceType,
  type TierMode,
} from '../../domain/rating/price-kinds.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import { MOST_PERIODS, MOST_PROSE, MOST_TRIAL_DAYS } from '../../platform/http/bounds.js';
import { Alias, Optional } from '../../platform/http/fields.js';
import { IsListOf, IsPart, IsStringMap, IsTextListMap } from '../../platform/http/json-fields.js';
import { IsDecimalValue, IsMoney, IsWhole } from '../../platform/http/number-fields.js';
import { IsCurrency, IsId, IsText, IsOneOf } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

export class PriceTierRequest {
  /** The last quantity inside the tier, inclusive; left out in the last tier: without end. */
  @Optional()
  @IsDecimalValue({ moreThan: '0' })
  up_to?: string;

  /** Per unit. The guides write `unit_price`. */
  @Alias('unit_price')
  @IsMoney({ min: '0' })
  unit_amount!: string;

  /** Once when the tier is reached. The guides write `flat_fee`. */
  @Alias('flat_fee')
  @Optional()
  @IsMoney({ min: '0' })
  flat_amount?: string;
}

export class TransformQuantityRequest {
  /** Units in a package. */
  @IsWhole({ min: 1 })
  divide_by!: number;

  @Optional()
  @IsOneOf(PACKAGE_ROUNDINGS)
  round?: PackageRounding;
}

/** A price but for its currency: one that is made for a subscription has the subscription's. */
export class PriceBodyRequest {
  @IsOneOf(PRICE_TYPES)
  type!: PriceType;

  @IsOneOf(BILLING_MODELS)
  billing_model!: BillingModel;

  @IsOneOf(BILLING_PERIOD_UNITS)
  billing_period!: BillingPeriodUnit;

  @Optional()
  @IsWhole({ min: 1, max: MOST_PERIODS })
  billing_period_count?: number;

  @IsOneOf(INVOICE_CADENCES)
  invoice_cadence!: InvoiceCadence;

  @Optional()
  @IsOneOf(['RECURRING'])
  billing_cadence?: string;

  @Optional()
  @IsOneOf(['FIAT', 'CUSTOM'])
  @NotSupportedYet(['FIAT'])
  price_unit_type?: string;

  /** Per unit (FLAT_FEE) or per package (PACKAGE), in major units. */
  @Optional()
  @IsMoney({ min: '0' })
  amount?: string;

  @Optional()
  @IsOneOf(TIER_MODES)
  tier_mode?: TierMode;

  @Optional()
  @IsListOf(() => PriceTierRequest, { most: 200 })
  tiers?: PriceTierRequest[];

  @Optional()
  @IsPart(() => TransformQuantityRequest)
  transform_quantity?: TransformQuantityRequest;

  @Optional()
  @IsId()
  meter_id?: string;

  /** Narrows the meter's events: property → values. */
  @Optional()
  @IsTextListMap()
  filter_values?: Record<string, string[]>;

  @Optional()
  @IsWhole({ min: 1 })
  min_quantity?: number;

  @Optional()
  @IsText({ min: 1, max: 200 })
  lookup_key?: string;

  @Optional()
  @IsText({ max: 500 })
  display_name?: string;

  @Optional()
  @IsText({ max: MOST_PROSE })
  description?: string;

  /** Lines never start before their price. Now, when left out. */
  @Optional()
  @IsInstant()
  start_date?: Date;

  @Optional()
  @IsInstant({ ever: true })
  end_date?: Date;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  /** Days without a charge at the beginning, of a recurring FIXED price. Older clients write `trial_period`. */
  @Alias('trial_period')
  @Optional()
  @IsWhole({ min: 0, max: MOST_TRIAL_DAYS })
  trial_period_days?: number;

  /** A group of prices. */
  @Optional()
  @IsText()
  group_id?: string;

  @Optional()
  @NotSupportedYet()
  price_unit_config?: Record<string, unknown>;
}

export class PriceFieldsRequest extends PriceBodyRequest {
  /** ISO 4217, any case. */
  @IsCurrency()
  currency!: string;
}

export class CreatePriceRequest extends PriceFieldsRequest {
  @IsOneOf(['PLAN', 'SUBSCRIPTION', 'ADDON', 'PRICE', 'COSTSHEET'])
  @NotSupportedYet(['PLAN', 'ADDON'], { required: true })
  entity_type!: string;

  @IsId()
  entity_id!: string;
}

export class CreatePricesBulkRequest {
  @IsListOf(() => CreatePriceRequest, { least: 1 })
  items!: CreatePriceRequest[];
}

export class UpdatePriceRequest {
  /** What is charged: any of `amount`, `billing_model`, `tier_mode`, `tiers`, `transform_quantity` makes a new version. */
  @Optional()
  @IsMoney({ min: '0' })
  amount?: string;

  @Optional()
  @IsOneOf(BILLING_MODELS)
  billing_model?: BillingModel;

  @Optional()
  @IsOneOf(TIER_MODES)
  tier_mode?: TierMode;

  @Optional()
  @IsListOf(() => PriceTierRequest, { most: 200 })
  tiers?: PriceTierRequest[];

  @Optional()
  @IsPart(() => TransformQuantityRequest)
  transform_quantity?: TransformQuantityRequest;

  /** When the new version begins and the old one ends. Now, when left out. */
  @Optional()
  @IsInstant()
  effective_from?: Date;

  @Optional()
  @IsText({ min: 1, max: 200 })
  lookup_key?: string;

  @Optional()
  @IsText({ max: 500 })
  display_name?: string;

  @Optional()
  @IsText({ max: MOST_PROSE })
  description?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  /** A group of prices; an empty text takes the price out of its group. */
  @Optional()
  @IsText()
  group_id?: string;

  @Optional()
  @NotSupportedYet()
  price_unit_amount?: string;

  @Optional()
  @NotSupportedYet()
  price_unit_tiers?: unknown[];
}

export class DeletePriceRequest {
  /** When it ends. Now, when left out. */
  @Optional()
  @IsInstant({ ever: true })
  end_date?: Date;
}
