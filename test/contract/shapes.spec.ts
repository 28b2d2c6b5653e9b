import { record, type Recording } from './recording.js';
import { addressOf, OPERATIONS, servedRoutes } from './declared.js';
import { answersThatDiffer, reachedBy } from './sdk-client.js';
import { violationsOf } from './shapes.js';
import { redeem } from '../support/redeem.js';
import { Road } from '../support/road.js';

describe('the walker', () => {
  const whole = {
    id: 'tenant_1',
    name: 'One',
    status: 'published',
    billing_details: null,
    metadata: { a: '1' },
    created_at: '2026-01-01T00:00:00Z',
    updated_at: null,
  };

  it('accepts what is declared, with keys beside it', () => {
    expect(violationsOf({ ...whole, more: 1 }, 'ref:TenantResponse')).toEqual([]);
  });

  it.each([
    ['a key that lacks', { name: undefined }, '$.name is not a string'],
    ['a number for a text', { name: 1 }, '$.name is not a string'],
    ['a time without a zone', { created_at: '2026-01-01T00:00:00' }, '$.created_at is not a date'],
    ['a number in a map of texts', { metadata: { a: 1 } }, '$.metadata.a is not a string'],
  ])('sees %s', (_what, change, violation) => {
    expect(violationsOf({ ...whole, ...change }, 'ref:TenantResponse')).toEqual([
      expect.stringContaining(violation),
    ]);
    const { status: _, ...less } = whole;
    expect(violationsOf([less], '[ref:TenantResponse]')).toEqual(['$[0].status of TenantResponse lacks']);
    expect(violationsOf('NEW', 'enum:InvoiceStatus')).toEqual([expect.stringContaining('no word')]);
  });
});

/** What SDK 2.0.1 cannot call. All other declared operations are walked where the SDK calls them. */
describe('declared operations that SDK 2.0.1 lacks', () => {
  let road: Road;
  let recording: Recording;
  beforeAll(async () => {
    road = await Road.start();
    recording = record(road.server.url);
  });
  afterAll(async () => {
    recording.stop();
    await road.stop();
  });

  it('answer with the exact success code and every declared key', async () => {
    const { api } = road;
    const { connection } = await road.connectStripe({ customer_outbound_enabled: false });
    const customer = await road.customer('linked');
    await api.get('/integrations/config');
    await api.expect(200, 'POST', '/integrations/link', {
      entity_type: 'customer',
      entity_id: customer.id,
      provider_type: 'stripe',
      provider_entity_id: 'cus_of_before',
    });
    const mappings = await api.get(`/integrations/mappings?entity_type=customer&entity_id=${customer.id}`);
    expect(mappings.items).toMatchObject([{ provider_entity_id: 'cus_of_before', provider_type: 'stripe' }]);
    await api.expect(200, 'DELETE', '/integrations/link', {
      entity_type: 'customer',
      entity_id: customer.id,
      provider_type: 'stripe',
    });
    await api.expect(202, 'POST', '/integrations/sync', {
      entity_type: 'invoice',
      entity_id: (await road.invoice(customer.id as string)).id,
      provider_type: 'stripe',
    });
    await api.expect(202, 'POST', '/events', {
      event_name: 'looked.up',
      external_customer_id: 'linked',
      event_id: 'a/b c',
    });
    await api.get(`/events/lookup?event_id=${encodeURIComponent('a/b c')}`);
    const coupon = await api.create('/coupons', {
      name: 'Tenth',
      type: 'percentage',
      percentage_off: '10',
      cadence: 'once',
      coupon_code: 'TENTH',
    });
    await api.get('/coupons/code/TENTH');
    const { association } = await redeem(road.server, {
      coupon: { id: coupon.id },
      customerId: customer.id,
      subscriptionId: 'subs_1',
    });
    await api.get('/coupons/associations');
    await api.get(`/coupons/associations/${association.id}`);
    const feature = await api.create('/features', {
      name: 'Cloned',
      type: 'metered',
      meter: { name: 'M', event_name: 'm', aggregation: { type: 'COUNT' } },
    });
    await api.create(`/features/${feature.id}/clone`, { name: 'Clone', lookup_key: 'clone' });
    const plan = await api.create('/plans', {
      name: 'Walked',
      billing_period: 'monthly',
      prices: [{ pricing_model: 'flat', unit_price: '5', currency: 'usd' }],
    });
    const subscription = await api.create('/subscriptions', { customer_id: customer.id, plan_id: plan.id });
    await api.post(`/subscriptions/${subscription.id}/pause`, { pause_mode: 'immediate' });
    const owned = await api.get('/customers/external/linked/subscriptions?expand=customer,plan');
    expect(owned.items).toMatchObject([{ id: subscription.id, pauses: [{ pause_status: 'active' }] }]);
    expect(await api.get('/customers/external/linked/entitlements')).toMatchObject({
      customer_id: customer.id,
      features: [],
      subscriptions: [{ id: subscription.id }],
    });
    const bigger = await api.create('/plans', {
      name: 'Bigger',
      billing_period: 'monthly',
      prices: [{ pricing_model: 'flat', unit_price: '9', currency: 'usd' }],
    });
    const changing = await api.create('/subscriptions', { customer_id: customer.id, plan_id: plan.id });
    const { schedule_id: scheduleId } = await api.post(`/subscriptions/${changing.id}/change/execute`, {
      target_plan_id: bigger.id,
      change_at: 'end_of_period',
    });
    await api.get('/subscriptions/schedules');
    await api.get(`/subscriptions/schedules/${scheduleId}`);
    await api.get(`/subscriptions/${changing.id}/schedules`);
    await api.post(`/subscriptions/schedules/${scheduleId}/cancel`);
    const addon = await api.create('/addons', { name: 'Granting', lookup_key: 'granting' });
    const granted = await api.create('/creditgrants', {
      name: 'With the addon',
      scope: 'ADDON',
      addon_id: addon.id,
      credits: '5',
      cadence: 'ONETIME',
    });
    expect((await api.get(`/addons/${addon.id}/creditgrants`)).items).toEqual([granted]);
    const lines = await api.post('/subscriptions/lineitems/search', { subscription_ids: [subscription.id] });
    expect(lines.items).toHaveLength(1);
    const monthly = await api.create('/plans', {
      name: 'Monthly',
      billing_period: 'monthly',
      currency: 'usd',
      prices: [{ pricing_model: 'flat', unit_price: '20' }],
    });
    await api.put('/settings/invoices', { finalization_delay_seconds: 3600 });
    const cycled = await api.create('/subscriptions', { customer_id: customer.id, plan_id: monthly.id });
    await api.post(`/environments/${connection.environment_id}/clock/advance`, {
      to: cycled.current_period_end,
    });
    const { items: drafts } = await api.post('/invoices/search', { invoice_status: ['DRAFT'] });
    await api.post(`/invoices/${drafts[0].id}/recalculate-v2?finalize=true`);
    await api.expect(202, 'POST', `/invoices/${drafts[0].id}/recalculate`, {});
    await api.send('POST', `/webhooks/stripe/${connection.tenant_id}/${connection.environment_id}`, {});

    expect(answersThatDiffer(recording.answers)).toEqual([]);
    const served = new Set(servedRoutes(road.server.app).map(addressOf));
    const reached = reachedBy(recording.answers);
    const unreached = OPERATIONS.filter(
      (one) =>
        !one.declaredBy.includes('2.0.1') && served.has(addressOf(one)) && !reached.has(addressOf(one)),
    );
    expect(unreached.map(addressOf)).toEqual([]);
  });
});
