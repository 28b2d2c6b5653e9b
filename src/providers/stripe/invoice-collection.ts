import type Stripe from 'stripe';
import { ProviderError } from '../provider-error.js';
import type { Decline, RemoteInvoice } from '../provider-objects.js';
import { Declined, throwDecline } from './declines.js';
import { told, toldOrNull } from './errors.js';
import { INVOICE_EXPAND, lastDecline, readInvoice } from './invoice-reader.js';
import { once, shortOf } from './once.js';
import type { PushJob } from './push-job.js';

/** From a complete draft to an invoice that is open or paid, in one call when all goes well. */
export function collect(job: PushJob, draft: Stripe.Invoice): Promise<RemoteInvoice> {
  return draft.collection_method === 'send_invoice' ? send(job, draft.id) : pay(job, draft.id);
}

/** What a later try answers for an invoice that an earlier one has finalized. */
export async function conclude(job: PushJob, found: Stripe.Invoice): Promise<RemoteInvoice> {
  const invoice = await reread(job, found.id);
  const charged = invoice.collection_method === 'charge_automatically';
  if (invoice.status !== 'open' || !charged) return answer(job, invoice);
  // Finalized, but the charge was never begun: the try before ended between the two.
  if (!invoice.attempted) return pay(job, invoice.id);
  return answer(job, await handOver(job, invoice), lastDecline(invoice));
}

async function send(job: PushJob, id: string): Promise<RemoteInvoice> {
  const { stripe } = job.ctx;
  const { value } = await once(job.ctx, job.attempt, `collect:${shortOf(id)}`, {
    call: (idempotencyKey) => stripe.invoices.sendInvoice(id, { expand: INVOICE_EXPAND }, { idempotencyKey }),
    look: async () => {
      const now = await reread(job, id);
      return now.status === 'draft' ? undefined : now;
    },
  });
  return answer(job, value);
}

async function pay(job: PushJob, id: string): Promise<RemoteInvoice> {
  const { stripe } = job.ctx;
  try {
    const { value } = await once(job.ctx, job.attempt, `collect:${shortOf(id)}`, {
      call: (idempotencyKey) =>
        stripe.invoices
          .pay(id, { off_session: true, expand: INVOICE_EXPAND }, { idempotencyKey })
          .catch(throwDecline),
      look: async () => {
        const now = await reread(job, id);
        return now.status === 'draft' || (now.status === 'open' && !now.attempted) ? undefined : now;
      },
    });
    return await answer(job, value);
  } catch (error) {
    if (!(error instanceof Declined)) throw error;
    const now = await handOver(job, await reread(job, id));
    return answer(job, now, now.status === 'paid' ? undefined : error.decline);
  }
}

/**
 * After a decline the invoice has to stand open and advance by itself: then its hosted page takes another card, and
 * Stripe tries again on the schedule of the account. Whether the call that was declined has finalized it differs.
 */
async function handOver({ ctx }: PushJob, invoice: Stripe.Invoice): Promise<Stripe.Invoice> {
  const params = { auto_advance: true, expand: INVOICE_EXPAND };
  if (invoice.status === 'draft') return told(ctx.stripe.invoices.finalizeInvoice(invoice.id, params));
  if (invoice.status !== 'open' || invoice.auto_advance) return invoice;
  return told(ctx.stripe.invoices.update(invoice.id, params));
}

async function reread({ ctx }: PushJob, id: string): Promise<Stripe.Invoice> {
  const now = await toldOrNull(ctx.stripe.invoices.retrieve(id, { expand: INVOICE_EXPAND }));
  if (now !== null) return now;
  throw new ProviderError('unavailable', `the Stripe invoice ${id} was deleted while it was pushed`, {
    code: 'draft_vanished',
  });
}

async function answer(job: PushJob, invoice: Stripe.Invoice, decline?: Decline): Promise<RemoteInvoice> {
  const read = await readInvoice(job.ctx, invoice);
  return decline === undefined ? read : { ...read, decline };
}
