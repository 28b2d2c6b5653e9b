import { formatMoney } from '../domain/money.js';
import type {
  CustomerOperations,
  InvoiceOperations,
  ProviderRuntime,
} from '../providers/provider-adapter.js';
import { ProviderError } from '../providers/provider-error.js';
import type { CustomerPush, InvoicePush, RemoteInvoice } from '../providers/provider-objects.js';
import { FakeAccount, notFound, type FakeCustomer, type FakeInvoice, type Mark } from './fake-account.js';
import { showCustomer, showInvoice } from './fake-readers.js';

/** What the operations of one session share. */
export interface FakeContext {
  readonly account: FakeAccount;
  readonly environmentId: string;
  readonly runtime: ProviderRuntime;
}

export const send = <T>(
  { account, runtime }: FakeContext,
  [method, path]: readonly [string, string],
  work: () => T,
  key?: string,
): Promise<T> => account.call(runtime, method, path, work, key);

export const markOf = (ctx: FakeContext, id: string): Mark => ({ id, environmentId: ctx.environmentId });

export const isOwn = (ctx: FakeContext, { mark }: { readonly mark: Mark | undefined }, id: string): boolean =>
  mark?.id === id && mark.environmentId === ctx.environmentId;

export async function orNull<T>(call: Promise<T>): Promise<T | null> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ProviderError && error.kind === 'not_found') return null;
    throw error;
  }
}

export const fakeCustomers = (ctx: FakeContext): CustomerOperations => ({
  push: async (push, attempt) => {
    const known = await send(ctx, ['GET', '/customers'], () => findCustomer(ctx, push));
    const path =
      known === undefined ? (['POST', '/customers'] as const) : (['POST', `/customers/${known.id}`] as const);
    // A change is the same however often it is made; only making one needs a key.
    const key = known === undefined ? `${attempt.key}:create` : undefined;
    return showCustomer(await send(ctx, path, () => writeCustomer(ctx, push, known), key), ctx.environmentId);
  },
  fetch: (remoteId) =>
    orNull(
      send(ctx, ['GET', `/customers/${remoteId}`], () => {
        const found = ctx.account.customers.get(remoteId);
        if (found === undefined) throw notFound('customer', remoteId);
        return showCustomer(found, ctx.environmentId);
      }),
    ),
  remove: (remoteId, customerId) =>
    send(ctx, ['DELETE', `/customers/${remoteId}`], () => {
      const found = ctx.account.customers.get(remoteId);
      if (found === undefined || found.deleted) return { remoteId, outcome: 'gone' };
      if (!isOwn(ctx, found, customerId))
        throw new ProviderError('conflict', `${remoteId} belongs to somebody else`, {
          code: 'customer_taken',
        });
      if (found.adopted) found.mark = undefined;
      else found.deleted = true;
      return { remoteId, outcome: found.adopted ? 'released' : 'deleted' };
    }),
});

/** The mapped one, our own from before, or one that nobody has marked: in this order. */
function findCustomer(ctx: FakeContext, push: CustomerPush): FakeCustomer | undefined {
  const living = [...ctx.account.customers.values()].filter(({ deleted }) => !deleted);
  const mapped = living.find(({ id }) => id === push.remoteId);
  if (mapped?.mark !== undefined && !isOwn(ctx, mapped, push.customerId))
    throw new ProviderError('conflict', `${mapped.id} belongs to somebody else`, { code: 'customer_taken' });
  return (
    mapped ??
    living.find((one) => isOwn(ctx, one, push.customerId)) ??
    living.find(({ mark, email }) => mark === undefined && email !== undefined && email === push.email)
  );
}

function writeCustomer(ctx: FakeContext, push: CustomerPush, known: FakeCustomer | undefined): FakeCustomer {
  const { externalId, name, email, phone, address } = push;
  const fields = { mark: markOf(ctx, push.customerId), externalId, name, email, phone, address };
  if (known !== undefined)
    return Object.assign(known, fields, { adopted: known.adopted || known.mark === undefined });
  const id = ctx.account.newId('fcus');
  const made: FakeCustomer = {
    id,
    ...fields,
    deleted: false,
    adopted: false,
    defaultMethod: undefined,
    methods: new Map(),
  };
  ctx.account.customers.set(id, made);
  return made;
}

