import { eventually } from '../support/eventually.js';
import { stripeApi, stripeInvoicesOf, stripeLinesOf, webhooksHandled } from '../support/faults.js';
import { Road } from '../support/road.js';

describe('what an operator sees of a sync', () => {
  let road: Road;
  let secretKey: string;
  let connection: any;
  let customer: any;
  beforeAll(async () => {
    road = await Road.start();
    ({ secretKey, connection } = await road.connectStripe());
    customer = await road.customer('seen');
    await road.settled(customer.id as string);
  });
  afterAll(async () => {
    await road.stop();
  });

  const eventsOf = async (entityId: string): Promise<string[]> => {
    const rows = await road.server.database.query(
      `SELECT type FROM billing.outbox_events WHERE entity_id = '${entityId}'`,
    );
    return rows.map((row) => String(row.type));
  };

  it('intended, tried, answered: every call with its request id, every refusal in Stripe’s words; then retried', async () => {
    const message = 'This account cannot make invoices just now.';
    road.sandbox.stripe.fault({ method: 'POST', path: '/v1/invoices', mode: 'error', status: 503 });
    road.sandbox.stripe.fault({
      method: 'POST',
      path: '/v1/invoices/{id}/add_lines',
      mode: 'error',
      status: 400,
      headers: { 'request-id': 'req_told_to_support' },
      body: { error: { type: 'invalid_request_error', code: 'account_restricted', message } },
    });
    const invoice = await road.invoice(customer.id as string, [{ amount: '3' }]);
    const [failed] = await road.settled(invoice.id as string);
    expect(failed).toMatchObject({
      connection_id: connection.id,
      entity_type: 'invoice',
      action: 'push',
      state: 'failed',
      attempts: 2,
      error: { code: 'account_restricted', message, http_status: 400, request_id: 'req_told_to_support' },
      first_tried_at: expect.any(String),
      finished_at: expect.any(String),
    });
    expect(failed.tries).toMatchObject([
      { number: 1, outcome: 'unavailable', calls: [{ method: 'POST', path: '/v1/invoices', status: 503 }] },
      { number: 2, outcome: 'invalid', error: { message } },
    ]);
    expect(failed.tries[1].calls.at(-1)).toMatchObject({
      path: expect.stringMatching(/^\/v1\/invoices\/in_\w+\/add_lines$/),
      status: 400,
      request_id: 'req_told_to_support',
    });
    expect(await eventsOf(invoice.id as string)).toContain('integration.sync_failed');
    await road.api.expect(202, 'POST', `/invoices/${invoice.id}/sync/stripe`);
    const [again] = await road.settled(invoice.id as string);
    expect(again).toMatchObject({ id: failed.id, state: 'succeeded', error: null });
    expect(stripeInvoicesOf(road, invoice.id as string)).toHaveLength(1);
    expect(await eventsOf(invoice.id as string)).toContain('integration.sync_succeeded');
  });

  it('one retry by hand after the repair; filters by state, entity, connection and provider', async () => {
    road.sandbox.stripe.fault({
      method: 'POST',
      path: '/v1/invoices',
      mode: 'error',
      status: 400,
      body: { error: { type: 'invalid_request_error', message: 'no' } },
    });
    const invoice = await road.invoice(customer.id as string, [{ amount: '4' }]);
    const [failed] = await road.settled(invoice.id as string);
    const list = async (query: string): Promise<string[]> =>
      (await road.api.get(`/integrations/operations?limit=1000&${query}`)).items.map((one: any) => one.id);
    for (const query of [
      'state=failed',
      `entity_id=${invoice.id}`,
      `connection_id=${connection.id}&entity_type=invoice`,
      'provider=stripe&entity_type=invoice',
    ])
      expect(await list(query)).toContain(failed.id);
    expect(await list('state=succeeded')).not.toContain(failed.id);
    expect(await list('provider=whop')).toEqual([]);
    await road.api.expect(202, 'POST', `/integrations/operations/${failed.id}/retry`);
    await road.settled(invoice.id as string);
    expect(await road.api.get(`/integrations/operations/${failed.id}`)).toMatchObject({ state: 'succeeded' });
    const again = await road.api.send('POST', `/integrations/operations/${failed.id}/retry`);
    expect(again).toMatchObject({ status: 400, body: { error: { code: 'sync_operation_succeeded' } } });
  });

  it('a total that is not ours stops the push with both figures, and nothing is finalized', async () => {
    const invoice = await road.invoice(customer.id as string, [{ amount: '10' }]);
    await road.settled(invoice.id as string);
    const other = await road.customer('taxed');
    await road.settled(other.id as string);
    const { integrations } = await road.api.get(`/customers/${other.id}/integrations`);
    road.sandbox.stripe.fault({ method: 'POST', path: '/v1/invoices/{id}/add_lines', mode: 'drop_after' });
    road.sandbox.stripe.pauseWebhooks();
    const made = await road.invoice(other.id as string, [{ amount: '20' }]);
    // Somebody puts a line on our draft, between our two tries.
    const draft = await eventually('draft', () =>
      Promise.resolve(stripeInvoicesOf(road, made.id as string).find((one) => one.status === 'draft')),
    );
    await stripeApi(road, secretKey, 'POST', '/v1/invoiceitems', {
      customer: integrations[0].external_id,
      invoice: draft.id,
      amount: '150',
      currency: 'usd',
    });
    const [push] = await road.settled(made.id as string);
    road.sandbox.stripe.resumeWebhooks();
    expect(push).toMatchObject({ state: 'failed', error: { code: 'total_mismatch' } });
    expect(push.error.message).toContain('21.5');
    expect(push.error.message).toContain('20');
    expect(stripeInvoicesOf(road, made.id as string).filter((one) => one.status !== 'draft')).toEqual([]);
  });

  it.each([
    ['jpy', ['1200', '-200'], 1000],
    ['kwd', ['5.12', '1.23'], 6350],
    ['isk', ['700', '50'], 75_000],
    ['ugx', ['3000'], 300_000],
    ['eur', ['10.01', '0.02', '-0.03'], 1000],
  ])('%s: to the minor unit, negative lines too', async (currency, amounts, total) => {
    const who = await road.customer(`in-${currency}`);
    const invoice = await road.invoice(
      who.id as string,
      amounts.map((amount) => ({ amount })),
      { currency },
    );
    const [push] = await road.settled(invoice.id as string);
    expect({ state: push.state, error: push.error }).toEqual({ state: 'succeeded', error: null });
    const [remote] = stripeInvoicesOf(road, invoice.id as string);
    expect(remote).toMatchObject({ total, currency, status: 'open' });
    expect(await road.submit(remote.hosted_invoice_url as string)).toBeLessThan(400);
    expect(await road.paid(invoice.id as string)).toMatchObject({
      amount_paid: invoice.total,
      overpaid_amount: '0',
    });
  });

  it.each([
    ['one line', 1],
    ['250 lines', 250],
    ['more than Stripe takes, grouped', 600],
  ])('three calls: %s', async (_what, count) => {
    const lines = Array.from({ length: count }, (_, i) => ({
      amount: `0.${10 + (i % 80)}`,
      name: `Line ${i % 300}`,
    }));
    road.sandbox.stripe.clearRequests();
    const invoice = await road.invoice(customer.id as string, lines);
    await road.settled(invoice.id as string);
    expect(road.stripeWrites()).toEqual({
      'POST /v1/invoices': 1,
      'POST /v1/invoices/{id}/add_lines': 1,
      'POST /v1/invoices/{id}/send': 1,
    });
    const [remote] = stripeInvoicesOf(road, invoice.id as string);
    const there = await stripeLinesOf(road, secretKey, remote.id as string);
    expect(there.length).toBeLessThanOrEqual(250);
    expect(there.length).toBe(Math.min(count, 250));
    const cents = Math.round(Number(invoice.total) * 100);
    expect(remote.total).toBe(cents);
    expect(there.reduce((sum: number, line: any) => sum + Number(line.amount), 0)).toBe(cents);
    await webhooksHandled(road);
  });
});
