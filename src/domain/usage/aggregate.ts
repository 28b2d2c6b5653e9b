import { contains, type Period } from '../period.js';
import { ZERO, type Rate } from '../rate.js';
import type { AggregationSpec, AggregationType, UsageEvent } from './aggregation.js';
import type { Aggregator } from './aggregator.js';
import { avg } from './avg.js';
import { countUnique } from './count-unique.js';
import { count } from './count.js';
import { latest } from './latest.js';
import { max } from './max.js';
import { sumWithMultiplier } from './sum-with-multiplier.js';
import { summarize } from './summary.js';
import { sum } from './sum.js';
import { weightedSum } from './weighted-sum.js';

/** One line per aggregation: its file holds everything else about it. */
export const AGGREGATORS: Readonly<Record<AggregationType, Aggregator>> = {
  COUNT: count,
  SUM: sum,
  SUM_WITH_MULTIPLIER: sumWithMultiplier,
  AVG: avg,
  MAX: max,
  LATEST: latest,
  COUNT_UNIQUE: countUnique,
  WEIGHTED_SUM: weightedSum,
};

/**
 * The usage in a window, exact. An event id counts once, whatever its copies say (the first one given wins), and only when
 * that one lies in the half-open window. May be negative; {@link billableQuantity} is what a bill takes.
 */
export const aggregate = (spec: AggregationSpec, events: readonly UsageEvent[], window: Period): Rate =>
  AGGREGATORS[spec.type](summarize(eventsIn(events, window), spec), spec, window);

function eventsIn(events: readonly UsageEvent[], window: Period): UsageEvent[] {
  const seen = new Set<string>();
  return events.filter((event) => {
    if (seen.has(event.id)) return false;
    seen.add(event.id);
    return contains(window, event.occurredAt);
  });
}

/** What may be billed of an aggregated quantity: corrections can take usage back to nothing, never below. */
export const billableQuantity = (aggregated: Rate): Rate => (aggregated.lessThan(0) ? ZERO : aggregated);
