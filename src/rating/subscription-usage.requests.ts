import { IsArray, IsBoolean, IsString, MinLength } from 'class-validator';
import { Transform } from 'class-transformer';
import { IsInstant, Optional } from '../platform/http/fields.js';

export class SubscriptionUsageRequest {
  @IsString()
  @MinLength(1)
  subscription_id!: string;

  /** The start of the current period, when left out. */
  @Optional()
  @IsInstant()
  start_time?: Date;

  /** Now, when left out. */
  @Optional()
  @IsInstant()
  end_time?: Date;

  /** All since charges began, instead of the current period. */
  @Optional()
  @IsBoolean()
  lifetime_usage?: boolean;
}

const asList = Transform(({ value }: { value: unknown }) =>
  typeof value === 'string' ? value.split(',').filter((item) => item !== '') : value,
);

export class CustomerUsageSummaryRequest {
  /** Our id; one of `customer_id` and `customer_lookup_key` is required. */
  @Optional()
  @IsString()
  customer_id?: string;

  /** Your own id of the customer. */
  @Optional()
  @IsString()
  customer_lookup_key?: string;

  @Optional()
  @asList
  @IsArray()
  @IsString({ each: true })
  feature_ids?: string[];

  @Optional()
  @asList
  @IsArray()
  @IsString({ each: true })
  feature_lookup_keys?: string[];

  @Optional()
  @asList
  @IsArray()
  @IsString({ each: true })
  subscription_ids?: string[];
}
