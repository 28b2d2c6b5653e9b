import { Column, Entity } from 'typeorm';
import type { AggregationType, WindowSize } from '../domain/usage/aggregation.js';
import { EntityRow } from '../platform/database/columns.js';

export interface MeterAggregation {
  readonly type: AggregationType;
  /** The property that is aggregated; COUNT needs none. */
  readonly field: string | null;
  readonly multiplier: string | null;
  readonly bucketSize: WindowSize | null;
  readonly groupBy: string | null;
  readonly expression: string | null;
}

export interface MeterFilter {
  readonly key: string;
  readonly values: readonly string[];
}

@Entity('meters')
export class MeterEntity extends EntityRow {
  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  eventName!: string;

  @Column({ type: 'jsonb' })
  aggregation!: MeterAggregation;

  @Column({ type: 'jsonb', default: [] })
  filters!: MeterFilter[];

  /** `BILLING_PERIOD`, or `NEVER`: then a window's value includes everything before it. */
  @Column({ type: 'text' })
  resetUsage!: 'BILLING_PERIOD' | 'NEVER';
}
