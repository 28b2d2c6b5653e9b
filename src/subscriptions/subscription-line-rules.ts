import { isMultipleOf } from '../domain/billing-period.js';
import { fieldErrors, invalidOperation } from '../domain/errors.js';
import { rate } from '../domain/rate.js';
import { lifeEnd } from '../domain/subscribing/subscription-life.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForInsert } from '../platform/database/columns.js';
import type { MeteredPrice } from '../plans/plans.types.js';
import type { SubscriptionLineItemEntity } from './subscription-line-item.entity.js';
import type { Subscription } from './subscriptions.types.js';

/** What a line takes from its price; names and dates are the caller's to change. */
export function lineOf(
  ctx: Ctx,
  subscription: Subscription,
  { price, meter }: MeteredPrice,
  quantity: string | undefined,
  field: string,
): SubscriptionLineItemEntity {
  if (price.type === 'USAGE' && quantity !== undefined && !rate(quantity).isZero())
    throw fieldErrors({ [field]: `${field} goes with a fixed price: usage brings its own` });
  return {
    ...auditColumnsForInsert(ctx, 'subscriptionLineItem'),
    subscriptionId: subscription.id,
    customerId: subscription.customerId,
    entityType: 'subscription',
    entityId: subscription.id,
    planDisplayName: null,
    priceId: price.id,
    priceType: price.type,
    invoiceCadence: price.invoiceCadence,
    billingPeriod: price.billingPeriod,
    billingPeriodCount: price.billingPeriodCount,
    meterId: price.meterId,
    meterDisplayName: meter?.name ?? null,
    displayName: price.displayName ?? meter?.name ?? 'Subscription',
    quantity:
      price.type === 'USAGE'
        ? rate(0)
        : quantity === undefined
          ? (price.minQuantity ?? rate(1))
          : rate(quantity),
    currency: price.currency,
    startDate: subscription.startDate,
    endDate: null,
    paidUntil: null,
    replacesId: null,
    continuesId: null,
    addonAssociationId: null,
    trialPeriodDays: price.trialPeriodDays,
    billedBy: null,
    providerItemId: null,
    commitment: null,
    metadata: {},
  };
}

/** Whose the line is stays, whatever else becomes of it. */
export const billedElsewhere = ({
  billedBy,
  providerItemId,
}: SubscriptionLineItemEntity): Pick<SubscriptionLineItemEntity, 'billedBy' | 'providerItemId'> => ({
  billedBy,
  providerItemId,
});

export function assertChangeable({ subscriptionStatus: status }: Subscription): void {
  if (status === 'cancelled')
    throw invalidOperation('subscription is already cancelled', 'subscription_already_cancelled');
  // What is added to it would not be billed before its first invoice is paid, and could not be afterwards.
  if (status === 'incomplete')
    throw invalidOperation(
      'subscription is not active: its first invoice is not paid',
      'subscription_not_active',
    );
}

/** Periods that are billed are not billed again: a change begins in the current one at the earliest. */
export function assertNotBilled(subscription: Subscription, at: Date, field: string): void {
  if (subscription.activatedAt !== null && at < subscription.currentPeriodStart)
    throw fieldErrors({
      [field]: `${field} lies before the current period, which began at ${subscription.currentPeriodStart.toISOString()}: earlier periods are billed`,
    });
  const end = lifeEnd(subscription);
  if (end !== null && at >= end)
    throw fieldErrors({ [field]: `${field} lies after the end of the subscription, ${end.toISOString()}` });
}

export function assertFits(subscription: Subscription, { price }: MeteredPrice, field: string): void {
  const refuse = (sentence: string): never => {
    throw fieldErrors({ [field]: `${field}: ${sentence}` });
  };
  if (price.status !== 'published') refuse(`price ${price.id} is ${price.status}`);
  if (price.entityType === 'SUBSCRIPTION' && price.entityId !== subscription.id)
    refuse(`price ${price.id} belongs to another subscription`);
  if (price.currency !== subscription.currency)
    refuse(`the price is in ${price.currency}, the subscription in ${subscription.currency}`);
  const base = { unit: subscription.billingPeriod, count: subscription.billingPeriodCount };
  if (!isMultipleOf({ unit: price.billingPeriod, count: price.billingPeriodCount }, base))
    refuse(
      `the price is charged every ${price.billingPeriodCount} × ${price.billingPeriod}, which is no multiple of ${base.count} × ${base.unit}`,
    );
}

/** A price that has ended is taken by nobody any more; whoever has it keeps it. */
export function assertOffered({ price }: MeteredPrice, from: Date, field: string): void {
  if (price.endDate !== null && price.endDate <= from)
    throw fieldErrors({
      [field]: `${field}: price ${price.id} ended at ${price.endDate.toISOString()}: it is not offered any more`,
    });
}
