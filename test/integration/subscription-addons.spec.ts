import type { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** The period is January 2031, 31 days; the present is the 11th. */
describe('addons of a subscription', () => {
  let server: TestApp;
  let api: ApiClient;
  let plan: any;
  let bigger: any;
  let addon: any;
  let customers = 0;
  const priced = (entity_type: string, entity_id: string, amount: string, more: object = {}) =>
    api.create('/prices', {
      entity_type,
      entity_id,
      type: 'FIXED',
      invoice_cadence: 'ADVANCE',
      billing_model: 'FLAT_FEE',
      billing_period: 'MONTHLY',
      price_unit_type: 'FIAT',
      currency: 'usd',
      amount,
      start_date: '2020-01-01T00:00:00Z',
      ...more,
    });
  const subscribe = async (more: object = {}) => {
    const customer = await api.create('/customers', { external_id: `a${++customers}`, name: 'A' });
    return api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
      currency: 'usd',
      start_date: '2031-01-01T00:00:00Z',
      proration_behavior: 'create_prorations',
      ...more,
    });
  };
  const add = (subscription: any, of: any, more: object = {}) =>
    api.send('POST', '/subscriptions/addon', { subscription_id: subscription.id, addon_id: of.id, ...more });
  const credit = async (subscription: any): Promise<number> =>
    ((await api.get(`/customers/${subscription.customer_id}/wallets`)) as any[]).reduce(
      (sum: number, wallet) => sum + Number(wallet.balance),
      0,
    );

  beforeAll(async () => {
    server = await startTestApp();
    ({ api } = server);
    plan = await api.create('/plans', { name: 'Pro' });
    await priced('PLAN', plan.id, '31');
    bigger = await api.create('/plans', { name: 'Bigger' });
    await priced('PLAN', bigger.id, '62');
    addon = await api.create('/addons', { name: 'Backup', lookup_key: 'backup', type: 'onetime' });
    await priced('ADDON', addon.id, '62');
    await priced('ADDON', addon.id, '99', { currency: 'eur' });
    await api.post(`/environments/${server.tenant.environmentId}/clock/advance`, {
      to: '2031-01-11T00:00:00Z',
    });
  });
  afterAll(async () => {
    await server.stop();
  });

  it('bring lines that are billed at once for the rest of the period, and give it back when they go', async () => {
    const subscription = await subscribe();
    const { status, body } = await add(subscription, addon, { metadata: { by: 'test' } });
    expect({ status, ...body }).toMatchObject({
      status: 'published',
      addon_id: addon.id,
      addon: { name: 'Backup' },
      entity_type: 'subscription',
      entity_id: subscription.id,
      addon_status: 'active',
      metadata: { by: 'test' },
      invoice: { billing_reason: 'SUBSCRIPTION_UPDATE', total: '42', invoice_status: 'FINALIZED' },
    });
    const { line_items } = await api.get(`/subscriptions/${subscription.id}`);
    expect(line_items[1]).toMatchObject({
      entity_type: 'addon',
      entity_id: addon.id,
      addon_association_id: body.id,
      display_name: 'Backup',
    });
    // Only what was paid can be spent when it is given back.
    await api.put(`/invoices/${body.invoice.id}/payment`, { payment_status: 'SUCCEEDED' });
    expect((await api.send('DELETE', `/addons/${addon.id}`)).status).toBe(400);
    expect(await add(subscription, addon)).toMatchObject({
      status: 400,
      body: { error: { code: 'addon_already_added' } },
    });
    const remove = () =>
      api.send('DELETE', '/subscriptions/addon', { addon_association_id: body.id, reason: 'too dear' });
    expect(await remove()).toMatchObject({ status: 200 });
    expect(await credit(subscription)).toBe(42);
    expect(await remove()).toMatchObject({
      status: 400,
      body: { error: { code: 'addon_already_cancelled' } },
    });
    expect(await api.get(`/subscriptions/${subscription.id}/addons/associations`)).toMatchObject([
      { id: body.id, addon_status: 'cancelled', cancellation_reason: 'too dear', addon: { id: addon.id } },
    ]);
    // The next fee alone, which what was given back pays.
    expect(await api.post('/invoices/preview', { subscription_id: subscription.id })).toMatchObject({
      subtotal: '31',
      total: '0',
    });
  });

  it('go along with a change of plan, and end with their subscription', async () => {
    const subscription = await subscribe();
    await add(subscription, addon);
    const changed = await api.post(`/subscriptions/${subscription.id}/change/execute`, {
      target_plan_id: bigger.id,
    });
    expect(changed.proration_applied).toMatchObject({ credit_amount: '63', charge_amount: '124' });
    const next = changed.new_subscription.id;
    expect(await api.get(`/subscriptions/${next}/addons/associations`)).toMatchObject([
      { addon_id: addon.id, addon_status: 'active' },
    ]);
    expect(await api.get(`/subscriptions/${subscription.id}/addons/associations`)).toMatchObject([
      { addon_id: addon.id, addon_status: 'cancelled' },
    ]);
    await api.post(`/subscriptions/${next}/cancel`, { cancellation_type: 'immediate' });
    expect(await api.get(`/subscriptions/${next}/addons/associations`)).toMatchObject([
      { addon_status: 'cancelled', end_date: expect.any(String) },
    ]);
  });

  it('are refused when they have no price for the subscription, without a trace', async () => {
    const euro = await api.create('/addons', { name: 'Euro', lookup_key: 'euro' });
    await priced('ADDON', euro.id, '1', { currency: 'eur' });
    const subscription = await subscribe();
    expect((await add(subscription, euro)).status).toBe(400);
    expect((await add(subscription, { id: 'addon_none' })).status).toBe(404);
    expect((await add(subscription, addon, { cadence: 'onetime' })).status).toBe(501);
    expect(await api.get(`/subscriptions/${subscription.id}/addons/associations`)).toEqual([]);
    expect((await api.get(`/subscriptions/${subscription.id}`)).line_items).toHaveLength(1);
  });
});
