import type { Rate } from '../rate.js';
import type { PackageTerms } from './pricing-terms.js';

/** amount × number of packages. RangeError as {@link packagesOf}. */
export const ratePackage = (terms: PackageTerms, quantity: Rate): Rate =>
  terms.amount.times(packagesOf(terms, quantity));

/** How many packages a quantity takes, a begun one counted by `round`. RangeError unless a package holds a whole number of units from 1 up. */
export function packagesOf({ divideBy, round }: PackageTerms, quantity: Rate): Rate {
  if (!divideBy.isInteger() || divideBy.lessThan(1))
    throw new RangeError('a package must hold a whole number of units from 1 up');
  const full = quantity.dividedToIntegerBy(divideBy);
  // compared by multiplication: a quotient may have no finite decimal
  const begun = full.times(divideBy).lessThan(quantity);
  return begun && round === 'up' ? full.plus(1) : full;
}
