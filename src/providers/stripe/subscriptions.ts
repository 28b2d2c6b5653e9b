import type Stripe from 'stripe';
import type { SubscriptionOperations } from '../provider-adapter.js';
import { ProviderError } from '../provider-error.js';
import type { Attempt } from '../provider-objects.js';
import type { SubscriptionUpdate } from '../provider-subscriptions.js';
import { secondsOf, type StripeContext } from './context.js';
import { told, toldOrNull } from './errors.js';
import { readSubscription, SUBSCRIPTION_EXPANSIONS } from './subscription-reader.js';

export const stripeSubscriptions = (ctx: StripeContext): SubscriptionOperations => ({
  fetch: async (remoteId) => {
    const found = await toldOrNull(retrieve(ctx, remoteId));
    return found === null ? null : readSubscription(ctx, found);
  },
  update: async (remoteId, wish, attempt) =>
    readSubscription(ctx, await update(ctx, await told(retrieve(ctx, remoteId)), wish, attempt)),
});

const retrieve = (ctx: StripeContext, id: string): Promise<Stripe.Response<Stripe.Subscription>> =>
  ctx.stripe.subscriptions.retrieve(id, { expand: [...SUBSCRIPTION_EXPANSIONS] });

const isOver = ({ status }: Stripe.Subscription): boolean =>
  status === 'canceled' || status === 'incomplete_expired';

/** Looks at what is there and sends what differs, so that a second try finds nothing left to do. */
async function update(
  ctx: StripeContext,
  remote: Stripe.Subscription,
  wish: SubscriptionUpdate,
  attempt: Attempt,
): Promise<Stripe.Subscription> {
  if (isOver(remote)) {
    if (wish.cancelled) return remote;
    throw new ProviderError('conflict', `the Stripe subscription ${remote.id} has ended`, {
      code: 'subscription_ended',
    });
  }
  if (wish.cancelled) {
    // Our own final invoice is made here; what the provider has billed in advance is not prorated by us.
    await told(ctx.stripe.subscriptions.cancel(remote.id, { invoice_now: false, prorate: false }));
    return told(retrieve(ctx, remote.id));
  }
  const params = differences(remote, wish);
  if (Object.keys(params).length > 0) await told(ctx.stripe.subscriptions.update(remote.id, params));
  // `pause_collection` does not end a pause that was asked for by the other name.
  if (remote.status === 'paused' && wish.paused === undefined)
    await told(
      ctx.stripe.subscriptions.resume(
        remote.id,
        { billing_cycle_anchor: { type: 'unchanged' }, proration_behavior: 'none' },
        { idempotencyKey: `${attempt.key}:resume` },
      ),
    );
  return told(retrieve(ctx, remote.id));
}

function differences(remote: Stripe.Subscription, wish: SubscriptionUpdate): Stripe.SubscriptionUpdateParams {
  const params: Stripe.SubscriptionUpdateParams = {};
  const items = remote.items.data.flatMap(({ id, quantity }) => {
    const wanted = wish.quantities[id];
    return wanted === undefined || quantity === undefined || String(quantity) === wanted
      ? []
      : [{ id, quantity: wholeQuantity(wanted) }];
  });
  if (items.length > 0) {
    params.items = items;
    // Who changes a quantity here decides here what it costs for the rest of the period; there it counts from the next.
    params.proration_behavior = 'none';
  }
  Object.assign(params, ending(remote, wish));
  const pausedThere = remote.pause_collection !== null || remote.status === 'paused';
  const resumesAt = remote.pause_collection?.resumes_at ?? undefined;
  const wantedResume = wish.paused?.resumesAt === undefined ? undefined : secondsOf(wish.paused.resumesAt);
  if (wish.paused === undefined) {
    if (remote.pause_collection !== null) params.pause_collection = '';
  } else if (!pausedThere || (remote.status !== 'paused' && resumesAt !== wantedResume)) {
    // `void`: invoices of the pause are not to be collected later, as ours are not made.
    params.pause_collection = {
      behavior: 'void',
      ...(wantedResume === undefined ? {} : { resumes_at: wantedResume }),
    };
  }
  return params;
}

function ending(remote: Stripe.Subscription, wish: SubscriptionUpdate): Stripe.SubscriptionUpdateParams {
  if (wish.cancelAtPeriodEnd) return remote.cancel_at_period_end ? {} : { cancel_at_period_end: true };
  if (wish.cancelAt !== undefined) {
    const at = secondsOf(wish.cancelAt);
    return remote.cancel_at === at && !remote.cancel_at_period_end ? {} : { cancel_at: at };
  }
  if (remote.cancel_at_period_end) return { cancel_at_period_end: false };
  return remote.cancel_at === null ? {} : { cancel_at: '' };
}

function wholeQuantity(quantity: string): number {
  const value = Number(quantity);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new ProviderError('invalid', `Stripe takes whole quantities only, not ${quantity}`, {
    code: 'quantity_not_representable',
    param: 'quantity',
  });
}
