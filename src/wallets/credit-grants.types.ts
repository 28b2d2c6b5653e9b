import { laterOf } from '../domain/period.js';
import type { SubscriptionStatus } from '../domain/subscribing/subscription-states.js';
import type { GrantTerms } from '../domain/wallets/grant-schedule.js';
import type { GrantedSubscription } from '../domain/wallets/grant-schedule.js';
import type { CreditGrantApplicationEntity } from './credit-grant-application.entity.js';
import type { CreditGrantEntity } from './credit-grant.entity.js';

export type { ApplicationReason } from './credit-grant-application.entity.js';
export type CreditGrant = Readonly<CreditGrantEntity>;
export type CreditGrantApplication = Readonly<CreditGrantApplicationEntity>;

/** A subscription as far as grants are concerned: its house stands further right. */
export interface GrantSubject extends GrantedSubscription {
  readonly id: string;
  readonly customerId: string;
  readonly planId: string;
  readonly currency: string;
  readonly createdAt: Date;
  readonly status: SubscriptionStatus;
  /** Subscriptions whose places it has taken by changes of plan: what they were given is not given again. */
  readonly continues: readonly ({ readonly id: string } & Pick<
    GrantedSubscription,
    'schedule' | 'startDate'
  >)[];
}

export const termsOf = (grant: CreditGrant): GrantTerms => ({
  interval: grant.period === null ? null : { unit: grant.period, count: grant.periodCount ?? 1 },
  expiry:
    grant.expirationType === 'DURATION'
      ? {
          type: 'DURATION',
          unit: grant.expirationDurationUnit ?? 'DAY',
          count: grant.expirationDuration ?? 1,
        }
      : { type: grant.expirationType },
  startDate: grant.startDate,
  endDate: grant.endDate,
  anchor: grant.anchor,
});

/** From when a grant's periods are counted that goes on with another subscription; null: it comes once. */
export function anchorOf(
  grant: CreditGrant,
  { schedule, startDate }: Pick<GrantedSubscription, 'schedule' | 'startDate'>,
): Date | null {
  const { interval } = termsOf(grant);
  if (interval === null || grant.anchor !== null) return grant.anchor;
  const own = interval.unit === schedule.interval.unit && interval.count === schedule.interval.count;
  if (own) return schedule.anchor;
  return grant.startDate === null ? startDate : laterOf(grant.startDate, startDate);
}
