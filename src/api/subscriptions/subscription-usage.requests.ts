import { IsBoolean } from 'class-validator';
import { Optional } from '../../platform/http/fields.js';
import { IsId, IsStringList } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

export class SubscriptionUsageRequest {
  @IsId()
  subscription_id!: string;

  /** The start of the current period, when left out. */
  @Optional()
  @IsInstant({ ever: true })
  start_time?: Date;

  /** Now, when left out. */
  @Optional()
  @IsInstant({ ever: true })
  end_time?: Date;

  /** All since charges began, instead of the current period. */
  @Optional()
  @IsBoolean()
  lifetime_usage?: boolean;
}

export class CustomerUsageSummaryRequest {
  /** Our id; one of `customer_id` and `customer_lookup_key` is required. */
  @Optional()
  @IsId()
  customer_id?: string;

  /** Your own id of the customer. */
  @Optional()
  @IsId()
  customer_lookup_key?: string;

  @Optional()
  @IsStringList()
  feature_ids?: string[];

  @Optional()
  @IsStringList()
  feature_lookup_keys?: string[];

  @Optional()
  @IsStringList()
  subscription_ids?: string[];
}
