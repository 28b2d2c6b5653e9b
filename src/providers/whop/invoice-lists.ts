import type { MadeInvoice, OpenInvoice } from '../provider-lists.js';
import { ofCompany, withMargin, type WhopContext } from './context.js';
import { priceOfPlan, stateOf } from './invoice-reader.js';
import type { WhopInvoice, WhopPlan } from './objects.js';

/** An invoice that is uncollectible can still be paid. */
const UNSETTLED = ['draft', 'open', 'past_due', 'uncollectible'];

/**
 * Whop cuts its lists by the time of creation only, and an invoice may be paid long after. So what is asked for is what
 * is still unpaid: that list stays short however many were paid since.
 */
export async function* listOpen(ctx: WhopContext, since: Date): AsyncIterable<OpenInvoice> {
  const invoices = ctx.whop.list<WhopInvoice>('/invoices', {
    ...ofCompany(ctx),
    statuses: UNSETTLED,
    created_after: withMargin(since),
    order: 'created_at',
    direction: 'asc',
    first: 100,
  });
  for await (const invoice of invoices)
    yield { remoteId: invoice.id, state: stateOf(invoice), madeAt: new Date(invoice.created_at ?? since) };
}

/** Each invoice makes a plan of its own, and the plan keeps our id, the price and the page. */
export async function* listMade(ctx: WhopContext, since: Date): AsyncIterable<MadeInvoice> {
  const plans = ctx.whop.list<WhopPlan>('/plans', {
    account_id: ctx.companyId,
    created_after: withMargin(since),
    order: 'created_at',
    direction: 'asc',
    first: 100,
  });
  for await (const plan of plans) {
    const remoteId = typeof plan.invoice === 'string' ? plan.invoice : plan.invoice?.id;
    const invoiceId = plan.internal_notes;
    if (remoteId === undefined || !invoiceId) continue;
    const hostedUrl = plan.purchase_url ?? undefined;
    yield {
      remoteId,
      invoiceId,
      total: priceOfPlan(plan),
      hostedUrl,
      metadata: hostedUrl === undefined ? {} : { whop_checkout_url: hostedUrl },
    };
  }
}
