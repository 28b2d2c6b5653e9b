import type { InvoiceOperations } from '../provider-adapter.js';
import { ProviderError } from '../provider-error.js';
import type { Attempt, RemoteInvoice } from '../provider-objects.js';
import { mayHaveRun, type WhopContext } from './context.js';
import { listMade, listOpen } from './invoice-lists.js';
import { pushInvoice, withdrawInvoice } from './invoice-push.js';
import { readInvoice } from './invoice-reader.js';
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
    return found === null ? null : withPlan(ctx, found);
  },
  markPaid: (remoteId, attempt) => markPaid(ctx, remoteId, attempt),
  void: (remoteId) => voidInvoice(ctx, remoteId),
  listOpen: (since) => listOpen(ctx, since),
  listMade: (since) => listMade(ctx, since),
});

const pathOf = (id: string): string => `/invoices/${encodeURIComponent(id)}`;

const find = (ctx: WhopContext, id: string): Promise<WhopInvoice | null> =>
  ctx.whop.find<WhopInvoice>(pathOf(id));

async function withPlan(ctx: WhopContext, invoice: WhopInvoice): Promise<RemoteInvoice> {
  const planId = invoice.current_plan?.id;
  if (planId === undefined) return readInvoice(invoice, undefined);
  return readInvoice(invoice, await ctx.whop.get<WhopPlan>(`/plans/${encodeURIComponent(planId)}`));
}

/** Read first: Whop refuses to mark an invoice that is paid, and has no key under which twice would be once. */
async function markPaid(ctx: WhopContext, id: string, attempt: Attempt): Promise<RemoteInvoice> {
  const before = await existing(ctx, id);
  if (before.status === 'paid') {
    // An earlier try of this very change may have done it, so it is not told as money that came in.
    return mayHaveRun(attempt) ? settledByUs(before) : withPlan(ctx, before);
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
    if (now.status === wanted) return wanted === 'paid' ? withPlan(ctx, now) : readInvoice(now, undefined);
    throw new ProviderError('conflict', error.message, {
      code: error.code,
      ...(error.httpStatus === undefined ? {} : { httpStatus: error.httpStatus }),
      details: { status: now.status },
    });
  }
  const after = { ...before, status: wanted };
  return wanted === 'paid' ? settledByUs(after) : readInvoice(after, undefined);
}

const settledByUs = (invoice: WhopInvoice): RemoteInvoice => ({
  ...readInvoice(invoice, undefined),
  payments: [],
  settledOutside: true,
});
