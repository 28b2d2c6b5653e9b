import { fieldErrors } from '../domain/errors.js';
import { ignoredFields, type BillingModel, type TierMode } from '../domain/rating/price-kinds.js';
import { formatRate } from '../domain/rate.js';
import type { Price, StoredTier } from '../plans/plans.types.js';
import type { PriceInput } from '../plans/prices.service.js';
import type { LineCommitmentInput } from './commitments.types.js';

/** What a subscription has otherwise than the price that it takes. */
export interface PriceOverride {
  readonly amount?: string | undefined;
  readonly billingModel?: BillingModel | undefined;
  readonly tierMode?: TierMode | undefined;
  readonly tiers?: readonly StoredTier[] | undefined;
  readonly transformQuantity?: PriceInput['transformQuantity'];
  /** Of the line, not of the price. */
  readonly quantity?: string | undefined;
  /** Of the line too. */
  readonly commitment?: LineCommitmentInput | undefined;
}

/** Whether it needs a price of its own, and not only another quantity. */
export const changesPrice = ({
  amount,
  billingModel,
  tierMode,
  tiers,
  transformQuantity,
}: PriceOverride): boolean =>
  [amount, billingModel, tierMode, tiers, transformQuantity].some((value) => value !== undefined);

/**
 * The price with other terms, valid from an instant on, for one subscription alone. validation_error for terms that the
 * billing model would not look at: they would be charged otherwise than whoever wrote them believes.
 */
export function overridden(price: Price, change: PriceOverride, from: Date, path: string): PriceInput {
  const billingModel = change.billingModel ?? price.billingModel;
  const ignored = ignoredFields(billingModel, {
    amount: change.amount,
    tiers: change.tiers,
    tier_mode: change.tierMode,
    transform_quantity: change.transformQuantity,
  }).map((field) => (path === '' ? field : `${path}.${field}`));
  if (ignored.length > 0)
    throw fieldErrors(
      Object.fromEntries(ignored.map((name) => [name, `${name} means nothing for a ${billingModel} price`])),
    );
  return {
    type: price.type,
    billingModel,
    billingPeriod: price.billingPeriod,
    billingPeriodCount: price.billingPeriodCount,
    invoiceCadence: price.invoiceCadence,
    currency: price.currency,
    amount: change.amount ?? (price.amount === null ? undefined : formatRate(price.amount)),
    tierMode: change.tierMode ?? price.tierMode ?? undefined,
    tiers: change.tiers ?? price.tiers ?? undefined,
    transformQuantity: change.transformQuantity ?? price.transformQuantity ?? undefined,
    meterId: price.meterId ?? undefined,
    filterValues: price.filterValues,
    minQuantity: price.minQuantity === null ? undefined : price.minQuantity.toNumber(),
    trialPeriodDays: price.trialPeriodDays ?? undefined,
    displayName: price.displayName ?? undefined,
    description: price.description ?? undefined,
    startDate: from,
    metadata: price.metadata,
  };
}
