import { isMultipleOf, type BillingInterval } from '../../domain/billing-period.js';
import type { ImportedStatus } from '../../subscription-changes/imported-subscription-life.service.js';
import type { RemoteSubscription, RemoteSubscriptionItem } from '../../providers/provider-subscriptions.js';

const intervalOf = ({ price }: RemoteSubscriptionItem): BillingInterval => ({
  unit: price.billingPeriod,
  count: price.billingPeriodCount,
});

/** Items may be charged at different intervals: the one that all the others are multiples of turns the subscription. */
export function billingItem({ items, remoteId }: RemoteSubscription): RemoteSubscriptionItem {
  const [first] = items;
  if (first === undefined) throw new Error(`subscription ${remoteId} has no items`);
  const base = items.find((item) =>
    items.every((other) => isMultipleOf(intervalOf(other), intervalOf(item))),
  );
  return base ?? first;
}

/** Where it stands; whether it is paused, or over, is told apart from that. */
export function remoteStatusOf(remote: RemoteSubscription): ImportedStatus {
  const { period: current } = billingItem(remote);
  const { trial, anchor } = remote;
  const inTrial = trial !== undefined && current.start < trial.end;
  const status =
    remote.status === 'incomplete'
      ? 'incomplete'
      : remote.status === 'trialing' || (inTrial && isHalted(remote))
        ? 'trialing'
        : 'active';
  // A trial that was cut short has ended where the first period that is charged began.
  const ended = trial !== undefined && status === 'active' && inTrial;
  return { status, anchor, current, trial: ended ? undefined : trial };
}

const isHalted = ({ status }: RemoteSubscription): boolean => status === 'paused' || status === 'cancelled';
