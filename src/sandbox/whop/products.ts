import { newId } from '../core/ids.js';
import { isObject, text, type JsonObject } from '../core/json.js';
import { nowIso, requireCompany, type Ctx } from './context.js';
import { badRequest, notFound, unprocessable } from './errors.js';
import type { Product } from './objects.js';
import { newestFirst, pageOf, wanted } from './paging.js';
import type { Route } from './route.js';

const LONGEST_TITLE = 80;

/** Products are public: any key may read any of them, so that reading one proves nothing about its owner. */
function requirePublic(ctx: Ctx, id: string): Product {
  for (const account of ctx.world.accounts.all()) {
    const product = account.products.get(id);
    if (product !== undefined) return product;
  }
  throw notFound('Product', id);
}

export function requireProduct(ctx: Ctx, id: string): Product {
  const product = ctx.account.products.get(id);
  if (product === undefined) throw notFound('Product', id);
  return product;
}

export function newProduct(ctx: Ctx, companyId: string, title: string): Product {
  const product: Product = {
    id: newId('prod_', 14),
    companyId,
    createdAt: nowIso(ctx),
    updatedAt: nowIso(ctx),
    title: checkedTitle(title),
    route: `${title.toLowerCase().replace(/[^a-z0-9]+/g, '-')}-${newId('', 4).toLowerCase()}`,
    visibility: 'visible',
    description: null,
    headline: null,
    metadata: null,
  };
  ctx.account.products.set(product.id, product);
  return product;
}

function checkedTitle(title: string): string {
  if (title.trim() === '') throw unprocessable('Title cannot be empty');
  if (title.length > LONGEST_TITLE) throw unprocessable(`Title must be at most ${LONGEST_TITLE} characters`);
  return title;
}

function applyFields(product: Product, params: JsonObject): Product {
  const { visibility } = params;
  if (visibility !== undefined) {
    if (!['visible', 'hidden', 'archived', 'quick_link'].includes(text(visibility))) {
      throw badRequest('visibility must be visible, hidden, archived or quick_link');
    }
    product.visibility = text(visibility);
  }
  for (const field of ['description', 'headline'] as const) {
    if (field in params) product[field] = params[field] === null ? null : text(params[field]);
  }
  if (isObject(params.metadata)) product.metadata = params.metadata;
  return product;
}

export function showProduct(ctx: Ctx, product: Product): object {
  return {
    id: product.id,
    ...(ctx.newest
      ? {
          account: companyOf(product.companyId),
          average_review_rating: 0,
          default_plan: null,
          labels: [],
          marketplace_status: 'not_available',
        }
      : { company: companyOf(product.companyId) }),
    created_at: product.createdAt,
    custom_cta: 'get_access',
    custom_cta_url: null,
    custom_statement_descriptor: null,
    description: product.description,
    external_identifier: null,
    gallery_images: [],
    global_affiliate_percentage: null,
    global_affiliate_status: 'disabled',
    headline: product.headline,
    member_affiliate_percentage: null,
    member_affiliate_status: 'disabled',
    member_count: 0,
    metadata: product.metadata,
    owner_user: { id: `user_${product.companyId.slice(4)}`, name: 'Sandbox Owner', username: 'sandbox' },
    product_tax_code: null,
    published_reviews_count: 0,
    route: product.route,
    title: product.title,
    updated_at: product.updatedAt,
    verified: false,
    visibility: product.visibility,
  };
}

export function companyOf(id: string): { id: string; route: string; title: string } {
  return { id, route: id.replaceAll('_', '-').toLowerCase(), title: 'Sandbox Company' };
}

export const productRoutes: readonly Route[] = [
  {
    method: 'POST',
    url: '/products',
    request: 'ReqProductCreate',
    response: 'ResProduct',
    run: (ctx, params) => {
      const [only] = ctx.account.companies;
      const company = params.account_id === undefined ? only : text(params.account_id);
      if (company === undefined) throw badRequest('account_id is required');
      const owner = requireCompany(ctx, company);
      checkedTitle(text(params.title));
      return showProduct(ctx, applyFields(newProduct(ctx, owner, text(params.title)), params));
    },
  },
  {
    method: 'GET',
    url: '/products',
    run: (ctx, params) => {
      const company = requireCompany(ctx, text(params.account_id ?? params.company_id));
      const visibilities = wanted(params, 'visibilities');
      const products = newestFirst(ctx.account.products.values()).filter(
        (product) => product.companyId === company && (visibilities?.includes(product.visibility) ?? true),
      );
      return pageOf(products, params, (product) => showProduct(ctx, product));
    },
  },
  {
    method: 'GET',
    url: '/products/:id',
    response: 'ResProduct',
    run: (ctx, _params, id) => showProduct(ctx, requirePublic(ctx, id)),
  },
  {
    method: 'PATCH',
    url: '/products/:id',
    response: 'ResProduct',
    run: (ctx, params, id) => {
      const product = requireProduct(ctx, id);
      if (params.title !== undefined) product.title = checkedTitle(text(params.title));
      product.updatedAt = nowIso(ctx);
      return showProduct(ctx, applyFields(product, params));
    },
  },
];
