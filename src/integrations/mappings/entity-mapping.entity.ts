import { Column, Entity, Index } from 'typeorm';
import { EntityRow } from '../../platform/database/columns.js';
import type { SyncBaseline } from './sync-baseline.js';

/** Which remote object is which of ours. Unique both ways within a connection. */
@Entity('entity_mappings')
@Index('entity_mappings_entity', ['tenantId', 'environmentId', 'entityType', 'entityId', 'connectionId'], {
  unique: true,
})
@Index(
  'entity_mappings_provider_entity',
  ['tenantId', 'environmentId', 'connectionId', 'entityType', 'providerEntityId'],
  { unique: true },
)
export class EntityMappingEntity extends EntityRow {
  @Column({ type: 'text' })
  connectionId!: string;

  @Column({ type: 'text' })
  provider!: string;

  @Column({ type: 'text' })
  entityType!: string;

  @Column({ type: 'text' })
  entityId!: string;

  @Column({ type: 'text', nullable: true })
  providerEntityId!: string | null;

  /** `reserved` before the first call that makes the remote object, `linked` once its id is known. */
  @Column({ type: 'text' })
  state!: 'reserved' | 'linked';

  /** What was last seen of the remote object: status, links. */
  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;

  /** Of what both sides can change: what they had in common last. Null where only one side changes it. */
  @Column({ type: 'jsonb', nullable: true })
  agreement!: SyncBaseline | null;
}
