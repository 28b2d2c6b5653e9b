import Stripe from 'stripe';
import { Fixture, newKey, stripeClient } from '../test-support.js';

const fixture = new Fixture();
beforeAll(async () => fixture.start());
afterEach(async () => fixture.check());
afterAll(async () => fixture.stop());
let stripe: Stripe;
let key: string;
let secret: string;
let path: string;
let tests = 0;

beforeEach(async () => {
  key = newKey();
  stripe = stripeClient(fixture.sandbox, key);
  tests += 1;
  path = `/hook/${tests}`;
  const endpoint = await stripe.webhookEndpoints.create({
    url: fixture.receiver.url(path),
    enabled_events: ['customer.created', 'customer.updated', 'product.created'],
    api_version: '2026-10-28.endive',
  });
  secret = endpoint.secret!;
});

async function createCustomers(...names: string[]): Promise<void> {
  for (const name of names) await stripe.customers.create({ name });
}

function names(): (string | undefined)[] {
  return fixture.receiver.received.map(
    ({ body }) => (JSON.parse(body) as { data: { object: { name?: string } } }).data.object.name,
  );
}

test('an event arrives signed, with its secret told only once', async () => {
  const customer = await stripe.customers.create({ name: 'Ünï' }, { idempotencyKey: 'k1' });
  await stripe.customers.update(customer.id, { name: 'Two' });
  await stripe.prices.list();
  await fixture.sandbox.stripe.settle();
  expect(fixture.receiver.types(path)).toEqual(['customer.created', 'customer.updated']);
  const [first, second] = fixture.receiver.received;
  const verify = (body: string): Stripe.Event =>
    stripe.webhooks.constructEvent(body, first!.headers['stripe-signature'] as string, secret);
  const event = verify(first!.body);
  expect(event).toMatchObject({
    api_version: '2026-10-28.endive',
    type: 'customer.created',
    livemode: false,
    pending_webhooks: 1,
    request: { idempotency_key: 'k1' },
    data: { object: { id: customer.id, name: 'Ünï' } },
  });
  expect(() => verify(first!.body.replace('Ünï', 'Eve'))).toThrow(
    Stripe.errors.StripeSignatureVerificationError,
  );
  expect(JSON.parse(second!.body)).toMatchObject({ data: { previous_attributes: { name: 'Ünï' } } });
  const { data } = await stripe.webhookEndpoints.list();
  expect(data[0]?.secret).toBeUndefined();
  expect(secret).toMatch(/^whsec_/);
});

test('a signature carries real time, whatever the sandbox clock says', async () => {
  fixture.sandbox.stripe.advance({ bySeconds: 40 * 86_400 });
  await createCustomers('later');
  await fixture.sandbox.stripe.settle();
  const [webhook] = fixture.receiver.received;
  const event = stripe.webhooks.constructEvent(
    webhook!.body,
    webhook!.headers['stripe-signature'] as string,
    secret,
    300,
  );
  expect(event.created).toBeGreaterThan(Date.now() / 1000 + 39 * 86_400);
});

test('what is not acknowledged is tried again three times, then given up and listed as undelivered', async () => {
  fixture.receiver.answers.push(500, 302);
  await createCustomers('stubborn');
  const delivered = await until('delivered');
  expect(delivered.attempts.map(({ status }) => status)).toEqual([500, 302, 200]);
  expect((await stripe.events.list({ delivery_success: false })).data).toEqual([]);

  fixture.receiver.answers.push(500, 500, 500, 500);
  await createCustomers('hopeless');
  const failed = await until('failed');
  expect(failed.attempts).toHaveLength(4);
  const undelivered = await stripe.events.list({ delivery_success: false, types: ['customer.created'] });
  expect(undelivered.data.map(({ id, pending_webhooks: pending }) => [id, pending])).toEqual([
    [failed.eventId, 1],
  ]);
});

/** The latest delivery of this account, once it has got there. */
async function until(status: 'delivered' | 'failed'): Promise<{
  eventId: string;
  attempts: readonly { status: number | null }[];
}> {
  for (let round = 0; round < 10; round += 1) {
    await fixture.sandbox.stripe.deliverWebhooksNow();
    const latest = fixture.sandbox.stripe.deliveries({ account: key }).at(-1);
    if (latest?.status === status) return latest;
  }
  throw new Error(`No delivery was ${status}`);
}

