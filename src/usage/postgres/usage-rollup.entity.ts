import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** The summary of one customer's hour in one series. Read only while its hour is clean. */
@Entity('usage_rollups')
@Index('usage_rollups_hour', ['environmentId', 'seriesId', 'hour'])
export class UsageRollupEntity {
  @Column({ type: 'text' })
  tenantId!: string;

  @PrimaryColumn({ type: 'text' })
  environmentId!: string;

  @PrimaryColumn({ type: 'text' })
  seriesId!: string;

  /** The empty string for all customers together. */
  @PrimaryColumn({ type: 'text' })
  externalCustomerId!: string;

  @PrimaryColumn({ type: 'timestamptz' })
  hour!: Date;

  @Column({ type: 'bigint' })
  events!: string;

  @Column({ type: 'bigint' })
  measured!: string;

  @Column({ type: 'numeric', nullable: true })
  total!: string | null;

  @Column({ type: 'numeric', nullable: true })
  moment!: string | null;

  @Column({ type: 'numeric', nullable: true })
  peak!: string | null;

  /** [milliseconds since 1970, event id, value] */
  @Column({ type: 'jsonb', nullable: true })
  latest!: [number, string, string] | null;
}
