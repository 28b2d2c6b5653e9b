import type { Aggregator } from './aggregator.js';

/** The total of a property. Negative values count as such: a correction undoes usage, and only the total is floored when billed. */
export const sum: Aggregator = ({ total }) => total;
