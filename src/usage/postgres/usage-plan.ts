import { createHash } from 'node:crypto';
import type { AggregationType } from '../../domain/usage/aggregation.js';
import type { UsageQuery } from '../usage.types.js';

const HOUR = 60 * 60 * 1000;

interface Series {
  readonly eventName: string;
  readonly type: AggregationType;
  readonly field: string;
  readonly filters: readonly unknown[];
}

/** The same for the same question, wherever it is asked. */
export const seriesId = ({ eventName, type, field, filters }: Series): string =>
  createHash('sha256')
    .update(JSON.stringify([eventName, type, field, filters]))
    .digest('base64url')
    .slice(0, 22);

export const seriesOf = (query: UsageQuery): Series => ({
  eventName: query.eventName,
  type: query.aggregation.type,
  field: query.aggregation.field ?? '',
  filters: query.filters,
});

/** Whether summaries of hours add up. Values of different hours do not where they must be told apart. */
const ROLLS_UP = {
  COUNT: true,
  SUM: true,
  SUM_WITH_MULTIPLIER: true,
  AVG: true,
  MAX: true,
  LATEST: true,
  WEIGHTED_SUM: true,
  COUNT_UNIQUE: false,
} as const satisfies Record<AggregationType, boolean>;

export const canRollUp = (type: AggregationType): boolean => ROLLS_UP[type];

/** The full hours of a query's window that roll-ups may answer for; undefined: all of it is read from the events. */
export function summedHours({
  window,
  aggregation,
  sources,
}: UsageQuery): { start: number; end: number } | undefined {
  if (sources !== undefined || !canRollUp(aggregation.type)) return undefined;
  const start = Math.ceil(window.start.getTime() / HOUR) * HOUR;
  const end = Math.floor(window.end.getTime() / HOUR) * HOUR;
  return start < end ? { start, end } : undefined;
}
