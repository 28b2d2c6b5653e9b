import type { InvoiceOperations } from '../provider-adapter.js';
import { ProviderError } from '../provider-error.js';
import type { Attempt, RemoteInvoice } from '../provider-objects.js';
import type { WhopContext } from './context.js';
import { listMade, listOpen } from './invoice-lists.js';
import { assertNotClearing, pushInvoice, withdrawInvoice } from './invoice-push.js';
import { readInvoice } from './invoice-reader.js';
import { paymentOf, wholeInvoice } from './invoice-payments.js';
import type { WhopInvoice, WhopPayment, WhopPlan } from './objects.js';
import { act } from './once.js';
import { isChecked, prepareProduct } from './products.js';

export const whopInvoices = (ctx: WhopContext): InvoiceOperations => ({
  needsCustomer: false,
  get isPrepared() {
    return isChecked(ctx);
  },
  prepare: (attempt) => prepareProduct(ctx, attempt),
  push: (invoice, attempt) => pushInvoice(ctx, invoice, attempt),
  withdraw: (invoice, attempt) => withdrawInvoice(ctx, invoice, attempt),
  fetch: async (remoteId) => {
    const found = await find(ctx, remoteId);
    return found === null ? null : wholeInvoice(ctx, found);
  },
  ofPayment: async (paymentId) => {
    const payment = await paymentOf(ctx, paymentId);
    const found = payment && (await invoiceOf(ctx, payment));
    return found ? wholeInvoice(ctx, found.invoice, found.plan, payment) : null;
  },
  markPaid: (remoteId, attempt) => markPaid(ctx, remoteId, attempt),
  void: (remoteId, attempt) => voidInvoice(ctx, remoteId, attempt),
  listOpen: (since) => listOpen(ctx, since),
  listMade: (since) => listMade(ctx, since),
});

const pathOf = (id: string): string => `/invoices/${encodeURIComponent(id)}`;

const find = (ctx: WhopContext, id: string): Promise<WhopInvoice | null> =>
  ctx.whop.find<WhopInvoice>(pathOf(id));

/** The invoice that a payment was for: Whop names it on the plan. */
export async function invoiceOf(
  ctx: WhopContext,
  payment: WhopPayment,
): Promise<{ readonly invoice: WhopInvoice; readonly plan: WhopPlan } | undefined> {
  const planId = payment.plan_id ?? payment.plan?.id;
  const plan = planId === undefined ? null : await ctx.whop.find<WhopPlan>(pathOfPlan(planId));
  const named = typeof plan?.invoice === 'string' ? plan.invoice : plan?.invoice?.id;
  const invoice = named === undefined ? null : await find(ctx, named);
  return plan === null || invoice === null ? undefined : { invoice, plan };
}

const pathOfPlan = (id: string): string => `/plans/${encodeURIComponent(id)}`;

/** Read first: Whop refuses to mark an invoice that is paid, and somebody may have paid it since. */
async function markPaid(ctx: WhopContext, id: string, attempt: Attempt): Promise<RemoteInvoice> {
  const before = await existing(ctx, id);
  if (before.status === 'paid') return wholeInvoice(ctx, before);
  return change(ctx, before, 'mark_paid', attempt);
}

async function voidInvoice(ctx: WhopContext, id: string, attempt: Attempt): Promise<RemoteInvoice> {
  const before = await existing(ctx, id);
  return before.status === 'void' ? readInvoice(before, undefined) : change(ctx, before, 'void', attempt);
}

async function existing(ctx: WhopContext, id: string): Promise<WhopInvoice> {
  const found = await find(ctx, id);
  if (found !== null) return found;
  throw new ProviderError('not_found', `there is no invoice ${id} at Whop`, { code: 'resource_missing' });
}

async function change(
  ctx: WhopContext,
  before: WhopInvoice,
  action: 'mark_paid' | 'void',
  attempt: Attempt,
): Promise<RemoteInvoice> {
  const wanted = action === 'void' ? 'void' : 'paid';
  assertNotClearing(before);
  try {
    await act(ctx, `${pathOf(before.id)}/${action}`, `${attempt.key}:${action}:${before.id}`);
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== 'invalid') throw error;
    // Refused for the state it is in: perhaps the one we want, since a moment ago.
    const now = await existing(ctx, before.id);
    if (now.status === wanted)
      return wanted === 'paid' ? wholeInvoice(ctx, now) : readInvoice(now, undefined);
    throw new ProviderError('conflict', error.message, {
      code: error.code,
      ...(error.httpStatus === undefined ? {} : { httpStatus: error.httpStatus }),
      details: { status: now.status },
    });
  }
  return readInvoice({ ...before, status: wanted }, undefined);
}
