import type { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;

describe('the lines of a subscription', () => {
  let server: TestApp;
  let api: ApiClient;
  let plan: any;
  let meterId: string;
  let price: any;
  let count = 0;
  beforeAll(async () => {
    server = await startTestApp();
    ({ api } = server);
    meterId = (
      await api.create('/features', {
        name: 'Calls',
        lookup_key: 'calls',
        type: 'metered',
        meter: { name: 'Calls', event_name: 'call', aggregation: { type: 'COUNT' } },
      })
    ).meter_id;
    plan = await api.create('/plans', { name: 'Pro' });
    price = {
      entity_type: 'PLAN',
      entity_id: plan.id,
      type: 'FIXED',
      billing_model: 'FLAT_FEE',
      billing_period: 'MONTHLY',
      invoice_cadence: 'ADVANCE',
      price_unit_type: 'FIAT',
      currency: 'usd',
      start_date: '2020-01-01T00:00:00Z',
    };
    plan.fee = await api.create('/prices', { ...price, amount: '30', display_name: 'Fee' });
    plan.support = await api.create('/prices', {
      ...price,
      amount: '60',
      invoice_cadence: 'ARREAR',
      display_name: 'Support',
    });
    plan.calls = await api.create('/prices', {
      ...price,
      type: 'USAGE',
      amount: '2',
      invoice_cadence: 'ARREAR',
      meter_id: meterId,
    });
  });
  afterAll(async () => {
    await server.stop();
  });

  const clock = (to: number) =>
    api.post(`/environments/${server.tenant.environmentId}/clock/advance`, {
      to: new Date(to).toISOString(),
    });
  const at = (text: string): number => new Date(text).getTime();
  const subscribe = async (more: object = {}): Promise<any> => {
    const customer = await api.create('/customers', { external_id: `l${++count}`, name: 'L' });
    return api.create('/subscriptions', { customer_id: customer.id, plan_id: plan.id, ...more });
  };
  const invoicesOf = async (subscription: any): Promise<any[]> =>
    (await api.post('/invoices/search', { subscription_id: subscription.id, limit: 1000 })).items.sort(
      (a: any, b: any) => a.billing_sequence - b.billing_sequence,
    );
  const use = (subscription: any, time: number, times: number) =>
    api.expect(202, 'POST', '/events/bulk', {
      events: Array.from({ length: times }, () => ({
        event_name: 'call',
        customer_id: subscription.customer_id,
        timestamp: new Date(time).toISOString(),
      })),
    });
  const lineOf = (subscription: any, priceId: string) =>
    subscription.line_items.find((line: any) => line.price_id === priceId);
  const midOf = (subscription: any): number =>
    (at(subscription.current_period_start) + at(subscription.current_period_end)) / 2;
  const refused = async (method: string, path: string, body: unknown, code = 'validation_error') => {
    const answer = await api.send(method, path, body);
    expect({ status: answer.status, code: answer.body.error?.code }).toEqual({ status: 400, code });
  };

  it('take other terms than the plan where they are overridden, for this subscription alone', async () => {
    const subscription = await subscribe({
      override_line_items: [
        { price_id: plan.fee.id, amount: '12.5', quantity: 4 },
        {
          price_id: plan.calls.id,
          billing_model: 'TIERED',
          tier_mode: 'SLAB',
          tiers: [{ up_to: 10, unit_amount: '0' }, { unit_amount: '1' }],
        },
      ],
      line_items: [
        {
          price: { ...price, entity_type: undefined, entity_id: undefined, currency: undefined, amount: '7' },
          display_name: 'Extra',
        },
      ],
    });
    expect(subscription.latest_invoice.total).toBe('57'); // 4 × 12.5 + 7
    expect(
      subscription.line_items.map((line: any) => [line.display_name, line.entity_type, line.quantity]),
    ).toEqual([
      ['Fee', 'plan', '4'],
      ['Support', 'plan', '1'],
      ['Calls', 'plan', '0'],
      ['Extra', 'subscription', '1'],
    ]);
    expect(lineOf(subscription, plan.fee.id)).toBeUndefined();
    expect((await api.get(`/prices/${plan.fee.id}`)).amount).toBe('30');
    await use(subscription, at(subscription.start_date) + DAY, 13);
    await clock(at(subscription.current_period_end) + HOUR);
    expect((await invoicesOf(subscription))[1].total).toBe('120'); // 57 + 60 + 3
  });

  it('are added in the middle of a period: the rest of it is billed at once, prorated', async () => {
    const subscription = await subscribe();
    const line = await api.create(`/subscriptions/${subscription.id}/lineitems`, {
      price_id: plan.fee.id,
      quantity: 2,
      start_date: new Date(midOf(subscription)).toISOString(),
      metadata: { why: 'seats' },
    });
    expect(line).toMatchObject({ quantity: '2', metadata: { why: 'seats' }, price: { id: plan.fee.id } });
    const [, update] = await invoicesOf(subscription);
    expect(update).toMatchObject({
      billing_reason: 'SUBSCRIPTION_UPDATE',
      total: '30',
      period_start: line.start_date,
    });
    await clock(at(subscription.current_period_end) + HOUR);
    expect((await invoicesOf(subscription)).map((one) => one.total)).toEqual(['30', '30', '150']);
    const found = await api.post('/subscriptions/lineitems/search', {
      subscription_ids: [subscription.id],
      price_ids: [plan.fee.id],
      active_filter: true,
    });
    expect(found).toMatchObject({
      pagination: { total: 2 },
      items: [{ id: line.id, price: { amount: '30' } }, {}],
    });
  });

  it('change price and quantity: a paid period is not charged twice, one in arrear is shared', async () => {
    const subscription = await subscribe();
    const middle = new Date(midOf(subscription)).toISOString();
    const fee = await api.put(`/subscriptions/lineitems/${lineOf(subscription, plan.fee.id).id}`, {
      amount: '90',
      effective_from: middle,
    });
    const support = await api.put(`/subscriptions/lineitems/${lineOf(subscription, plan.support.id).id}`, {
      quantity: 3,
      effective_from: middle,
    });
    expect(fee).toMatchObject({ start_date: middle, price: { amount: '90', entity_type: 'SUBSCRIPTION' } });
    expect(support).toMatchObject({ start_date: middle, quantity: '3', price_id: plan.support.id });
    expect(await invoicesOf(subscription)).toHaveLength(1);
    await clock(at(subscription.current_period_end) + HOUR);
    const [, cycle] = await invoicesOf(subscription);
    // Half of 60 × 1 and half of 60 × 3 for the month that ends, 90 for the one that begins.
    expect(cycle.line_items.map((line: any) => line.amount).sort()).toEqual(['0', '30', '90', '90']);
  });

  it('end when they are removed', async () => {
    const subscription = await subscribe();
    const middle = new Date(midOf(subscription)).toISOString();
    for (const one of [plan.fee, plan.support])
      expect(
        await api.expect(200, 'DELETE', `/subscriptions/lineitems/${lineOf(subscription, one.id).id}`, {
          effective_from: middle,
        }),
      ).toMatchObject({ end_date: middle });
    await refused(
      'DELETE',
      `/subscriptions/lineitems/${lineOf(subscription, plan.fee.id).id}`,
      { effective_from: subscription.current_period_end },
      'line_item_already_ended',
    );
    await clock(at(subscription.current_period_end) + HOUR);
    expect((await invoicesOf(subscription)).map((one) => one.total)).toEqual(['30', '30']);
  });

  it('are refused where they do not fit, and nothing is left of them', async () => {
    const subscription = await subscribe();
    const path = `/subscriptions/${subscription.id}/lineitems`;
    const before = await api.get(`/subscriptions/${subscription.id}`);
    const other = { ...price, entity_id: (await api.create('/plans', { name: 'Other' })).id, amount: '1' };
    const euro = await api.create('/prices', { ...other, currency: 'eur' });
    const weekly = await api.create('/prices', { ...other, billing_period: 'WEEKLY' });
    const past = '2021-01-01T00:00:00Z';
    for (const wrong of [
      {},
      { price_id: plan.fee.id, price: { ...price, amount: '1' } },
      { price_id: euro.id },
      { price_id: weekly.id },
      { price_id: plan.fee.id, start_date: past },
      { price_id: plan.fee.id, end_date: past },
      { price_id: plan.calls.id, quantity: 2 },
      { price: { ...price, currency: 'eur', amount: '1' } },
      { price: { ...price } },
    ])
      await refused('POST', path, wrong);
    const line = `/subscriptions/lineitems/${lineOf(subscription, plan.fee.id).id}`;
    await refused('PUT', line, { amount: '1', effective_from: past });
    await refused('PUT', line, { tiers: [{ unit_amount: '1' }] });
    await refused('PUT', line, { amount: '-1' });
    await refused('DELETE', line, { effective_from: past });
    expect((await api.send('POST', path, { price_id: 'price_none' })).status).toBe(404);
    expect((await api.send('PUT', '/subscriptions/lineitems/none', { amount: '1' })).status).toBe(404);
    await refused('POST', path, { price_id: plan.fee.id, commitment_amount: 5 });
    await refused('POST', path, { price_id: plan.calls.id, commitment_amount: 5, commitment_windowed: true });
    const timeOfDay = { price_id: plan.calls.id, commitment_amount: 5, commitment_time_buckets: [{}] };
    expect((await api.send('POST', path, timeOfDay)).status).toBe(501);
    expect(await api.get(`/subscriptions/${subscription.id}`)).toEqual(before);
    expect(await invoicesOf(subscription)).toHaveLength(1);
    await api.post(`/subscriptions/${subscription.id}/cancel`, { cancellation_type: 'immediate' });
    await refused('POST', path, { price_id: plan.fee.id }, 'subscription_already_cancelled');
  });

  it('say what they amount to so far: the subscription’s usage, and the customer’s', async () => {
    const subscription = await subscribe();
    const start = at(subscription.start_date);
    expect(await api.post('/subscriptions/usage', { subscription_id: subscription.id })).toMatchObject({
      amount: 0,
      currency: 'usd',
    });
    await clock(start + 3 * DAY);
    await use(subscription, start + DAY, 5);
    await use(subscription, start + 2 * DAY, 1);
    const usage = await api.post('/subscriptions/usage', { subscription_id: subscription.id });
    expect(usage).toMatchObject({
      amount: 12,
      display_amount: '$12.00',
      start_time: subscription.current_period_start,
      charges: [{ quantity: 6, amount: 12, meter_id: meterId, price: { id: plan.calls.id } }],
    });
    const window = {
      start_time: new Date(start + DAY).toISOString(),
      end_time: new Date(start + 2 * DAY).toISOString(),
    };
    expect(
      await api.post('/subscriptions/usage', { subscription_id: subscription.id, ...window }),
    ).toMatchObject({ amount: 10, ...window });
    await refused('POST', '/subscriptions/usage', {
      subscription_id: subscription.id,
      start_time: window.end_time,
      end_time: window.start_time,
    });
    const { external_id } = await api.get(`/customers/${subscription.customer_id}`);
    const summary = await api.get(
      `/customers/usage?customer_lookup_key=${external_id}&feature_lookup_keys=calls`,
    );
    expect(summary).toMatchObject({
      customer_id: subscription.customer_id,
      features: [
        {
          current_usage: '6',
          is_unlimited: true,
          feature: { lookup_key: 'calls' },
          next_usage_reset_at: subscription.current_period_end,
        },
      ],
      period: { start_time: subscription.current_period_start },
    });
    expect(
      (await api.get(`/customers/usage?customer_id=${subscription.customer_id}&feature_ids=none`)).features,
    ).toEqual([]);
    await refused('GET', '/customers/usage', undefined);
    await clock(at(subscription.current_period_end) + HOUR);
    // What was shown is what is billed: 12 for usage, 60 and 30 for the fees.
    expect((await invoicesOf(subscription))[1].total).toBe('102');
    expect(
      (await api.post('/subscriptions/usage', { subscription_id: subscription.id, lifetime_usage: true }))
        .amount,
    ).toBe(12);
    expect(await api.get(`/customers/external/${external_id}/subscriptions?expand=plan`)).toMatchObject({
      pagination: { total: 1 },
      items: [{ id: subscription.id, plan: { id: plan.id } }],
    });
    expect(await api.get(`/subscriptions/${subscription.id}/v2`)).toMatchObject({
      line_items: null,
      plan: null,
    });
    expect(
      (await api.get(`/subscriptions/${subscription.id}/v2?expand=subscription_line_items,plan`)).line_items,
    ).toHaveLength(3);
  });
});
