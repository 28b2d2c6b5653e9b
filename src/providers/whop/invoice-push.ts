import { formatMoney, type Money } from '../../domain/money.js';
import { ProviderError } from '../provider-error.js';
import type { Attempt, InvoicePush, RemoteInvoice, Withdrawal } from '../provider-objects.js';
import { toWhopPrice } from './amounts.js';
import type { Posted } from './client.js';
import { isNewest, madeSince, mayHaveRun, ofCompany, type WhopContext } from './context.js';
import { priceOf, readInvoice, tellsPrice } from './invoice-reader.js';
import { wholeInvoice } from './invoice-payments.js';
import type { WhopInvoice, WhopPlan } from './objects.js';
import { act, once } from './once.js';

const MOST_ITEMS = 100;
const LONGEST_LABEL = 255;
const DEFAULT_DUE_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * One call, in which Whop opens the invoice and tells its page. A later try is the same call with the same key (`once.ts`). Where
 * that is not sure to be one invoice, what earlier tries have left is looked for: each invoice makes a plan of its own, and the
 * plan keeps our invoice id in its internal notes. What takes effect only after all that is found by whoever lists what
 * was made (`listMade`).
 */
export async function pushInvoice(
  ctx: WhopContext,
  invoice: InvoicePush,
  attempt: Attempt,
): Promise<RemoteInvoice> {
  const body = bodyOf(ctx, invoice, attempt);
  const found = await once<Found, WhopInvoice>(ctx, attempt, nameOf(ctx, invoice), {
    changed: (invoice.version ?? 0) > 0,
    call: (key) => create(ctx, body, attempt, key),
    look: async (recorded) =>
      resume(
        ctx,
        invoice,
        recorded === undefined
          ? await findEarlier(ctx, invoice, attempt)
          : kept(invoice, [{ invoiceId: recorded.id, plan: undefined }]),
      ),
    read: (made) => ({ invoice: made, plan: undefined }),
  });
  return agreed(ctx, invoice, found);
}

/** What was asked for of another product, over another amount, or in place of one that was withdrawn, is another invoice. */
const nameOf = ({ productId = '' }: WhopContext, { version = 0, withdrawn = [] }: InvoicePush): string =>
  [
    'push',
    productId,
    ...(version > 0 ? [`v${version}`] : []),
    ...(withdrawn.length > 0 ? [`w${withdrawn.length}`] : []),
  ].join(':');

