import type Stripe from 'stripe';
import type { InvoiceOperations } from '../provider-adapter.js';
import { ProviderError } from '../provider-error.js';
import type { RemoteInvoice } from '../provider-objects.js';
import { idOf, objectOf, secondsOf, type StripeContext } from './context.js';
import { told, toldOrNull } from './errors.js';
import { settlePart } from './invoice-part.js';
import { pushInvoice } from './invoice-push.js';
import { withdrawInvoice } from './invoice-withdrawal.js';
import { INVOICE_EXPAND, readInvoice } from './invoice-reader.js';

export const stripeInvoices = (ctx: StripeContext): InvoiceOperations => ({
  needsCustomer: true,
  push: (invoice, attempt) => pushInvoice(ctx, invoice, attempt),
  withdraw: (invoice, attempt) => withdrawInvoice(ctx, invoice, attempt),
  fetch: async (remoteId) => {
    const found = await find(ctx, remoteId);
    return found === undefined ? null : readInvoice(ctx, found);
  },
  markPaid: (remoteId) => markPaid(ctx, remoteId),
  settlePart: (remoteId, remaining, attempt) => settlePart(ctx, remoteId, remaining, attempt),
  void: (remoteId) => voidInvoice(ctx, remoteId),
  listSettled: (since) => listSettled(ctx, since),
});

async function find({ stripe }: StripeContext, id: string): Promise<Stripe.Invoice | undefined> {
  return (await toldOrNull(stripe.invoices.retrieve(id, { expand: INVOICE_EXPAND }))) ?? undefined;
}

/*
 * Neither of these two carries an idempotency key of ours: what they ask for is a state, so twice is once by itself,
 * and a recorded 500 would stand in the way for a day.
 */

async function markPaid(ctx: StripeContext, id: string): Promise<RemoteInvoice> {
  const call = ctx.stripe.invoices.pay(id, { paid_out_of_band: true, expand: INVOICE_EXPAND });
  return unlessAlready(ctx, id, 'paid', told(call));
}

async function voidInvoice(ctx: StripeContext, id: string): Promise<RemoteInvoice> {
  const call = ctx.stripe.invoices.voidInvoice(id, { expand: INVOICE_EXPAND });
  return unlessAlready(ctx, id, 'void', told(call));
}

/** A refusal because it has happened before is success. */
async function unlessAlready(
  ctx: StripeContext,
  id: string,
  wanted: 'paid' | 'void',
  call: Promise<Stripe.Invoice>,
): Promise<RemoteInvoice> {
  try {
    return await readInvoice(ctx, await call);
  } catch (error) {
    if (!(error instanceof ProviderError) || (error.kind !== 'conflict' && error.kind !== 'invalid'))
      throw error;
    const now = await find(ctx, id);
    if (now?.status === wanted) return readInvoice(ctx, now);
    // A draft cannot be void: it can only be deleted, and then nothing is left of it.
    if (now?.status === 'draft' && wanted === 'void') {
      await told(ctx.stripe.invoices.del(id));
      return { ...(await readInvoice(ctx, now)), status: 'void' };
    }
    throw error;
  }
}

const SETTLING_EVENTS = [
  'invoice.paid',
  'invoice.voided',
  'invoice.marked_uncollectible',
  'invoice_payment.paid', // part of an invoice: the invoice itself is not settled by it yet
];

/** From the log of events, which Stripe keeps for 30 days: it has what lost webhooks would have said, and only that. */
async function* listSettled(ctx: StripeContext, since: Date): AsyncIterable<{ readonly remoteId: string }> {
  const seen = new Set<string>();
  const events = ctx.stripe.events.list({
    types: SETTLING_EVENTS,
    created: { gte: secondsOf(since) },
    limit: 100,
  });
  try {
    for await (const event of events) {
      const remoteId = invoiceOf(event.data.object);
      if (remoteId === undefined || seen.has(remoteId)) continue;
      seen.add(remoteId);
      yield { remoteId };
    }
  } catch (error) {
    await told(Promise.reject(error as Error));
  }
}

function invoiceOf(object: object): string | undefined {
  const { object: kind, id, invoice } = object as { object?: unknown; id?: unknown; invoice?: unknown };
  const reference = kind === 'invoice_payment' ? invoice : id;
  return idOf(typeof reference === 'string' ? reference : objectOf(reference as { id: string } | null));
}
