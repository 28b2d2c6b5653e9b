import type { FeatureEntity } from './feature.entity.js';
import type { MeterEntity } from './meter.entity.js';

export type { MeterAggregation, MeterFilter } from './meter.entity.js';
export type { FeatureType, ReportingUnit } from './feature.entity.js';
export type Feature = Readonly<FeatureEntity>;
export type Meter = Readonly<MeterEntity>;

/** A feature with its meter, where it has one. */
export interface MeteredFeature {
  readonly feature: Feature;
  readonly meter: Meter | null;
}