export const fakeInvoices = (ctx: FakeContext): InvoiceOperations => ({
  needsCustomer: true,
  push: async (push, attempt) => {
    refuseNothing(push);
    const earlier = attempt.number > 1 ? await findInvoice(ctx, push) : undefined;
    const draft =
      earlier ??
      (await send(
        ctx,
        ['POST', '/invoices'],
        () => ctx.account.draft(push, markOf(ctx, push.invoiceId)),
        `${attempt.key}:create`,
      ));
    if (draft.status !== 'draft') return showInvoice(draft, ctx.environmentId);
    refuseOtherTotal(push, draft);
    return showInvoice(await finalize(ctx, push, draft, `${attempt.key}:finalize`), ctx.environmentId);
  },
  fetch: (remoteId) => orNull(change(ctx, remoteId, 'GET', () => undefined)),
  markPaid: (remoteId) =>
    change(ctx, remoteId, 'POST', (invoice) => {
      if (invoice.status === 'open') Object.assign(invoice, { status: 'paid', settledAt: ctx.runtime.now() });
      requireStatus(invoice, 'paid');
    }),
  settlePart: (remoteId, remaining) =>
    change(ctx, remoteId, 'POST', (invoice) => {
      const part = invoice.total.amount - remaining.amount;
      if (invoice.status === 'open' && part > invoice.settledPart) invoice.settledPart = part;
    }),
  void: (remoteId) =>
    change(ctx, remoteId, 'POST', (invoice) => {
      if (invoice.status === 'open') Object.assign(invoice, { status: 'void', settledAt: ctx.runtime.now() });
      requireStatus(invoice, 'void');
    }),
  listSettled: (since) => listSettled(ctx, since),
});

function refuseNothing({ amountDue }: InvoicePush): void {
  if (amountDue.amount <= 0n)
    throw new ProviderError('invalid', 'there is nothing to collect', { code: 'nothing_due' });
  if (amountDue.currency !== 'usd')
    throw new ProviderError('invalid', 'the fake provider takes dollars', { code: 'currency_unsupported' });
}

function refuseOtherTotal({ amountDue }: InvoicePush, { total }: FakeInvoice): void {
  if (total.amount === amountDue.amount) return;
  const [expected, actual] = [formatMoney(amountDue), formatMoney(total)];
  throw new ProviderError('invalid', `the fake provider makes it ${actual} where ${expected} is owed`, {
    code: 'total_mismatch',
    details: { expected, actual },
  });
}

const findInvoice = (ctx: FakeContext, push: InvoicePush): Promise<FakeInvoice | undefined> =>
  send(ctx, ['GET', '/invoices'], () =>
    [...ctx.account.invoices.values()].find((one) => isOwn(ctx, one, push.invoiceId)),
  );

const finalize = (
  ctx: FakeContext,
  push: InvoicePush,
  draft: FakeInvoice,
  key: string,
): Promise<FakeInvoice> =>
  send(
    ctx,
    ['POST', `/invoices/${draft.id}/finalize`],
    () => {
      if (draft.status !== 'draft') return draft;
      draft.status = 'open';
      if (push.collectionMethod === 'charge_automatically')
        ctx.account.collectByItself(draft, ctx.runtime.now());
      return draft;
    },
    key,
  );

const change = (
  ctx: FakeContext,
  id: string,
  method: string,
  work: (invoice: FakeInvoice) => void,
): Promise<RemoteInvoice> =>
  send(ctx, [method, `/invoices/${id}`], () => {
    const invoice = ctx.account.invoice(id);
    work(invoice);
    return showInvoice(invoice, ctx.environmentId);
  });

function requireStatus({ id, status }: FakeInvoice, wanted: string): void {
  if (status !== wanted)
    throw new ProviderError('conflict', `${id} is ${status}`, { code: 'invoice_not_open' });
}

async function* listSettled(ctx: FakeContext, since: Date): AsyncIterable<{ readonly remoteId: string }> {
  const found = await send(ctx, ['GET', '/invoices'], () =>
    [...ctx.account.invoices.values()].filter(
      ({ settledAt }) => settledAt !== undefined && settledAt >= since,
    ),
  );
  for (const { id } of found) yield { remoteId: id };
}
