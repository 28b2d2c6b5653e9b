import { randomBytes } from 'node:crypto';
import { ConsoleRoad, type Tab } from '../support/console.js';

const HOUR = 3_600_000;

describe('the console, by clicking only', () => {
  let on: ConsoleRoad;
  let tab: Tab;
  beforeAll(async () => {
    on = await ConsoleRoad.start();
    await on.road.connectStripe();
  });
  afterAll(async () => {
    await on.stop();
  });
  afterEach(async () => {
    const { complaints } = tab;
    await tab.close();
    expect(complaints).toEqual([]);
  });

  it('from signing in and connecting a provider to an invoice that is seen paid', async () => {
    const { road, server } = on;
    // An environment in which nothing was done yet.
    const { tenant, api } = await server.anotherTenant();
    const webhookUrl = `${server.url}/v1/webhooks/stripe/${tenant.tenantId}/${tenant.environmentId}`;
    tab = await on.tab();
    await tab.open('');
    await tab.heading('Billing console');
    await tab.fill('API key', 'no-such-key');
    await tab.button('Sign in');
    await tab.sees('the API key is unknown, revoked or expired');
    await tab.fill('API key', tenant.apiKey);
    await tab.button('Sign in');
    await tab.heading('Home');
    await tab.sees('To begin with');

    const secretKey = `sk_test_${randomBytes(12).toString('hex')}`;
    const webhookSecret = await road.stripeEndpoint(secretKey, webhookUrl);
    await tab.menu('Connections');
    await tab.button('Connect Stripe');
    await tab.fill('Stripe secret key', 'sk_wrong');
    await tab.sees('This does not look like “Stripe secret key”');
    await tab.fill('Stripe secret key', secretKey);
    await tab.page.getByText('What may be left empty').click();
    await tab.fill('Stripe webhook signing secret', webhookSecret);
    await tab.page.getByRole('switch', { name: 'Send customers to Stripe' }).click();
    await tab.page.getByRole('switch', { name: 'Send finalized invoices to Stripe' }).click();
    await tab.confirm('Check the keys and connect');
    await tab.sees('Stripe has accepted the keys');
    await tab.page.getByRole('dialog').getByText(webhookUrl).waitFor();
    await tab.page.getByRole('dialog').getByRole('link', { name: 'Open the connection' }).click();
    await tab.heading('Stripe');

    await tab.menu('Features');
    await tab.button('Define a feature');
    await tab.fill('Name', 'Tokens');
    await tab.fill('Name of the events', 'tokens.used');
    await tab.page.getByLabel('How it is measured').selectOption('SUM');
    await tab.fill('Property', 'tokens');
    await tab.confirm('Define the feature');
    await tab.sees('Sum of tokens, of events “tokens.used”');

    await tab.menu('Plans');
    await tab.link('Make a plan');
    await tab.fill('Name', 'Pro');
    await tab.fill('Name on the invoice', 'Platform fee');
    await tab.fill('Amount in USD', '49');
    await tab.button('Add a price');
    const second = tab.page.getByRole('group', { name: 'Price', exact: true });
    await second.getByLabel('How it is priced').selectOption('tiered');
    await second.getByLabel('Name on the invoice').fill('Tokens');
    const tokens = tab.page.getByRole('group', { name: 'Tokens', exact: true });
    await tokens.getByRole('combobox', { name: 'Feature (none: a fixed fee)' }).click();
    await tab.page.getByRole('option', { name: 'Tokens' }).click();
    await tokens.getByLabel('Per unit, tier 1').fill('0.02');
    await tokens.getByLabel('Per unit, tier 2').fill('0.01');
    await tokens.getByLabel('What would this many units cost?').fill('1500');
    await tokens.getByText('$25.00').waitFor();
    await tab.button('Make the plan');
    await tab.heading('Pro');
    await tab.sees('0 – 1,000: $0.02 per unit');

    await tab.menu('Customers');
    await tab.button('Add a customer');
    await tab.fill('Your id', 'acme');
    await tab.fill('Name', 'Acme Inc.');
    await tab.fill('E-mail', 'billing@acme.test');
    await tab.confirm('Add the customer');
    await tab.heading('Acme Inc.');
    await tab.button('Subscribe to a plan');
    await tab.page.getByRole('dialog').getByRole('combobox', { name: 'Plan' }).click();
    await tab.page.getByRole('option', { name: 'Pro' }).click();
    await tab.page.getByLabel('How it is paid').selectOption('send_invoice');
    await tab.confirm('Subscribe');
    await tab.heading('Pro for Acme Inc.');

    // What is used is what the preview bills.
    await api.expect(202, 'POST', '/events', {
      event_name: 'tokens.used',
      external_customer_id: 'acme',
      properties: { tokens: 1500 },
    });
    await tab.button('Preview');
    await tab.sees('$74.00');

    await tab.link(/^INV-/);
    await tab.page
      .getByTitle(/^Why this amount/)
      .first()
      .click();
    await tab.sees('How the amount came about');
    await tab.button('Close');
    await tab.sees(/Sent to Stripe: push, in 3 calls/);
    const [paying] = await Promise.all([tab.page.waitForEvent('popup'), tab.link('Open')]);
    await paying.getByRole('button', { name: /pay/i }).click();
    await paying.close();
    await tab.page.locator('.page-title').getByText('Paid', { exact: true }).waitFor();
    await tab.sees('Told by Stripe: invoice.paid');
  });

  it('a push that failed is found on the home page, with the words of the provider, and retried', async () => {
    const { road } = on;
    const customer = await road.customer('refused');
    await road.settled(customer.id as string);
    road.sandbox.stripe.fault({
      mode: 'error',
      method: 'POST',
      path: '/v1/invoices',
      status: 400,
      body: { error: { type: 'invalid_request_error', message: 'The account is closed for maintenance.' } },
    });
    const invoice = await road.invoice(customer.id as string);
    await road.settled(invoice.id as string);

    tab = await on.signedIn();
    await tab.heading('Home');
    expect(tab.page.url()).not.toContain('key=');
    await tab.link('Push invoice to Stripe');
    await tab.sees('The account is closed for maintenance.');
    await tab.button('Retry now');
    await tab.page.locator('.page-title').getByText('Succeeded', { exact: true }).waitFor();
    await tab.menu('Home');
    await tab.sees('Nothing is stuck.');
  });

  it('records a payment and refunds a part of it, each after saying what money moves', async () => {
    const { road } = on;
    const customer = await road.customer('payer');
    const invoice = await road.invoice(customer.id as string, [{ amount: '80.00', name: 'Consulting' }]);

    tab = await on.signedIn();
    await tab.heading('Home');
    await tab.page.keyboard.press('Control+k');
    await tab.page
      .getByPlaceholder('A customer, an invoice number, a page')
      .fill(String(invoice.invoice_number));
    await tab.page
      .getByRole('option')
      .or(tab.page.getByRole('button', { name: /INV-.*\$80\.00/ }))
      .first()
      .click();
    await tab.heading(`Invoice ${String(invoice.invoice_number)}`);
    await tab.button('Record a payment');
    await tab.sees(/Records that Customer payer has paid \$80\.00 on INV-/);
    await tab.confirm('Record the payment');
    await tab.page.locator('.page-title').getByText('Paid', { exact: true }).waitFor();

    await tab.button('Refund');
    await tab.fill('Amount in USD', '30');
    await tab.sees(/Records that \$30\.00 were given back/);
    await tab.confirm('Refund');
    await tab.page.locator('.page-title').getByText('Partly refunded', { exact: true }).waitFor();
    const after = await road.api.get(`/invoices/${String(invoice.id)}`);
    expect(after).toMatchObject({ payment_status: 'PARTIALLY_REFUNDED', refunded_amount: '30' });
  });

  it('changes a plan after its preview, and moves the clock', async () => {
    const { road } = on;
    const { api } = road;
    const plan = (name: string, amount: string) =>
      api.create('/plans', {
        name,
        currency: 'usd',
        billing_period: 'MONTHLY',
        prices: [{ pricing_model: 'flat', unit_price: amount, display_name: `${name} fee` }],
      });
    const [small] = [await plan('Small', '10'), await plan('Large', '100')];
    const customer = await road.customer('changer');
    const subscription = await api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: small.id,
      collection_method: 'send_invoice',
    });

    tab = await on.signedIn();
    await tab.open(`/subscriptions/${String(subscription.id)}`);
    await tab.button('Change the plan');
    await tab.page.getByRole('combobox', { name: 'New plan' }).click();
    await tab.page.getByRole('option', { name: 'Large' }).click();
    await tab.sees(/on Large instead of Small; the change is invoiced with \$/);
    await tab.confirm('Change the plan now');
    await tab.heading('Large for Customer changer');

    await tab.menu('Test clock');
    const before = (await api.get('/environments')).environments[0].now as string;
    await tab.button('Advance a month');
    await tab.sees(/steps on the way/);
    const after = (await api.get('/environments')).environments[0].now as string;
    expect(new Date(after).getTime() - new Date(before).getTime()).toBeGreaterThan(27 * 24 * HOUR);
  });

  it('shows what a key may not do as such', async () => {
    const { api_key: key } = await on.server.api.create('/secrets/api/keys', {
      name: 'Reader',
      roles: ['read'],
    });
    tab = await on.signedIn({ key: key as string });
    await tab.menu('API keys');
    await tab.sees('This key may not do that');
    await tab.sees('secrets:read');
    await tab.menu('Customers');
    await tab.button('Add a customer');
    await tab.fill('Your id', 'forbidden');
    await tab.fill('Name', 'Forbidden');
    await tab.confirm('Add the customer');
    await tab.sees('customers:write');
    // What was typed is still there.
    expect(await tab.field('Your id').inputValue()).toBe('forbidden');
  });
});
