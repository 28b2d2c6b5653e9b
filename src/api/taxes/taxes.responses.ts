import { PaginationResponse } from '../../platform/http/list-query.js';
import { taxRateSnapshot, type AssociatedTax, type TaxRate } from '../../plans/taxes.types.js';

export class TaxRateResponse {
  id!: string;
  name!: string;
  code!: string;
  description!: string | null;
  tax_rate_status!: string;
  tax_rate_type!: string;
  scope!: string;
  percentage_value!: string | null;
  fixed_value!: string | null;
  metadata!: Record<string, string>;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class ListTaxRatesResponse {
  items!: TaxRateResponse[];
  pagination!: PaginationResponse;
}

export class TaxAssociationResponse {
  id!: string;
  tax_rate_id!: string;
  tax_rate!: TaxRateResponse;
  entity_type!: string;
  entity_id!: string;
  priority!: number;
  auto_apply!: boolean;
  currency!: string | null;
  start_date!: Date;
  end_date!: Date | null;
  /** The association of the tenant or customer that this one is a copy of. */
  inherited_from!: string | null;
  metadata!: Record<string, string>;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class ListTaxAssociationsResponse {
  items!: TaxAssociationResponse[];
  pagination!: PaginationResponse;
}

export const toTaxRateResponse = (row: TaxRate): TaxRateResponse => taxRateSnapshot(row);

export const toTaxAssociationResponse = ({
  association: row,
  taxRate,
}: AssociatedTax): TaxAssociationResponse => ({
  id: row.id,
  tax_rate_id: row.taxRateId,
  tax_rate: toTaxRateResponse(taxRate),
  entity_type: row.entityType,
  entity_id: row.entityId,
  priority: row.priority,
  auto_apply: row.autoApply,
  currency: row.currency,
  start_date: row.startDate,
  end_date: row.endDate,
  inherited_from: row.inheritedFrom,
  metadata: row.metadata,
  tenant_id: row.tenantId,
  environment_id: row.environmentId,
  status: row.status,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  created_by: row.createdBy,
  updated_by: row.updatedBy,
});
