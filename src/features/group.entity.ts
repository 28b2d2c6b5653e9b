import { Column, Entity, Index } from 'typeorm';
import { EntityRow } from '../platform/database/columns.js';

export const GROUP_ENTITY_TYPES = ['price', 'feature'] as const;
export type GroupEntityType = (typeof GROUP_ENTITY_TYPES)[number];

@Entity('groups')
@Index('groups_lookup_key', ['tenantId', 'environmentId', 'lookupKey'], {
  unique: true,
  where: `status <> 'deleted'`,
})
export class GroupEntity extends EntityRow {
  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  lookupKey!: string;

  /** What its members are. */
  @Column({ type: 'text' })
  entityType!: GroupEntityType;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}
