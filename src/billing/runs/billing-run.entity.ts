import { Column, Entity, Index } from 'typeorm';
import { EntityRow } from '../../platform/database/columns.js';

export type BillingRunTrigger = 'clock' | 'manual';
export type BillingRunStatus = 'queued' | 'running' | 'completed' | 'interrupted';

export interface BillingRunFailure {
  readonly subscription_id: string;
  readonly code: string;
  readonly message: string;
  readonly failed_at: string;
  readonly retry_at: string;
}

@Entity('billing_runs')
@Index('billing_runs_created', ['tenantId', 'environmentId', 'createdAt'])
export class BillingRunEntity extends EntityRow {
  @Column({ type: 'text' })
  trigger!: BillingRunTrigger;

  @Column({ type: 'text' })
  runStatus!: BillingRunStatus;

  @Column({ type: 'timestamptz' })
  startedAt!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  finishedAt!: Date | null;

  /** Real time: tells a run that goes on from one whose process has died. */
  @Column({ type: 'timestamptz' })
  heartbeatAt!: Date;

  @Column({ type: 'integer', default: 0 })
  subscriptions!: number;

  @Column({ type: 'integer', default: 0 })
  periods!: number;

  @Column({ type: 'integer', default: 0 })
  invoices!: number;

  @Column({ type: 'integer', default: 0 })
  invoicesSkipped!: number;

  @Column({ type: 'integer', default: 0 })
  failed!: number;

  @Column({ type: 'jsonb', default: [] })
  failures!: BillingRunFailure[];
}
