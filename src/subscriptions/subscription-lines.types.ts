import type { SearchRequest } from '../platform/http/list-query.js';

export interface LineSearch extends SearchRequest {
  readonly line_item_ids?: string[];
  readonly subscription_ids?: string[];
  readonly customer_ids?: string[];
  readonly price_ids?: string[];
  readonly meter_ids?: string[];
  readonly entity_ids?: string[];
  readonly entity_type?: string;
  readonly currencies?: string[];
  readonly billing_periods?: string[];
  readonly active_filter?: boolean;
}
