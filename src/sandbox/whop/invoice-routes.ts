import { text, type JsonObject } from '../core/json.js';
import { nowIso, requireCompany, type Ctx } from './context.js';
import { unprocessable } from './errors.js';
import { createInvoice, dueDateOf, lineItemsOf } from './invoice-creation.js';
import {
  markPaid,
  markUncollectible,
  requireInvoice,
  showInvoice,
  showListed,
  voidInvoice,
} from './invoices.js';
import type { Invoice } from './objects.js';
import { newestFirst, pageOf, wanted } from './paging.js';
import { requirePlan } from './plans.js';
import type { Route } from './route.js';

function requireDraft(ctx: Ctx, id: string, verb: string): Invoice {
  const invoice = requireInvoice(ctx, id);
  if (invoice.status !== 'draft')
    throw unprocessable(`Only drafts can be ${verb}; this invoice is ${invoice.status}`);
  return invoice;
}

function updateInvoice(ctx: Ctx, id: string, params: JsonObject): object {
  const invoice = requireDraft(ctx, id, 'updated');
  const plan = requirePlan(ctx, invoice.planId);
  if (params.line_items !== undefined) {
    invoice.lineItems = lineItemsOf(params.line_items, {
      amount: plan.initialPrice,
      currency: plan.currency,
    });
  }
  if (params.due_date !== undefined) invoice.dueDate = dueDateOf(ctx, params.due_date);
  if (typeof params.email_address === 'string') invoice.email = params.email_address;
  if (typeof params.customer_name === 'string') invoice.customerName = params.customer_name;
  plan.updatedAt = nowIso(ctx);
  return showInvoice(ctx, invoice);
}

function deleteInvoice(ctx: Ctx, id: string): true {
  const invoice = requireDraft(ctx, id, 'deleted');
  invoice.cancelNextStep();
  ctx.account.invoices.delete(id);
  ctx.account.plans.delete(invoice.planId);
  return true;
}

function listInvoices(ctx: Ctx, params: JsonObject): object {
  const named = ctx.newest ? params.account_id : params.company_id;
  const companies =
    named === undefined || named === null ? [...ctx.account.companies] : [requireCompany(ctx, text(named))];
  const statuses = wanted(params, 'statuses');
  const products = wanted(params, 'product_ids');
  const methods = wanted(params, 'collection_methods');
  const invoices = newestFirst(ctx.account.invoices.values()).filter(
    (invoice) =>
      companies.includes(invoice.companyId) &&
      (statuses?.includes(invoice.status) ?? true) &&
      (products?.includes(invoice.productId) ?? true) &&
      (methods?.includes(invoice.collectionMethod) ?? true),
  );
  if (params.order === 'due_date') {
    invoices.sort((a, b) => (b.dueDate ?? '').localeCompare(a.dueDate ?? ''));
  } else if (params.order === 'id') {
    invoices.sort((a, b) => b.id.localeCompare(a.id));
  }
  if (params.direction === 'asc') invoices.reverse();
  return pageOf(invoices, params, (invoice) => showListed(ctx, invoice));
}

export const invoiceRoutes: readonly Route[] = [
  {
    method: 'POST',
    url: '/invoices',
    request: 'ReqInvoiceCreate',
    response: 'ResInvoice',
    run: createInvoice,
  },
  {
    method: 'GET',
    url: '/invoices',
    request: 'ReqInvoiceList',
    response: 'ResInvoiceListItem',
    run: listInvoices,
  },
  {
    method: 'GET',
    url: '/invoices/:id',
    response: 'ResInvoice',
    run: (ctx, _params, id) => showInvoice(ctx, requireInvoice(ctx, id)),
  },
  {
    method: 'PATCH',
    url: '/invoices/:id',
    response: 'ResInvoice',
    run: (ctx, params, id) => updateInvoice(ctx, id, params),
  },
  { method: 'DELETE', url: '/invoices/:id', run: (ctx, _params, id) => deleteInvoice(ctx, id) },
  {
    method: 'POST',
    url: '/invoices/:id/mark_paid',
    run: (ctx, _params, id) => markPaid(ctx, requireInvoice(ctx, id)),
  },
  {
    method: 'POST',
    url: '/invoices/:id/void',
    run: (ctx, _params, id) => voidInvoice(ctx, requireInvoice(ctx, id)),
  },
  {
    method: 'POST',
    url: '/invoices/:id/mark_uncollectible',
    run: (ctx, _params, id) => markUncollectible(ctx, requireInvoice(ctx, id)),
  },
];
