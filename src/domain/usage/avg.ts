import { storableQuantity, ZERO } from '../rate.js';
import type { Aggregator } from './aggregator.js';

/** The mean over the events that carry a decimal; an event without one is not a zero. 0 for none. */
export const avg: Aggregator = ({ total, measured }) =>
  measured === 0 ? ZERO : storableQuantity(total.dividedBy(measured));
