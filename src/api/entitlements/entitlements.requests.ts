import { IsBoolean } from 'class-validator';
import { SearchRequest } from '../../platform/http/list-query.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import { MOST_PROSE, MOST_SAFE } from '../../platform/http/bounds.js';
import { Optional } from '../../platform/http/fields.js';
import { IsJson, IsListOf } from '../../platform/http/json-fields.js';
import { IsWhole } from '../../platform/http/number-fields.js';
import { IsId, IsText, IsTexts, IsOneOf } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

const FEATURE_TYPES = ['metered', 'boolean', 'static', 'config'] as const;
const ENTITY_TYPES = ['PLAN', 'ADDON', 'SUBSCRIPTION'] as const;
const RESET_PERIODS = ['MONTHLY', 'ANNUAL', 'WEEKLY', 'DAILY', 'QUARTERLY', 'HALF_YEARLY', 'NEVER'] as const;

export class UpdateEntitlementRequest {
  @Optional()
  @IsBoolean()
  is_enabled?: boolean;

  /** Of a metered feature: what is included in each period. Left out: unlimited. */
  @Optional()
  @IsWhole({ min: 0, max: MOST_SAFE })
  usage_limit?: number;

  /** When the limit begins anew; left out: with the subscription's billing period. */
  @Optional()
  @IsOneOf(RESET_PERIODS)
  usage_reset_period?: (typeof RESET_PERIODS)[number];

  /** Informs only: what goes beyond a limit is charged, never refused, either way. */
  @Optional()
  @IsBoolean()
  is_soft_limit?: boolean;

  /** A static feature needs it. */
  @Optional()
  @IsText({ min: 1, max: MOST_PROSE })
  static_value?: string;

  /** A config feature needs it. */
  @Optional()
  @IsJson()
  config_value?: Record<string, unknown>;
}

export class CreateEntitlementRequest extends UpdateEntitlementRequest {
  /** Together with `entity_id`; or `plan_id` alone. */
  @Optional()
  @IsOneOf(ENTITY_TYPES)
  entity_type?: (typeof ENTITY_TYPES)[number];

  @Optional()
  @IsId()
  entity_id?: string;

  /** Short for `entity_type` PLAN and its `entity_id`. */
  @Optional()
  @IsId()
  plan_id?: string;

  @IsId()
  feature_id!: string;

  /** The feature's own type. */
  @Optional()
  @IsOneOf(FEATURE_TYPES)
  feature_type?: (typeof FEATURE_TYPES)[number];

  /** The entitlement of the plan or addon that this one of a subscription stands in for. */
  @Optional()
  @IsId()
  parent_entitlement_id?: string;

  @Optional()
  @IsInstant()
  start_date?: Date;

  @Optional()
  @IsInstant({ ever: true })
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
  @IsListOf(() => CreateEntitlementRequest, { least: 1 })
  items!: CreateEntitlementRequest[];
}

export class SearchEntitlementsRequest extends SearchRequest {
  @Optional()
  @IsTexts()
  entity_ids?: string[];

  @Optional()
  @IsTexts()
  plan_ids?: string[];

  @Optional()
  @IsOneOf(ENTITY_TYPES)
  entity_type?: string;

  @Optional()
  @IsTexts()
  feature_ids?: string[];

  @Optional()
  @IsOneOf(FEATURE_TYPES)
  feature_type?: string;

  @Optional()
  @IsBoolean()
  is_enabled?: boolean;

  @Optional()
  @NotSupportedYet([false])
  has_grant_config?: boolean;
}
