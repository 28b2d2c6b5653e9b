import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { UsageService } from '../../src/usage/usage.service.js';
import { BillingStory } from '../support/billing-story.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

describe('the dashboards', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startTestApp();
  });
  afterAll(async () => {
    await server.stop();
  });

  const customer = (story: BillingStory, external_id: string): Promise<any> =>
    story.api.create('/customers', { external_id, name: external_id });
  const oneOff = (story: BillingStory, of: any, amount: string, more: object = {}): Promise<any> =>
    story.api.create('/invoices', {
      customer_id: of.id,
      currency: 'usd',
      amount_due: amount,
      invoice_status: 'FINALIZED',
      line_items: [{ display_name: 'Work', amount, quantity: '1' }],
      ...more,
    });

  describe('of billing', () => {
    it('adds up what was finalized by month and currency, without top-ups, taxes and void invoices', async () => {
      const story = await BillingStory.begin(server, { at: '2031-01-10' });
      const of = story.customer;
      await oneOff(story, of, '100');
      await story.clock('2031-01-25');
      await oneOff(story, of, '40');
      const gone = await oneOff(story, of, '1000');
      await story.api.post(`/invoices/${gone.id}/void`);
      await story.clock('2031-02-11');
      await story.api.create('/taxes/rates', { name: 'VAT', code: 'vat', percentage_value: '20' });
      await oneOff(story, of, '7', {
        tax_rate_overrides: [{ tax_rate_code: 'vat', auto_apply: true, currency: 'usd' }],
      });
      await oneOff(story, of, '500', { currency: 'jpy' });
      const wallet = await story.api.post('/wallets', { customer_id: of.id, currency: 'usd' });
      await story.api.post(`/wallets/${wallet.id}/top-up`, {
        transaction_reason: 'PURCHASED_CREDIT_INVOICED',
        credits_to_add: '100',
      });
      const found = await story.api.get('/dashboards/billing');
      expect(found.revenue).toEqual([
        { currency: 'jpy', this_month: '500', previous_month: '0', previous_month_to_date: '0' },
        { currency: 'usd', this_month: '7', previous_month: '140', previous_month_to_date: '100' },
      ]);
      expect(found.revenue_by_month).toEqual([
        { month: '2031-01', currency: 'usd', amount: '140', invoice_count: 2 },
        { month: '2031-02', currency: 'jpy', amount: '500', invoice_count: 1 },
        { month: '2031-02', currency: 'usd', amount: '7', invoice_count: 1 },
      ]);
    });

    it('has recurring revenue by the month: running subscriptions, by their models, without trials and pauses', async () => {
      const story = await BillingStory.begin(server);
      const [monthly, yearly, weekly] = [await story.plan(), await story.plan(), await story.plan()];
      await story.fee(monthly, '0', {
        billing_model: 'TIERED',
        tier_mode: 'SLAB',
        amount: undefined,
        tiers: [
          { up_to: 2, unit_amount: '10', flat_amount: '0' },
          { up_to: null, unit_amount: '5', flat_amount: '0' },
        ],
        min_quantity: 3,
      });
      await story.fee(monthly, '99', { billing_period: 'ONETIME' });
      await story.fee(yearly, '120', { billing_period: 'ANNUAL' });
      await story.fee(weekly, '12', { billing_period: 'WEEKLY' });
      await story.subscribe(monthly);
      for (const n of [1, 2])
        await story.subscribe(yearly, {
          customer_id: (await customer(story, `y${n}`)).id,
          billing_period: 'ANNUAL',
        });
      await story.subscribe(weekly, {
        customer_id: (await customer(story, 'w')).id,
        billing_period: 'WEEKLY',
      });
      await story.subscribe(yearly, {
        customer_id: (await customer(story, 'trial')).id,
        billing_period: 'ANNUAL',
        trial_period_days: 10,
      });
      const paused = await story.subscribe(monthly, { customer_id: (await customer(story, 'p')).id });
      await story.api.post(`/subscriptions/${paused.id}/pause`, { pause_mode: 'immediate' });
      const ended = await story.subscribe(monthly, { customer_id: (await customer(story, 'e')).id });
      await story.api.post(`/subscriptions/${ended.id}/cancel`, { cancellation_type: 'immediate' });
      const { mrr, mrr_is_complete } = await story.api.get('/dashboards/billing');
      // 25 of tiers, twice 10 of a year, 52 of weeks.
      expect(mrr).toEqual([{ currency: 'usd', amount: '97', subscription_count: 4 }]);
      expect(mrr_is_complete).toBe(true);
      await story.clock('2031-01-12');
      expect((await story.api.get('/dashboards/billing')).mrr[0]).toMatchObject({
        amount: '107',
        subscription_count: 5,
      });
    });

    it('tells open from overdue and paid, and how many payments have succeeded', async () => {
      const story = await BillingStory.begin(server, { at: '2031-03-10' });
      const of = story.customer;
      await oneOff(story, of, '10', { due_date: '2031-04-01T00:00:00Z' });
      const part = await oneOff(story, of, '20', { due_date: '2031-03-12T00:00:00Z' });
      await story.pay(part, '5');
      await story.pay(await oneOff(story, of, '30'), '30');
      await oneOff(story, of, '40', { invoice_status: undefined });
      const failing = await story.api.create('/payments', {
        destination_type: 'INVOICE',
        destination_id: part.id,
        payment_method_type: 'OFFLINE',
        amount: '1',
        currency: 'usd',
        process_payment: false,
      });
      await server.database.query(`UPDATE billing.payments SET payment_status = 'FAILED' WHERE id = $1`, [
        failing.id,
      ]);
      await story.clock('2031-03-20');
      const { invoices, payments } = await story.api.get('/dashboards/billing');
      expect(invoices).toEqual([
        { state: 'draft', currency: 'usd', invoice_count: 1, amount: '40' },
        { state: 'open', currency: 'usd', invoice_count: 1, amount: '10' },
        { state: 'overdue', currency: 'usd', invoice_count: 1, amount: '15' },
        { state: 'paid', currency: 'usd', invoice_count: 1, amount: '30' },
      ]);
      expect(payments).toEqual({
        succeeded: 2,
        failed: 1,
        success_rate: 2 / 3,
        previous: { succeeded: 0, failed: 0, success_rate: null },
        trend: [{ day: '2031-03-10', succeeded: 2, failed: 1, success_rate: 2 / 3 }],
      });
      await story.clock('2031-04-15');
      const later = await story.api.get('/dashboards/billing');
      expect(later.payments).toMatchObject({
        succeeded: 0,
        previous: { succeeded: 2, failed: 1 },
        trend: [],
      });
      expect(later.invoices.map((one: any) => one.state)).toEqual(['draft', 'overdue']);
    });
  });

  it('of customers: who is there, new, gone, has a failed payment, or a wallet that runs low', async () => {
    const story = await BillingStory.begin(server, { at: '2031-01-01' });
    const [plan, other] = [await story.plan(), await story.plan()];
    await story.fee(plan, '31');
    await story.fee(other, '62');
    await story.subscribe(plan);
    const leaving = await customer(story, 'leaving');
    const changing = await customer(story, 'changing');
    const gone = await story.subscribe(plan, { customer_id: leaving.id });
    const changed = await story.subscribe(plan, { customer_id: changing.id });
    await story.clock('2031-02-20');
    const fresh = await customer(story, 'fresh');
    await story.api.post(`/subscriptions/${gone.id}/cancel`, { cancellation_type: 'immediate' });
    await story.changePlan(changed, other);
    const failed = await oneOff(story, fresh, '9', { due_date: '2031-03-01T00:00:00Z' });
    await server.database.query(`UPDATE billing.invoices SET payment_status = 'FAILED' WHERE id = $1`, [
      failed.id,
    ]);
    const wallet = async (of: any, credits: string, spent: string): Promise<any> => {
      const made = await story.api.post('/wallets', {
        customer_id: of.id,
        currency: 'usd',
        initial_credits_to_load: credits,
      });
      if (spent !== '0')
        await story.api.post(`/wallets/${made.id}/debit`, {
          credits: spent,
          idempotency_key: `spent ${made.id}`,
        });
      return made;
    };
    const low = await wallet(fresh, '100', '80');
    await wallet(leaving, '100', '10');
    await wallet(changing, '5', '0');
    const found = await story.api.get('/dashboards/customers');
    expect(found).toMatchObject({
      total: 4,
      active: 2,
      // The first one was made before the clock was moved.
      new: { count: 1, previous: 2 },
      churned: { count: 1, previous: 0, items: [{ customer_id: leaving.id, name: 'leaving' }] },
      failed_payments: {
        count: 1,
        items: [{ customer_id: fresh.id, name: 'fresh', currency: 'usd', invoice_count: 1, amount: '9' }],
      },
      low_wallets: {
        count: 1,
        items: [
          {
            wallet_id: low.id,
            customer_name: 'fresh',
            credit_balance: '20',
            monthly_spending: '40',
            threshold: null,
          },
        ],
      },
    });
    await story.clock('2031-04-01');
    expect((await story.api.get('/dashboards/customers?days=30')).churned).toMatchObject({
      count: 0,
      previous: 1,
    });
  });

  it('of usage: by feature, customer and day', async () => {
    const story = await BillingStory.begin(server, { at: '2031-05-01' });
    const [calls, size, users] = [
      await story.feature('COUNT'),
      await story.feature('SUM'),
      await story.feature('COUNT_UNIQUE'),
    ];
    await story.feature('MAX');
    await story.use(calls, { '2031-04-29': 3, '2031-04-30': 2 });
    await story.use(size, { '2031-04-30T12:00:00Z': { v: '2.5' }, '2031-05-01': { v: '4' } });
    await story.use(users, { '2031-04-30': { v: 'a' } });
    await story.api.expect(202, 'POST', '/events', {
      event_name: calls.name,
      external_customer_id: 'nobody',
      timestamp: '2031-04-30T01:00:00Z',
      properties: {},
    });
    const found = await story.api.get('/dashboards/usage?days=7');
    expect(found).toMatchObject({
      start_time: '2031-04-25T00:00:00.000Z',
      end_time: '2031-05-02T00:00:00.000Z',
      event_count: 9,
      is_complete: true,
      customers_are_estimated: false,
      days: [
        { day: '2031-04-29', event_count: 3 },
        { day: '2031-04-30', event_count: 5 },
        { day: '2031-05-01', event_count: 1 },
      ],
      customers: [
        {
          external_customer_id: 'customer',
          customer_id: story.customer.id,
          name: 'Customer',
          event_count: 8,
        },
        { external_customer_id: 'nobody', customer_id: null, name: null, event_count: 1 },
      ],
    });
    expect(found.features.map((one: any) => [one.name, one.event_count, one.usage])).toEqual([
      [calls.name, 6, '6'],
      [size.name, 2, '6.5'],
      [users.name, 1, null],
    ]);
    expect(found.features[1].days).toEqual([
      { day: '2031-04-30', event_count: 1, usage: '2.5' },
      { day: '2031-05-01', event_count: 1, usage: '4' },
    ]);
    expect((await story.api.get('/dashboards/usage?days=7&limit=1')).customers).toHaveLength(1);
    const fields = async (query: string): Promise<unknown> => {
      const { status, body } = await story.api.send('GET', `/dashboards/usage?${query}`);
      return [status, Object.keys(body.details?.fields ?? {})];
    };
    expect(await fields('start_time=2031-04-01T00:00:00Z&days=3')).toEqual([400, ['days']]);
    expect(await fields('start_time=2029-04-01T00:00:00Z')).toEqual([400, ['start_time']]);
  });

  it('estimates the customers of very many events from a part of them', async () => {
    const story = await BillingStory.begin(server, { at: '2031-05-01' });
    const calls = await story.feature('COUNT');
    const minutes = (n: number): string => new Date(Date.UTC(2031, 3, 1, 0, n * 10)).toISOString();
    // Four in five events are of one customer, in every part of the month.
    for (let from = 0; from < 4000; from += 1000)
      await story.api.expect(202, 'POST', '/events/bulk', {
        events: Array.from({ length: 1000 }, (_, n) => ({
          event_name: calls.name,
          external_customer_id: (from + n) % 5 === 0 ? 'small' : 'large',
          timestamp: minutes(from + n),
          properties: {},
        })),
      });
    const caller = {
      scope: { tenantId: story.tenant.tenantId, environmentId: story.tenant.environmentId },
      actor: 'test',
      requestId: 'test',
    };
    const total = 250_000;
    const found = await server.app.get(UnitOfWork, { strict: false }).read(caller, (ctx) =>
      server.app.get(UsageService, { strict: false }).volumes(ctx, {
        window: { start: new Date('2031-04-01T00:00:00Z'), end: new Date('2031-05-01T00:00:00Z') },
        eventNames: [calls.name as string],
        most: 10,
        total,
      }),
    );
    expect(found.isEstimate).toBe(true);
    expect(found.customers.map((one) => one.externalCustomerId)).toEqual(['large', 'small']);
    const [large, small] = found.customers.map((one) => one.events) as [number, number];
    expect(Math.abs(large + small - total)).toBeLessThanOrEqual(1);
    expect(Math.abs(large / total - 0.8)).toBeLessThan(0.05);
  });

  it('of integrations: outcomes, what is stuck, failing, paused or parked; of this environment alone', async () => {
    const story = await BillingStory.begin(server);
    const { tenantId, environmentId } = story.tenant;
    const insert = (table: string, rows: readonly object[]): Promise<unknown> =>
      server.database.query(
        `INSERT INTO billing.${table} SELECT r.* FROM jsonb_populate_recordset(null::billing.${table}, $1::jsonb) r`,
        [JSON.stringify(rows)],
      );
    const at = new Date().toISOString();
    const old = new Date(Date.now() - 3 * 3_600_000).toISOString();
    const row = (id: string, created_at = at): object => ({
      id,
      tenant_id: tenantId,
      environment_id: environmentId,
      created_at,
      updated_at: created_at,
    });
    const operation = (id: string, state: string, created_at: string, more: object = {}): object => ({
      ...row(id, created_at),
      connection_id: 'conn_1',
      provider: 'acme',
      entity_type: 'invoice',
      entity_id: id,
      action: 'push',
      revision: 1,
      state,
      attempts: 1,
      failures: 0,
      generation: 0,
      ...more,
    });
    await insert('sync_operations', [
      operation('op_1', 'succeeded', at),
      operation('op_2', 'succeeded', at),
      operation('op_3', 'failed', old, { error: { kind: 'refused', code: 'no', message: 'no e-mail' } }),
      operation('op_4', 'retrying', old),
      operation('op_5', 'pending', at),
      operation('op_6', 'skipped', at),
    ]);
    await story.api.create('/webhook-endpoints', { url: 'https://example.com/hook' });
    await server.database.query(
      `UPDATE billing.webhook_endpoints SET failing_since = now(), consecutive_failures = 3 WHERE environment_id = $1`,
      [environmentId],
    );
    await insert('jobs', [
      {
        ...row('job_1', old),
        kind: 'thing.do',
        key: 'a',
        payload: {},
        state: 'parked',
        run_at: at,
        attempts: 9,
        claims: 9,
        retry_window_start: at,
      },
    ]);
    const found = await story.api.get('/dashboards/integrations');
    const outcome = { succeeded: 2, failed: 1, in_progress: 2, skipped: 1, success_rate: 2 / 3 };
    expect(found).toMatchObject({
      sync: { ...outcome, by_connection: [{ connection_id: 'conn_1', ...outcome }] },
      stuck_operations: {
        count: 2,
        items: [
          { id: 'op_3', state: 'failed', reason: 'no e-mail' },
          { id: 'op_4', state: 'retrying' },
        ],
      },
      webhooks_in: { succeeded: 0, failed: 0, success_rate: null, parked: 0 },
      webhooks_out: { failed: 0 },
      failing_endpoints: [{ url: 'https://example.com/hook', consecutive_failures: 3, state: 'enabled' }],
      paused_connections: [],
      parked_jobs: [{ kind: 'thing.do', count: 1 }],
      is_complete: true,
    });
    const other = await BillingStory.begin(server);
    expect(await other.api.get('/dashboards/integrations')).toMatchObject({
      sync: { succeeded: 0, by_connection: [] },
      stuck_operations: { count: 0, items: [] },
      failing_endpoints: [],
      parked_jobs: [],
    });
  });
});
