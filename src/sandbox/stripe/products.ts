import { newId } from '../core/ids.js';
import { change, create } from './changes.js';
import { now, type Ctx } from './context.js';
import { emit } from './events.js';
import { invalid, noSuch } from './errors.js';
import type { Deleted, Product } from './objects.js';
import { listPage } from './paging.js';
import type { Params } from './params.js';
import { buildPrice } from './prices.js';
import type { Route } from './route.js';
import { searchPage } from './search.js';

export function requireProduct(ctx: Ctx, id: string, param = 'id'): Product {
  const product = ctx.account.products.get(id);
  if (product === undefined) throw noSuch('product', id, param);
  return product;
}

export function createProduct(ctx: Ctx, params: Params): Product {
  const id = params.string('id') ?? newId('prod_', 14);
  if (ctx.account.products.get(id) !== undefined) {
    throw invalid(`Product already exists: ${id}`, 'id', 'resource_already_exists');
  }
  const product: Product = {
    id,
    object: 'product',
    active: params.boolean('active') ?? true,
    created: now(ctx),
    default_price: null,
    description: null,
    images: [],
    livemode: ctx.account.livemode,
    marketing_features: [],
    metadata: {},
    name: params.require('name'),
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: 'service',
    unit_label: null,
    updated: now(ctx),
    url: null,
  };
  applyFields(product, params);
  create(ctx, ctx.account.products, product, 'product.created');
  const priceData = params.object('default_price_data');
  if (priceData !== undefined) {
    const price = buildPrice(ctx, product.id, priceData, false);
    create(ctx, ctx.account.prices, price, 'price.created');
    change(
      ctx,
      ctx.account.products,
      product,
      (changed) => {
        changed.default_price = price.id;
      },
      'product.updated',
    );
  }
  return product;
}

function updateProduct(ctx: Ctx, id: string, params: Params): Product {
  const product = requireProduct(ctx, id);
  const price = params.nullable('default_price');
  if (typeof price === 'string' && ctx.account.prices.get(price)?.product !== id) {
    throw noSuch('price', price, 'default_price');
  }
  return change(
    ctx,
    ctx.account.products,
    product,
    (changed) => {
      applyFields(changed, params);
      changed.name = params.string('name') ?? changed.name;
      changed.active = params.boolean('active') ?? changed.active;
      if (price !== undefined) changed.default_price = price;
      changed.updated = now(ctx);
    },
    'product.updated',
  );
}

function applyFields(product: Product, params: Params): void {
  for (const field of ['description', 'statement_descriptor', 'tax_code', 'unit_label', 'url'] as const) {
    const value = params.nullable(field);
    if (value !== undefined) product[field] = value;
  }
  if (params.has('images')) product.images = params.strings('images');
  if (params.has('marketing_features')) product.marketing_features = params.asSent('marketing_features');
  product.metadata = params.metadata(product.metadata);
}

function deleteProduct(ctx: Ctx, id: string): Deleted {
  const product = requireProduct(ctx, id);
  if (ctx.account.prices.values().some((price) => price.product === id)) {
    throw invalid(
      'This product cannot be deleted because it has one or more user-created prices.',
      'id',
      'status_transition_invalid',
    );
  }
  ctx.account.products.delete(id);
  emit(ctx, 'product.deleted', product);
  return { id, object: 'product', deleted: true };
}

export const productRoutes: readonly Route[] = [
  { method: 'POST', url: '/v1/products', schema: 'ProductCreateParams', run: createProduct },
  {
    method: 'GET',
    url: '/v1/products',
    schema: 'ProductListParams',
    run: (ctx, params) => {
      const ids = params.strings('ids');
      const active = params.boolean('active');
      const products = ctx.account.products
        .newestFirst()
        .filter(
          (product) =>
            (ids.length === 0 || ids.includes(product.id)) &&
            (active === undefined || product.active === active),
        );
      return listPage(ctx, '/v1/products', 'product', products, params);
    },
  },
  {
    method: 'GET',
    url: '/v1/products/search',
    schema: 'ProductSearchParams',
    run: (ctx, params) => searchPage(ctx, '/v1/products/search', ctx.account.products, params),
  },
  {
    method: 'GET',
    url: '/v1/products/:id',
    schema: 'ProductRetrieveParams',
    run: (ctx, _params, id) => requireProduct(ctx, id),
  },
  {
    method: 'POST',
    url: '/v1/products/:id',
    schema: 'ProductUpdateParams',
    run: (ctx, params, id) => updateProduct(ctx, id, params),
  },
  {
    method: 'DELETE',
    url: '/v1/products/:id',
    schema: 'ProductDeleteParams',
    run: (ctx, _params, id) => deleteProduct(ctx, id),
  },
];
