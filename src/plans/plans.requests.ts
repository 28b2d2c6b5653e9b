import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsInt,
  IsObject,
  IsString,
  MaxLength,
  Min,
  MinLength,
  ValidateNested,
} from 'class-validator';
import { BILLING_PERIOD_UNITS, type BillingPeriodUnit } from '../domain/billing-period.js';
import { INVOICE_CADENCES, type InvoiceCadence } from '../domain/rating/price-kinds.js';
import {
  AlsoNamed,
  IsCurrency,
  IsDecimalValue,
  IsStringMap,
  IsWord,
  Optional,
} from '../platform/http/fields.js';
import { SearchRequest } from '../platform/http/list-query.js';
import { NotSupportedYet } from '../platform/http/not-supported.js';
import { PriceTierRequest, TransformQuantityRequest } from './prices.requests.js';

/** A price inside of a plan, as the public guides write it. */
export class InlinePriceRequest {
  /** The metered feature whose usage is charged; left out: a fixed price. */
  @Optional()
  @IsString()
  feature_id?: string;

  /** `flat`, `package`, `tiered` (each tier prices its own slice) or `volume` (one tier prices everything). */
  @IsWord(['flat', 'package', 'tiered', 'volume'])
  pricing_model!: 'flat' | 'package' | 'tiered' | 'volume';

  /** The contract's `amount`. */
  @AlsoNamed('amount')
  @Optional()
  @IsDecimalValue({ min: '0' })
  unit_price?: string;

  @Optional()
  @IsArray()
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => PriceTierRequest)
  tiers?: PriceTierRequest[];

  @Optional()
  @IsObject()
  @ValidateNested()
  @Type(() => TransformQuantityRequest)
  transform_quantity?: TransformQuantityRequest;

  /** The plan's, when left out. */
  @Optional()
  @IsCurrency()
  currency?: string;

  @Optional()
  @IsWord(BILLING_PERIOD_UNITS)
  billing_period?: BillingPeriodUnit;

  @Optional()
  @IsInt()
  @Min(1)
  billing_period_count?: number;

  /** Fixed prices are charged in ADVANCE unless said otherwise; usage is always charged in ARREAR. */
  @Optional()
  @IsWord(INVOICE_CADENCES)
  invoice_cadence?: InvoiceCadence;

  /** Quantity that a subscription begins with; of a fixed price. */
  @Optional()
  @IsInt()
  @Min(1)
  min_quantity?: number;

  /** Of a recurring fixed price. */
  @Optional()
  @IsInt()
  @Min(0)
  trial_period_days?: number;

  @Optional()
  @IsString()
  @MaxLength(500)
  display_name?: string;

  @Optional()
  @IsString()
  lookup_key?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

class PlanDetailsRequest {
  @Optional()
  @IsString()
  @MaxLength(2000)
  description?: string;

  @Optional()
  @IsInt()
  display_order?: number;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

class PlanFieldsRequest extends PlanDetailsRequest {
  /** Unique in the environment. The guides write `key`. */
  @AlsoNamed('key')
  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  lookup_key?: string;
}

export class CreatePlanRequest extends PlanFieldsRequest {
  /** @example "Pro" */
  @IsString()
  @MinLength(1)
  @MaxLength(500)
  name!: string;

  /** Default of the prices in this body. */
  @Optional()
  @IsCurrency()
  currency?: string;

  /** Default of the prices in this body. */
  @Optional()
  @IsWord(BILLING_PERIOD_UNITS)
  billing_period?: BillingPeriodUnit;

  /** Default of the prices in this body. */
  @Optional()
  @IsInt()
  @Min(1)
  billing_period_count?: number;

  @Optional()
  @IsWord(['recurring'])
  plan_type?: string;

  /** Created together with the plan or not at all. Prices can also be created on their own: `POST /prices`. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => InlinePriceRequest)
  prices?: InlinePriceRequest[];
}

export class UpdatePlanRequest extends PlanFieldsRequest {
  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(500)
  name?: string;

  @Optional()
  @NotSupportedYet()
  prices?: unknown[];
}

export class ClonePlanRequest extends PlanDetailsRequest {
  /** Another one than the source has. */
  @IsString()
  @MinLength(1)
  @MaxLength(500)
  name!: string;

  /** Unique in the environment. */
  @AlsoNamed('key')
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  lookup_key!: string;
}

export class SearchPlansRequest extends SearchRequest {
  @Optional()
  @IsArray()
  @IsString({ each: true })
  plan_ids?: string[];

  @Optional()
  @IsString()
  lookup_key?: string;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}
