import { ZERO, type Rate } from '../rate.js';
import { rateFlatFee } from './flat-fee.js';
import { ratePackage } from './package.js';
import type { TierMode } from './price-kinds.js';
import type { PricingTerms, TieredTerms } from './pricing-terms.js';
import { rateTieredSlab } from './tiered-slab.js';
import { rateTieredVolume } from './tiered-volume.js';

/**
 * What a quantity costs: the exact amount in major units, never rounded here. Nothing costs nothing, flat amounts included.
 * RangeError when the quantity is negative or not finite, or the terms do not pass `pricingTermsErrors`.
 * Source: wire contract, line amounts.
 */
export function ratePrice(terms: PricingTerms, quantity: Rate): Rate {
  if (!quantity.isFinite()) throw new RangeError('a quantity must be finite');
  if (quantity.lessThan(0)) throw new RangeError('a quantity must not be negative');
  if (quantity.isZero()) return ZERO;
  switch (terms.model) {
    case 'FLAT_FEE':
      return rateFlatFee(terms, quantity);
    case 'PACKAGE':
      return ratePackage(terms, quantity);
    case 'TIERED':
      return TIERED[terms.mode](terms, quantity);
  }
}

const TIERED = {
  VOLUME: rateTieredVolume,
  SLAB: rateTieredSlab,
} as const satisfies Readonly<Record<TierMode, (terms: TieredTerms, quantity: Rate) => Rate>>;
