import { Matches } from 'class-validator';
import { WINDOW_SIZES, type WindowSize } from '../../domain/usage/aggregation.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import { Optional } from '../../platform/http/fields.js';
import { IsTextListMap } from '../../platform/http/json-fields.js';
import { IsId, IsTexts, IsOneOf, IsOneOfList } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

/** What an item can carry along. */
export const ANALYTICS_EXPANSIONS = ['feature', 'meter', 'price', 'source'] as const;

/** Properties that items are split by. */
const MOST_GROUPS = 10;

export class GetUsageAnalyticsRequest {
  /** Your own id of the customer. */
  @IsId()
  external_customer_id!: string;

  /** Inclusive. Seven days before the end, when left out. */
  @Optional()
  @IsInstant({ ever: true })
  start_time?: Date;

  /** Exclusive. Now, when left out. */
  @Optional()
  @IsInstant({ ever: true })
  end_time?: Date;

  /** Makes `points`: one for each window with usage, in UTC. */
  @Optional()
  @IsOneOf(WINDOW_SIZES)
  window_size?: WindowSize;

  /** All features with a meter, when left out. */
  @Optional()
  @IsTexts()
  feature_ids?: string[];

  /** Only events of these sources. */
  @Optional()
  @IsTexts()
  sources?: string[];

  /** Property → values that count. */
  @Optional()
  @IsTextListMap()
  property_filters?: Record<string, string[]>;

  /** Splits items further: `source`, or `properties.` and a name. Items are by feature anyhow. */
  @Optional()
  @IsTexts({ most: MOST_GROUPS })
  @Matches(/^(feature_id|source|properties\..{1,255})$/, {
    each: true,
    message: 'group_by must hold feature_id, source, or properties.<name>',
  })
  group_by?: string[];

  @Optional()
  @IsOneOfList(ANALYTICS_EXPANSIONS)
  expand?: string[];

  @Optional()
  @NotSupportedYet()
  include_children?: boolean;

  @Optional()
  @NotSupportedYet()
  breakdown_bucket?: boolean;
}
