import { eventually } from '../support/eventually.js';
import { CHARGE_FAILS_CARD, DECLINED_CARD, Road } from '../support/road.js';
import { TRANSPORTS } from '../support/test-app.js';

const HOUR = 60 * 60 * 1000;

describe.each(TRANSPORTS)('the road to a paid invoice through Stripe, jobs by %s', (transport) => {
  let road: Road;
  beforeAll(async () => {
    road = await Road.start({ transport });
  });
  afterAll(async () => {
    await road.stop();
  });

  it('connect, meter, plan, customer, card, subscribe, use, invoice, push in three calls, charge, paid', async () => {
    const { api, server } = road;
    const { connection, secretKey } = await road.connectStripe();
    expect(connection.health.state).toBe('active');
    expect(JSON.stringify(connection)).not.toContain(secretKey);
    expect(connection.credentials.secret_key.last4).toBe(secretKey.slice(-4));

    const feature = await api.create('/features', {
      name: 'Tokens',
      lookup_key: 'tokens',
      type: 'metered',
      meter: {
        name: 'Tokens',
        event_name: 'tokens',
        aggregation: { type: 'SUM', field: 'n' },
        reset_usage: 'BILLING_PERIOD',
      },
    });
    const plan = await api.create('/plans', {
      name: 'Pro',
      lookup_key: 'pro',
      currency: 'usd',
      billing_period: 'monthly',
      prices: [
        { pricing_model: 'flat', unit_price: '20', display_name: 'Platform fee' },
        {
          feature_id: feature.id,
          pricing_model: 'tiered',
          tiers: [{ up_to: 1000, unit_price: '0.002' }, { unit_price: '0.001' }],
        },
      ],
    });
    const customer = await road.customer('acme', {
      address_line1: '1 Main St',
      address_country: 'US',
      metadata: { segment: 'smb' },
    });
    const [pushed] = await road.settled(customer.id as string);
    expect(pushed).toMatchObject({ action: 'push', state: 'succeeded', attempts: 1 });
    const remote = road.sandbox.stripe
      .objects('customers')
      .find((one: any) => one.id === pushed.provider_entity_id) as any;
    expect(remote).toMatchObject({
      email: 'acme@example.test',
      name: 'Customer acme',
      metadata: {
        flexprice_customer_id: customer.id,
        flexprice_environment: server.tenant.environmentId,
        external_id: 'acme',
      },
    });

    await road.saveCard(customer.id as string);
    const { items: methods } = await api.get(`/payments/customers/${customer.id}/methods`);
    expect(methods).toMatchObject([{ type: 'card', brand: 'visa', last4: '4242', is_default: true }]);

    const subscription = await api.create('/subscriptions', { customer_id: customer.id, plan_id: plan.id });
    const first = await road.invoiceWhen(
      subscription.latest_invoice.id as string,
      'paid, and with what',
      (one) => one.payment_status === 'SUCCEEDED' && one.payment_details.last4 !== null,
    );
    expect(first).toMatchObject({
      total: '20',
      amount_paid: '20',
      payment_details: { brand: 'visa', last4: '4242' },
    });

    const start = new Date(subscription.current_period_start as string).getTime();
    await api.expect(202, 'POST', '/events/bulk', {
      events: Array.from({ length: 500 }, (_, i) => ({
        event_name: 'tokens',
        external_customer_id: 'acme',
        event_id: `t-${i}`,
        timestamp: new Date(start + i * 1000).toISOString(),
        properties: { n: '10' },
      })),
    });
    road.sandbox.stripe.clearRequests();
    const end = new Date(new Date(subscription.current_period_end as string).getTime() + HOUR);
    road.sandbox.stripe.advance({ to: end });
    const advanced = await api.post(`/environments/${server.tenant.environmentId}/clock/advance`, {
      to: end.toISOString(),
    });
    expect(advanced).toMatchObject({ settled: true });

    const { items } = await api.post('/invoices/search', {
      subscription_id: subscription.id,
      billing_reason: 'SUBSCRIPTION_CYCLE',
    });
    expect(items).toHaveLength(1);
    // 1000 × 0.002 + 4000 × 0.001 + next month's 20
    expect(items[0]).toMatchObject({ total: '26', invoice_status: 'FINALIZED' });
    const paid = await road.paid(items[0].id as string);
    expect(paid.metadata.stripe_hosted_invoice_url).toMatch(/^http/);
    expect(paid.invoice_pdf_url).toMatch(/^http/);
    expect(road.stripeWrites()).toEqual({
      'POST /v1/invoices': 1,
      'POST /v1/invoices/{id}/add_lines': 1,
      'POST /v1/invoices/{id}/pay': 1,
    });
    const invoices = road.sandbox.stripe.objects('invoices') as any[];
    const theirs = invoices.filter((one) => one.metadata.flexprice_invoice_id === paid.id);
    expect(theirs).toHaveLength(1);
    expect(theirs[0]).toMatchObject({ status: 'paid', total: 2600, amount_paid: 2600, currency: 'usd' });
    expect(theirs[0].lines.data).toHaveLength(2);
    await eventually('webhooks handled', async () => {
      const list = await api.get('/integrations/webhook-events?state=received,retrying&limit=1000');
      return list.items.length === 0;
    });
    const { items: events } = await api.get('/integrations/webhook-events?state=parked&limit=1000');
    expect(events).toEqual([]);
    const { items: payments } = await api.get(`/payments?destination_id=${paid.id}`);
    expect(payments).toHaveLength(1);
    expect(payments[0]).toMatchObject({
      payment_status: 'SUCCEEDED',
      amount: '26',
      payment_gateway: 'stripe',
    });
    expect((await api.get(`/invoices/${paid.id}`)).overpaid_amount).toBe('0');
  });

  it('a decline is pushed all the same, stays open there, and is paid on the hosted page', async () => {
    const customer = await road.customer('declined');
    await road.saveCard(customer.id as string, CHARGE_FAILS_CARD);
    const invoice = await road.invoice(customer.id as string, [{ amount: '12.34' }], {
      collection_method: 'charge_automatically',
    });
    const [operation] = await road.settled(invoice.id as string);
    expect(operation).toMatchObject({ action: 'push', state: 'succeeded' });
    const synced = await road.api.post(`/invoices/${invoice.id}/sync/stripe`);
    expect(synced).toMatchObject({ status: 'open', stripe_invoice_id: operation.provider_entity_id });
    expect((await road.api.get(`/invoices/${invoice.id}`)).payment_status).toBe('PENDING');
    expect(await road.submit(synced.hosted_invoice_url as string)).toBeLessThan(400);
    expect(await road.paid(invoice.id as string)).toMatchObject({
      amount_paid: '12.34',
      overpaid_amount: '0',
    });
  });

  it('paid here first: the provider is told, and nobody can pay there again', async () => {
    const customer = await road.customer('offline');
    const invoice = await road.invoice(customer.id as string, [{ amount: '30' }]);
    await road.settled(invoice.id as string);
    await road.api.create('/payments', {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      payment_method_type: 'OFFLINE',
      amount: '30',
      currency: 'usd',
    });
    const operations = await eventually('told', async () => {
      const all = await road.operationsOf(invoice.id as string);
      return all.find((one) => one.action === 'mark_paid' && one.state === 'succeeded') && all;
    });
    expect(operations.map((one: any) => one.action)).toEqual(['push', 'mark_paid']);
    const remote = (road.sandbox.stripe.objects('invoices') as any[]).find(
      (one) => one.metadata.flexprice_invoice_id === invoice.id,
    );
    expect(remote).toMatchObject({ status: 'paid' });
    await eventually('webhooks handled', async () => {
      const list = await road.api.get('/integrations/webhook-events?state=received,retrying&limit=1000');
      return list.items.length === 0;
    });
    expect(await road.api.get(`/invoices/${invoice.id}`)).toMatchObject({
      amount_paid: '30',
      overpaid_amount: '0',
    });
  });

  it('void here: void there', async () => {
    const customer = await road.customer('void');
    const invoice = await road.invoice(customer.id as string);
    await road.settled(invoice.id as string);
    await road.api.post(`/invoices/${invoice.id}/void`);
    await eventually('void there', () => {
      const remote = (road.sandbox.stripe.objects('invoices') as any[]).find(
        (one) => one.metadata.flexprice_invoice_id === invoice.id,
      );
      return Promise.resolve(remote.status === 'void');
    });
  });

  it('an invoice that the provider has is not paid by card or link of our own as well', async () => {
    const customer = await road.customer('one-way');
    await road.saveCard(customer.id as string, CHARGE_FAILS_CARD);
    const invoice = await road.invoice(customer.id as string);
    await road.settled(invoice.id as string);
    const refused = await road.api.send('POST', '/payments/stripe/checkout', {
      invoice_id: invoice.id,
      success_url: 'https://shop.test/ok',
      cancel_url: 'https://shop.test/no',
    });
    expect(refused).toMatchObject({
      status: 400,
      body: { code: 'invalid_operation', error: { code: 'invoice_collected_by_provider' } },
    });
    expect(refused.body.details.hosted_invoice_url).toMatch(/^http/);
    const card = await road.api.send('POST', '/payments', {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      payment_method_type: 'CARD',
      amount: '25',
      currency: 'usd',
    });
    expect(card.body.error.code).toBe('invoice_collected_by_provider');
    expect((await road.api.get(`/payments?destination_id=${invoice.id}`)).items).toEqual([]);
  });
});

