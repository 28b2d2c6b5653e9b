import type { FeatureEntity } from './feature.entity.js';
import type { GroupEntity } from './group.entity.js';
import type { MeterEntity } from './meter.entity.js';

export type { MeterAggregation, MeterFilter } from './meter.entity.js';
export type { FeatureType, ReportingUnit } from './feature.entity.js';
export type { GroupEntityType } from './group.entity.js';
export type Group = Readonly<GroupEntity>;
export type Feature = Readonly<FeatureEntity>;
export type Meter = Readonly<MeterEntity>;

export interface GroupWithMembers {
  readonly group: Group;
  /** In the order in which they joined. */
  readonly memberIds: readonly string[];
}

/** A feature with its meter and its group, where it has them. */
export interface MeteredFeature {
  readonly feature: Feature;
  readonly meter: Meter | null;
  readonly group: GroupWithMembers | null;
}
