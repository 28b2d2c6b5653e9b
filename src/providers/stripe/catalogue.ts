import type Stripe from 'stripe';
import type { CatalogOperations } from '../provider-adapter.js';
import type { RemotePlan, RemotePlanPage } from '../provider-catalogue.js';
import { pushPlan } from './catalogue-push.js';
import type { StripeContext } from './context.js';
import { told, toldOrNull } from './errors.js';
import { MARK, readMark } from './marks.js';
import { isReadable, isUnreadable, metersOf, pricesOf, readPrices } from './price-reader.js';

/** A plan is a product with its prices. */
export const stripeCatalog = (ctx: StripeContext): CatalogOperations => ({
  fetchPlan: (remoteId) => fetchPlan(ctx, remoteId),
  listPlans: (after) => listPlans(ctx, after),
  push: async (plan, attempt) => readPlan(ctx, await pushPlan(ctx, plan, attempt)),
});

async function fetchPlan(ctx: StripeContext, remoteId: string): Promise<RemotePlan | null> {
  const product = await toldOrNull<Stripe.Product | Stripe.DeletedProduct>(
    ctx.stripe.products.retrieve(remoteId),
  );
  return product === null || product.deleted === true || isOfPage(product) ? null : readPlan(ctx, product);
}

/** Each takes two calls or three, for its prices and meters. */
const PLANS_A_PAGE = 20;

async function listPlans(ctx: StripeContext, after: string | undefined): Promise<RemotePlanPage> {
  const { data, has_more: hasMore } = await told(
    ctx.stripe.products.list({
      active: true,
      limit: PLANS_A_PAGE,
      ...(after === undefined ? {} : { starting_after: after }),
    }),
  );
  const plans: RemotePlan[] = [];
  for (const product of data) if (!isOfPage(product)) plans.push(await readPlan(ctx, product));
  return { plans, next: hasMore ? data.at(-1)?.id : undefined };
}

/** What a payment page shows is a product too; ours carry the payment's id, and are no plans. */
const isOfPage = ({ metadata }: Stripe.Product): boolean => metadata[MARK.payment] !== undefined;

async function readPlan(ctx: StripeContext, product: Stripe.Product): Promise<RemotePlan> {
  const prices = await pricesOf(ctx, product.id);
  const meters = await metersOf(ctx, prices);
  const read = prices.flatMap((price) => readPrices(ctx, price, meters));
  const mark = readMark(product.metadata, MARK.plan, ctx.environmentId);
  return {
    remoteId: product.id,
    planId: mark.id,
    foreign: mark.foreign,
    active: product.active,
    name: product.name,
    description: product.description ?? undefined,
    metadata: { ...product.metadata, stripe_product_id: product.id },
    prices: read.filter(isReadable),
    unreadable: read.filter(isUnreadable),
  };
}
