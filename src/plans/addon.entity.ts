import { Column, Entity, Index } from 'typeorm';
import { EntityRow } from '../platform/database/columns.js';

/** Whether a subscription can have it once or several times. */
export const ADDON_TYPES = ['onetime', 'multiple_instance'] as const;
export type AddonType = (typeof ADDON_TYPES)[number];

@Entity('addons')
@Index('addons_lookup_key', ['tenantId', 'environmentId', 'lookupKey'], {
  unique: true,
  where: `status <> 'deleted'`,
})
export class AddonEntity extends EntityRow {
  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  lookupKey!: string;

  @Column({ type: 'text' })
  type!: AddonType;

  @Column({ type: 'text', nullable: true })
  description!: string | null;

  /** Any JSON. */
  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, unknown>;
}
