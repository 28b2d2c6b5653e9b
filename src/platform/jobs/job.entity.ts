import { Column, Entity, Index } from 'typeorm';
import { EnvironmentRow } from '../database/columns.js';

export type JobState = 'queued' | 'running' | 'done' | 'parked';

@Entity('jobs')
@Index('jobs_kind_key', ['tenantId', 'environmentId', 'kind', 'key'], { unique: true })
@Index('jobs_due', ['runAt'], { where: `state IN ('queued', 'running')` })
@Index('jobs_parked', ['environmentId', 'createdAt'], { where: `state = 'parked'` })
export class JobEntity extends EnvironmentRow {
  @Column({ type: 'text' })
  kind!: string;

  @Column({ type: 'text' })
  key!: string;

  @Column({ type: 'jsonb' })
  payload!: Record<string, unknown>;

  @Column({ type: 'text', default: 'queued' })
  state!: JobState;

  @Column({ type: 'timestamptz' })
  runAt!: Date;

  /** Tries that failed one after the other, and the one under way. */
  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  /** Only grows: names the worker that holds it. */
  @Column({ type: 'integer', default: 0 })
  claims!: number;

  /** The retry window is counted from here; a retry by hand moves it, and whoever comes back without having failed. */
  @Column({ type: 'timestamptz' })
  retryWindowStart!: Date;

  /** A running job whose lease is over has lost its worker and may be claimed again. */
  @Column({ type: 'timestamptz', nullable: true })
  leaseUntil!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  announcedAt!: Date | null;

  @Column({ type: 'text', nullable: true })
  lastError!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  finishedAt!: Date | null;
}
