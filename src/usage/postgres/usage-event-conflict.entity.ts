import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** An event that was not taken, because its id was there with another content. */
@Entity('usage_event_conflicts')
@Index('usage_event_conflicts_received', ['tenantId', 'environmentId', 'receivedAt'])
export class UsageEventConflictEntity {
  @Column({ type: 'text' })
  tenantId!: string;

  @PrimaryColumn({ type: 'text' })
  environmentId!: string;

  @PrimaryColumn({ type: 'text' })
  eventId!: string;

  /** Of the content: the same one sent again is not a second conflict. */
  @PrimaryColumn({ type: 'text' })
  contentHash!: string;

  @Column({ type: 'text' })
  eventName!: string;

  @Column({ type: 'text' })
  externalCustomerId!: string;

  @Column({ type: 'text', nullable: true })
  source!: string | null;

  @Column({ type: 'timestamptz' })
  occurredAt!: Date;

  @Column({ type: 'boolean' })
  isTimed!: boolean;

  @Column({ type: 'timestamptz' })
  receivedAt!: Date;

  @Column({ type: 'jsonb' })
  properties!: Record<string, unknown>;
}
