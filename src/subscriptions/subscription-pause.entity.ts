import { Column, Entity, Index } from 'typeorm';
import type { PauseMode, PauseStatus, ResumeMode } from '../domain/subscribing/pauses.js';
import { EntityRow } from '../platform/database/columns.js';

@Entity('subscription_pauses')
@Index('subscription_pauses_open', ['tenantId', 'environmentId', 'subscriptionId'], {
  unique: true,
  where: `pause_status IN ('scheduled', 'active')`,
})
@Index('subscription_pauses_subscription', ['tenantId', 'environmentId', 'subscriptionId'])
export class SubscriptionPauseEntity extends EntityRow {
  @Column({ type: 'text' })
  subscriptionId!: string;

  @Column({ type: 'text' })
  pauseStatus!: PauseStatus;

  @Column({ type: 'text' })
  pauseMode!: PauseMode;

  @Column({ type: 'text', nullable: true })
  resumeMode!: ResumeMode | null;

  @Column({ type: 'timestamptz' })
  pauseStart!: Date;

  /** Where it is to end by itself; null: it lasts until somebody resumes. */
  @Column({ type: 'timestamptz', nullable: true })
  pauseEnd!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  resumedAt!: Date | null;

  /** The billing period that the pause was asked for in. */
  @Column({ type: 'timestamptz' })
  originalPeriodStart!: Date;

  @Column({ type: 'timestamptz' })
  originalPeriodEnd!: Date;

  @Column({ type: 'text', nullable: true })
  reason!: string | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}
