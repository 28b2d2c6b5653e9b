import { Column, Entity, Index } from 'typeorm';
import { EnvironmentRow } from '../platform/database/columns.js';

@Entity('audit_entries')
@Index('audit_entries_entity', ['tenantId', 'environmentId', 'entityType', 'entityId'])
export class AuditEntryEntity extends EnvironmentRow {
  @Column({ type: 'text' })
  actor!: string;

  @Column({ type: 'text' })
  requestId!: string;

  /** `connection.credentials_replaced` */
  @Column({ type: 'text' })
  action!: string;

  @Column({ type: 'text' })
  entityType!: string;

  @Column({ type: 'text' })
  entityId!: string;

  /** Names of what changed; never a secret. */
  @Column({ type: 'jsonb', default: {} })
  details!: Record<string, unknown>;
}
