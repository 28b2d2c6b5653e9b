import { newHex, newId } from '../core/ids.js';
import { now, type Ctx } from './context.js';
import { invalid, noSuch } from './errors.js';
import type { InvoiceNotes } from './notes.js';
import type { Customer, Invoice, InvoiceLine, TaxLine } from './objects.js';

const MOST_LINES = 250;
/** Lines that an invoice carries with it; the rest is read page by page. */
const EMBEDDED_LINES = 10;

export function requireInvoice(ctx: Ctx, id: string, param = 'id'): Invoice {
  const invoice = ctx.account.invoices.get(id);
  if (invoice === undefined) throw noSuch('invoice', id, param);
  return invoice;
}

export function requireDraft(ctx: Ctx, id: string, what: string): Invoice {
  const invoice = requireInvoice(ctx, id);
  if (invoice.status !== 'draft') {
    throw invalid(
      `${what} is only possible while an invoice is a draft; this invoice is ${invoice.status}.`,
      undefined,
      'invoice_not_editable',
    );
  }
  return invoice;
}

export function notesOf(ctx: Ctx, invoice: Invoice): InvoiceNotes {
  let notes = ctx.account.invoiceNotes.get(invoice.id);
  if (notes === undefined) {
    notes = { token: newHex(20), daysUntilDue: null, cancelNextStep: () => undefined };
    ctx.account.invoiceNotes.set(invoice.id, notes);
  }
  return notes;
}

export function linesOf(ctx: Ctx, invoice: Invoice): InvoiceLine[] {
  return ctx.account.invoiceLines.get(invoice.id) ?? [];
}

export function setLines(ctx: Ctx, invoice: Invoice, lines: InvoiceLine[]): void {
  if (lines.length > MOST_LINES) {
    throw invalid(
      `An invoice can have at most ${MOST_LINES} line items; this one would have ${lines.length}.`,
      'lines',
    );
  }
  ctx.account.invoiceLines.set(invoice.id, lines);
}

export interface InvoiceFields {
  readonly currency: string;
  readonly collectionMethod: string;
  readonly billingReason: string;
  readonly autoAdvance: boolean;
}

export function newInvoice(ctx: Ctx, customer: Customer, fields: InvoiceFields): Invoice {
  const id = newId('in_', 24);
  const created = now(ctx);
  return {
    id,
    object: 'invoice',
    account_country: 'US',
    account_name: 'Sandbox',
    account_tax_ids: null,
    amount_due: 0,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_paid_off_stripe: 0,
    amount_remaining: 0,
    amount_shipping: 0,
    application: null,
    attempt_count: 0,
    attempted: false,
    auto_advance: fields.autoAdvance,
    automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
    automatically_finalizes_at: null,
    billing_reason: fields.billingReason,
    collection_method: fields.collectionMethod,
    created,
    currency: fields.currency,
    custom_fields: [],
    customer: customer.id,
    customer_account: null,
    customer_address: customer.address,
    customer_email: customer.email,
    customer_name: customer.name,
    customer_phone: customer.phone,
    customer_shipping: customer.shipping ?? null,
    customer_tax_exempt: customer.tax_exempt,
    customer_tax_ids: [],
    default_payment_method: null,
    default_source: null,
    default_tax_rates: [],
    description: null,
    discounts: [],
    due_date: null,
    effective_at: null,
    ending_balance: null,
    footer: null,
    from_invoice: null,
    hosted_invoice_url: null,
    invoice_pdf: null,
    issuer: { type: 'self' },
    last_finalization_error: null,
    latest_revision: null,
    lines: { object: 'list', data: [], has_more: false, url: `/v1/invoices/${id}/lines` },
    livemode: ctx.account.livemode,
    metadata: {},
    next_payment_attempt: null,
    number: null,
    on_behalf_of: null,
    parent: null,
    payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
    period_end: created,
    period_start: created,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    receipt_number: null,
    rendering: null,
    shipping_cost: null,
    shipping_details: null,
    starting_balance: 0,
    statement_descriptor: null,
    status: 'draft',
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal: 0,
    subtotal_excluding_tax: 0,
    test_clock: null,
    total: 0,
    total_discount_amounts: [],
    total_excluding_tax: 0,
    total_pretax_credit_amounts: [],
    total_taxes: [],
    webhooks_delivered_at: null,
  };
}

/** Brings embedded lines, sums and what is due in line with the lines. Totals are sums of whole minor units. */
export function refreshTotals(ctx: Ctx, invoice: Invoice): void {
  const lines = linesOf(ctx, invoice);
  invoice.lines = {
    object: 'list',
    data: lines.slice(0, EMBEDDED_LINES),
    has_more: lines.length > EMBEDDED_LINES,
    url: `/v1/invoices/${invoice.id}/lines`,
  };
  const taxes = lines.flatMap((line) => line.taxes);
  const sum = (behaviour: TaxLine['tax_behavior']): number =>
    taxes
      .filter(({ tax_behavior: own }) => own === behaviour)
      .reduce((total, { amount }) => total + amount, 0);
  const inclusive = sum('inclusive');
  invoice.subtotal = lines.reduce((total, { amount }) => total + amount, 0);
  invoice.subtotal_excluding_tax = invoice.subtotal - inclusive;
  invoice.total_excluding_tax = invoice.subtotal - inclusive;
  invoice.total = invoice.subtotal + sum('exclusive');
  invoice.total_taxes = byRate(taxes);
  invoice.amount_due = Math.max(0, invoice.total + invoice.starting_balance);
  invoice.amount_remaining = Math.max(0, invoice.amount_due - invoice.amount_paid);
}

function byRate(taxes: readonly TaxLine[]): TaxLine[] {
  const totals = new Map<string, TaxLine>();
  for (const tax of taxes) {
    const rate = `${tax.tax_rate_details?.tax_rate ?? ''} ${tax.taxability_reason}`;
    const total = totals.get(rate);
    totals.set(
      rate,
      total === undefined
        ? tax
        : {
            ...total,
            amount: total.amount + tax.amount,
            taxable_amount: (total.taxable_amount ?? 0) + (tax.taxable_amount ?? 0),
          },
    );
  }
  return [...totals.values()];
}
