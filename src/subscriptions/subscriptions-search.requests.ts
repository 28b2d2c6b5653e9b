import { IsArray, IsString } from 'class-validator';
import { BILLING_PERIOD_UNITS } from '../domain/billing-period.js';
import { SUBSCRIPTION_STATUSES } from '../domain/subscribing/subscription-states.js';
import { IsInstant, IsWordList, Optional } from '../platform/http/fields.js';
import { SearchRequest } from '../platform/http/list-query.js';
import { NotSupportedYet } from '../platform/http/not-supported.js';

export class SearchSubscriptionsRequest extends SearchRequest {
  @Optional()
  @IsArray()
  @IsString({ each: true })
  subscription_ids?: string[];

  @Optional()
  @IsString()
  customer_id?: string;

  @Optional()
  @IsArray()
  @IsString({ each: true })
  customer_ids?: string[];

  @Optional()
  @IsString()
  external_customer_id?: string;

  @Optional()
  @IsString()
  plan_id?: string;

  @Optional()
  @IsWordList(SUBSCRIPTION_STATUSES)
  subscription_status?: string[];

  @Optional()
  @IsWordList(['RECURRING'])
  billing_cadence?: string[];

  @Optional()
  @IsWordList(['standalone', 'delegated_invoicing', 'parent', 'inherited', 'grouped_invoicing'])
  @NotSupportedYet(['standalone'])
  subscription_type?: string[];

  @Optional()
  @IsWordList(BILLING_PERIOD_UNITS)
  billing_period?: string[];

  /** Lines are always included. */
  @Optional()
  with_line_items?: boolean;

  @Optional()
  with_coupon_associations?: boolean;

  /** Begun by that instant, and not ended. */
  @Optional()
  @IsInstant()
  active_at?: Date;

  @Optional()
  @NotSupportedYet()
  effective_date_for_update?: unknown;

  /** In a trial that ends by then. */
  @Optional()
  @IsInstant()
  trial_end_due_lte?: Date;

  @Optional()
  @NotSupportedYet()
  invoicing_customer_ids?: unknown[];

  @Optional()
  @NotSupportedYet()
  parent_subscription_ids?: unknown[];
}
