import { Type } from 'class-transformer';
import {
  ArrayMinSize,
  IsArray,
  IsDefined,
  IsNumber,
  IsObject,
  IsString,
  MaxLength,
  MinLength,
  ValidateNested,
} from 'class-validator';
import {
  AGGREGATION_TYPES,
  WINDOW_SIZES,
  type AggregationType,
  type WindowSize,
} from '../domain/usage/aggregation.js';
import { AlsoNamed, IsDecimalValue, IsStringMap, IsWord, Optional, When } from '../platform/http/fields.js';
import { SearchRequest } from '../platform/http/list-query.js';
import { NotSupportedYet } from '../platform/http/not-supported.js';

export class AggregationRequest {
  /** How events become one number. */
  @IsWord(AGGREGATION_TYPES)
  type!: AggregationType;

  /** The property to aggregate; all types but COUNT need it. */
  @When((body: AggregationRequest) => body.type !== 'COUNT')
  @IsString({ message: 'field is required for every aggregation but COUNT' })
  @MinLength(1)
  field?: string;

  /** SUM_WITH_MULTIPLIER needs it; nothing else takes it. */
  @Optional()
  @IsDecimalValue({ moreThan: '0' })
  multiplier?: string;

  /** MAX and SUM: every bucket of this length is aggregated, and priced, on its own. Not supported yet. */
  @Optional()
  @IsWord(WINDOW_SIZES)
  bucket_size?: WindowSize;

  /** A property whose values split every bucket further. */
  @Optional()
  @IsString()
  @MinLength(1)
  group_by?: string;

  @Optional()
  @IsString()
  @NotSupportedYet()
  expression?: string;
}

export class MeterFilterRequest {
  @IsString()
  @MinLength(1)
  key!: string;

  @IsArray()
  @ArrayMinSize(1)
  @IsString({ each: true })
  values!: string[];
}

export class CreateMeterRequest {
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  name!: string;

  /** The `event_name` of the events that count. */
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  event_name!: string;

  @IsDefined()
  @IsObject()
  @ValidateNested()
  @Type(() => AggregationRequest)
  aggregation!: AggregationRequest;

  /** Only events whose property has one of the values count; all filters must match. */
  @Optional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => MeterFilterRequest)
  filters?: MeterFilterRequest[];

  @Optional()
  @IsWord(['BILLING_PERIOD', 'NEVER'])
  reset_usage?: 'BILLING_PERIOD' | 'NEVER';
}

export class ReportingUnitRequest {
  @Optional()
  @IsString()
  unit_singular?: string;

  @Optional()
  @IsString()
  unit_plural?: string;

  @Optional()
  @IsNumber()
  conversion_rate?: number;
}

class FeatureFieldsRequest {
  @Optional()
  @IsString()
  @MaxLength(2000)
  description?: string;

  @Optional()
  @IsString()
  unit_singular?: string;

  @Optional()
  @IsString()
  unit_plural?: string;

  @Optional()
  @IsObject()
  @ValidateNested()
  @Type(() => ReportingUnitRequest)
  reporting_unit?: ReportingUnitRequest;

  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;

  @Optional()
  @NotSupportedYet()
  alert_settings?: Record<string, unknown>;

  /** A group of features; on an update, an empty text takes it out of its group. */
  @Optional()
  @IsString()
  group_id?: string;
}

export class CreateFeatureRequest extends FeatureFieldsRequest {
  /** @example "API calls" */
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  name!: string;

  /** `metered` needs a meter. The guides write `feature_type`. */
  @AlsoNamed('feature_type')
  @IsWord(['metered', 'boolean', 'static', 'config'])
  type!: 'metered' | 'boolean' | 'static' | 'config';

  /** Unique in the environment. The guides write `key`. */
  @AlsoNamed('key')
  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  lookup_key?: string;

  @When((body: CreateFeatureRequest) => body.type === 'metered' && body.meter_id === undefined)
  @IsObject({ message: 'meter is required for a metered feature: give meter or meter_id' })
  @ValidateNested()
  @Type(() => CreateMeterRequest)
  meter?: CreateMeterRequest;

  /** A meter that exists already, instead of a new one. */
  @Optional()
  @IsString()
  meter_id?: string;
}

export class CloneFeatureRequest {
  /** Another one than the source has. */
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  name!: string;

  /** Unique in the environment. */
  @AlsoNamed('key')
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  lookup_key!: string;

  /** The source's, when left out. */
  @Optional()
  @IsString()
  @MaxLength(2000)
  description?: string;

  /** The source's, when left out. */
  @Optional()
  @IsStringMap()
  metadata?: Record<string, string>;
}

export class UpdateFeatureRequest extends FeatureFieldsRequest {
  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  name?: string;

  @Optional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => MeterFilterRequest)
  filters?: MeterFilterRequest[];
}

export class SearchFeaturesRequest extends SearchRequest {
  @Optional()
  @IsArray()
  @IsString({ each: true })
  feature_ids?: string[];

  @Optional()
  @IsArray()
  @IsString({ each: true })
  meter_ids?: string[];

  @Optional()
  @IsString()
  lookup_key?: string;

  @Optional()
  @IsArray()
  @IsString({ each: true })
  lookup_keys?: string[];

  @Optional()
  @IsString()
  name_contains?: string;
}
