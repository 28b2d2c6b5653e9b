import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';
import { TRANSPORTS } from '../support/test-app.js';

const METER = {
  name: 'Calls',
  event_name: 'call',
  aggregation: { type: 'SUM', field: 'n' },
  reset_usage: 'BILLING_PERIOD',
};

/** The public guides write some requests otherwise than the OpenAPI. What they show must work as it stands. */
describe('the guides’ dialect', () => {
  let road: Road;
  let connection: any;
  let feature: any;
  let plan: any;
  let customer: any;
  beforeAll(async () => {
    road = await Road.start({ transport: TRANSPORTS[0] });
  });
  afterAll(async () => {
    await road.stop();
  });

  it('POST /connections: provider, keys inside metadata, flat switches', async () => {
    ({ connection } = await road.connectStripe({ invoice_inbound_enabled: false }));
    expect(connection).toMatchObject({
      provider_type: 'stripe',
      sync_config: {
        customer: { outbound: true, inbound: false },
        invoice: { outbound: true, inbound: false },
      },
    });
    expect(connection.metadata ?? {}).not.toHaveProperty('secret_key');
  });

  it('POST /features: key and feature_type', async () => {
    feature = await road.api.create('/features', {
      name: 'Calls',
      key: 'calls',
      feature_type: 'METERED',
      meter: METER,
    });
    expect(feature).toMatchObject({ lookup_key: 'calls', type: 'metered' });
  });

  it.each([
    ['flat', { unit_price: '0.5' }, { billing_model: 'FLAT_FEE', amount: '0.5', tier_mode: null }],
    [
      'package',
      { unit_price: '3', transform_quantity: { divide_by: 100, round: 'up' } },
      { billing_model: 'PACKAGE', amount: '3', transform_quantity: { divide_by: 100, round: 'up' } },
    ],
    [
      'tiered',
      { tiers: [{ up_to: 10, unit_price: '1', flat_fee: '2' }, { unit_price: '0.5' }] },
      {
        billing_model: 'TIERED',
        tier_mode: 'SLAB',
        tiers: [{ up_to: 10, unit_amount: '1', flat_amount: '2' }, { unit_amount: '0.5' }],
      },
    ],
    [
      'volume',
      { tiers: [{ up_to: 10, unit_price: '1' }, { unit_price: '0.5' }] },
      { billing_model: 'TIERED', tier_mode: 'VOLUME' },
    ],
  ])('POST /plans: an inline price of the model %s', async (pricing_model, price, expected) => {
    const made = await road.api.create('/plans', {
      name: `With ${pricing_model}`,
      key: `with-${pricing_model}`,
      billing_period: 'monthly',
      currency: 'USD',
      plan_type: 'recurring',
      prices: [
        { feature_id: feature.id, pricing_model, ...price },
        { pricing_model: 'flat', unit_price: 10 },
      ],
    });
    expect(made.lookup_key).toBe(`with-${pricing_model}`);
    const usage = made.prices.find((one: any) => one.type === 'USAGE');
    expect(usage).toMatchObject({
      ...expected,
      meter_id: feature.meter_id,
      invoice_cadence: 'ARREAR',
      billing_period: 'MONTHLY',
      currency: 'usd',
    });
    expect(made.prices.find((one: any) => one.type === 'FIXED')).toMatchObject({
      billing_model: 'FLAT_FEE',
      amount: '10',
    });
    plan = made;
  });

  it('POST /plans: all or nothing', async () => {
    const refused = await road.api.send('POST', '/plans', {
      name: 'Half',
      key: 'half',
      billing_period: 'monthly',
      currency: 'usd',
      prices: [
        { pricing_model: 'flat', unit_price: '1' },
        { feature_id: 'feat_01K00000000000000000000000', pricing_model: 'flat', unit_price: '1' },
      ],
    });
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect((await road.api.post('/plans/search', { lookup_key: 'half' })).items).toEqual([]);
  });

  it('POST /customers: customer_id', async () => {
    customer = await road.api.create('/customers', {
      customer_id: 'guide',
      name: 'Guide',
      email: 'guide@example.test',
    });
    expect(customer.external_id).toBe('guide');
  });

  it('two spellings that differ are an error that names both', async () => {
    const { status, body } = await road.api.send('POST', '/customers', {
      customer_id: 'a',
      external_id: 'b',
      name: 'A',
    });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'validation_error', message: expect.stringContaining('customer_id') });
    expect(body.message).toContain('external_id');
  });

  it('POST /subscriptions: subscription_start, and what the plan leaves no choice of', async () => {
    const subscription = await road.api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
      billing_anchor: 'subscription_start',
    });
    expect(subscription).toMatchObject({
      billing_cycle: 'anniversary',
      currency: 'usd',
      billing_period: 'MONTHLY',
    });
  });

  it('POST /subscriptions: a plan that leaves a choice names the choices', async () => {
    const both = await road.api.create('/plans', { name: 'Both', key: 'both' });
    for (const currency of ['usd', 'eur'])
      await road.api.create('/prices', {
        entity_type: 'PLAN',
        entity_id: both.id,
        type: 'FIXED',
        billing_model: 'FLAT_FEE',
        billing_cadence: 'RECURRING',
        billing_period: 'MONTHLY',
        billing_period_count: 1,
        invoice_cadence: 'ADVANCE',
        price_unit_type: 'FIAT',
        currency,
        amount: '5',
      });
    const { status, body } = await road.api.send('POST', '/subscriptions', {
      customer_id: customer.id,
      plan_id: both.id,
    });
    expect(status).toBe(400);
    expect(body.message).toMatch(/eur/);
    expect(body.message).toMatch(/usd/);
  });

  it('POST /events and /events/bulk: customer_id and idempotency_key', async () => {
    const event = { event_name: 'call', customer_id: 'guide', properties: { n: 2 } };
    const first = await road.api.expect(202, 'POST', '/events', { ...event, idempotency_key: 'one' });
    expect(first.event_id).toBe('one');
    await road.api.expect(202, 'POST', '/events', { ...event, idempotency_key: 'one' });
    await road.api.expect(202, 'POST', '/events/bulk', { events: [{ ...event, idempotency_key: 'two' }] });
    const { events } = await road.api.post('/events/query', { external_customer_id: 'guide' });
    expect(events.map((one: any) => one.id).sort()).toEqual(['one', 'two']);
  });

  it('POST /events/usage/meter: customer_id may be the external id, and the answer has data beside', async () => {
    const window = {
      start_time: new Date(Date.now() - 3_600_000).toISOString(),
      end_time: new Date(Date.now() + 3_600_000).toISOString(),
    };
    for (const customer_id of ['guide', customer.id as string]) {
      const usage = await road.api.post('/events/usage/meter', {
        meter_id: feature.meter_id,
        customer_id,
        ...window,
      });
      expect(usage.value).toBe(4);
      expect(usage.data).toMatchObject([{ value: 4 }]);
      expect(Object.keys(usage.data[0]).sort()).toEqual(['customer_id', 'end_time', 'start_time', 'value']);
    }
  });

  it('POST /payments/customers/{id}/setup/intent answers the keys of the guide, times in unix seconds', async () => {
    const setup = await road.api.create(`/payments/customers/${customer.id}/setup/intent`, {
      provider: 'stripe',
      usage: 'off_session',
      payment_method_types: ['card'],
      success_url: 'https://shop.test/ok',
      cancel_url: 'https://shop.test/no',
      set_default: true,
      metadata: { from: 'guide' },
    });
    for (const key of [
      'setup_intent_id',
      'checkout_session_id',
      'checkout_url',
      'client_secret',
      'status',
      'usage',
      'customer_id',
      'created_at',
      'expires_at',
    ])
      expect(setup).toHaveProperty(key);
    expect(Number.isInteger(setup.created_at)).toBe(true);
    expect(setup.expires_at).toBeGreaterThan(setup.created_at as number);
  });

  it('POST /invoices/{id}/sync/stripe: there already, 200, in the words of the guide', async () => {
    const invoice = await road.invoice(customer.id as string);
    await road.settled(invoice.id as string);
    const synced = await road.api.post(`/invoices/${invoice.id}/sync/stripe`);
    expect(synced).toMatchObject({
      stripe_invoice_id: expect.stringMatching(/^in_/),
      status: 'open',
      hosted_invoice_url: expect.stringMatching(/^http/),
      invoice_pdf: expect.any(String),
    });
    expect(synced).toHaveProperty('payment_intent_id');
    expect(synced).toHaveProperty('mapping');
  });

  it('POST /payments/stripe/checkout: a page for an invoice', async () => {
    // Where invoices are not pushed: one that Stripe collects has no page of ours beside.
    const { api } = await road.server.anotherTenant();
    await road.connectStripe({ invoice_outbound_enabled: false }, { api });
    const payer = await api.create('/customers', {
      external_id: 'payer',
      name: 'Payer',
      email: 'p@example.test',
    });
    const invoice = await api.create('/invoices', {
      customer_id: payer.id,
      currency: 'usd',
      amount_due: '25',
      line_items: [{ display_name: 'Line', amount: '25.00', quantity: '1' }],
      invoice_status: 'FINALIZED',
    });
    const page = await api.post('/payments/stripe/checkout', {
      invoice_id: invoice.id,
      success_url: 'https://shop.test/ok',
      cancel_url: 'https://shop.test/no',
    });
    expect(Object.keys(page)).toEqual(expect.arrayContaining(['checkout_url', 'session_id', 'payment_id']));
  });

  it('POST /payments: a link with words in any case, a number as amount, addresses at the top', async () => {
    // Else the link and the push of the invoice race for it, and the push may win.
    const switched = async (on: boolean): Promise<void> => {
      const { items } = await road.api.get('/connections');
      for (const { id, provider } of items)
        if (provider === 'stripe')
          await road.api.put(`/connections/${id}`, { sync_config: { invoice_outbound_enabled: on } });
    };
    await switched(false);
    const invoice = await road.invoice(customer.id as string, [{ amount: '25.50' }]);
    const link = await road.api.create('/payments', {
      destination_type: 'invoice',
      destination_id: invoice.id,
      payment_method_type: 'payment_link',
      payment_gateway: 'stripe',
      amount: 25.5,
      currency: 'USD',
      success_url: 'https://shop.test/ok',
      cancel_url: 'https://shop.test/no',
      save_card_and_make_default: true,
    });
    expect(link).toMatchObject({
      payment_method_type: 'PAYMENT_LINK',
      payment_status: 'PENDING',
      amount: '25.5',
      payment_url: expect.stringMatching(/^http/),
      gateway_tracking_id: expect.any(String),
    });
    expect(await road.submit(link.payment_url as string)).toBe(303);
    await road.paid(invoice.id as string);
    await switched(true);
    const paid = await road.api.get(`/invoices/${invoice.id}`);
    expect(paid.paid_at).not.toBeNull();
    await eventually('the card is known', async () => {
      const { payment_details } = await road.api.get(`/invoices/${invoice.id}`);
      return payment_details?.last4 === '4242';
    });
    expect((await road.api.get(`/invoices/${invoice.id}`)).payment_details).toMatchObject({
      payment_method: 'card',
      brand: 'visa',
      last4: '4242',
    });
    // The card is kept, here and there.
    const { items } = await road.api.get(`/payments/customers/${customer.id}/methods`);
    expect(items).toMatchObject([{ last4: '4242', is_default: true }]);
    const remote = (road.sandbox.stripe.objects('customers') as any[]).find(
      (one) => one.metadata.flexprice_customer_id === customer.id,
    );
    expect(remote.invoice_settings.default_payment_method).toMatch(/^pm_/);
  });

  it('GET /customers/{id}/integrations', async () => {
    const shown = await road.api.get(`/customers/${customer.id}/integrations`);
    expect(shown).toMatchObject({
      customer_id: customer.id,
      integrations: [
        {
          provider: 'stripe',
          external_id: expect.stringMatching(/^cus_/),
          sync_status: expect.any(String),
          last_sync: expect.any(String),
        },
      ],
    });
  });

  it('POST /integrations/sync/{entity}: one sync by hand, and a clear refusal of the way that is not built', async () => {
    const sync = (sync_direction: string) =>
      road.api.send('POST', '/integrations/sync/customer', {
        customer_id: customer.id,
        provider: 'stripe',
        sync_direction,
      });
    expect(await sync('flexprice_to_provider')).toMatchObject({ status: 202, body: { action: 'push' } });
    expect(await sync('provider_to_flexprice')).toMatchObject({
      status: 501,
      body: { code: 'not_implemented', message: expect.stringContaining('sync_direction') },
    });
    await road.settled(customer.id as string);
  });

  it('POST /integrations/sync: the same with the entity in the body', async () => {
    const body = { entity_type: 'Customer', entity_id: customer.id, provider_type: 'stripe' };
    expect(await road.api.expect(202, 'POST', '/integrations/sync', body)).toMatchObject({
      action: 'push',
      entity_type: 'customer',
      entity_id: customer.id,
      provider: 'stripe',
    });
    const { status, body: refusal } = await road.api.send('POST', '/integrations/sync', {
      entity_type: 'wallet',
      provider: 'stripe',
    });
    expect([status, Object.keys(refusal.details.fields)]).toEqual([400, ['entity_type']]);
    expect(
      (await road.api.send('POST', '/integrations/sync', { entity_type: 'plan', provider: 'stripe' })).body
        .error.message,
    ).toBe('plan_id is required');
    await road.settled(customer.id as string);
  });
});
