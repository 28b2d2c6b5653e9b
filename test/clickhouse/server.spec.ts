import { UsageMoveService } from '../../src/usage/usage-move.service.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { startChdb, type Chdb } from './chdb.js';

const DAY = 24 * 60 * 60 * 1000;

describe('a server with its usage in ClickHouse', () => {
  let chdb: Chdb;
  let server: TestApp;
  beforeAll(async () => {
    chdb = await startChdb();
    server = await startTestApp({ usage: { storeUrl: chdb.url } });
  });
  afterAll(async () => {
    await server.stop();
    await chdb.stop();
  });
  const event = (id: string, more: object = {}) => ({
    event_name: 'sent',
    external_customer_id: 'someone',
    event_id: id,
    timestamp: new Date(Date.now() - DAY).toISOString(),
    properties: { n: 1 },
    ...more,
  });
  const count = async (of = server, eventName = 'sent') =>
    (await of.api.post('/events/usage', { event_name: eventName, aggregation_type: 'COUNT' }))
      .value as number;

  it('bills what it answers', async () => {
    // A tenant of its own, because its clock will be moved.
    const { api, tenant } = await server.anotherTenant();
    const feature = await api.create('/features', {
      name: 'API calls',
      key: 'api-calls',
      feature_type: 'metered',
      meter: { name: 'API calls', event_name: 'api.call', aggregation: { type: 'SUM', field: 'units' } },
    });
    const plan = await api.create('/plans', {
      name: 'Pro',
      key: 'pro',
      billing_period: 'monthly',
      currency: 'USD',
      plan_type: 'recurring',
      prices: [{ feature_id: feature.id, pricing_model: 'flat', unit_price: '0.0123' }],
    });
    const customer = await api.create('/customers', {
      customer_id: 'acme',
      name: 'Acme',
      email: 'a@acme.test',
    });
    const subscription = await api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
      billing_anchor: 'subscription_start',
    });
    const start = new Date(subscription.current_period_start as string).getTime();
    const end = new Date(subscription.current_period_end as string).getTime();
    const events = Array.from({ length: 1000 }, (_, i) =>
      event(`e-${i}`, {
        event_name: 'api.call',
        external_customer_id: 'acme',
        timestamp: new Date(start + Math.floor((i * (end - start)) / 1000)).toISOString(),
        properties: { units: '7.512345678901234567' },
      }),
    );
    await api.expect(202, 'POST', '/events/bulk', { events });
    await api.expect(202, 'POST', '/events/bulk', { events });
    const usage = await api.post('/events/usage/meter', {
      meter_id: feature.meter_id,
      external_customer_id: 'acme',
      start_time: subscription.current_period_start,
      end_time: subscription.current_period_end,
    });
    expect(usage.value).toBe(Number('7512.345678901234567'));
    await api.post(`/environments/${tenant.environmentId}/clock/advance`, {
      to: new Date(end + DAY / 24).toISOString(),
    });
    const { items } = await api.post('/invoices/search', { subscription_id: subscription.id });
    const billed = items.find(
      (one: { billing_reason: string }) => one.billing_reason === 'SUBSCRIPTION_CYCLE',
    );
    // 7512.345678901234567 × 0.0123 = 92.4018…
    expect(billed).toMatchObject({ invoice_status: 'FINALIZED', total: '92.4' });
    expect(billed.line_items.map((line: { quantity: string }) => line.quantity)).toEqual([
      '7512.345678901234567',
    ]);
    const rows = await server.database.query('SELECT count(*)::int AS n FROM usage_events');
    expect(rows).toEqual([{ n: 0 }]);
  });

  it('shows a tenant nothing of another, on any route', async () => {
    const other = await server.anotherTenant();
    await server.api.expect(202, 'POST', '/events', event('mine', { event_name: 'seen' }));
    await server.api.expect(
      202,
      'POST',
      '/events',
      event('mine', { event_name: 'seen', properties: { n: 2 } }),
    );
    expect(await count(server, 'seen')).toBe(1);
    expect((await server.api.get('/events/conflicts')).pagination.total).toBe(1);
    const asked = await other.api.post('/events/usage', { event_name: 'seen', aggregation_type: 'COUNT' });
    expect(asked.value).toBe(0);
    expect((await other.api.post('/events/query', {})).total_count).toBe(0);
    expect((await other.api.get('/events/conflicts')).pagination.total).toBe(0);
    await other.api.expect(404, 'GET', '/events/lookup?event_id=mine');
  });

  it('counts once what comes to two servers', async () => {
    const second = await startTestApp({
      usage: { storeUrl: chdb.url },
      database: server.database,
      secretKey: server.secretKey,
    });
    try {
      const both = [server.api, second.api.with({ key: server.api.key })];
      const events = Array.from({ length: 50 }, (_, i) => event(`both-${i}`, { event_name: 'both' }));
      await Promise.all(both.map((api) => api.expect(202, 'POST', '/events/bulk', { events })));
      expect(await count(server, 'both')).toBe(50);
    } finally {
      await second.close();
    }
  });

  it('answers 503 while the store is away, has taken nothing then, and goes on by itself', async () => {
    await server.api.expect(202, 'POST', '/events', event('before'));
    const before = await count();
    await chdb.kill();
    const refused = await server.api.expect(503, 'POST', '/events/bulk', {
      events: [event('a'), event('b')],
    });
    expect(refused).toMatchObject({
      code: 'service_unavailable',
      error: { code: 'usage_store_unavailable' },
    });
    await server.api.expect(503, 'POST', '/events/usage', { event_name: 'sent', aggregation_type: 'COUNT' });
    // What does not need it goes on.
    await server.api.create('/customers', { customer_id: 'still', name: 'Still' });
    await chdb.start();
    expect(await count()).toBe(before);
    await server.api.expect(202, 'POST', '/events/bulk', { events: [event('a'), event('b')] });
    expect(await count()).toBe(before + 2);
  });

  it.each([
    [
      'nobody listens',
      (url: URL) => (url.port = '9'),
      /127\.0\.0\.1:9\/default cannot be used: .*ECONNREFUSED/,
    ],
    [
      'the password is wrong',
      (url: URL) => (url.password = 'secret'),
      /cannot be used: .*Authentication failed/,
    ],
    [
      'there is no such database',
      (url: URL) => (url.pathname = '/no'),
      /cannot be used: .*Database no does not exist/,
    ],
  ])('does not start when %s, and says why without the password', async (_, change, reason) => {
    const url = new URL(chdb.url.replace('clickhouse:', 'http:'));
    change(url);
    const started = startTestApp({ usage: { storeUrl: url.href }, database: server.database });
    const error = await started.then(
      () => 'it started',
      (thrown: unknown) => String(thrown),
    );
    expect(error).toMatch(reason);
    expect(error).not.toMatch(/secret|p@ss|p%40ss/);
  });

  it('takes over what lies in Postgres, as often as one likes', async () => {
    const first = await startTestApp();
    const key = first.api.key;
    const events = Array.from({ length: 120 }, (_, i) =>
      event(`old-${i}`, {
        event_name: 'old',
        timestamp: new Date(Date.UTC(2026, i % 3, 5, 0, i)).toISOString(),
        properties: { n: `${i}.5`, deep: [i] },
      }),
    );
    await first.api.expect(202, 'POST', '/events/bulk', { events });
    await first.api.expect(202, 'POST', '/events', { ...events[7], properties: { n: 'other' } });
    const all = { start_time: '2026-01-01T00:00:00Z', end_time: '2026-12-01T00:00:00Z' };
    const asked = (api = first.api) =>
      Promise.all([
        api.post('/events/usage', { event_name: 'old', aggregation_type: 'SUM', property_name: 'n', ...all }),
        api.post('/events/query', { event_name: 'old', page_size: 1000, ...all }),
        api.get('/events/conflicts'),
        api.get('/events/lookup?event_id=old-7'),
      ]);
    const before = await asked();
    await expect(first.app.get(UsageMoveService, { strict: false }).move(undefined)).rejects.toThrow(
      'no usage store',
    );
    await first.close();

    const second = await startTestApp({
      usage: { storeUrl: chdb.url },
      database: first.database,
      secretKey: first.secretKey,
    });
    try {
      const mover = second.app.get(UsageMoveService, { strict: false });
      const february = { start: new Date('2026-02-01T00:00:00Z'), end: new Date('2026-03-01T00:00:00Z') };
      expect(await mover.move(february)).toEqual({ events: 40, conflicts: 0 });
      expect(await mover.move(undefined)).toEqual({ events: 120, conflicts: 1 });
      expect(await mover.move(undefined)).toEqual({ events: 120, conflicts: 1 });
      expect(await asked(second.api.with({ key }))).toEqual(before);
    } finally {
      await second.stop();
    }
  });
});
