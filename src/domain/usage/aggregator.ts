import type { Period } from '../period.js';
import type { Rate } from '../rate.js';
import type { AggregationSpec } from './aggregation.js';
import type { UsageSummary } from './summary.js';

/** One value for a window, made of the summary of its events. Pure. */
export type Aggregator = (summary: UsageSummary, spec: AggregationSpec, window: Period) => Rate;
