import { ZERO } from '../rate.js';
import type { Aggregator } from './aggregation.js';
import { quantityOf } from './property.js';

/** The total of a property. Negative values count as such: a correction undoes usage, and only the total is floored when billed. */
export const sum: Aggregator = (events, spec) =>
  events.reduce((total, event) => total.plus(quantityOf(event, spec.field)), ZERO);
