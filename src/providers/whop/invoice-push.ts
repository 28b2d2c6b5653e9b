import { createHash } from 'node:crypto';
import { formatMoney } from '../../domain/money.js';
import { ProviderError } from '../provider-error.js';
import type { Attempt, InvoicePush, RemoteInvoice, Withdrawal } from '../provider-objects.js';
import { toWhopPrice } from './amounts.js';
import { madeSince, mayHaveRun, roundOf, type WhopContext } from './context.js';
import { priceOf, readInvoice } from './invoice-reader.js';
import type { WhopInvoice, WhopPlan } from './objects.js';

const MOST_ITEMS = 100;
const LONGEST_LABEL = 255;
const DEFAULT_DUE_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * Whop promises no idempotency for invoices, so a POST whose answer was lost is never simply sent again. Each invoice
 * makes a plan of its own, and the plan keeps our invoice id in its internal notes: a later try reads the plans made
 * since the first one and goes on from the invoice it finds. When it finds none and makes one, it reads them again:
 * the POST before may have been at work all the time, and then the older invoice stays and the newer one is void. One
 * that takes effect only after that is found by whoever lists what was made (`listMade`). An Idempotency-Key goes along for what it may be worth.
 */
export async function pushInvoice(
  ctx: WhopContext,
  invoice: InvoicePush,
  attempt: Attempt,
): Promise<RemoteInvoice> {
  const body = bodyOf(ctx, invoice);
  const earlier = mayHaveRun(attempt) ? await findEarlier(ctx, invoice, attempt) : [];
  const found = await resume(ctx, invoice, earlier);
  if (found !== undefined) return found;
  const created = await create(ctx, body, attempt);
  if (!mayHaveRun(attempt)) {
    const plan = invoice.pageLater === true ? undefined : await planOf(ctx, created);
    return agreed(ctx, invoice, created, plan);
  }
  const now = (await unlessItFails(findEarlier(ctx, invoice, attempt))) ?? [];
  const stays = now.length > 1 ? await resume(ctx, invoice, now) : undefined;
  return stays ?? agreed(ctx, invoice, created, now.find(({ invoiceId }) => invoiceId === created.id)?.plan);
}

/** That there is no such thing can only mean the product: the next try asks about it, and makes another if it was ours. */
async function create(ctx: WhopContext, body: object, attempt: Attempt): Promise<WhopInvoice> {
  try {
    return await ctx.whop.post<WhopInvoice>('/invoices', body, keyOf(attempt, body));
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== 'not_found' || mayHaveRun(attempt)) throw error;
    throw new ProviderError('unavailable', `Whop does not know ${ctx.productId ?? ''}: ${error.message}`, {
      code: 'product_missing',
      httpStatus: 404,
      cause: error,
    });
  }
}

/** What was stored with the first try may have passed by the time of a later one, and Whop takes no past date. */
function dueDateOf({ now }: WhopContext, dueAt: Date): Date {
  const today = now();
  return dueAt > today ? dueAt : new Date(today.getTime() + DEFAULT_DUE_MS);
}

const pathOf = (id: string): string => `/invoices/${encodeURIComponent(id)}`;

function bodyOf(ctx: WhopContext, invoice: InvoicePush): object {
  const { customer, amountDue } = invoice;
  if (customer.email === undefined || customer.email.trim() === '')
    throw new ProviderError(
      'invalid',
      `Whop needs an e-mail address, and customer ${customer.customerId} has none: add one to the customer`,
      { code: 'customer_email_missing', param: 'email' },
    );
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
    due_date: dueDateOf(ctx, invoice.dueAt).toISOString(),
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
  return `${attempt.key}:${digest}:${roundOf(attempt)}`;
}

interface Earlier {
  readonly invoiceId: string;
  readonly plan: WhopPlan;
}

interface Found {
  readonly invoice: WhopInvoice;
  readonly plan: WhopPlan;
}

/**
 * Goes on from what is there; undefined when there is nothing to go on from. Of several the one that was paid stays, else
 * the oldest that can be paid, and the rest is made void: also what was made over another amount, before a part was paid here.
 */
async function resume(
  ctx: WhopContext,
  invoice: InvoicePush,
  earlier: readonly Earlier[],
): Promise<RemoteInvoice | undefined> {
  const found = await readAll(ctx, earlier);
  // Another price than the first that was asked for nobody has asked for: somebody has to see it.
  const isFirst = (invoice.version ?? 0) === 0;
  const fitting = found.filter((one) => isFirst || hasPrice(invoice, one));
  const stays = found.find(hasStatus('paid')) ?? fitting.find(hasStatus('open', 'past_due')) ?? fitting[0];
  for (const other of found) if (other !== stays) await close(ctx, other);
  return stays === undefined ? undefined : agreed(ctx, invoice, stays.invoice, stays.plan);
}

