import { Column, Entity, Index } from 'typeorm';
import { EnvironmentRow } from '../platform/database/columns.js';

@Entity('audit_entries')
@Index('audit_entries_entity', ['tenantId', 'environmentId', 'entityType', 'entityId'])
@Index('audit_entries_number', ['tenantId', 'environmentId', 'number'], { unique: true })
@Index('audit_entries_unchained', ['tenantId', 'environmentId', 'number'], { where: 'hash IS NULL' })
@Index('audit_entries_position', ['tenantId', 'environmentId', 'position'], { unique: true })
export class AuditEntryEntity extends EnvironmentRow {
  /** Drawn as it is written; later ones are greater. */
  @Column({ type: 'bigint', generated: 'identity', generatedIdentity: 'ALWAYS' })
  number!: string;

  @Column({ type: 'text' })
  actor!: string;

  @Column({ type: 'text' })
  requestId!: string;

  /** `customer.updated` */
  @Column({ type: 'text' })
  action!: string;

  @Column({ type: 'text' })
  entityType!: string;

  @Column({ type: 'text' })
  entityId!: string;

  /** Of entries that were written before there was a trail by triggers. */
  @Column({ type: 'jsonb', default: {} })
  details!: Record<string, unknown>;

  /** The columns that changed, as they were; null where it was made. */
  @Column({ type: 'jsonb', nullable: true })
  before!: Record<string, unknown> | null;

  /** The columns that changed, as they are; null where it was deleted. */
  @Column({ type: 'jsonb', nullable: true })
  after!: Record<string, unknown> | null;

  /** In the chain of its environment; null until it is chained. */
  @Column({ type: 'bigint', nullable: true })
  position!: string | null;

  @Column({ type: 'text', nullable: true })
  hash!: string | null;
}
