import { randomBytes } from 'node:crypto';
import { PROVIDER_OPTIONS } from '../../src/providers/providers.service.js';
import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';
import { sendWhopWebhook, WhopAccount } from '../support/whop-account.js';

/** Setting Whop up as the guide tells a person to, and what is made at Whop of it. */
describe('a Whop connection', () => {
  let road: Road;
  let customerId: string;
  let connectionId: string | undefined;
  beforeAll(async () => {
    road = await Road.start();
    customerId = (await road.customer('buyer')).id as string;
  });
  afterAll(async () => {
    await road.stop();
  });
  afterEach(async () => {
    road.sandbox.whop.clearFaults();
    road.sandbox.whop.configure({ idempotentProducts: true });
    // Each connection is told every invoice: one at a time.
    if (connectionId !== undefined) await road.api.expect(200, 'DELETE', `/connections/${connectionId}`);
    connectionId = undefined;
  });

  const connected = async (made: Promise<any>): Promise<any> => {
    const connection = await made;
    connectionId = connection.id as string;
    return connection;
  };
  const withPage = (id: string) =>
    road.invoiceWhen(id, 'has its page', (one) => typeof one.metadata.whop_checkout_url === 'string');
  const pushed = async (more: Record<string, unknown> = {}, lines = [{ amount: '25.00' }]) =>
    withPage((await road.invoice(customerId, lines, more)).id as string);
  const handled = (id: string) =>
    eventually('a webhook handled', async () => {
      const { items } = await road.api.get(`/integrations/webhook-events?connection_id=${id}&state=handled`);
      return items.length > 0 && items;
    });

  it('by the guide: four fields, the webhook URL pasted at Whop, an invoice paid there is paid here', async () => {
    const whop = new WhopAccount(road);
    const connection = await connected(whop.connect());
    expect(connection).toMatchObject({
      name: 'Whop Production',
      provider: 'whop',
      settings: { company_id: whop.companyId },
      metadata: {},
      sync_config: { invoice: { inbound: false, outbound: true }, customer: { outbound: false } },
      credentials: { api_key: { last4: whop.apiKey.slice(-4) } },
      webhook_url: road.webhookUrl('whop'),
      health: { state: 'active' },
    });
    expect(JSON.stringify(connection)).not.toContain(whop.apiKey);
    expect(connection.webhook_events).toContain('invoice.paid');
    await whop.addWebhook(connection.webhook_url as string);
    const invoice = await pushed();
    expect(whop.invoices()).toMatchObject([{ id: invoice.metadata.whop_invoice_id, status: 'open' }]);
    expect(await road.submit(invoice.metadata.whop_checkout_url as string)).toBe(303);
    expect(await road.paid(invoice.id as string)).toMatchObject({ amount_paid: '25' });
    // Nobody has signed it: it was a hint, and what was paid was read at Whop with our key.
    const [hint] = await handled(connection.id as string);
    expect(hint).toMatchObject({ type: 'invoice.paid', verified: false });
  });

  it('names each field that is wrong, before and after asking Whop', async () => {
    const whop = new WhopAccount(road);
    const refused = async (fields: Record<string, string>) =>
      (
        await road.api.expect(400, 'POST', '/connections', {
          provider: 'whop',
          name: 'Whop',
          metadata: { api_key: whop.apiKey, company_id: whop.companyId, ...fields },
        })
      ).error.details.fields;
    expect(Object.keys(await refused({ api_key: 'sk_1', company_id: 'acme', product_id: 'p' }))).toEqual([
      'api_key',
      'company_id',
      'product_id',
    ]);
    const other = new WhopAccount(road);
    const foreign = await other.product();
    await whop.product();
    expect(await refused({ product_id: foreign })).toEqual({
      product_id: expect.stringContaining(`does not belong to ${whop.companyId}`),
    });
    expect(await refused({ product_id: 'prod_nobody' })).toEqual({
      product_id: expect.stringContaining('there is no product prod_nobody'),
    });
    expect(Object.keys(await refused({ company_id: other.companyId }))).toEqual(['company_id']);
    road.sandbox.whop.revokeKey(whop.apiKey);
    expect(await refused({})).toEqual({ api_key: expect.stringContaining('revoked') });
    expect((await road.api.get('/connections?provider_type=whop')).items).toEqual([]);
  });

  it.each([
    ['ws_', () => `ws_${randomBytes(16).toString('hex')}`],
    ['whsec_', () => `whsec_${randomBytes(24).toString('base64')}`],
  ])('with a %s… secret takes what is signed with it, and nothing else', async (_form, secretOf) => {
    const whop = new WhopAccount(road);
    const secret = secretOf();
    const connection = await connected(whop.connect({ webhook_secret: secret }));
    const invoice = await pushed();
    const url = connection.webhook_url as string;
    const event = { invoiceId: invoice.metadata.whop_invoice_id as string, companyId: whop.companyId };
    expect(await sendWhopWebhook(url, event)).toBe(401);
    expect(await sendWhopWebhook(url, event, secretOf())).toBe(401);
    expect(await road.submit(invoice.metadata.whop_checkout_url as string)).toBe(303);
    expect(await sendWhopWebhook(url, event, secret)).toBe(200);
    await road.paid(invoice.id as string);
    const [told] = await handled(connection.id as string);
    expect(told.verified).toBe(true);
  });

  describe('on a server that knows its public URL', () => {
    const setPublicUrl = (publicUrl: string | undefined) =>
      Object.assign(road.server.app.get<object>(PROVIDER_OPTIONS, { strict: false }), { publicUrl });
    beforeAll(() => setPublicUrl(road.server.url));
    afterAll(() => setPublicUrl(undefined));

    it('registers the webhook itself, and keeps its secret', async () => {
      const whop = new WhopAccount(road);
      const connection = await connected(whop.connect());
      expect(connection.credentials.webhook_secret.last4).toMatch(/^[0-9a-f]{4}$/);
      expect(road.sandbox.whop.objects('webhooks', whop.apiKey)).toMatchObject([
        { enabled: true, events: expect.arrayContaining(['invoice.paid', 'invoice.voided']) },
      ]);
      const invoice = await pushed();
      expect(await road.submit(invoice.metadata.whop_checkout_url as string)).toBe(303);
      await road.paid(invoice.id as string);
      const [told] = await handled(connection.id as string);
      expect(told.verified).toBe(true);
    });

    it('that may not register one works without, and says what to do', async () => {
      const whop = new WhopAccount(road);
      road.sandbox.whop.fault({
        account: whop.apiKey,
        method: 'POST',
        path: '/api/v1/webhooks',
        mode: 'error',
        status: 403,
      });
      const connection = await connected(whop.connect());
      expect(connection.health).toMatchObject({
        state: 'active',
        last_error: expect.stringMatching(
          /Enter webhook_url at Whop, select invoice\.paid, .*webhook_secret/,
        ),
      });
      await pushed();
    });
  });

  it('makes its product once, whatever many first invoices race, and stores its id', async () => {
    const whop = new WhopAccount(road);
    // Whop need not know idempotency keys: the lock is ours.
    road.sandbox.whop.configure({ idempotentProducts: false });
    road.sandbox.whop.fault({
      account: whop.apiKey,
      method: 'POST',
      path: '/api/v1/products',
      mode: 'delay',
      ms: 500,
    });
    const { id } = await connected(whop.connect());
    const invoices = await Promise.all(
      Array.from({ length: 6 }, () => road.invoice(customerId, [{ amount: '3' }])),
    );
    for (const invoice of invoices) await withPage(invoice.id as string);
    expect(whop.products()).toMatchObject([
      { title: 'Flexprice Billing Product', visibility: 'quick_link', company: { id: whop.companyId } },
    ]);
    const [product] = whop.products();
    expect((await road.api.get(`/connections/${id}`)).settings.product_id).toBe(product.id);
    for (const invoice of invoices) expect(whop.sentFor(invoice.id as string).product_id).toBe(product.id);
    // Asked about once, not for every invoice.
    expect(whop.calls()).toMatchObject({ 'POST /products': 1, 'GET /products': 1, 'POST /invoices': 6 });
    expect(whop.calls()).not.toHaveProperty('GET /products/{id}');
  });

  it('keeps the product it has made although the push that made it failed', async () => {
    const whop = new WhopAccount(road);
    const { id } = await connected(whop.connect());
    const nobody = await road.api.create('/customers', { external_id: 'no-mail', name: 'No Mail' });
    const [failed] = await road.settled((await road.invoice(nobody.id as string)).id as string);
    expect(failed.error.code).toBe('customer_email_missing');
    expect((await road.api.get(`/connections/${id}`)).settings.product_id).toBe(whop.products()[0].id);
    await pushed();
    expect(whop.calls()).toMatchObject({ 'POST /products': 1, 'GET /products': 1 });
  });

  it('uses the product it is given, checked once', async () => {
    const whop = new WhopAccount(road);
    const mine = await whop.product();
    road.sandbox.whop.clearRequests();
    await connected(whop.connect({ product_id: mine }));
    const invoice = await pushed();
    await pushed();
    expect(whop.sentFor(invoice.id as string).product_id).toBe(mine);
    expect(whop.calls()).toEqual({
      'GET /invoices': 1, // the credentials
      'GET /products/{id}': 1,
      'POST /invoices': 2,
    });
    expect(whop.products()).toHaveLength(1);
  });

  it('makes another product when its own is gone, and only then', async () => {
    const whop = new WhopAccount(road);
    const { id } = await connected(whop.connect());
    await pushed();
    const [first] = whop.products();
    const goneOnce = (status: number) => {
      road.sandbox.whop.fault({
        account: whop.apiKey,
        method: 'POST',
        path: '/api/v1/invoices',
        mode: 'error',
        status: 404,
      });
      road.sandbox.whop.fault({ account: whop.apiKey, path: '/api/v1/products/{id}', mode: 'error', status });
      // What is gone is in no list either.
      road.sandbox.whop.fault({
        account: whop.apiKey,
        method: 'GET',
        path: '/api/v1/products',
        mode: 'error',
        status: 200,
        body: { data: [], page_info: { end_cursor: null, has_next_page: false } },
      });
    };
    goneOnce(503); // not to be read just now: that says nothing of it
    await pushed();
    expect(whop.products()).toHaveLength(1);
    road.sandbox.whop.clearFaults();
    goneOnce(404);
    const invoice = await pushed();
    expect(whop.products()).toHaveLength(2);
    const second = whop.products().find((one) => one.id !== first.id);
    expect((await road.api.get(`/connections/${id}`)).settings).toMatchObject({
      product_id: second.id,
      product_check: `created:${second.id}`,
    });
    const [push] = await road.settled(invoice.id as string);
    expect(push.tries.map((one: any) => one.error?.message ?? one.outcome)).toContainEqual(
      expect.stringContaining('is gone at Whop: another one is made'),
    );
  });

  it('does not replace a configured product that is gone: it says so, and goes on with another', async () => {
    const whop = new WhopAccount(road);
    const [mine, another] = [await whop.product(), await whop.product('Another')];
    const { id } = await connected(whop.connect({ product_id: mine }));
    road.sandbox.whop.fault({
      account: whop.apiKey,
      method: 'POST',
      path: '/api/v1/invoices',
      mode: 'error',
      status: 404,
    });
    road.sandbox.whop.fault({
      account: whop.apiKey,
      path: '/api/v1/products/{id}',
      mode: 'error',
      status: 404,
    });
    const { id: invoiceId } = await road.invoice(customerId);
    const [failed] = await road.settled(invoiceId as string);
    expect(failed).toMatchObject({
      state: 'failed',
      error: { code: 'product_not_found', param: 'product_id' },
    });
    expect(failed.reason).toContain(
      `there is no product ${mine} at Whop: give the connection another product_id`,
    );
    expect((await road.api.get(`/invoices/${invoiceId}`)).metadata.whop_sync_error).toBe(failed.reason);
    expect(whop.products()).toHaveLength(2);
    await road.api.put(`/connections/${id}`, { metadata: { product_id: another } });
    await road.api.expect(202, 'POST', `/integrations/operations/${failed.id}/retry`);
    const invoice = await withPage(invoiceId as string);
    expect(invoice.metadata).not.toHaveProperty('whop_sync_error');
    expect(whop.sentFor(invoiceId as string)).toMatchObject({ product_id: another });
  });

  describe('an invoice at Whop', () => {
    it('has the fields of the guide: currency, due date, name, e-mail, our id, and lines that add up', async () => {
      const whop = new WhopAccount(road);
      await connected(whop.connect());
      const due = new Date(Date.now() + 5 * 86_400_000).toISOString();
      const invoice = await pushed({ due_date: due, currency: 'eur' }, [
        { amount: '19.99' },
        { amount: '0.01' },
      ]);
      const [product] = whop.products();
      expect(whop.sentFor(invoice.id as string)).toEqual({
        company_id: whop.companyId,
        product_id: product.id,
        collection_method: 'send_invoice',
        due_date: due,
        email_address: 'buyer@example.test',
        customer_name: 'Customer buyer',
        plan: { plan_type: 'one_time', initial_price: 20, currency: 'eur', internal_notes: invoice.id },
        line_items: [
          { label: 'Line 1', quantity: 1, unit_price: 19.99 },
          { label: 'Line 2', quantity: 1, unit_price: 0.01 },
        ],
      });
      const past = await pushed({ due_date: new Date(Date.now() - 86_400_000).toISOString() });
      const sent = Date.parse(whop.sentFor(past.id as string).due_date as string);
      expect(Math.round((sent - Date.now()) / 86_400_000)).toBe(30);
    });

    it('is not made of a draft, and is made when the draft is finalized', async () => {
      const whop = new WhopAccount(road);
      await connected(whop.connect());
      const draft = await road.invoice(customerId, [{ amount: '5' }], { invoice_status: 'DRAFT' });
      const witness = await pushed();
      expect(whop.invoicesOf(witness.id as string)).toHaveLength(1);
      expect(whop.invoicesOf(draft.id as string)).toEqual([]);
      expect(await road.operationsOf(draft.id as string)).toEqual([]);
      await road.api.post(`/invoices/${draft.id}/finalize`);
      await withPage(draft.id as string);
      expect(whop.invoicesOf(draft.id as string)).toHaveLength(1);
    });

    it('is made of a wallet’s top-up like of any other, and paying it fills the wallet', async () => {
      const whop = new WhopAccount(road);
      const connection = await connected(whop.connect());
      await whop.addWebhook(connection.webhook_url as string);
      const wallet = await road.api.post('/wallets', {
        customer_id: customerId,
        currency: 'usd',
        wallet_type: 'PRE_PAID',
      });
      const { invoice_id: invoiceId } = await road.api.post(`/wallets/${wallet.id}/top-up`, {
        credits_to_add: '40',
        transaction_reason: 'PURCHASED_CREDIT_INVOICED',
      });
      const invoice = await withPage(invoiceId as string);
      expect(whop.sentFor(invoiceId as string).plan).toMatchObject({ initial_price: 40, currency: 'usd' });
      expect(await road.submit(invoice.metadata.whop_checkout_url as string)).toBe(303);
      await road.paid(invoiceId as string);
      await eventually(
        'the wallet is filled',
        async () => (await road.api.get(`/wallets/${wallet.id}`)).balance === '40',
      );
    });

    it('waits while the connection is paused, says why, and is made when it works again', async () => {
      const whop = new WhopAccount(road);
      const { id } = await connected(whop.connect());
      await pushed();
      road.sandbox.whop.revokeKey(whop.apiKey);
      const { id: invoiceId } = await road.invoice(customerId);
      const { health } = await eventually('paused', async () => {
        const now = await road.api.get(`/connections/${id}`);
        return now.health.state === 'paused' && now;
      });
      expect(health.paused_reason).toContain('revoked');
      const waiting = await road.invoice(customerId);
      const [held] = await eventually('held', async () => {
        const all = await road.operationsOf(waiting.id as string);
        return all[0]?.reason?.includes('paused') === true && all;
      });
      expect(held).toMatchObject({ state: 'pending', attempts: 0 });
      road.sandbox.whop.attachKey(whop.apiKey, whop.companyId);
      expect(await road.api.post(`/connections/${id}/test`)).toMatchObject({ ok: true });
      await withPage(invoiceId as string);
      await withPage(waiting.id as string);
      expect(whop.invoicesOf(invoiceId as string)).toHaveLength(1);
    });
  });
});
