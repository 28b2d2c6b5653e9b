import type { BillingCycle, BillingPeriodUnit } from '../../domain/billing-period.js';
import { fieldErrors, invalidOperation } from '../../domain/errors.js';
import type { ProrationBehavior } from '../../domain/subscribing/proration.js';
import { SUBSCRIPTION_SERVICE } from '../../domain/subscribing/subscription-states.js';
import type { Subscription, SubscriptionLineItem } from '../../subscriptions/subscriptions.types.js';

export interface PlanChangeInput {
  readonly planId: string;
  /** The subscription's, when left out; so with the two that follow. */
  readonly billingPeriod?: BillingPeriodUnit | undefined;
  readonly billingPeriodCount?: number | undefined;
  readonly billingCycle?: BillingCycle | undefined;
  readonly prorationBehavior?: ProrationBehavior | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Not now. */
  readonly atPeriodEnd?: boolean | undefined;
}

/** The same as the wire has it, and as a schedule keeps it. */
export interface PlanChangeWire {
  readonly target_plan_id: string;
  readonly billing_period?: BillingPeriodUnit | undefined;
  readonly billing_period_count?: number | undefined;
  readonly billing_cycle?: BillingCycle | undefined;
  readonly proration_behavior?: ProrationBehavior | undefined;
  readonly change_at?: 'immediate' | 'end_of_period' | undefined;
  readonly metadata?: Record<string, string> | undefined;
}

export const inputOfWire = (body: PlanChangeWire): PlanChangeInput => ({
  planId: body.target_plan_id,
  billingPeriod: body.billing_period,
  billingPeriodCount: body.billing_period_count,
  billingCycle: body.billing_cycle,
  prorationBehavior: body.proration_behavior,
  metadata: body.metadata,
  atPeriodEnd: body.change_at === 'end_of_period',
});

export const wireOf = (input: PlanChangeInput): PlanChangeWire => ({
  target_plan_id: input.planId,
  billing_period: input.billingPeriod,
  billing_period_count: input.billingPeriodCount,
  billing_cycle: input.billingCycle,
  proration_behavior: input.prorationBehavior,
  change_at: input.atPeriodEnd === true ? 'end_of_period' : 'immediate',
  metadata: input.metadata === undefined ? undefined : { ...input.metadata },
});

export const isPresent = ({ startDate, endDate }: SubscriptionLineItem, at: Date): boolean =>
  startDate <= at && (endDate === null || endDate > at);

export function assertChangeable(subscription: Subscription): void {
  const { subscriptionStatus: status, activatedAt, cancelAt } = subscription;
  const service = SUBSCRIPTION_SERVICE[status];
  if (service === 'over')
    throw invalidOperation('subscription is already cancelled', 'subscription_already_cancelled');
  if (service !== 'served' || activatedAt === null)
    throw invalidOperation(
      `subscription is not active: a plan is changed while it is billed, not ${service === 'served' ? 'before it starts' : `while it is ${status}`}`,
      'subscription_not_active',
      { subscription_status: status },
    );
  if (cancelAt !== null)
    throw invalidOperation(
      `the subscription ends at ${cancelAt.toISOString()}: take the cancellation back first`,
      'subscription_cancels',
      { cancel_at: cancelAt.toISOString() },
    );
}

export function assertAnother(subscription: Subscription, input: PlanChangeInput): void {
  const { billingPeriod = subscription.billingPeriod } = input;
  const same =
    input.planId === subscription.planId &&
    billingPeriod === subscription.billingPeriod &&
    (input.billingPeriodCount ?? subscription.billingPeriodCount) === subscription.billingPeriodCount;
  if (same)
    throw fieldErrors({
      target_plan_id: 'target_plan_id is the plan that the subscription has, for the same period',
    });
}
