import { rate } from '../rate.js';
import type { Aggregator } from './aggregator.js';

/** The number of events. */
export const count: Aggregator = ({ events }) => rate(events);
