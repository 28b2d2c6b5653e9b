import Stripe from 'stripe';
import { startSandbox, type Sandbox } from '../../sandbox/index.js';
import type { Attempt, CustomerPush } from '../provider-objects.js';
import { stripeAdapter } from './stripe.adapter.js';

let sandbox: Sandbox;
let accounts = 0;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterEach(() => {
  sandbox.stripe.clearFaults();
  expect(sandbox.stripe.schemaViolations()).toEqual([]);
});
afterAll(() => sandbox.stop());

function account() {
  accounts += 1;
  const key = `sk_test_customers_${String(accounts).padStart(6, '0')}`;
  const { hostname, port } = new URL(sandbox.stripe.url);
  const stripe = new Stripe(key, { host: hostname, port, protocol: 'http', telemetry: false });
  const push = (customer: CustomerPush, number = 1, claim?: (remoteId: string) => Promise<boolean>) => {
    const session = stripeAdapter.open(
      { connectionId: 'conn_1', environmentId: 'env_1', credentials: { secret_key: key } },
      { baseUrl: sandbox.stripe.url, timeoutMs: 10_000, now: () => new Date() },
    );
    const attempt: Attempt = { key: `conn_1:${customer.customerId}:1`, firstTriedAt: new Date(), number };
    if (session.customers === undefined) throw new Error('no customers');
    return session.customers.push(customer, attempt, claim);
  };
  const calls = () =>
    sandbox.stripe.requests({ account: key }).map(({ method, template }) => `${method} ${template ?? ''}`);
  const last = () => sandbox.stripe.requests({ account: key, method: 'POST' }).at(-1)?.params;
  return { key, stripe, push, calls, last };
}

const ada: CustomerPush = {
  customerId: 'cust_1',
  externalId: 'acme-1',
  name: 'Ada',
  email: 'ada@example.com',
  phone: undefined,
  address: { line1: 'Dorset Street 1', city: 'London', country: 'GB' },
  metadata: { plan: 'pro' },
  remoteId: undefined,
};

const LIST = 'GET /v1/customers';
const SEARCH = 'GET /v1/customers/search';
const READ = 'GET /v1/customers/{id}';
const CREATE = 'POST /v1/customers';
const UPDATE = 'POST /v1/customers/{id}';

test('a new customer is a look by e-mail and one create, with the marks of the founding documents', async () => {
  const { push, calls, last } = account();
  await push(ada);
  expect(calls()).toEqual([LIST, SEARCH, CREATE]);
  expect(last()).toEqual({
    name: 'Ada',
    email: 'ada@example.com',
    address: {
      line1: 'Dorset Street 1',
      line2: '',
      city: 'London',
      state: '',
      postal_code: '',
      country: 'GB',
    },
    metadata: {
      flexprice_customer_id: 'cust_1',
      flexprice_environment: 'env_1',
      external_id: 'acme-1',
      flexprice_fields: 'name,email,address',
      plan: 'pro',
    },
  });
});

test('without an e-mail there is nobody to match: one create', async () => {
  const { push, calls } = account();
  await push({ ...ada, email: undefined });
  expect(calls()).toEqual([CREATE]);
});

test('a change sends what has changed, and no change sends nothing', async () => {
  const { push, calls, last } = account();
  const { remoteId } = await push(ada);
  await push({ ...ada, remoteId });
  expect(calls()).toEqual([LIST, SEARCH, CREATE, READ]);
  await push({ ...ada, remoteId, name: 'Ada King' });
  expect(calls().slice(4)).toEqual([READ, UPDATE]);
  expect(last()).toEqual({ name: 'Ada King' });
});

test('an address that is written otherwise is the same one', async () => {
  const { push, stripe } = account();
  const there = await stripe.customers.create({ email: 'Ada@Example.com', name: 'Ada' });
  sandbox.stripe.advance({ bySeconds: 120 });
  expect(await push(ada)).toMatchObject({ remoteId: there.id });
});

