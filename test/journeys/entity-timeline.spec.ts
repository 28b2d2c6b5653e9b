import { stripeInvoicesOf, webhooksHandled } from '../support/faults.js';
import { Road } from '../support/road.js';

describe('the timeline of one entity', () => {
  let road: Road;
  let connection: any;
  let invoice: any;
  let remote: any;
  const refusal = 'This account cannot make invoices just now.';
  const timeline = (query: string): Promise<any> => road.api.get(`/integrations/timeline?${query}`);

  beforeAll(async () => {
    road = await Road.start();
    ({ connection } = await road.connectStripe());
    const customer = await road.customer('timeline');
    await road.settled(customer.id as string);
    road.sandbox.stripe.fault({
      method: 'POST',
      path: '/v1/invoices',
      mode: 'error',
      status: 400,
      body: { error: { type: 'invalid_request_error', message: refusal } },
    });
    invoice = await road.invoice(customer.id as string, [{ amount: '12' }]);
    await road.settled(invoice.id as string);
  });
  afterAll(async () => {
    await road.stop();
  });

  it('a failure: intended, tried, answered in Stripe’s words with its request id, and the route to try again', async () => {
    const { items, pagination } = await timeline(`entity_id=${invoice.id}`);
    expect(pagination).toEqual({ total: 4, limit: 50, offset: 0 });
    expect(items.map((one: any) => [one.kind, one.action, one.attempt])).toEqual([
      ['intended', 'push', null],
      ['tried', 'push', 1],
      ['answered', 'push', 1],
      ['finished', 'push', null],
    ]);
    const [intended, , answered, finished] = items;
    expect(answered).toMatchObject({
      provider: 'stripe',
      connection_id: connection.id,
      state: 'failed',
      message: refusal,
      request_id: expect.stringMatching(/^req_/),
      error: { message: refusal, http_status: 400 },
      calls: [{ method: 'POST', path: '/v1/invoices', status: 400 }],
    });
    expect(finished.message).toBe(refusal);
    expect(items.map((one: any) => one.event_type)).toEqual([null, null, null, 'integration.sync_failed']);
    expect(intended.retry).toBeNull();
    for (const entry of [answered, finished])
      expect(entry.retry).toBe(`POST /v1/integrations/operations/${answered.operation_id}/retry`);
    // Whoever comes by the other base path is sent back by it.
    const other = await road.api
      .with({ base: '/api/v1' })
      .get(`/integrations/timeline?entity_id=${invoice.id}`);
    expect(other.items.at(-1).retry).toBe(
      `POST /api/v1/integrations/operations/${answered.operation_id}/retry`,
    );
  });

  it('tried again by that route, pushed, paid there: the webhooks stand among the rest, by time', async () => {
    const { items: before } = await timeline(`entity_id=${invoice.id}&state=failed`);
    const [method, path] = before.at(-1).retry.split(' ') as [string, string];
    await road.api.expect(202, method, path.replace('/v1', ''));
    await road.settled(invoice.id as string);
    [remote] = stripeInvoicesOf(road, invoice.id as string);
    expect(await road.submit(remote.hosted_invoice_url as string)).toBeLessThan(400);
    await road.paid(invoice.id as string);
    await webhooksHandled(road);

    const { items, pagination } = await timeline(`entity_id=${invoice.id}&entity_type=invoice`);
    expect(pagination.total).toBe(items.length);
    const times = items.map((one: any) => Date.parse(one.at as string));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const paid = items.find((one: any) => one.kind === 'handled' && one.event_type === 'invoice.paid');
    expect(paid).toMatchObject({ state: 'handled', provider_event_id: expect.stringMatching(/^evt_/) });
    // The payment of an invoice concerns it, too.
    expect(items.map((one: any) => one.event_type)).toContain('payment_intent.succeeded');
    const outcomes = items.filter((one: any) => one.kind === 'answered').map((one: any) => one.outcome);
    expect(outcomes.at(-1)).toBe('succeeded');
    // Nothing is left to try again.
    expect(items.filter((one: any) => one.operation_id !== null && one.retry !== null)).toEqual([]);
  });

  it('in pages, in either order, and by provider, connection and state', async () => {
    const all = (await timeline(`entity_id=${invoice.id}&limit=1000`)).items;
    const pages: any[] = [];
    while (pages.length < all.length) {
      const page = await timeline(`entity_id=${invoice.id}&limit=3&offset=${pages.length}`);
      expect(page.pagination).toEqual({ total: all.length, limit: 3, offset: pages.length });
      expect(page.items.length).toBeGreaterThan(0);
      pages.push(...page.items);
    }
    expect(pages).toEqual(all);
    const backwards = (await timeline(`entity_id=${invoice.id}&order=desc&limit=1000`)).items;
    expect(backwards).toEqual([...all].reverse());
    const beyond = await timeline(`entity_id=${invoice.id}&offset=1000`);
    expect(beyond).toEqual({ items: [], pagination: { total: all.length, limit: 50, offset: 1000 } });
    const total = async (query: string): Promise<number> =>
      (await timeline(`entity_id=${invoice.id}&${query}`)).pagination.total;
    expect(await total('provider=Stripe')).toBe(all.length);
    expect(await total('provider=whop')).toBe(0);
    expect(await total(`connection_id=${connection.id}`)).toBe(all.length);
    expect(await total('connection_id=conn_none')).toBe(0);
    expect(await total('state=handled,skipped')).toBe(
      all.filter((one: any) => ['handled', 'skipped'].includes(one.state as string)).length,
    );
    const wrong = await road.api.send('GET', '/integrations/timeline?state=nonsense');
    expect(wrong).toMatchObject({ status: 400 });
    expect(Object.keys(wrong.body.details?.fields ?? wrong.body.error.details.fields)).toEqual(
      expect.arrayContaining(['entity_id', 'state']),
    );
  });

  it('shows nobody else’s', async () => {
    const { api } = await road.server.anotherTenant();
    expect((await api.get(`/integrations/timeline?entity_id=${invoice.id}`)).items).toEqual([]);
  });
});
