import { storableQuantity, ZERO, type Rate } from '../rate.js';

/**
 * Spreads an amount over parts in proportion to their usage, to 18 decimal places. What rounding leaves goes to the
 * last part that has usage, so that the shares add up to the amount. All zeros where the usage adds up to nothing.
 */
export function sharesOf(amount: Rate, usages: readonly Rate[]): Rate[] {
  const total = usages.reduce((sum, usage) => sum.plus(usage), ZERO);
  if (total.isZero()) return usages.map(() => ZERO);
  const shares = usages.map((usage) => storableQuantity(amount.times(usage).dividedBy(total)));
  const last = usages.findLastIndex((usage) => !usage.isZero());
  const rest = shares.reduce((left, share) => left.minus(share), amount);
  return shares.map((share, index) => (index === last ? share.plus(rest) : share));
}
