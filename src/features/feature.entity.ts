import { Column, Entity, Index } from 'typeorm';
import { EntityRow } from '../platform/database/columns.js';

export type FeatureType = 'metered' | 'boolean' | 'static' | 'config';

export interface ReportingUnit {
  readonly unit_singular: string | null;
  readonly unit_plural: string | null;
  readonly conversion_rate: number | null;
}

@Entity('features')
@Index('features_lookup_key', ['tenantId', 'environmentId', 'lookupKey'], {
  unique: true,
  where: `status <> 'deleted'`,
})
export class FeatureEntity extends EntityRow {
  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text', nullable: true })
  lookupKey!: string | null;

  @Column({ type: 'text' })
  type!: FeatureType;

  @Column({ type: 'text', nullable: true })
  meterId!: string | null;

  @Column({ type: 'text', nullable: true })
  description!: string | null;

  @Column({ type: 'text', nullable: true })
  unitSingular!: string | null;

  @Column({ type: 'text', nullable: true })
  unitPlural!: string | null;

  @Column({ type: 'jsonb', nullable: true })
  reportingUnit!: ReportingUnit | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}
