import { createHash } from 'node:crypto';
import { formatMoney } from '../../domain/money.js';
import { ProviderError } from '../provider-error.js';
import type { Attempt, InvoicePush, RemoteInvoice } from '../provider-objects.js';
import { toWhopPrice } from './amounts.js';
import { madeSince, mayHaveRun, type WhopContext } from './context.js';
import { priceOf, readInvoice } from './invoice-reader.js';
import type { WhopInvoice, WhopPlan } from './objects.js';

const MOST_ITEMS = 100;
const LONGEST_LABEL = 255;
const TRIES_PER_KEY = 3;

/**
 * Whop promises no idempotency for invoices, so a POST whose answer was lost is never simply sent again. Each invoice
 * makes a plan of its own, and the plan keeps our invoice id in its internal notes: a later try reads the plans made
 * since the first one and goes on from the invoice it finds.
 *
 * An Idempotency-Key goes along for what it may be worth: should Whop heed it, a POST that is still at work when the
 * next try has looked is not done twice. Should it also repeat a failure for a day, the key must change at some time,
 * and it does with every third try, by when the one before has long ended.
 */
export async function pushInvoice(
  ctx: WhopContext,
  invoice: InvoicePush,
  attempt: Attempt,
): Promise<RemoteInvoice> {
  const body = bodyOf(ctx, invoice);
  if (mayHaveRun(attempt)) {
    const earlier = await findEarlier(ctx, invoice, attempt);
    if (earlier !== undefined) return agreed(ctx, invoice, earlier.invoice, earlier.plan);
  }
  const created = await ctx.whop.post<WhopInvoice>('/invoices', body, keyOf(attempt, body));
  const plan = await planOf(ctx, created);
  return agreed(ctx, invoice, created, plan);
}

function bodyOf(ctx: WhopContext, invoice: InvoicePush): object {
  const { customer, amountDue } = invoice;
  if (customer.email === undefined || customer.email.trim() === '')
    throw new ProviderError('invalid', `Whop needs an e-mail address, and ${customer.customerId} has none`, {
      code: 'customer_email_missing',
      param: 'email',
    });
  if (amountDue.amount <= 0n)
    throw new ProviderError('invalid', 'there is nothing to collect', { code: 'nothing_due' });
  const price = toWhopPrice(amountDue);
  if (ctx.productId === undefined)
    throw new ProviderError('invalid', 'the connection has no Whop product yet', {
      code: 'product_missing',
      param: 'product_id',
    });
  const items = itemsOf(invoice);
  return {
    company_id: ctx.companyId,
    product_id: ctx.productId,
    collection_method: 'send_invoice',
    due_date: invoice.dueAt.toISOString(),
    email_address: customer.email.trim(),
    customer_name: customer.name.trim() === '' ? customer.email.trim() : customer.name,
    // The currency has to be said: a plan without one is in dollars.
    plan: {
      plan_type: 'one_time',
      initial_price: price,
      currency: amountDue.currency,
      internal_notes: invoice.invoiceId,
    },
    ...(items === undefined ? {} : { line_items: items }),
  };
}

/**
 * Line items are only for reading, and a set that does not add up to the price refuses the whole invoice: so they are
 * sent when they add up exactly, and left out with any doubt (a negative one, a fraction, very many).
 */
function itemsOf(invoice: InvoicePush): object[] | undefined {
  const entries = [...invoice.lines, ...invoice.adjustments].filter(({ amount }) => amount.amount !== 0n);
  const sum = entries.reduce((total, { amount }) => total + amount.amount, 0n);
  const fits =
    entries.length > 0 &&
    entries.length <= MOST_ITEMS &&
    sum === invoice.amountDue.amount &&
    entries.every(
      ({ amount }) => amount.amount > 0n && amount.currency === invoice.amountDue.currency && isPrice(amount),
    );
  if (!fits) return undefined;
  return entries.map(({ description, amount }) => ({
    label: description.slice(0, LONGEST_LABEL),
    quantity: 1,
    unit_price: toWhopPrice(amount),
  }));
}

function isPrice(amount: InvoicePush['amountDue']): boolean {
  try {
    toWhopPrice(amount);
    return true;
  } catch (error) {
    if (error instanceof ProviderError) return false;
    throw error;
  }
}

/** Another body is another request: one that was repaired must not be answered with the refusal of the former one. */
function keyOf(attempt: Attempt, body: object): string {
  const digest = createHash('sha256').update(JSON.stringify(body)).digest('hex').slice(0, 16);
  return `${attempt.key}:${digest}:${Math.floor((attempt.number - 1) / TRIES_PER_KEY)}`;
}

async function findEarlier(
  ctx: WhopContext,
  invoice: InvoicePush,
  attempt: Attempt,
): Promise<{ invoice: WhopInvoice; plan: WhopPlan } | undefined> {
  const created_after = madeSince(attempt);
  const plans = ctx.whop.list<WhopPlan>('/plans', { account_id: ctx.companyId, created_after, first: 100 });
  for await (const plan of plans) {
    if (plan.internal_notes !== invoice.invoiceId) continue;
    const id = typeof plan.invoice === 'string' ? plan.invoice : plan.invoice?.id;
    const found =
      id === undefined
        ? await findByPlan(ctx, plan.id, created_after)
        : await ctx.whop.find<WhopInvoice>(`/invoices/${encodeURIComponent(id)}`);
    if (found) return { invoice: found, plan };
  }
  return undefined;
}

/** For a plan that does not name its invoice; the invoice always names its plan. */
async function findByPlan(
  ctx: WhopContext,
  planId: string,
  created_after: string,
): Promise<WhopInvoice | undefined> {
  const query = { company_id: ctx.companyId, created_after, first: 100 };
  for await (const invoice of ctx.whop.list<WhopInvoice>('/invoices', query))
    if (invoice.current_plan?.id === planId) return invoice;
  return undefined;
}

/** The invoice exists by now: that its page could not be read must not lose it. A later fetch reads it again. */
async function planOf(ctx: WhopContext, invoice: WhopInvoice): Promise<WhopPlan | undefined> {
  const id = invoice.current_plan?.id;
  if (id === undefined) return undefined;
  try {
    return await ctx.whop.get<WhopPlan>(`/plans/${encodeURIComponent(id)}`);
  } catch (error) {
    if (error instanceof ProviderError) return undefined;
    throw error;
  }
}

/** Whop opens an invoice as it makes it. Should it have made another price of ours, the invoice may not stand. */
async function agreed(
  ctx: WhopContext,
  { amountDue, invoiceId }: InvoicePush,
  invoice: WhopInvoice,
  plan: WhopPlan | undefined,
): Promise<RemoteInvoice> {
  const read = { ...readInvoice(invoice, plan), invoiceId };
  if (plan === undefined || read.status === 'paid') return read;
  const price = priceOf(invoice, plan);
  if (price?.amount === amountDue.amount && price.currency === amountDue.currency) return read;
  const expected = `${formatMoney(amountDue)} ${amountDue.currency}`;
  const actual = price === undefined ? 'another price' : `${formatMoney(price)} ${price.currency}`;
  if (read.status === 'open') await ctx.whop.post(`/invoices/${encodeURIComponent(invoice.id)}/void`);
  throw new ProviderError('invalid', `Whop makes it ${actual} where ${expected} is owed`, {
    code: 'total_mismatch',
    details: { expected, actual, remote_id: invoice.id },
  });
}
