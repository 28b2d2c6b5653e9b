import type { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** Numbers that JSON.parse would round. Bodies are written by hand: JSON.stringify would round them, too. */
describe('numbers of more digits than a double has', () => {
  let server: TestApp;
  let api: ApiClient;
  beforeAll(async () => {
    server = await startTestApp();
    ({ api } = server);
    await api.create('/customers', { external_id: 'big', name: 'Big' });
  });
  afterAll(async () => {
    await server.stop();
  });

  const meter = async (name: string, aggregation: object): Promise<string> =>
    (await api.create('/features', { name, type: 'metered', meter: { name, event_name: name, aggregation } }))
      .meter_id as string;
  const event = (id: string, name: string, properties: string): string =>
    `{"event_id":"${id}","event_name":"${name}","external_customer_id":"big","properties":${properties}}`;

  it('are added up as they were sent', async () => {
    const meterId = await meter('tokens', { type: 'SUM', field: 'n' });
    await api.expect(202, 'POST', '/events', event('t1', 'tokens', '{"n":9007199254740993}'));
    await api.expect(
      202,
      'POST',
      '/events/bulk',
      `{"events":[${event('t2', 'tokens', '{"n":-9007199254740991}')},${event('t3', 'tokens', '{"n": 0.123456789012345678}')}]}`,
    );
    const usage = await api.post('/events/usage/meter', { meter_id: meterId, external_customer_id: 'big' });
    expect(usage.value).toBe(Number('2.123456789012345678'));
  });

  it('count as the different values that they are', async () => {
    const meterId = await meter('users', { type: 'COUNT_UNIQUE', field: 'user' });
    const ids = ['1234567890123456789', '1234567890123456788', '1234567890123456787'];
    await api.expect(
      202,
      'POST',
      '/events/bulk',
      `{"events":[${ids.map((id) => event(`u${id}`, 'users', `{"user":${id}}`)).join(',')}]}`,
    );
    const asked = { meter_id: meterId, external_customer_id: 'big' };
    expect((await api.post('/events/usage/meter', asked)).value).toBe(3);
    expect((await api.post('/events/usage/meter', { ...asked, filters: { user: [ids[1]] } })).value).toBe(1);
  });

  it('are shown as strings, and sent again they are the same event', async () => {
    const body = event('shown', 'shown', '{"deep":[{"n":9007199254740993}],"n":1.50}');
    await api.expect(202, 'POST', '/events', body);
    await api.expect(202, 'POST', '/events', body);
    const { event: stored } = await api.get('/events/lookup?event_id=shown');
    expect(stored.properties).toEqual({ deep: [{ n: '9007199254740993' }], n: 1.5 });
    const found = await api.post('/events/query', { event_id: 'shown' });
    expect(found.events[0].properties).toEqual(stored.properties);
    expect((await api.get('/events/conflicts')).pagination.total).toBe(0);
    await api.expect(
      202,
      'POST',
      '/events',
      event('shown', 'shown', '{"deep":[{"n":9007199254740992}],"n":1.50}'),
    );
    expect((await api.get('/events/conflicts')).items[0].refused.properties.deep).toEqual([
      { n: 9007199254740992 },
    ]);
  });

  it('that nothing can be counted with are refused by their place', async () => {
    for (const number of ['1e999', '9'.repeat(401)]) {
      const answer = await api.send(
        'POST',
        '/events/bulk',
        `{"events":[${event('ok', 'e', '{}')},${event('bad', 'e', `{"list":[1,{"tokens":${number}}]}`)}]}`,
      );
      expect(answer.status).toBe(400);
      expect(Object.keys(answer.body.details.fields)).toEqual(['events[1].properties.list[1].tokens']);
    }
  });

  it('are taken exactly where a field wants a decimal, and refused where it wants less', async () => {
    const plan = await api.create('/plans', { name: 'Exact' });
    const price = (amount: string): string =>
      `{"entity_type":"PLAN","entity_id":"${plan.id}","type":"USAGE","meter_id":"METER","billing_model":"FLAT_FEE",
        "billing_period":"MONTHLY","invoice_cadence":"ARREAR","currency":"usd","amount":${amount}}`;
    const meterId = await meter('priced', { type: 'COUNT' });
    const create = (amount: string) => api.send('POST', '/prices', price(amount).replace('METER', meterId));
    expect((await create('0.123456789012345678')).body).toMatchObject({ amount: '0.123456789012345678' });
    expect((await create('123456789012345.67')).body).toMatchObject({ amount: '123456789012345.67' });
    const finer = await create('0.1234567890123456789');
    expect(finer.status).toBe(400);
    expect(Object.keys(finer.body.details.fields)).toEqual(['amount']);
    const order = await api.send('POST', '/plans', '{"name":"x","display_order":9007199254740993}');
    expect(order.status).toBe(400);
    expect(Object.keys(order.body.details.fields)).toEqual(['display_order']);
    const metadata = await api.send('POST', '/plans', '{"name":"x","metadata":{"a":9007199254740993}}');
    expect(Object.keys(metadata.body.details.fields)).toEqual(['metadata']);
  });
});
