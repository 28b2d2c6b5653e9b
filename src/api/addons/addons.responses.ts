import { PaginationResponse } from '../../platform/http/list-query.js';
import type { PricedAddon } from '../../plans/addons.types.js';
import { EntitlementResponse, toEntitlementResponse } from '../entitlements/entitlements.responses.js';
import { PriceResponse, toPriceResponse } from '../prices/prices.responses.js';

export class AddonResponse {
  id!: string;
  name!: string;
  lookup_key!: string;
  /** `onetime` or `multiple_instance`. */
  type!: string;
  description!: string | null;
  metadata!: Record<string, unknown>;
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

export class ListAddonsResponse {
  items!: AddonResponse[];
  pagination!: PaginationResponse;
}

export const toAddonResponse = (
  { addon, prices, entitlements }: PricedAddon,
  creditGrants: readonly Record<string, unknown>[],
): AddonResponse => ({
  id: addon.id,
  name: addon.name,
  lookup_key: addon.lookupKey,
  type: addon.type,
  description: addon.description,
  metadata: addon.metadata,
  prices: prices.map(toPriceResponse),
  entitlements: entitlements.map(toEntitlementResponse),
  credit_grants: [...creditGrants],
  tenant_id: addon.tenantId,
  environment_id: addon.environmentId,
  status: addon.status,
  created_at: addon.createdAt,
  updated_at: addon.updatedAt,
  created_by: addon.createdBy,
  updated_by: addon.updatedBy,
});
