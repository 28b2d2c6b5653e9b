import { change } from './changes.js';
import { now, type Ctx } from './context.js';
import { applyBalance } from './customer-balance.js';
import { requireCustomer } from './customers.js';
import { emit } from './events.js';
import { invalid } from './errors.js';
import { newInvoicePayment } from './invoice-payments.js';
import { settleWithoutMoney } from './invoice-settlement.js';
import { linesOf, notesOf, refreshTotals } from './invoices.js';
import type { Customer, Invoice } from './objects.js';
import { newIntent } from './payment-intents.js';
import { releaseOriginal, voidOriginal } from './revisions.js';

const DAY = 24 * 3600;

/** Draft to open: number, pages and payment come into being. Nothing due: straight to paid. */
export function finalizeInvoice(ctx: Ctx, invoice: Invoice, autoAdvance: boolean | undefined): Invoice {
  if (invoice.status !== 'draft') {
    throw invalid(
      "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
      undefined,
      'invoice_not_editable',
    );
  }
  if (linesOf(ctx, invoice).length === 0 && invoice.parent === null) {
    throw invalid(
      'You cannot finalize an invoice without line items.',
      undefined,
      'invoice_no_customer_line_items',
    );
  }
  const customer = requireCustomer(ctx, invoice.customer, 'customer');
  const notes = notesOf(ctx, invoice);
  notes.cancelNextStep();
  releaseOriginal(ctx, invoice);
  const { revisionTells } = ctx.world.settings;
  if (revisionTells === 'voided_first') voidOriginal(ctx, invoice);
  change(
    ctx,
    ctx.account.invoices,
    invoice,
    (open) => {
      open.auto_advance = autoAdvance ?? open.auto_advance;
      open.automatically_finalizes_at = null;
      open.status = 'open';
      open.status_transitions.finalized_at = now(ctx);
      open.effective_at ??= now(ctx);
      open.number ??= nextNumber(ctx, customer);
      if (open.collection_method === 'send_invoice' && open.due_date === null) {
        open.due_date = now(ctx) + (notes.daysUntilDue ?? 30) * DAY;
      }
      const page = `${ctx.world.pagesUrl()}/i/${ctx.account.id}/${notes.token}`;
      open.hosted_invoice_url = page;
      open.invoice_pdf = `${page}/pdf`;
      open.starting_balance = customer.balance;
      refreshTotals(ctx, open);
      applyBalance(ctx, open, customer);
      const collects = open.auto_advance && open.collection_method === 'charge_automatically';
      // What a subscription bills has waited as a draft already.
      const wait = open.parent === null ? ctx.world.settings.automaticChargeSeconds : 0;
      open.next_payment_attempt = collects && open.amount_due > 0 ? now(ctx) + wait : null;
    },
    'invoice.finalized',
    'invoice.updated',
  );
  if (revisionTells === 'finalized_first') voidOriginal(ctx, invoice);
  customer.currency ??= invoice.currency;
  if (invoice.amount_due === 0) return settleWithoutMoney(ctx, invoice);
  const intent = newIntent(ctx, {
    amount: invoice.amount_due,
    currency: invoice.currency,
    customer: invoice.customer,
    description: `Payment for Invoice ${invoice.number ?? ''}`.trim(),
  });
  newInvoicePayment(
    ctx,
    invoice,
    { type: 'payment_intent', payment_intent: intent.id },
    invoice.amount_due,
    true,
  );
  return invoice;
}

function nextNumber(ctx: Ctx, customer: Customer): string {
  for (;;) {
    const number = `${customer.invoice_prefix}-${String(customer.next_invoice_sequence).padStart(4, '0')}`;
    customer.next_invoice_sequence += 1;
    if (ctx.account.invoices.where('number', number).length === 0) return number;
  }
}

/** No mail leaves the sandbox; that it would have is told. */
export function sendInvoice(ctx: Ctx, invoice: Invoice): Invoice {
  if (invoice.customer_email === null) throw missingEmail();
  emit(ctx, 'invoice.sent', invoice);
  return invoice;
}

export function missingEmail(): Error {
  return invalid(
    'Missing email. In order to create invoices that are sent to the customer, the customer must have a valid email.',
    'collection_method',
  );
}
