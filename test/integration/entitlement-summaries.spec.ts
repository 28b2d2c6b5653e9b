import type { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** Plan, addon and subscription each say something; the present is 11 January 2031. */
describe('what a customer is entitled to', () => {
  let server: TestApp;
  let api: ApiClient;
  let plan: any;
  let addon: any;
  let calls: any;
  let storage: any;
  let level: any;
  let customers = 0;
  const metered = (name: string, event_name: string) =>
    api.create('/features', {
      name,
      type: 'metered',
      meter: { name, event_name, aggregation: { type: 'COUNT' } },
    });
  const entitle = (entity_type: string, entity_id: string, feature: any, more: object) =>
    api.create('/entitlements', {
      entity_type,
      entity_id,
      feature_id: feature.id,
      feature_type: feature.type,
      ...more,
    });
  const subscribe = async (more: object = {}) => {
    const customer = await api.create('/customers', { external_id: `e${++customers}`, name: 'E' });
    const subscription = await api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
      start_date: '2031-01-01T00:00:00Z',
      ...more,
    });
    return { ...subscription, external_id: customer.external_id };
  };
  const use = (subscription: any, event_name: string, times: number, timestamp: string) =>
    api.expect(202, 'POST', '/events/bulk', {
      events: Array.from({ length: times }, () => ({
        event_name,
        external_customer_id: subscription.external_id,
        timestamp,
      })),
    });
  const of = (features: any[], feature: any): any => features.find((one) => one.feature.id === feature.id);

  beforeAll(async () => {
    server = await startTestApp();
    ({ api } = server);
    calls = await metered('Calls', 'call');
    storage = await metered('Storage', 'stored');
    level = await api.create('/features', { name: 'Support', type: 'static' });
    plan = await api.create('/plans', { name: 'Pro' });
    await api.create('/prices', {
      entity_type: 'PLAN',
      entity_id: plan.id,
      type: 'FIXED',
      invoice_cadence: 'ADVANCE',
      billing_model: 'FLAT_FEE',
      billing_period: 'MONTHLY',
      price_unit_type: 'FIAT',
      currency: 'usd',
      amount: '31',
      start_date: '2020-01-01T00:00:00Z',
    });
    addon = await api.create('/addons', {
      name: 'More calls',
      lookup_key: 'more',
      type: 'multiple_instance',
    });
    await entitle('PLAN', plan.id, calls, { usage_limit: 100 });
    await entitle('ADDON', addon.id, calls, { usage_limit: 50, is_soft_limit: true });
    await entitle('PLAN', plan.id, storage, { usage_limit: 10, usage_reset_period: 'DAILY' });
    await entitle('PLAN', plan.id, level, { static_value: 'gold' });
    await api.post(`/environments/${server.tenant.environmentId}/clock/advance`, {
      to: '2031-01-11T12:00:00Z',
    });
  });
  afterAll(async () => {
    await server.stop();
  });

  it('adds up the limits of a subscription’s sources, an addon as often as it is had', async () => {
    const subscription = await subscribe();
    const add = () =>
      api.post('/subscriptions/addon', { subscription_id: subscription.id, addon_id: addon.id });
    await add();
    const { id } = await add();
    const answer = await api.get(`/subscriptions/${subscription.id}/entitlements`);
    expect(answer).toMatchObject({ subscription_id: subscription.id, plan_id: plan.id });
    expect(of(answer.features, calls)).toMatchObject({
      entitlement: { usage_limit: 200, is_enabled: true, is_soft_limit: true, usage_reset_period: null },
      sources: [
        { entity_type: 'plan', entity_id: plan.id, entity_name: 'Pro', usage_limit: 100, quantity: 1 },
        {
          entity_type: 'addon',
          entity_id: addon.id,
          entity_name: 'More calls',
          usage_limit: 50,
          quantity: 2,
        },
      ],
    });
    expect(of(answer.features, level).entitlement).toMatchObject({
      static_values: ['gold'],
      usage_limit: null,
    });
    expect(
      (await api.get(`/subscriptions/${subscription.id}/entitlements?feature_ids=${calls.id}`)).features,
    ).toHaveLength(1);
    await api.expect(200, 'DELETE', '/subscriptions/addon', { addon_association_id: id });
    const { features } = await api.get(`/subscriptions/${subscription.id}/entitlements`);
    expect(of(features, calls).entitlement.usage_limit).toBe(150);
  });

  it('takes a subscription’s own for its plan’s, and adds up the subscriptions of a customer', async () => {
    const one = await subscribe();
    const { features } = await api.get(`/subscriptions/${one.id}/entitlements`);
    const [{ entitlement_id: parent }] = of(features, calls).sources;
    await entitle('SUBSCRIPTION', one.id, calls, { usage_limit: 1000, parent_entitlement_id: parent });
    const two = await api.create('/subscriptions', { customer_id: one.customer_id, plan_id: plan.id });
    const answer = await api.get(`/customers/${one.customer_id}/entitlements`);
    expect(answer.customer_id).toBe(one.customer_id);
    expect(answer.subscriptions.map(({ id }: any) => id).sort()).toEqual([one.id, two.id].sort());
    expect(of(answer.features, calls).entitlement.usage_limit).toBe(1100);
    expect(await api.get(`/customers/external/${one.external_id}/entitlements`)).toEqual(answer);
    await api.post(`/subscriptions/${two.id}/cancel`, { cancellation_type: 'immediate' });
    const left = await api.get(`/customers/${one.customer_id}/entitlements`);
    expect(of(left.features, calls).entitlement.usage_limit).toBe(1000);
    expect((await api.get(`/subscriptions/${two.id}/entitlements`)).features).toEqual([]);
    expect((await api.send('GET', '/subscriptions/subs_none/entitlements')).status).toBe(404);
    expect((await api.send('GET', '/customers/external/nobody/entitlements')).status).toBe(404);
  });

  it('the usage summary sets use against the limits, each in the time that it holds for', async () => {
    const subscription = await subscribe();
    await use(subscription, 'call', 25, '2031-01-02T00:00:00Z');
    await use(subscription, 'stored', 7, '2031-01-10T23:00:00Z');
    await use(subscription, 'stored', 4, '2031-01-11T01:00:00Z');
    const { features } = await api.get(`/customers/usage?customer_id=${subscription.customer_id}`);
    expect(of(features, calls)).toMatchObject({
      current_usage: '25',
      total_limit: 100,
      usage_percent: '25',
      is_unlimited: false,
      next_usage_reset_at: '2031-02-01T00:00:00.000Z',
      sources: [{ entity_type: 'plan', subscription_id: subscription.id }],
    });
    expect(of(features, storage)).toMatchObject({
      current_usage: '4',
      total_limit: 10,
      usage_percent: '40',
      next_usage_reset_at: '2031-01-12T00:00:00.000Z',
    });
    expect(of(features, level)).toBeUndefined();
  });
});
