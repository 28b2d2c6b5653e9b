import Stripe from 'stripe';
import { Fixture, errorOf, newKey, stripeClient } from '../test-support.js';

const fixture = new Fixture();
beforeAll(async () => fixture.start());
afterEach(async () => fixture.check());
afterAll(async () => fixture.stop());
let stripe: Stripe;
let key: string;

beforeEach(() => {
  key = newKey();
  stripe = stripeClient(fixture.sandbox, key);
});

function customers(): unknown[] {
  return fixture.sandbox.stripe.objects('customers', key);
}

const HEADERS = {
  'stripe-version': '2026-10-28.endive',
  'content-type': 'application/x-www-form-urlencoded',
};

async function raw(path: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${fixture.sandbox.stripe.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, ...HEADERS, ...headers },
    body,
  });
}

test('the same key with the same parameters is answered the same, to the byte, once done', async () => {
  const send = async (): Promise<Response> => raw('/v1/customers', 'name=Ada', { 'idempotency-key': 'k1' });
  const [first, second] = [await send(), await send()];
  expect(await second.text()).toBe(await first.text());
  expect(first.headers.get('idempotent-replayed')).toBeNull();
  expect(second.headers.get('idempotent-replayed')).toBe('true');
  expect(second.headers.get('original-request')).toBe(first.headers.get('request-id'));
  expect(second.headers.get('request-id')).not.toBe(first.headers.get('request-id'));
  expect(customers()).toHaveLength(1);
});

test('a key with other parameters is an error; another account has its own keys', async () => {
  await stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'k1' });
  const error = await errorOf(stripe.customers.create({ name: 'Bob' }, { idempotencyKey: 'k1' }));
  expect(error).toBeInstanceOf(Stripe.errors.StripeIdempotencyError);
  expect(error.statusCode).toBe(400);
  const other = stripeClient(fixture.sandbox);
  expect((await other.customers.create({ name: 'Bob' }, { idempotencyKey: 'k1' })).name).toBe('Bob');
});

test('a key in progress is a conflict', async () => {
  fixture.sandbox.stripe.fault({ mode: 'delay', ms: 150, path: '/v1/customers' });
  const [slow, quick] = await Promise.allSettled([
    stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'k1' }),
    stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'k1' }),
  ]);
  expect(slow.status).toBe('fulfilled');
  expect(quick).toMatchObject({ reason: { statusCode: 409, code: 'idempotency_key_in_use' } });
  expect(customers()).toHaveLength(1);
});

test('declines are remembered, and so is a 500; what was refused before it began is not', async () => {
  const params = {
    amount: 100,
    currency: 'usd',
    payment_method: 'pm_card_chargeDeclined',
    confirm: true,
    off_session: true,
  };
  const [one, two] = [
    await errorOf(stripe.paymentIntents.create(params, { idempotencyKey: 'pay' })),
    await errorOf(stripe.paymentIntents.create(params, { idempotencyKey: 'pay' })),
  ];
  expect(two.payment_intent?.id).toBe(one.payment_intent?.id);

  fixture.sandbox.stripe.fault({ mode: 'error', status: 500, method: 'POST' });
  const lost = async (): Promise<unknown> =>
    stripe.customers.create({ name: 'x' }, { idempotencyKey: 'five' });
  expect((await errorOf(lost())).statusCode).toBe(500);
  expect((await errorOf(lost())).statusCode).toBe(500);
  expect(customers()).toEqual([]);

  const missing = async (amount: string): Promise<Response> =>
    raw('/v1/payment_intents', `currency=usd${amount}`, { 'idempotency-key': 'six' });
  expect((await missing('')).status).toBe(400);
  expect((await missing('&amount=100')).status).toBe(200);
  fixture.sandbox.stripe.clearSchemaViolations();
});

test('keys are forgotten after a day of sandbox time, or on command', async () => {
  const create = async (): Promise<string> =>
    (await stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'k1' })).id;
  const first = await create();
  fixture.sandbox.stripe.advance({ bySeconds: 24 * 3600 - 60 });
  expect(await create()).toBe(first);
  fixture.sandbox.stripe.advance({ bySeconds: 120 });
  const second = await create();
  expect(second).not.toBe(first);
  expect(fixture.sandbox.stripe.pruneIdempotencyKeys(key)).toBe(1);
  expect(await create()).not.toBe(second);
});

test('a lost answer: the work was done, and the same key brings the answer', async () => {
  fixture.sandbox.stripe.fault({ mode: 'drop_after', method: 'POST', path: '/v1/customers', times: 2 });
  const create = async (): Promise<Stripe.Customer> =>
    stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'k1' });
  // The SDK itself repeats a cut connection once.
  expect(await errorOf(create())).toBeInstanceOf(Stripe.errors.StripeConnectionError);
  expect(customers()).toHaveLength(1);
  expect((await create()).name).toBe('Ada');
  expect(customers()).toHaveLength(1);
  const [first, , third] = fixture.sandbox.stripe.requests({ account: key });
  expect(first).toMatchObject({ status: null, fault: 'drop_after', idempotencyKey: 'k1' });
  expect(third).toMatchObject({ status: 200, replayed: true });
});

