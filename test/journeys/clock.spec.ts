import { eventually } from '../support/eventually.js';
import { GOOD_CARD, Road } from '../support/road.js';
import { startTestApp, TRANSPORTS } from '../support/test-app.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NO_FUNDS = '4000000000009995';

const apart = (one: string, other: string): number => Math.abs(Date.parse(one) - Date.parse(other));

describe.each(TRANSPORTS)('the clock of a test environment, jobs by %s', (transport) => {
  let road: Road;
  let secretKey: string;
  let plan: any;
  beforeAll(async () => {
    road = await Road.on((sandbox) =>
      startTestApp({
        transport,
        providers: Road.providersOf(sandbox),
        worker: { clockPatienceMs: 3_000 },
      }),
    );
    ({ secretKey } = await road.connectStripe());
    plan = await road.api.create('/plans', {
      name: 'Monthly',
      currency: 'usd',
      billing_period: 'monthly',
      prices: [{ pricing_model: 'flat', unit_price: '10', display_name: 'Base' }],
    });
  });
  afterAll(async () => {
    await road.stop();
  });

  const environment = (): string => `/environments/${road.server.tenant.environmentId}`;
  const now = async (): Promise<number> => Date.parse((await road.api.get(environment())).now);
  const advance = (to: number): Promise<any> =>
    road.api.post(`${environment()}/clock/advance`, { to: new Date(to).toISOString() });
  const theirNow = (): number => Date.parse(road.sandbox.stripe.time(secretKey).now);
  const invoicesOf = async (subscription: any): Promise<any[]> =>
    (await road.api.post('/invoices/search', { subscription_id: subscription.id, limit: 1000 })).items.sort(
      (a: any, b: any) => Date.parse(a.finalized_at) - Date.parse(b.finalized_at),
    );
  const cardholder = async (name: string): Promise<any> => {
    const customer = await road.customer(`${name}-${transport}`);
    await road.saveCard(customer.id as string);
    return customer;
  };
  const subscribe = async (customer: any, more: Record<string, unknown> = {}): Promise<any> => {
    const subscription = await road.api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
      collection_method: 'charge_automatically',
      ...more,
    });
    await road.paid(subscription.latest_invoice.id as string);
    return subscription;
  };

  it('one advance over three months pays each invoice in its own month, at the provider too', async () => {
    const subscription = await subscribe(await cardholder('causal'));
    const end = (await now()) + 95 * DAY;
    expect(await advance(end)).toMatchObject({ settled: true, left_behind: [] });
    const invoices = await invoicesOf(subscription);
    expect(invoices.map((one) => one.payment_status)).toEqual(Array(4).fill('SUCCEEDED'));
    const theirs = road.sandbox.stripe.objects('invoices', secretKey) as any[];
    for (const { id, finalized_at: finalized, paid_at: paid, period_end: due } of invoices.slice(1)) {
      expect(apart(paid, finalized)).toBeLessThan(HOUR);
      expect(apart(finalized, due)).toBeLessThan(HOUR);
      const [remote, ...more] = theirs.filter((one) => one.metadata.flexprice_invoice_id === id);
      expect(more).toEqual([]);
      expect(remote.status).toBe('paid');
      for (const seconds of [remote.created, remote.status_transitions.paid_at])
        expect(Math.abs(seconds * 1000 - Date.parse(finalized))).toBeLessThan(HOUR);
    }
    expect(Math.abs(theirNow() - (await now()))).toBeLessThan(5_000);
    expect(await now()).toBeGreaterThanOrEqual(end);
  });

  it('what the provider does by itself on the way happens at its own time, and is heard of then', async () => {
    const subscription = await subscribe(await cardholder('declined'));
    const [{ provider_method_id: method }] = (
      await road.api.get(`/payments/customers/${subscription.customer_id}/methods`)
    ).items;
    road.sandbox.stripe.changeCard(method as string, NO_FUNDS);
    const due = Date.parse(subscription.current_period_end);
    expect(await advance(due + HOUR)).toMatchObject({ settled: true });
    const [, failed] = await invoicesOf(subscription);
    expect(failed.payment_status).not.toBe('SUCCEEDED');
    road.sandbox.stripe.changeCard(method as string, GOOD_CARD);
    const [retry] = road.sandbox.stripe
      .time(secretKey)
      .pending.filter(({ what }) => what.includes(failed.metadata.stripe_invoice_id as string));
    expect(await advance(due + 25 * DAY)).toMatchObject({ settled: true });
    const [, paid] = await invoicesOf(subscription);
    expect(paid.payment_status).toBe('SUCCEEDED');
    expect(apart(paid.paid_at, retry!.at)).toBeLessThan(HOUR);
    expect(apart(paid.paid_at, failed.finalized_at)).toBeGreaterThan(DAY);
  });

  it('what happens at an instant is dated by it: the clock stands meanwhile, and then runs on', async () => {
    const at = Math.ceil(((await now()) + DAY) / 1000) * 1000;
    const customer = await cardholder('dated');
    const subscription = await road.api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
      collection_method: 'charge_automatically',
      start_date: new Date(at).toISOString(),
    });
    road.sandbox.stripe.fault({ method: 'POST', path: '/v1/invoices', mode: 'delay', ms: 1_200 });
    expect(await advance(at + HOUR)).toMatchObject({ now: new Date(at + HOUR).toISOString(), settled: true });
    const [first] = await invoicesOf(subscription);
    expect(first).toMatchObject({ payment_status: 'SUCCEEDED', finalized_at: new Date(at).toISOString() });
    expect(Date.parse(first.paid_at)).toBe(at);
    const shown = await now();
    await eventually('it runs on', async () => (await now()) > shown);
    expect(await now()).toBeLessThan(at + HOUR + 30_000);
    expect(Math.abs(theirNow() - (await now()))).toBeLessThan(1_000);
  });

  it('instants of one second are one stop, those that are further apart are not', async () => {
    const start = Math.ceil(((await now()) + DAY) / 1000) * 1000;
    const customer = await road.customer(`stops-${transport}`);
    const subscriptions = [];
    for (const at of [start + 100, start + 900, start + 60_000])
      subscriptions.push(
        await road.api.create('/subscriptions', {
          customer_id: customer.id,
          plan_id: plan.id,
          collection_method: 'send_invoice',
          start_date: new Date(at).toISOString(),
        }),
      );
    const { steps } = await advance(start + 120_000);
    expect(steps).toBe(2);
    const firsts = await Promise.all(subscriptions.map(async (one) => (await invoicesOf(one))[0]));
    expect(firsts.map((one) => Date.parse(one.finalized_at) - start)).toEqual([1_000, 1_000, 60_000]);
  });

  it('a connection that is made later begins in the present of its environment', async () => {
    const { secretKey: another } = await road.connectStripe({ invoice_outbound_enabled: false });
    const { now: theirs } = road.sandbox.stripe.time(another);
    expect(Math.abs(Date.parse(theirs) - (await now()))).toBeLessThan(30_000);
    // Whoever else uses the played provider stays where they are.
    expect(Date.parse(road.sandbox.stripe.time('sk_test_somebody_else').now)).toBeLessThan(Date.now() + HOUR);
  });

  it.each([
    ['to', 'in the past', (present: number) => ({ to: new Date(present - 1).toISOString() })],
    ['to', 'no instant', () => ({ to: 'soon' })],
    ['to', 'no day of the calendar', () => ({ to: '2027-02-30T00:00:00Z' })],
    ['to', 'nothing', () => ({})],
    [
      'to',
      'more than ten years ahead',
      (present: number) => ({ to: new Date(present + 3654 * DAY).toISOString() }),
    ],
    ['to', 'the end of all time', () => ({ to: '9999-12-31T00:00:00Z' })],
    ['by_seconds', 'eleven years', () => ({ by_seconds: 11 * 366 * 86_400 })],
    ['by_seconds', 'more than there is', () => ({ by_seconds: Number.MAX_SAFE_INTEGER })],
    ['by_seconds', 'backwards', () => ({ by_seconds: -1 })],
  ])('%s, %s: refused by that name', async (field, _what, body) => {
    const answer = await road.api.send('POST', `${environment()}/clock/advance`, body(await now()));
    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'validation_error', details: { fields: { [field]: expect.any(String) } } },
    });
  });

  it('ten years are not too many', async () => {
    const { api, tenant } = await road.server.anotherTenant('test');
    const path = `/environments/${tenant.environmentId}`;
    const to = new Date((await api.get(path)).now as string);
    to.setUTCFullYear(to.getUTCFullYear() + 10);
    expect(await api.post(`${path}/clock/advance`, { to: to.toISOString() })).toMatchObject({ steps: 0 });
  });

  it('two who move it at once: the second is told so, and the first is not disturbed', async () => {
    const start = await now();
    road.sandbox.stripe.fault({ method: 'POST', path: '/v1/invoices', mode: 'delay', ms: 1_000 });
    const customer = await road.customer(`twice-${transport}`);
    await road.invoice(customer.id as string, [{ amount: '3' }], { collection_method: 'send_invoice' });
    const first = advance(start + 2 * DAY);
    await eventually('the first has it', async () => {
      const rows = await road.server.database.query(
        'SELECT 1 FROM environment_clocks WHERE environment_id = $1 AND held_until > now()',
        [road.server.tenant.environmentId],
      );
      return rows.length > 0;
    });
    const second = await road.api.send('POST', `${environment()}/clock/advance`, {
      to: new Date(start + 9 * DAY).toISOString(),
    });
    expect(second).toMatchObject({ status: 409, body: { error: { code: 'clock_is_moved' } } });
    expect(await first).toMatchObject({ settled: true });
    expect(await now()).toBeLessThan(start + 3 * DAY);
  });

  it('whoever has lost the clock to somebody else moves it no further', async () => {
    const start = await now();
    road.sandbox.stripe.fault({ method: 'POST', path: '/v1/invoices', mode: 'delay', ms: 1_000 });
    const customer = await road.customer(`lost-${transport}`);
    await road.invoice(customer.id as string, [{ amount: '3' }], { collection_method: 'send_invoice' });
    const first = road.api.send('POST', `${environment()}/clock/advance`, { by_seconds: (9 * DAY) / 1000 });
    await eventually('the first has it, and it stops: it is somebody else who has it', async () => {
      const rows = await road.server.database.query(
        `UPDATE environment_clocks SET held_by = 'somebody' WHERE environment_id = $1 AND held_by IS NOT NULL
          RETURNING stands_at`,
        [road.server.tenant.environmentId],
      );
      return rows.length > 0;
    });
    expect(await first).toMatchObject({ status: 409, body: { error: { code: 'clock_is_moved' } } });
    expect(await now()).toBeLessThan(start + DAY);
    await road.server.database.query(
      'UPDATE environment_clocks SET held_by = NULL, held_until = NULL, stands_at = NULL WHERE environment_id = $1',
      [road.server.tenant.environmentId],
    );
  });
});

