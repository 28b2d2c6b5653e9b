import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AggregationType } from '../../domain/usage/aggregation.js';
import type { PropertyFilter } from '../../domain/usage/filters.js';

/** What is summed up by the hour: one aggregation of a property over the events that pass the filters. */
@Entity('usage_series')
export class UsageSeriesEntity {
  @Column({ type: 'text' })
  tenantId!: string;

  @PrimaryColumn({ type: 'text' })
  environmentId!: string;

  /** Made of what it stands for: the same everywhere. */
  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  eventName!: string;

  @Column({ type: 'text' })
  type!: AggregationType;

  /** The empty string where nothing is measured. */
  @Column({ type: 'text' })
  field!: string;

  @Column({ type: 'jsonb' })
  filters!: PropertyFilter[];
}
