import type { Rate } from '../rate.js';
import { sortTiers, type Tier, type TieredTerms } from './pricing-terms.js';

/**
 * The first tier whose boundary the quantity does not pass prices all of it: unit × quantity + flat.
 * A quantity beyond the last boundary stays in the last tier. RangeError without tiers.
 */
export function rateTieredVolume(terms: TieredTerms, quantity: Rate): Rate {
  const tier = volumeTier(terms, quantity);
  return tier.unitAmount.times(quantity).plus(tier.flatAmount);
}

/** The tier that prices all of a quantity. RangeError without tiers. */
export function volumeTier(terms: TieredTerms, quantity: Rate): Tier {
  const tiers = sortTiers(terms.tiers);
  const tier = tiers.find(({ upTo }) => upTo === null || quantity.lessThanOrEqualTo(upTo)) ?? tiers.at(-1);
  if (tier === undefined) throw new RangeError('a tiered price needs at least one tier');
  return tier;
}
