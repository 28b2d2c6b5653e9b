import type { ApiClient } from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const DAY = 24 * 60 * 60 * 1000;
/** More than a field takes, in any currency. */
const TOO_MUCH = '900000000000000.01';
const MOST = '900000000000000';
const MOST_QUANTITY = '99999999999999999999';

describe('amounts that cannot be kept', () => {
  let server: TestApp;
  let api: ApiClient;
  let plan: any;
  let meterId: string;
  let count = 0;
  beforeAll(async () => {
    server = await startTestApp();
    ({ api } = server);
    const feature = await api.create('/features', {
      name: 'Tokens',
      type: 'metered',
      meter: { name: 'Tokens', event_name: 'tokens', aggregation: { type: 'SUM', field: 'n' } },
    });
    meterId = feature.meter_id;
    plan = await api.create('/plans', { name: 'Dear' });
  });
  afterAll(async () => {
    await server.stop();
  });

  const price = (more: object) => ({
    entity_type: 'PLAN',
    entity_id: plan.id,
    type: 'FIXED',
    billing_model: 'FLAT_FEE',
    billing_period: 'MONTHLY',
    invoice_cadence: 'ADVANCE',
    currency: 'usd',
    amount: '1',
    start_date: '2020-01-01T00:00:00Z',
    ...more,
  });
  const usage = (more: object) =>
    price({ type: 'USAGE', invoice_cadence: 'ARREAR', meter_id: meterId, ...more });
  const customer = () => api.create('/customers', { external_id: `range-${++count}`, name: 'R' });
  const wallet = async (more: object = {}) =>
    api.post('/wallets', { customer_id: (await customer()).id, currency: 'usd', ...more });

  it('are refused by the field that holds them', async () => {
    const { id: customer_id } = await customer();
    const { id: wallet_id } = await wallet();
    const invoice = { customer_id, currency: 'usd', amount_due: '1' };
    const made = await api.create('/invoices', invoice);
    const [line] = made.line_items;
    const topUp = { transaction_reason: 'FREE_CREDIT_GRANT' };
    const tiers = (tier: object) => ({
      billing_model: 'TIERED',
      tier_mode: 'SLAB',
      amount: undefined,
      tiers: [tier],
    });
    const commitment = { customer_id, plan_id: plan.id };
    const table: [string, object, string][] = [
      ['/prices', price({ amount: TOO_MUCH }), 'amount'],
      ['/prices', usage(tiers({ unit_amount: TOO_MUCH })), 'tiers[0].unit_amount'],
      ['/prices', usage(tiers({ unit_amount: '1', flat_amount: TOO_MUCH })), 'tiers[0].flat_amount'],
      ['/prices', usage(tiers({ unit_amount: '1', up_to: `${MOST_QUANTITY}0` })), 'tiers[0].up_to'],
      ['/prices', price({ min_quantity: 2_147_483_648 }), 'min_quantity'],
      [
        '/plans',
        { name: 'X', currency: 'usd', prices: [{ pricing_model: 'flat', unit_price: TOO_MUCH }] },
        'prices[0].unit_price',
      ],
      [
        '/coupons',
        { name: 'X', type: 'fixed', cadence: 'once', currency: 'usd', amount_off: TOO_MUCH },
        'amount_off',
      ],
      ['/taxes/rates', { name: 'X', code: 'x', fixed_value: TOO_MUCH }, 'fixed_value'],
      ['/subscriptions', { ...commitment, commitment_amount: TOO_MUCH }, 'commitment_amount'],
      [
        '/subscriptions',
        { ...commitment, override_line_items: [{ price_id: 'p', amount: TOO_MUCH }] },
        'override_line_items[0].amount',
      ],
      [
        '/subscriptions',
        { ...commitment, override_line_items: [{ price_id: 'p', quantity: `${MOST_QUANTITY}0` }] },
        'override_line_items[0].quantity',
      ],
      [
        '/subscriptions',
        { ...commitment, line_item_commitments: { p: { commitment_amount: TOO_MUCH } } },
        'line_item_commitments.p.commitment_amount',
      ],
      ['/invoices', { ...invoice, amount_due: TOO_MUCH }, 'amount_due'],
      [
        '/invoices',
        { ...invoice, line_items: [{ amount: `-${TOO_MUCH}`, quantity: '1' }] },
        'line_items[0].amount',
      ],
      [
        '/payments',
        {
          destination_type: 'INVOICE',
          destination_id: made.id,
          payment_method_type: 'OFFLINE',
          amount: TOO_MUCH,
          currency: 'usd',
        },
        'amount',
      ],
      [
        '/creditnotes',
        {
          invoice_id: made.id,
          reason: 'DUPLICATE',
          line_items: [{ invoice_line_item_id: line.id, amount: TOO_MUCH }],
        },
        'line_items[0].amount',
      ],
      [
        '/wallets',
        { customer_id, currency: 'usd', initial_credits_to_load: TOO_MUCH },
        'initial_credits_to_load',
      ],
      ['/wallets', { customer_id, currency: 'usd', conversion_rate: '1000000001' }, 'conversion_rate'],
      [
        '/wallets',
        { customer_id, currency: 'usd', topup_conversion_rate: '0.0000000001' },
        'topup_conversion_rate',
      ],
      ['/wallets', { customer_id, currency: 'usd', auto_topup: { amount: TOO_MUCH } }, 'auto_topup.amount'],
      [`/wallets/${wallet_id}/top-up`, { ...topUp, credits_to_add: TOO_MUCH }, 'credits_to_add'],
      [`/wallets/${wallet_id}/top-up`, { ...topUp, amount: TOO_MUCH }, 'amount'],
      [`/wallets/${wallet_id}/debit`, { credits: TOO_MUCH }, 'credits'],
      [
        '/creditgrants',
        { name: 'X', scope: 'PLAN', plan_id: plan.id, credits: TOO_MUCH, cadence: 'ONETIME' },
        'credits',
      ],
    ];
    for (const [path, body, field] of table) {
      const answer = await api.send('POST', path, body);
      expect([path, answer.status, Object.keys(answer.body.details?.fields ?? {})]).toEqual([
        path,
        400,
        [field],
      ]);
    }
  });

  it('are refused when they are computed: the first bill of a subscription, by its line', async () => {
    const dear = await api.create('/plans', { name: 'Dearest' });
    const fee = await api.create(
      '/prices',
      price({ entity_id: dear.id, amount: MOST, display_name: 'Seats' }),
    );
    const answer = await api.send('POST', '/subscriptions', {
      customer_id: (await customer()).id,
      plan_id: dear.id,
      override_line_items: [{ price_id: fee.id, quantity: MOST_QUANTITY }],
    });
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { code: 'amount_out_of_range', details: { line: 'Seats', currency: 'usd' } } },
    });
    expect(answer.body.message).toContain('"Seats"');
    expect((await api.post('/subscriptions/search', { plan_id: dear.id })).items).toEqual([]);
  });

  it('put a subscription off with the line’s name, stop no other, and are shown by a preview', async () => {
    const metered = await api.create('/plans', { name: 'Metered' });
    await api.create('/prices', usage({ entity_id: metered.id, amount: MOST, display_name: 'Tokens used' }));
    const subscribe = async () => {
      const { id: customer_id, external_id, created_at } = await customer();
      const start_date = new Date(new Date(created_at).getTime() - 40 * DAY);
      const subscription = await api.create('/subscriptions', {
        customer_id,
        plan_id: metered.id,
        start_date: start_date.toISOString(),
      });
      return { ...subscription, external_id, at: new Date(start_date.getTime() + DAY).toISOString() };
    };
    const [one, other] = [await subscribe(), await subscribe()];
    const event = (of: any, n: string) => ({
      event_name: 'tokens',
      external_customer_id: of.external_id,
      timestamp: of.at,
      properties: { n },
    });
    await api.expect(202, 'POST', '/events/bulk', {
      events: [event(one, '99999999999999999999'), event(other, '3')],
    });
    const preview = await api.send('POST', '/invoices/preview', {
      subscription_id: one.id,
      period_start: one.start_date,
      period_end: new Date(new Date(one.start_date).getTime() + 31 * DAY).toISOString(),
    });
    expect(preview).toMatchObject({
      status: 400,
      body: { error: { code: 'amount_out_of_range', details: { line: 'Tokens used' } } },
    });
    const run = await api.expect(202, 'POST', '/billing/runs');
    const done = await eventually('the run', async () => {
      const now = await api.get(`/billing/runs/${run.id}`);
      return now.run_status === 'completed' && now;
    });
    expect(done.failures).toEqual([
      expect.objectContaining({
        subscription_id: one.id,
        code: 'amount_out_of_range',
        message: expect.stringContaining('"Tokens used"') as string,
      }),
    ]);
    const billed = await api.post('/invoices/search', { subscription_id: other.id });
    expect(billed.items).toEqual([expect.objectContaining({ total: '2700000000000000' })]);
    expect((await api.get(`/subscriptions/${one.id}`)).subscription_status).toBe('active');
  });

  it('are refused for an invoice whose lines fit, and whose sum does not', async () => {
    const line_items = Array.from({ length: 200 }, () => ({
      display_name: 'Item',
      amount: MOST,
      quantity: '1',
    }));
    const answer = await api.send('POST', '/invoices', {
      customer_id: (await customer()).id,
      currency: 'usd',
      amount_due: '1',
      line_items,
    });
    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain('the lines add up to 180000000000000000');
  });

  it('are refused for a wallet whose credits would be worth more than can be kept', async () => {
    const { id } = await wallet({ conversion_rate: '1000000000' });
    const topUp = (credits_to_add: string) =>
      api.send('POST', `/wallets/${id}/top-up`, { transaction_reason: 'FREE_CREDIT_GRANT', credits_to_add });
    expect(await topUp('900000000000000')).toMatchObject({
      status: 400,
      body: { error: { code: 'amount_out_of_range' } },
    });
    expect((await topUp('900000')).status).toBe(200);
    const balance = await api.get(`/wallets/${id}/balance/real-time`);
    expect(balance.balance).toBe('900000000000000');
  });
});
