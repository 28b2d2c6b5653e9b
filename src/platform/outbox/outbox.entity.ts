import { Column, Entity, Index, PrimaryGeneratedColumn } from 'typeorm';

@Entity('outbox_events')
@Index('outbox_events_unrelayed', ['sequence'], { where: 'relayed_at IS NULL' })
@Index('outbox_events_entity', ['tenantId', 'environmentId', 'entityType', 'entityId'])
export class OutboxEventEntity {
  @PrimaryGeneratedColumn({ type: 'bigint' })
  sequence!: string;

  @Column({ type: 'text' })
  tenantId!: string;

  @Column({ type: 'text' })
  environmentId!: string;

  /** Past tense: `invoice.finalized`. */
  @Column({ type: 'text' })
  type!: string;

  @Column({ type: 'text' })
  entityType!: string;

  @Column({ type: 'text' })
  entityId!: string;

  @Column({ type: 'jsonb' })
  payload!: Record<string, unknown>;

  /** The environment's time. */
  @Column({ type: 'timestamptz' })
  occurredAt!: Date;

  /** Real time at which the subscribers' jobs were written; null until then. */
  @Column({ type: 'timestamptz', nullable: true })
  relayedAt!: Date | null;
}
