import type Stripe from 'stripe';
import type { CustomerOperations } from '../provider-adapter.js';
import type { Attempt, CustomerPush, RemoteCustomer, RemovedCustomer } from '../provider-objects.js';
import type { StripeContext } from './context.js';
import { readCustomer, sameAddress, writeAddress, type AnyCustomer } from './customer-reader.js';
import { ProviderError } from '../provider-error.js';
import { told, toldOrNull } from './errors.js';
import { MARK, metadataWith, readMark, refuseOthers } from './marks.js';
import { madeSince, mayHaveRun, once } from './once.js';

export const stripeCustomers = (ctx: StripeContext): CustomerOperations => ({
  push: async (customer, attempt, claim) =>
    readCustomer(await push(ctx, customer, attempt, claim), ctx.environmentId),
  fetch: async (remoteId): Promise<RemoteCustomer | null> => {
    const found = await toldOrNull<AnyCustomer>(ctx.stripe.customers.retrieve(remoteId));
    return found === null ? null : readCustomer(found, ctx.environmentId);
  },
  mark: async (remoteId, customer) => readCustomer(await mark(ctx, remoteId, customer), ctx.environmentId),
  remove: (remoteId, customerId) => remove(ctx, remoteId, customerId),
});

/** Deleting cannot be undone, and ends all subscriptions of the customer: where there is any doubt, only our marks go. */
async function remove(ctx: StripeContext, remoteId: string, customerId: string): Promise<RemovedCustomer> {
  const found = await retrieve(ctx, remoteId);
  if (found === undefined) return { remoteId, outcome: 'gone' };
  refuseOtherCustomer(ctx, found, customerId);
  const others = await told(ctx.stripe.subscriptions.list({ customer: remoteId, status: 'all', limit: 1 }));
  if (found.metadata[MARK.adopted] !== 'true' && others.data.length === 0) {
    await toldOrNull(ctx.stripe.customers.del(remoteId));
    return { remoteId, outcome: 'deleted' };
  }
  const marks = [MARK.customer, MARK.environment, MARK.externalId, MARK.fields, MARK.adopted];
  const metadata = Object.fromEntries(marks.map((mark) => [mark, '']));
  await told(ctx.stripe.customers.update(remoteId, { metadata }));
  return { remoteId, outcome: 'released' };
}

/** One that was made at Stripe: it is ours from now on, and was there before us. */
async function mark(
  ctx: StripeContext,
  remoteId: string,
  { customerId, externalId }: Pick<CustomerPush, 'customerId' | 'externalId'>,
): Promise<Stripe.Customer> {
  const found = await retrieve(ctx, remoteId);
  if (found === undefined)
    throw new ProviderError('not_found', `there is no Stripe customer ${remoteId}`, { param: 'customer' });
  refuseOtherCustomer(ctx, found, customerId);
  if (readMark(found.metadata, MARK.customer, ctx.environmentId).id === customerId) return found;
  const marks = {
    [MARK.customer]: customerId,
    [MARK.environment]: ctx.environmentId,
    [MARK.externalId]: externalId,
    [MARK.fields]: 'none',
    [MARK.adopted]: 'true',
  };
  return told(ctx.stripe.customers.update(remoteId, { metadata: marks }));
}

async function push(
  ctx: StripeContext,
  customer: CustomerPush,
  attempt: Attempt,
  claim: (remoteId: string) => Promise<boolean> = () => Promise.resolve(true),
): Promise<Stripe.Customer> {
  if (customer.remoteId !== undefined) {
    const mapped = await retrieve(ctx, customer.remoteId);
    if (mapped !== undefined) {
      refuseOtherCustomer(ctx, mapped, customer.customerId);
      return update(ctx, mapped, customer);
    }
  }
  for await (const match of matches(ctx, customer, attempt))
    if (await claim(match.id)) return update(ctx, match, customer);
  const { value, fresh } = await once(ctx, attempt, 'create', {
    call: (idempotencyKey) => ctx.stripe.customers.create(newFields(ctx, customer), { idempotencyKey }),
    look: (recorded) =>
      recorded === undefined ? findOwn(ctx, customer, attempt) : retrieve(ctx, recorded.id),
    discard: (made) => told(ctx.stripe.customers.del(made.id)),
  });
  return fresh ? value : update(ctx, value, customer);
}

/** Undefined for a deleted customer too: to us it is gone. */
async function retrieve(ctx: StripeContext, id: string): Promise<Stripe.Customer | undefined> {
  const found = await toldOrNull<AnyCustomer>(ctx.stripe.customers.retrieve(id));
  return found === null || found.deleted === true ? undefined : found;
}

/**
 * Customers to adopt: our own from an earlier time, else those that nobody of ours has marked, the oldest first because a
 * hosted page makes a new one for every guest. Found by list, since searches lag behind; but lists compare addresses
 * letter by letter, so a search looks for what is written otherwise.
 */