/** That there is no such thing can only mean the product: the next try asks about it, and makes another if it was ours. */
async function create(
  ctx: WhopContext,
  body: object,
  attempt: Attempt,
  key: string,
): Promise<Posted<WhopInvoice>> {
  try {
    return await ctx.whop.post<WhopInvoice>('/invoices', body, key);
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
function dueDateOf({ now }: WhopContext, dueAt: Date, { firstTriedAt }: Attempt): Date {
  const today = now();
  // The same for every try, as long as that can be: another date is another request.
  const counted = new Date(firstTriedAt.getTime() + DEFAULT_DUE_MS);
  return [dueAt, counted].find((date) => date > today) ?? new Date(today.getTime() + DEFAULT_DUE_MS);
}

const pathOf = (id: string): string => `/invoices/${encodeURIComponent(id)}`;

function bodyOf(ctx: WhopContext, invoice: InvoicePush, attempt: Attempt): object {
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
  const items = itemsOf(ctx, invoice);
  return {
    ...ofCompany(ctx),
    product_id: ctx.productId,
    collection_method: 'send_invoice',
    due_date: dueDateOf(ctx, invoice.dueAt, attempt).toISOString(),
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
 * sent when they add up exactly, and left out with any doubt (a fraction, very many, a negative one at the older date).
 */
function itemsOf(ctx: WhopContext, invoice: InvoicePush): object[] | undefined {
  const entries = [...invoice.lines, ...invoice.adjustments].filter(({ amount }) => amount.amount !== 0n);
  const sum = entries.reduce((total, { amount }) => total + amount.amount, 0n);
  const fits =
    entries.length > 0 &&
    entries.length <= MOST_ITEMS &&
    sum === invoice.amountDue.amount &&
    entries.every(
      ({ amount }) =>
        (amount.amount > 0n || isNewest(ctx)) &&
        amount.currency === invoice.amountDue.currency &&
        isPrice(amount),
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

interface Earlier {
  readonly invoiceId: string;
  readonly plan: WhopPlan | undefined;
}

interface Found {
  readonly invoice: WhopInvoice;
  readonly plan: WhopPlan | undefined;
}

/**
 * Goes on from what is there; undefined when there is nothing to go on from. Of several the one that was paid stays, else
 * the oldest that can be paid, and the rest is made void: also what was made over another amount, before a part was paid here.
 */
async function resume(
  ctx: WhopContext,
  invoice: InvoicePush,
  earlier: readonly Earlier[],
): Promise<Found | undefined> {
  const found = await readAll(ctx, earlier);
  // Another price than the first that was asked for nobody has asked for: somebody has to see it.
  const isFirst = (invoice.version ?? 0) === 0;
  const fitting = found.filter((one) => isFirst || hasPrice(invoice, one));
  const stays = found.find(hasStatus('paid')) ?? fitting.find(hasStatus('open', 'past_due')) ?? fitting[0];
  for (const other of found) if (other !== stays) await close(ctx, other);
  return stays;
}

const hasPrice = ({ amountDue }: InvoicePush, { invoice, plan }: Found): boolean =>
  plan === undefined ? tellsPrice(invoice, amountDue) : isSame(priceOf(invoice, plan), amountDue);

const isSame = (price: Money | undefined, amount: Money): boolean =>
  price?.amount === amount.amount && price.currency === amount.currency;

async function readAll(ctx: WhopContext, earlier: readonly Earlier[]): Promise<Found[]> {
  const found: Found[] = [];
  for (const { invoiceId, plan } of earlier)
    found.push({ invoice: await ctx.whop.get<WhopInvoice>(pathOf(invoiceId)), plan });
  return found;
}

const ASK_AGAIN_MS = 60 * 60 * 1000;

/** A bank debit takes days, and until it is decided nobody knows whether the invoice is to be paid by it: it is waited for. */
export function assertNotClearing({ id, status, payment_processing: clearing }: WhopInvoice): void {
  if (clearing !== true || status === 'paid') return;
  throw new ProviderError(
    'unavailable',
    `a payment of ${id} is being processed at Whop, and is decided first`,
    {
      code: 'payment_processing',
      retryAfterMs: ASK_AGAIN_MS,
    },
  );
}

/** Nobody is to pay it. Answers it as it is then: somebody may have been quicker. */
async function close(ctx: WhopContext, one: Found): Promise<Found> {
  if (!hasStatus('draft', 'open', 'past_due', 'uncollectible')(one)) return one;
  assertNotClearing(one.invoice);
  const path = pathOf(one.invoice.id);
  try {
    await act(ctx, `${path}/void`, `void:${one.invoice.id}`);
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
    paid: paid && { ...(await wholeInvoice(ctx, paid.invoice, paid.plan)), invoiceId: invoice.invoiceId },
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
    if (invoiceId !== undefined) found.push({ invoiceId, plan });
  }
  return kept(invoice, found);
}

const kept = ({ withdrawn = [] }: InvoicePush, found: readonly Earlier[]): Earlier[] =>
  found.filter(({ invoiceId }) => !withdrawn.includes(invoiceId));

/** For a plan that does not name its invoice; the invoice always names its plan. */
async function findByPlan(
  ctx: WhopContext,
  planId: string,
  created_after: string,
): Promise<string | undefined> {
  const query = { ...ofCompany(ctx), created_after, first: 100 };
  for await (const { id, current_plan } of ctx.whop.list<WhopInvoice>('/invoices', query))
    if (current_plan?.id === planId) return id;
  return undefined;
}

/**
 * Whop opens an invoice as it makes it. Should it have made another price of ours, the invoice may not stand. What it says of
 * the price with the page is enough where that is ours; else the plan knows, and costs a call.
 */
async function agreed(
  ctx: WhopContext,
  { amountDue, invoiceId, pageLater }: InvoicePush,
  { invoice, plan: known }: Found,
): Promise<RemoteInvoice> {
  if (invoice.status === 'paid') return { ...(await wholeInvoice(ctx, invoice, known)), invoiceId };
  const isTold = tellsPrice(invoice, amountDue);
  const hasPage = isTold && invoice.pay_online_url != null;
  // Of many, a page that did not come along is asked for later, for a hundred at once.
  const canWait = pageLater === true && (isTold || !isNewest(ctx));
  const plan = known ?? (hasPage || canWait ? undefined : await planOf(ctx, invoice));
  if (plan === undefined) {
    const read = readInvoice(invoice, undefined);
    const total = isTold ? amountDue : undefined;
    return { ...read, invoiceId, total, amountRemaining: read.status === 'void' ? undefined : total };
  }
  const price = priceOf(invoice, plan);
  const read = readInvoice(invoice, plan);
  if (isSame(price, amountDue)) return { ...read, invoiceId };
  const expected = `${formatMoney(amountDue)} ${amountDue.currency}`;
  const actual = price === undefined ? 'another price' : `${formatMoney(price)} ${price.currency}`;
  if (read.status === 'open') await act(ctx, `${pathOf(invoice.id)}/void`, `void:${invoice.id}`);
  throw new ProviderError('invalid', `Whop makes it ${actual} where ${expected} is owed`, {
    code: 'total_mismatch',
    details: { expected, actual, remote_id: invoice.id },
  });
}

/** The invoice exists by now: that more could not be read of it must not lose it. A later fetch reads it again. */
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