describe('a clock and what does not come to an end', () => {
  const PATIENCE_MS = 6_000;
  let road: Road;
  let plan: any;
  beforeAll(async () => {
    road = await Road.on((sandbox) =>
      startTestApp({
        providers: { ...Road.providersOf(sandbox), timeoutMs: 1_000 },
        worker: { clockPatienceMs: PATIENCE_MS },
      }),
    );
    await road.connectStripe();
    plan = await road.api.create('/plans', {
      name: 'Monthly',
      currency: 'usd',
      billing_period: 'monthly',
      prices: [{ pricing_model: 'flat', unit_price: '10', display_name: 'Base' }],
    });
  });
  afterAll(async () => {
    await road.stop();
  });
  afterEach(() => {
    road.sandbox.stripe.clearFaults();
  });

  const path = (): string => `/environments/${road.server.tenant.environmentId}`;
  const advanceBy = async (days: number): Promise<any> => {
    const { now } = await road.api.get(path());
    return road.api.post(`${path()}/clock/advance`, {
      to: new Date(Date.parse(now as string) + days * DAY).toISOString(),
    });
  };

  it.each([
    ['never answers', { mode: 'delay', ms: 60_000 }],
    ['fails again and again', { mode: 'error', status: 503 }],
  ] as const)(
    'a provider that %s is named, and holds up the clock only once',
    async (how, fault) => {
      const customer = await road.customer(`stuck-${how.replaceAll(' ', '-')}`);
      await road.settled(customer.id as string);
      const subscription = await road.api.create('/subscriptions', {
        customer_id: customer.id,
        plan_id: plan.id,
        collection_method: 'send_invoice',
      });
      await road.settled(subscription.latest_invoice.id as string);
      road.sandbox.stripe.fault({ method: 'POST', path: '/v1/invoices', times: null, ...fault });
      const began = performance.now();
      const advanced = await advanceBy(370);
      // Thirteen periods are billed on the way: one that held it up each time would take thirteen times its patience.
      expect(performance.now() - began).toBeLessThan(10 * PATIENCE_MS);
      expect(advanced.settled).toBe(false);
      expect(advanced.left_behind).toContainEqual(
        expect.objectContaining({ kind: 'sync.run', job_id: expect.any(String), reason: expect.any(String) }),
      );
      // Every period was billed all the same.
      const { items } = await road.api.post('/invoices/search', {
        subscription_id: subscription.id,
        limit: 100,
      });
      expect(items).toHaveLength(13);
    },
    120_000,
  );
});