async function* matches(
  ctx: StripeContext,
  customer: CustomerPush,
  attempt: Attempt,
): AsyncGenerator<Stripe.Customer> {
  const email = customer.email?.trim() ?? '';
  const listed = email === '' ? [] : await withEmail(ctx, email);
  const own = listed.find((candidate) => isOwn(ctx, candidate, customer));
  if (own !== undefined) yield own;
  else if (mayHaveRun(attempt)) {
    const earlier = await findOwn(ctx, customer, attempt);
    if (earlier !== undefined) yield earlier;
  }
  const isFree = ({ metadata }: Stripe.Customer): boolean =>
    !readMark(metadata, MARK.customer, ctx.environmentId).marked;
  yield* listed.filter(isFree).reverse();
}

/** Newest first, those whose address is written in the same way before the others. */
async function withEmail(ctx: StripeContext, email: string): Promise<Stripe.Customer[]> {
  const same = (await told(ctx.stripe.customers.list({ email, limit: 100 }))).data;
  if (same.length > 0 || /["\\]/.test(email)) return same;
  try {
    const found = await told(ctx.stripe.customers.search({ query: `email:"${email}"`, limit: 100 }));
    return found.data.filter((one) => one.email?.toLowerCase() === email.toLowerCase());
  } catch (error) {
    // Some countries have no search: then addresses are compared as they are written.
    if (error instanceof ProviderError && error.kind === 'invalid') return [];
    throw error;
  }
}

async function findOwn(
  ctx: StripeContext,
  customer: CustomerPush,
  attempt: Attempt,
): Promise<Stripe.Customer | undefined> {
  let found: Stripe.Customer | undefined;
  await told(
    ctx.stripe.customers
      .list({ created: madeSince(attempt), limit: 100 })
      .autoPagingEach((candidate: Stripe.Customer) => {
        if (isOwn(ctx, candidate, customer)) found = candidate; // newest first: the last one is the oldest
      }),
  );
  return found;
}

const isOwn = (ctx: StripeContext, candidate: Stripe.Customer, customer: CustomerPush): boolean =>
  readMark(candidate.metadata, MARK.customer, ctx.environmentId).id === customer.customerId;

const refuseOtherCustomer = (ctx: StripeContext, remote: Stripe.Customer, customerId: string): void => {
  refuseOthers(
    remote,
    { noun: 'customer', key: MARK.customer, id: customerId, code: 'customer_taken' },
    ctx.environmentId,
  );
};

const TEXT_FIELDS = ['name', 'email', 'phone'] as const;

function newFields(ctx: StripeContext, customer: CustomerPush): Stripe.CustomerCreateParams {
  const texts = TEXT_FIELDS.flatMap((field) => (customer[field] ? [[field, customer[field]] as const] : []));
  return {
    ...Object.fromEntries(texts),
    ...(customer.address === undefined ? {} : { address: writeAddress(customer.address) }),
    metadata: marksOf(ctx, customer),
  };
}

function marksOf(ctx: StripeContext, customer: CustomerPush): Readonly<Record<string, string>> {
  const written = [
    ...TEXT_FIELDS.filter((field) => customer[field]),
    ...(customer.address === undefined ? [] : ['address']),
  ];
  return metadataWith(
    {
      [MARK.customer]: customer.customerId,
      [MARK.environment]: ctx.environmentId,
      [MARK.externalId]: customer.externalId,
      [MARK.fields]: written.join(',') || 'none',
    },
    customer.metadata,
  );
}

/**
 * Sends what differs and nothing else; no difference, no call, which also ends the echo of our own changes.
 * A field that is empty here is cleared there only when we have written it: what an adopted customer had of its
 * own is not ours to delete.
 */
async function update(
  ctx: StripeContext,
  remote: Stripe.Customer,
  customer: CustomerPush,
): Promise<Stripe.Customer> {
  const now = readCustomer(remote, ctx.environmentId);
  const written = new Set(now.metadata[MARK.fields]?.split(','));
  const params: Stripe.CustomerUpdateParams = {};
  for (const field of TEXT_FIELDS) {
    const wanted = customer[field] ?? '';
    const clears = wanted === '' && written.has(field);
    if (wanted !== (now[field] ?? '') && (wanted !== '' || clears)) params[field] = wanted;
  }
  if (customer.address !== undefined) {
    if (!sameAddress(customer.address, now.address)) params.address = writeAddress(customer.address);
  } else if (now.address !== undefined && written.has('address')) {
    params.address = '';
  }
  const adopts = !readMark(remote.metadata, MARK.customer, ctx.environmentId).marked;
  const marks = { ...marksOf(ctx, customer), ...(adopts ? { [MARK.adopted]: 'true' } : {}) };
  const metadata = Object.entries(marks).filter(([key, value]) => now.metadata[key] !== value);
  if (metadata.length > 0) params.metadata = Object.fromEntries(metadata);
  // No idempotency key: the same update twice is one state, while a recorded 500 would block it for a day.
  return Object.keys(params).length === 0 ? remote : told(ctx.stripe.customers.update(remote.id, params));
}
