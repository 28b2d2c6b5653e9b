import { FeatureResponse, toFeatureResponse } from '../features/features.responses.js';
import { PaginationResponse } from '../../platform/http/list-query.js';
import type { FeaturedEntitlement } from '../../plans/entitlements.types.js';

export class EntitlementResponse {
  id!: string;
  /** PLAN, ADDON or SUBSCRIPTION. */
  entity_type!: string;
  entity_id!: string;
  /** Of a plan's entitlement: the plan. */
  plan_id!: string | null;
  plan!: Record<string, unknown> | null;
  addon!: Record<string, unknown> | null;
  feature_id!: string;
  feature_type!: string;
  feature!: FeatureResponse;
  is_enabled!: boolean;
  /** Null is unlimited. */
  usage_limit!: number | null;
  /** Null: with the subscription's billing period. */
  usage_reset_period!: string | null;
  is_soft_limit!: boolean;
  static_value!: string | null;
  config_value!: Record<string, unknown> | null;
  parent_entitlement_id!: string | null;
  start_date!: Date | null;
  end_date!: Date | null;
  aggregation_mode!: string;
  display_order!: number | null;
  grant_allocation_behavior!: string | null;
  grant_duration_unit!: string | null;
  grant_duration_value!: number | null;
  grant_measure!: string | null;
  grant_quota!: string | null;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class ListEntitlementsResponse {
  items!: EntitlementResponse[];
  pagination!: PaginationResponse;
}

export class CreateBulkEntitlementResponse {
  items!: EntitlementResponse[];
}

export const toEntitlementResponse = ({
  entitlement,
  feature,
}: FeaturedEntitlement): EntitlementResponse => ({
  id: entitlement.id,
  entity_type: entitlement.entityType,
  entity_id: entitlement.entityId,
  plan_id: entitlement.entityType === 'PLAN' ? entitlement.entityId : null,
  plan: null,
  addon: null,
  feature_id: entitlement.featureId,
  feature_type: entitlement.featureType,
  feature: toFeatureResponse(feature),
  is_enabled: entitlement.isEnabled,
  usage_limit: entitlement.usageLimit,
  usage_reset_period: entitlement.usageResetPeriod,
  is_soft_limit: entitlement.isSoftLimit,
  static_value: entitlement.staticValue,
  config_value: entitlement.configValue,
  parent_entitlement_id: entitlement.parentEntitlementId,
  start_date: entitlement.startDate,
  end_date: entitlement.endDate,
  aggregation_mode: 'additive',
  display_order: null,
  grant_allocation_behavior: null,
  grant_duration_unit: null,
  grant_duration_value: null,
  grant_measure: null,
  grant_quota: null,
  tenant_id: entitlement.tenantId,
  environment_id: entitlement.environmentId,
  status: entitlement.status,
  created_at: entitlement.createdAt,
  updated_at: entitlement.updatedAt,
  created_by: entitlement.createdBy,
  updated_by: entitlement.updatedBy,
});
