import type { InvoiceOperations } from '../provider-adapter.js';
import { ProviderError } from '../provider-error.js';
import type { RemoteInvoice } from '../provider-objects.js';
import type { WhopContext } from './context.js';
import { listMade, listOpen } from './invoice-lists.js';
import { pushInvoice, withdrawInvoice } from './invoice-push.js';
import { readInvoice } from './invoice-reader.js';
import { paymentOf, paymentsOf } from './payments.js';
import type { WhopInvoice, WhopPlan } from './objects.js';
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
    return found === null ? null : whole(ctx, found);
  },
  ofPayment: async (paymentId) => {
    const payment = await paymentOf(ctx, paymentId);
    const planId = payment?.plan?.id;
    const plan = planId === undefined ? null : await ctx.whop.find<WhopPlan>(pathOfPlan(planId));
    const named = typeof plan?.invoice === 'string' ? plan.invoice : plan?.invoice?.id;
    const found = named === undefined ? null : await find(ctx, named);
    return found === null ? null : whole(ctx, found);
  },
  markPaid: (remoteId) => markPaid(ctx, remoteId),
  void: (remoteId) => voidInvoice(ctx, remoteId),
  listOpen: (since) => listOpen(ctx, since),
  listMade: (since) => listMade(ctx, since),
});

const pathOf = (id: string): string => `/invoices/${encodeURIComponent(id)}`;

const find = (ctx: WhopContext, id: string): Promise<WhopInvoice | null> =>
  ctx.whop.find<WhopInvoice>(pathOf(id));

const pathOfPlan = (id: string): string => `/plans/${encodeURIComponent(id)}`;

/** With its price, its page and its payments. */
async function whole(ctx: WhopContext, invoice: WhopInvoice): Promise<RemoteInvoice> {
  const planId = invoice.current_plan?.id;
  if (planId === undefined) return readInvoice(invoice, undefined);
  const plan = await ctx.whop.get<WhopPlan>(pathOfPlan(planId));
  return readInvoice(invoice, plan, invoice.status === 'draft' ? [] : await paymentsOf(ctx, invoice));
}

/** Read first: Whop refuses to mark an invoice that is paid, and has no key under which twice would be once. */
async function markPaid(ctx: WhopContext, id: string): Promise<RemoteInvoice> {
  const before = await existing(ctx, id);
  if (before.status === 'paid') {
    return whole(ctx, before);
  }
  return change(ctx, before, 'mark_paid', 'paid');
}

async function voidInvoice(ctx: WhopContext, id: string): Promise<RemoteInvoice> {
  const before = await existing(ctx, id);
  return before.status === 'void' ? readInvoice(before, undefined) : change(ctx, before, 'void', 'void');
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
  wanted: 'paid' | 'void',
): Promise<RemoteInvoice> {
  try {
    await ctx.whop.act(`${pathOf(before.id)}/${action}`);
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== 'invalid') throw error;
    // Refused for the state it is in: perhaps the one we want, since a moment ago.
    const now = await existing(ctx, before.id);
    if (now.status === wanted) return wanted === 'paid' ? whole(ctx, now) : readInvoice(now, undefined);
    throw new ProviderError('conflict', error.message, {
      code: error.code,
      ...(error.httpStatus === undefined ? {} : { httpStatus: error.httpStatus }),
      details: { status: now.status },
    });
  }
  return readInvoice({ ...before, status: wanted }, undefined);
}
