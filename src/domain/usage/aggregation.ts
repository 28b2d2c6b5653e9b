import type { Rate } from '../rate.js';
import { keysWhere } from '../tables.js';

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

/**
 * Whose windows can be cut into buckets that are priced one by one, and how the quantity of a bucket takes it that the bucket
 * is cut. Null: a meter of that type has no buckets.
 */
export const BUCKET_KINDS = {
  MAX: 'level',
  SUM: 'added',
  COUNT: null,
  SUM_WITH_MULTIPLIER: null,
  AVG: null,
  COUNT_UNIQUE: null,
  LATEST: null,
  WEIGHTED_SUM: null,
} as const satisfies Record<AggregationType, Exclude<MeasureKind, 'weighed'> | null>;

export const BUCKETED = keysWhere(BUCKET_KINDS, (kind) => kind !== null);

/** Whether it measures a property of the events. */
export const MEASURES_FIELD = {
  COUNT: false,
  SUM: true,
  SUM_WITH_MULTIPLIER: true,
  AVG: true,
  COUNT_UNIQUE: true,
  LATEST: true,
  MAX: true,
  WEIGHTED_SUM: true,
} as const satisfies Record<AggregationType, boolean>;

/** Those that only count events. */
export const FIELDLESS = keysWhere(MEASURES_FIELD, (measures) => !measures);

/** Whether it needs a multiplier; the others take none. */
export const TAKES_MULTIPLIER = {
  COUNT: false,
  SUM: false,
  SUM_WITH_MULTIPLIER: true,
  AVG: false,
  COUNT_UNIQUE: false,
  LATEST: false,
  MAX: false,
  WEIGHTED_SUM: false,
} as const satisfies Record<AggregationType, boolean>;

export const MULTIPLIED = keysWhere(TAKES_MULTIPLIER, (takes) => takes);

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
  /** The property that is measured; see {@link MEASURES_FIELD}. */
  readonly field?: string;
  /** See {@link TAKES_MULTIPLIER}. */
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
