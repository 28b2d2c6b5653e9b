import { Column, Entity, Index } from 'typeorm';
import type { BillingCycle, BillingPeriodUnit } from '../domain/billing-period.js';
import type { PauseStatus } from '../domain/subscribing/pauses.js';
import type { ProrationBehavior } from '../domain/subscribing/proration.js';
import type { SubscriptionStatus } from '../domain/subscribing/subscription-states.js';
import { EntityRow } from '../platform/database/columns.js';
import type { StoredCommitment } from './commitments.types.js';

/** The calendar of quotas as it is stored: instants as text, like everything in jsonb. */
export interface StoredQuotaCalendar {
  readonly unit: BillingPeriodUnit;
  readonly count: number;
  readonly cycle: BillingCycle;
  readonly anchor: string;
  readonly time_zone: string;
  /** From where usage counts towards quotas that last longer than a period. */
  readonly since: string;
}

@Entity('subscriptions')
@Index('subscriptions_customer', ['tenantId', 'environmentId', 'customerId'])
@Index('subscriptions_plan', ['tenantId', 'environmentId', 'planId'])
@Index('subscriptions_ended', ['tenantId', 'environmentId', 'endDate'], {
  where: `subscription_status = 'cancelled'`,
})
@Index('subscriptions_due', ['tenantId', 'environmentId', 'nextActionAt'], {
  where: `next_action_at IS NOT NULL`,
})
export class SubscriptionEntity extends EntityRow {
  @Column({ type: 'text' })
  customerId!: string;

  @Column({ type: 'text' })
  planId!: string;

  @Column({ type: 'text' })
  subscriptionStatus!: SubscriptionStatus;

  @Column({ type: 'text' })
  currency!: string;

  @Column({ type: 'text' })
  billingPeriod!: BillingPeriodUnit;

  @Column({ type: 'integer' })
  billingPeriodCount!: number;

  @Column({ type: 'text' })
  billingCycle!: BillingCycle;

  @Column({ type: 'timestamptz' })
  billingAnchor!: Date;

  /** The customer's, when the subscription began: calendar periods turn in it. */
  @Column({ type: 'text' })
  timezone!: string;

  @Column({ type: 'timestamptz' })
  startDate!: Date;

  /** Where billing ends by contract, or has ended; periods are cut off here. */
  @Column({ type: 'timestamptz', nullable: true })
  endDate!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  trialStart!: Date | null;

  /** Charges begin here. */
  @Column({ type: 'timestamptz', nullable: true })
  trialEnd!: Date | null;

  /** When its start was billed; null for a draft, and until a start that lies ahead. */
  @Column({ type: 'timestamptz', nullable: true })
  activatedAt!: Date | null;

  @Column({ type: 'timestamptz' })
  currentPeriodStart!: Date;

  @Column({ type: 'timestamptz' })
  currentPeriodEnd!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  cancelAt!: Date | null;

  @Column({ type: 'boolean', default: false })
  cancelAtPeriodEnd!: boolean;

  @Column({ type: 'timestamptz', nullable: true })
  cancelledAt!: Date | null;

  @Column({ type: 'text', default: 'none' })
  pauseStatus!: PauseStatus;

  /** The pause that lasts or lies ahead. */
  @Column({ type: 'text', nullable: true })
  activePauseId!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  pauseAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  resumeAt!: Date | null;

  /** When time makes something of it next: what the billing run looks for. Null: never by itself. */
  @Column({ type: 'timestamptz', nullable: true })
  nextActionAt!: Date | null;

  /** Tries of the billing run in a row that have failed; it waits longer after each. */
  @Column({ type: 'integer', default: 0 })
  billingFailures!: number;

  @Column({ type: 'text' })
  collectionMethod!: 'charge_automatically' | 'send_invoice';

  @Column({ type: 'text' })
  paymentBehavior!: string;

  @Column({ type: 'text', nullable: true })
  paymentTerms!: string | null;

  @Column({ type: 'text' })
  prorationBehavior!: ProrationBehavior;

  @Column({ type: 'text', nullable: true })
  lookupKey!: string | null;

  @Column({ type: 'jsonb', nullable: true })
  commitment!: StoredCommitment | null;

  /** The subscription that a change of plan ended for this one to begin, and the one that took its own place. */
  @Column({ type: 'text', nullable: true })
  continuesId!: string | null;

  @Column({ type: 'text', nullable: true })
  continuedById!: string | null;

  /** By what quotas begin anew where that is not the subscription's own calendar: a change of plan moves no reset. */
  @Column({ type: 'jsonb', nullable: true })
  quotaCalendar!: StoredQuotaCalendar | null;

  /** What the request said that ended it; null: as {@link prorationBehavior} says. */
  @Column({ type: 'text', nullable: true })
  endProrationBehavior!: ProrationBehavior | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;

  @Column({ type: 'integer', default: 1 })
  version!: number;
}
