import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Partitioned by month of `occurredAt`; that an id counts once is in `usage_event_ids`. */
@Entity('usage_events')
@Index('usage_events_series', ['environmentId', 'externalCustomerId', 'eventName', 'occurredAt'])
@Index('usage_events_late', ['environmentId', 'externalCustomerId', 'receivedAt'], {
  where: `received_at - occurred_at > interval '1 hour'`,
})
export class UsageEventEntity {
  @Column({ type: 'text' })
  tenantId!: string;

  @PrimaryColumn({ type: 'text' })
  environmentId!: string;

  @PrimaryColumn({ type: 'timestamptz' })
  occurredAt!: Date;

  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  eventName!: string;

  @Column({ type: 'text' })
  externalCustomerId!: string;

  @Column({ type: 'text', nullable: true })
  source!: string | null;

  @Column({ type: 'timestamptz' })
  receivedAt!: Date;

  @Column({ type: 'jsonb' })
  properties!: Record<string, unknown>;
}
