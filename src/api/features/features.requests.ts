import {
  AGGREGATION_TYPES,
  FIELDLESS,
  WINDOW_SIZES,
  type AggregationType,
  type WindowSize,
} from '../../domain/usage/aggregation.js';
import { SearchRequest } from '../../platform/http/list-query.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import { MOST_PROSE } from '../../platform/http/bounds.js';
import { Alias, Optional, RequiredWhen } from '../../platform/http/fields.js';
import { IsListOf, IsPart, IsStringMap } from '../../platform/http/json-fields.js';
import { IsDecimalValue, IsFraction } from '../../platform/http/number-fields.js';
import { IsId, IsText, IsTexts, IsOneOf } from '../../platform/http/text-fields.js';

export class AggregationRequest {
  /** How events become one number. */
  @IsOneOf(AGGREGATION_TYPES)
  type!: AggregationType;

  /** The property to aggregate; all types but COUNT need it. */
  @RequiredWhen(({ type }: AggregationRequest) => !FIELDLESS.includes(type))
  @IsText({ min: 1, message: `field is required for every aggregation but ${FIELDLESS.join(' and ')}` })
  field?: string;

  /** SUM_WITH_MULTIPLIER needs it; nothing else takes it. */
  @Optional()
  @IsDecimalValue({ moreThan: '0' })
  multiplier?: string;

  /** MAX and SUM: every bucket of this length is aggregated, and priced, on its own. Not supported yet. */
  @Optional()
  @IsOneOf(WINDOW_SIZES)
  bucket_size?: WindowSize;

  /** A property whose values split every bucket further. */
  @Optional()
  @IsText({ min: 1 })
  group_by?: string;

  @Optional()
  @NotSupportedYet()
  @IsText()
  expression?: string;
}

export class MeterFilterRequest {
  @IsId()
  key!: string;

  @IsTexts({ least: 1 })
  values!: string[];
}

export class CreateMeterRequest {
  @IsText({ min: 1, max: 200 })
  name!: string;

  /** The `event_name` of the events that count. */
  @IsText({ min: 1, max: 200 })
  event_name!: string;

  @IsPart(() => AggregationRequest)
  aggregation!: AggregationRequest;

  /** Only events whose property has one of the values count; all filters must match. */
  @Optional()
  @IsListOf(() => MeterFilterRequest)
  filters?: MeterFilterRequest[];

  @Optional()
  @IsOneOf(['BILLING_PERIOD', 'NEVER'])
  reset_usage?: 'BILLING_PERIOD' | 'NEVER';
}

export class ReportingUnitRequest {
  @Optional()
  @IsText()
  unit_singular?: string;

  @Optional()
  @IsText()
  unit_plural?: string;

  @Optional()
  @IsFraction()
  conversion_rate?: number;
}

class FeatureFieldsRequest {
  @Optional()
  @IsText({ max: MOST_PROSE })
  description?: string;

  @Optional()
  @IsText()
  unit_singular?: string;

  @Optional()
  @IsText()
  unit_plural?: string;

  @Optional()
  @IsPart(() => ReportingUnitRequest)
  reporting_unit?: ReportingUnitRequest;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  @Optional()
  @NotSupportedYet()
  alert_settings?: Record<string, unknown>;

  /** A group of features; on an update, an empty text takes it out of its group. */
  @Optional()
  @IsText()
  group_id?: string;
}

export class CreateFeatureRequest extends FeatureFieldsRequest {
  /** @example "API calls" */
  @IsText({ min: 1, max: 200 })
  name!: string;

  /** `metered` needs a meter. The guides write `feature_type`. */
  @Alias('feature_type')
  @IsOneOf(['metered', 'boolean', 'static', 'config'])
  type!: 'metered' | 'boolean' | 'static' | 'config';

  /** Unique in the environment. The guides write `key`. */
  @Alias('key')
  @Optional()
  @IsText({ min: 1, max: 200 })
  lookup_key?: string;

  @RequiredWhen((body: CreateFeatureRequest) => body.type === 'metered' && body.meter_id === undefined)
  @IsPart(() => CreateMeterRequest, {
    message: 'meter is required for a metered feature: give meter or meter_id',
  })
  meter?: CreateMeterRequest;

  /** A meter that exists already, instead of a new one. */
  @Optional()
  @IsId()
  meter_id?: string;
}

export class CloneFeatureRequest {
  /** Another one than the source has. */
  @IsText({ min: 1, max: 200 })
  name!: string;

  /** Unique in the environment. */
  @Alias('key')
  @IsText({ min: 1, max: 200 })
  lookup_key!: string;

  /** The source's, when left out. */
  @Optional()
  @IsText({ max: MOST_PROSE })
  description?: string;

  /** The source's, when left out. */
  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

export class UpdateFeatureRequest extends FeatureFieldsRequest {
  @Optional()
  @IsText({ min: 1, max: 200 })
  name?: string;

  @Optional()
  @IsListOf(() => MeterFilterRequest)
  filters?: MeterFilterRequest[];
}

export class SearchFeaturesRequest extends SearchRequest {
  @Optional()
  @IsTexts()
  feature_ids?: string[];

  @Optional()
  @IsTexts()
  meter_ids?: string[];

  @Optional()
  @IsId()
  lookup_key?: string;

  @Optional()
  @IsTexts()
  lookup_keys?: string[];

  @Optional()
  @IsText()
  name_contains?: string;
}
