import type { BillingPeriodUnit } from '../domain/billing-period.js';
import { fieldErrors } from '../domain/errors.js';
import {
  MODEL_FIELDS,
  TIER_MODES,
  type BillingModel,
  type InvoiceCadence,
  type PackageRounding,
  type PriceType,
  type TermField,
  type TierMode,
} from '../domain/rating/price-kinds.js';
import { pricingTermsErrors } from '../domain/rating/pricing-terms.js';
import { rate } from '../domain/rate.js';
import { pricingTermsOf, type StoredTier } from './plans.types.js';

/** A price as a caller describes it, in the contract's words. */
export interface PriceInput {
  readonly type: PriceType;
  readonly billingModel: BillingModel;
  readonly billingPeriod: BillingPeriodUnit;
  readonly billingPeriodCount: number;
  readonly invoiceCadence: InvoiceCadence;
  readonly currency: string;
  readonly amount?: string | undefined;
  readonly tierMode?: TierMode | undefined;
  readonly tiers?: readonly StoredTier[] | undefined;
  readonly transformQuantity?: { readonly divide_by: number; readonly round?: PackageRounding } | undefined;
  readonly meterId?: string | undefined;
  readonly filterValues?: Readonly<Record<string, string[]>> | undefined;
  readonly minQuantity?: number | undefined;
  readonly trialPeriodDays?: number | undefined;
  readonly groupId?: string | undefined;
  readonly lookupKey?: string | undefined;
  readonly displayName?: string | undefined;
  readonly description?: string | undefined;
  readonly startDate?: Date | undefined;
  readonly endDate?: Date | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

const REQUIRED: Readonly<
  Record<
    TermField,
    { readonly isGiven: (input: PriceInput) => boolean; readonly sentence: (model: BillingModel) => string }
  >
> = {
  amount: {
    isGiven: ({ amount }) => amount !== undefined,
    sentence: (model) => `amount is required for a ${model} price`,
  },
  tiers: {
    isGiven: ({ tiers }) => Boolean(tiers?.length),
    sentence: (model) => `tiers is required for a ${model} price`,
  },
  tier_mode: {
    isGiven: ({ tierMode }) => Boolean(tierMode),
    sentence: (model) => `tier_mode is required for a ${model} price: ${TIER_MODES.join(' or ')}`,
  },
  transform_quantity: {
    isGiven: ({ transformQuantity }) => transformQuantity !== undefined,
    sentence: (model) => `transform_quantity.divide_by is required for a ${model} price`,
  },
};

/** Refuses a price that cannot be charged by; all that is wrong with it at once. `path` leads to it in the body. */
export function assertPrice(input: PriceInput, path = ''): void {
  const errors: Record<string, string> = {};
  const say = (field: string, sentence: string): void => {
    errors[path === '' ? field : `${path}.${field}`] ??= sentence;
  };
  for (const field of MODEL_FIELDS[input.billingModel])
    if (!REQUIRED[field].isGiven(input)) say(field, REQUIRED[field].sentence(input.billingModel));
  if (input.type === 'USAGE') {
    if (!input.meterId) say('meter_id', 'meter_id is required for a USAGE price');
    if (input.invoiceCadence !== 'ARREAR')
      say('invoice_cadence', 'a USAGE price is charged in ARREAR: what is not used yet cannot be billed');
  }
  if (input.billingPeriod === 'ONETIME' && input.invoiceCadence !== 'ADVANCE')
    say('invoice_cadence', 'a ONETIME price is charged in ADVANCE');
  if (input.trialPeriodDays && (input.type !== 'FIXED' || input.billingPeriod === 'ONETIME'))
    say('trial_period_days', 'trial_period_days goes with a recurring FIXED price');
  if (input.startDate && input.endDate && input.endDate <= input.startDate)
    say('end_date', 'end_date must be after start_date');
  const terms = pricingTermsOf({
    billingModel: input.billingModel,
    amount: input.amount === undefined ? null : rate(input.amount),
    tierMode: input.tierMode ?? null,
    tiers: input.tiers ? [...input.tiers] : null,
    transformQuantity: input.transformQuantity
      ? { divide_by: input.transformQuantity.divide_by, round: input.transformQuantity.round ?? 'up' }
      : null,
  });
  if (Object.keys(errors).length === 0)
    for (const [field, sentence] of Object.entries(pricingTermsErrors(terms))) say(field, sentence);
  if (Object.keys(errors).length > 0) throw fieldErrors(errors);
}
