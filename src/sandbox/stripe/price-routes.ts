import { change, create } from './changes.js';
import type { Ctx } from './context.js';
import { invalid } from './errors.js';
import type { Price } from './objects.js';
import { listPage } from './paging.js';
import type { Params } from './params.js';
import { emit } from './events.js';
import { buildPrice, currencyOptionsOf, requirePrice } from './prices.js';
import { createProduct, requireProduct } from './products.js';
import type { Route } from './route.js';
import { searchPage } from './search.js';

function createPrice(ctx: Ctx, params: Params): Price {
  const productData = params.object('product_data');
  const product =
    productData === undefined
      ? requireProduct(ctx, params.require('product'), 'product')
      : createProduct(ctx, productData);
  const lookupKey = params.string('lookup_key');
  const holder = ctx.account.prices
    .values()
    .find((other) => lookupKey !== undefined && other.lookup_key === lookupKey);
  if (holder !== undefined && params.boolean('transfer_lookup_key') === true) {
    const drop = (changed: Price): void => {
      changed.lookup_key = null;
    };
    change(ctx, ctx.account.prices, holder, drop, 'price.updated');
  } else if (holder !== undefined && lookupKey !== undefined) {
    throw invalid(`A price already uses that lookup key: ${lookupKey}.`, 'lookup_key');
  }
  return create(ctx, ctx.account.prices, buildPrice(ctx, product.id, params, false), 'price.created');
}

/** `price_data` of a line: an inactive price that no list shows. */
export function createInlinePrice(ctx: Ctx, params: Params): Price {
  const productData = params.object('product_data');
  const product =
    productData === undefined
      ? requireProduct(ctx, params.require('product'), params.nameOf('product'))
      : createProduct(ctx, productData);
  const price = buildPrice(ctx, product.id, params, true);
  price.active = false;
  return create(ctx, ctx.account.prices, price);
}

function updatePrice(ctx: Ctx, id: string, params: Params): Price {
  const price = requirePrice(ctx, id);
  if (params.has('currency_options')) changeOptions(ctx, price, params);
  return change(
    ctx,
    ctx.account.prices,
    price,
    (changed) => {
      changed.active = params.boolean('active') ?? changed.active;
      const nickname = params.nullable('nickname');
      if (nickname !== undefined) changed.nickname = nickname;
      const lookupKey = params.nullable('lookup_key');
      if (lookupKey !== undefined) changed.lookup_key = lookupKey;
      changed.metadata = params.metadata(changed.metadata);
    },
    'price.updated',
  );
}

/** What a price costs in its own currency never changes; what it costs in others does. */
function changeOptions(ctx: Ctx, price: Price, params: Params): void {
  const notes = ctx.account.priceNotes.get(price.id);
  if (notes === undefined) return;
  const changed = currencyOptionsOf(params);
  ctx.account.priceNotes.set(price.id, {
    ...notes,
    currencyOptions: { ...notes.currencyOptions, ...changed },
  });
  emit(ctx, 'price.updated', price, { currency_options: notes.currencyOptions });
}

function listPrices(ctx: Ctx, params: Params): object {
  const wanted = {
    // The default shows active prices only; inactive ones have to be asked for.
    active: params.boolean('active') ?? true,
    product: params.string('product'),
    currency: params.string('currency'),
    type: params.string('type'),
    lookupKeys: params.strings('lookup_keys'),
  };
  const prices = ctx.account.prices
    .newestFirst()
    .filter(
      (price) =>
        ctx.account.priceNotes.get(price.id)?.inline !== true &&
        price.active === wanted.active &&
        (wanted.product === undefined || price.product === wanted.product) &&
        (wanted.currency === undefined || price.currency === wanted.currency) &&
        (wanted.type === undefined || price.type === wanted.type) &&
        (wanted.lookupKeys.length === 0 ||
          (price.lookup_key !== null && wanted.lookupKeys.includes(price.lookup_key))),
    );
  return listPage(ctx, '/v1/prices', 'price', prices, params);
}

export const priceRoutes: readonly Route[] = [
  { method: 'POST', url: '/v1/prices', schema: 'PriceCreateParams', run: createPrice },
  { method: 'GET', url: '/v1/prices', schema: 'PriceListParams', run: listPrices },
  {
    method: 'GET',
    url: '/v1/prices/search',
    schema: 'PriceSearchParams',
    run: (ctx, params) => searchPage(ctx, '/v1/prices/search', ctx.account.prices, params),
  },
  {
    method: 'GET',
    url: '/v1/prices/:id',
    schema: 'PriceRetrieveParams',
    run: (ctx, _params, id) => requirePrice(ctx, id),
  },
  {
    method: 'POST',
    url: '/v1/prices/:id',
    schema: 'PriceUpdateParams',
    run: (ctx, params, id) => updatePrice(ctx, id, params),
  },
];
