import { Column, Entity, Index } from 'typeorm';
import type { Rate } from '../domain/rate.js';
import { EntityRow, ExactDecimal } from '../platform/database/columns.js';

export type ApplicationStatus = 'pending' | 'applied' | 'skipped' | 'cancelled' | 'failed';
export type ApplicationReason =
  'first_time_recurring_credit_grant' | 'recurring_credit_grant' | 'onetime_credit_grant';

/** One period of a grant, given or to be given. The next one of each running grant waits as a pending row. */
@Entity('credit_grant_applications')
@Index(
  'credit_grant_applications_once',
  ['tenantId', 'environmentId', 'creditGrantId', 'subscriptionId', 'periodStart'],
  { unique: true },
)
@Index('credit_grant_applications_due', ['tenantId', 'environmentId', 'dueAt'], {
  where: `application_status = 'pending'`,
})
@Index('credit_grant_applications_subscription', ['tenantId', 'environmentId', 'subscriptionId'])
export class CreditGrantApplicationEntity extends EntityRow {
  @Column({ type: 'text' })
  creditGrantId!: string;

  @Column({ type: 'text' })
  subscriptionId!: string;

  /** The credits pay for nothing before. */
  @Column({ type: 'timestamptz' })
  periodStart!: Date;

  /** When the clock is to look at it; null while its subscription has not begun. */
  @Column({ type: 'timestamptz', nullable: true })
  dueAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  periodEnd!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  expiresAt!: Date | null;

  @Column({ type: 'text' })
  applicationStatus!: ApplicationStatus;

  @Column({ type: 'text' })
  applicationReason!: ApplicationReason;

  @ExactDecimal()
  credits!: Rate;

  @Column({ type: 'timestamptz', nullable: true })
  appliedAt!: Date | null;

  /** The subscription's, when it was applied. */
  @Column({ type: 'text', nullable: true })
  subscriptionStatus!: string | null;

  @Column({ type: 'text', nullable: true })
  walletTransactionId!: string | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}
