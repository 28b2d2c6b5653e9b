import type Stripe from 'stripe';
import { ProviderError } from '../provider-error.js';
import type {
  RemoteSubscription,
  RemoteSubscriptionItem,
  RemoteSubscriptionStatus,
} from '../provider-subscriptions.js';
import type { UnreadablePrice } from '../provider-catalogue.js';
import { dateOf, idOf, objectOf, type StripeContext } from './context.js';
import { told } from './errors.js';
import { MARK, readMark } from './marks.js';
import { isReadable, metersOf, priceExpansions, readPrice } from './price-reader.js';

export const SUBSCRIPTION_EXPANSIONS: readonly string[] = [
  'customer',
  ...priceExpansions('items.data.price'),
];

const STATUSES: Readonly<Record<string, RemoteSubscriptionStatus>> = {
  incomplete: 'incomplete',
  incomplete_expired: 'expired',
  trialing: 'trialing',
  active: 'active',
  past_due: 'past_due',
  unpaid: 'unpaid',
  canceled: 'cancelled',
  paused: 'paused',
};

/** A subscription that was read with {@link SUBSCRIPTION_EXPANSIONS}. */
export async function readSubscription(
  ctx: StripeContext,
  subscription: Stripe.Subscription,
): Promise<RemoteSubscription> {
  const all = await itemsOf(ctx, subscription);
  const meters = await metersOf(
    ctx,
    all.map(({ price }) => price),
  );
  const items: RemoteSubscriptionItem[] = [];
  const unreadable: UnreadablePrice[] = [];
  for (const item of all) {
    const price = readPrice(ctx, item.price, meters, subscription.currency);
    if (isReadable(price)) items.push(readItem(item, price));
    else unreadable.push(price);
  }
  if (items.length === 0)
    throw new ProviderError(
      'invalid',
      `no price of the subscription ${subscription.id} can be read: ${unreadable.map(({ reason }) => reason).join('; ')}`,
      { code: 'price_unreadable' },
    );
  const customer = objectOf<Stripe.Customer | Stripe.DeletedCustomer>(subscription.customer);
  const owners = [
    subscription.metadata,
    ...(customer === undefined || customer.deleted === true ? [] : [customer.metadata]),
  ];
  return {
    remoteId: subscription.id,
    foreign: owners.some((metadata) => readMark(metadata, MARK.customer, ctx.environmentId).foreign),
    remoteCustomerId: idOf(subscription.customer) ?? '',
    status: STATUSES[subscription.status] ?? 'pending',
    currency: subscription.currency,
    collectionMethod:
      subscription.collection_method === 'send_invoice' ? 'send_invoice' : 'charge_automatically',
    startedAt: new Date(subscription.start_date * 1000),
    anchor: new Date(subscription.billing_cycle_anchor * 1000),
    trial: trialOf(subscription),
    ...endOf(subscription, items),
    endedAt: dateOf(subscription.ended_at),
    paused:
      subscription.pause_collection === null && subscription.status !== 'paused'
        ? undefined
        : { resumesAt: dateOf(subscription.pause_collection?.resumes_at) },
    items,
    unreadable,
    metadata: {
      stripe_subscription_id: subscription.id,
      stripe_customer_id: idOf(subscription.customer) ?? '',
      stripe_status: subscription.status,
    },
  };
}

/** The embedded list is one page. */
async function itemsOf(
  ctx: StripeContext,
  { id, items }: Stripe.Subscription,
): Promise<Stripe.SubscriptionItem[]> {
  const all = items.has_more
    ? await told(
        ctx.stripe.subscriptionItems
          .list({ subscription: id, limit: 100, expand: priceExpansions('data.price') })
          .autoPagingToArray({ limit: 1000 }),
      )
    : [...items.data];
  return all.sort((a, b) => a.created - b.created);
}

const readItem = (
  item: Stripe.SubscriptionItem,
  price: RemoteSubscriptionItem['price'],
): RemoteSubscriptionItem => ({
  remoteId: item.id,
  price,
  quantity: item.quantity === undefined || price.type === 'USAGE' ? undefined : String(item.quantity),
  // On the item since 2025: one subscription can have items of different periods.
  period: {
    start: new Date(item.current_period_start * 1000),
    end: new Date(item.current_period_end * 1000),
  },
});

function trialOf({ trial_start: start, trial_end: end }: Stripe.Subscription): RemoteSubscription['trial'] {
  if (start === null || end === null || end <= start) return undefined;
  return { start: new Date(start * 1000), end: new Date(end * 1000) };
}

/** At the end of the period is a date too, and Stripe tells it as one or leaves it out. */
function endOf(
  subscription: Stripe.Subscription,
  items: readonly RemoteSubscriptionItem[],
): Pick<RemoteSubscription, 'cancelAt' | 'cancelAtPeriodEnd'> {
  const atPeriodEnd = subscription.cancel_at_period_end;
  const periodEnd = new Date(Math.max(...items.map(({ period }) => period.end.getTime())));
  return {
    cancelAt: dateOf(subscription.cancel_at) ?? (atPeriodEnd ? periodEnd : undefined),
    cancelAtPeriodEnd: atPeriodEnd,
  };
}