describe('payments through Stripe that we collect ourselves', () => {
  let road: Road;
  let connection: any;
  beforeAll(async () => {
    road = await Road.start();
    ({ connection } = await road.connectStripe({ invoice_outbound_enabled: false }));
  });
  afterAll(async () => {
    await road.stop();
  });

  const pages = { success_url: 'https://shop.test/ok', cancel_url: 'https://shop.test/no' };
  const pay = (invoice: any, more: Record<string, unknown>) => ({
    destination_type: 'INVOICE',
    destination_id: invoice.id,
    amount: invoice.amount_remaining,
    currency: 'usd',
    ...more,
  });

  it('a checkout page: declined, tried again on the same page, paid', async () => {
    const customer = await road.customer('checkout');
    const invoice = await road.invoice(customer.id as string, [{ amount: '99.95' }]);
    const checkout = await road.api.post('/payments/stripe/checkout', { invoice_id: invoice.id, ...pages });
    expect(checkout).toEqual({
      checkout_url: expect.stringMatching(/^http/),
      session_id: expect.stringMatching(/^cs_/),
      payment_id: expect.stringMatching(/^pay_/),
    });
    expect(await road.api.get(`/payments/${checkout.payment_id}`)).toMatchObject({
      payment_status: 'PENDING',
      payment_url: checkout.checkout_url,
      gateway_tracking_id: checkout.session_id,
    });
    expect(await road.submit(checkout.checkout_url as string, DECLINED_CARD)).toBe(402);
    await eventually(
      'declined',
      async () => (await road.api.get(`/payments/${checkout.payment_id}`)).payment_status === 'FAILED',
    );
    expect(await road.submit(checkout.checkout_url as string)).toBe(303);
    expect(await road.paid(invoice.id as string)).toMatchObject({
      amount_paid: '99.95',
      overpaid_amount: '0',
    });
    expect(await road.api.get(`/payments/${checkout.payment_id}`)).toMatchObject({
      payment_status: 'SUCCEEDED',
    });
  });

  it('a second page closes the first one', async () => {
    const customer = await road.customer('two-pages');
    const invoice = await road.invoice(customer.id as string);
    const first = await road.api.post('/payments/stripe/checkout', { invoice_id: invoice.id, ...pages });
    const second = await road.api.create(
      '/payments',
      pay(invoice, { payment_method_type: 'payment_link', ...pages }),
    );
    expect(second).toMatchObject({ payment_status: 'PENDING', payment_url: expect.stringMatching(/^http/) });
    expect(await road.submit(first.checkout_url as string)).toBeGreaterThanOrEqual(400);
    expect(await road.submit(second.payment_url as string)).toBe(303);
    await road.paid(invoice.id as string);
    expect((await road.api.get(`/invoices/${invoice.id}`)).overpaid_amount).toBe('0');
  });

  it('a saved card is charged off-session, and only once by two requests at once', async () => {
    const customer = await road.customer('charge');
    await road.saveCard(customer.id as string);
    const invoice = await road.invoice(customer.id as string, [{ amount: '40' }]);
    const answers = await Promise.all([
      road.api.send('POST', '/payments', pay(invoice, { payment_method_type: 'CARD' })),
      road.api.send('POST', '/payments', pay(invoice, { payment_method_type: 'CARD' })),
    ]);
    expect(answers.map((one) => one.status).sort()).toEqual([201, 400]);
    const made = answers.find((one) => one.status === 201)!.body;
    expect(made).toMatchObject({ payment_status: 'SUCCEEDED', attempts: [{ attempt_number: 1 }] });
    expect(await road.paid(invoice.id as string)).toMatchObject({ amount_paid: '40', overpaid_amount: '0' });
    const intents = (road.sandbox.stripe.objects('payment_intents') as any[]).filter(
      (one) => one.amount === 4000,
    );
    expect(intents).toHaveLength(1);
  });

  it('a decline is answered in the guides’ words, and a retry after it works', async () => {
    const customer = await road.customer('decline');
    const invoice = await road.invoice(customer.id as string, [{ amount: '50' }]);
    const none = await road.api.send('POST', '/payments', pay(invoice, { payment_method_type: 'CARD' }));
    expect(none).toMatchObject({
      status: 400,
      body: { error: { code: 'no_default_payment_method', details: { customer_id: customer.id } } },
    });
    await road.saveCard(customer.id as string, CHARGE_FAILS_CARD);
    const declined = await road.api.send('POST', '/payments', pay(invoice, { payment_method_type: 'CARD' }));
    expect(declined).toMatchObject({ status: 400, body: { error: { code: 'card_declined' } } });
    const { payment_id: id, stripe_error_code: code } = declined.body.error.details;
    expect(code).toBeTruthy();
    expect(await road.api.get(`/payments/${id}`)).toMatchObject({
      payment_status: 'FAILED',
      attempts: [{ attempt_number: 1, error_message: expect.any(String) }],
    });
    await road.saveCard(customer.id as string);
    const again = await road.api.post(`/payments/${id}/process`);
    expect(again).toMatchObject({ payment_status: 'SUCCEEDED', error_message: null });
    expect(again.attempts).toHaveLength(2);
    expect(await road.paid(invoice.id as string)).toMatchObject({ amount_paid: '50' });
  });

  it('a charge whose answer is lost is looked up, not repeated', async () => {
    const customer = await road.customer('lost-answer');
    await road.saveCard(customer.id as string);
    const invoice = await road.invoice(customer.id as string, [{ amount: '61' }]);
    road.sandbox.stripe.fault({ method: 'POST', path: '/v1/payment_intents', mode: 'drop_after', times: 1 });
    const pending = await road.api.create('/payments', pay(invoice, { payment_method_type: 'CARD' }));
    expect(['PROCESSING', 'SUCCEEDED']).toContain(pending.payment_status);
    await road.paid(invoice.id as string);
    const intents = (road.sandbox.stripe.objects('payment_intents') as any[]).filter(
      (one) => one.amount === 6100,
    );
    expect(intents).toHaveLength(1);
    expect(await road.api.get(`/invoices/${invoice.id}`)).toMatchObject({
      amount_paid: '61',
      overpaid_amount: '0',
    });
  });

  it('a part payment leaves the rest open, and the same idempotency key is the same payment', async () => {
    const customer = await road.customer('part');
    const invoice = await road.invoice(customer.id as string, [{ amount: '100' }]);
    const part = {
      ...pay(invoice, { payment_method_type: 'OFFLINE' }),
      amount: '40',
      idempotency_key: 'part-1',
    };
    const first = await road.api.create('/payments', part);
    const second = await road.api.create('/payments', part);
    expect(second.id).toBe(first.id);
    expect(await road.api.get(`/invoices/${invoice.id}`)).toMatchObject({
      payment_status: 'PENDING',
      amount_paid: '40',
      amount_remaining: '60',
    });
    await road.api.create('/payments', { ...part, amount: '70', idempotency_key: 'part-2' });
    expect(await road.api.get(`/invoices/${invoice.id}`)).toMatchObject({
      payment_status: 'OVERPAID',
      amount_remaining: '0',
      overpaid_amount: '10',
    });
  });

  it('a customer made at Stripe comes in, once, when the switch is on; ours is not doubled', async () => {
    await road.api.put(`/connections/${connection.id}`, { sync_config: { customer_inbound_enabled: true } });
    const response = await fetch(`${road.sandbox.stripe.url}/v1/customers`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await keyOf(road, connection)}` },
      body: new URLSearchParams({
        name: 'From Stripe',
        email: 'from@stripe.test',
        'metadata[external_id]': 'from-stripe',
      }),
    });
    expect(response.status).toBe(200);
    const customer = await eventually('customer came in', async () => {
      const answer = await road.api.send('GET', '/customers/external/from-stripe');
      return answer.status === 200 ? answer.body : undefined;
    });
    expect(customer).toMatchObject({ name: 'From Stripe', email: 'from@stripe.test' });
    const ours = await road.customer('echo');
    await road.settled(ours.id as string);
    await eventually('webhooks handled', async () => {
      const list = await road.api.get('/integrations/webhook-events?state=received,retrying&limit=1000');
      return list.items.length === 0;
    });
    const { items } = await road.api.post('/customers/search', { email: 'echo@example.test' });
    expect(items).toHaveLength(1);
  });
});

/** The sandbox's account is known by any of its keys; the connection does not tell its own. */
async function keyOf(road: Road, connection: { id: string }): Promise<string> {
  const { ConnectionsService } = await import('../../src/connections/connections.service.js');
  const { ProviderSessionsService } = await import('../../src/connections/provider-sessions.service.js');
  const { UnitOfWork } = await import('../../src/platform/database/unit-of-work.js');
  const { app, tenant } = road.server;
  const scope = { tenantId: tenant.tenantId, environmentId: tenant.environmentId };
  const row = await app
    .get(UnitOfWork, { strict: false })
    .run({ scope, actor: 'test', requestId: 'test' }, (ctx) =>
      app.get(ConnectionsService, { strict: false }).get(ctx, connection.id),
    );
  return app.get(ProviderSessionsService, { strict: false }).credentials(row).secret_key!;
}
