import { change, create } from './changes.js';
import { now, type Ctx } from './context.js';
import { requireCustomer } from './customers.js';
import { emit } from './events.js';
import { invalid, missingParam, notPlayed } from './errors.js';
import {
  finalizeAndPlan,
  markUncollectible,
  payInvoice,
  planNextStep,
  voidInvoice,
} from './invoice-collection.js';
import { missingEmail, sendInvoice } from './invoice-finalization.js';
import { lineOf, removeItem } from './invoice-lines.js';
import { attachIntent, attachRecord, nextAttempt } from './invoice-settlement.js';
import { newInvoice, notesOf, refreshTotals, requireDraft, requireInvoice, setLines } from './invoices.js';
import type { Customer, Deleted, Invoice } from './objects.js';
import { listPage, within } from './paging.js';
import type { Params } from './params.js';
import { requirePaymentMethod } from './payment-methods.js';
import type { Route } from './route.js';
import { reviseInvoice } from './revisions.js';
import { searchPage } from './search.js';

/** Fields that may still change when an invoice is final. */
const ALWAYS_EDITABLE = ['auto_advance', 'default_payment_method', 'expand', 'metadata', 'payment_settings'];

function createInvoice(ctx: Ctx, params: Params): Invoice {
  if (params.has('from_invoice')) return reviseInvoice(ctx, params);
  const customerId = params.string('customer');
  if (customerId === undefined) throw missingParam('customer');
  const customer = requireCustomer(ctx, customerId, 'customer');
  for (const name of ['subscription', 'discounts', 'default_tax_rates', 'shipping_cost']) {
    if (params.has(name)) throw notPlayed(`${name} of invoices`, name);
  }
  const currency = params.string('currency')?.toLowerCase() ?? customer.currency ?? 'usd';
  const invoice = newInvoice(ctx, customer, {
    currency,
    collectionMethod: params.string('collection_method') ?? 'charge_automatically',
    billingReason: 'manual',
    autoAdvance: params.boolean('auto_advance') ?? false,
  });
  applyFields(ctx, invoice, params);
  checkDue(ctx, invoice, customer, params);
  if (params.string('pending_invoice_items_behavior') === 'include') {
    const pending = ctx.account.invoiceItems
      .values()
      .filter((item) => item.invoice === null && item.customer === customer.id && item.currency === currency);
    setLines(
      ctx,
      invoice,
      pending.map((item) => lineOf(invoice, item)),
    );
    for (const item of pending) item.invoice = invoice.id;
    refreshTotals(ctx, invoice);
  }
  create(ctx, ctx.account.invoices, invoice, 'invoice.created');
  planNextStep(ctx, invoice);
  return invoice;
}

/** When it is due goes with invoices that are sent, and only with those. */
function checkDue(ctx: Ctx, invoice: Invoice, customer: Customer, params: Params): void {
  const days = params.integer('days_until_due');
  const date = params.integer('due_date');
  if (invoice.collection_method === 'charge_automatically') {
    if (days === undefined && date === undefined) return;
    throw invalid(
      'You can only set `due_date` or `days_until_due` when `collection_method` is `send_invoice`.',
      date === undefined ? 'days_until_due' : 'due_date',
    );
  }
  if (customer.email === null) throw missingEmail();
  if (days !== undefined && date !== undefined) {
    throw invalid(
      'You may only specify one of these parameters: due_date, days_until_due.',
      'due_date',
      'parameters_exclusive',
    );
  }
  if (date !== undefined && date <= now(ctx))
    throw invalid('The due date must be in the future.', 'due_date');
  const notes = notesOf(ctx, invoice);
  notes.daysUntilDue = days ?? notes.daysUntilDue;
  if (date !== undefined) invoice.due_date = date;
  if (invoice.due_date === null && notes.daysUntilDue === null) {
    throw invalid(
      'If invoicing manually, you must specify either `due_date` or `days_until_due`.',
      'days_until_due',
      'parameter_missing',
    );
  }
}

function applyFields(ctx: Ctx, invoice: Invoice, params: Params): void {
  for (const field of ['description', 'footer', 'statement_descriptor'] as const) {
    const value = params.nullable(field);
    if (value !== undefined) invoice[field] = value;
  }
  const number = params.nullable('number');
  if (typeof number === 'string' && ctx.account.invoices.where('number', number).length > 0) {
    throw invalid(`The invoice number ${number} is used already.`, 'number');
  }
  if (number !== undefined) invoice.number = number;
  const method = params.nullable('default_payment_method');
  if (typeof method === 'string') {
    const stored = requirePaymentMethod(ctx, method, 'default_payment_method');
    if (stored.customer !== invoice.customer) {
      throw invalid('The payment method must be attached to the customer.', 'default_payment_method');
    }
  }
  if (method !== undefined) invoice.default_payment_method = method;
  const finalizesAt = params.integer('automatically_finalizes_at');
  if (finalizesAt !== undefined && finalizesAt <= now(ctx)) {
    throw invalid('`automatically_finalizes_at` must be in the future.', 'automatically_finalizes_at');
  }
  invoice.automatically_finalizes_at = finalizesAt ?? invoice.automatically_finalizes_at;
  invoice.effective_at = params.integer('effective_at') ?? invoice.effective_at;
  invoice.auto_advance = params.boolean('auto_advance') ?? invoice.auto_advance;
  if (params.has('custom_fields')) {
    invoice.custom_fields = params
      .objects('custom_fields')
      .map((field) => ({ name: field.require('name'), value: field.require('value') }));
  }
  const types = params.object('payment_settings')?.strings('payment_method_types') ?? [];
  if (types.length > 0) {
    invoice.payment_settings = {
      default_mandate: null,
      payment_method_options: null,
      payment_method_types: types,
    };
  }
  invoice.metadata = params.metadata(invoice.metadata);
}

