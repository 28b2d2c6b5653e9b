import { Type } from 'class-transformer';
import { IsInt, IsObject, IsString, Max, Min, MinLength } from 'class-validator';
import {
  AGGREGATION_TYPES,
  WINDOW_SIZES,
  type AggregationType,
  type WindowSize,
} from '../domain/usage/aggregation.js';
import { IsDecimalValue, IsInstant, IsTimeZone, IsWord, Optional } from '../platform/http/fields.js';
import { NotSupportedYet } from '../platform/http/not-supported.js';

/**
 * One usage event. This class only describes the body: events are read by hand, a thousand at a time.
 */
export class IngestEventRequest {
  /** What happened; meters count by it. */
  event_name!: string;
  /** The customer, by your own id. The guides write `customer_id`. */
  external_customer_id!: string;
  customer_id?: string;
  /** The same id again is the same event: the first one counts. The guides write `idempotency_key`. */
  event_id?: string;
  /** When it happened, RFC 3339. Now, when left out. */
  timestamp?: string;
  source?: string;
  /** Any JSON object; meters filter and add up its values. */
  properties?: Record<string, unknown>;
}

export class IngestEventsBulkRequest {
  /** 1 to 1000. */
  events!: IngestEventRequest[];
}

class UsageWindowRequest {
  @Optional()
  @IsString()
  external_customer_id?: string;

  /** Our id of the customer, or your own. */
  @Optional()
  @IsString()
  customer_id?: string;

  /** Inclusive. Seven days before the end, when left out. */
  @Optional()
  @IsInstant()
  start_time?: Date;

  /** Exclusive. Now, when left out. */
  @Optional()
  @IsInstant()
  end_time?: Date;

  /** Also answers the value of each window. */
  @Optional()
  @IsWord(WINDOW_SIZES)
  window_size?: WindowSize;

  /** Property → values that count. */
  @Optional()
  @IsObject()
  filters?: Record<string, string[]>;

  /** Windows follow this IANA time zone. UTC when left out. */
  @Optional()
  @IsTimeZone()
  timezone?: string;

  @Optional()
  @NotSupportedYet()
  billing_anchor?: string;

  /** The sum of the values of such buckets, in UTC, for MAX and SUM; a meter's own, when left out. */
  @Optional()
  @IsWord(WINDOW_SIZES)
  bucket_size?: WindowSize;
}

export class GetUsageByMeterRequest extends UsageWindowRequest {
  @IsString()
  @MinLength(1)
  meter_id!: string;
}

export class GetUsageRequest extends UsageWindowRequest {
  @IsString()
  @MinLength(1)
  event_name!: string;

  @IsWord(AGGREGATION_TYPES)
  aggregation_type!: AggregationType;

  @Optional()
  @IsString()
  property_name?: string;

  /** For SUM_WITH_MULTIPLIER. */
  @Optional()
  @IsDecimalValue({ moreThan: '0' })
  multiplier?: string;

  @Optional()
  @NotSupportedYet()
  group_by?: string[];

  /** Splits every bucket by the values of this property. */
  @Optional()
  @IsString()
  @MinLength(1)
  group_by_property?: string;
}

export class GetEventsRequest {
  @Optional()
  @IsString()
  event_id?: string;

  @Optional()
  @IsString()
  event_name?: string;

  @Optional()
  @IsString()
  external_customer_id?: string;

  @Optional()
  @IsString()
  source?: string;

  @Optional()
  @IsInstant()
  start_time?: Date;

  @Optional()
  @IsInstant()
  end_time?: Date;

  @Optional()
  @IsObject()
  property_filters?: Record<string, string[]>;

  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  page_size?: number;

  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  offset?: number;

  @Optional()
  @IsWord(['asc', 'desc'])
  order?: 'asc' | 'desc';

  @Optional()
  @IsString()
  sort?: string;

  /** A page's first key, to go back to the page before it. */
  @Optional()
  @IsString()
  iter_first_key?: string;

  /** A page's last key, to go on to the page after it. */
  @Optional()
  @IsString()
  iter_last_key?: string;
}

export class ListConflictsQuery {
  /** 1 to 1000, 50 when left out. */
  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(1000)
  limit?: number;

  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  offset?: number;
}

export class GetEventQuery {
  @Optional()
  @IsString()
  id?: string;

  @Optional()
  @IsString()
  event_id?: string;
}
