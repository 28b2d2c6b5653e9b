import { Column, Entity, PrimaryColumn } from 'typeorm';

/** That an id is taken, whatever month its event lies in. */
@Entity('usage_event_ids')
export class UsageEventIdEntity {
  @Column({ type: 'text' })
  tenantId!: string;

  @Column({ type: 'text' })
  environmentId!: string;

  /** Made of environment and id. */
  @PrimaryColumn({ type: 'uuid' })
  key!: string;

  /** Finds the event: partitions are by this. */
  @Column({ type: 'timestamptz' })
  occurredAt!: Date;
}