test('a pause holds events back, per account; their order can be turned round meanwhile', async () => {
  const other = stripeClient(fixture.sandbox);
  await other.webhookEndpoints.create({ url: fixture.receiver.url('/other'), enabled_events: ['*'] });
  fixture.sandbox.stripe.pauseWebhooks(key);
  await createCustomers('one', 'two', 'three');
  await other.customers.create({});
  const settled = await fixture.sandbox.stripe.settle();
  expect(settled.queued).toBe(3);
  expect(fixture.receiver.types(path)).toEqual([]);
  expect(fixture.receiver.types('/other')).toEqual(['customer.created']);
  fixture.receiver.clear();
  expect(fixture.sandbox.stripe.reorderWebhooks('reverse', key)).toBe(3);
  fixture.sandbox.stripe.resumeWebhooks(key);
  await fixture.sandbox.stripe.settle();
  expect(names()).toEqual(['three', 'two', 'one']);
});

test('a shuffle loses nothing', async () => {
  fixture.sandbox.stripe.pauseWebhooks();
  const wanted = Array.from({ length: 12 }, (_, i) => `n${i}`);
  await createCustomers(...wanted);
  fixture.sandbox.stripe.reorderWebhooks('shuffle');
  fixture.sandbox.stripe.resumeWebhooks();
  await fixture.sandbox.stripe.settle();
  expect(names().sort()).toEqual([...wanted].sort());
});

test('events are doubled, lost or delayed on request, by type and number', async () => {
  fixture.sandbox.stripe.arrangeWebhooks({ action: 'duplicate', type: 'product.*' });
  fixture.sandbox.stripe.arrangeWebhooks({ action: 'drop', type: 'customer.created', times: 1 });
  fixture.sandbox.stripe.arrangeWebhooks({
    action: 'delay',
    type: 'customer.created',
    ms: 60_000,
    account: key,
  });
  await createCustomers('lost');
  await createCustomers('late');
  await stripe.products.create({ name: 'twice' });
  await stripe.products.create({ name: 'once' });
  const settled = await fixture.sandbox.stripe.settle();
  expect(settled.waiting).toBe(0);
  expect(names()).toEqual(['late', 'twice', 'twice', 'once']);
  const [first, second] = fixture.receiver.received.slice(1);
  expect(JSON.parse(first!.body)).toEqual(JSON.parse(second!.body));
  const lost = fixture.sandbox.stripe.deliveries({ account: key, status: 'dropped' });
  expect(lost).toHaveLength(1);
  const undelivered = await stripe.events.list({ delivery_success: false });
  expect(undelivered.data.map(({ id }) => id)).toEqual([lost[0]!.eventId]);

  expect(fixture.sandbox.stripe.resend(lost[0]!.eventId)).toBe(1);
  await fixture.sandbox.stripe.settle();
  expect(names().at(-1)).toBe('lost');
  expect((await stripe.events.list({ delivery_success: false })).data).toEqual([]);
});

test('a delayed event waits, until it is sent for', async () => {
  fixture.sandbox.stripe.arrangeWebhooks({ action: 'delay', ms: 60_000 });
  await createCustomers('late');
  await createCustomers('early');
  expect((await fixture.sandbox.stripe.settle()).waiting).toBe(1);
  expect(names()).toEqual(['early']);
  await fixture.sandbox.stripe.deliverWebhooksNow(key);
  expect(names()).toEqual(['early', 'late']);
});

test('endpoints are changed, disabled and removed', async () => {
  const { data } = await stripe.webhookEndpoints.list();
  const { id } = data[0]!;
  const changed = await stripe.webhookEndpoints.update(id, { enabled_events: ['product.created'] });
  expect(changed.enabled_events).toEqual(['product.created']);
  await createCustomers('unheard');
  await stripe.webhookEndpoints.update(id, { disabled: true });
  await stripe.products.create({ name: 'unheard' });
  await stripe.webhookEndpoints.update(id, { disabled: false });
  await stripe.products.create({ name: 'heard' });
  await fixture.sandbox.stripe.settle();
  expect(names()).toEqual(['heard']);
  expect((await stripe.webhookEndpoints.del(id)).deleted).toBe(true);
  await stripe.products.create({ name: 'gone' });
  await fixture.sandbox.stripe.settle();
  expect(names()).toEqual(['heard']);
});

test('an endpoint that cannot be reached is a failed attempt with its reason', async () => {
  const { data } = await stripe.webhookEndpoints.list();
  await stripe.webhookEndpoints.update(data[0]!.id, { url: 'http://127.0.0.1:1/nobody' });
  await createCustomers('nobody');
  await fixture.sandbox.stripe.settle();
  const [delivery] = fixture.sandbox.stripe.deliveries({ account: key });
  expect(delivery?.attempts[0]).toMatchObject({ status: null });
  expect(delivery?.attempts[0]?.error).toBeTruthy();
  fixture.sandbox.stripe.reset(key);
});
