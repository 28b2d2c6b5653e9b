import type Stripe from 'stripe';
import { ProviderError } from '../provider-error.js';
import type { Attempt, InvoicePush, RemoteInvoice, Withdrawal } from '../provider-objects.js';
import type { StripeContext } from './context.js';
import { told, toldOrNull } from './errors.js';
import { INVOICE_EXPAND, readInvoice } from './invoice-reader.js';
import { deleteDraft, findAll } from './invoice-push.js';

/**
 * Takes back what the tries of a push have made. A draft is deleted, an open invoice made void. A request that was believed
 * lost may still be at work: on a draft that is gone it can do nothing, and a draft that it makes is nobody's to pay.
 */
export async function withdrawInvoice(
  ctx: StripeContext,
  invoice: InvoicePush,
  attempt: Attempt,
): Promise<Withdrawal> {
  const { remoteId: customerId } = invoice.customer;
  const withdrawn: string[] = [];
  let paid: RemoteInvoice | undefined;
  // Without a customer nothing was begun.
  for (const made of customerId === undefined ? [] : await findAll(ctx, customerId, invoice, attempt)) {
    const left = made.status === 'draft' ? await deleteDraft(ctx, made.id) : made;
    const stands = left === undefined ? undefined : await closeInvoice(ctx, left);
    if (stands === undefined) withdrawn.push(made.id);
    else paid ??= stands;
  }
  return { withdrawn, paid };
}

/** Nobody is to pay it. Answers it when somebody has. */
async function closeInvoice(
  ctx: StripeContext,
  { id, status }: Stripe.Invoice,
): Promise<RemoteInvoice | undefined> {
  if (status === 'void') return undefined;
  const now = status === 'paid' ? await retrieve(ctx, id) : await voidIfOpen(ctx, id);
  return now?.status === 'paid' ? readInvoice(ctx, now) : undefined;
}

const retrieve = ({ stripe }: StripeContext, id: string): Promise<Stripe.Invoice | null> =>
  toldOrNull(stripe.invoices.retrieve(id, { expand: INVOICE_EXPAND }));

async function voidIfOpen(ctx: StripeContext, id: string): Promise<Stripe.Invoice | null> {
  try {
    return await told(ctx.stripe.invoices.voidInvoice(id, { expand: INVOICE_EXPAND }));
  } catch (error) {
    if (!(error instanceof ProviderError) || error.retryable || error.kind === 'auth') throw error;
    const now = await retrieve(ctx, id);
    if (now?.status === 'open' || now?.status === 'uncollectible') throw error;
    return now;
  }
}
