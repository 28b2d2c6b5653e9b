import pg from 'pg';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { BillingRun } from '../../src/billing/runs/billing-runner.service.js';
import type { ApiClient } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const DAY = 24 * 60 * 60 * 1000;

/** Subscriptions that began long ago, so that several periods are due at once. */
describe('the billing run', () => {
  let server: TestApp;
  let api: ApiClient;
  let plan: any;
  let count = 0;
  beforeAll(async () => {
    server = await startTestApp();
    ({ api } = server);
    const feature = await api.create('/features', {
      name: 'Calls',
      type: 'metered',
      meter: { name: 'Calls', event_name: 'call', aggregation: { type: 'COUNT' } },
    });
    plan = await api.create('/plans', { name: 'Pro' });
    const price = {
      entity_type: 'PLAN',
      entity_id: plan.id,
      billing_model: 'FLAT_FEE',
      billing_period: 'MONTHLY',
      price_unit_type: 'FIAT',
      currency: 'usd',
      amount: '2',
      start_date: '2020-01-01T00:00:00Z',
    };
    await api.create('/prices', { ...price, type: 'FIXED', invoice_cadence: 'ADVANCE' });
    await api.create('/prices', {
      ...price,
      type: 'USAGE',
      invoice_cadence: 'ARREAR',
      meter_id: feature.meter_id,
    });
  });
  afterAll(async () => {
    await server.stop();
  });

  const subscribe = async (daysAgo: number, n: number): Promise<any[]> => {
    const made: any[] = [];
    for (let i = 0; i < n; i++) {
      const customer = await api.create('/customers', { external_id: `r${++count}`, name: 'R' });
      const start = new Date(new Date(customer.created_at).getTime() - daysAgo * DAY);
      made.push(
        await api.create('/subscriptions', {
          customer_id: customer.id,
          plan_id: plan.id,
          start_date: start.toISOString(),
        }),
      );
    }
    return made;
  };
  const byHand = async (): Promise<any> => {
    const run = await api.expect(202, 'POST', '/billing/runs');
    expect(run).toMatchObject({ trigger: 'manual', run_status: 'queued', finished_at: null });
    return eventually('the run', async () => {
      const now = await api.get(`/billing/runs/${run.id}`);
      return now.run_status === 'completed' && now;
    });
  };
  const cyclesOf = async (subscription: any): Promise<string[]> =>
    (await api.post('/invoices/search', { subscription_id: subscription.id, limit: 1000 })).items
      .filter((one: any) => one.billing_reason === 'SUBSCRIPTION_CYCLE')
      .map((one: any) => one.period_start)
      .sort();
  const caller = () => ({
    scope: { tenantId: server.tenant.tenantId, environmentId: server.tenant.environmentId },
    actor: 'test',
    requestId: 'test',
  });

  it('bills all that is due, says what it has done, and finds nothing the next time', async () => {
    const subscriptions = await subscribe(65, 3);
    const run = await byHand();
    expect(run).toMatchObject({
      subscriptions: 3,
      periods: 6,
      invoices: 6,
      invoices_skipped: 0,
      failed: 0,
      failures: [],
    });
    expect(run.finished_at).not.toBeNull();
    for (const one of subscriptions) expect(await cyclesOf(one)).toHaveLength(2);
    expect(await byHand()).toMatchObject({ subscriptions: 0, periods: 0, invoices: 0, failed: 0 });
    const listed = await api.get('/billing/runs?limit=1');
    expect(listed).toMatchObject({ pagination: { total: 2, limit: 1 }, items: [{ trigger: 'manual' }] });
    expect((await api.send('GET', '/billing/runs/run_none')).status).toBe(404);
  });

  it('numbers its invoices without gap or repetition', async () => {
    await subscribe(35, 4);
    await byHand();
    const { items } = await api.post('/invoices/search', { invoice_status: ['FINALIZED'], limit: 1000 });
    const numbers = items
      .map((one: any) => Number(one.invoice_number.split('-').at(-1)))
      .sort((a: number, b: number) => a - b);
    expect(numbers).toEqual(numbers.map((_: number, i: number) => i + 1));
  });

  it('takes no more statements for forty subscriptions than for two', async () => {
    const query = jest.spyOn(pg.Client.prototype, 'query');
    const statements = async (n: number): Promise<number> => {
      await subscribe(35, n);
      query.mockClear();
      await server.app.get(BillingRun, { strict: false }).run(caller());
      return query.mock.calls.filter(([text]) =>
        /invoice|subscription|price|customer|usage|outbox/.test(textOf(text)),
      ).length;
    };
    const two = await statements(2);
    const forty = await statements(40);
    query.mockRestore();
    expect(two).toBeGreaterThan(5);
    // The relay of the outbox runs beside it; one statement a subscription would be 38 more.
    expect(forty).toBeLessThanOrEqual(two + 15);
  });

  it('two at once share the work: every period is billed once', async () => {
    const subscriptions = await subscribe(65, 12);
    const run = server.app.get(BillingRun, { strict: false });
    await Promise.all([run.run(caller()), run.run(caller()), run.run(caller())]);
    await byHand();
    for (const one of subscriptions) {
      const cycles = await cyclesOf(one);
      expect(cycles).toHaveLength(2);
      expect(new Set(cycles).size).toBe(2);
    }
  });

  it('a subscription that cannot be billed stops no other; it is named, tried again, and billed when it can be', async () => {
    const [broken, ...sound] = await subscribe(35, 4);
    const uow = server.app.get(UnitOfWork, { strict: false });
    const setPrice = (to: string) =>
      uow.run(caller(), (ctx) =>
        ctx.em.query('UPDATE subscription_line_items SET price_id = $2 WHERE id = $1', [
          broken.line_items[0].id,
          to,
        ]),
      );
    await setPrice('price_gone');
    const run = await byHand();
    expect(run).toMatchObject({
      failed: 1,
      periods: 3,
      failures: [{ subscription_id: broken.id, code: 'internal_error' }],
    });
    expect(run.failures[0].message).toContain('price_gone');
    for (const one of sound) expect(await cyclesOf(one)).toHaveLength(1);
    expect(await cyclesOf(broken)).toEqual([]);
    expect((await api.get(`/subscriptions/${broken.id}`)).current_period_start).toBe(
      broken.current_period_start,
    );
    // Time goes on although one period cannot be billed.
    await api.post(`/environments/${server.tenant.environmentId}/clock/advance`, {
      to: new Date(new Date(run.failures[0].retry_at).getTime() + 60_000).toISOString(),
    });
    const { items } = await api.get('/billing/runs?limit=10');
    expect(items.filter((one: any) => one.trigger === 'clock' && one.failed === 1)).toHaveLength(1);
    await setPrice(broken.line_items[0].price_id);
    expect(await byHand()).toMatchObject({ failed: 0, periods: 1, subscriptions: 1 });
    expect(await cyclesOf(broken)).toHaveLength(1);
  });

  it('goes on where a dead process has stopped, and says that it was interrupted', async () => {
    const uow = server.app.get(UnitOfWork, { strict: false });
    const subscriptions = await subscribe(35, 2);
    await uow.run(caller(), (ctx) =>
      ctx.em.query(
        `INSERT INTO billing_runs (id, tenant_id, environment_id, trigger, run_status, started_at, heartbeat_at,
                                   created_at, updated_at, created_by, updated_by)
         VALUES ('run_dead', $1, $2, 'clock', 'running', now(), now() - interval '1 hour', now(), now(), '', '')`,
        [server.tenant.tenantId, server.tenant.environmentId],
      ),
    );
    await server.app.get(BillingRun, { strict: false }).run(caller());
    expect(await api.get('/billing/runs/run_dead')).toMatchObject({ run_status: 'interrupted' });
    for (const one of subscriptions) expect(await cyclesOf(one)).toHaveLength(1);
  });

  it('shows nobody the runs of another tenant', async () => {
    const other = await server.anotherTenant();
    const { items } = await other.api.get('/billing/runs');
    expect(items).toEqual([]);
    const [{ id }] = (await api.get('/billing/runs?limit=1')).items;
    expect((await other.api.send('GET', `/billing/runs/${id}`)).status).toBe(404);
  });
});

const textOf = (query: unknown): string =>
  typeof query === 'string' ? query : ((query as { text?: string }).text ?? '');
