import { eventually } from '../support/eventually.js';
import { stripeApi, stripeInvoicesOf, webhooksHandled } from '../support/faults.js';
import { GOOD_CARD, Road } from '../support/road.js';
import { stripeHeaders } from '../support/stripe-webhook.js';

const DISPUTED_CARD = '4000000000000259';

describe('news that never comes, or is of somebody else', () => {
  let road: Road;
  let secretKey: string;
  let webhookSecret: string;
  let connection: any;
  beforeAll(async () => {
    road = await Road.start();
    ({ secretKey, connection, webhookSecret } = await road.connectStripe({
      invoice_outbound_enabled: false,
    }));
  });
  afterAll(async () => {
    await road.stop();
  });
  afterEach(() => {
    road.sandbox.stripe.clearWebhookRules();
  });

  async function paid(who: string, amount: string, card = GOOD_CARD): Promise<any> {
    const customer = await road.customer(who);
    await road.saveCard(customer.id as string, card);
    const invoice = await road.invoice(customer.id as string, [{ amount }]);
    return road.api.create('/payments', {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      amount,
      currency: 'usd',
      payment_method_type: 'CARD',
    });
  }
  const reconcile = (): Promise<{ changed: number }> =>
    road.api.post(`/integrations/connections/${connection.id}/reconcile`);
  const reads = (): Record<string, number> =>
    Object.fromEntries(
      Object.entries(road.sandbox.stripe.requestCounts()).filter(([call]) => call.startsWith('GET ')),
    );

  it('refunds and disputes whose webhooks were lost are found, with few calls, and none for what is known', async () => {
    for (const type of ['refund.*', 'charge.*', 'payment_intent.*'])
      road.sandbox.stripe.arrangeWebhooks({ action: 'drop', type, times: null });
    const refunded = await paid('refunded', '50');
    const disputed = await paid('disputed', '60', DISPUTED_CARD);
    await paid('untouched', '70');
    await stripeApi(road, secretKey, 'POST', '/v1/refunds', {
      payment_intent: refunded.gateway_payment_id,
      amount: '2000',
    });
    await webhooksHandled(road);
    const stateOf = async (payment: any): Promise<any> => road.api.get(`/payments/${payment.id}`);
    expect(await stateOf(refunded)).toMatchObject({ payment_status: 'SUCCEEDED', refunds: [] });
    expect(await stateOf(disputed)).toMatchObject({ disputes: [] });

    road.sandbox.stripe.clearRequests();
    expect((await reconcile()).changed).toBe(2);
    expect(reads()).toEqual({
      'GET /v1/events': 1,
      'GET /v1/payment_intents/{id}': 2,
      'GET /v1/invoice_payments': 2,
      'GET /v1/disputes': 1,
    });
    expect(await stateOf(refunded)).toMatchObject({
      payment_status: 'PARTIALLY_REFUNDED',
      refunded_amount: '20',
    });
    expect((await stateOf(disputed)).disputes).toMatchObject([{ dispute_status: 'OPEN', amount: '60' }]);

    road.sandbox.stripe.clearRequests();
    expect((await reconcile()).changed).toBe(0);
    expect(reads()).toEqual({ 'GET /v1/events': 1 });

    const [{ gateway_dispute_id: dispute }] = (await stateOf(disputed)).disputes;
    await stripeApi(road, secretKey, 'POST', `/v1/disputes/${dispute}/close`);
    expect((await reconcile()).changed).toBe(1);
    expect(await stateOf(disputed)).toMatchObject({
      payment_status: 'REFUNDED',
      disputes: [{ dispute_status: 'LOST' }],
    });
  });

  describe('of payments on our own pages', () => {
    const LOST = ['checkout.*', 'payment_intent.*', 'charge.*', 'setup_intent.*'];
    const BANK_ACCOUNT = '000123456789';
    beforeEach(async () => {
      // What earlier tests have left is known, so that the calls below are those of the test.
      await reconcile();
      for (const type of LOST) road.sandbox.stripe.arrangeWebhooks({ action: 'drop', type, times: null });
    });

    async function page(
      who: string,
      amount: string,
    ): Promise<{ invoice: any; payment_id: string; url: string }> {
      const customer = await road.customer(who);
      const invoice = await road.invoice(customer.id as string, [{ amount }]);
      const made = await road.api.post('/payments/stripe/checkout', {
        invoice_id: invoice.id,
        success_url: 'https://shop.test/ok',
        cancel_url: 'https://shop.test/no',
      });
      return { invoice, payment_id: made.payment_id, url: made.checkout_url };
    }
    const statusOf = async (paymentId: string): Promise<string> =>
      (await road.api.get(`/payments/${paymentId}`)).payment_status;

    it('a success is found, and asked for once; business of others in the account costs nothing', async () => {
      const paidPage = await page('paid-on-a-page', '44');
      const openPage = await page('still-thinking', '45');
      expect(await road.submit(paidPage.url)).toBe(303);
      for (let other = 0; other < 3; other += 1)
        await stripeApi(road, secretKey, 'POST', '/v1/payment_intents', {
          amount: '100',
          currency: 'usd',
          confirm: 'true',
          payment_method: 'pm_card_visa',
          'payment_method_types[]': 'card',
        });
      await webhooksHandled(road);
      expect(await statusOf(paidPage.payment_id)).toBe('PENDING');

      road.sandbox.stripe.clearRequests();
      expect((await reconcile()).changed).toBe(1);
      expect(reads()).toMatchObject({ 'GET /v1/checkout/sessions/{id}': 1 });
      expect(Object.keys(reads()).sort()).toEqual(['GET /v1/checkout/sessions/{id}', 'GET /v1/events']);
      expect(await road.api.get(`/invoices/${paidPage.invoice.id}`)).toMatchObject({
        payment_status: 'SUCCEEDED',
        amount_paid: '44',
        amount_remaining: '0',
      });
      expect(await statusOf(openPage.payment_id)).toBe('PENDING');
      const { items } = await road.api.get(`/integrations/timeline?entity_id=${paidPage.payment_id}`);
      expect(items.at(-1)).toMatchObject({
        action: 'poll',
        state: 'succeeded',
        message: expect.stringContaining('no webhook had told'),
      });

      road.sandbox.stripe.clearRequests();
      expect((await reconcile()).changed).toBe(0);
      expect(Object.keys(reads())).toEqual(['GET /v1/events']);
      await stripeApi(
        road,
        secretKey,
        'POST',
        `/v1/checkout/sessions/${openPage.url.split('/').at(-1)}/expire`,
      );
      expect((await reconcile()).changed).toBe(1);
      expect(await statusOf(openPage.payment_id)).toBe('FAILED');
    });

    it('a bank debit: under way when its page is complete, paid days later', async () => {
      const debit = await page('by-bank', '46');
      expect(await road.submit(debit.url, BANK_ACCOUNT)).toBe(303);
      expect((await reconcile()).changed).toBe(1);
      expect(await statusOf(debit.payment_id)).toBe('PROCESSING');
      expect((await reconcile()).changed).toBe(0);
      const { gateway_payment_id: intent } = await road.api.get(`/payments/${debit.payment_id}`);
      road.sandbox.stripe.settlePayment(intent as string, 'succeeded');
      expect((await reconcile()).changed).toBe(1);
      expect(await statusOf(debit.payment_id)).toBe('SUCCEEDED');
      expect(await road.api.get(`/invoices/${debit.invoice.id}`)).toMatchObject({ amount_paid: '46' });
    });

    it('a card that was saved', async () => {
      for (const type of ['payment_method.*', 'customer.*'])
        road.sandbox.stripe.arrangeWebhooks({ action: 'drop', type, times: null });
      const customer = await road.customer('saved-unheard');
      const setup = await road.api.create(`/payments/customers/${customer.id}/setup/intent`, {
        provider: 'stripe',
        success_url: 'https://shop.test/saved',
        cancel_url: 'https://shop.test/cancelled',
        set_default: true,
      });
      expect(await road.submit(setup.checkout_url as string)).toBe(303);
      await webhooksHandled(road);
      const methods = async (): Promise<any[]> =>
        (await road.api.get(`/payments/customers/${customer.id}/methods`)).items;
      expect(await methods()).toEqual([]);
      expect((await reconcile()).changed).toBe(1);
      expect(await methods()).toMatchObject([{ last4: '4242', is_default: true }]);
      expect((await reconcile()).changed).toBe(0);
    });
  });

  it('an invoice that is said to be of another customer is refused, and stops no other', async () => {
    await road.api.put(`/connections/${connection.id}`, { sync_config: { invoice_outbound_enabled: true } });
    for (const type of ['invoice.*', 'invoice_payment.*', 'payment_intent.*', 'charge.*'])
      road.sandbox.stripe.arrangeWebhooks({ action: 'drop', type, times: null });
    const pushed = async (who: string): Promise<any> => {
      const customer = await road.customer(who);
      await road.saveCard(customer.id as string);
      const invoice = await road.invoice(customer.id as string, [{ amount: '12' }]);
      await road.settled(invoice.id as string);
      const [remote] = stripeInvoicesOf(road, invoice.id as string);
      return { customer, invoice, remote };
    };
    const [wrong, right] = [await pushed('moved-away'), await pushed('stayed')];
    await road.server.database.query(
      `UPDATE entity_mappings SET provider_entity_id = 'cus_of_somebody_else' WHERE entity_id = $1`,
      [wrong.customer.id],
    );
    for (const { remote } of [wrong, right])
      await stripeApi(road, secretKey, 'POST', `/v1/invoices/${remote.id}/pay`, { paid_out_of_band: 'true' });
    expect((await reconcile()).changed).toBe(1);
    expect((await reconcile()).changed).toBe(0);
    const statusOf = async ({ invoice }: any): Promise<string> =>
      (await road.api.get(`/invoices/${invoice.id}`)).payment_status;
    expect([await statusOf(wrong), await statusOf(right)]).toEqual(['PENDING', 'SUCCEEDED']);
    const { items } = await road.api.get(`/integrations/timeline?entity_id=${wrong.invoice.id}`);
    const polls = items.filter((one: any) => one.action === 'poll' && one.kind === 'finished');
    expect(polls).toMatchObject([
      { state: 'failed', message: expect.stringContaining('cus_of_somebody_else') },
    ]);
    await road.api.put(`/connections/${connection.id}`, { sync_config: { invoice_outbound_enabled: false } });
  });

  it('a payment that names ours but is of another customer is refused, once and for all to see', async () => {
    const debtor = await road.customer('debtor');
    const stranger = await road.customer('stranger');
    await road.saveCard(debtor.id as string);
    await road.saveCard(stranger.id as string);
    const invoice = await road.invoice(debtor.id as string, [{ amount: '33' }]);
    const page = await road.api.post('/payments/stripe/checkout', {
      invoice_id: invoice.id,
      success_url: 'https://shop.test/ok',
      cancel_url: 'https://shop.test/no',
    });
    const { integrations: mappings } = await road.api.get(`/customers/${stranger.id}/integrations`);
    const [{ external_id: remoteCustomer }] = mappings;
    const methods = await stripeApi(
      road,
      secretKey,
      'GET',
      `/v1/customers/${remoteCustomer}/payment_methods`,
    );
    await stripeApi(road, secretKey, 'POST', '/v1/payment_intents', {
      amount: '3300',
      currency: 'usd',
      customer: remoteCustomer,
      payment_method: methods.data[0].id,
      off_session: 'true',
      confirm: 'true',
      'metadata[flexprice_payment_id]': page.payment_id,
      'metadata[flexprice_environment]': road.server.tenant.environmentId,
    });
    const refused = await eventually('refused', async () => {
      const { items } = await road.api.get('/integrations/webhook-events?state=parked');
      return items.find((one: any) => one.type === 'payment_intent.succeeded');
    });
    expect(refused).toMatchObject({ attempts: 1, reason: expect.stringContaining(remoteCustomer as string) });
    expect(refused.reason).toContain(page.payment_id);
    // Asking finds it too, does not stop at it, and says it once.
    for (let look = 0; look < 2; look += 1) expect((await reconcile()).changed).toBe(0);
    const { items: entries } = await road.api.get(`/integrations/timeline?entity_id=${page.payment_id}`);
    const polls = entries.filter((one: any) => one.action === 'poll' && one.kind === 'finished');
    expect(polls).toMatchObject([
      {
        state: 'failed',
        event_type: 'integration.sync_failed',
        message: expect.stringContaining(remoteCustomer as string),
      },
    ]);
    expect(await road.api.get(`/payments/${page.payment_id}`)).toMatchObject({ payment_status: 'PENDING' });
    expect(await road.api.get(`/invoices/${invoice.id}`)).toMatchObject({
      payment_status: 'PENDING',
      amount_paid: '0',
    });
  });

  it('a thin event, which only names its object, is followed to what that belongs to', async () => {
    for (const type of ['refund.*', 'charge.*', 'payment_intent.*'])
      road.sandbox.stripe.arrangeWebhooks({ action: 'drop', type, times: null });
    const payment = await paid('thin', '50');
    const refund = await stripeApi(road, secretKey, 'POST', '/v1/refunds', {
      payment_intent: payment.gateway_payment_id,
      amount: '2000',
    });
    const body = JSON.stringify({
      id: 'evt_thin_1',
      object: 'v2.core.event',
      type: 'v1.refund.created',
      created: new Date().toISOString(),
      livemode: false,
      related_object: { id: refund.id, type: 'refund', url: `/v1/refunds/${refund.id}` },
    });
    const taken = await fetch(road.webhookUrl('stripe'), {
      method: 'POST',
      headers: stripeHeaders(body, webhookSecret),
      body,
    });
    expect(taken.status).toBe(200);
    const told = await eventually('refund seen', async () => {
      const now = await road.api.get(`/payments/${payment.id}`);
      return now.refunds.length === 1 && now;
    });
    expect(told.refunds).toMatchObject([{ gateway_refund_id: refund.id }]);
  });

  it('a provider that does not answer is a 503 with its name, and no failure of ours', async () => {
    await road.invoice((await road.customer('unanswered')).id as string, [{ amount: '10' }]);
    const rule = { account: secretKey, mode: 'error' as const, status: 503, times: null };
    for (const path of ['/v1/events', '/v1/payment_intents/{id}', '/v1/invoices', '/v1/webhook_endpoints'])
      road.sandbox.stripe.fault({ ...rule, path });
    try {
      const refused = await road.api.expect(
        503,
        'POST',
        `/integrations/connections/${connection.id}/reconcile`,
      );
      expect(refused).toMatchObject({ error: { code: 'provider_unavailable' } });
    } finally {
      road.sandbox.stripe.clearFaults();
    }
  });
});
