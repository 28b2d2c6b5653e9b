import { PaginationResponse } from '../../platform/http/list-query.js';
import { EntitlementResponse, toEntitlementResponse } from '../entitlements/entitlements.responses.js';
import type { FeaturedEntitlement } from '../../plans/entitlements.types.js';
import type { Plan, PricedPlan } from '../../plans/plans.types.js';
import { PriceResponse, toPriceResponse } from '../prices/prices.responses.js';

export class PlanResponse {
  id!: string;
  name!: string;
  lookup_key!: string | null;
  description!: string | null;
  display_order!: number | null;
  metadata!: Record<string, string>;
  prices!: PriceResponse[] | null;
  entitlements!: EntitlementResponse[] | null;
  credit_grants!: Record<string, unknown>[] | null;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class ListPlansResponse {
  items!: PlanResponse[];
  pagination!: PaginationResponse;
}

/** The plan's own keys are for clients that take the answer for the plan itself. */
export class ListPlanEntitlementsResponse extends PlanResponse {
  items!: EntitlementResponse[];
  pagination!: PaginationResponse;
}

/** Without prices, entitlements and credit grants when they were not asked for. */
export const toPlanResponse = (
  plan: Plan,
  prices: PricedPlan['prices'] | null,
  entitlements: readonly FeaturedEntitlement[] | null = null,
  creditGrants: readonly Record<string, unknown>[] | null = null,
): PlanResponse => ({
  id: plan.id,
  name: plan.name,
  lookup_key: plan.lookupKey,
  description: plan.description,
  display_order: plan.displayOrder,
  metadata: plan.metadata,
  prices: prices?.map(toPriceResponse) ?? null,
  entitlements: entitlements?.map(toEntitlementResponse) ?? null,
  credit_grants: creditGrants === null ? null : [...creditGrants],
  tenant_id: plan.tenantId,
  environment_id: plan.environmentId,
  status: plan.status,
  created_at: plan.createdAt,
  updated_at: plan.updatedAt,
  created_by: plan.createdBy,
  updated_by: plan.updatedBy,
});
