import { Column, Entity, Index } from 'typeorm';
import { EnvironmentRow } from '../platform/database/columns.js';

/** Which group a price or feature is in. Its `id` is the member's own: nothing is in two groups. */
@Entity('group_members')
@Index('group_members_group', ['tenantId', 'environmentId', 'groupId'])
export class GroupMemberEntity extends EnvironmentRow {
  @Column({ type: 'text' })
  groupId!: string;
}
