import type { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** The period is January 2031, 31 days, and the change comes on the 11th. */
describe('what goes on through a change of plan', () => {
  let server: TestApp;
  let api: ApiClient;
  let feature: any;
  let basic: any;
  let pro: any;
  let made = 0;
  const price = {
    entity_type: 'PLAN',
    billing_model: 'FLAT_FEE',
    billing_period: 'MONTHLY',
    price_unit_type: 'FIAT',
    currency: 'usd',
    start_date: '2020-01-01T00:00:00Z',
  };
  const planOf = async (name: string, amount: string): Promise<any> => {
    const plan = await api.create('/plans', { name });
    plan.fee = await api.create('/prices', {
      ...price,
      entity_id: plan.id,
      type: 'FIXED',
      invoice_cadence: 'ADVANCE',
      amount,
    });
    plan.calls = await api.create('/prices', {
      ...price,
      entity_id: plan.id,
      type: 'USAGE',
      invoice_cadence: 'ARREAR',
      meter_id: feature.meter_id,
      amount: '1',
      display_name: 'Calls',
    });
    return plan;
  };
  const coupon = (percentage_off: string, more: object = {}): Promise<any> =>
    api.create('/coupons', {
      name: `${percentage_off} % (${++made})`,
      type: 'percentage',
      percentage_off,
      cadence: 'forever',
      ...more,
    });
  const clock = (to: string) =>
    api.post(`/environments/${server.tenant.environmentId}/clock/advance`, { to });
  const subscribe = async (more: object = {}): Promise<any> => {
    const customer = await api.create('/customers', { external_id: `c${++made}`, name: 'C' });
    const subscription = await api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: basic.id,
      start_date: '2031-01-01T00:00:00Z',
      ...more,
    });
    return { ...subscription, external_id: customer.external_id };
  };
  const change = (subscription: any, verb = 'execute', target = pro): Promise<any> =>
    api.post(`/subscriptions/${subscription.id}/change/${verb}`, { target_plan_id: target.id });
  const nextOf = async (subscription: any): Promise<any> =>
    api.get(`/subscriptions/${(await change(subscription)).new_subscription.id}`);
  const use = (subscription: any, times: number, timestamp: string) =>
    api.expect(202, 'POST', '/events/bulk', {
      events: Array.from({ length: times }, () => ({
        event_name: 'call',
        external_customer_id: subscription.external_id,
        timestamp,
      })),
    });
  const previewOf = (subscription: any): Promise<any> =>
    api.post('/invoices/preview', { subscription_id: subscription.id });

  beforeAll(async () => {
    server = await startTestApp();
    ({ api } = server);
    feature = await api.create('/features', {
      name: 'Calls',
      type: 'metered',
      meter: { name: 'Calls', event_name: 'call', aggregation: { type: 'COUNT' } },
    });
    basic = await planOf('Basic', '100');
    pro = await planOf('Pro', '200');
    await clock('2031-01-11T00:00:00Z');
  });
  afterAll(async () => {
    await server.stop();
  });

  it('coupons of the subscription, as often as they still count, without another redemption', async () => {
    const [forever, once, twice] = [
      await coupon('10'),
      await coupon('5', { cadence: 'once' }),
      await coupon('20', { cadence: 'repeated', duration_in_periods: 2, max_redemptions: 1 }),
    ];
    const subscription = await subscribe({ coupons: [forever.id, once.id, twice.id] });
    // 100, less 10 %, 5 %, 20 %.
    expect(subscription.latest_invoice.total).toBe('68.4');
    const changed = await change(subscription);
    // The one that counts once has counted; 200, less 10 % and 20 %.
    expect(changed.invoice.total).toBe('144');
    const next = await api.get(`/subscriptions/${changed.new_subscription.id}`);
    expect(next.coupon_associations.map((one: any) => one.coupon_id).sort()).toEqual(
      [forever.id, once.id, twice.id].sort(),
    );
    // Both bills of the one that counts twice are made.
    expect((await previewOf(next)).total).toBe('180');
    expect((await api.get(`/coupons/${twice.id}`)).total_redemptions).toBe(1);
  });

  it('coupons of its own lines; one of a line of the old plan ends, and the preview warns of it', async () => {
    const [half, tenth] = [await coupon('50'), await coupon('10')];
    const extras = await planOf('Extras', '40');
    const subscription = await subscribe({
      line_items: [{ price_id: extras.fee.id, display_name: 'Support' }],
      line_item_coupons: { [basic.fee.id]: [tenth.id], [extras.fee.id]: [half.id] },
    });
    expect(subscription.latest_invoice.total).toBe('110');
    // Its coupon goes on with a line that has taken its place.
    const support = subscription.line_items.find((line: any) => line.display_name === 'Support');
    await api.put(`/subscriptions/lineitems/${support.id}`, { quantity: 2 });
    const preview = await change(subscription, 'preview');
    expect(preview.warnings).toContain(`coupon ${tenth.name} ends: the new plan has no line for it`);
    expect(preview.warnings.join()).not.toContain(half.name);
    const changed = await change(subscription);
    // 200, and the two of the support, half price.
    expect(changed.invoice.total).toBe('240');
  });

  it('taxes of its own, and none where it has none', async () => {
    for (const [code, percentage_value] of [
      ['vat', '20'],
      ['low', '5'],
    ])
      await api.create('/taxes/rates', { name: code, code, percentage_value });
    const taxed = await api.create('/customers', {
      external_id: 'taxed',
      name: 'T',
      tax_rate_overrides: [{ tax_rate_code: 'vat' }],
    });
    const own = await subscribe({
      customer_id: taxed.id,
      tax_rate_overrides: [{ tax_rate_code: 'low', priority: 2 }],
    });
    const free = await subscribe({ customer_id: taxed.id, tax_rate_overrides: [] });
    const plain = await subscribe({ customer_id: taxed.id });
    expect((await change(own)).invoice.total_tax).toBe('10');
    expect((await change(free)).invoice.total_tax).toBe('0');
    expect((await change(plain)).invoice.total_tax).toBe('40');
  });

  it('entitlements of its own', async () => {
    const subscription = await subscribe();
    await api.create('/entitlements', {
      entity_type: 'SUBSCRIPTION',
      entity_id: subscription.id,
      feature_id: feature.id,
      feature_type: 'metered',
      usage_limit: 3,
      usage_reset_period: 'MONTHLY',
      is_enabled: true,
    });
    const next = await nextOf(subscription);
    await use(subscription, 5, '2031-01-20T00:00:00Z');
    const calls = (await previewOf(next)).line_items.find((line: any) => line.display_name === 'Calls');
    expect(calls).toMatchObject({ quantity: '2', adjusted_entitlement_quantity: '3' });
  });

  it('its commitment, of the subscription and of its own lines', async () => {
    const subscription = await subscribe({
      commitment_amount: '50',
      overage_factor: '2',
      enable_true_up: true,
      line_items: [
        {
          display_name: 'Own calls',
          price: {
            type: 'USAGE',
            meter_id: feature.meter_id,
            billing_model: 'FLAT_FEE',
            billing_period: 'MONTHLY',
            billing_period_count: 1,
            invoice_cadence: 'ARREAR',
            amount: '1',
          },
          commitment_quantity: 7,
          commitment_true_up_enabled: true,
        },
      ],
    });
    const next = await nextOf(subscription);
    expect(next).toMatchObject({ commitment_amount: '50', overage_factor: '2', enable_true_up: true });
    expect(next.line_items.find((line: any) => line.display_name === 'Own calls')).toMatchObject({
      commitment_quantity: '7',
      commitment_true_up_enabled: true,
    });
  });
});
