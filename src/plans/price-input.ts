import type { BillingPeriodUnit } from '../domain/billing-period.js';
import { fieldErrors } from '../domain/errors.js';
import type {
  BillingModel,
  InvoiceCadence,
  PackageRounding,
  PriceType,
  TierMode,
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

/** Refuses a price that cannot be charged by; all that is wrong with it at once. `path` leads to it in the body. */
export function assertPrice(input: PriceInput, path = ''): void {
  const errors: Record<string, string> = {};
  const say = (field: string, sentence: string): void => {
    errors[path === '' ? field : `${path}.${field}`] ??= sentence;
  };
  if (input.billingModel === 'TIERED') {
    if (!input.tiers?.length) say('tiers', 'tiers is required for a TIERED price');
    if (!input.tierMode) say('tier_mode', 'tier_mode is required for a TIERED price: VOLUME or SLAB');
  } else if (input.amount === undefined) {
    say('amount', `amount is required for a ${input.billingModel} price`);
  }
  if (input.billingModel === 'PACKAGE' && input.transformQuantity === undefined)
    say('transform_quantity', 'transform_quantity.divide_by is required for a PACKAGE price');
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
