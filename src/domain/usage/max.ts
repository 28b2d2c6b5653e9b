import { ZERO } from '../rate.js';
import type { Aggregator } from './aggregator.js';

/** The greatest value of a property, which may be negative. 0 for none. */
export const max: Aggregator = ({ peak }) => peak ?? ZERO;