test('a connection cut before: nothing was done', async () => {
  fixture.sandbox.stripe.fault({ mode: 'drop_before', method: 'POST', path: '/v1/customers*', times: 2 });
  expect(await errorOf(stripe.customers.create({}))).toBeInstanceOf(Stripe.errors.StripeConnectionError);
  expect(customers()).toEqual([]);
});

test('a gateway error is not remembered; an error after the work hides it', async () => {
  fixture.sandbox.stripe.fault({ mode: 'error', status: 503, headers: { 'stripe-should-retry': 'false' } });
  const error = await errorOf(stripe.customers.create({ name: 'A' }, { idempotencyKey: 'a' }));
  expect(error.headers?.['stripe-should-retry']).toBe('false');
  expect((await stripe.customers.create({ name: 'A' }, { idempotencyKey: 'a' })).name).toBe('A');
  fixture.sandbox.stripe.fault({ mode: 'error_after', status: 502 });
  await errorOf(stripe.customers.create({ name: 'B' }, { idempotencyKey: 'b' }));
  expect(customers()).toHaveLength(2);
  expect((await stripe.customers.create({ name: 'B' }, { idempotencyKey: 'b' })).name).toBe('B');
  expect(customers()).toHaveLength(2);
});

test('faults are aimed: at a template, after some requests, at one account, with a body', async () => {
  const { id } = await stripe.customers.create({});
  const body = { error: { type: 'api_error', message: 'aimed' } };
  fixture.sandbox.stripe.fault({
    mode: 'error',
    status: 599,
    body,
    method: 'GET',
    path: '/v1/customers/{id}',
    skip: 1,
    account: key,
  });
  await stripe.customers.list();
  await stripe.customers.retrieve(id);
  await stripeClient(fixture.sandbox).customers.list();
  expect(await errorOf(stripe.customers.retrieve(id))).toMatchObject({ statusCode: 599, message: 'aimed' });
  await stripe.customers.retrieve(id);
  expect(fixture.sandbox.stripe.faults()[0]).toMatchObject({ remaining: 0, struck: 1 });
});

test('limits answer 429 and say which one it was', async () => {
  fixture.sandbox.stripe.setRateLimits('realistic');
  const calls = await Promise.allSettled(Array.from({ length: 30 }, async () => stripe.customers.list()));
  const refused = calls.flatMap((call) =>
    call.status === 'rejected' ? [call.reason as Stripe.errors.StripeError] : [],
  );
  expect(refused).toHaveLength(5);
  expect(refused[0]).toBeInstanceOf(Stripe.errors.StripeRateLimitError);
  expect(refused[0]).toMatchObject({ statusCode: 429, code: 'rate_limit' });
  expect(refused[0]?.headers?.['stripe-rate-limited-reason']).toBe('global-rate');
  fixture.sandbox.stripe.setRateLimits({ perEndpointPerSecond: 1 });
  await stripe.customers.list();
  const error = await errorOf(stripe.customers.list());
  expect(error.headers?.['stripe-rate-limited-reason']).toBe('endpoint-rate');
  await stripe.products.list();
});

test('keys: malformed, publishable and revoked ones are refused; two can open one account', async () => {
  const call = async (used: string): Promise<Stripe.errors.StripeError> =>
    errorOf(stripeClient(fixture.sandbox, used).customers.list());
  expect(await call('sk_test_1')).toMatchObject({ statusCode: 401, type: 'StripeAuthenticationError' });
  expect(await call('nonsense_key_123')).toMatchObject({ statusCode: 401 });
  expect(await call('pk_test_123456789')).toMatchObject({ statusCode: 403, code: 'secret_key_required' });
  const { id } = await stripe.customers.create({});
  const rolled = newKey();
  fixture.sandbox.stripe.attachKey(rolled, key);
  expect((await stripeClient(fixture.sandbox, rolled).customers.retrieve(id)).id).toBe(id);
  fixture.sandbox.stripe.revokeKey(key);
  expect(await call(key)).toMatchObject({ statusCode: 401, code: 'api_key_expired' });
  const live = stripeClient(fixture.sandbox, newKey().replace('_test_', '_live_'));
  expect((await live.customers.create({})).livemode).toBe(true);
  expect((await fetch(`${fixture.sandbox.stripe.url}/v1/customers`)).status).toBe(401);
});

test('an account is emptied by itself, and counts tell what was asked', async () => {
  await stripe.customers.create({});
  const other = stripeClient(fixture.sandbox);
  const { id } = await other.customers.create({});
  expect(fixture.sandbox.stripe.requestCounts({ account: key })).toEqual({ 'POST /v1/customers': 1 });
  fixture.sandbox.stripe.reset(key);
  expect(customers()).toEqual([]);
  expect((await other.customers.retrieve(id)).id).toBe(id);
});
