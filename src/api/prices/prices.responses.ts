import { formatRate } from '../../domain/rate.js';
import { MeterResponse, toMeterResponse } from '../features/features.responses.js';
import { GroupResponse, toGroupResponse } from '../groups/groups.responses.js';
import { PaginationResponse } from '../../platform/http/list-query.js';
import type { MeteredPrice } from '../../plans/plans.types.js';

export class PriceTierResponse {
  up_to!: number | null;
  unit_amount!: string;
  flat_amount!: string | null;
}

export class TransformQuantityResponse {
  divide_by!: number;
  round!: string;
}

export class PriceResponse {
  id!: string;
  entity_type!: string;
  entity_id!: string;
  type!: string;
  billing_model!: string;
  billing_cadence!: string;
  billing_period!: string;
  billing_period_count!: number;
  invoice_cadence!: string;
  currency!: string;
  /** Decimal string in major units; null for tiers. */
  amount!: string | null;
  /** The amount as a person reads it. */
  display_amount!: string | null;
  tier_mode!: string | null;
  tiers!: PriceTierResponse[] | null;
  transform_quantity!: TransformQuantityResponse | null;
  meter_id!: string | null;
  meter!: MeterResponse | null;
  filter_values!: Record<string, string[]> | null;
  min_quantity!: string | null;
  lookup_key!: string | null;
  display_name!: string | null;
  description!: string | null;
  start_date!: Date;
  end_date!: Date | null;
  metadata!: Record<string, string>;
  addon!: Record<string, unknown> | null;
  plan!: Record<string, unknown> | null;
  group!: GroupResponse | null;
  group_id!: string | null;
  conversion_rate!: string | null;
  display_price_unit_amount!: string | null;
  parent_price_id!: string | null;
  /** The version that ended when this one began. */
  replaces_price_id!: string | null;
  price_unit!: string | null;
  price_unit_amount!: string | null;
  price_unit_id!: string | null;
  price_unit_tiers!: PriceTierResponse[] | null;
  price_unit_type!: string;
  pricing_unit!: Record<string, unknown> | null;
  sequence!: number | null;
  trial_period!: number | null;
  trial_period_days!: number | null;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class ListPricesResponse {
  items!: PriceResponse[];
  pagination!: PaginationResponse;
}

export class CreateBulkPriceResponse {
  items!: PriceResponse[];
}

export const toPriceResponse = ({ price, meter, group }: MeteredPrice): PriceResponse => ({
  id: price.id,
  entity_type: price.entityType,
  entity_id: price.entityId,
  type: price.type,
  billing_model: price.billingModel,
  billing_cadence: 'RECURRING',
  billing_period: price.billingPeriod,
  billing_period_count: price.billingPeriodCount,
  invoice_cadence: price.invoiceCadence,
  currency: price.currency,
  amount: price.amount === null ? null : formatRate(price.amount),
  display_amount: price.amount === null ? null : displayAmount(formatRate(price.amount), price.currency),
  tier_mode: price.tierMode,
  tiers:
    price.tiers?.map((tier) => ({
      up_to: tier.up_to === null ? null : Number(tier.up_to),
      unit_amount: tier.unit_amount,
      flat_amount: tier.flat_amount,
    })) ?? null,
  transform_quantity: price.transformQuantity,
  meter_id: price.meterId,
  meter: meter === null ? null : toMeterResponse(meter),
  filter_values: price.filterValues,
  min_quantity: price.minQuantity === null ? null : formatRate(price.minQuantity),
  lookup_key: price.lookupKey,
  display_name: price.displayName,
  description: price.description,
  start_date: price.startDate,
  end_date: price.endDate,
  metadata: price.metadata,
  addon: null,
  plan: null,
  group: group === null ? null : toGroupResponse(group),
  group_id: group?.group.id ?? null,
  conversion_rate: null,
  display_price_unit_amount: null,
  parent_price_id: price.parentPriceId,
  replaces_price_id: price.replacesPriceId,
  price_unit: null,
  price_unit_amount: null,
  price_unit_id: null,
  price_unit_tiers: null,
  price_unit_type: 'FIAT',
  pricing_unit: null,
  sequence: null,
  trial_period: price.trialPeriodDays,
  trial_period_days: price.trialPeriodDays,
  tenant_id: price.tenantId,
  environment_id: price.environmentId,
  status: price.status,
  created_at: price.createdAt,
  updated_at: price.updatedAt,
  created_by: price.createdBy,
  updated_by: price.updatedBy,
});

/** `$0.0001`: the string goes to Intl as it is, so that no float comes near it. */
export const displayAmount = (amount: string, currency: string): string =>
  new Intl.NumberFormat('en-US', {
    style: 'currency',
    currency: currency.toUpperCase(),
    maximumFractionDigits: 18,
  }).format(amount as `${number}`);
