import { formatRate } from '../../domain/rate.js';
import type { RemoteSubscription, SubscriptionUpdate } from '../../providers/provider-subscriptions.js';
import type { Subscription, SubscriptionLineItem } from '../../subscriptions/subscriptions.types.js';

/** What a subscription and its remote one have in common, of what either side can change. Instants in whole seconds. */
export interface CommonSubscription {
  readonly cancelled: boolean;
  readonly cancelAt: string | null;
  readonly cancelAtPeriodEnd: boolean;
  readonly paused: boolean;
  readonly resumesAt: string | null;
  /** By the ids of remote items; empty for usage, which brings its own. */
  readonly quantities: Readonly<Record<string, string>>;
}

export const isOver = ({ status }: RemoteSubscription): boolean =>
  status === 'cancelled' || status === 'expired';

const seconds = (instant: Date | null | undefined): string | null =>
  instant ? new Date(Math.floor(instant.getTime() / 1000) * 1000).toISOString() : null;

const sorted = (entries: readonly (readonly [string, string])[]): Record<string, string> =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));

export const commonOfRemote = (remote: RemoteSubscription): CommonSubscription => ({
  cancelled: isOver(remote),
  cancelAt: seconds(remote.cancelAt),
  cancelAtPeriodEnd: remote.cancelAtPeriodEnd,
  paused: remote.paused !== undefined,
  resumesAt: seconds(remote.paused?.resumesAt),
  quantities: sorted(remote.items.map(({ remoteId, quantity }) => [remoteId, quantity ?? ''] as const)),
});

export const commonOfOurs = (
  subscription: Subscription,
  items: readonly SubscriptionLineItem[],
): CommonSubscription => {
  const paused = subscription.subscriptionStatus === 'paused';
  return {
    cancelled: subscription.subscriptionStatus === 'cancelled',
    cancelAt: seconds(subscription.cancelAt),
    cancelAtPeriodEnd: subscription.cancelAtPeriodEnd,
    paused,
    resumesAt: paused ? seconds(subscription.resumeAt) : null,
    quantities: sorted(
      items.flatMap(({ providerItemId, priceType, quantity }) =>
        providerItemId === null
          ? []
          : [[providerItemId, priceType === 'USAGE' ? '' : formatRate(quantity)] as const],
      ),
    ),
  };
};

/** The lines that stand for what a provider bills, as of now. */
export const itemLines = (
  lines: readonly SubscriptionLineItem[],
  connectionId: string,
  now: Date,
): SubscriptionLineItem[] =>
  lines.filter((line) => line.billedBy === connectionId && (line.endDate === null || line.endDate > now));

/** How it ends, in one word; the end of a period is one wish whatever its date. */
export const endingOf = (common: CommonSubscription): string =>
  common.cancelAtPeriodEnd ? 'period_end' : (common.cancelAt ?? 'none');

export const pauseOf = (common: CommonSubscription): string =>
  common.paused ? `paused ${common.resumesAt ?? ''}` : 'none';

/** Once it is over nothing else matters. Items that only one side shows cannot be told. */
export function sameForProvider(ours: CommonSubscription, theirs: CommonSubscription): boolean {
  if (ours.cancelled || theirs.cancelled) return ours.cancelled === theirs.cancelled;
  return (
    endingOf(ours) === endingOf(theirs) &&
    pauseOf(ours) === pauseOf(theirs) &&
    Object.entries(ours.quantities).every(
      ([id, quantity]) => theirs.quantities[id] === undefined || theirs.quantities[id] === quantity,
    )
  );
}

/** Reads what is stored of it. */
export const storedCommon = (
  stored: Readonly<Record<string, unknown>> | null | undefined,
): CommonSubscription | undefined =>
  stored && 'quantities' in stored ? (stored as unknown as CommonSubscription) : undefined;

export const subscriptionUpdateOf = (common: CommonSubscription): SubscriptionUpdate => ({
  cancelled: common.cancelled,
  cancelAt: common.cancelAt === null ? undefined : new Date(common.cancelAt),
  cancelAtPeriodEnd: common.cancelAtPeriodEnd,
  paused: common.paused
    ? { resumesAt: common.resumesAt === null ? undefined : new Date(common.resumesAt) }
    : undefined,
  quantities: Object.fromEntries(Object.entries(common.quantities).filter(([, quantity]) => quantity !== '')),
});
