import { booksOf, expectBalanced } from '../support/books.js';
import { eventually } from '../support/eventually.js';
import { webhooksHandled } from '../support/faults.js';
import { Road } from '../support/road.js';
import { WhopAccount } from '../support/whop-account.js';

const DEBIT = { card_number: '000123456789', email: 'ada@example.com', name: 'Ada' };
const EVENTS = [
  'invoice.paid',
  'invoice.voided',
  'refund.created',
  'refund.updated',
  'dispute.created',
  'dispute.updated',
];

describe.each(['2026-07-20', '2026-10-15-1'])('Whop at its API date %s', (date) => {
  let road: Road;
  let whop: WhopAccount;
  let connection: any;
  let customerId: string;
  const isNewest = date === '2026-10-15-1';
  beforeAll(async () => {
    road = await Road.start();
    whop = new WhopAccount(road, date);
    const secret = await whop.addWebhook(road.webhookUrl('whop'), EVENTS);
    // A connection that was made before there was a choice has none, and speaks the older date.
    connection = await whop.connect({
      webhook_secret: secret,
      ...(isNewest ? {} : { api_version_date: date }),
    });
    customerId = (await road.customer('ada')).id as string;
  });
  afterEach(() => {
    expect(road.sandbox.whop.schemaViolations()).toEqual([]);
    road.sandbox.whop.configure({ refundStatus: 'succeeded' });
  });
  afterAll(async () => {
    await road.stop();
  });

  const pushed = async (amount: string) => {
    const { id } = await road.invoice(customerId, [{ amount }]);
    return road.invoiceWhen(
      id as string,
      'has its page',
      (one) => one.metadata.whop_checkout_url !== undefined,
    );
  };
  const paid = async (amount: string) => {
    const invoice = await pushed(amount);
    expect(await road.submit(invoice.metadata.whop_checkout_url as string)).toBe(303);
    await road.paid(invoice.id as string);
    const [payment] = (await books(invoice)).payments;
    expect(payment).toMatchObject({ amount, gateway_payment_id: expect.stringMatching(/^pay_/) });
    return { invoice, payment };
  };
  const books = async (invoice: any) => {
    await webhooksHandled(road);
    await road.settled(invoice.id as string);
    const found = await booksOf(road, invoice.id as string);
    expectBalanced(found);
    return found;
  };

  it('costs one call an invoice at the newest, two at the older', async () => {
    await pushed('3'); // with the product
    road.sandbox.whop.clearRequests();
    const invoice = await pushed('5');
    const calls = Object.entries(whop.calls()).filter(([name]) => /invoices|plans|products/.test(name));
    expect(Object.fromEntries(calls)).toEqual(
      isNewest ? { 'POST /invoices': 1 } : { 'POST /invoices': 1, 'GET /plans/{id}': 1 },
    );
    expect(whop.sentFor(invoice.id as string)).toHaveProperty(isNewest ? 'account_id' : 'company_id');
    expect((await road.api.get(`/connections/${connection.id}`)).settings.api_version_date).toBe(date);
  });

  it('12: a part that is refunded there is given back here, told by a webhook', async () => {
    const { invoice, payment } = await paid('70.79');
    await whop.call('POST', `/payments/${payment.gateway_payment_id}/refund`, { partial_amount: 20 });
    expect(await books(invoice)).toMatchObject({
      invoice: { payment_status: 'PARTIALLY_REFUNDED', amount_paid: '50.79' },
      payments: [{ amount: '70.79', refunded_amount: '20' }],
    });
  });

  it('refunds are made from here at the newest date, once; at the older one that is refused by name', async () => {
    const { invoice, payment } = await paid('40');
    const path = `/payments/${payment.id}/refunds`;
    if (!isNewest) {
      const refused = await road.api.expect(400, 'POST', path, { amount: '15' });
      expect(JSON.stringify(refused)).toContain('provider_cannot_refund');
      return;
    }
    road.sandbox.whop.fault({
      account: whop.apiKey,
      path: '/api/v1/payments/{id}/refund',
      mode: 'drop_after',
    });
    await road.api.create(path, { amount: '15' });
    await eventually('gone', async () => (await road.api.get(path)).items[0].refund_status === 'SUCCEEDED');
    expect(await books(invoice)).toMatchObject({
      invoice: { payment_status: 'PARTIALLY_REFUNDED', amount_paid: '25' },
      payments: [{ refunded_amount: '15' }],
    });
    const there = road.sandbox.whop.objects('payments', whop.apiKey) as any[];
    const one = there.find(({ id }) => id === payment.gateway_payment_id);
    expect(one.refunded_amount).toMatchObject({ amount: '15.00' });
    expect((await road.api.get(path)).items).toHaveLength(1);
  });

  it('a dispute that is lost takes the money, one that is won does not', async () => {
    const [lost, won] = [await paid('30'), await paid('31')];
    for (const { payment } of [lost, won])
      road.sandbox.whop.dispute(payment.gateway_payment_id, 'needs_response');
    await books(lost.invoice);
    road.sandbox.whop.dispute(lost.payment.gateway_payment_id, 'lost');
    road.sandbox.whop.dispute(won.payment.gateway_payment_id, 'won');
    expect((await books(lost.invoice)).invoice).toMatchObject({ amount_paid: '0' });
    expect((await books(won.invoice)).invoice).toMatchObject({ amount_paid: '31' });
  });

  if (!isNewest) return;

  it('what goes back without a webhook is found by looking', async () => {
    const [refunded, disputed] = [await paid('20'), await paid('21')];
    road.sandbox.whop.arrangeWebhooks({ action: 'drop', times: null });
    await whop.call('POST', `/payments/${refunded.payment.gateway_payment_id}/refund`, {});
    road.sandbox.whop.dispute(disputed.payment.gateway_payment_id, 'lost');
    await road.api.post(`/integrations/connections/${connection.id}/reconcile`);
    road.sandbox.whop.clearWebhookRules();
    expect((await books(refunded.invoice)).invoice).toMatchObject({
      payment_status: 'REFUNDED',
      amount_paid: '0',
    });
    expect((await books(disputed.invoice)).invoice).toMatchObject({ amount_paid: '0' });
  });

  it('a bank debit is waited for: what was paid here meanwhile is told when it has failed', async () => {
    const invoice = await pushed('60');
    const page = (invoice.metadata.whop_checkout_url as string).split('?')[0] ?? '';
    await fetch(`${page}/submit`, { method: 'POST', body: new URLSearchParams(DEBIT), redirect: 'manual' });
    await road.api.post(`/integrations/connections/${connection.id}/reconcile`);
    expect((await road.api.get(`/invoices/${invoice.id}`)).metadata.whop_payment_processing).toBe('true');
    await road.api.create('/payments', {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      payment_method_type: 'OFFLINE',
      amount: '60',
      currency: 'usd',
    });
    const marking = await eventually('it waits', async () => {
      const operations = await road.operationsOf(invoice.id as string);
      return operations.find((one) => one.action === 'mark_paid' && /being processed/.test(one.reason ?? ''));
    });
    expect(whop.invoicesOf(invoice.id as string)).toMatchObject([
      { status: 'open', payment_processing: true },
    ]);
    const payment = (road.sandbox.whop.objects('payments', whop.apiKey) as any[]).at(-1);
    road.sandbox.whop.settlePayment(payment.id as string, 'failed');
    await road.api.post(`/integrations/connections/${connection.id}/reconcile`);
    await road.api.expect(202, 'POST', `/integrations/operations/${marking.id}/retry`);
    await eventually('told', () =>
      Promise.resolve(whop.invoicesOf(invoice.id as string)[0].status === 'paid'),
    );
  });

  it('a connection that was made before speaks the older date until it is told to speak the newest', async () => {
    const before = new WhopAccount(road);
    const older = await before.connect({}, { name: 'Before' });
    await road.server.database.query(
      `UPDATE connections SET settings = settings - 'api_version_date' WHERE id = $1`,
      [older.id],
    );
    const sentWith = async () => {
      road.sandbox.whop.clearRequests();
      const { id } = await road.invoice(customerId, [{ amount: '7' }]);
      await eventually('there', () => Promise.resolve(before.invoicesOf(id as string).length === 1));
      return Object.keys(before.sentFor(id as string) as object);
    };
    expect(await sentWith()).toContain('company_id');
    await road.api.put(`/connections/${older.id}`, { metadata: { api_version_date: '2026-10-15-1' } });
    expect(await sentWith()).toContain('account_id');
    await road.api.expect(400, 'PUT', `/connections/${older.id}`, {
      metadata: { api_version_date: '2027-01-01' },
    });
    await road.api.expect(200, 'DELETE', `/connections/${older.id}`);
  });

  it('a webhook that Whop has disabled is noticed, switched on, and tells what was missed', async () => {
    const look = async () => {
      await road.server.database.query(
        `UPDATE connections SET webhook_health = jsonb_set(webhook_health, '{checkedAt}', '"2026-01-01T00:00:00Z"')`,
      );
      await road.api.post(`/integrations/connections/${connection.id}/reconcile`);
      return (await road.api.get(`/connections/${connection.id}`)).health.webhook;
    };
    expect(await look()).toMatchObject({ state: 'ok', failures: 0 });
    const [hook] = road.sandbox.whop.objects('webhooks', whop.apiKey) as any[];
    const { payment } = await paid('25');
    // For three days nobody answers at the address.
    await whop.call('PATCH', `/webhooks/${hook.id}`, { url: 'http://127.0.0.1:9/v1/webhooks/whop/x' });
    await whop.call('POST', `/payments/${payment.gateway_payment_id}/refund`, { partial_amount: 5 });
    await road.sandbox.whop.deliverWebhooksNow();
    for (let n = 0; n < 4; n += 1) await road.sandbox.whop.deliverWebhooksNow();
    road.sandbox.whop.advance({ bySeconds: 3 * 86_400 });
    await whop.call('PATCH', `/webhooks/${hook.id}`, { url: hook.url });
    expect(road.sandbox.whop.objects('webhooks', whop.apiKey)).toMatchObject([
      { enabled: false, disabled_reason: 'delivery_failures' },
    ]);
    const from = road.sandbox.whop.deliveries({ account: whop.apiKey }).length;
    expect(await look()).toMatchObject({
      state: 'disabled',
      reason: 'the provider has disabled it: delivery_failures',
      replayed_at: expect.any(String),
    });
    await webhooksHandled(road);
    const again = road.sandbox.whop.deliveries({ account: whop.apiKey }).slice(from);
    expect(again.map(({ type, status }) => [type, status])).toEqual([['refund.created', 'delivered']]);
    expect(await look()).toMatchObject({ state: 'ok', failures: 0 });
    const told = await road.server.database.query(
      `SELECT type FROM outbox_events WHERE type LIKE 'connection.webhook%' ORDER BY sequence`,
    );
    expect(told.map((row: any) => row.type)).toEqual([
      'connection.webhook_failed',
      'connection.webhook_recovered',
    ]);
  });
});
