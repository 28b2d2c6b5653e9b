import pg from 'pg';
import { RATED_ROWS_VERSION } from '../../src/rating/rated-rows.queries.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** Real-time balances remember how a customer is rated. Whatever bears on that is seen by the next one. */
describe('the rating that balances remember', () => {
  let server: TestApp;
  let api: TestApp['api'];
  let feature: any;
  let plan: any;
  let price: any;
  let seq = 0;
  beforeAll(async () => {
    // Without a worker, nobody but these requests asks the database anything.
    server = await startTestApp({ worker: { enabled: false } });
    api = server.api;
    feature = await api.create('/features', {
      name: 'Calls',
      type: 'metered',
      meter: { name: 'Calls', event_name: 'call', aggregation: { type: 'SUM', field: 'n' } },
    });
    plan = await api.create('/plans', { name: 'Calls', lookup_key: 'calls' });
    price = await priced('PLAN', plan.id, '0.01');
  });
  afterAll(async () => {
    await server.stop();
  });

  const priced = (entity_type: string, entity_id: string, amount: string): Promise<any> =>
    api.create('/prices', {
      entity_type,
      entity_id,
      amount,
      type: 'USAGE',
      meter_id: feature.meter_id,
      billing_model: 'FLAT_FEE',
      currency: 'usd',
      billing_period: 'MONTHLY',
      invoice_cadence: 'ARREAR',
      price_unit_type: 'FIAT',
    });

  async function subscribed(): Promise<{ subscription: any; usage: () => Promise<string> }> {
    const customer = await api.create('/customers', { external_id: `rr-${++seq}`, name: 'Remembered' });
    const subscription = await api.create('/subscriptions', { customer_id: customer.id, plan_id: plan.id });
    const wallet = await api.post('/wallets', { customer_id: customer.id, currency: 'usd' });
    await api.expect(202, 'POST', '/events', {
      event_name: 'call',
      external_customer_id: customer.external_id,
      properties: { n: 1000 },
    });
    return {
      subscription,
      usage: async () => (await api.get(`/wallets/${wallet.id}/balance/real-time`)).current_period_usage,
    };
  }

  it('follows what the plan includes', async () => {
    const { usage } = await subscribed();
    expect(await usage()).toBe('10');
    const included = await api.create('/entitlements', {
      entity_type: 'PLAN',
      entity_id: plan.id,
      feature_id: feature.id,
      feature_type: 'metered',
      usage_limit: 400,
      is_enabled: true,
    });
    expect(await usage()).toBe('6');
    await api.put(`/entitlements/${included.id}`, { usage_limit: 900 });
    expect(await usage()).toBe('1');
    await api.expect(200, 'DELETE', `/entitlements/${included.id}`);
    expect(await usage()).toBe('10');
  });

  it('follows lines that come, and the subscription that ends', async () => {
    const { subscription, usage } = await subscribed();
    expect(await usage()).toBe('10');
    const addon = await api.create('/addons', { name: 'More', lookup_key: 'more', type: 'onetime' });
    await priced('ADDON', addon.id, '0.02');
    expect(await usage()).toBe('10');
    await api.post('/subscriptions/addon', { subscription_id: subscription.id, addon_id: addon.id });
    const added = await api.get(`/subscriptions/${subscription.id}/addons/associations`);
    expect(added).toHaveLength(1);
    const line = await api.create(`/subscriptions/${subscription.id}/lineitems`, { price_id: price.id });
    expect(line.price_id).toBe(price.id);
    // The line counts from now on, and so does the addon: what was used before is not theirs.
    expect(await usage()).toBe('10');
    await api.post(`/subscriptions/${subscription.id}/cancel`, { cancellation_type: 'immediate' });
    expect(await usage()).toBe('0');
  });

  it('knows a row of each table that rating reads', async () => {
    const { usage } = await subscribed();
    const query = jest.spyOn(pg.Client.prototype, 'query');
    await usage();
    const asked = query.mock.calls.map(([given]: unknown[]) =>
      typeof given === 'string' ? given : (given as { text: string }).text,
    );
    query.mockRestore();
    expect(asked.some((sql) => sql.includes(RATED_ROWS_VERSION))).toBe(true);
    const read = new Set(
      asked
        .filter((sql) => !sql.includes(RATED_ROWS_VERSION))
        .flatMap((sql) =>
          [...sql.matchAll(/(?:FROM|JOIN) (?:"billing"\.)?"?([a-z_]+)"?/g)].map(([, table]) => table),
        ),
    );
    // Parts of statements, by their names.
    const parts = new Set(
      asked.flatMap((sql) => [...sql.matchAll(/([a-z_]+) AS (?:MATERIALIZED )?\(/g)].map(([, name]) => name)),
    );
    const named = new Set(
      [...RATED_ROWS_VERSION.matchAll(/(?:FROM|JOIN) ([a-z_]+)/g)].map(([, table]) => table),
    );
    const elsewhere = [
      // Who asks, and for which wallet.
      ...['environment_clocks', 'api_keys', 'environments', 'k', 'wallets'],
      // Usage itself is read anew each time.
      ...['usage_events', 'usage_series', 'usage_hours', 'usage_rollups', 'jsonb_to_recordset', ...parts],
      // A group decides where a line is shown, not what it costs.
      ...['groups', 'group_members', 'price_groups'],
    ];
    expect(read).toContain('subscription_line_items');
    expect([...read].filter((table) => !named.has(table) && !elsewhere.includes(table as string))).toEqual(
      [],
    );
  });
});
