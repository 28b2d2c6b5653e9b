import { Column, Entity, Index } from 'typeorm';
import type { PauseMode, PauseStatus, ResumeMode } from '../domain/subscribing/pauses.js';
import type { ProrationBehavior } from '../domain/subscribing/proration.js';
import { EntityRow } from '../platform/database/columns.js';

export interface GivenBackByPause {
  readonly line_item_id: string;
  readonly net: string;
  readonly start: string;
  readonly end: string;
}

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

  /** Whether what was paid in advance for its time is given back. */
  @Column({ type: 'text', default: 'none' })
  prorationBehavior!: ProrationBehavior;

  /** What was given back of lines when it began: before tax, in minor units, and for what time. */
  @Column({ type: 'jsonb', default: [] })
  givenBack!: GivenBackByPause[];

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}