function updateInvoice(ctx: Ctx, id: string, params: Params): Invoice {
  const invoice = requireInvoice(ctx, id);
  const late = params.names().find((name) => !ALWAYS_EDITABLE.includes(name));
  if (invoice.status !== 'draft' && late !== undefined) {
    throw invalid(`Finalized invoices can't be updated in this way: ${late}.`, late, 'invoice_not_editable');
  }
  const customer = requireCustomer(ctx, invoice.customer, 'customer');
  change(
    ctx,
    ctx.account.invoices,
    invoice,
    (changed) => {
      const advanced = changed.auto_advance;
      applyFields(ctx, changed, params);
      if (changed.status === 'open' && changed.auto_advance !== advanced)
        changed.next_payment_attempt = nextAttempt(ctx, changed);
      if (changed.status !== 'draft') return;
      changed.collection_method = params.string('collection_method') ?? changed.collection_method;
      checkDue(ctx, changed, customer, params);
    },
    'invoice.updated',
  );
  planNextStep(ctx, invoice);
  return invoice;
}

function deleteInvoice(ctx: Ctx, id: string): Deleted {
  const invoice = requireDraft(ctx, id, 'Deleting an invoice');
  notesOf(ctx, invoice).cancelNextStep();
  for (const item of ctx.account.invoiceItems.values()) if (item.invoice === id) removeItem(ctx, item);
  ctx.account.invoices.delete(id);
  emit(ctx, 'invoice.deleted', invoice);
  return { id, object: 'invoice', deleted: true };
}

function listInvoices(ctx: Ctx, params: Params): object {
  const customer = params.string('customer');
  const status = params.string('status');
  const method = params.string('collection_method');
  const subscription = params.string('subscription');
  const invoices = ctx.account.invoices
    .newestFirst()
    .filter(
      (invoice) =>
        (customer === undefined || invoice.customer === customer) &&
        (status === undefined || invoice.status === status) &&
        (method === undefined || invoice.collection_method === method) &&
        (subscription === undefined || subscriptionOf(invoice) === subscription) &&
        within(params, 'due_date', invoice.due_date),
    );
  return listPage(ctx, '/v1/invoices', 'invoice', invoices, params);
}

function subscriptionOf(invoice: Invoice): string | undefined {
  return (invoice.parent?.subscription_details as { subscription?: string } | undefined)?.subscription;
}

function attach(ctx: Ctx, id: string, params: Params): Invoice {
  const invoice = requireInvoice(ctx, id);
  const intent = params.string('payment_intent');
  const record = params.string('payment_record');
  if (intent !== undefined) attachIntent(ctx, invoice, intent);
  else if (record !== undefined) attachRecord(ctx, invoice, record);
  else throw missingParam('payment_intent');
  planNextStep(ctx, invoice);
  return invoice;
}

export const invoiceRoutes: readonly Route[] = [
  { method: 'POST', url: '/v1/invoices', schema: 'InvoiceCreateParams', run: createInvoice },
  { method: 'GET', url: '/v1/invoices', schema: 'InvoiceListParams', run: listInvoices },
  {
    method: 'GET',
    url: '/v1/invoices/search',
    schema: 'InvoiceSearchParams',
    run: (ctx, params) => searchPage(ctx, '/v1/invoices/search', ctx.account.invoices, params),
  },
  {
    method: 'GET',
    url: '/v1/invoices/:id',
    schema: 'InvoiceRetrieveParams',
    run: (ctx, _params, id) => requireInvoice(ctx, id),
  },
  {
    method: 'POST',
    url: '/v1/invoices/:id',
    schema: 'InvoiceUpdateParams',
    run: (ctx, params, id) => updateInvoice(ctx, id, params),
  },
  {
    method: 'DELETE',
    url: '/v1/invoices/:id',
    schema: 'InvoiceDeleteParams',
    run: (ctx, _params, id) => deleteInvoice(ctx, id),
  },
  {
    method: 'POST',
    url: '/v1/invoices/:id/finalize',
    schema: 'InvoiceFinalizeInvoiceParams',
    run: (ctx, params, id) => finalizeAndPlan(ctx, requireInvoice(ctx, id), params.boolean('auto_advance')),
  },
  {
    method: 'POST',
    url: '/v1/invoices/:id/send',
    schema: 'InvoiceSendInvoiceParams',
    run: (ctx, _params, id) => {
      const invoice = requireInvoice(ctx, id);
      if (invoice.collection_method !== 'send_invoice') {
        throw invalid('You can only manually send an invoice if its collection method is `send_invoice`.');
      }
      if (invoice.status === 'draft') finalizeAndPlan(ctx, invoice, false);
      return sendInvoice(ctx, invoice);
    },
  },
  {
    method: 'POST',
    url: '/v1/invoices/:id/pay',
    schema: 'InvoicePayParams',
    run: (ctx, params, id) => payInvoice(ctx, requireInvoice(ctx, id), params),
  },
  {
    method: 'POST',
    url: '/v1/invoices/:id/void',
    schema: 'InvoiceVoidInvoiceParams',
    run: (ctx, _params, id) => voidInvoice(ctx, requireInvoice(ctx, id)),
  },
  {
    method: 'POST',
    url: '/v1/invoices/:id/mark_uncollectible',
    schema: 'InvoiceMarkUncollectibleParams',
    run: (ctx, _params, id) => markUncollectible(ctx, requireInvoice(ctx, id)),
  },
  {
    method: 'POST',
    url: '/v1/invoices/:id/attach_payment',
    schema: 'InvoiceAttachPaymentParams',
    run: (ctx, params, id) => attach(ctx, id, params),
  },
];
