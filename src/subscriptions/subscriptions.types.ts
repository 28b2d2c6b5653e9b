import type { BillingSchedule } from '../domain/billing-period.js';
import type { SubscriptionEntity } from './subscription.entity.js';
import type { SubscriptionLineItemEntity } from './subscription-line-item.entity.js';

export type Subscription = Readonly<SubscriptionEntity>;
export type SubscriptionLineItem = Readonly<SubscriptionLineItemEntity>;

export interface SubscriptionWithLines {
  readonly subscription: Subscription;
  readonly lines: readonly SubscriptionLineItem[];
}

/** The calendar that a subscription's periods follow. */
export const scheduleOf = (subscription: Subscription): BillingSchedule => ({
  interval: { unit: subscription.billingPeriod, count: subscription.billingPeriodCount },
  cycle: subscription.billingCycle,
  anchor: subscription.billingAnchor,
  timeZone: subscription.timezone,
});
