import type { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

describe('coupons and taxes of a one-off invoice', () => {
  let server: TestApp;
  let api: ApiClient;
  let customer: any;
  let made = 0;
  beforeAll(async () => {
    server = await startTestApp();
    ({ api } = server);
    customer = await api.create('/customers', { external_id: 'c', name: 'C' });
  });
  afterAll(async () => {
    await server.stop();
  });

  const coupon = (more: object): Promise<any> =>
    api.create('/coupons', { name: `Coupon ${++made}`, type: 'percentage', cadence: 'once', ...more });
  const tax = (more: object): Promise<any> =>
    api.create('/taxes/rates', { name: 'Tax', code: `tax-${++made}`, ...more });
  const body = (more: object = {}): any => ({
    customer_id: customer.id,
    currency: 'usd',
    amount_due: '100',
    subtotal: '100',
    total: '100',
    line_items: [
      { amount: '60', quantity: '1', display_name: 'Seats', price_id: 'price_seats' },
      { amount: '40', quantity: '1', display_name: 'Support' },
    ],
    ...more,
  });
  const invoice = (more: object): Promise<any> => api.create('/invoices', body(more));
  /** The refusal, and that it left no trace. */
  const refuses = async (more: object, status: number, words: string): Promise<void> => {
    const state = async (): Promise<unknown> => [
      (await api.post('/invoices/search', { customer_id: customer.id })).pagination.total,
      (await api.post('/coupons/search', { limit: 1000 })).items,
    ];
    const before = await state();
    const answer = await api.send('POST', '/invoices', body(more));
    expect({ status: answer.status, message: answer.body.message }).toEqual({
      status,
      message: expect.stringContaining(words),
    });
    expect(await state()).toEqual(before);
  };

  it('go through the chain of every bill: line coupons, invoice coupons, credits, taxes', async () => {
    const [half, tenth] = [await coupon({ percentage_off: '50' }), await coupon({ percentage_off: '10' })];
    const fixed = await coupon({ type: 'fixed', amount_off: '5', currency: 'usd' });
    const [vat, levy] = [
      await tax({ tax_rate_type: 'percentage', percentage_value: '20' }),
      await tax({ tax_rate_type: 'fixed', fixed_value: '1.5' }),
    ];
    const draft = await invoice({
      line_item_coupons: [
        { line_item_id: 'price_seats', coupon_id: half.id },
        { line_item_id: '1', coupon_id: fixed.id },
      ],
      coupons: [tenth.id],
      tax_rates: [vat.id],
      tax_rate_overrides: [{ tax_rate_code: levy.code, currency: 'usd', priority: 1 }],
    });
    // 60 − 30 and 40 − 5; a tenth of 65; a fifth of 58.50 and 1.50.
    expect(draft).toMatchObject({
      invoice_status: 'DRAFT',
      subtotal: '100',
      total_discount: '41.5',
      total_tax: '13.2',
      total: '71.7',
      amount_due: '71.7',
      amount_remaining: '71.7',
      line_items: [
        { line_item_discount: '30', invoice_level_discount: '3' },
        { line_item_discount: '5', invoice_level_discount: '3.5' },
      ],
      coupon_applications: expect.arrayContaining([
        expect.objectContaining({ coupon_id: half.id, discounted_amount: '30', coupon_association_id: null }),
        expect.objectContaining({ coupon_id: fixed.id, discounted_amount: '5' }),
        expect.objectContaining({ coupon_id: tenth.id, discounted_amount: '6.5' }),
      ]),
      taxes: [
        { tax_rate_id: vat.id, tax_amount: '11.7', taxable_amount: '58.5', entity_type: 'invoice' },
        { tax_rate_id: levy.id, tax_amount: '1.5' },
      ],
    });
    await api.post(`/invoices/${draft.id}/finalize`);
    expect(await api.get(`/invoices/${draft.id}`)).toMatchObject({
      invoice_status: 'FINALIZED',
      total: '71.7',
    });
    expect((await api.get(`/coupons/${half.id}`)).total_redemptions).toBe(1);
    // It was redeemed for that invoice: it lowers nothing else.
    expect(await invoice({})).toMatchObject({ total: '100', coupon_applications: [] });
  });

  it('may be told what the invoice comes to with them, and nothing else', async () => {
    const quarter = await coupon({ percentage_off: '25' });
    const given = { invoice_coupons: [{ coupon_id: quarter.id }] };
    expect(await invoice({ ...given, amount_due: '75', total: '75' })).toMatchObject({ total: '75' });
    await refuses({ ...given, total: '80' }, 400, 'the invoice comes to 75');
    await refuses({ ...given, subtotal: '75' }, 400, 'the lines add up to 100');
  });

  it('taxes that are not for it are not on it', async () => {
    const vat = await tax({ tax_rate_type: 'percentage', percentage_value: '20' });
    const override = { tax_rate_code: vat.code, currency: 'usd' };
    expect((await invoice({ tax_rate_overrides: [{ ...override, auto_apply: false }] })).total).toBe('100');
    expect((await invoice({ tax_rate_overrides: [{ ...override, currency: 'eur' }] })).total).toBe('100');
    expect((await invoice({ tax_rate_overrides: [override], tax_rates: [vat.code] })).total).toBe('120');
    await api.put(`/taxes/rates/${vat.id}`, { tax_rate_status: 'INACTIVE' });
    await refuses({ tax_rates: [vat.id] }, 400, 'is not active');
    await refuses({ tax_rates: ['taxrate_none'] }, 404, 'taxrate_none');
  });

  it('are refused where they cannot be meant, without a trace', async () => {
    const some = await coupon({ percentage_off: '10' });
    const euros = await coupon({ type: 'fixed', amount_off: '5', currency: 'eur' });
    await refuses({ coupons: [some.id, some.id] }, 400, 'is there already');
    await refuses({ coupons: [some.id, euros.id] }, 400, 'is for eur');
    await refuses({ coupons: [some.id, 'coupon_none'] }, 404, 'coupon_none');
    await refuses({ line_item_coupons: [{ line_item_id: '2', coupon_id: some.id }] }, 400, 'its place');
    const twice = [1, 2].map(() => ({ amount: '50', quantity: '1', price_id: 'price_twice' }));
    await refuses(
      { line_items: twice, line_item_coupons: [{ line_item_id: 'price_twice', coupon_id: some.id }] },
      400,
      'several lines',
    );
  });

  it('lower a line that gives something back by nothing', async () => {
    const tenth = await coupon({ percentage_off: '10' });
    const lines = [
      { amount: '120', quantity: '1', display_name: 'Seats' },
      { amount: '-20', quantity: '1', display_name: 'Goodwill' },
    ];
    const answer = await invoice({ line_items: lines, coupons: [tenth.id] });
    expect(answer).toMatchObject({
      subtotal: '100',
      // A tenth of what is charged: the credit is net, it neither has a discount nor makes one smaller.
      total: '88',
      line_items: [{ invoice_level_discount: '12' }, { invoice_level_discount: '0' }],
    });
  });

  it('are redeemed as often as they can be, however many come at once; a void gives the redemption back', async () => {
    const last = await coupon({ percentage_off: '10', max_redemptions: 1 });
    const answers = await Promise.all(
      [1, 2, 3].map(() => api.send('POST', '/invoices', body({ coupons: [last.id] }))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 400, 400]);
    const used = answers.find(({ status }) => status === 201)?.body;
    await refuses({ coupons: [last.id] }, 400, 'as often as it can be');
    await api.post(`/invoices/${used.id}/void`, {});
    expect(await invoice({ coupons: [last.id] })).toMatchObject({ total: '90' });
  });

  it('count on one more bill what was redeemed before, as often as it counts', async () => {
    const plan = await api.create('/plans', { name: 'Empty' });
    const twice = await coupon({ percentage_off: '10', cadence: 'repeated', duration_in_periods: 2 });
    await api.create('/prices', {
      entity_type: 'PLAN',
      entity_id: plan.id,
      type: 'FIXED',
      invoice_cadence: 'ADVANCE',
      billing_model: 'FLAT_FEE',
      billing_period: 'MONTHLY',
      price_unit_type: 'FIAT',
      currency: 'usd',
      amount: '10',
      start_date: '2020-01-01T00:00:00Z',
    });
    const subscription = await api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
      coupons: [twice.id],
    });
    const [association] = subscription.coupon_associations;
    const given = {
      invoice_coupons: [{ coupon_id: twice.id, coupon_association_id: association.id }],
    };
    const second = await invoice(given);
    expect(second).toMatchObject({
      total: '90',
      coupon_applications: [{ coupon_association_id: association.id }],
    });
    await refuses(given, 400, 'does not lower another bill');
    await api.post(`/invoices/${second.id}/void`, {});
    expect(await invoice(given)).toMatchObject({ total: '90' });
    await refuses(
      { invoice_coupons: [{ coupon_id: twice.id, coupon_association_id: 'coupon_assoc_none' }] },
      404,
      'coupon_assoc_none',
    );
  });
});
