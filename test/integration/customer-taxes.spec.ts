import { eventually } from '../support/eventually.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

describe('a customer that is created with its own taxes', () => {
  let server: TestApp;
  let plan: any;
  beforeAll(async () => {
    server = await startTestApp();
    const { api } = server;
    for (const code of ['vat', 'reduced', 'gone'])
      await api.create('/taxes/rates', { name: code, code, percentage_value: code === 'vat' ? '20' : '10' });
    await api.post('/taxes/associations', { tax_rate_code: 'vat', entity_type: 'tenant' });
    plan = await api.create('/plans', {
      name: 'P',
      prices: [{ pricing_model: 'flat', unit_price: 100, currency: 'usd', billing_period: 'monthly' }],
    });
  });
  afterAll(async () => {
    await server.stop();
  });

  const codesOf = async (customer: any): Promise<string[]> =>
    (
      await server.api.get(`/taxes/associations?entity_type=customer&entity_id=${customer.id}&order=asc`)
    ).items.map((one: any) => one.tax_rate.code);
  const taxOf = async (customer: any): Promise<string> =>
    (await server.api.create('/subscriptions', { customer_id: customer.id, plan_id: plan.id })).latest_invoice
      .total_tax;
  const create = (external_id: string, more: object): Promise<any> =>
    server.api.create('/customers', { external_id, name: external_id, ...more });
  /** Its creation has been heard of: another customer that was created after it has its tenant's rates. */
  const settled = async (name: string): Promise<void> => {
    const other = await create(name, {});
    await eventually('inherited', async () => ((await codesOf(other)).length > 0 ? true : undefined));
  };

  it('has those in place of the tenant’s, now and after the tenant’s would have been copied', async () => {
    const reduced = await create('reduced', {
      tax_rate_overrides: [{ tax_rate_code: 'reduced', currency: 'usd', priority: 3, metadata: { a: 'b' } }],
    });
    expect(reduced).toMatchObject({ external_id: 'reduced', status: 'published' });
    expect(await codesOf(reduced)).toEqual(['reduced']);
    await settled('after-reduced');
    expect(await codesOf(reduced)).toEqual(['reduced']);
    expect(await taxOf(reduced)).toBe('10');
    const [association] = (
      await server.api.get(`/taxes/associations?entity_type=customer&entity_id=${reduced.id}`)
    ).items;
    expect(association).toMatchObject({
      priority: 3,
      currency: 'usd',
      auto_apply: true,
      metadata: { a: 'b' },
    });
  });

  it('has none where the list is empty, and the same one as the tenant’s when it says so', async () => {
    const free = await create('free', { tax_rate_overrides: [] });
    const same = await create('same', { tax_rate_overrides: [{ tax_rate_code: 'vat' }] });
    await settled('after-free');
    expect(await codesOf(free)).toEqual([]);
    expect(await taxOf(free)).toBe('0');
    expect(await codesOf(same)).toEqual(['vat']);
    expect(await taxOf(same)).toBe('20');
  });

  it('is not created when one of them cannot be', async () => {
    for (const [overrides, status] of [
      [[{ tax_rate_code: 'none' }], 404],
      [[{ tax_rate_code: 'vat' }, { tax_rate_code: 'vat' }], 409],
      [[{ currency: 'usd' }], 400],
    ] as const) {
      const answer = await server.api.send('POST', '/customers', {
        external_id: 'refused',
        name: 'R',
        tax_rate_overrides: overrides,
      });
      expect(answer.status).toBe(status);
    }
    expect((await server.api.send('GET', '/customers/external/refused')).status).toBe(404);
  });
});
