import type { Rate } from '../rate.js';
import type { FlatFeeTerms } from './pricing-terms.js';

/** amount × quantity. */
export const rateFlatFee = (terms: FlatFeeTerms, quantity: Rate): Rate => terms.amount.times(quantity);
