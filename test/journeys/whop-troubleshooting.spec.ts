import { Logger } from '@nestjs/common';
import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';
import { WhopAccount } from '../support/whop-account.js';

/** The rows of the two troubleshooting tables: what a person sees says what is wrong and what to do about it. */
describe('when an invoice does not get to Whop, or back', () => {
  let road: Road;
  let whop: WhopAccount;
  let connection: any;
  let logged: Record<string, unknown>[];
  beforeAll(async () => {
    road = await Road.start();
    // Where the page comes along with the invoice there is nothing to go wrong about it.
    road.sandbox.whop.configure({ tellsPage: false });
  });
  beforeEach(async () => {
    if (connection !== undefined) await road.api.expect(200, 'DELETE', `/connections/${connection.id}`);
    whop = new WhopAccount(road);
    connection = await whop.connect();
    logged = [];
    for (const level of ['warn', 'log'] as const)
      jest.spyOn(Logger.prototype, level).mockImplementation((...[line]: unknown[]) => {
        if (typeof line === 'object' && line !== null) logged.push(line as Record<string, unknown>);
      });
  });
  afterEach(() => {
    jest.restoreAllMocks();
    road.sandbox.whop.clearFaults();
  });
  afterAll(async () => {
    await road.stop();
  });

  const withPage = (id: string) =>
    road.invoiceWhen(id, 'has its page', (one) => one.metadata.whop_checkout_url !== undefined);
  const logOf = (event: string, id: string) =>
    logged.filter((line) => line.event === event && Object.values(line).includes(id));

  it('“Invoice not syncing”: the toggle is off', async () => {
    const customer = await road.customer('off');
    await road.api.put(`/connections/${connection.id}`, { sync_config: { invoice_outbound_enabled: false } });
    const { id } = await road.invoice(customer.id as string);
    const [skipped] = await road.settled(id as string);
    expect(skipped).toMatchObject({
      action: 'push',
      state: 'skipped',
      reason:
        'invoice sync is switched off on the connection Whop Production: enable outbound sync in its settings ' +
        `(sync_config.invoice.outbound), then POST /v1/invoices/${id}/sync/whop`,
    });
    expect(logOf('sync.push_skipped', id as string)).toMatchObject([{ reason: skipped.reason }]);
    const refused = await road.api.expect(400, 'POST', `/invoices/${id}/sync/whop`);
    expect(refused.error.code).toBe('sync_switched_off');
    expect(whop.invoices()).toEqual([]);
    // What it says is what helps.
    await road.api.put(`/connections/${connection.id}`, { sync_config: { invoice_outbound_enabled: true } });
    await road.api.expect(202, 'POST', `/invoices/${id}/sync/whop`);
    await withPage(id as string);
    expect(whop.invoices()).toHaveLength(1);
    expect((await road.settled(id as string)).map((one) => one.state)).toEqual(['succeeded']);
  });

  it('“Sync fails - customer error”: the customer has no e-mail address', async () => {
    const customer = await road.api.create('/customers', { external_id: 'no-mail', name: 'No Mail' });
    const { id } = await road.invoice(customer.id as string);
    const [failed] = await road.settled(id as string);
    const words = `Whop needs an e-mail address, and customer ${customer.id} has none: add one to the customer`;
    expect(failed).toMatchObject({
      state: 'failed',
      attempts: 1,
      reason: words,
      error: { code: 'customer_email_missing', kind: 'invalid', param: 'email', message: words },
    });
    expect((await road.api.get(`/invoices/${id}`)).metadata).toMatchObject({ whop_sync_error: words });
    expect(logOf('sync.push_failed', id as string)).toMatchObject([{ code: 'customer_email_missing' }]);
    expect(whop.invoices()).toEqual([]);
    // Nobody has to ask for it: the address is all that was missing.
    await road.api.put(`/customers/${customer.id}`, { email: 'now@mail.test' });
    const { metadata } = await withPage(id as string);
    expect(metadata).not.toHaveProperty('whop_sync_error');
    expect(whop.sentFor(id as string).email_address).toBe('now@mail.test');
  });

  it.each([
    ['wrong URL', '/v1/webhooks/whop/tenant_x/env_x', 'invoice.paid'],
    ['event not subscribed', undefined, 'payment.failed'],
  ])('“invoice.paid not received”: %s', async (_cause, path, event) => {
    await whop.addWebhook(path === undefined ? (connection.webhook_url as string) : road.server.url + path, [
      event,
    ]);
    const customer = await road.customer(`unheard-${event}`);
    const { metadata, id } = await withPage((await road.invoice(customer.id as string)).id as string);
    expect(await road.submit(metadata.whop_checkout_url as string)).toBe(303);
    await road.sandbox.whop.settle();
    expect((await road.api.get(`/invoices/${id}`)).payment_status).toBe('PENDING');
    // As the poller does by itself, each minute.
    await road.api.post(`/integrations/connections/${connection.id}/reconcile`);
    await road.paid(id as string);
    const found = (await road.operationsOf(id as string)).find((one) => one.action === 'poll');
    expect(found.reason).toBe(
      'it is paid there, and was found by asking: no webhook had told. If that goes on, copy webhook_url from the ' +
        'connection into the webhook settings there, and select ' +
        'invoice.paid, invoice.past_due, invoice.voided, invoice.marked_uncollectible, ' +
        'refund.created, refund.updated, dispute.created, dispute.updated',
    );
    expect(logOf('sync.poll_succeeded', id as string)).toMatchObject([{ reason: found.reason }]);
    const shown = await road.api.get(`/connections/${connection.id}`);
    expect(shown.webhook_url).toBe(road.webhookUrl('whop'));
    expect(shown.webhook_events).toContain('invoice.paid');
  });

  it('“No whop_checkout_url on invoice”: the plan could not be fetched, and is fetched again without anyone asking', async () => {
    const customer = await road.customer('no-page');
    road.sandbox.whop.fault({ account: whop.apiKey, path: '/api/v1/plans/{id}', mode: 'error', status: 503 });
    // The first repair fails as well.
    road.sandbox.whop.fault({ account: whop.apiKey, path: '/api/v1/plans', mode: 'error', status: 503 });
    const { id } = await road.invoice(customer.id as string);
    await withPage(id as string);
    expect((await road.settled(id as string)).map((one) => [one.action, one.state, one.reason])).toEqual([
      ['push', 'succeeded', null],
      ['refresh', 'succeeded', 'its page was asked for with those of others'],
    ]);
    expect(logOf('sync.page_missing', id as string)).toMatchObject([
      { message: 'the invoice is at whop, its page is not known yet: it is asked for in the background' },
    ]);
    expect(logOf('sync.pages_not_read', connection.id as string)).toHaveLength(1);
    expect(whop.invoicesOf(id as string)).toHaveLength(1);
  });

  it('pages that are missing are asked for together', async () => {
    const customer = await road.customer('pages');
    await withPage((await road.invoice(customer.id as string)).id as string);
    road.sandbox.whop.fault({
      account: whop.apiKey,
      path: '/api/v1/plans*',
      mode: 'error',
      status: 503,
      times: null,
    });
    const ids: string[] = [];
    for (let n = 0; n < 12; n += 1) ids.push((await road.invoice(customer.id as string)).id as string);
    await eventually('all pushed', () =>
      Promise.resolve(ids.every((id) => whop.invoicesOf(id)[0]?.status === 'open')),
    );
    await eventually('all wait for their pages', async () => {
      const { items } = await road.api.get('/integrations/operations?state=pending,retrying&limit=1000');
      return items.filter((one: any) => one.action === 'refresh').length === 12;
    });
    road.sandbox.whop.clearFaults();
    road.sandbox.whop.clearRequests();
    for (const id of ids) await withPage(id);
    expect(whop.calls()).toEqual({ 'GET /plans': 1 });
  });

  it('“Invoice created in Whop but sync retrying”: the mapping could not be written', async () => {
    const customer = await road.customer('unmapped');
    const { database } = road.server;
    await database.query(
      `CREATE FUNCTION refuse_mapping() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN RAISE EXCEPTION 'no space left on device'; END $$;
       CREATE TRIGGER refuse_mapping BEFORE UPDATE ON entity_mappings
         FOR EACH ROW WHEN (NEW.state = 'linked') EXECUTE FUNCTION refuse_mapping()`,
    );
    const { id } = await road.invoice(customer.id as string);
    const [retrying] = await eventually('retrying', async () => {
      const all = await road.operationsOf(id as string);
      return all[0]?.state === 'retrying' && all;
    });
    expect(whop.invoicesOf(id as string)).toHaveLength(1);
    expect(retrying).toMatchObject({
      reason: "the provider's answer could not be stored, and is looked for again",
      error: { code: 'not_recorded' },
    });
    expect(retrying.tries[0].calls).toContainEqual(
      expect.objectContaining({ method: 'POST', path: '/api/v1/invoices', status: 200 }),
    );
    expect(logOf('sync.not_recorded', retrying.id as string)).not.toEqual([]);
    await database.query('DROP TRIGGER refuse_mapping ON entity_mappings; DROP FUNCTION refuse_mapping()');
    const { metadata } = await withPage(id as string);
    const [done] = await road.settled(id as string);
    expect(done).toMatchObject({ state: 'succeeded', error: null });
    expect(whop.invoicesOf(id as string)).toMatchObject([{ id: metadata.whop_invoice_id, status: 'open' }]);
    const { items } = await road.api.get(`/integrations/mappings?entity_type=invoice&entity_id=${id}`);
    expect(items).toMatchObject([{ provider_entity_id: metadata.whop_invoice_id }]);
  });
});
