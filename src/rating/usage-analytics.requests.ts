import { IsArray, IsIn, IsObject, IsString, Matches, MinLength } from 'class-validator';
import { WINDOW_SIZES, type WindowSize } from '../domain/usage/aggregation.js';
import { IsInstant, IsWord, Optional } from '../platform/http/fields.js';
import { NotSupportedYet } from '../platform/http/not-supported.js';

/** What an item can carry along. */
export const ANALYTICS_EXPANSIONS = ['feature', 'meter', 'price', 'source'] as const;

export class GetUsageAnalyticsRequest {
  /** Your own id of the customer. */
  @IsString()
  @MinLength(1)
  external_customer_id!: string;

  /** Inclusive. Seven days before the end, when left out. */
  @Optional()
  @IsInstant()
  start_time?: Date;

  /** Exclusive. Now, when left out. */
  @Optional()
  @IsInstant()
  end_time?: Date;

  /** Makes `points`: one for each window with usage, in UTC. */
  @Optional()
  @IsWord(WINDOW_SIZES)
  window_size?: WindowSize;

  /** All features with a meter, when left out. */
  @Optional()
  @IsArray()
  @IsString({ each: true })
  feature_ids?: string[];

  /** Only events of these sources. */
  @Optional()
  @IsArray()
  @IsString({ each: true })
  sources?: string[];

  /** Property → values that count. */
  @Optional()
  @IsObject()
  property_filters?: Record<string, string[]>;

  /** Splits items further: `source`, or `properties.` and a name. Items are by feature anyhow. */
  @Optional()
  @IsArray()
  @Matches(/^(feature_id|source|properties\..{1,255})$/, {
    each: true,
    message: 'group_by must hold feature_id, source, or properties.<name>',
  })
  group_by?: string[];

  @Optional()
  @IsArray()
  @IsIn(ANALYTICS_EXPANSIONS, { each: true })
  expand?: string[];

  @Optional()
  @NotSupportedYet()
  include_children?: boolean;

  @Optional()
  @NotSupportedYet()
  breakdown_bucket?: boolean;
}
