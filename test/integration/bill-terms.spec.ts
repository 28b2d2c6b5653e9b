import type { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const DAY = 86_400_000;

/** What stands between usage and total: included quantities, buckets, commitments, coupons, taxes, credits. */
describe('the terms of a bill', () => {
  let server: TestApp;
  let api: ApiClient;
  let seq = 0;
  let now: number;
  beforeAll(async () => {
    server = await startTestApp();
    ({ api } = server);
    // Periods of months of 31 and 30 days, and nothing that depends on the day on which the test runs.
    now = Date.parse('2027-07-01T00:00:00Z');
    await clock(now);
  });
  afterAll(async () => {
    await server.stop();
  });

  /** The clock runs on by itself: it stands a little after what `now` says. */
  const clock = async (to: number): Promise<void> => {
    await api.post(`/environments/${server.tenant.environmentId}/clock/advance`, {
      to: new Date(to + 600_000).toISOString(),
    });
    now = to;
  };
  const monthStart = (offset = 0): number =>
    Date.UTC(new Date(now).getUTCFullYear(), new Date(now).getUTCMonth() + offset, 1);
  /** The end of the period of subscriptions that begin with the month. */
  const nextMonth = (): Promise<void> => clock(monthStart(1));
  const meter = (aggregation: object, more: object = {}): Promise<any> => {
    const name = `meter${++seq}`;
    return api.create('/features', {
      name,
      type: 'metered',
      meter: { name, event_name: name, aggregation, ...more },
    });
  };
  const customer = (more: object = {}): Promise<any> =>
    api.create('/customers', { external_id: `bt${++seq}`, name: 'C', ...more });
  const price = (planId: string, more: object): Promise<any> =>
    api.create('/prices', {
      entity_type: 'PLAN',
      entity_id: planId,
      type: 'FIXED',
      billing_model: 'FLAT_FEE',
      billing_period: 'MONTHLY',
      invoice_cadence: 'ARREAR',
      price_unit_type: 'FIAT',
      currency: 'usd',
      start_date: '2020-01-01T00:00:00Z',
      ...more,
    });
  const usage = (planId: string, feature: any, more: object = {}): Promise<any> =>
    price(planId, { type: 'USAGE', meter_id: feature.meter_id, amount: '1', ...more });
  const use = async (of: any, feature: any, value: number | string, more: object = {}): Promise<void> => {
    const { properties = {}, at = now } = more as { properties?: object; at?: number };
    await api.expect(202, 'POST', '/events', {
      event_name: feature.meter.event_name,
      external_customer_id: of.external_id,
      timestamp: new Date(at).toISOString(),
      properties: { value, ...properties },
    });
  };
  const subscribe = (of: any, plan: any, more: object = {}): Promise<any> =>
    api.create('/subscriptions', {
      customer_id: of.id,
      plan_id: plan.id,
      currency: 'usd',
      billing_period: 'MONTHLY',
      start_date: new Date(monthStart()).toISOString(),
      ...more,
    });
  const invoices = async (subscription: any): Promise<any[]> =>
    (await api.post('/invoices/search', { subscription_id: subscription.id, limit: 100 })).items.sort(
      (a: any, b: any) => a.billing_sequence - b.billing_sequence,
    );
  const last = async (subscription: any): Promise<any> => (await invoices(subscription)).at(-1);
  const lines = (invoice: any): [string, string, string][] =>
    invoice.line_items.map((line: any) => [line.display_name, line.quantity, line.amount]);
  const coupon = (more: object): Promise<any> =>
    api.create('/coupons', {
      name: 'C',
      type: 'percentage',
      percentage_off: '10',
      cadence: 'forever',
      ...more,
    });

  describe('coupons', () => {
    it('lower lines, then invoices, as often as they count; a bill made again keeps them', async () => {
      const plan = await api.create('/plans', { name: 'Coupons' });
      const fee = await price(plan.id, { amount: '100', invoice_cadence: 'ADVANCE', display_name: 'Fee' });
      await price(plan.id, { amount: '50', invoice_cadence: 'ADVANCE', display_name: 'Other' });
      const once = await coupon({ cadence: 'once', percentage_off: '50', coupon_code: 'HALF' });
      const tenth = await coupon({});
      const fixed = await coupon({
        type: 'fixed',
        percentage_off: undefined,
        amount_off: '20',
        currency: 'usd',
      });
      const subscription = await subscribe(await customer(), plan, {
        coupons: [tenth.id],
        line_item_coupons: { [fee.id]: [fixed.id] },
        subscription_coupons: [{ coupon_code: 'HALF' }],
      });
      // 150 − 20 of the fee; 10 % of 130, half of 117.
      expect(subscription.latest_invoice).toMatchObject({
        subtotal: '150',
        total_discount: '91.5',
        total: '58.5',
      });
      const line = subscription.line_items.find((one: any) => one.price_id === fee.id);
      expect(subscription.coupon_associations).toHaveLength(3);
      expect(
        subscription.coupon_associations.map((one: any) => [one.coupon_id, one.subscription_line_item_id]),
      ).toEqual(
        expect.arrayContaining([
          [tenth.id, null],
          [fixed.id, line.id],
          [once.id, null],
        ]),
      );
      const [first] = await invoices(subscription);
      await api.expect(202, 'POST', `/invoices/${first.id}/recalculate`);
      const again = (await invoices(subscription)).at(-1);
      expect([again.id === first.id, again.total]).toEqual([false, '58.5']);
      await nextMonth();
      expect(await last(subscription)).toMatchObject({ total_discount: '33', total: '117' });
      expect((await api.get(`/coupons/${once.id}`)).total_redemptions).toBe(1);
    });

    it('that were used on a voided bill count on the next one', async () => {
      const plan = await api.create('/plans', { name: 'Void' });
      await price(plan.id, { amount: '10', invoice_cadence: 'ADVANCE' });
      const once = await coupon({ cadence: 'once' });
      const subscription = await subscribe(await customer(), plan, { coupons: [once.id] });
      expect(subscription.latest_invoice.total).toBe('9');
      await api.post(`/invoices/${subscription.latest_invoice.id}/void`);
      await nextMonth();
      expect((await last(subscription)).total).toBe('9');
      await nextMonth();
      expect((await last(subscription)).total).toBe('10');
    });

    it('are refused with the subscription when they cannot be redeemed', async () => {
      const plan = await api.create('/plans', { name: 'Refused' });
      await price(plan.id, { amount: '10' });
      const euros = await coupon({
        type: 'fixed',
        percentage_off: undefined,
        amount_off: '1',
        currency: 'eur',
      });
      const tenth = await coupon({});
      const of = await customer();
      for (const more of [
        { coupons: [euros.id] },
        { line_item_coupons: { price_other: [tenth.id] } },
        { line_item_coupons: { price_other: tenth.id } },
      ]) {
        const body = { customer_id: of.id, plan_id: plan.id, ...more };
        expect((await api.send('POST', '/subscriptions', body)).status).toBe(400);
      }
      const found = await api.post('/subscriptions/search', { customer_id: of.id });
      expect(found.items).toEqual([]);
    });
  });

  it('taxes: the customer’s are inherited, overrides stand in for them, an empty list is none', async () => {
    const plan = await api.create('/plans', { name: 'Taxes' });
    await price(plan.id, { amount: '100', invoice_cadence: 'ADVANCE' });
    const codes = [`a${++seq}`, `b${++seq}`];
    for (const [index, code] of codes.entries())
      await api.create('/taxes/rates', { name: code, code, percentage_value: index === 0 ? '20' : '5' });
    const of = await customer();
    await api.post('/taxes/associations', {
      tax_rate_code: codes[0],
      entity_type: 'customer',
      entity_id: of.id,
    });
    const taxOf = async (more: object): Promise<any> => (await subscribe(of, plan, more)).latest_invoice;
    expect(await taxOf({})).toMatchObject({
      total_tax: '20',
      total: '120',
      taxes: [{ tax_amount: '20', taxable_amount: '100', tax_rate: { code: codes[0] } }],
    });
    expect(await taxOf({ tax_rate_overrides: [{ tax_rate_code: codes[1], currency: 'usd' }] })).toMatchObject(
      { total_tax: '5', total: '105' },
    );
    expect(await taxOf({ tax_rate_overrides: [] })).toMatchObject({ total_tax: '0', total: '100' });
  });

  it('a preview is what is billed later: included quantities, coupons, taxes and credits together', async () => {
    const plan = await api.create('/plans', { name: 'All' });
    const feature = await meter({ type: 'SUM', field: 'value' });
    await price(plan.id, { amount: '10', display_name: 'Fee' });
    await usage(plan.id, feature, { display_name: 'Calls', amount: '2' });
    await api.create('/entitlements', {
      entity_type: 'PLAN',
      entity_id: plan.id,
      feature_id: feature.id,
      usage_limit: 5,
    });
    const code = `t${++seq}`;
    await api.create('/taxes/rates', { name: code, code, percentage_value: '10' });
    const once = await coupon({ cadence: 'once' });
    const of = await customer();
    await api.post('/wallets', { customer_id: of.id, currency: 'usd', initial_credits_to_load: '7' });
    const subscription = await subscribe(of, plan, {
      coupons: [once.id],
      tax_rate_overrides: [{ tax_rate_code: code }],
    });
    await use(of, feature, 25);
    const figures = ({ line_items: items, ...invoice }: any) => ({
      subtotal: invoice.subtotal,
      discount: invoice.total_discount,
      credits: invoice.total_prepaid_credits_applied,
      tax: invoice.total_tax,
      total: invoice.total,
      coupons: invoice.coupon_applications.map((one: any) => [one.coupon_id, one.discounted_amount]),
      lines: items.map((one: any) => [
        one.display_name,
        one.quantity,
        one.adjusted_entitlement_quantity,
        one.amount,
      ]),
    });
    const preview = () => api.post('/invoices/preview', { subscription_id: subscription.id });
    const first = figures(await preview());
    expect(first).toMatchObject({ subtotal: '50', discount: '5', credits: '7', tax: '4.5', total: '42.5' });
    expect(first.lines).toEqual([
      ['Fee', '1', null, '10'],
      ['Calls', '20', '5', '40'],
    ]);
    // Looked at twice it has used up nothing.
    expect(figures(await preview())).toEqual(first);
    await nextMonth();
    expect(figures(await last(subscription))).toEqual(first);
    await nextMonth();
    expect(await last(subscription)).toMatchObject({ subtotal: '10', total_discount: '0' });
  });

  describe('included quantities', () => {
    it('are shared by lines that charge for one feature, and for ever given once', async () => {
      const plan = await api.create('/plans', { name: 'Shared' });
      const feature = await meter({ type: 'SUM', field: 'value' });
      await usage(plan.id, feature, { display_name: 'EU', filter_values: { region: ['eu'] } });
      await usage(plan.id, feature, { display_name: 'US', filter_values: { region: ['us'] } });
      await api.create('/entitlements', {
        entity_type: 'PLAN',
        entity_id: plan.id,
        feature_id: feature.id,
        usage_limit: 10,
        usage_reset_period: 'NEVER',
      });
      const of = await customer();
      const subscription = await subscribe(of, plan);
      await use(of, feature, 4, { properties: { region: 'eu' } });
      await use(of, feature, 3, { properties: { region: 'us' } });
      await nextMonth();
      expect(lines(await last(subscription))).toEqual([
        ['EU', '0', '0'],
        ['US', '0', '0'],
      ]);
      await use(of, feature, 2, { properties: { region: 'eu' } });
      await use(of, feature, 6, { properties: { region: 'us' } });
      const shown = await api.post('/subscriptions/usage', {
        subscription_id: subscription.id,
        end_time: new Date(now + DAY).toISOString(),
      });
      expect(shown.amount).toBe(5);
      await nextMonth();
      expect(lines(await last(subscription))).toEqual([
        ['EU', '0', '0'],
        ['US', '5', '5'],
      ]);
    });

    it('are taken off the buckets in which they were used, the earliest first', async () => {
      const plan = await api.create('/plans', { name: 'Bucket quota' });
      const feature = await meter({ type: 'SUM', field: 'value', bucket_size: 'DAY' });
      await usage(plan.id, feature, {
        billing_model: 'PACKAGE',
        amount: '1',
        transform_quantity: { divide_by: 10 },
      });
      await api.create('/entitlements', {
        entity_type: 'PLAN',
        entity_id: plan.id,
        feature_id: feature.id,
        usage_limit: 12,
      });
      const of = await customer();
      const subscription = await subscribe(of, plan);
      await use(of, feature, 5);
      await clock(now + DAY);
      await use(of, feature, 11);
      await nextMonth();
      const [line] = (await last(subscription)).line_items;
      expect([line.quantity, line.adjusted_entitlement_quantity, line.amount]).toEqual(['4', '12', '1']);
    });
  });

  describe('what is queried is what is billed', () => {
    it('of buckets and their groups: the sum of what each measures, each priced on its own', async () => {
      const plan = await api.create('/plans', { name: 'Buckets' });
      const feature = await meter({ type: 'MAX', field: 'value', bucket_size: 'DAY', group_by: 'host' });
      await usage(plan.id, feature, {
        billing_model: 'PACKAGE',
        amount: '1',
        transform_quantity: { divide_by: 10 },
      });
      const of = await customer();
      const subscription = await subscribe(of, plan);
      const start = now;
      await use(of, feature, 4, { properties: { host: 'a' } });
      await use(of, feature, 7, { properties: { host: 'a' } });
      await use(of, feature, 2, { properties: { host: 'b' } });
      await clock(now + DAY);
      await use(of, feature, 11, { properties: { host: 'a' } });
      await nextMonth();
      const window = {
        external_customer_id: of.external_id,
        start_time: new Date(start).toISOString(),
        end_time: new Date(now).toISOString(),
      };
      const asked = await api.post('/events/usage/meter', {
        ...window,
        meter_id: feature.meter_id,
        window_size: 'WEEK',
      });
      expect(asked.value).toBe(20);
      expect(asked.results.reduce((sum: number, one: any) => sum + Number(one.value), 0)).toBe(20);
      expect(
        await api.post('/events/usage', {
          ...window,
          event_name: feature.meter.event_name,
          aggregation_type: 'MAX',
          property_name: 'value',
          bucket_size: 'DAY',
          group_by_property: 'host',
        }),
      ).toMatchObject({ value: 20 });
      const [line] = (await last(subscription)).line_items;
      // Three packages of one, and two for the eleven.
      expect([line.quantity, line.amount]).toEqual(['20', '4']);
      const analytics = await api.post('/events/analytics', { ...window, feature_ids: [feature.id] });
      expect(analytics).toMatchObject({ total_cost: '4', items: [{ total_usage: '20', total_cost: '4' }] });
    });

    it.each([
      ['SUM', '6', '16'],
      ['WEIGHTED_SUM', '6', '11'],
      ['COUNT_UNIQUE', '1', '2'],
    ])('of a meter that never resets: %s of everything so far', async (type, first, second) => {
      const plan = await api.create('/plans', { name: 'Never' });
      const feature = await meter({ type, field: 'value' }, { reset_usage: 'NEVER' });
      await usage(plan.id, feature);
      const of = await customer();
      const subscription = await subscribe(of, plan);
      await use(of, feature, 6);
      await nextMonth();
      const start = now;
      const middle = start + (monthStart(1) - start) / 2;
      await clock(middle);
      await use(of, feature, 10);
      await nextMonth();
      const billed = (await invoices(subscription)).map(({ line_items: [line] }: any) => line.quantity);
      expect(billed).toEqual([first, second]);
      const asked = await api.post('/events/usage/meter', {
        meter_id: feature.meter_id,
        external_customer_id: of.external_id,
        start_time: new Date(start).toISOString(),
        end_time: new Date(now).toISOString(),
        window_size: 'MONTH',
      });
      expect(asked).toMatchObject({ value: Number(second), results: [{ value: Number(second) }] });
    });
  });

  describe('commitments', () => {
    const planOf = async (amount = '1'): Promise<{ plan: any; feature: any; price: any }> => {
      const plan = await api.create('/plans', { name: 'Committed' });
      const feature = await meter({ type: 'SUM', field: 'value' });
      return { plan, feature, price: await usage(plan.id, feature, { amount, display_name: 'Calls' }) };
    };

    it('of a subscription: what goes beyond times the factor, what is missing made up for', async () => {
      const { plan, feature } = await planOf();
      const of = await customer();
      const subscription = await subscribe(of, plan, {
        commitment_amount: '100',
        overage_factor: '1.5',
        enable_true_up: true,
      });
      expect(subscription).toMatchObject({
        commitment_amount: '100',
        overage_factor: '1.5',
        enable_true_up: true,
        commitment_duration: null,
      });
      await use(of, feature, 140);
      await nextMonth();
      const over = await last(subscription);
      expect(lines(over)).toEqual([
        ['Calls', '100', '100'],
        ['Calls (Overage)', '40', '60'],
      ]);
      expect(over.line_items[1].commitment_info).toMatchObject({
        amount: '100',
        overage_factor: '1.5',
        true_up_enabled: true,
        computed_overage_amount: '60',
      });
      const july = now;
      await use(of, feature, 30);
      await nextMonth();
      const under = await last(subscription);
      expect(lines(under)).toEqual([
        ['Calls', '30', '30'],
        ['Committed True Up', '1', '70'],
      ]);
      // What comes in late was promised, and so is paid already.
      await use(of, feature, 20, { at: july + DAY });
      await nextMonth();
      const later = await last(subscription);
      expect(later.subtotal).toBe('100');
      await nextMonth();
      expect((await last(subscription)).subtotal).toBe('100');
    });

    it('of a quarter: made up for at its end only', async () => {
      const { plan, feature } = await planOf();
      const of = await customer();
      const subscription = await subscribe(of, plan, {
        commitment_amount: '90',
        overage_factor: '2',
        enable_true_up: true,
        commitment_duration: 'QUARTERLY',
      });
      for (const [used, amount] of [
        [50, '50'],
        [0, '0'],
        [30, '40'],
      ] as const) {
        if (used > 0) await use(of, feature, used);
        await nextMonth();
        expect([used, (await last(subscription)).subtotal]).toEqual([used, amount]);
      }
      await use(of, feature, 60);
      await nextMonth();
      await use(of, feature, 40);
      await nextMonth();
      expect(lines(await last(subscription))).toEqual([
        ['Calls', '30', '30'],
        ['Calls (Overage)', '10', '20'],
      ]);
    });

    it('of a line, by amount, by quantity, and for every bucket', async () => {
      const { plan, feature, price: calls } = await planOf('2');
      const of = await customer();
      const subscription = await subscribe(of, plan, {
        line_item_commitments: {
          [calls.id]: { commitment_quantity: 10, overage_factor: 2, enable_true_up: true },
        },
      });
      expect(subscription.line_items[0]).toMatchObject({
        commitment_quantity: '10',
        commitment_amount: null,
        commitment_type: 'quantity',
        commitment_overage_factor: '2',
        commitment_true_up_enabled: true,
        commitment_windowed: false,
      });
      const hosts = await meter({ type: 'MAX', field: 'value', bucket_size: 'DAY' });
      const perDay = await usage(plan.id, hosts);
      await api.create(`/subscriptions/${subscription.id}/lineitems`, {
        price_id: perDay.id,
        start_date: new Date(now).toISOString(),
        commitment_amount: 3,
        commitment_windowed: true,
        commitment_true_up_enabled: true,
      });
      await use(of, feature, 4);
      await use(of, hosts, 5);
      const days = (monthStart(1) - monthStart()) / DAY;
      await nextMonth();
      const bill = await last(subscription);
      expect(bill.line_items.map((line: any) => line.amount)).toEqual(['20', String(5 + (days - 1) * 3)]);
      expect(bill.line_items[0].commitment_info).toMatchObject({
        type: 'quantity',
        quantity: '10',
        computed_commitment_utilized_amount: '8',
        computed_true_up_amount: '12',
        computed_overage_amount: '0',
      });
      await use(of, feature, 13);
      await nextMonth();
      expect((await last(subscription)).line_items[0].amount).toBe('32');
    });

    it('are refused where they would mean nothing', async () => {
      const { plan, price: calls } = await planOf();
      const of = await customer();
      const fieldsOf = async (more: object): Promise<string[]> => {
        const body = { customer_id: of.id, plan_id: plan.id, ...more };
        const answer = await api.send('POST', '/subscriptions', body);
        expect(answer.status).toBe(400);
        return Object.keys(answer.body.details.fields).sort();
      };
      const ofLine = `line_item_commitments.${calls.id}`;
      expect(await fieldsOf({ overage_factor: '2', enable_true_up: true })).toEqual([
        'enable_true_up',
        'overage_factor',
      ]);
      expect(await fieldsOf({ commitment_amount: '0.001' })).toEqual(['commitment_amount']);
      expect(await fieldsOf({ commitment_amount: '1', overage_factor: '0.5' })).toEqual(['overage_factor']);
      expect(await fieldsOf({ commitment_amount: '1', commitment_duration: 'WEEKLY' })).toEqual([
        'commitment_duration',
      ]);
      expect(
        await fieldsOf({
          line_item_commitments: { [calls.id]: { commitment_amount: 1, commitment_quantity: 1 } },
        }),
      ).toEqual([`${ofLine}.commitment_quantity`]);
      expect(await fieldsOf({ line_item_commitments: { price_none: { commitment_amount: 1 } } })).toEqual([
        'line_item_commitments.price_none',
      ]);
      const timeOfDay = { [calls.id]: { commitment_amount: 1, commitment_time_buckets: [{}] } };
      expect(
        (
          await api.send('POST', '/subscriptions', {
            customer_id: of.id,
            plan_id: plan.id,
            line_item_commitments: timeOfDay,
          })
        ).status,
      ).toBe(501);
    });
  });
});
