import { eventually } from '../support/eventually.js';
import { webhooksHandled } from '../support/faults.js';
import { Road } from '../support/road.js';
import { startTestApp } from '../support/test-app.js';
import { sendWhopWebhook, WhopAccount } from '../support/whop-account.js';

/** What is paid, void or written off at Whop or here is so at the other side too, whoever was told or not. */
describe('reconciliation with Whop', () => {
  let road: Road;
  let whop: WhopAccount;
  let connection: any;
  let customerId: string;
  beforeAll(async () => {
    road = await Road.start();
    customerId = (await road.customer('buyer')).id as string;
  });
  beforeEach(async () => {
    if (connection !== undefined) await road.api.expect(200, 'DELETE', `/connections/${connection.id}`);
    whop = new WhopAccount(road);
    const secret = await whop.addWebhook(road.webhookUrl('whop'), ['invoice.paid']);
    connection = await whop.connect({ webhook_secret: secret });
  });
  afterEach(() => {
    road.sandbox.whop.clearFaults();
    road.sandbox.whop.clearWebhookRules();
  });
  afterAll(async () => {
    await road.stop();
  });

  const pushed = async (amount = '25.00') => {
    const { id } = await road.invoice(customerId, [{ amount }]);
    return road.invoiceWhen(
      id as string,
      'has its page',
      (one) => one.metadata.whop_checkout_url !== undefined,
    );
  };
  const remoteOf = (invoice: any) =>
    whop.invoices().find((one) => one.id === invoice.metadata.whop_invoice_id);
  const read = (invoice: any) => road.api.get(`/invoices/${invoice.id}`);
  const pay = async (invoice: any) =>
    expect(await road.submit(invoice.metadata.whop_checkout_url as string)).toBe(303);
  const poll = async () => {
    road.sandbox.whop.clearRequests();
    const { changed } = await road.api.post(`/integrations/connections/${connection.id}/reconcile`);
    // The look at the webhook has a test of its own.
    const calls = Object.entries(whop.calls()).filter(([name]) => !name.startsWith('GET /webhooks'));
    return { changed, calls: Object.fromEntries(calls) };
  };
  const loseWebhooks = () => road.sandbox.whop.arrangeWebhooks({ action: 'drop', times: null });

  it('finds what was paid, voided or written off without a webhook, in few calls', async () => {
    const settled = [await pushed(), await pushed(), await pushed()];
    for (const one of settled) {
      await pay(one);
      await road.paid(one.id as string);
    }
    const [paid, voided, lost, open] = [
      await pushed('8'),
      await pushed('9'),
      await pushed('10'),
      await pushed('11'),
    ];
    loseWebhooks();
    await pay(paid);
    await whop.call('POST', `/invoices/${voided.metadata.whop_invoice_id}/void`);
    await whop.call('POST', `/invoices/${lost.metadata.whop_invoice_id}/mark_uncollectible`);
    expect((await read(paid)).payment_status).toBe('PENDING');
    // One list of what is open there; three calls for each that has changed. Those settled long ago cost nothing.
    const first = await poll();
    expect(first).toEqual({
      changed: 3,
      calls: {
        'GET /invoices': 1,
        'GET /invoices/{id}': 3,
        'GET /plans/{id}': 3,
        'GET /payments/{id}': 1, // only who has paid is asked about money
        'GET /refunds': 1,
        'GET /disputes': 1,
      },
    });
    expect(await road.paid(paid.id as string)).toMatchObject({ amount_paid: '8', overpaid_amount: '0' });
    expect((await read(voided)).metadata.whop_invoice_status).toBe('void');
    expect((await read(lost)).metadata.whop_invoice_status).toBe('uncollectible');
    expect((await read(open)).metadata.whop_invoice_status).toBe('open');
    const { items } = await road.api.get(`/payments?destination_id=${paid.id}`);
    expect(items).toMatchObject([{ payment_gateway: 'whop', payment_status: 'SUCCEEDED', amount: '8' }]);
    const found = (await road.operationsOf(paid.id as string)).find((one) => one.action === 'poll');
    expect(found).toMatchObject({
      state: 'succeeded',
      provider_entity_id: paid.metadata.whop_invoice_id,
      reason: expect.stringMatching(/no webhook had told.*copy webhook_url.*invoice\.paid/),
    });
    expect(await poll()).toEqual({
      changed: 0,
      calls: { 'GET /invoices': 1, 'GET /refunds': 1, 'GET /disputes': 1 },
    });
    // What was given up can still be paid, and that is found as well.
    await pay(lost);
    expect((await poll()).changed).toBe(1);
    expect(await road.paid(lost.id as string)).toMatchObject({ amount_paid: '10' });
  });

  it('asks nothing when nothing is open', async () => {
    const invoice = await pushed();
    await pay(invoice);
    await road.paid(invoice.id as string);
    // But for what may have gone back of what was paid.
    expect(await poll()).toEqual({ changed: 0, calls: { 'GET /refunds': 1, 'GET /disputes': 1 } });
  });

  it('a hundred and twenty open invoices are two calls, beside thirty that are settled', async () => {
    for (let n = 0; n < 5; n += 1)
      await Promise.all(Array.from({ length: 30 }, () => road.invoice(customerId, [{ amount: '2' }])));
    const isDone = async () => {
      const { pagination } = await road.api.get(
        `/integrations/operations?connection_id=${connection.id}&state=succeeded&limit=1`,
      );
      const left = await road.api.get('/integrations/operations?state=pending,running,retrying&limit=1');
      return pagination.total >= 150 && left.items.length === 0;
    };
    await eventually('all pushed', isDone, 90_000);
    expect(whop.invoices()).toHaveLength(150);
    for (const { id } of whop.invoices().slice(0, 30)) await whop.call('POST', `/invoices/${id}/mark_paid`);
    await webhooksHandled(road);
    expect(await poll()).toEqual({ changed: 0, calls: { 'GET /invoices': 2 } });
  }, 120_000);

  it('a webhook that comes twice, or after the poll, is one payment', async () => {
    const invoice = await pushed('12');
    road.sandbox.whop.arrangeWebhooks({ action: 'duplicate', copies: 2 });
    await pay(invoice);
    await road.paid(invoice.id as string);
    const [message] = (road.sandbox.whop.objects('messages', whop.apiKey) as any[]).filter(
      (one) => one.type === 'invoice.paid',
    );
    road.sandbox.whop.resend(message.id as string);
    await webhooksHandled(road);
    await poll();
    expect(await read(invoice)).toMatchObject({ amount_paid: '12', overpaid_amount: '0' });
    expect((await road.api.get(`/payments?destination_id=${invoice.id}`)).items).toHaveLength(1);
  });

  it('a webhook of another company is skipped, and so is an invoice that our key cannot read', async () => {
    const other = new WhopAccount(road);
    await other.product();
    const invoice = await pushed();
    await pay(invoice);
    await road.paid(invoice.id as string);
    await webhooksHandled(road);
    await road.api.expect(200, 'DELETE', `/connections/${connection.id}`);
    whop = other;
    connection = await other.connect();
    const tell = (event: { invoiceId: string; companyId: string }) =>
      sendWhopWebhook(road.webhookUrl('whop'), event);
    const foreign = invoice.metadata.whop_invoice_id as string;
    expect(await tell({ invoiceId: foreign, companyId: 'biz_somebody' })).toBe(200);
    expect(await tell({ invoiceId: foreign, companyId: other.companyId })).toBe(200);
    const events = await eventually('both skipped', async () => {
      const { items } = await road.api.get(
        `/integrations/webhook-events?connection_id=${connection.id}&state=skipped&order=asc`,
      );
      return items.length === 2 && items;
    });
    expect(events.map((one: any) => one.reason).sort()).toEqual([
      `the event is of biz_somebody, and the connection of ${other.companyId}`,
      'the provider has no such invoice',
    ]);
    expect((await road.api.get(`/payments?destination_id=${invoice.id}`)).items).toHaveLength(1);
  });

  /** Whatever is asked of payments, Whop shows this one. */
  const showPayment = (payment: { id: string; total: number; currency: string }): unknown =>
    road.sandbox.whop.fault({
      account: whop.apiKey,
      path: '/api/v1/payments/{id}',
      mode: 'error',
      status: 200,
      body: { ...payment, status: 'paid' },
      times: null,
    });

  it('money in another currency than the invoice’s is not booked, and waits for somebody to look', async () => {
    const invoice = await pushed('14');
    showPayment({ id: 'pay_in_euros', total: 14, currency: 'eur' });
    await pay(invoice);
    const event = await eventually('held back', async () => {
      const { items } = await road.api.get(
        `/integrations/webhook-events?connection_id=${connection.id}&state=parked`,
      );
      return items.length > 0 && items[0];
    });
    expect(event.reason).toContain(`invoice ${invoice.id} is in usd, the provider collected eur`);
    expect(await read(invoice)).toMatchObject({ payment_status: 'PENDING', amount_paid: '0' });
    road.sandbox.whop.clearFaults();
    await road.api.send('POST', `/integrations/webhook-events/${event.id}/retry`);
    await road.paid(invoice.id as string);
    await webhooksHandled(road);
  });

  it('a payment of another amount than we asked for is counted as it is, not as paid in full', async () => {
    const invoice = await pushed('15');
    showPayment({ id: 'pay_of_four', total: 4, currency: 'usd' });
    await pay(invoice);
    await eventually('booked', async () => (await read(invoice)).amount_paid === '4');
    expect(await read(invoice)).toMatchObject({ payment_status: 'PENDING', amount_remaining: '11' });
  });

  it.each([
    ['paid', '42'],
    ['over-paid', '50'],
  ])('%s here first: Whop’s invoice is marked paid, and is no second payment', async (_how, amount) => {
    const invoice = await pushed('42');
    await road.api.create('/payments', {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      payment_method_type: 'OFFLINE',
      amount,
      currency: 'usd',
    });
    await eventually('told', () => Promise.resolve(remoteOf(invoice).status === 'paid'));
    await webhooksHandled(road);
    await poll();
    expect(await read(invoice)).toMatchObject({
      amount_paid: amount,
      overpaid_amount: amount === '50' ? '8' : '0',
    });
    expect((await road.api.get(`/payments?destination_id=${invoice.id}`)).items).toHaveLength(1);
  });

  it('void here: void there', async () => {
    const invoice = await pushed('42');
    await road.api.post(`/invoices/${invoice.id}/void`);
    await eventually('told', () => Promise.resolve(remoteOf(invoice).status === 'void'));
    const operations = await road.settled(invoice.id as string);
    expect(operations.map((one) => `${one.action} ${one.state}`)).toEqual([
      'push succeeded',
      'void succeeded',
    ]);
  });

  it('overdue there is seen here, and it can still be paid', async () => {
    const invoice = await pushed('42');
    loseWebhooks();
    road.sandbox.whop.advance({ bySeconds: 31 * 86_400 });
    expect(remoteOf(invoice).status).toBe('past_due');
    expect((await poll()).changed).toBe(1);
    expect(await read(invoice)).toMatchObject({
      payment_status: 'PENDING',
      metadata: { whop_invoice_status: 'past_due' },
    });
    expect((await poll()).changed).toBe(0);
    await pay(invoice);
    expect((await poll()).changed).toBe(1);
    expect(await road.paid(invoice.id as string)).toMatchObject({ amount_paid: '42' });
  });
});

describe('reconciliation that nobody asks for', () => {
  it('bug: a new connection is polled by itself, and what a lost webhook would have told is found', async () => {
    const road = await Road.on((sandbox) =>
      startTestApp({ providers: Road.providersOf(sandbox), reconcileEveryMs: 300 }),
    );
    try {
      const whop = new WhopAccount(road);
      await whop.connect();
      const customer = await road.customer('polled');
      const { id } = await road.invoice(customer.id as string, [{ amount: '12' }]);
      const invoice = await road.invoiceWhen(
        id as string,
        'has its page',
        (one) => one.metadata.whop_checkout_url !== undefined,
      );
      road.sandbox.whop.arrangeWebhooks({ action: 'drop', times: null });
      expect(await road.submit(invoice.metadata.whop_checkout_url as string)).toBe(303);
      await road.paid(id as string);
    } finally {
      await road.stop();
    }
  });
});
