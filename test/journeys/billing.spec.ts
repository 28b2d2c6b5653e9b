import { startTestApp, type TestApp } from '../support/test-app.js';

const DAY = 24 * 60 * 60 * 1000;

describe('billing, without any provider', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startTestApp();
  });
  afterAll(async () => {
    await server.stop();
  });

  it('meters, prices and invoices a month: fixed fee in advance, graduated usage in arrear', async () => {
    const { api, tenant } = server;
    const feature = await api.create('/features', {
      name: 'API calls',
      key: 'api-calls',
      feature_type: 'metered',
      meter: {
        name: 'API calls',
        event_name: 'api.call',
        aggregation: { type: 'SUM', field: 'units' },
        reset_usage: 'BILLING_PERIOD',
      },
    });
    const plan = await api.create('/plans', {
      name: 'Pro',
      key: 'pro',
      billing_period: 'monthly',
      currency: 'USD',
      plan_type: 'recurring',
      prices: [
        { pricing_model: 'flat', unit_price: '49.99', display_name: 'Base fee' },
        {
          feature_id: feature.id,
          pricing_model: 'tiered',
          tiers: [
            { up_to: 1000, unit_price: '0.01' },
            { up_to: 5000, unit_price: '0.008', flat_fee: '1' },
            { unit_price: '0.005' },
          ],
        },
      ],
    });
    expect(plan.prices).toHaveLength(2);
    const customer = await api.create('/customers', {
      customer_id: 'acme',
      name: 'Acme',
      email: 'billing@acme.test',
    });
    const subscription = await api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
      billing_anchor: 'subscription_start',
    });
    expect(subscription).toMatchObject({
      currency: 'usd',
      billing_period: 'MONTHLY',
      subscription_status: 'active',
    });
    expect(subscription.latest_invoice).toMatchObject({
      total: '49.99',
      invoice_status: 'FINALIZED',
      payment_status: 'PENDING',
      billing_reason: 'SUBSCRIPTION_CREATE',
    });

    const start = new Date(subscription.current_period_start as string).getTime();
    const end = new Date(subscription.current_period_end as string).getTime();
    const events = Array.from({ length: 1000 }, (_, i) => ({
      event_name: 'api.call',
      external_customer_id: 'acme',
      event_id: `e-${i}`,
      timestamp: new Date((start + (i * (end - start)) / 1000) | 0).toISOString(),
      properties: { units: 7.5 },
    })).map((event, i) => ({
      ...event,
      timestamp: new Date(start + Math.floor((i * (end - start)) / 1000)).toISOString(),
    }));
    await api.expect(202, 'POST', '/events/bulk', { events });
    await api.expect(202, 'POST', '/events/bulk', { events });
    const usage = await api.post('/events/usage/meter', {
      meter_id: feature.meter_id,
      external_customer_id: 'acme',
      start_time: subscription.current_period_start,
      end_time: subscription.current_period_end,
    });
    expect(usage.value).toBe(7500);

    const advanced = await api.post(`/environments/${tenant.environmentId}/clock/advance`, {
      to: new Date(end + DAY / 24).toISOString(),
    });
    expect(advanced.settled).toBe(true);
    const { items } = await api.post('/invoices/search', { subscription_id: subscription.id });
    expect(items).toHaveLength(2);
    const [invoice] = items;
    // 1000 × 0.01 + 4000 × 0.008 + 1 + 2500 × 0.005 = 55.5, and the next month's fee.
    expect(invoice).toMatchObject({
      billing_reason: 'SUBSCRIPTION_CYCLE',
      invoice_status: 'FINALIZED',
      subtotal: '105.49',
      total: '105.49',
      amount_remaining: '105.49',
    });
    expect(invoice.invoice_number).toMatch(/^INV-\d{6}-0000\d$/);
    expect(
      invoice.line_items
        .map((line: { amount: string; quantity: string }) => [line.amount, line.quantity])
        .sort(),
    ).toEqual([
      ['49.99', '1'],
      ['55.5', '7500'],
    ]);

    const payment = await api.create('/payments', {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      payment_method_type: 'OFFLINE',
      amount: 105.49,
      currency: 'usd',
    });
    expect(payment.payment_status).toBe('SUCCEEDED');
    const paid = await api.get(`/invoices/${invoice.id}`);
    expect(paid).toMatchObject({ payment_status: 'SUCCEEDED', amount_paid: '105.49', amount_remaining: '0' });
    expect(paid.paid_at).not.toBeNull();
    const after = await api.get(`/subscriptions/${subscription.id}`);
    expect(after.current_period_start).toBe(subscription.current_period_end);
  });
});
