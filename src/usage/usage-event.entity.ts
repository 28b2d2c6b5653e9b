import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity('usage_events')
@Index('usage_events_series', ['tenantId', 'environmentId', 'externalCustomerId', 'eventName', 'occurredAt'])
@Index('usage_events_time', ['tenantId', 'environmentId', 'occurredAt', 'id'])
export class UsageEventEntity {
  @PrimaryColumn({ type: 'text' })
  tenantId!: string;

  @PrimaryColumn({ type: 'text' })
  environmentId!: string;

  @PrimaryColumn({ type: 'text' })
  id!: string;

  @Column({ type: 'text' })
  eventName!: string;

  @Column({ type: 'text' })
  externalCustomerId!: string;

  @Column({ type: 'text', nullable: true })
  source!: string | null;

  @Column({ type: 'timestamptz' })
  occurredAt!: Date;

  @Column({ type: 'timestamptz' })
  receivedAt!: Date;

  @Column({ type: 'jsonb' })
  properties!: Record<string, unknown>;
}
