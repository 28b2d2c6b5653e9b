import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsInt,
  IsObject,
  IsString,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateNested,
} from 'class-validator';
import { IsInstant, IsWord, Optional } from '../platform/http/fields.js';
import { SearchRequest } from '../platform/http/list-query.js';
import { NotSupportedYet } from '../platform/http/not-supported.js';

const FEATURE_TYPES = ['metered', 'boolean', 'static', 'config'] as const;
const ENTITY_TYPES = ['PLAN', 'ADDON', 'SUBSCRIPTION'] as const;
const RESET_PERIODS = ['MONTHLY', 'ANNUAL', 'WEEKLY', 'DAILY', 'QUARTERLY', 'HALF_YEARLY', 'NEVER'] as const;

export class UpdateEntitlementRequest {
  @Optional()
  @IsBoolean()
  is_enabled?: boolean;

  /** Of a metered feature: what is included in each period. Left out: unlimited. */
  @Optional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  usage_limit?: number;

  /** When the limit begins anew; left out: with the subscription's billing period. */
  @Optional()
  @IsWord(RESET_PERIODS)
  usage_reset_period?: (typeof RESET_PERIODS)[number];

  /** Informs only: what goes beyond a limit is charged, never refused, either way. */
  @Optional()
  @IsBoolean()
  is_soft_limit?: boolean;

  /** A static feature needs it. */
  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(2000)
  static_value?: string;

  /** A config feature needs it. */
  @Optional()
  @IsObject()
  config_value?: Record<string, unknown>;
}

export class CreateEntitlementRequest extends UpdateEntitlementRequest {
  /** Together with `entity_id`; or `plan_id` alone. */
  @Optional()
  @IsWord(ENTITY_TYPES)
  entity_type?: (typeof ENTITY_TYPES)[number];

  @Optional()
  @IsString()
  @MinLength(1)
  entity_id?: string;

  /** Short for `entity_type` PLAN and its `entity_id`. */
  @Optional()
  @IsString()
  @MinLength(1)
  plan_id?: string;

  @IsString()
  @MinLength(1)
  feature_id!: string;

  /** The feature's own type. */
  @Optional()
  @IsWord(FEATURE_TYPES)
  feature_type?: (typeof FEATURE_TYPES)[number];

  /** The entitlement of the plan or addon that this one of a subscription stands in for. */
  @Optional()
  @IsString()
  parent_entitlement_id?: string;

  @Optional()
  @IsInstant()
  start_date?: Date;

  @Optional()
  @IsInstant()
  end_date?: Date;

  @Optional()
  @NotSupportedYet(['additive'])
  aggregation_mode?: string;

  @Optional()
  @NotSupportedYet()
  grant_allocation_behavior?: string;

  @Optional()
  @NotSupportedYet()
  grant_duration_unit?: string;

  @Optional()
  @NotSupportedYet()
  grant_duration_value?: number;

  @Optional()
  @NotSupportedYet()
  grant_measure?: string;

  @Optional()
  @NotSupportedYet()
  grant_quota?: string;
}

export class CreateEntitlementsBulkRequest {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => CreateEntitlementRequest)
  items!: CreateEntitlementRequest[];
}

export class SearchEntitlementsRequest extends SearchRequest {
  @Optional()
  @IsArray()
  @IsString({ each: true })
  entity_ids?: string[];

  @Optional()
  @IsArray()
  @IsString({ each: true })
  plan_ids?: string[];

  @Optional()
  @IsWord(ENTITY_TYPES)
  entity_type?: string;

  @Optional()
  @IsArray()
  @IsString({ each: true })
  feature_ids?: string[];

  @Optional()
  @IsWord(FEATURE_TYPES)
  feature_type?: string;

  @Optional()
  @IsBoolean()
  is_enabled?: boolean;

  @Optional()
  @NotSupportedYet([false])
  has_grant_config?: boolean;
}
