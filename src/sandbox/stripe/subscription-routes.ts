import { change } from './changes.js';
import { now, type Ctx } from './context.js';
import { invalid } from './errors.js';
import type { Subscription } from './objects.js';
import { listPage } from './paging.js';
import type { Params } from './params.js';
import { requirePrice } from './prices.js';
import type { Route } from './route.js';
import { searchPage } from './search.js';
import { createSubscription } from './subscription-creation.js';
import {
  endSubscription,
  isStoppedAfterTrial,
  pauseBecause,
  planPeriodEnd,
  startPeriod,
  stopAfterTrial,
} from './subscription-cycle.js';
import { isOver, newItem, planOf, requireSubscription } from './subscriptions.js';

function updateSubscription(ctx: Ctx, id: string, params: Params): Subscription {
  const subscription = requireSubscription(ctx, id);
  if (isOver(subscription)) {
    throw invalid(
      'A canceled subscription can only update its cancellation_details and metadata.',
      undefined,
      'invalid_canceled_subscription_fields',
    );
  }
  const endsTrial = params.string('trial_end') === 'now' && subscription.status === 'trialing';
  const stops = endsTrial && isStoppedAfterTrial(ctx, subscription);
  change(
    ctx,
    ctx.account.subscriptions,
    subscription,
    (changed) => {
      updateItems(ctx, changed, params);
      const atEnd = params.boolean('cancel_at_period_end');
      if (atEnd !== undefined) {
        changed.cancel_at_period_end = atEnd;
        changed.canceled_at = atEnd ? now(ctx) : null;
        changed.cancel_at = atEnd ? (changed.items.data[0]?.current_period_end ?? null) : null;
      }
      if (params.has('cancel_at')) changed.cancel_at = params.integer('cancel_at') ?? null;
      for (const field of ['default_payment_method', 'description'] as const) {
        const value = params.nullable(field);
        if (value !== undefined) changed[field] = value;
      }
      changed.collection_method = params.string('collection_method') ?? changed.collection_method;
      changed.days_until_due = params.integer('days_until_due') ?? changed.days_until_due;
      if (params.has('pause_collection')) changed.pause_collection = pauseOf(params);
      if (endsTrial) changed.trial_end = now(ctx);
      if (endsTrial && !stops) {
        changed.status = 'active';
        for (const item of changed.items.data) startPeriod(item, now(ctx));
      }
      changed.metadata = params.metadata(changed.metadata);
    },
    'customer.subscription.updated',
  );
  if (stops) return stopAfterTrial(ctx, subscription);
  planPeriodEnd(ctx, subscription);
  return subscription;
}

function updateItems(ctx: Ctx, subscription: Subscription, params: Params): void {
  for (const wanted of params.objects('items')) {
    const id = wanted.string('id');
    const { data } = subscription.items;
    if (id === undefined) {
      data.push(newItem(ctx, subscription.id, wanted));
      continue;
    }
    const item = data.find((candidate) => candidate.id === id);
    if (item === undefined)
      throw invalid(`No such subscription_item: '${id}'`, wanted.nameOf('id'), 'resource_missing');
    if (wanted.boolean('deleted') === true) {
      subscription.items.data = data.filter((candidate) => candidate !== item);
      continue;
    }
    const price = wanted.string('price');
    if (price !== undefined) {
      item.price = requirePrice(ctx, price, wanted.nameOf('price'));
      item.plan = planOf(item.price);
    }
    const quantity = wanted.integer('quantity');
    if (quantity !== undefined) item.quantity = quantity;
    item.metadata = wanted.metadata(item.metadata);
  }
}

function pauseOf(params: Params): Subscription['pause_collection'] {
  const pause = params.object('pause_collection');
  return pause === undefined
    ? null
    : { behavior: pause.require('behavior'), resumes_at: pause.integer('resumes_at') ?? null };
}

function pauseSubscription(ctx: Ctx, id: string): Subscription {
  const subscription = requireSubscription(ctx, id);
  if (subscription.status !== 'active' && subscription.status !== 'trialing') {
    throw invalid(`A subscription that is ${subscription.status} cannot be paused.`);
  }
  return pauseBecause(ctx, subscription, 'pause_requested');
}

function resumeSubscription(ctx: Ctx, id: string, params: Params): Subscription {
  const subscription = requireSubscription(ctx, id);
  if (subscription.status !== 'paused') throw invalid('Only a paused subscription can be resumed.');
  const unchanged = params.object('billing_cycle_anchor')?.string('type') === 'unchanged';
  change(
    ctx,
    ctx.account.subscriptions,
    subscription,
    (resumed) => {
      resumed.status = 'active';
      Reflect.deleteProperty(resumed, 'status_details');
      if (unchanged) return;
      resumed.billing_cycle_anchor = now(ctx);
      for (const item of resumed.items.data) startPeriod(item, now(ctx));
    },
    'customer.subscription.updated',
    'customer.subscription.resumed',
  );
  planPeriodEnd(ctx, subscription);
  return subscription;
}

function cancelSubscription(ctx: Ctx, id: string, params: Params): Subscription {
  const subscription = requireSubscription(ctx, id);
  if (isOver(subscription)) throw invalid(`No such subscription: '${id}'`, 'id', 'resource_missing');
  const details = params.object('cancellation_details');
  return endSubscription(ctx, subscription, {
    comment: details?.string('comment') ?? null,
    feedback: details?.string('feedback') ?? null,
  });
}

function listSubscriptions(ctx: Ctx, params: Params): object {
  const customer = params.string('customer');
  const status = params.string('status');
  const price = params.string('price');
  const subscriptions = ctx.account.subscriptions
    .newestFirst()
    .filter(
      (subscription) =>
        (customer === undefined || subscription.customer === customer) &&
        (price === undefined || subscription.items.data.some((item) => item.price.id === price)) &&
        (status === undefined
          ? !isOver(subscription)
          : status === 'all' || (status === 'ended' ? isOver(subscription) : subscription.status === status)),
    );
  return listPage(ctx, '/v1/subscriptions', 'subscription', subscriptions, params);
}

export const subscriptionRoutes: readonly Route[] = [
  { method: 'POST', url: '/v1/subscriptions', schema: 'SubscriptionCreateParams', run: createSubscription },
  { method: 'GET', url: '/v1/subscriptions', schema: 'SubscriptionListParams', run: listSubscriptions },
  {
    method: 'GET',
    url: '/v1/subscriptions/search',
    schema: 'SubscriptionSearchParams',
    run: (ctx, params) => searchPage(ctx, '/v1/subscriptions/search', ctx.account.subscriptions, params),
  },
  {
    method: 'GET',
    url: '/v1/subscriptions/:id',
    schema: 'SubscriptionRetrieveParams',
    run: (ctx, _params, id) => requireSubscription(ctx, id),
  },
  {
    method: 'POST',
    url: '/v1/subscriptions/:id',
    schema: 'SubscriptionUpdateParams',
    run: (ctx, params, id) => updateSubscription(ctx, id, params),
  },
  {
    method: 'POST',
    url: '/v1/subscriptions/:id/pause',
    schema: 'SubscriptionPauseParams',
    run: (ctx, _params, id) => pauseSubscription(ctx, id),
  },
  {
    method: 'POST',
    url: '/v1/subscriptions/:id/resume',
    schema: 'SubscriptionResumeParams',
    run: (ctx, params, id) => resumeSubscription(ctx, id, params),
  },
  {
    method: 'DELETE',
    url: '/v1/subscriptions/:id',
    schema: 'SubscriptionCancelParams',
    run: (ctx, params, id) => cancelSubscription(ctx, id, params),
  },
];
