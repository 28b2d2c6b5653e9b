import type { Rate } from '../rate.js';

/** What a meter makes of events, as types. Source: wire contract, events and aggregation. */
export const AGGREGATION_TYPES = [
  'COUNT',
  'SUM',
  'AVG',
  'COUNT_UNIQUE',
  'LATEST',
  'SUM_WITH_MULTIPLIER',
  'MAX',
  'WEIGHTED_SUM',
] as const;
export type AggregationType = (typeof AGGREGATION_TYPES)[number];

/**
 * How a quantity takes it that its period is cut: `added`, the quantities of the parts add up; `level`, only the whole has
 * one; `weighed`, it grows with the time that passes, even without events.
 */
export type MeasureKind = 'added' | 'level' | 'weighed';

export const MEASURE_KINDS = {
  COUNT: 'added',
  SUM: 'added',
  SUM_WITH_MULTIPLIER: 'added',
  AVG: 'level',
  COUNT_UNIQUE: 'level',
  LATEST: 'level',
  MAX: 'level',
  WEIGHTED_SUM: 'weighed',
} as const satisfies Record<AggregationType, MeasureKind>;

/** Whose windows can be cut into buckets that are priced one by one. */
export const BUCKETED: readonly AggregationType[] = ['MAX', 'SUM'];

/** From the smallest up. */
export const WINDOW_SIZES = [
  'MINUTE',
  '15MIN',
  '30MIN',
  'HOUR',
  '3HOUR',
  '6HOUR',
  '12HOUR',
  'DAY',
  'WEEK',
  'MONTH',
] as const;
export type WindowSize = (typeof WINDOW_SIZES)[number];

export interface AggregationSpec {
  readonly type: AggregationType;
  /** The property that is measured. COUNT needs none. */
  readonly field?: string;
  /** For SUM_WITH_MULTIPLIER. */
  readonly multiplier?: Rate;
  /** Splits the window; every bucket is aggregated, and priced, on its own. */
  readonly bucketSize?: WindowSize;
  /** A property whose values split every bucket further. */
  readonly groupBy?: string;
}

export interface UsageEvent {
  readonly id: string;
  readonly occurredAt: Date;
  /** Any JSON. */
  readonly properties: Readonly<Record<string, unknown>>;
}
