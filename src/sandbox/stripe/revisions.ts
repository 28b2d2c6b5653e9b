import { newId } from '../core/ids.js';
import { change, create } from './changes.js';
import { now, type Ctx } from './context.js';
import { giveBalanceBack } from './customer-balance.js';
import { requireCustomer } from './customers.js';
import { invalid } from './errors.js';
import { cancelOpenPayments, paymentsOf } from './invoice-payments.js';
import { linesOf, newInvoice, notesOf, refreshTotals, requireInvoice, setLines } from './invoices.js';
import type { Invoice } from './objects.js';
import type { Params } from './params.js';

/*
 * An invoice that is edited after it was finalized: a draft that copies it and, finalized, takes its place.
 * Sources: docs.stripe.com/invoicing/invoice-edits; docs.stripe.com/invoicing/partial-payments; the types of Invoices
 * (from_invoice, latest_revision).
 */

const COPIED = [
  'collection_method',
  'custom_fields',
  'default_payment_method',
  'description',
  'due_date',
  'footer',
  'payment_settings',
  'statement_descriptor',
] as const;

/** Neither its number nor its credit notes come along. */
export function reviseInvoice(ctx: Ctx, params: Params): Invoice {
  const from = params.object('from_invoice');
  const original = requireInvoice(ctx, from?.require('invoice') ?? '', 'from_invoice[invoice]');
  if (from?.require('action') !== 'revision')
    throw invalid('Only "revision" is permitted.', 'from_invoice[action]');
  assertRevisable(ctx, original);
  const invoice = newInvoice(ctx, requireCustomer(ctx, original.customer, 'customer'), {
    currency: original.currency,
    collectionMethod: original.collection_method,
    billingReason: 'manual',
    autoAdvance: params.boolean('auto_advance') ?? false,
  });
  for (const field of COPIED) Object.assign(invoice, { [field]: structuredClone(original[field]) });
  const copied = ctx.world.settings.revisionCopiesMetadata ? original.metadata : {};
  invoice.metadata = params.metadata({ ...copied });
  invoice.from_invoice = { action: 'revision', invoice: original.id };
  notesOf(ctx, invoice).daysUntilDue = notesOf(ctx, original).daysUntilDue;
  setLines(
    ctx,
    invoice,
    linesOf(ctx, original).map((line) => ({
      ...structuredClone(line),
      id: newId('il_', 24),
      invoice: invoice.id,
    })),
  );
  refreshTotals(ctx, invoice);
  return create(ctx, ctx.account.invoices, invoice, 'invoice.created');
}

function assertRevisable(ctx: Ctx, original: Invoice): void {
  if (original.status !== 'open' && original.status !== 'uncollectible')
    throw invalid(
      `Only open or uncollectible invoices can be revised; this one is ${original.status}.`,
      'from_invoice[invoice]',
    );
  if (original.parent !== null)
    throw invalid('Invoices of subscriptions cannot be revised.', 'from_invoice[invoice]');
  if (
    paymentsOf(ctx, original).some(
      ({ status, is_default: own }) => status === 'paid' || (!own && status === 'open'),
    )
  )
    throw invalid('An invoice with payments cannot be revised.', 'from_invoice[invoice]');
}

/** The invoice that a revision takes the place of asks for nothing any more, and gives back what it took of the balance. */
export function releaseOriginal(ctx: Ctx, revision: Invoice): void {
  const original = parentOf(ctx, revision);
  if (original === undefined) return;
  assertRevisable(ctx, original);
  notesOf(ctx, original).cancelNextStep();
  cancelOpenPayments(ctx, original, 'void_invoice');
  giveBalanceBack(ctx, original);
}

/** It is void, and those that it has replaced itself point to the newest, too. */
export function voidOriginal(ctx: Ctx, revision: Invoice): void {
  const original = parentOf(ctx, revision);
  for (let old = original; old !== undefined; old = parentOf(ctx, old))
    change(
      ctx,
      ctx.account.invoices,
      old,
      (replaced) => {
        replaced.latest_revision = revision.id;
        replaced.auto_advance = false;
        replaced.next_payment_attempt = null;
        if (replaced.status === 'void') return;
        replaced.status = 'void';
        replaced.status_transitions.voided_at = now(ctx);
      },
      'invoice.updated',
      ...(old === original ? ['invoice.voided'] : []),
    );
}

const parentOf = (ctx: Ctx, { from_invoice: from }: Invoice): Invoice | undefined =>
  from === null ? undefined : ctx.account.invoices.get(from.invoice);
