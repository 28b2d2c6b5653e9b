import { earlierOf, laterOf } from '../domain/period.js';
import { AGGREGATORS } from '../domain/usage/aggregate.js';
import { compareBytes, type UsageSummary } from '../domain/usage/summary.js';
import type { UsageCell, UsageQuery } from './usage.types.js';

/** What a store has found of a query in one window and group. */
export interface UsagePart {
  /** Null: the whole window of the query. */
  readonly start: Date | null;
  readonly end: Date | null;
  readonly group: readonly (string | null)[];
  readonly summary: UsageSummary;
}

/** The values of the parts, in the order of time and groups; windows cut to the query's. */
export function toCells({ aggregation, window }: UsageQuery, parts: readonly UsagePart[]): UsageCell[] {
  return parts
    .filter(({ summary }) => summary.events > 0)
    .map(({ start: begin, end, group, summary }) => {
      const start = begin ?? window.start;
      const part = { start: laterOf(start, window.start), end: earlierOf(end ?? window.end, window.end) };
      const value = AGGREGATORS[aggregation.type](summary, aggregation, part);
      return { window: part, start, group, events: summary.events, value, summary };
    })
    .sort(
      (a, b) =>
        a.start.getTime() - b.start.getTime() ||
        compareBytes(JSON.stringify(a.group), JSON.stringify(b.group)),
    );
}
