import type { ApiClient } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** Subscriptions begin on 1 January 2031 and are to change at the end of the month. */
describe('a change of plan at the end of the period', () => {
  let server: TestApp;
  let api: ApiClient;
  let feature: any;
  let basic: any;
  let pro: any;
  let made = 0;
  const planOf = async (name: string, amount: string, calls: string): Promise<any> => {
    const plan = await api.create('/plans', { name });
    const price = {
      entity_type: 'PLAN',
      entity_id: plan.id,
      billing_model: 'FLAT_FEE',
      billing_period: 'MONTHLY',
      price_unit_type: 'FIAT',
      currency: 'usd',
      start_date: '2020-01-01T00:00:00Z',
    };
    await api.create('/prices', { ...price, type: 'FIXED', invoice_cadence: 'ADVANCE', amount });
    await api.create('/prices', {
      ...price,
      type: 'USAGE',
      invoice_cadence: 'ARREAR',
      meter_id: feature.meter_id,
      amount: calls,
    });
    return plan;
  };
  beforeAll(async () => {
    server = await startTestApp();
    ({ api } = server);
    feature = await api.create('/features', {
      name: 'Calls',
      type: 'metered',
      meter: { name: 'Calls', event_name: 'call', aggregation: { type: 'COUNT' } },
    });
    basic = await planOf('Basic', '31', '1');
    pro = await planOf('Pro', '93', '0.5');
    await clock('2031-01-11T00:00:00Z');
  });
  afterAll(async () => {
    await server.stop();
  });

  const clock = (to: string) =>
    api.post(`/environments/${server.tenant.environmentId}/clock/advance`, { to });
  const subscribe = async (more: object = {}): Promise<any> => {
    const customer = await api.create('/customers', { external_id: `c${++made}`, name: 'C' });
    const subscription = await api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: basic.id,
      start_date: '2031-01-01T00:00:00Z',
      ...more,
    });
    return { ...subscription, external_id: customer.external_id };
  };
  const change = (subscription: any, verb = 'execute', more: object = {}): Promise<any> =>
    api.post(`/subscriptions/${subscription.id}/change/${verb}`, {
      target_plan_id: pro.id,
      change_at: 'end_of_period',
      ...more,
    });
  const pendingOf = (subscription: any): Promise<any> =>
    api.get(`/subscriptions/${subscription.id}/schedules`);
  const scheduleWhen = (id: string, status: string): Promise<any> =>
    eventually(`schedule ${status}`, async () => {
      const schedule = await api.get(`/subscriptions/schedules/${id}`);
      return schedule.status === status ? schedule : undefined;
    });
  const refused = async (path: string, body: object, method: 'POST' | 'PUT' = 'POST'): Promise<string> =>
    (await api.send(method, path, body)).body.error?.code;

  it('is scheduled, listed, and cancelled: then the subscription goes on', async () => {
    const subscription = await subscribe();
    const scheduled = await change(subscription, 'execute', { metadata: { why: 'growth' } });
    expect(scheduled).toMatchObject({
      change_type: 'upgrade',
      is_scheduled: true,
      schedule_id: expect.stringMatching(/^sched_/),
      scheduled_at: '2031-02-01T00:00:00.000Z',
      effective_date: '2031-02-01T00:00:00.000Z',
      old_subscription: { id: subscription.id, status: 'active', plan_id: basic.id },
      new_subscription: null,
      invoice: null,
      metadata: { why: 'growth' },
    });
    const pending = await pendingOf(subscription);
    expect(pending).toMatchObject({
      count: 1,
      schedules: [
        {
          id: scheduled.schedule_id,
          subscription_id: subscription.id,
          schedule_type: 'plan_change',
          status: 'pending',
          can_be_cancelled: true,
          days_until_execution: 21,
          configuration: { target_plan_id: pro.id, change_at: 'end_of_period' },
          executed_at: null,
        },
      ],
    });
    expect(await api.get(`/subscription-schedules/${scheduled.schedule_id}`)).toMatchObject({
      id: scheduled.schedule_id,
    });
    expect(await api.get(`/subscriptions/${subscription.id}`)).toMatchObject({
      subscription_status: 'active',
      cancel_at_period_end: true,
    });
    // It goes one way at its end: until the schedule is cancelled nobody says otherwise.
    expect([
      await refused(`/subscriptions/${subscription.id}/change/execute`, { target_plan_id: pro.id }),
      await refused(`/subscriptions/${subscription.id}/change/execute`, {
        target_plan_id: pro.id,
        change_at: 'end_of_period',
      }),
      await refused(`/subscriptions/${subscription.id}/cancel`, { cancellation_type: 'end_of_period' }),
      await refused(`/subscriptions/${subscription.id}`, { cancel_at_period_end: false }, 'PUT'),
    ]).toEqual(Array(4).fill('plan_change_scheduled'));
    const path = `/subscriptions/schedules/${scheduled.schedule_id}/cancel`;
    expect(await api.post(path)).toMatchObject({ status: 'cancelled', message: expect.any(String) });
    expect(await refused(path, {})).toBe('schedule_not_pending');
    expect(await pendingOf(subscription)).toEqual({ count: 0, schedules: [] });
    expect(await api.get(`/subscriptions/${subscription.id}`)).toMatchObject({
      cancel_at: null,
      cancel_at_period_end: false,
      current_period_end: '2031-02-01T00:00:00.000Z',
    });
    const all = `/subscriptions/schedules?subscription_id=${subscription.id}`;
    expect(await api.get(all)).toMatchObject({
      count: 1,
      schedules: [{ id: scheduled.schedule_id, status: 'cancelled', can_be_cancelled: false }],
      pagination: { total: 1 },
    });
    expect(await api.get(`${all}&pending_only=true`)).toMatchObject({ count: 0, schedules: [] });
    await change(subscription);
  });

  it('ends with the subscription when that is cancelled at once', async () => {
    const subscription = await subscribe();
    const { schedule_id: id } = await change(subscription);
    await api.post(`/subscriptions/${subscription.id}/cancel`, { cancellation_type: 'immediate' });
    expect(await scheduleWhen(id, 'cancelled')).toMatchObject({ executed_at: null });
  });

  describe('when the period has ended', () => {
    let subscription: any;
    let preview: any;
    let scheduled: any;
    let doomed: any;
    let bounded: any;
    beforeAll(async () => {
      const coupon = await api.create('/coupons', {
        name: 'Tenth',
        type: 'percentage',
        percentage_off: '10',
        cadence: 'forever',
      });
      subscription = await subscribe({ coupons: [coupon.id], proration_behavior: 'create_prorations' });
      await api.expect(202, 'POST', '/events', {
        event_name: 'call',
        external_customer_id: subscription.external_id,
        timestamp: '2031-01-12T00:00:00Z',
      });
      preview = await change(subscription, 'preview');
      scheduled = await change(subscription);
      const short = await planOf('Short', '5', '1');
      const leaving = await subscribe({});
      doomed = { subscription: leaving, ...(await change(leaving, 'execute', { target_plan_id: short.id })) };
      await api.expect(200, 'DELETE', `/plans/${short.id}`);
      const ending = await subscribe({ end_date: '2031-06-15T00:00:00Z' });
      bounded = { subscription: ending, ...(await change(ending)) };
      await clock('2031-03-02T00:00:00Z');
    });

    it('it ends there, usage of its last period billed, and the new plan begins, as the preview said', async () => {
      const done = await scheduleWhen(scheduled.schedule_id, 'executed');
      const { new_subscription_id: id, invoice_id: invoiceId } = done.execution_result;
      // The new one may have come into being after the clock was looked at.
      await clock('2031-03-03T00:00:00Z');
      expect(done).toMatchObject({ can_be_cancelled: false, days_until_execution: 0, error_message: null });
      expect(await api.get(`/subscriptions/${subscription.id}`)).toMatchObject({
        subscription_status: 'cancelled',
        end_date: '2031-02-01T00:00:00.000Z',
      });
      const next = await api.get(`/subscriptions/${id}`);
      expect(next).toMatchObject({
        plan_id: pro.id,
        subscription_status: 'active',
        start_date: '2031-02-01T00:00:00.000Z',
        current_period_start: '2031-03-01T00:00:00.000Z',
        cancel_at: null,
        end_date: null,
      });
      const invoices = async (of: string): Promise<any[]> =>
        (await api.post('/invoices/search', { subscription_id: of, limit: 100 })).items
          .map((one: any) => [one.period_start.slice(0, 10), one.total, one.invoice_status])
          .sort();
      expect(await invoices(subscription.id)).toEqual(
        [
          ['2031-01-01', '27.9', 'FINALIZED'],
          ['2031-01-01', '0.9', 'FINALIZED'],
        ].sort(),
      );
      // Less the coupon, which goes on; the whole period of February was the new plan's.
      expect(await invoices(id)).toEqual([
        ['2031-02-01', '83.7', 'FINALIZED'],
        ['2031-02-01', '83.7', 'FINALIZED'],
      ]);
      const first = await api.get(`/invoices/${invoiceId}`);
      expect(preview).toMatchObject({
        effective_date: '2031-02-01T00:00:00.000Z',
        change_type: 'upgrade',
        next_invoice_preview: { total: first.total },
      });
      expect(await api.get(`/customers/${subscription.customer_id}/wallets`)).toEqual([]);
    });

    it('it keeps the end that was agreed on', async () => {
      const done = await scheduleWhen(bounded.schedule_id, 'executed');
      expect(await api.get(`/subscriptions/${done.execution_result.new_subscription_id}`)).toMatchObject({
        end_date: '2031-06-15T00:00:00.000Z',
      });
    });

    it('it fails, and says why, when it cannot be done any more', async () => {
      const failed = await scheduleWhen(doomed.schedule_id, 'failed');
      expect(failed).toMatchObject({
        error_message: expect.stringContaining('plan'),
        execution_result: null,
        can_be_cancelled: false,
      });
      expect(await api.get(`/subscriptions/${doomed.subscription.id}`)).toMatchObject({
        subscription_status: 'cancelled',
      });
    });
  });
});
