import { rate, type Rate } from '../rate.js';

/**
 * How many units a fixed line charges: what was asked for, else the price's minimum, else one.
 * RangeError below the minimum: whoever takes the quantity from a caller refuses it there, by name.
 */
export function lineQuantity(asked: Rate | null, minimum: Rate | null): Rate {
  const quantity = asked ?? minimum ?? rate(1);
  if (quantity.lessThan(minimum ?? 0))
    throw new RangeError(`a quantity of ${quantity.toFixed()} is below the minimum`);
  return quantity;
}
