import { ZERO, type Rate } from '../rate.js';
import { sortTiers, type Tier, type TieredTerms } from './pricing-terms.js';

/** The part of a quantity that falls into one tier, and what it costs there. */
export interface TierSlice {
  readonly tier: Tier;
  readonly quantity: Rate;
  /** unit × quantity + flat. */
  readonly amount: Rate;
}

/**
 * The tiers that a quantity enters, in order, each with its own slice. Boundaries are inclusive, so a quantity exactly on
 * one does not enter the next tier. What lies beyond the last boundary is priced by the last tier. RangeError without tiers.
 */
export function tierSlices(terms: TieredTerms, quantity: Rate): TierSlice[] {
  const tiers = sortTiers(terms.tiers);
  if (tiers.length === 0) throw new RangeError('a tiered price needs at least one tier');
  const slices: TierSlice[] = [];
  let below = ZERO;
  for (const [index, tier] of tiers.entries()) {
    if (quantity.lessThanOrEqualTo(below)) break;
    const last = index === tiers.length - 1;
    const top = last || tier.upTo === null || quantity.lessThan(tier.upTo) ? quantity : tier.upTo;
    const slice = top.minus(below);
    slices.push({ tier, quantity: slice, amount: tier.unitAmount.times(slice).plus(tier.flatAmount) });
    below = top;
  }
  return slices;
}

/** Graduated: the sum of what each entered tier charges for its slice. */
export const rateTieredSlab = (terms: TieredTerms, quantity: Rate): Rate =>
  tierSlices(terms, quantity).reduce((sum, slice) => sum.plus(slice.amount), ZERO);
