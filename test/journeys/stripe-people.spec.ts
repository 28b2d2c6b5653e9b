import { stripeApi, stripeInvoicesOf, webhooksHandled } from '../support/faults.js';
import { eventually } from '../support/eventually.js';
import { Road } from '../support/road.js';

/** Whose an object is, what a key may do, and what people change of customers and cards in the dashboard. */
describe('customers, keys and cards at Stripe', () => {
  let road: Road;
  let secretKey: string;
  let connection: any;
  beforeAll(async () => {
    road = await Road.start();
    ({ secretKey, connection } = await road.connectStripe({ customer_inbound_enabled: true }));
  });
  afterEach(() => {
    road.sandbox.stripe.restrictKey(secretKey, []);
    road.sandbox.stripe.clearFaults();
  });
  afterAll(async () => {
    await road.stop();
  });

  const stripe = (path: string, form: Record<string, string> = {}): Promise<any> =>
    stripeApi(road, secretKey, 'POST', path, form);
  const read = (path: string): Promise<any> => stripeApi(road, secretKey, 'GET', path);
  const remoteCustomerOf = async (id: string): Promise<string> => {
    const { integrations } = await road.api.get(`/customers/${id}/integrations`);
    return integrations[0].external_id;
  };
  const failedPush = (invoiceId: string): Promise<any> =>
    eventually('push failed', async () => {
      const operations = await road.operationsOf(invoiceId);
      return operations.find((one) => one.action === 'push' && one.state === 'failed');
    });

  it('07: two customers with one e-mail are two customers, whoever was there first', async () => {
    const email = 'shared@example.test';
    const there = await stripe('/v1/customers', { name: 'Dash Inc', email });
    const x = await eventually('arrived', async () => {
      const { items } = await road.api.post('/customers/search', { email });
      return items[0];
    });
    await webhooksHandled(road);
    for (const other of [email, 'Shared@Example.test']) {
      const y = await road.customer(`other-${other}`, { name: 'Other Ltd', email: other });
      await road.settled(y.id as string);
      expect(await remoteCustomerOf(y.id as string)).not.toBe(there.id);
      const invoice = await road.invoice(y.id as string, [{ amount: '10' }]);
      await road.settled(invoice.id as string);
      expect(stripeInvoicesOf(road, invoice.id as string)).toHaveLength(1);
    }
    await webhooksHandled(road);
    expect(await read(`/v1/customers/${there.id}`)).toMatchObject({ name: 'Dash Inc', metadata: {} });
    expect(await road.api.get(`/customers/${x.id}`)).toMatchObject({ name: 'Dash Inc' });
    // And it stays theirs: a change of the first reaches it.
    await road.api.put(`/customers/${x.id}`, { name: 'Dash Corp' });
    await eventually(
      'renamed there',
      async () => (await read(`/v1/customers/${there.id}`)).name === 'Dash Corp',
    );
  });

  it('11: a permission that is missing holds what needs it, by name, and nothing else', async () => {
    const owner = await road.customer('restricted');
    const invoice = await road.invoice(owner.id as string, [{ amount: '100' }], {
      collection_method: 'send_invoice',
    });
    await road.settled(invoice.id as string);
    road.sandbox.stripe.restrictKey(secretKey, ['rak_payment_record_write']);
    await road.api.create('/payments', {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      payment_method_type: 'OFFLINE',
      amount: '40',
      currency: 'usd',
    });
    const held = await eventually('held', async () => {
      const operations = await road.operationsOf(invoice.id as string);
      return operations.find((one) => one.action === 'settle_part' && one.state === 'retrying');
    });
    expect(held.error).toMatchObject({
      kind: 'forbidden',
      http_status: 403,
      param: 'rak_payment_record_write',
      message: expect.stringContaining('rak_payment_record_write'),
    });
    const other = await road.invoice(owner.id as string, [{ amount: '7' }], {
      collection_method: 'send_invoice',
    });
    await road.settled(other.id as string);
    expect(stripeInvoicesOf(road, other.id as string)).toMatchObject([{ status: 'open' }]);
    expect(await road.api.get(`/connections/${connection.id}`)).toMatchObject({
      health: { state: 'active', paused_reason: null },
    });
    road.sandbox.stripe.restrictKey(secretKey, []);
    await eventually('settled by itself', () =>
      Promise.resolve(stripeInvoicesOf(road, invoice.id as string)[0].amount_remaining === 6000),
    );
  });

  it('11: a push that lacks a permission says so on the invoice, and goes on by itself', async () => {
    const owner = await road.customer('restricted-push');
    await road.settled(owner.id as string);
    road.sandbox.stripe.restrictKey(secretKey, ['rak_invoice_write']);
    const invoice = await road.invoice(owner.id as string, [{ amount: '5' }], {
      collection_method: 'send_invoice',
    });
    const shown = await road.invoiceWhen(
      invoice.id as string,
      'held',
      (one) => one.metadata.stripe_sync_error,
    );
    expect(shown.metadata.stripe_sync_error).toContain('rak_invoice_write');
    road.sandbox.stripe.restrictKey(secretKey, []);
    const pushed = await road.invoiceWhen(
      invoice.id as string,
      'pushed',
      (one) => one.metadata.stripe_invoice_id,
    );
    expect(pushed.metadata.stripe_sync_error).toBeUndefined();
  });

  it('15: what failed for a missing e-mail is pushed when it is corrected here', async () => {
    const owner = await road.customer('no-mail', { email: null });
    const invoice = await road.invoice(owner.id as string, [{ amount: '20' }], {
      collection_method: 'send_invoice',
    });
    await failedPush(invoice.id as string);
    expect((await road.api.get(`/invoices/${invoice.id}`)).metadata.stripe_sync_error).toMatch(/email/i);
    await road.api.put(`/customers/${owner.id}`, { email: 'now@example.test' });
    await road.invoiceWhen(invoice.id as string, 'pushed', (one) => one.metadata.stripe_invoice_id);
  });

  it('15: what failed with its customer is shown on the invoice, and pushed when the e-mail is corrected', async () => {
    road.sandbox.stripe.fault({
      method: 'POST',
      path: '/v1/customers',
      mode: 'error',
      status: 400,
      body: {
        error: {
          type: 'invalid_request_error',
          code: 'email_invalid',
          param: 'email',
          message: 'Invalid email address',
        },
      },
    });
    const owner = await road.customer('refused-mail');
    const invoice = await road.invoice(owner.id as string, [{ amount: '21' }], {
      collection_method: 'send_invoice',
    });
    await failedPush(invoice.id as string);
    expect((await road.api.get(`/invoices/${invoice.id}`)).metadata.stripe_sync_error).toMatch(/customer/);
    road.sandbox.stripe.clearFaults();
    await road.api.put(`/customers/${owner.id}`, { email: 'good@example.test' });
    await road.invoiceWhen(invoice.id as string, 'pushed', (one) => one.metadata.stripe_invoice_id);
  });

  it('an e-mail that is corrected in the dashboard revives what failed, too', async () => {
    const owner = await road.customer('no-mail-there', { email: null });
    const invoice = await road.invoice(owner.id as string, [{ amount: '22' }], {
      collection_method: 'send_invoice',
    });
    await failedPush(invoice.id as string);
    await stripe(`/v1/customers/${await remoteCustomerOf(owner.id as string)}`, {
      email: 'there@example.test',
    });
    await road.invoiceWhen(invoice.id as string, 'pushed', (one) => one.metadata.stripe_invoice_id);
  });

  it.each([
    [false, true],
    [false, false],
    [true, false],
  ])(
    '16: a card that is detached there is gone here (default kept: %s, customer told: %s)',
    async (detachKeepsDefault, detachTellsCustomer) => {
      road.sandbox.stripe.configure({ detachKeepsDefault, detachTellsCustomer });
      const owner = await road.customer(`cards-${String(detachKeepsDefault)}-${String(detachTellsCustomer)}`);
      await road.saveCard(owner.id as string, '4242424242424242');
      await road.saveCard(owner.id as string, '5555555555554444', false);
      await webhooksHandled(road);
      const methods = async (): Promise<any[]> =>
        (await road.api.get(`/payments/customers/${owner.id}/methods`)).items;
      const [first, second] = await methods();
      expect(first).toMatchObject({ last4: '4242', is_default: true });
      const remote = await remoteCustomerOf(owner.id as string);
      // Another is made the default in the dashboard.
      await stripe(`/v1/customers/${remote}`, {
        'invoice_settings[default_payment_method]': second.provider_method_id as string,
      });
      await webhooksHandled(road);
      expect((await methods())[0]).toMatchObject({ last4: '4444', is_default: true });
      await stripe(`/v1/payment_methods/${second.provider_method_id}/detach`);
      await webhooksHandled(road);
      expect(await methods()).toMatchObject([{ last4: '4242', is_default: false }]);
      const { items } = await road.api.get(`/integrations/timeline?entity_id=${owner.id}&limit=1000`);
      expect(JSON.stringify(items)).toContain('payment_method.detached');
      road.sandbox.stripe.configure({ detachKeepsDefault: false, detachTellsCustomer: true });
    },
  );
});
