import { eventually } from '../../test/support/eventually.js';
import { newId } from './core/ids.js';
import { Fixture, newKey, stripeClient } from './test-support.js';

const fixture = new Fixture();
beforeAll(async () => fixture.start());
afterEach(async () => fixture.check());
afterAll(async () => fixture.stop());

type Json = Record<string, unknown>;

async function control(
  origin: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<{ status: number; body: Json }> {
  const response = await fetch(`${origin}/_sandbox${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Json };
}

async function stripeControl(method: string, path: string, body?: unknown): Promise<Json> {
  return (await control(fixture.sandbox.stripe.url, method, path, body)).body;
}

async function whopControl(method: string, path: string, body?: unknown): Promise<Json> {
  return (await control(fixture.sandbox.whop.origin, method, path, body)).body;
}

test('requests are listed, filtered, counted and forgotten over HTTP', async () => {
  const key = newKey();
  const stripe = stripeClient(fixture.sandbox, key);
  const { id } = await stripe.customers.create({ name: 'Ada' }, { idempotencyKey: 'k1' });
  await stripe.customers.retrieve(id);
  const { requests } = (await stripeControl('GET', `/requests?account=${key}&method=POST`)) as {
    requests: Record<string, unknown>[];
  };
  expect(requests).toHaveLength(1);
  expect(requests[0]).toMatchObject({
    method: 'POST',
    path: '/v1/customers',
    template: '/v1/customers',
    status: 200,
    idempotencyKey: 'k1',
    params: { name: 'Ada' },
  });
  expect(JSON.stringify(requests)).not.toContain(key);
  const found = await stripeControl(
    'GET',
    `/requests?path=${encodeURIComponent('/v1/customers/{id}')}&status=200`,
  );
  expect(found.requests).toHaveLength(1);
  expect(await stripeControl('GET', `/requests/counts?account=${key}`)).toEqual({
    'POST /v1/customers': 1,
    'GET /v1/customers/{id}': 1,
  });
  await stripeControl('DELETE', '/requests');
  expect(await stripeControl('GET', '/requests/counts')).toEqual({});
});

test('faults and limits are arranged over HTTP', async () => {
  const stripe = stripeClient(fixture.sandbox);
  const { faults } = (await stripeControl('POST', '/faults', [
    { mode: 'error', status: 503, path: '/v1/products' },
    { mode: 'delay', ms: 1 },
  ])) as { faults: { id: string }[] };
  expect(faults).toHaveLength(2);
  await expect(stripe.products.list()).rejects.toMatchObject({ statusCode: 503 });
  await stripeControl('DELETE', `/faults/${faults[0]!.id}`);
  expect((await stripeControl('GET', '/faults')).faults).toHaveLength(1);
  await stripeControl('DELETE', '/faults');
  expect((await control(fixture.sandbox.stripe.url, 'POST', '/faults', { mode: 'typo' })).status).toBe(400);
  expect(await stripeControl('POST', '/rate_limits', { per_endpoint_per_second: 1 })).toEqual({
    perEndpointPerSecond: 1,
  });
  await stripe.products.list();
  await expect(stripe.products.list()).rejects.toMatchObject({ statusCode: 429 });
  expect(await stripeControl('POST', '/rate_limits', { preset: 'off' })).toEqual({});
});

test('webhooks are held, reordered, lost and settled over HTTP', async () => {
  const key = newKey();
  const stripe = stripeClient(fixture.sandbox, key);
  await stripe.webhookEndpoints.create({ url: fixture.receiver.url(), enabled_events: ['*'] });
  await stripeControl('POST', '/webhooks/rules', { action: 'drop', type: 'product.created', account: key });
  expect((await stripeControl('GET', '/webhooks/rules')).rules).toHaveLength(1);
  await stripeControl('POST', '/webhooks/pause', { account: key });
  await stripe.customers.create({});
  await stripe.products.create({ name: 'lost' });
  await stripe.products.create({ name: 'kept' });
  expect(await stripeControl('POST', '/webhooks/reorder', { how: 'reverse' })).toEqual({ reordered: 2 });
  await stripeControl('POST', '/webhooks/resume', {});
  const settled = await stripeControl('POST', '/webhooks/settle', { timeout_ms: 5000 });
  expect(settled).toMatchObject({ queued: 0, waiting: 0 });
  expect(fixture.receiver.types()).toEqual(['product.created', 'customer.created']);
  const { deliveries } = (await stripeControl(
    'GET',
    `/webhooks/deliveries?account=${key}&status=dropped`,
  )) as {
    deliveries: { eventId: string }[];
  };
  await stripeControl('POST', '/webhooks/resend', { event: deliveries[0]!.eventId });
  await stripeControl('POST', '/webhooks/deliver_now', {});
  expect(fixture.receiver.types()).toHaveLength(3);
  await stripeControl('DELETE', '/webhooks/rules');
});

test('the clock is read and moved over HTTP, and does not go back', async () => {
  const { now } = (await stripeControl('GET', '/clock')) as { now: string };
  const moved = (await stripeControl('POST', '/clock/advance', {
    by_seconds: 3600,
    settle: true,
  })) as { now: string; webhooks: unknown };
  expect(Date.parse(moved.now) - Date.parse(now)).toBeGreaterThanOrEqual(3_600_000);
  expect(moved.webhooks).toBeDefined();
  const back = await control(fixture.sandbox.stripe.url, 'POST', '/clock/advance', { to: now });
  expect(back.status).toBe(400);
  const to = new Date(Date.parse(moved.now) + 60_000).toISOString();
  const arrived = (await stripeControl('POST', '/clock/advance', { to })) as { now: string };
  expect(Date.parse(arrived.now)).toBeGreaterThanOrEqual(Date.parse(to));
});

test('the clock of one account follows another one, and tells what comes next', async () => {
  const [key, other] = [newKey(), newKey()];
  await stripeClient(fixture.sandbox, other).customers.create({});
  const stripe = stripeClient(fixture.sandbox, key);
  const session = await stripe.checkout.sessions.create({
    mode: 'payment',
    success_url: 'https://shop.test',
    line_items: [
      { quantity: 1, price_data: { currency: 'usd', unit_amount: 100, product_data: { name: 'One' } } },
    ],
  });
  const follow = (to: number): Promise<Record<string, unknown>> =>
    stripeControl('POST', '/clock/follow', { account: key, to: new Date(to).toISOString() });
  const start = Date.parse((await stripeControl('GET', `/clock?account=${key}`)).now as string);
  const expiry = session.expires_at * 1000;
  const soon = await follow(start + 60_000);
  expect(soon).toMatchObject({ next_at: new Date(expiry).toISOString(), undelivered: 0 });
  expect(Date.parse(soon.now as string)).toBeGreaterThanOrEqual(start + 60_000);
  // Where it is already it stays: it is no mistake to say so twice.
  expect(Date.parse((await follow(start)).now as string)).toBeGreaterThanOrEqual(start + 60_000);
  expect(await follow(expiry)).toMatchObject({ next_at: null });
  expect((await stripe.checkout.sessions.retrieve(session.id)).status).toBe('expired');
  const otherNow = Date.parse((await stripeControl('GET', `/clock?account=${other}`)).now as string);
  expect(otherNow).toBeLessThan(start + 60_000);
  for (const body of [
    { to: 'soon', account: key },
    { to: new Date().toISOString(), account: key, stands_ms: -1 },
    { to: new Date().toISOString(), account: 'nobody' },
  ])
    expect((await control(fixture.sandbox.stripe.url, 'POST', '/clock/follow', body)).status).toBe(400);
});

test('a clock that follows another one stands where that one is, as long as it is asked to', async () => {
  const key = newKey();
  await stripeClient(fixture.sandbox, key).customers.create({});
  const shown = async (): Promise<number> =>
    Date.parse((await stripeControl('GET', `/clock?account=${key}`)).now as string);
  const goesOn = (from: number): Promise<unknown> =>
    eventually('the clock goes on', async () => (await shown()) > from);
  const start = (await shown()) + 60_000;
  const follow = (to: number, standsMs?: number): Promise<unknown> =>
    stripeControl('POST', '/clock/follow', {
      account: key,
      to: new Date(to).toISOString(),
      stands_ms: standsMs,
    });
  await follow(start, 60_000);
  for (let looks = 0; looks < 20; looks++) expect(await shown()).toBe(start);
  await follow(start + 5_000, 60_000);
  expect(await shown()).toBe(start + 5_000);
  await follow(start + 5_000);
  await goesOn(start + 5_000);
  // Nobody moves it on: it does not stand for ever.
  await follow(start + 60_000, 30);
  expect(await shown()).toBe(start + 60_000);
  await goesOn(start + 60_000);
  expect(await shown()).toBeLessThan(start + 70_000);
});

test('accounts, objects, keys, settings and resets over HTTP', async () => {
  const [key, second] = [newKey(), newKey()];
  const stripe = stripeClient(fixture.sandbox, key);
  const { id } = await stripe.customers.create({});
  expect((await stripeControl('GET', `/objects/customers?account=${key}`)).objects).toMatchObject([{ id }]);
  expect((await control(fixture.sandbox.stripe.url, 'GET', '/objects/nonsense')).status).toBe(400);
  await stripeControl('POST', '/keys/attach', { key: second, account: key });
  expect((await stripeClient(fixture.sandbox, second).customers.retrieve(id)).id).toBe(id);
  await stripeControl('POST', '/keys/revoke', { key });
  await expect(stripe.customers.list()).rejects.toMatchObject({ statusCode: 401 });
  const { accounts } = (await stripeControl('GET', '/accounts')) as {
    accounts: { keys: string[] }[];
  };
  expect(accounts.some(({ keys }) => keys.includes(second))).toBe(true);
  expect(await stripeControl('POST', '/settings', { search_lag_seconds: 5 })).toMatchObject({
    searchLagSeconds: 5,
  });
  expect((await control(fixture.sandbox.stripe.url, 'POST', '/settings', { search_lag: 5 })).status).toBe(
    400,
  );
  await stripeControl('POST', '/settings', { search_lag_seconds: 60 });
  expect((await stripeControl('POST', '/idempotency/prune', { account: second })).pruned).toBe(1);
  await stripeControl('POST', '/reset', { account: second });
  expect((await stripeControl('GET', `/objects/customers?account=${second}`)).objects).toEqual([]);
  expect((await stripeControl('GET', '/schema_violations')).violations).toEqual([]);
  expect(await stripeControl('GET', '')).toHaveProperty('clock');
});

test('payments are settled and cards changed over HTTP', async () => {
  const stripe = stripeClient(fixture.sandbox);
  const customer = await stripe.customers.create({});
  const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  const charge = { amount: 100, currency: 'usd', customer: customer.id, confirm: true, off_session: true };
  const debit = await stripe.paymentIntents.create({
    ...charge,
    payment_method: 'pm_usBankAccount_processing',
  });
  await stripeControl('POST', '/payments/settle', { payment_intent: debit.id, result: 'failed' });
  expect((await stripe.paymentIntents.retrieve(debit.id)).status).toBe('requires_payment_method');
  await stripeControl('POST', '/payment_methods/change_card', {
    payment_method: method.id,
    card_number: '4000000000000069',
  });
  await expect(stripe.paymentIntents.create({ ...charge, payment_method: method.id })).rejects.toMatchObject({
    code: 'expired_card',
  });
});

test('the same controls steer Whop', async () => {
  const [key, company] = [newId('apik_', 20), newId('biz_', 12)];
  const list = async (): Promise<number> =>
    (
      await fetch(`${fixture.sandbox.whop.url}/invoices?company_id=${company}`, {
        headers: { authorization: `Bearer ${key}`, 'api-version-date': '2026-07-20' },
      })
    ).status;
  await whopControl('POST', '/companies/assign', { company, account: key });
  expect(await list()).toBe(200);
  await whopControl('POST', '/faults', { mode: 'error', status: 500, account: company });
  expect(await list()).toBe(500);
  await whopControl('POST', '/faults', { mode: 'drop_before', path: '/api/v1/invoices' });
  await expect(list()).rejects.toThrow();
  expect(await whopControl('GET', `/requests/counts?account=${key}`)).toEqual({ 'GET /api/v1/invoices': 3 });
  expect((await whopControl('GET', '/clock')).now).toBeDefined();
});

test('people find their way: index pages with links', async () => {
  const stripe = stripeClient(fixture.sandbox);
  const customer = await stripe.customers.create({ name: '<b>Ada</b>' });
  const invoice = await stripe.invoices.create({ customer: customer.id, currency: 'usd' });
  await stripe.invoices.addLines(invoice.id, { lines: [{ amount: 100 }] });
  const open = await stripe.invoices.finalizeInvoice(invoice.id);
  const page = await (await fetch(fixture.sandbox.stripe.url)).text();
  expect(page).toContain(open.hosted_invoice_url!);
  expect(page).toContain('&lt;b&gt;Ada&lt;/b&gt;');
  expect(page).not.toContain('<b>Ada</b>');
  expect(await (await fetch(fixture.sandbox.whop.origin)).text()).toContain('Whop sandbox');
});
