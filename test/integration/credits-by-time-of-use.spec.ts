import { BillingStory } from '../support/billing-story.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** Law B6: credits pay for what was used while they were valid, although the bill comes after they have expired. */
describe('credits are spent by the time of use', () => {
  let server: TestApp;
  let story: BillingStory;
  let wallet: any;
  let feature: any;
  let plan: any;
  beforeAll(async () => {
    server = await startTestApp();
  });
  afterAll(async () => {
    await server.stop();
  });
  beforeEach(async () => {
    story = await BillingStory.begin(server);
    wallet = await story.api.post('/wallets', { customer_id: story.customer.id, currency: 'usd' });
    feature = await story.feature('COUNT');
    plan = await story.plan();
    await story.usagePrice(plan, feature, '1');
  });

  const grant = (credits: string, until?: string, more: object = {}): Promise<any> =>
    story.api.post(`/wallets/${wallet.id}/top-up`, {
      transaction_reason: 'FREE_CREDIT_GRANT',
      credits_to_add: credits,
      ...(until === undefined ? {} : { expiry_date_utc: until }),
      ...more,
    });
  const balance = async (): Promise<string> => (await story.api.get(`/wallets/${wallet.id}`)).credit_balance;
  const bill = async (): Promise<any> => story.newest('SUBSCRIPTION_CYCLE');

  it('valid to the last second of the month, they pay the use of the month', async () => {
    await story.subscribe(plan);
    await grant('5', '2031-01-31T23:59:59Z');
    await story.use(feature, { '2031-01-10': 8 });
    await story.clock('2031-02-02');
    expect(await bill()).toMatchObject({ total: '3', total_prepaid_credits_applied: '5' });
    expect(await balance()).toBe('0');
  });

  it('at expiry the use so far is held after its discounts, and the rest expires at once', async () => {
    const coupon = await story.api.create('/coupons', {
      name: 'Half',
      type: 'percentage',
      percentage_off: '50',
      cadence: 'forever',
      currency: 'usd',
    });
    await story.subscribe(plan, { coupons: [coupon.id] });
    await grant('10', '2031-01-20T00:00:00Z');
    await story.use(feature, { '2031-01-10': 8 });
    await story.clock('2031-01-20');
    expect(await balance()).toBe('4');
    // What is held is for the bill alone.
    expect(await story.api.send('POST', `/wallets/${wallet.id}/debit`, { credits: '1' })).toMatchObject({
      body: { error: { code: 'insufficient_credits' } },
    });
    await story.use(feature, { '2031-01-25': 10 });
    await story.clock('2031-02-02');
    expect(await bill()).toMatchObject({ subtotal: '18', total: '5', total_prepaid_credits_applied: '4' });
    expect(await balance()).toBe('0');
  });

  it('nothing is held where nothing was used, or only after', async () => {
    await story.subscribe(plan);
    await grant('10', '2031-01-20T00:00:00Z');
    await story.clock('2031-01-20');
    expect(await balance()).toBe('0');
    await story.use(feature, { '2031-01-25': 10 });
    await story.clock('2031-02-02');
    expect(await bill()).toMatchObject({ total: '10', total_prepaid_credits_applied: '0' });
  });

  it('one after another, each holds what those before it do not pay', async () => {
    await story.subscribe(plan);
    await grant('3', '2031-01-10T00:00:00Z');
    await grant('10', '2031-01-20T00:00:00Z');
    await story.use(feature, { '2031-01-05': 2 });
    await story.clock('2031-01-10');
    expect(await balance()).toBe('12');
    await story.use(feature, { '2031-01-15': 4 });
    await story.clock('2031-01-20');
    expect(await balance()).toBe('6');
    await story.use(feature, { '2031-01-25': 1 });
    await story.clock('2031-02-02');
    expect(await bill()).toMatchObject({ total: '1', total_prepaid_credits_applied: '6' });
    expect(await balance()).toBe('0');
  });

  it('a commitment that is not reached holds nothing beyond the use', async () => {
    const committed = await story.plan();
    const price = await story.usagePrice(committed, feature, '1');
    await story.subscribe(committed, {
      line_item_commitments: {
        [price.id]: {
          commitment_amount: '100',
          commitment_type: 'amount',
          is_true_up_enabled: true,
          overage_factor: '1',
        },
      },
    });
    await grant('50', '2031-01-20T00:00:00Z');
    await story.use(feature, { '2031-01-10': 8 });
    await story.clock('2031-01-20');
    expect(await balance()).toBe('8');
  });

  it('a bill that is made before the clock has come to the expiry finds them all the same', async () => {
    const subscription = await story.subscribe(plan);
    await grant('5', '2031-01-20T00:00:00Z');
    await story.use(feature, { '2031-01-10': 4, '2031-01-22': 2 });
    await server.database.query(
      `UPDATE environment_clocks SET offset_ms = offset_ms + $2 WHERE environment_id = $1`,
      [story.tenant.environmentId, 24 * 86_400_000],
    );
    await story.api.post(`/subscriptions/${subscription.id}/cancel`, {
      cancellation_type: 'immediate',
      cancel_immediately_invoice_policy: 'generate_invoice',
    });
    const [last] = (await story.invoices()).slice(-1);
    expect(last).toMatchObject({ subtotal: '6', total: '2', total_prepaid_credits_applied: '4' });
    await story.clock('2031-02-02');
    expect(await balance()).toBe('0');
  });

  it('what was held and is not asked for expires after the bill', async () => {
    const latest = await story.feature('LATEST');
    const plan2 = await story.plan();
    await story.usagePrice(plan2, latest, '1');
    await story.subscribe(plan2);
    await grant('10', '2031-01-20T00:00:00Z');
    await story.use(latest, { '2031-01-10': { v: '8' } });
    await story.clock('2031-01-20');
    expect(await balance()).toBe('8');
    await story.use(latest, { '2031-01-25': { v: '3' } });
    await story.clock('2031-02-05');
    expect(await bill()).toMatchObject({ subtotal: '3', total: '0' });
    expect(await balance()).toBe('0');
  });
});
