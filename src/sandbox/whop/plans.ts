import { text } from '../core/json.js';
import { requireCompany, type Ctx } from './context.js';
import { notFound } from './errors.js';
import type { Plan } from './objects.js';
import { newestFirst, pageOf, wanted } from './paging.js';
import { companyOf } from './products.js';
import { formattedPrice, moneyOf } from './money.js';
import type { Route } from './route.js';

export function requirePlan(ctx: Ctx, id: string): Plan {
  const plan = ctx.account.plans.get(id);
  if (plan === undefined) throw notFound('Plan', id);
  return plan;
}

export function purchaseUrlOf(ctx: Ctx, plan: Plan): string {
  return `${ctx.world.pagesUrl()}/checkout/${plan.id}`;
}

function showListed(ctx: Ctx, plan: Plan): object {
  const product = ctx.account.products.get(plan.productId);
  const invoice = ctx.account.invoices.get(plan.invoiceId);
  return {
    id: plan.id,
    account: ctx.newest ? { id: plan.companyId, title: 'Sandbox Company' } : companyOf(plan.companyId),
    adaptive_pricing_enabled: false,
    billing_period: null,
    created_at: plan.createdAt,
    currency: plan.currency,
    description: plan.description,
    expiration_days: null,
    initial_price: plan.initialPrice,
    internal_notes: plan.internalNotes,
    invoice: invoice === undefined ? null : { id: invoice.id },
    member_count: 0,
    metadata: null,
    payment_method_configuration: null,
    plan_type: 'one_time',
    product: product === undefined ? null : { id: product.id, title: product.title },
    purchase_url: purchaseUrlOf(ctx, plan),
    release_method: 'buy_now',
    renewal_price: 0,
    split_pay_required_payments: null,
    stock: null,
    three_ds_level: null,
    title: null,
    trial_period_days: null,
    unlimited_stock: true,
    updated_at: plan.updatedAt,
    visibility: 'quick_link',
    ...(ctx.newest
      ? {
          custom_fields: [],
          formatted_price: formattedPrice(plan),
          initial_price_due: moneyOf(plan.initialPrice, plan.currency),
        }
      : {}),
  };
}

export function showPlan(ctx: Ctx, plan: Plan): object {
  return { ...showListed(ctx, plan), collect_tax: false, custom_fields: [], tax_type: 'unspecified' };
}

export const planRoutes: readonly Route[] = [
  {
    method: 'GET',
    url: '/plans',
    request: 'ReqPlanList',
    response: 'ResPlanListItem',
    run: (ctx, params) => {
      const company = requireCompany(ctx, text(params.account_id));
      const products = wanted(params, 'product_ids');
      const plans = newestFirst(ctx.account.plans.values()).filter(
        (plan) => plan.companyId === company && (products?.includes(plan.productId) ?? true),
      );
      if (params.direction === 'asc') plans.reverse();
      return pageOf(plans, params, (plan) => showListed(ctx, plan));
    },
  },
  {
    method: 'GET',
    url: '/plans/:id',
    response: 'ResPlan',
    run: (ctx, _params, id) => showPlan(ctx, requirePlan(ctx, id)),
  },
];
