import { UsageRollups } from '../../src/usage/postgres/usage-rollups.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

describe('usage analytics', () => {
  let server: TestApp;
  let plan: any;
  let tokens: any;
  const start = new Date(Math.floor(Date.now() / 86_400_000) * 86_400_000 - 5 * 86_400_000);
  const day = (n: number, hour = 0): string =>
    new Date(start.getTime() + n * 86_400_000 + hour * 3_600_000).toISOString();
  const ask = (body: object): Promise<any> =>
    server.api.post('/events/analytics', {
      external_customer_id: 'acme',
      start_time: day(0),
      end_time: day(5),
      ...body,
    });

  beforeAll(async () => {
    server = await startTestApp({ worker: { enabled: false } });
    const { api } = server;
    const feature = (key: string, aggregation: object) =>
      api.create('/features', {
        name: key,
        lookup_key: key,
        type: 'metered',
        meter: { name: key, event_name: key, aggregation },
      });
    tokens = await feature('tokens', { type: 'SUM', field: 'n' });
    await feature('users', { type: 'COUNT_UNIQUE', field: 'user' });
    await feature('unused', { type: 'COUNT' });
    plan = await api.create('/plans', { name: 'P', lookup_key: 'p' });
    await api.create('/prices', {
      entity_type: 'PLAN',
      entity_id: plan.id,
      type: 'USAGE',
      meter_id: tokens.meter_id,
      billing_model: 'TIERED',
      tier_mode: 'SLAB',
      tiers: [
        { up_to: 10, unit_amount: '1' },
        { up_to: null, unit_amount: '0.5' },
      ],
      billing_period: 'MONTHLY',
      invoice_cadence: 'ARREAR',
      price_unit_type: 'FIAT',
      currency: 'usd',
      start_date: day(-2),
    });
    const customer = await api.create('/customers', { external_id: 'acme', name: 'Acme' });
    await api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
      currency: 'usd',
      billing_period: 'MONTHLY',
      start_date: day(-1),
    });
    const event = (name: string, when: string, source: string, properties: object) => ({
      event_name: name,
      external_customer_id: 'acme',
      timestamp: when,
      source,
      properties,
    });
    await api.expect(202, 'POST', '/events/bulk', {
      events: [
        event('tokens', day(0, 1), 'api', { n: 4, model: 'small' }),
        event('tokens', day(0, 2), 'batch', { n: 8, model: 'large' }),
        event('tokens', day(3, 5), 'api', { n: 12, model: 'large' }),
        event('tokens', day(6), 'api', { n: 1000, model: 'large' }),
        event('users', day(1), 'api', { user: 'ann' }),
        event('users', day(1, 3), 'api', { user: 'bob' }),
        event('users', day(2), 'web', { user: 'ann' }),
        { ...event('tokens', day(0, 1), 'api', { n: 7 }), external_customer_id: 'other' },
      ],
    });
  });
  afterAll(async () => {
    await server.stop();
  });

  it('shows usage, cost and days by feature; costs add up to what the tiers make of the whole', async () => {
    const answer = async () => {
      const { items, ...totals } = await ask({ window_size: 'DAY' });
      return {
        totals,
        items: items.map((item: any) => [
          item.name,
          item.total_usage,
          item.total_cost,
          item.event_count,
          item.points.map((point: any) => [point.timestamp, point.usage, point.cost, point.event_count]),
        ]),
      };
    };
    const expected = {
      // 10 × 1 + 14 × 0.5
      totals: {
        total_cost: '17',
        subtotal: '17',
        total_discount: '0',
        currency: 'usd',
        custom_analytics: [],
      },
      items: expect.arrayContaining([
        [
          'tokens',
          '24',
          '17',
          3,
          [
            [day(0), '12', '8.5', 2],
            [day(3), '12', '8.5', 1],
          ],
        ],
        [
          'users',
          '2',
          '0',
          3,
          [
            [day(1), '2', '0', 2],
            [day(2), '1', '0', 1],
          ],
        ],
      ]),
    };
    expect(await answer()).toEqual(expected);
    const rollups = server.app.get(UsageRollups, { strict: false });
    await rollups.rollUp({ quietMs: 0 });
    expect(await rollups.rollUp({ quietMs: 0 })).toBe(0);
    expect(await answer()).toEqual(expected);
    expect((await answer()).items).toHaveLength(2);
  });

  it('splits by source and by properties, the cost in proportion to usage', async () => {
    const { items } = await ask({ group_by: ['source'], feature_ids: [tokens.id] });
    expect(items.map((item: any) => [item.source, item.total_usage, item.total_cost])).toEqual([
      ['api', '16', '11.333333333333333333'],
      ['batch', '8', '5.666666666666666667'],
    ]);
    const byModel = await ask({ group_by: ['feature_id', 'properties.model'], sources: ['api'] });
    expect(
      byModel.items
        .filter((item: any) => item.name === 'tokens')
        .map((item: any) => [item.properties, item.total_usage]),
    ).toEqual([
      [{ model: 'large' }, '12'],
      [{ model: 'small' }, '4'],
    ]);
  });

  it('shows usage from before anything charged for it, and its cost from then on', async () => {
    const { items } = await ask({ start_time: day(-4), feature_ids: [tokens.id] });
    expect([items[0].total_usage, items[0].total_cost]).toEqual(['24', '17']);
    await server.api.expect(202, 'POST', '/events', {
      event_name: 'tokens',
      external_customer_id: 'acme',
      timestamp: day(-3),
      properties: { n: 100 },
    });
    const after = (await ask({ start_time: day(-4), feature_ids: [tokens.id] })).items;
    expect([after[0].total_usage, after[0].total_cost]).toEqual(['124', '17']);
  });

  it('narrows by feature and properties, and carries along what is asked for', async () => {
    const { items } = await ask({
      property_filters: { model: ['large'] },
      expand: ['feature', 'meter', 'price', 'source'],
    });
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      total_usage: '20',
      sources: ['api', 'batch'],
      plan_id: plan.id,
      feature: { lookup_key: 'tokens' },
      meter: { event_name: 'tokens' },
      price: { tier_mode: 'SLAB' },
    });
  });

  it('refuses what it cannot answer', async () => {
    const refused = async (body: object) => (await server.api.send('POST', '/events/analytics', body)).status;
    expect(await refused({})).toBe(400);
    expect(await refused({ external_customer_id: 'nobody' })).toBe(404);
    expect(await refused({ external_customer_id: 'acme', group_by: ['colour'] })).toBe(400);
    expect(await refused({ external_customer_id: 'acme', expand: ['plan'] })).toBe(400);
    expect(await refused({ external_customer_id: 'acme', window_size: 'EON' })).toBe(400);
    expect(await refused({ external_customer_id: 'acme', include_children: true })).toBe(501);
    expect(await refused({ external_customer_id: 'acme', start_time: day(2), end_time: day(1) })).toBe(400);
    expect(await refused({ external_customer_id: 'acme', property_filters: { a: 'b' } })).toBe(400);
  });
});
