import type { ApiClient } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** The period is January 2031, 31 days; the prices change at noon of the 11th and reach subscriptions on the 12th. */
describe("a plan's prices on their way to its subscriptions", () => {
  const NOON = '2031-01-11T12:00:00.000Z';
  let server: TestApp;
  let api: ApiClient;
  let feature: any;
  let plan: any;
  let made = 0;
  const prices: Record<string, any> = {};
  const subs: Record<string, any> = {};
  const before: Record<string, any> = {};

  const clock = (to: string) =>
    api.post(`/environments/${server.tenant.environmentId}/clock/advance`, { to });
  const price = (name: string, more: object): Promise<any> =>
    api.create('/prices', {
      entity_type: 'PLAN',
      entity_id: plan.id,
      type: 'FIXED',
      billing_model: 'FLAT_FEE',
      billing_period: 'MONTHLY',
      invoice_cadence: 'ADVANCE',
      price_unit_type: 'FIAT',
      currency: 'usd',
      start_date: '2020-01-01T00:00:00Z',
      display_name: name,
      ...more,
    });
  const subscribe = async (more: object = {}): Promise<any> => {
    const customer = await api.create('/customers', { external_id: `c${++made}`, name: 'C' });
    const subscription = await api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
      billing_period: 'MONTHLY',
      currency: 'usd',
      start_date: '2031-01-01T00:00:00Z',
      ...more,
    });
    return { ...subscription, external_id: customer.external_id };
  };
  const linesOf = async (subscription: any): Promise<any[]> =>
    (await api.post('/subscriptions/lineitems/search', { subscription_ids: [subscription.id], limit: 100 }))
      .items;
  /** Without the prices, which have ended meanwhile. */
  const own = async (subscription: any): Promise<unknown> =>
    (await linesOf(subscription)).map((line) => ({ ...line, price: null }));
  const lineOf = async (subscription: any, priceId: string): Promise<any> =>
    (await linesOf(subscription)).find((line) => line.price_id === priceId);
  const use = (subscription: any, times: number, timestamp: string) =>
    api.expect(202, 'POST', '/events/bulk', {
      events: Array.from({ length: times }, () => ({
        event_name: 'call',
        external_customer_id: subscription.external_id,
        timestamp,
      })),
    });
  const invoicesOf = async (subscription: any): Promise<any[]> =>
    (
      await api.post('/invoices/search', {
        subscription_id: subscription.id,
        limit: 100,
        expand: 'line_items',
      })
    ).items;
  const chargesOf = (invoice: any): [string, string][] =>
    invoice.line_items.map((line: any): [string, string] => [line.display_name, line.amount]).sort();
  const sync = async (of = plan): Promise<any> => {
    const started = await api.post(`/plans/${of.id}/sync/subscriptions`);
    expect(started).toEqual({
      message: expect.any(String),
      workflow_id: expect.any(String),
      run_id: expect.any(String),
    });
    return eventually('the plan is synced', async () => {
      const [event] = await server.database.query(
        `SELECT payload FROM billing.outbox_events WHERE type = 'plan.prices_synced' AND payload->>'run_id' = $1`,
        [started.workflow_id],
      );
      return event?.payload as any;
    });
  };

  beforeAll(async () => {
    server = await startTestApp();
    ({ api } = server);
    feature = await api.create('/features', {
      name: 'Calls',
      type: 'metered',
      meter: { name: 'Calls', event_name: 'call', aggregation: { type: 'COUNT' } },
    });
    await clock('2031-01-10T00:00:00Z');
    plan = await api.create('/plans', { name: 'Basic' });
    prices.fee = await price('Fee', { amount: '31' });
    prices.support = await price('Support', { amount: '3.1' });
    prices.calls = await price('Calls', {
      type: 'USAGE',
      invoice_cadence: 'ARREAR',
      meter_id: feature.meter_id,
      amount: '1',
    });
    subs.plain = await subscribe();
    subs.own = await subscribe({ override_line_items: [{ price_id: prices.fee.id, amount: '20' }] });
    subs.later = await subscribe();
    const changed = await lineOf(subs.later, prices.fee.id);
    await api.put(`/subscriptions/lineitems/${changed.id}`, { amount: '25' });
    subs.without = await subscribe();
    const removed = await lineOf(subs.without, prices.support.id);
    await api.expect(200, 'DELETE', `/subscriptions/lineitems/${removed.id}`, {});
    const calls = await lineOf(subs.without, prices.calls.id);
    await api.expect(200, 'DELETE', `/subscriptions/lineitems/${calls.id}`, {});
    subs.two = await subscribe({
      proration_behavior: 'create_prorations',
      override_line_items: [{ price_id: prices.fee.id, quantity: '2' }],
    });
    subs.gone = await subscribe();
    await api.post(`/subscriptions/${subs.gone.id}/cancel`, { cancellation_type: 'immediate' });
    before.gone = await own(subs.gone);
    await use(subs.plain, 3, '2031-01-05T00:00:00Z');
    await use(subs.plain, 4, '2031-01-11T18:00:00Z');

    prices.fee2 = await api.put(`/prices/${prices.fee.id}`, { amount: '62', effective_from: NOON });
    prices.calls2 = await api.put(`/prices/${prices.calls.id}`, { amount: '2', effective_from: NOON });
    await api.expect(200, 'DELETE', `/prices/${prices.support.id}`, { end_date: NOON });
    prices.extra = await price('Extra', { amount: '10', start_date: NOON });
    prices.setup = await price('Setup', { amount: '99', billing_period: 'ONETIME', start_date: NOON });
    prices.euro = await price('Euro', { amount: '9', currency: 'eur', start_date: NOON });
    prices.yearly = await price('Weekly', { amount: '7', billing_period: 'WEEKLY', start_date: NOON });
    await clock('2031-01-12T00:00:00Z');
    await sync();
  });
  afterAll(async () => {
    await server.stop();
  });

  it('new versions take the place of old ones, new prices are added, ended ones end', async () => {
    const lines = await linesOf(subs.plain);
    const shown = lines.map((line) => [line.price_id, line.start_date, line.end_date]).sort();
    const start = '2031-01-01T00:00:00.000Z';
    expect(shown).toEqual(
      [
        [prices.fee.id, start, NOON],
        [prices.support.id, start, NOON],
        [prices.calls.id, start, NOON],
        [prices.fee2.id, NOON, null],
        [prices.calls2.id, NOON, null],
        [prices.extra.id, NOON, null],
      ].sort(),
    );
    // What is paid in advance stays paid: only the price that is new is charged before the next period, 20.5 days of 31.
    const [, ...rest] = (await invoicesOf(subs.plain)).sort((a, b) =>
      a.created_at.localeCompare(b.created_at),
    );
    expect(rest.map((invoice) => [invoice.billing_reason, ...chargesOf(invoice)])).toEqual([
      ['SUBSCRIPTION_UPDATE', ['Extra', '6.61']],
    ]);
  });

  it('what a subscription overrides stays its own, at its start or later, and what it has removed stays away', async () => {
    const priceIds = async (subscription: any): Promise<string[]> =>
      (await linesOf(subscription)).map((line) => line.price_id);
    for (const own of [subs.own, subs.later]) {
      const lines = await linesOf(own);
      expect(lines.map((line) => line.price_id)).not.toContain(prices.fee2.id);
      expect(lines.map((line) => line.price_id)).toContain(prices.calls2.id);
      const [fee] = lines.filter((line) => line.display_name === 'Fee' && line.end_date === null);
      expect(await api.get(`/prices/${fee.price_id}`)).toMatchObject({
        entity_type: 'SUBSCRIPTION',
        parent_price_id: prices.fee.id,
      });
    }
    const without = await priceIds(subs.without);
    expect(without).not.toContain(prices.calls2.id);
    expect(without).toContain(prices.fee2.id);
  });

  it('what does not fit it, and what is charged once, reaches nobody; what has ended is left alone', async () => {
    for (const one of Object.values(subs))
      for (const { price_id: id } of await linesOf(one))
        expect([prices.setup.id, prices.euro.id, prices.yearly.id]).not.toContain(id);
    expect(await own(subs.gone)).toEqual(before.gone);
  });

  it('with prorations the difference is settled, the new price charged by its share, what ended given back', async () => {
    const fee = await lineOf(subs.two, prices.fee2.id);
    expect(fee).toMatchObject({ quantity: '2', start_date: NOON });
    // 20.5 days of 31: 2 × (62 − 31), 10, and 3.10 given back.
    const charges = (await invoicesOf(subs.two)).filter(
      (one) => one.billing_reason === 'SUBSCRIPTION_UPDATE',
    );
    expect(charges.flatMap(chargesOf).sort()).toEqual([
      ['Extra', '6.61'],
      ['Fee (change)', '41'],
    ]);
    // Nothing was paid yet: what is given back lowers what is owed.
    const [first] = (await invoicesOf(subs.two)).filter(
      (one) => one.billing_reason === 'SUBSCRIPTION_CREATE',
    );
    expect(Number(first.total) - Number(first.amount_remaining)).toBeCloseTo(2.05, 6);
    expect(await api.get(`/customers/${subs.two.customer_id}/wallets`)).toEqual([]);
  });

  it('a second time changes nothing', async () => {
    const all = async (): Promise<unknown> =>
      Promise.all(Object.values(subs).map(async (one) => [await linesOf(one), await invoicesOf(one)]));
    const first = await all();
    expect(await sync()).toMatchObject({ changed: 0, failed: 0 });
    expect(await all()).toEqual(first);
  });

  it('two versions at once follow one another, and several syncs at once do it once', async () => {
    const target = subs.plain;
    const third = await api.put(`/prices/${prices.extra.id}`, {
      amount: '11',
      effective_from: '2031-01-13T00:00:00Z',
    });
    await clock('2031-01-13T01:00:00Z');
    const fourth = await api.put(`/prices/${third.id}`, {
      amount: '12',
      effective_from: '2031-01-14T00:00:00Z',
    });
    await clock('2031-01-15T00:00:00Z');
    await Promise.all([sync(), sync(), sync()]);
    const lines = (await linesOf(target)).filter((line) => line.display_name === 'Extra');
    expect(lines.map((line) => [line.price_id, line.start_date, line.end_date]).sort()).toEqual(
      [
        [prices.extra.id, NOON, '2031-01-13T00:00:00.000Z'],
        [third.id, '2031-01-13T00:00:00.000Z', '2031-01-14T00:00:00.000Z'],
        [fourth.id, '2031-01-14T00:00:00.000Z', null],
      ].sort(),
    );
  });

  it('the next bill has each price for its time', async () => {
    await clock('2031-02-01T00:00:01Z');
    const cycle = async (subscription: any): Promise<[string, string][]> =>
      chargesOf((await invoicesOf(subscription)).find((one) => one.billing_reason === 'SUBSCRIPTION_CYCLE'));
    expect(await cycle(subs.plain)).toEqual([
      ['Calls', '3'],
      ['Calls', '8'],
      ['Extra', '12'],
      ['Fee', '62'],
    ]);
    const fees = async (subscription: any): Promise<unknown> =>
      (await cycle(subscription)).filter(([name]) => name === 'Fee');
    expect(await fees(subs.own)).toEqual([['Fee', '20']]);
    expect(await fees(subs.later)).toEqual([['Fee', '25']]);
    expect(await fees(subs.two)).toEqual([['Fee', '124']]);
  });

  it('goes on batch by batch, drafts too', async () => {
    plan = await api.create('/plans', { name: 'Many' });
    await price('Fee', { amount: '1' });
    const customer = await api.create('/customers', { external_id: 'many', name: 'Many' });
    for (let i = 0; i < 101; i++)
      await api.create('/subscriptions', {
        customer_id: customer.id,
        plan_id: plan.id,
        subscription_status: 'draft',
      });
    await price('More', { amount: '2' });
    expect(await sync()).toMatchObject({ changed: 101, failed: 0 });
  });

  it('a plan that is not there is not found', async () => {
    await api.expect(404, 'POST', '/plans/plan_none/sync/subscriptions');
  });
});
