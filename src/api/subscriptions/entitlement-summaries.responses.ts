import { totalEntitlement, type EntitlementTotal } from '../../domain/usage/entitlement-summary.js';
import { FeatureResponse, toFeatureResponse } from '../features/features.responses.js';
import type {
  EntitledFeature,
  EntitlementSource,
} from '../../subscriptions/entitlement-summaries.service.js';
import { SubscriptionResponse } from './subscriptions.responses.js';

export class AggregatedEntitlementResponse {
  is_enabled!: boolean;
  /** All sources together; null is unlimited, or of a feature that is not metered. */
  usage_limit!: number | null;
  /** Null: with the billing period, or the sources begin anew at different times. */
  usage_reset_period!: string | null;
  is_soft_limit!: boolean;
  static_values!: string[];
  config_values!: Record<string, unknown>[];
  aggregation_mode!: string;
  buckets!: Record<string, unknown>[];
}

export class EntitlementSourceResponse {
  subscription_id!: string;
  entitlement_id!: string;
  /** plan, addon or subscription. */
  entity_type!: string;
  entity_id!: string;
  entity_name!: string | null;
  /** How many times the subscription has it. */
  quantity!: number;
  is_enabled!: boolean;
  usage_limit!: number | null;
  usage_reset_period!: string | null;
  static_value!: string | null;
  config_value!: Record<string, unknown> | null;
}

export class AggregatedFeatureResponse {
  feature!: FeatureResponse;
  entitlement!: AggregatedEntitlementResponse;
  sources!: EntitlementSourceResponse[];
}

export class SubscriptionEntitlementsResponse {
  subscription_id!: string;
  plan_id!: string;
  features!: AggregatedFeatureResponse[];
}

export class CustomerEntitlementsResponse {
  customer_id!: string;
  features!: AggregatedFeatureResponse[];
  /** Those that entitle the customer. */
  subscriptions!: SubscriptionResponse[];
}

/** Each time that a subscription has an addon counts. */
export const totalOfSources = (sources: readonly EntitlementSource[]): EntitlementTotal =>
  totalEntitlement(
    sources.flatMap(({ entitlement, quantity }) =>
      Array.from({ length: quantity }, () => ({
        isEnabled: entitlement.isEnabled,
        limit: entitlement.usageLimit,
        isSoftLimit: entitlement.isSoftLimit,
        reset: entitlement.usageResetPeriod,
        staticValue: entitlement.staticValue,
        configValue: entitlement.configValue,
      })),
    ),
  );

export function toAggregatedFeature({ feature, sources }: EntitledFeature): AggregatedFeatureResponse {
  const total = totalOfSources(sources);
  return {
    feature: toFeatureResponse(feature),
    entitlement: {
      is_enabled: total.isEnabled,
      usage_limit: feature.feature.type === 'metered' ? total.limit : null,
      usage_reset_period: total.reset,
      is_soft_limit: total.isSoftLimit,
      static_values: [...total.staticValues],
      config_values: total.configValues.map((value) => ({ ...value })),
      aggregation_mode: 'additive',
      buckets: [],
    },
    sources: sources.map(toEntitlementSource),
  };
}

export const toEntitlementSource = (source: EntitlementSource): EntitlementSourceResponse => ({
  subscription_id: source.subscription.id,
  entitlement_id: source.entitlement.id,
  entity_type: source.entitlement.entityType.toLowerCase(),
  entity_id: source.entitlement.entityId,
  entity_name: source.entityName,
  quantity: source.quantity,
  is_enabled: source.entitlement.isEnabled,
  usage_limit: source.entitlement.usageLimit,
  usage_reset_period: source.entitlement.usageResetPeriod,
  static_value: source.entitlement.staticValue,
  config_value: source.entitlement.configValue,
});
