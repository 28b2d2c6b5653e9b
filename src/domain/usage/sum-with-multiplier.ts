import { storableQuantity, rate } from '../rate.js';
import type { Aggregator } from './aggregator.js';

/** The total of a property times the meter's multiplier; 1 where it has none. */
export const sumWithMultiplier: Aggregator = ({ total }, { multiplier }) =>
  storableQuantity(total.times(multiplier ?? rate(1)));