test('of customers with one address none is written to that another of ours has', async () => {
  const { push, stripe, key } = account();
  const taken = await stripe.customers.create({ email: ada.email, name: 'Dash Inc' });
  const asked: string[] = [];
  const claim = (remoteId: string): Promise<boolean> => {
    asked.push(remoteId);
    return Promise.resolve(remoteId !== taken.id);
  };
  const made = await push(ada, undefined, claim);
  expect(made.remoteId).not.toBe(taken.id);
  expect(asked).toEqual([taken.id]);
  expect(await stripe.customers.retrieve(taken.id)).toMatchObject({ name: 'Dash Inc', metadata: {} });
  expect(sandbox.stripe.objects('customers', key)).toHaveLength(2);
});

test('what an adopted customer has of its own stays; what we have written is cleared', async () => {
  const { push, stripe } = account();
  const { id } = await stripe.customers.create({
    name: 'A. Lovelace',
    email: 'ada@example.com',
    phone: '+441234',
    metadata: { shop: 'north' },
  });
  const adopted = await push(ada);
  expect(adopted).toMatchObject({ remoteId: id, name: 'Ada', phone: '+441234' });
  const cleared = await push({ ...ada, remoteId: id, email: undefined, address: undefined });
  expect(cleared).toMatchObject({ phone: '+441234', email: undefined, address: undefined });
  expect(cleared.metadata).toMatchObject({ shop: 'north', flexprice_fields: 'name' });
});

test('of several that match the oldest unmarked one is adopted', async () => {
  const { push, stripe } = account();
  const email = 'ada@example.com';
  await stripe.customers.create({
    email,
    metadata: { flexprice_environment: 'env_2', flexprice_customer_id: 'cust_9' },
  });
  const oldest = await stripe.customers.create({ email });
  await stripe.customers.create({ email });
  await stripe.customers.create({ email: 'ADA@example.com' });
  expect((await push(ada)).remoteId).toBe(oldest.id);
});

test('a mapped customer that is marked as another of ours is not written over', async () => {
  const { push, stripe } = account();
  const { id } = await stripe.customers.create({ metadata: { flexprice_customer_id: 'cust_9' } });
  await expect(push({ ...ada, remoteId: id })).rejects.toMatchObject({
    kind: 'conflict',
    code: 'customer_taken',
    message: `the Stripe customer ${id} belongs to cust_9`,
  });
});

test('the customer of a lost answer is found days later, though its e-mail has changed since', async () => {
  const { key, push, stripe } = account();
  sandbox.stripe.fault({ account: key, path: '/v1/customers', method: 'POST', mode: 'drop_after' });
  await expect(push(ada)).rejects.toMatchObject({ kind: 'unavailable' });
  sandbox.stripe.pruneIdempotencyKeys(key);
  const found = await push({ ...ada, email: 'countess@example.com' }, 2);
  expect(found.email).toBe('countess@example.com');
  expect((await stripe.customers.list()).data).toHaveLength(1);
});

test('a recorded answer for a customer that was deleted since does not bring it back', async () => {
  const { push, stripe } = account();
  const first = await push(ada);
  await stripe.customers.del(first.remoteId);
  const second = await push(ada);
  expect(second.remoteId).not.toBe(first.remoteId);
  expect((await stripe.customers.list()).data).toHaveLength(1);
});

test('metadata is cut to what Stripe takes, and cannot write over a mark', async () => {
  const { push } = account();
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`key_${n}`, 'x'.repeat(600)]));
  const odd = { ['k'.repeat(41)]: 'long', 'a[b]': 'brackets', flexprice_environment: 'env_9', empty: '' };
  const { metadata, customerId } = await push({ ...ada, metadata: { ...odd, ...many } });
  expect(Object.keys(metadata)).toHaveLength(50);
  expect(metadata.key_0).toHaveLength(500);
  expect(customerId).toBe('cust_1');
});
