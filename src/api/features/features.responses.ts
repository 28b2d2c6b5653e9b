import { PaginationResponse } from '../../platform/http/list-query.js';
import type { Meter, MeteredFeature } from '../../features/features.types.js';
import { GroupResponse, toGroupResponse } from '../groups/groups.responses.js';

export class AggregationResponse {
  type!: string;
  field!: string | null;
  multiplier!: string | null;
  bucket_size!: string | null;
  group_by!: string | null;
  expression!: string | null;
}

export class MeterFilterResponse {
  key!: string;
  values!: string[];
}

export class MeterResponse {
  id!: string;
  name!: string;
  event_name!: string;
  aggregation!: AggregationResponse;
  filters!: MeterFilterResponse[];
  reset_usage!: string;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class ReportingUnitResponse {
  unit_singular!: string | null;
  unit_plural!: string | null;
  conversion_rate!: number | null;
}

export class FeatureResponse {
  id!: string;
  name!: string;
  lookup_key!: string | null;
  type!: string;
  /** Usage prices name it. */
  meter_id!: string | null;
  meter!: MeterResponse | null;
  description!: string | null;
  unit_singular!: string | null;
  unit_plural!: string | null;
  reporting_unit!: ReportingUnitResponse | null;
  alert_settings!: Record<string, unknown> | null;
  group!: GroupResponse | null;
  group_id!: string | null;
  metadata!: Record<string, string>;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class ListFeaturesResponse {
  items!: FeatureResponse[];
  pagination!: PaginationResponse;
}

export const toMeterResponse = (row: Meter): MeterResponse => ({
  id: row.id,
  name: row.name,
  event_name: row.eventName,
  aggregation: {
    type: row.aggregation.type,
    field: row.aggregation.field,
    multiplier: row.aggregation.multiplier,
    bucket_size: row.aggregation.bucketSize,
    group_by: row.aggregation.groupBy,
    expression: row.aggregation.expression,
  },
  filters: row.filters.map((filter) => ({ key: filter.key, values: [...filter.values] })),
  reset_usage: row.resetUsage,
  tenant_id: row.tenantId,
  environment_id: row.environmentId,
  status: row.status,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  created_by: row.createdBy,
  updated_by: row.updatedBy,
});

export const toFeatureResponse = ({ feature, meter, group }: MeteredFeature): FeatureResponse => ({
  id: feature.id,
  name: feature.name,
  lookup_key: feature.lookupKey,
  type: feature.type,
  meter_id: feature.meterId,
  meter: meter === null ? null : toMeterResponse(meter),
  description: feature.description,
  unit_singular: feature.unitSingular,
  unit_plural: feature.unitPlural,
  reporting_unit: feature.reportingUnit,
  alert_settings: null,
  group: group === null ? null : toGroupResponse(group),
  group_id: group?.group.id ?? null,
  metadata: feature.metadata,
  tenant_id: feature.tenantId,
  environment_id: feature.environmentId,
  status: feature.status,
  created_at: feature.createdAt,
  updated_at: feature.updatedAt,
  created_by: feature.createdBy,
  updated_by: feature.updatedBy,
});
