import { createHash } from 'node:crypto';
import { newId } from '../core/ids.js';
import { change, create } from './changes.js';
import type { Ctx } from './context.js';
import { emit } from './events.js';
import { invalid, missingParam, noSuch } from './errors.js';
import { newItem, pricingOf, requireItem, worthOf } from './invoice-items.js';
import { linesOf, refreshTotals, requireDraft, requireInvoice, setLines } from './invoices.js';
import type { Invoice, InvoiceItem, InvoiceLine, TaxLine } from './objects.js';
import { listPage } from './paging.js';
import type { Params } from './params.js';
import type { Route } from './route.js';

/** The line that shows an invoice item. */
export function lineOf(invoice: Invoice, item: InvoiceItem, taxes: TaxLine[] = []): InvoiceLine {
  return {
    id: newId('il_', 24),
    object: 'line_item',
    amount: item.amount,
    currency: invoice.currency,
    description: item.description,
    discount_amounts: [],
    discountable: item.discountable === true,
    discounts: [],
    invoice: invoice.id,
    livemode: item.livemode === true,
    metadata: item.metadata,
    parent: {
      invoice_item_details: {
        invoice_item: item.id,
        proration: false,
        proration_details: { credited_items: null },
        subscription: null,
      },
      subscription_item_details: null,
      type: 'invoice_item_details',
    },
    period: item.period,
    pretax_credit_amounts: [],
    pricing: item.pricing,
    quantity: item.quantity,
    quantity_decimal: item.quantity_decimal,
    subscription: null,
    subtotal: item.amount,
    taxes,
  };
}

function addLines(ctx: Ctx, id: string, params: Params): Invoice {
  const invoice = requireDraft(ctx, id, 'Adding lines');
  const wanted = params.objects('lines');
  if (wanted.length === 0) throw missingParam('lines');
  const existing = linesOf(ctx, invoice);
  const added = wanted.map((line) => addedLine(ctx, invoice, line));
  setLines(ctx, invoice, [...existing, ...added.map(({ line }) => line)]);
  for (const { item, isNew } of added) {
    if (isNew) create(ctx, ctx.account.invoiceItems, item, 'invoiceitem.created');
    else item.invoice = invoice.id;
  }
  return changed(ctx, invoice, params);
}

function addedLine(
  ctx: Ctx,
  invoice: Invoice,
  params: Params,
): { line: InvoiceLine; item: InvoiceItem; isNew: boolean } {
  const taxes = taxesOf(params);
  const pendingId = params.string('invoice_item');
  if (pendingId !== undefined) {
    const item = requireItem(ctx, pendingId, params.nameOf('invoice_item'));
    if (item.invoice !== null || item.customer !== invoice.customer || item.currency !== invoice.currency) {
      throw invalid(
        `The invoice item ${pendingId} is not pending for this invoice's customer and currency.`,
        params.nameOf('invoice_item'),
      );
    }
    return { line: lineOf(invoice, item, taxes), item, isNew: false };
  }
  const worth = worthOf(ctx, params, invoice.currency);
  const { customer, currency } = invoice;
  const item = newItem(ctx, { customer, currency, invoice: invoice.id, worth, params });
  return { line: lineOf(invoice, item, taxes), item, isNew: true };
}

function changed(ctx: Ctx, invoice: Invoice, params: Params): Invoice {
  return change(
    ctx,
    ctx.account.invoices,
    invoice,
    (draft) => {
      draft.metadata = params.metadata(draft.metadata, 'invoice_metadata');
      refreshTotals(ctx, draft);
    },
    'invoice.updated',
  );
}

function requireLine(ctx: Ctx, invoice: Invoice, id: string, param: string): InvoiceLine {
  const line = linesOf(ctx, invoice).find((candidate) => candidate.id === id);
  if (line === undefined) throw noSuch('line_item', id, param);
  return line;
}

function updateLine(ctx: Ctx, invoice: Invoice, line: InvoiceLine, params: Params): void {
  const revalued = ['amount', 'price_data', 'pricing', 'quantity', 'quantity_decimal'].some((name) =>
    params.has(name),
  );
  if (revalued) {
    const worth = worthOf(ctx, params, invoice.currency);
    line.amount = worth.amount;
    line.subtotal = worth.amount;
    line.quantity = worth.quantity;
    line.quantity_decimal = worth.quantityDecimal;
    line.pricing = pricingOf(worth);
  }
  const description = params.nullable('description');
  if (description !== undefined) line.description = description;
  const period = params.object('period');
  if (period !== undefined) {
    line.period = { start: period.requireInteger('start'), end: period.requireInteger('end') };
  }
  line.discountable = params.boolean('discountable') ?? line.discountable;
  if (params.has('tax_amounts')) line.taxes = taxesOf(params);
  line.metadata = params.metadata(line.metadata);
  const item = ctx.account.invoiceItems.get(itemIdOf(line));
  if (item === undefined) return;
  const { amount, description: text, metadata, period: span, pricing } = line;
  Object.assign(item, { amount, net_amount: amount, description: text, metadata, period: span, pricing });
  item.quantity = line.quantity ?? item.quantity;
  item.quantity_decimal = line.quantity_decimal ?? item.quantity_decimal;
}

