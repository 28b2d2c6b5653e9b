import { formatRate, ZERO, type Rate } from '../../domain/rate.js';
import {
  FeatureResponse,
  MeterResponse,
  toFeatureResponse,
  toMeterResponse,
} from '../features/features.responses.js';
import { PriceResponse, toPriceResponse } from '../prices/prices.responses.js';
import type { AnalyticsItem, AnalyticsPoint, UsageAnalytics } from '../../rating/usage-analytics.service.js';

export class UsageAnalyticPointResponse {
  /** Beginning of the window. */
  timestamp!: string;
  usage!: string;
  /** The item's cost in proportion to the usage of the window. */
  cost!: string;
  subtotal!: string;
  discount!: string;
  event_count!: number;
  buckets!: Record<string, unknown>[];
  computed_commitment_utilized_amount!: string;
  computed_overage_amount!: string;
  computed_true_up_amount!: string;
}

export class UsageAnalyticItemResponse {
  feature_id!: string;
  name!: string;
  event_name!: string;
  meter_id!: string;
  aggregation_type!: string;
  /** Null where the customer has no price for it. */
  price_id!: string | null;
  plan_id!: string | null;
  add_on_id!: string | null;
  subscription_id!: string | null;
  sub_line_item_id!: string | null;
  currency!: string | null;
  unit!: string | null;
  unit_plural!: string | null;
  reporting_unit!: Record<string, unknown> | null;
  source!: string | null;
  /** With `expand: ["source"]`. */
  sources!: string[];
  /** The values of the properties it is grouped by. */
  properties!: Record<string, string>;
  total_usage!: string;
  total_usage_display!: string;
  /** As if the window were one period: what tiers make of it. */
  total_cost!: string;
  subtotal!: string;
  total_discount!: string;
  event_count!: number;
  window_size!: string | null;
  points!: UsageAnalyticPointResponse[];
  feature!: FeatureResponse | null;
  meter!: MeterResponse | null;
  price!: PriceResponse | null;
  plan!: Record<string, unknown> | null;
  addon!: Record<string, unknown> | null;
  group!: Record<string, unknown> | null;
  subscription_line_item!: Record<string, unknown> | null;
  commitment_info!: Record<string, unknown> | null;
  bucket_summaries!: Record<string, unknown>[];
}

export class GetUsageAnalyticsResponse {
  items!: UsageAnalyticItemResponse[];
  /** Of the items in this currency. */
  total_cost!: string;
  subtotal!: string;
  total_discount!: string;
  currency!: string;
  custom_analytics!: Record<string, unknown>[];
}

const toPoint = ({ start, usage, cost, events }: AnalyticsPoint): UsageAnalyticPointResponse => ({
  timestamp: start.toISOString(),
  usage: formatRate(usage),
  cost: formatRate(cost),
  subtotal: formatRate(cost),
  discount: '0',
  event_count: events,
  buckets: [],
  computed_commitment_utilized_amount: '0',
  computed_overage_amount: '0',
  computed_true_up_amount: '0',
});

function toItem(item: AnalyticsItem, expand: ReadonlySet<string>): UsageAnalyticItemResponse {
  const { metered, meter, line, priced } = item;
  const { feature } = metered;
  return {
    feature_id: feature.id,
    name: feature.name,
    event_name: meter.eventName,
    meter_id: meter.id,
    aggregation_type: meter.aggregation.type,
    price_id: priced?.price.id ?? null,
    plan_id: line?.entityType === 'plan' ? line.entityId : null,
    add_on_id: line?.entityType === 'addon' ? line.entityId : null,
    subscription_id: line?.subscriptionId ?? null,
    sub_line_item_id: line?.id ?? null,
    currency: line?.currency ?? null,
    unit: feature.unitSingular,
    unit_plural: feature.unitPlural,
    reporting_unit: feature.reportingUnit === null ? null : { ...feature.reportingUnit },
    source: item.source,
    sources: [...item.sources],
    properties: item.properties,
    total_usage: formatRate(item.usage),
    total_usage_display: formatRate(item.usage),
    total_cost: formatRate(item.cost),
    subtotal: formatRate(item.cost),
    total_discount: '0',
    event_count: item.events,
    window_size: item.windowSize ?? null,
    points: item.points.map(toPoint),
    feature: expand.has('feature') ? toFeatureResponse(metered) : null,
    meter: expand.has('meter') ? toMeterResponse(meter) : null,
    price: expand.has('price') && priced !== undefined ? toPriceResponse(priced) : null,
    plan: null,
    addon: null,
    group: null,
    subscription_line_item: null,
    commitment_info: null,
    bucket_summaries: [],
  };
}

export function toAnalyticsResponse(
  { items, currency }: UsageAnalytics,
  expand: ReadonlySet<string>,
): GetUsageAnalyticsResponse {
  const total = items
    .filter((item) => item.line?.currency === currency)
    .reduce<Rate>((sum, item) => sum.plus(item.cost), ZERO);
  return {
    items: items.map((item) => toItem(item, expand)),
    total_cost: formatRate(total),
    subtotal: formatRate(total),
    total_discount: '0',
    currency,
    custom_analytics: [],
  };
}
