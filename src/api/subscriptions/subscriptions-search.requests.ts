import { IsBoolean } from 'class-validator';
import { BILLING_PERIOD_UNITS } from '../../domain/billing-period.js';
import { SUBSCRIPTION_STATUSES } from '../../domain/subscribing/subscription-states.js';
import { SearchRequest } from '../../platform/http/list-query.js';
import { NotSupportedYet } from '../../platform/http/not-supported.js';
import { Optional } from '../../platform/http/fields.js';
import { IsId, IsTexts, IsOneOfList } from '../../platform/http/text-fields.js';
import { IsInstant } from '../../platform/http/time-fields.js';

export class SearchSubscriptionsRequest extends SearchRequest {
  @Optional()
  @IsTexts()
  subscription_ids?: string[];

  @Optional()
  @IsId()
  customer_id?: string;

  @Optional()
  @IsTexts()
  customer_ids?: string[];

  @Optional()
  @IsId()
  external_customer_id?: string;

  @Optional()
  @IsId()
  plan_id?: string;

  @Optional()
  @IsOneOfList(SUBSCRIPTION_STATUSES)
  subscription_status?: string[];

  @Optional()
  @IsOneOfList(['RECURRING'])
  billing_cadence?: string[];

  @Optional()
  @IsOneOfList(['standalone', 'delegated_invoicing', 'parent', 'inherited', 'grouped_invoicing'])
  @NotSupportedYet(['standalone'])
  subscription_type?: string[];

  @Optional()
  @IsOneOfList(BILLING_PERIOD_UNITS)
  billing_period?: string[];

  /** Lines are always included. */
  @Optional()
  @IsBoolean()
  with_line_items?: boolean;

  @Optional()
  @IsBoolean()
  with_coupon_associations?: boolean;

  /** Begun by that instant, and not ended. */
  @Optional()
  @IsInstant({ ever: true })
  active_at?: Date;

  @Optional()
  @NotSupportedYet()
  effective_date_for_update?: unknown;

  /** In a trial that ends by then. */
  @Optional()
  @IsInstant({ ever: true })
  trial_end_due_lte?: Date;

  @Optional()
  @NotSupportedYet()
  invoicing_customer_ids?: unknown[];

  @Optional()
  @NotSupportedYet()
  parent_subscription_ids?: unknown[];
}