function itemIdOf(line: InvoiceLine): string {
  const details = line.parent?.invoice_item_details as { invoice_item?: string } | null | undefined;
  return details?.invoice_item ?? '';
}

function removeLines(ctx: Ctx, id: string, params: Params): Invoice {
  const invoice = requireDraft(ctx, id, 'Removing lines');
  const removals = params.objects('lines').map((removal) => ({
    line: requireLine(ctx, invoice, removal.require('id'), removal.nameOf('id')),
    behavior: removal.require('behavior'),
  }));
  const gone = new Set(removals.map(({ line }) => line));
  setLines(
    ctx,
    invoice,
    linesOf(ctx, invoice).filter((line) => !gone.has(line)),
  );
  for (const { line, behavior } of removals) {
    const item = ctx.account.invoiceItems.get(itemIdOf(line));
    if (item === undefined) continue;
    if (behavior === 'unassign') item.invoice = null;
    else removeItem(ctx, item);
  }
  return changed(ctx, invoice, params);
}

export function removeItem(ctx: Ctx, item: InvoiceItem): void {
  ctx.account.invoiceItems.delete(item.id);
  emit(ctx, 'invoiceitem.deleted', item);
}

/** Taxes that were worked out by the caller: taken as they are. */
function taxesOf(params: Params): TaxLine[] {
  return params.objects('tax_amounts').map((tax) => {
    const data = tax.object('tax_rate_data');
    if (data === undefined) throw missingParam(tax.nameOf('tax_rate_data'));
    const rate = [data.require('display_name'), data.require('percentage'), data.require('inclusive')].join(
      '|',
    );
    return {
      amount: tax.requireInteger('amount'),
      tax_behavior: data.boolean('inclusive') === true ? 'inclusive' : 'exclusive',
      tax_rate_details: { tax_rate: `txr_${createHash('sha256').update(rate).digest('hex').slice(0, 24)}` },
      taxability_reason: tax.string('taxability_reason') ?? 'standard_rated',
      taxable_amount: tax.requireInteger('taxable_amount'),
      type: 'tax_rate_details',
    };
  });
}

export const invoiceLineRoutes: readonly Route[] = [
  {
    method: 'GET',
    url: '/v1/invoices/:id/lines',
    schema: 'InvoiceListLineItemsParams',
    run: (ctx, params, id) =>
      listPage(ctx, `/v1/invoices/${id}/lines`, 'line_item', linesOf(ctx, requireInvoice(ctx, id)), params),
  },
  {
    method: 'POST',
    url: '/v1/invoices/:id/add_lines',
    schema: 'InvoiceAddLinesParams',
    run: (ctx, params, id) => addLines(ctx, id, params),
  },
  {
    method: 'POST',
    url: '/v1/invoices/:id/update_lines',
    schema: 'InvoiceUpdateLinesParams',
    run: (ctx, params, id) => {
      const invoice = requireDraft(ctx, id, 'Updating lines');
      const updates = params.objects('lines').map((update) => ({
        update,
        line: requireLine(ctx, invoice, update.require('id'), update.nameOf('id')),
      }));
      for (const { update, line } of updates) updateLine(ctx, invoice, line, update);
      return changed(ctx, invoice, params);
    },
  },
  {
    method: 'POST',
    url: '/v1/invoices/:id/remove_lines',
    schema: 'InvoiceRemoveLinesParams',
    run: (ctx, params, id) => removeLines(ctx, id, params),
  },
  {
    method: 'POST',
    url: '/v1/invoices/:id/lines/:line',
    schema: 'InvoiceUpdateLineItemParams',
    run: (ctx, params, id, lineId) => {
      const invoice = requireDraft(ctx, id, 'Updating a line');
      const line = requireLine(ctx, invoice, lineId, 'id');
      updateLine(ctx, invoice, line, params);
      changed(ctx, invoice, params);
      return line;
    },
  },
];
