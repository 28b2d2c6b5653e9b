import { ZERO } from '../rate.js';
import type { Aggregator } from './aggregator.js';

/** The value at the latest instant that has one; of several there, the one of the greatest event id. 0 for none. */
export const latest: Aggregator = (summary) => summary.latest?.value ?? ZERO;
