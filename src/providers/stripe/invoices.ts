import type Stripe from 'stripe';
import type { InvoiceOperations } from '../provider-adapter.js';
import { ProviderError } from '../provider-error.js';
import { zeroMoney } from '../../domain/money.js';
import type { Attempt, RemoteInvoice } from '../provider-objects.js';
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
  fetch: async (remoteId, thorough) => {
    const found = await find(ctx, remoteId);
    return found === undefined ? null : readInvoice(ctx, found, thorough);
  },
  markPaid: (remoteId, attempt) => markPaid(ctx, remoteId, attempt),
  settlePart: (remoteId, remaining, attempt) => settlePart(ctx, remoteId, remaining, attempt),
  void: (remoteId) => voidInvoice(ctx, remoteId),
  listSettled: (since) => listSettled(ctx, since),
});

async function find({ stripe }: StripeContext, id: string): Promise<Stripe.Invoice | undefined> {
  return (await toldOrNull(stripe.invoices.retrieve(id, { expand: INVOICE_EXPAND }))) ?? undefined;
}

/**
 * By a payment record of our own, like a part: what is "paid out of band" carries no name, so that nobody could tell
 * afterwards whether we have marked it or somebody there. A draft can be marked only so, and it is nobody's yet.
 */
async function markPaid(ctx: StripeContext, id: string, attempt: Attempt): Promise<RemoteInvoice> {
  const now = await find(ctx, id);
  if (now?.status === 'draft')
    return readInvoice(
      ctx,
      await told(ctx.stripe.invoices.pay(id, { paid_out_of_band: true, expand: INVOICE_EXPAND })),
    );
  const after = await settlePart(ctx, id, now === undefined ? undefined : zeroMoney(now.currency), attempt);
  if (after.status === 'void')
    throw new ProviderError('conflict', `the Stripe invoice ${id} is void`, { code: 'invoice_void' });
  return after;
}

/**
 * Without an idempotency key: what is asked for is a state, so twice is once by itself, and a recorded 500 would stand
 * in the way for a day. A refusal because it has happened before is success; one that was edited lives on in another.
 */
async function voidInvoice(ctx: StripeContext, id: string): Promise<RemoteInvoice> {
  try {
    return await readInvoice(
      ctx,
      await told(ctx.stripe.invoices.voidInvoice(id, { expand: INVOICE_EXPAND })),
    );
  } catch (error) {
    if (!(error instanceof ProviderError) || (error.kind !== 'conflict' && error.kind !== 'invalid'))
      throw error;
    const now = await find(ctx, id);
    const newest = idOf(now?.latest_revision);
    if (now?.status === 'void')
      return newest === undefined || newest === id ? readInvoice(ctx, now) : voidInvoice(ctx, newest);
    // A draft cannot be void: it can only be deleted, and then nothing is left of it.
    if (now?.status === 'draft') {
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
  'credit_note.created',
  'credit_note.voided',
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
  const reference = kind === 'invoice' ? id : invoice;
  return idOf(typeof reference === 'string' ? reference : objectOf(reference as { id: string } | null));
}
