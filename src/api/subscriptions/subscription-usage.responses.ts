import { EntitlementSourceResponse } from './entitlement-summaries.responses.js';
import { FeatureResponse } from '../features/features.responses.js';
import { PaginationResponse } from '../../platform/http/list-query.js';
import { PriceResponse } from '../prices/prices.responses.js';

export class SubscriptionUsageChargeResponse {
  subscription_line_item_id!: string;
  meter_id!: string | null;
  meter_display_name!: string | null;
  quantity!: number;
  /** Major units; a JSON number, as the clients declare it. */
  amount!: number;
  currency!: string;
  display_amount!: string;
  filter_values!: Record<string, string[]> | null;
  is_overage!: boolean;
  overage_factor!: number | null;
  price!: PriceResponse;
}

export class SubscriptionUsageResponse {
  amount!: number;
  currency!: string;
  display_amount!: string;
  start_time!: Date;
  end_time!: Date;
  charges!: SubscriptionUsageChargeResponse[];
  commitment_amount!: number | null;
  commitment_utilized!: number | null;
  has_overage!: boolean;
  overage_amount!: number;
  overage_factor!: number | null;
}

export class FeatureUsageSummaryResponse {
  feature!: FeatureResponse;
  /** Decimal string: since the limit, or the billing period, began anew. */
  current_usage!: string;
  /** Of all sources together; null is unlimited. */
  total_limit!: number | null;
  is_enabled!: boolean;
  is_soft_limit!: boolean;
  is_unlimited!: boolean;
  /** When the count begins anew; null: never. */
  next_usage_reset_at!: Date | null;
  sources!: EntitlementSourceResponse[];
  usage_percent!: string | null;
}

export class UsagePeriodResponse {
  start_time!: Date;
  end_time!: Date;
  period!: string;
}

export class CustomerUsageSummaryResponse {
  customer_id!: string;
  features!: FeatureUsageSummaryResponse[];
  /** Null when the customer has no subscription that is charged for. */
  period!: UsagePeriodResponse | null;
  pagination!: PaginationResponse;
}