const hasPrice = ({ amountDue }: InvoicePush, { invoice, plan }: Found): boolean => {
  const price = priceOf(invoice, plan);
  return price?.amount === amountDue.amount && price.currency === amountDue.currency;
};

async function readAll(ctx: WhopContext, earlier: readonly Earlier[]): Promise<Found[]> {
  const found: Found[] = [];
  for (const { invoiceId, plan } of earlier)
    found.push({ invoice: await ctx.whop.get<WhopInvoice>(pathOf(invoiceId)), plan });
  return found;
}

/** Nobody is to pay it. Answers it as it is then: somebody may have been quicker. */
async function close(ctx: WhopContext, one: Found): Promise<Found> {
  if (!hasStatus('draft', 'open', 'past_due', 'uncollectible')(one)) return one;
  const path = pathOf(one.invoice.id);
  try {
    await ctx.whop.act(`${path}/void`);
    return { ...one, invoice: { ...one.invoice, status: 'void' } };
  } catch (error) {
    if (!(error instanceof ProviderError) || error.kind !== 'invalid') throw error;
    const now = { ...one, invoice: await ctx.whop.get<WhopInvoice>(path) };
    if (hasStatus('paid', 'void')(now)) return now;
    throw error;
  }
}

/**
 * Takes back what the tries of a push have made. What a request that was believed lost makes after this is found by whoever
 * lists what was made, as in a push.
 */
export async function withdrawInvoice(
  ctx: WhopContext,
  invoice: InvoicePush,
  attempt: Attempt,
): Promise<Withdrawal> {
  const withdrawn: string[] = [];
  let paid: Found | undefined;
  for (const one of await readAll(ctx, await findEarlier(ctx, invoice, attempt))) {
    const left = await close(ctx, one);
    if (hasStatus('paid')(left)) paid ??= left;
    else withdrawn.push(left.invoice.id);
  }
  return {
    withdrawn,
    paid: paid && { ...readInvoice(paid.invoice, paid.plan), invoiceId: invoice.invoiceId },
  };
}

const hasStatus =
  (...statuses: readonly string[]) =>
  ({ invoice }: Found): boolean =>
    statuses.includes(invoice.status);

/** All invoices that carry our id and were not withdrawn, the oldest first. */
async function findEarlier(ctx: WhopContext, invoice: InvoicePush, attempt: Attempt): Promise<Earlier[]> {
  const created_after = madeSince(attempt);
  const query = {
    account_id: ctx.companyId,
    created_after,
    order: 'created_at',
    direction: 'asc',
    first: 100,
  };
  const found: Earlier[] = [];
  for await (const plan of ctx.whop.list<WhopPlan>('/plans', query)) {
    if (plan.internal_notes !== invoice.invoiceId) continue;
    const named = typeof plan.invoice === 'string' ? plan.invoice : plan.invoice?.id;
    const invoiceId = named ?? (await findByPlan(ctx, plan.id, created_after));
    if (invoiceId !== undefined && !invoice.withdrawn?.includes(invoiceId)) found.push({ invoiceId, plan });
  }
  return found;
}

/** For a plan that does not name its invoice; the invoice always names its plan. */
async function findByPlan(
  ctx: WhopContext,
  planId: string,
  created_after: string,
): Promise<string | undefined> {
  const query = { company_id: ctx.companyId, created_after, first: 100 };
  for await (const { id, current_plan } of ctx.whop.list<WhopInvoice>('/invoices', query))
    if (current_plan?.id === planId) return id;
  return undefined;
}

async function planOf(ctx: WhopContext, invoice: WhopInvoice): Promise<WhopPlan | undefined> {
  const id = invoice.current_plan?.id;
  if (id === undefined) return undefined;
  return unlessItFails(ctx.whop.get<WhopPlan>(`/plans/${encodeURIComponent(id)}`));
}

/** The invoice exists by now: that more could not be read of it must not lose it. A later fetch reads it again. */
async function unlessItFails<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
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
  if (read.status === 'open') await ctx.whop.act(`${pathOf(invoice.id)}/void`);
  throw new ProviderError('invalid', `Whop makes it ${actual} where ${expected} is owed`, {
    code: 'total_mismatch',
    details: { expected, actual, remote_id: invoice.id },
  });
}
