import { ProviderError } from '../provider-error.js';
import type { Attempt } from '../provider-objects.js';
import { mayHaveRun, type WhopContext } from './context.js';
import type { WhopProduct } from './objects.js';

const TITLE = 'Flexprice Billing Product';

/**
 * The product that all invoices of a connection hang on. What is known of it is remembered in a setting,
 * `configured:prod_…`, `created:prod_…` or `gone:prod_…`, so that it costs nothing once it is known: the id in there is
 * the one that was checked, and a product that is configured later is checked anew. A later try of a push checks again,
 * because a product that has gone since is one reason why a push fails.
 */
type Settings = Readonly<Record<string, string>>;
type Prepared = { readonly settings: Settings; readonly again?: string } | undefined;

export async function prepareProduct(ctx: WhopContext, attempt: Attempt): Promise<Prepared> {
  const { productId } = ctx;
  if (productId === undefined || isGone(ctx)) return { settings: await makeProduct(ctx, productId, attempt) };
  if (isChecked(ctx) && !mayHaveRun(attempt)) return undefined;
  return checkProduct(ctx, productId);
}

/** Undefined when there is nothing new to remember. */
export async function checkProduct(ctx: WhopContext, productId: string): Promise<Prepared> {
  const product = await ctx.whop.find<WhopProduct>(`/products/${encodeURIComponent(productId)}`);
  if (product === null) {
    // Only our own is made again, and not by two pushes at once: the next try makes it while the others wait.
    if (ctx.productCheck === `created:${productId}`)
      return {
        settings: { product_check: `gone:${productId}` },
        again: `the product ${productId} is gone at Whop: another one is made`,
      };
    // A configured one that is not there is somebody's mistake, or their loss.
    throw wrongProduct(
      `there is no product ${productId} at Whop: give the connection another product_id, and sync again`,
      'product_not_found',
    );
  }
  // Products are public, so that one can be read says nothing about whose it is.
  if ((product.account ?? product.company)?.id !== ctx.companyId)
    throw wrongProduct(
      `the product ${productId} does not belong to ${ctx.companyId}: give the connection one of that company`,
      'product_of_other_company',
    );
  if (isChecked(ctx)) return undefined;
  ctx.productCheck = `configured:${productId}`;
  return { settings: { product_check: ctx.productCheck } };
}

const isGone = ({ productId, productCheck }: WhopContext): boolean =>
  productId !== undefined && productCheck === `gone:${productId}`;

/** Whether a push has to ask about its product first, or make it. */
export const needsCheck = (ctx: WhopContext): boolean =>
  ctx.productId !== undefined && !isChecked(ctx) && !isGone(ctx);

export const isChecked = ({ productId, productCheck }: WhopContext): boolean =>
  productId !== undefined &&
  (productCheck === `configured:${productId}` || productCheck === `created:${productId}`);

/**
 * Once per connection: the key does not come from the invoice that happens to be first, so that two pushes at once
 * make one, and a look comes before because Whop forgets keys.
 */
async function makeProduct(
  ctx: WhopContext,
  replaced: string | undefined,
  attempt: Attempt,
): Promise<Settings> {
  const product = (await findOwn(ctx)) ?? (await createProduct(ctx, replaced, attempt));
  ctx.productId = product.id;
  ctx.productCheck = `created:${product.id}`;
  return { product_id: ctx.productId, product_check: ctx.productCheck };
}

async function findOwn(ctx: WhopContext): Promise<WhopProduct | undefined> {
  const products = ctx.whop.list<WhopProduct>('/products', { account_id: ctx.companyId, first: 100 });
  let oldest: WhopProduct | undefined;
  for await (const product of products)
    if (product.title === TITLE && product.visibility !== 'archived') oldest = product;
  return oldest;
}

const TRIES_PER_KEY = 3;

/** Whop repeats a failure under its key for a day: the key changes with every third try, by when the one before has ended. */
async function createProduct(
  ctx: WhopContext,
  replaced: string | undefined,
  attempt: Attempt,
): Promise<WhopProduct> {
  const round = Math.floor((attempt.number - 1) / TRIES_PER_KEY);
  const key = `flexprice-product:${ctx.connectionId}:${ctx.apiDate}:${round}`;
  const { object } = await ctx.whop.post<WhopProduct>(
    '/products',
    { account_id: ctx.companyId, title: TITLE, visibility: 'quick_link' },
    replaced === undefined ? key : `${key}:after:${replaced}`,
  );
  return object;
}

const wrongProduct = (message: string, code: string): ProviderError =>
  new ProviderError('invalid', message, { code, param: 'product_id' });
