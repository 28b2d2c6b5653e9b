import { Column, Entity, Index } from 'typeorm';
import { EntityRow } from '../platform/database/columns.js';

export const SCHEDULE_STATUSES = ['pending', 'executed', 'cancelled', 'failed'] as const;
export type ScheduleStatus = (typeof SCHEDULE_STATUSES)[number];

/** Something that is to happen to a subscription at an instant that lies ahead. */
@Entity('subscription_schedules')
@Index('subscription_schedules_subscription', ['tenantId', 'environmentId', 'subscriptionId'])
@Index('subscription_schedules_pending', ['tenantId', 'environmentId', 'subscriptionId'], {
  unique: true,
  where: `schedule_status = 'pending'`,
})
export class SubscriptionScheduleEntity extends EntityRow {
  @Column({ type: 'text' })
  subscriptionId!: string;

  @Column({ type: 'text' })
  scheduleType!: 'plan_change';

  @Column({ type: 'text' })
  scheduleStatus!: ScheduleStatus;

  @Column({ type: 'timestamptz' })
  scheduledAt!: Date;

  /** What was asked for, as the wire has it. */
  @Column({ type: 'jsonb' })
  configuration!: Record<string, unknown>;

  @Column({ type: 'timestamptz', nullable: true })
  executedAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  cancelledAt!: Date | null;

  @Column({ type: 'jsonb', nullable: true })
  executionResult!: Record<string, unknown> | null;

  @Column({ type: 'text', nullable: true })
  errorMessage!: string | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}
