import { notImplemented } from '../errors.js';
import { contains, type Period } from '../period.js';
import { ZERO, type Rate } from '../rate.js';
import type { AggregationSpec, AggregationType, Aggregator, UsageEvent } from './aggregation.js';
import { count } from './count.js';
import { sum } from './sum.js';

/** One line per aggregation: its file holds everything else about it. */
export const AGGREGATORS: Readonly<Partial<Record<AggregationType, Aggregator>>> = {
  COUNT: count,
  SUM: sum,
};

/**
 * The usage in a window, exact. An event id counts once, whatever its copies say (the first one given wins), and only when
 * that one lies in the half-open window. May be negative; {@link billableQuantity} is what a bill takes.
 * BillingError not_implemented for an aggregation without an aggregator.
 */
export function aggregate(spec: AggregationSpec, events: readonly UsageEvent[], window: Period): Rate {
  const aggregator = AGGREGATORS[spec.type];
  if (aggregator === undefined)
    throw notImplemented(`aggregation ${spec.type} is not implemented`, { aggregation_type: spec.type });
  return aggregator(eventsIn(events, window), spec, window);
}

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
