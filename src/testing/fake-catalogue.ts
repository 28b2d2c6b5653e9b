import type { CatalogOperations, SubscriptionOperations } from '../providers/provider-adapter.js';
import type { PlanPush, RemotePlan, RemotePlanPage, RemotePrice } from '../providers/provider-catalogue.js';
import { ProviderError } from '../providers/provider-error.js';
import type { Attempt } from '../providers/provider-objects.js';
import type { RemoteSubscription, SubscriptionUpdate } from '../providers/provider-subscriptions.js';
import { notFound, type FakePlan, type FakePrice, type FakeSubscription } from './fake-account.js';
import { isOwn, markOf, orNull, send, type FakeContext } from './fake-operations.js';

/** The fake provider writes a whole plan with one call, prices and all. */
export const fakeCatalog = (ctx: FakeContext): CatalogOperations => ({
  fetchPlan: (remoteId) =>
    orNull(send(ctx, ['GET', `/plans/${remoteId}`], () => showPlan(ctx, ctx.account.plan(remoteId)))),
  listPlans: (after) => listPlans(ctx, after),
  push: (plan, attempt) => push(ctx, plan, attempt),
});

const PLANS_A_PAGE = 10;

function listPlans(ctx: FakeContext, after: string | undefined): Promise<RemotePlanPage> {
  return send(ctx, ['GET', '/plans'], () => {
    const offered = [...ctx.account.plans.values()].filter(({ active }) => active);
    const start = after === undefined ? 0 : offered.findIndex(({ id }) => id === after) + 1;
    const page = offered.slice(start, start + PLANS_A_PAGE);
    const isLast = start + PLANS_A_PAGE >= offered.length;
    return { plans: page.map((plan) => showPlan(ctx, plan)), next: isLast ? undefined : page.at(-1)?.id };
  });
}

async function push(ctx: FakeContext, plan: PlanPush, { key }: Attempt): Promise<RemotePlan> {
  const known = await send(ctx, ['GET', '/plans'], () => findPlan(ctx, plan));
  // A change is the same however often it is made; only making one needs a key.
  const made =
    known ??
    (await send(
      ctx,
      ['POST', '/plans'],
      () => ctx.account.newPlan(markOf(ctx, plan.planId), plan.name),
      `${key}:create`,
    ));
  return send(ctx, ['POST', `/plans/${made.id}`], () => {
    Object.assign(made, { name: plan.name, description: plan.description, active: plan.active });
    for (const price of plan.prices) {
      const own = made.prices.find((one) => one.id === price.remoteId || isOwn(ctx, one, price.priceId));
      if (own !== undefined) Object.assign(own, { active: price.active, name: price.name });
      else if (price.active && price.remoteId === undefined)
        made.prices.push({
          id: ctx.account.newId('fprice'),
          mark: markOf(ctx, price.priceId),
          active: true,
          name: price.name,
          facts: {
            currency: price.currency,
            billingPeriod: price.billingPeriod,
            billingPeriodCount: price.billingPeriodCount,
            terms: price.terms,
          },
          createdAt: ctx.runtime.now(),
        });
    }
    return showPlan(ctx, made);
  });
}

function findPlan(ctx: FakeContext, plan: PlanPush): FakePlan | undefined {
  const all = [...ctx.account.plans.values()];
  const mapped = all.find(({ id }) => id === plan.remoteId);
  if (mapped?.mark !== undefined && !isOwn(ctx, mapped, plan.planId))
    throw new ProviderError('conflict', `${mapped.id} belongs to somebody else`, { code: 'plan_taken' });
  return mapped ?? all.find((one) => isOwn(ctx, one, plan.planId));
}

const marks = (
  { environmentId }: FakeContext,
  mark: FakePlan['mark'],
): { id: string | undefined; foreign: boolean } => {
  const foreign = mark !== undefined && mark.environmentId !== environmentId;
  return { id: foreign ? undefined : mark?.id, foreign };
};

function showPlan(ctx: FakeContext, plan: FakePlan): RemotePlan {
  const { id: planId, foreign } = marks(ctx, plan.mark);
  const { id: remoteId, name, description, active } = plan;
  return {
    remoteId,
    planId,
    foreign,
    name,
    description,
    active,
    metadata: {},
    prices: plan.prices.map((price) => showPrice(ctx, plan, price)),
    unreadable: [],
  };
}

function showPrice(ctx: FakeContext, plan: FakePlan, price: FakePrice): RemotePrice {
  const { id: priceId, foreign } = marks(ctx, price.mark);
  return {
    remoteId: price.id,
    remotePlanId: plan.id,
    priceId,
    foreign,
    active: price.active,
    createdAt: price.createdAt,
    name: price.name,
    type: 'FIXED',
    meter: undefined,
    trialPeriodDays: undefined,
    lookupKey: undefined,
    metadata: {},
    ...price.facts,
  };
}

export const fakeSubscriptions = (ctx: FakeContext): SubscriptionOperations => ({
  fetch: (remoteId) =>
    orNull(
      send(ctx, ['GET', `/subscriptions/${remoteId}`], () => showSubscription(ctx, find(ctx, remoteId))),
    ),
  update: (remoteId, wish) =>
    send(ctx, ['POST', `/subscriptions/${remoteId}`], () => change(ctx, find(ctx, remoteId), wish)),
});

function find(ctx: FakeContext, id: string): FakeSubscription {
  const found = ctx.account.subscriptions.get(id);
  if (found === undefined) throw notFound('subscription', id);
  return found;
}

function change(
  ctx: FakeContext,
  subscription: FakeSubscription,
  wish: SubscriptionUpdate,
): RemoteSubscription {
  if (subscription.endedAt !== undefined && !wish.cancelled)
    throw new ProviderError('conflict', `${subscription.id} has ended`, { code: 'subscription_ended' });
  if (wish.cancelled) subscription.endedAt ??= ctx.runtime.now();
  subscription.cancelAt = wish.cancelAtPeriodEnd ? subscription.period.end : wish.cancelAt;
  subscription.cancelAtPeriodEnd = wish.cancelAtPeriodEnd;
  subscription.paused = wish.paused;
  subscription.quantity = wish.quantities[`${subscription.id}_item`] ?? subscription.quantity;
  return showSubscription(ctx, subscription);
}

function showSubscription(ctx: FakeContext, subscription: FakeSubscription): RemoteSubscription {
  const { id: remoteId, plan, customer, endedAt, cancelAt, cancelAtPeriodEnd, paused } = subscription;
  const [price] = plan.prices;
  if (price === undefined) throw notFound('price of', plan.id);
  return {
    remoteId,
    foreign: marks(ctx, ctx.account.customers.get(customer)?.mark).foreign,
    remoteCustomerId: customer,
    status: endedAt === undefined ? (paused === undefined ? 'active' : 'paused') : 'cancelled',
    currency: price.facts.currency,
    collectionMethod: 'charge_automatically',
    startedAt: subscription.period.start,
    anchor: subscription.period.start,
    trial: undefined,
    cancelAt,
    cancelAtPeriodEnd,
    endedAt,
    paused,
    items: [
      {
        remoteId: `${remoteId}_item`,
        price: showPrice(ctx, plan, price),
        quantity: subscription.quantity,
        period: subscription.period,
      },
    ],
    unreadable: [],
    metadata: { fake_subscription_id: remoteId },
  };
}
