import {
  AGGREGATION_TYPES,
  WINDOW_SIZES,
  type AggregationType,
  type WindowSize,
} from '../../domain/usage/aggregation.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import { MOST_CHARACTERS, MOST_ITEMS, MOST_JSON, shown } from '../../platform/http/bounds.js';
import { Optional } from '../../platform/http/fields.js';
import { IsTextListMap } from '../../platform/http/json-fields.js';
import { IsDecimalValue, IsOffset, IsWhole } from '../../platform/http/number-fields.js';
import { IsId, IsText, IsTimeZone, IsOneOf } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

const ID = { minLength: 1, maxLength: MOST_CHARACTERS };

/**
 * One usage event. This class only describes the body: events are read by hand, a thousand at a time.
 */
export class IngestEventRequest {
  /** What happened; meters count by it. */
  @shown(ID)
  event_name!: string;

  /** The customer, by your own id. The guides write `customer_id`. */
  @shown(ID)
  external_customer_id!: string;

  @shown(ID)
  customer_id?: string;

  /** The same id again is the same event: the first one counts. The guides write `idempotency_key`. */
  @shown(ID)
  event_id?: string;

  /** When it happened, RFC 3339, from the year 2000 to ten years ahead. Now, when left out. */
  @shown({ type: 'string', format: 'date-time', maxLength: 40 })
  timestamp?: string;

  @shown({ maxLength: MOST_CHARACTERS })
  source?: string;

  /**
   * Any JSON object of at most 64 KiB and 16 levels; meters filter and add up its values. Numbers are kept to the last
   * digit, and shown as strings where they have more than JSON readers keep.
   */
  @shown({ type: 'object', additionalProperties: true, maxProperties: MOST_JSON })
  properties?: Record<string, unknown>;
}

export class IngestEventsBulkRequest {
  /** 1 to 1000. */
  @shown({ minItems: 1, maxItems: MOST_ITEMS })
  events!: IngestEventRequest[];
}

class UsageWindowRequest {
  @Optional()
  @IsId()
  external_customer_id?: string;

  /** Our id of the customer, or your own. */
  @Optional()
  @IsId()
  customer_id?: string;

  /** Inclusive. Seven days before the end, when left out. */
  @Optional()
  @IsInstant({ ever: true })
  start_time?: Date;

  /** Exclusive. Now, when left out. */
  @Optional()
  @IsInstant({ ever: true })
  end_time?: Date;

  /** Also answers the value of each window. */
  @Optional()
  @IsOneOf(WINDOW_SIZES)
  window_size?: WindowSize;

  /** Property → values that count. */
  @Optional()
  @IsTextListMap()
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
  @IsOneOf(WINDOW_SIZES)
  bucket_size?: WindowSize;
}

export class GetUsageByMeterRequest extends UsageWindowRequest {
  @IsId()
  meter_id!: string;
}

export class GetUsageRequest extends UsageWindowRequest {
  @IsText({ min: 1 })
  event_name!: string;

  @IsOneOf(AGGREGATION_TYPES)
  aggregation_type!: AggregationType;

  @Optional()
  @IsText()
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
  @IsText({ min: 1 })
  group_by_property?: string;
}

export class GetEventsRequest {
  @Optional()
  @IsId()
  event_id?: string;

  @Optional()
  @IsText()
  event_name?: string;

  @Optional()
  @IsId()
  external_customer_id?: string;

  @Optional()
  @IsText()
  source?: string;

  @Optional()
  @IsInstant({ ever: true })
  start_time?: Date;

  @Optional()
  @IsInstant({ ever: true })
  end_time?: Date;

  @Optional()
  @IsTextListMap()
  property_filters?: Record<string, string[]>;

  @Optional()
  @IsWhole({ min: 1, max: 1000 })
  page_size?: number;

  @Optional()
  @IsOffset()
  offset?: number;

  @Optional()
  @IsOneOf(['asc', 'desc'])
  order?: 'asc' | 'desc';

  @Optional()
  @IsText()
  sort?: string;

  /** A page's first key, to go back to the page before it. */
  @Optional()
  @IsId()
  iter_first_key?: string;

  /** A page's last key, to go on to the page after it. */
  @Optional()
  @IsId()
  iter_last_key?: string;
}

export class ListConflictsQuery {
  /** 1 to 1000, 50 when left out. */
  @Optional()
  @IsWhole({ min: 1, max: 1000 })
  limit?: number;

  @Optional()
  @IsOffset()
  offset?: number;
}

export class GetEventQuery {
  @Optional()
  @IsId()
  id?: string;

  @Optional()
  @IsId()
  event_id?: string;
}
