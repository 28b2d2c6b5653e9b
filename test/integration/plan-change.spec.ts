import type { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** The period is January 2031, 31 days, and the change comes on the 11th. */
describe('a change of plan', () => {
  let server: TestApp;
  let api: ApiClient;
  let meterId: string;
  let basic: any;
  let pro: any;
  let customers = 0;
  const price = {
    entity_type: 'PLAN',
    billing_model: 'FLAT_FEE',
    billing_period: 'MONTHLY',
    price_unit_type: 'FIAT',
    currency: 'usd',
    start_date: '2020-01-01T00:00:00Z',
  };
  const planOf = async (name: string, amount: string, more: object = {}) => {
    const plan = await api.create('/plans', { name });
    await api.create('/prices', {
      ...price,
      entity_id: plan.id,
      type: 'FIXED',
      invoice_cadence: 'ADVANCE',
      amount,
      display_name: `${name} fee`,
      ...more,
    });
    return plan;
  };
  const metered = (plan: any, amount: string) =>
    api.create('/prices', {
      ...price,
      entity_id: plan.id,
      type: 'USAGE',
      invoice_cadence: 'ARREAR',
      meter_id: meterId,
      amount,
      display_name: 'Calls',
    });
  const clock = (to: string) =>
    api.post(`/environments/${server.tenant.environmentId}/clock/advance`, { to });
  const subscribe = async (plan: any, more: object = {}) => {
    const customer = await api.create('/customers', { external_id: `c${++customers}`, name: 'C' });
    const subscription = await api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
      start_date: '2031-01-01T00:00:00Z',
      ...more,
    });
    return { ...subscription, external_id: customer.external_id };
  };
  const use = (subscription: any, times: number, timestamp: string) =>
    api.expect(202, 'POST', '/events/bulk', {
      events: Array.from({ length: times }, () => ({
        event_name: 'call',
        external_customer_id: subscription.external_id,
        timestamp,
      })),
    });
  const invoicesOf = async (customerId: string): Promise<any[]> =>
    (await api.post('/invoices/search', { customer_id: customerId, limit: 1000 })).items;
  const credit = async (customerId: string): Promise<number> =>
    ((await api.get(`/customers/${customerId}/wallets`)) as any[]).reduce(
      (sum: number, wallet) => sum + Number(wallet.balance),
      0,
    );
  const change = (subscription: any, target: any, more: object = {}, verb = 'execute') =>
    api.post(`/subscriptions/${subscription.id}/change/${verb}`, {
      target_plan_id: target.id,
      billing_cadence: 'RECURRING',
      billing_cycle: 'anniversary',
      billing_period: 'MONTHLY',
      proration_behavior: 'create_prorations',
      ...more,
    });
  /** Everything of a customer that a change could have touched. */
  const books = async (subscription: any) => ({
    invoices: await invoicesOf(subscription.customer_id),
    subscriptions: (await api.post('/subscriptions/search', { customer_ids: [subscription.customer_id] }))
      .items,
    wallets: await api.get(`/customers/${subscription.customer_id}/wallets`),
  });

  beforeAll(async () => {
    server = await startTestApp();
    ({ api } = server);
    const feature = await api.create('/features', {
      name: 'Calls',
      type: 'metered',
      meter: { name: 'Calls', event_name: 'call', aggregation: { type: 'COUNT' } },
    });
    meterId = feature.meter_id;
    basic = await planOf('Basic', '31');
    await metered(basic, '1');
    pro = await planOf('Pro', '93');
    await metered(pro, '0.5');
    await clock('2031-01-11T00:00:00Z');
  });
  afterAll(async () => {
    await server.stop();
  });

  it('upwards: usage so far is billed, what is unused is taken off the new fee, the next period is the new plan’s', async () => {
    const subscription = await subscribe(basic);
    await use(subscription, 5, '2031-01-05T00:00:00Z');
    const changed = await change(subscription, pro, { metadata: { why: 'growth' } });
    expect(changed).toMatchObject({
      change_type: 'upgrade',
      is_scheduled: false,
      old_subscription: { id: subscription.id, plan_id: basic.id, status: 'cancelled' },
      new_subscription: { plan_id: pro.id, status: 'active', archived_at: null },
      proration_applied: {
        credit_amount: '21',
        charge_amount: '93',
        net_amount: '72',
        current_period_start: '2031-01-01T00:00:00.000Z',
        days_used: 11,
        days_remaining: 21,
      },
      invoice: {
        subscription_id: changed.new_subscription.id,
        billing_reason: 'SUBSCRIPTION_UPDATE',
        total: '72',
        line_items: [
          { display_name: 'Pro fee', amount: '93' },
          { display_name: 'Unused time on Basic fee', amount: '-21' },
        ],
      },
      metadata: { why: 'growth' },
    });
    const [used] = (await invoicesOf(subscription.customer_id)).filter(
      (one) => one.billing_reason === 'PRORATION',
    );
    expect(used).toMatchObject({ subscription_id: subscription.id, total: '5', invoice_status: 'FINALIZED' });
    expect(await credit(subscription.customer_id)).toBe(0);
    await use(subscription, 4, changed.effective_date);
    const preview = await api.post('/invoices/preview', { subscription_id: changed.new_subscription.id });
    expect(preview.total).toBe('95');
  });

  it('downwards: what the new plan does not take of the credit is in the wallet', async () => {
    const subscription = await subscribe(pro);
    await api.put(`/invoices/${subscription.latest_invoice.id}/payment`, { payment_status: 'SUCCEEDED' });
    const changed = await change(subscription, basic);
    expect(changed).toMatchObject({
      change_type: 'downgrade',
      proration_applied: { credit_amount: '63', charge_amount: '31', net_amount: '-32' },
      invoice: { total: '0', payment_status: 'SUCCEEDED' },
    });
    expect(await credit(subscription.customer_id)).toBe(32);
    // The credit is given, and counted: the new plan's own unused time is what it charged.
    const ended = await api.post(`/subscriptions/${changed.new_subscription.id}/cancel`, {
      cancellation_type: 'immediate',
    });
    expect(ended.total_credit_amount).toBe('31');
  });

  it('downwards, unpaid: what the new plan does not take of the credit is not owed any more, and is no credit', async () => {
    const subscription = await subscribe(pro);
    const changed = await change(subscription, basic);
    expect(changed.invoice.total).toBe('0');
    const first = () => api.get(`/invoices/${subscription.latest_invoice.id}`);
    expect(await first()).toMatchObject({ total: '93', amount_remaining: '61' });
    expect(await credit(subscription.customer_id)).toBe(0);
    // The new plan was paid with what is owed for the old one: what of it is not used is not owed any more either.
    await api.post(`/subscriptions/${changed.new_subscription.id}/cancel`, {
      cancellation_type: 'immediate',
    });
    expect(await first()).toMatchObject({ amount_remaining: '30' });
    expect(await credit(subscription.customer_id)).toBe(0);
  });

  it('without proration gives nothing back and charges the new plan in full', async () => {
    const subscription = await subscribe(basic);
    const changed = await change(subscription, pro, { proration_behavior: 'none' });
    expect(changed).toMatchObject({ proration_applied: null, invoice: { total: '93' } });
    expect(await credit(subscription.customer_id)).toBe(0);
  });

  it('to another period too: each line against its own', async () => {
    const yearly = await planOf('Yearly', '372', { billing_period: 'ANNUAL' });
    const subscription = await subscribe(basic);
    expect(await change(subscription, yearly, { billing_period: 'ANNUAL' })).toMatchObject({
      change_type: 'lateral',
      invoice: { total: '351' },
      new_subscription: { current_period_end: expect.stringMatching(/^2032-01-11/) },
    });
  });

  it('takes lines of the subscription’s own along', async () => {
    const subscription = await subscribe(basic);
    await api.create(`/subscriptions/${subscription.id}/lineitems`, {
      start_date: '2031-01-01T00:00:00Z',
      quantity: 2,
      display_name: 'Support',
      price: {
        type: 'FIXED',
        billing_model: 'FLAT_FEE',
        billing_period: 'MONTHLY',
        billing_period_count: 1,
        invoice_cadence: 'ADVANCE',
        amount: '31',
      },
    });
    const changed = await change(subscription, pro);
    expect(changed.proration_applied).toMatchObject({ credit_amount: '63', charge_amount: '155' });
    const next = await api.get(`/subscriptions/${changed.new_subscription.id}`);
    expect(next.line_items.map((line: any) => [line.display_name, line.quantity])).toEqual([
      ['Pro fee', '1'],
      ['Calls', '0'],
      ['Support', '2'],
    ]);
  });

  it('in a trial: the rest of the trial is the new plan’s, and nothing is charged', async () => {
    const subscription = await subscribe(basic, {
      start_date: '2031-01-10T00:00:00Z',
      trial_period_days: 14,
    });
    const changed = await change(subscription, pro);
    expect(changed.new_subscription).toMatchObject({
      status: 'trialing',
      current_period_end: '2031-01-24T00:00:00.000Z',
    });
    expect((await invoicesOf(subscription.customer_id)).map(({ total }) => total)).toEqual(['0', '0']);
  });

  it.each(['create_prorations', 'none'])(
    'previewed (%s) is what is executed, and the preview leaves nothing behind',
    async (proration_behavior) => {
      const subscription = await subscribe(pro);
      await use(subscription, 3, '2031-01-05T00:00:00Z');
      const before = await books(subscription);
      const preview = await change(subscription, basic, { proration_behavior }, 'preview');
      expect(await books(subscription)).toEqual(before);
      const executed = await change(subscription, basic, { proration_behavior });
      expect(preview).toMatchObject({
        subscription_id: subscription.id,
        change_type: executed.change_type,
        current_plan: { id: pro.id, name: 'Pro' },
        target_plan: { id: basic.id, name: 'Basic' },
        next_invoice_preview: {
          total: executed.invoice.total,
          subtotal: executed.invoice.subtotal,
          line_items: executed.invoice.line_items.map((line: any) => ({
            description: line.display_name,
            amount: line.amount,
          })),
        },
      });
      // But for the moments between the two calls.
      for (const name of ['credit_amount', 'charge_amount', 'net_amount', 'days_remaining'])
        expect(preview.proration_details?.[name]).toEqual(executed.proration_applied?.[name]);
      expect(preview.warnings).toHaveLength(1);
    },
  );

  it('is refused without a trace', async () => {
    const subscription = await subscribe(basic);
    const euro = await planOf('Euro', '10', { currency: 'eur' });
    const cancelled = await subscribe(basic);
    await api.post(`/subscriptions/${cancelled.id}/cancel`, { cancellation_type: 'immediate' });
    const leaving = await subscribe(basic);
    await api.post(`/subscriptions/${leaving.id}/cancel`, { cancellation_type: 'end_of_period' });
    const draft = await subscribe(basic, { subscription_status: 'draft' });
    const before = await books(subscription);
    const refusal = async (of: any, target: any, more: object = {}) => {
      const answer = await api.send('POST', `/subscriptions/${of.id}/change/execute`, {
        target_plan_id: target.id,
        ...more,
      });
      return `${answer.status} ${answer.body.error?.code ?? answer.body.code}`;
    };
    expect(await refusal(subscription, euro)).toMatch(/^400/);
    expect(await refusal(subscription, basic)).toMatch(/^400/);
    expect(await refusal(subscription, { id: 'plan_none' })).toMatch(/^404/);
    expect(await refusal(subscription, pro, { billing_period: 'ANNUAL' })).toMatch(/^400/);
    expect(await refusal(subscription, euro, { change_at: 'end_of_period' })).toMatch(/^400/);
    expect(await refusal(subscription, basic, { change_at: 'end_of_period' })).toMatch(/^400/);
    expect(await refusal(leaving, pro, { change_at: 'end_of_period' })).toBe('400 subscription_cancels');
    expect(await refusal(cancelled, pro)).toBe('400 subscription_already_cancelled');
    expect(await refusal(leaving, pro)).toBe('400 subscription_cancels');
    expect(await refusal(draft, pro)).toBe('400 subscription_not_active');
    expect(await books(subscription)).toEqual(before);
  });
});