describe('a clock and endpoints of the tenant', () => {
  it('waits for the first try at each instant, and not for one that fails', async () => {
    const receiver = await WebhookReceiver.start();
    const server = await startTestApp({
      webhooks: { toPrivateAddresses: true, timeoutMs: 500 },
      worker: { clockPatienceMs: 6_000 },
    });
    const { api, tenant } = server;
    try {
      const path = `/environments/${tenant.environmentId}`;
      const event_types = ['invoice.update.finalized'];
      await api.create('/webhook-endpoints', { url: receiver.url('/hook'), event_types });
      await api.create('/webhook-endpoints', { url: 'http://127.0.0.1:9/gone', event_types });
      const plan = await api.create('/plans', {
        name: 'Monthly',
        currency: 'usd',
        billing_period: 'monthly',
        prices: [{ pricing_model: 'flat', unit_price: '10', display_name: 'Base' }],
      });
      const customer = await api.create('/customers', { external_id: 'told', name: 'Told' });
      await api.create('/subscriptions', { customer_id: customer.id, plan_id: plan.id });
      await receiver.gets(1, '/hook');
      const { now } = await api.get(path);
      const to = new Date(Date.parse(now as string) + 100 * DAY).toISOString();
      expect(await api.post(`${path}/clock/advance`, { to })).toMatchObject({ settled: true });
      // Nothing is under way any more: all have been told by now.
      expect(receiver.at('/hook')).toHaveLength(4);
    } finally {
      await server.stop();
      await receiver.stop();
    }
  });
});

describe('a clock whose provider cannot be moved', () => {
  it('goes on without it, and says so', async () => {
    const road = await Road.on((sandbox) =>
      startTestApp({
        providers: { ...Road.providersOf(sandbox), clockUrls: { stripe: 'http://127.0.0.1:9/nobody' } },
      }),
    );
    try {
      const { connection } = await road.connectStripe();
      const path = `/environments/${road.server.tenant.environmentId}/clock/advance`;
      const advanced = await road.api.post(path, { by_seconds: 86_400 });
      expect(advanced).toMatchObject({
        settled: false,
        left_behind: [
          {
            kind: 'provider.clock',
            key: connection.id,
            reason: expect.stringContaining('was not moved'),
          },
        ],
      });
    } finally {
      await road.stop();
    }
  });
});
