import { rate } from '../rate.js';
import type { Aggregator } from './aggregator.js';

/** How many different values a property has; 5 and "5" are one, a missing or null one is none. */
export const countUnique: Aggregator = ({ distinct }) => {
  if (distinct === null) throw new RangeError('the values of parts cannot be added up');
  return rate(distinct);
};
