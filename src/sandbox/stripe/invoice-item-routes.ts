import { change, create } from './changes.js';
import type { Ctx } from './context.js';
import { requireCustomer } from './customers.js';
import { invalid } from './errors.js';
import { newItem, pricingOf, requireItem, worthOf } from './invoice-items.js';
import { lineOf, removeItem } from './invoice-lines.js';
import { linesOf, refreshTotals, requireDraft, setLines } from './invoices.js';
import type { Deleted, InvoiceItem } from './objects.js';
import { listPage } from './paging.js';
import type { Params } from './params.js';
import type { Route } from './route.js';

function createItem(ctx: Ctx, params: Params): InvoiceItem {
  const customer = requireCustomer(ctx, params.require('customer'), 'customer');
  const invoiceId = params.string('invoice');
  const invoice = invoiceId === undefined ? undefined : requireDraft(ctx, invoiceId, 'Adding an item');
  const currency =
    params.string('currency')?.toLowerCase() ?? invoice?.currency ?? customer.currency ?? 'usd';
  if (invoice !== undefined && (invoice.currency !== currency || invoice.customer !== customer.id)) {
    throw invalid('The item must have the currency and the customer of its invoice.', 'invoice');
  }
  const worth = worthOf(ctx, params, currency);
  const item = newItem(ctx, { customer: customer.id, currency, invoice: invoiceId ?? null, worth, params });
  if (invoice !== undefined) setLines(ctx, invoice, [...linesOf(ctx, invoice), lineOf(invoice, item)]);
  create(ctx, ctx.account.invoiceItems, item, 'invoiceitem.created');
  if (invoice !== undefined) {
    change(ctx, ctx.account.invoices, invoice, (draft) => refreshTotals(ctx, draft), 'invoice.updated');
  }
  return item;
}

function requireFree(item: InvoiceItem): InvoiceItem {
  if (item.invoice !== null) {
    throw invalid(
      'This invoice item is on an invoice already; change the line of the invoice instead.',
      undefined,
      'invoice_not_editable',
    );
  }
  return item;
}

function updateItem(ctx: Ctx, id: string, params: Params): InvoiceItem {
  const item = requireFree(requireItem(ctx, id));
  return change(ctx, ctx.account.invoiceItems, item, (changed) => {
    if (
      ['amount', 'price_data', 'pricing', 'unit_amount_decimal', 'quantity'].some((name) => params.has(name))
    ) {
      const worth = worthOf(ctx, params, item.currency);
      changed.amount = worth.amount;
      changed.net_amount = worth.amount;
      changed.quantity = worth.quantity;
      changed.quantity_decimal = worth.quantityDecimal;
      changed.pricing = pricingOf(worth);
    }
    const description = params.nullable('description');
    if (description !== undefined) changed.description = description;
    changed.metadata = params.metadata(changed.metadata);
  });
}

function deleteItem(ctx: Ctx, id: string): Deleted {
  removeItem(ctx, requireFree(requireItem(ctx, id)));
  return { id, object: 'invoiceitem', deleted: true };
}

export const invoiceItemRoutes: readonly Route[] = [
  { method: 'POST', url: '/v1/invoiceitems', schema: 'InvoiceItemCreateParams', run: createItem },
  {
    method: 'GET',
    url: '/v1/invoiceitems',
    schema: 'InvoiceItemListParams',
    run: (ctx, params) => {
      const customer = params.string('customer');
      const invoice = params.string('invoice');
      const pending = params.boolean('pending');
      const items = ctx.account.invoiceItems
        .newestFirst()
        .filter(
          (item) =>
            (customer === undefined || item.customer === customer) &&
            (invoice === undefined || item.invoice === invoice) &&
            (pending === undefined || pending === (item.invoice === null)),
        );
      return listPage(ctx, '/v1/invoiceitems', 'invoiceitem', items, params);
    },
  },
  {
    method: 'GET',
    url: '/v1/invoiceitems/:id',
    schema: 'InvoiceItemRetrieveParams',
    run: (ctx, _params, id) => requireItem(ctx, id),
  },
  {
    method: 'POST',
    url: '/v1/invoiceitems/:id',
    schema: 'InvoiceItemUpdateParams',
    run: (ctx, params, id) => updateItem(ctx, id, params),
  },
  {
    method: 'DELETE',
    url: '/v1/invoiceitems/:id',
    schema: 'InvoiceItemDeleteParams',
    run: (ctx, _params, id) => deleteItem(ctx, id),
  },
];
