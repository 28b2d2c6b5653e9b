import { fieldErrors, validationError } from '../../domain/errors.js';
import type { BillingModel, TierMode } from '../../domain/rating/price-kinds.js';
import type { MeteredFeature } from '../../features/features.types.js';
import type { CreatePlanRequest, InlinePriceRequest } from '../plans/plans.requests.js';
import type { StoredTier } from '../../plans/plans.types.js';
import type { PriceInput } from '../../plans/prices.service.js';
import type { PriceFieldsRequest, PriceTierRequest } from './prices.requests.js';

/** The contract's price body in our words. */
export const priceInput = (body: PriceFieldsRequest): PriceInput => ({
  type: body.type,
  billingModel: body.billing_model,
  billingPeriod: body.billing_period,
  billingPeriodCount: body.billing_period_count ?? 1,
  invoiceCadence: body.invoice_cadence,
  currency: body.currency,
  amount: body.amount,
  tierMode: body.tier_mode,
  tiers: body.tiers?.map(storedTier),
  transformQuantity: body.transform_quantity,
  meterId: body.meter_id,
  filterValues: body.filter_values && assertFilterValues(body.filter_values),
  minQuantity: body.min_quantity,
  trialPeriodDays: body.trial_period_days,
  groupId: body.group_id,
  lookupKey: body.lookup_key,
  displayName: body.display_name,
  description: body.description,
  startDate: body.start_date,
  endDate: body.end_date,
  metadata: body.metadata,
});

const MODELS: Readonly<
  Record<InlinePriceRequest['pricing_model'], { billingModel: BillingModel; tierMode?: TierMode }>
> = {
  flat: { billingModel: 'FLAT_FEE' },
  package: { billingModel: 'PACKAGE' },
  tiered: { billingModel: 'TIERED', tierMode: 'SLAB' },
  volume: { billingModel: 'TIERED', tierMode: 'VOLUME' },
};

/** A price that stands inside a plan, as the guides write it: the plan fills in what the price leaves out. */
export function inlinePriceInput(
  plan: CreatePlanRequest,
  price: InlinePriceRequest,
  feature: MeteredFeature | undefined,
  index: number,
): PriceInput {
  const currency = price.currency ?? plan.currency;
  const billingPeriod = price.billing_period ?? plan.billing_period;
  if (currency === undefined || billingPeriod === undefined)
    throw fieldErrors({
      ...(currency === undefined
        ? {
            [`prices[${index}].currency`]: `prices[${index}].currency is required: on the price or on the plan`,
          }
        : {}),
      ...(billingPeriod === undefined
        ? {
            [`prices[${index}].billing_period`]: `prices[${index}].billing_period is required: on the price or on the plan`,
          }
        : {}),
    });
  if (feature !== undefined && feature.meter === null)
    throw validationError(`prices[${index}].feature_id: ${feature.feature.name} is not a metered feature`);
  const usage = feature !== undefined;
  return {
    ...MODELS[price.pricing_model],
    type: usage ? 'USAGE' : 'FIXED',
    billingPeriod,
    billingPeriodCount: price.billing_period_count ?? plan.billing_period_count ?? 1,
    invoiceCadence: price.invoice_cadence ?? (usage ? 'ARREAR' : 'ADVANCE'),
    currency,
    amount: price.unit_price,
    tiers: price.tiers?.map(storedTier),
    transformQuantity: price.transform_quantity,
    meterId: feature?.meter?.id,
    lookupKey: price.lookup_key,
    minQuantity: price.min_quantity,
    trialPeriodDays: price.trial_period_days,
    displayName: price.display_name ?? feature?.feature.name,
    metadata: price.metadata,
  };
}

export const storedTier = (tier: PriceTierRequest): StoredTier => ({
  up_to: tier.up_to ?? null,
  unit_amount: tier.unit_amount,
  flat_amount: tier.flat_amount ?? '0',
});

function assertFilterValues(values: Record<string, unknown>): Record<string, string[]> {
  for (const [key, list] of Object.entries(values))
    if (!Array.isArray(list) || !list.every((value) => typeof value === 'string'))
      throw validationError(`filter_values.${key} must be an array of strings`);
  return values as Record<string, string[]>;
}
