import { BillingStory } from '../support/billing-story.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** What goes back to a customer when something changes: of what was really charged, tax included, and no more than came in. */
describe('money that is given back', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startTestApp();
  });
  afterAll(async () => {
    await server.stop();
  });
  const begin = (): Promise<BillingStory> => BillingStory.begin(server);

  const cancel = (story: BillingStory, subscription: any, more: object = {}): Promise<any> =>
    story.api.post(`/subscriptions/${subscription.id}/cancel`, {
      cancellation_type: 'immediate',
      proration_behavior: 'create_prorations',
      ...more,
    });
  const half = (story: BillingStory, more: object = {}): Promise<any> =>
    story.api.create('/coupons', {
      name: 'Half',
      type: 'percentage',
      percentage_off: '50',
      cadence: 'forever',
      ...more,
    });
  const tax = async (story: BillingStory, percent: string): Promise<void> => {
    const rate = await story.api.create('/taxes/rates', {
      name: 'VAT',
      code: 'vat',
      tax_rate_type: 'percentage',
      percentage_value: percent,
      scope: 'INTERNAL',
    });
    await story.api.post('/taxes/associations', {
      tax_rate_code: rate.code,
      entity_type: 'customer',
      entity_id: story.customer.id,
      auto_apply: true,
    });
  };

  describe('gross and net', () => {
    it('bug: a percent coupon of the new plan took its part of the credit for the old one', async () => {
      const story = await begin();
      const [small, big] = [await story.plan(), await story.plan()];
      await story.fee(small, '31');
      await story.fee(big, '93');
      const coupon = await half(story);
      const subscription = await story.subscribe(small, { coupons: [coupon.id] });
      await story.clock('2031-01-11');
      const changed = await story.changePlan(subscription, big);
      // Paid 31 − 50 % = 15.5, unused 21 of 31 days = 10.5; the new plan 93 − 50 % = 46.5; 46.5 − 10.5.
      expect(changed.invoice).toMatchObject({ subtotal: '82.5', total_discount: '46.5', total: '36' });
    });

    it('bug: a late correction was discounted a second time', async () => {
      const story = await begin();
      const calls = await story.feature('SUM');
      const plan = await story.plan();
      await story.usagePrice(plan, calls, '1');
      const coupon = await half(story);
      await story.subscribe(plan, { coupons: [coupon.id] });
      await story.use(calls, { '2031-01-10': { v: '100' } });
      await story.clock('2031-02-01');
      await story.use(calls, { '2031-01-20': { v: '-20' }, '2031-02-10': { v: '100' } });
      await story.clock('2031-03-01');
      // 100 − 50 %, less the 10 that were paid for the 20.
      expect(await story.totals('SUBSCRIPTION_CYCLE')).toEqual(['50', '40']);
    });
  });

  describe('tax', () => {
    it('bug: unused time came back without the tax that was paid for it', async () => {
      const story = await begin();
      await tax(story, '20');
      const plan = await story.plan();
      await story.fee(plan, '31');
      const subscription = await story.subscribe(plan);
      await story.pay(subscription.latest_invoice, '37.2');
      await story.clock('2031-01-11');
      // 21 of 31 days of 31, and a fifth of that.
      expect(await cancel(story, subscription)).toMatchObject({ total_credit_amount: '25.2' });
      expect(await story.credit()).toBe(25.2);
    });

    it('goes back with unused time on the invoice of another plan, by the rates that levied it', async () => {
      const story = await begin();
      await tax(story, '20');
      const [small, big] = [await story.plan(), await story.plan()];
      await story.fee(small, '31');
      await story.fee(big, '93');
      const subscription = await story.subscribe(small);
      await story.pay(subscription.latest_invoice, '37.2');
      await story.clock('2031-01-11');
      const { invoice } = await story.changePlan(subscription, big);
      // 93 + 18.6 − (21 + 4.2)
      expect(invoice).toMatchObject({ subtotal: '72', total_tax: '14.4', total: '86.4' });
      expect(invoice.taxes.map((one: any) => [one.taxable_amount, one.tax_amount])).toEqual([
        ['93', '18.6'],
        ['-21', '-4.2'],
      ]);
    });

    it('goes back with usage that is corrected', async () => {
      const story = await begin();
      await tax(story, '20');
      const calls = await story.feature('SUM');
      const plan = await story.plan();
      await story.usagePrice(plan, calls, '1');
      await story.subscribe(plan);
      await story.use(calls, { '2031-01-10': { v: '100' } });
      await story.clock('2031-02-01');
      await story.use(calls, { '2031-01-20': { v: '-20' }, '2031-02-10': { v: '50' } });
      await story.clock('2031-03-01');
      expect(await story.totals('SUBSCRIPTION_CYCLE')).toEqual(['120', '36']);
    });
  });

  describe('only money that came in', () => {
    it('bug: what was never paid became credit', async () => {
      const story = await begin();
      const plan = await story.plan();
      await story.fee(plan, '31');
      const subscription = await story.subscribe(plan);
      await story.clock('2031-01-11');
      await cancel(story, subscription);
      const [invoice] = await story.invoices();
      expect(invoice).toMatchObject({ total: '31', amount_remaining: '10', adjustment_amount: '21' });
      expect(await story.credit()).toBe(0);
    });

    it('of what is paid in part, what is owed is lowered first', async () => {
      const story = await begin();
      const plan = await story.plan();
      await story.fee(plan, '31');
      const subscription = await story.subscribe(plan);
      await story.pay(subscription.latest_invoice, '20');
      await story.clock('2031-01-11');
      // 11 of the 21 are not owed any more; 10 were paid too much.
      expect(await cancel(story, subscription)).toMatchObject({ total_credit_amount: '21' });
      expect((await story.invoices())[0]).toMatchObject({ amount_remaining: '0', amount_paid: '20' });
      expect(await story.credit()).toBe(10);
    });

    it('what took off an invoice comes back when that one is void, and lowers what is owed first', async () => {
      const story = await begin();
      const [small, big] = [await story.plan(), await story.plan()];
      await story.fee(small, '31');
      await story.fee(big, '93');
      const subscription = await story.subscribe(small);
      await story.pay(subscription.latest_invoice, '15');
      await story.clock('2031-01-11');
      const { invoice } = await story.changePlan(subscription, big);
      expect(invoice.total).toBe('72');
      await story.api.post(`/invoices/${invoice.id}/void`, {});
      // Of the 21 that it had taken off, 16 were never paid.
      expect((await story.invoices('SUBSCRIPTION_CREATE'))[0]).toMatchObject({ amount_remaining: '0' });
      expect(await story.credit()).toBe(5);
    });

    it('what paid for another plan, and was owed itself, is paid before anything is credit', async () => {
      const story = await begin();
      const [small, big] = [await story.plan(), await story.plan()];
      await story.fee(small, '31');
      await story.fee(big, '93');
      const subscription = await story.subscribe(big);
      await story.clock('2031-01-11');
      const changed = await story.changePlan(subscription, small);
      expect(changed.invoice.total).toBe('0');
      await cancel(story, changed.new_subscription);
      // Ten days of 93: nothing was paid, and nothing else was used.
      expect((await story.invoices('SUBSCRIPTION_CREATE'))[0]).toMatchObject({
        amount_remaining: '30',
        amount_paid: '31',
        adjustment_amount: '32',
      });
      expect(await story.credit()).toBe(0);
    });
  });

  describe('pays anything', () => {
    it('bug: what a downgrade gave back did not pay the next fee', async () => {
      const story = await begin();
      const [yearly, monthly] = [await story.plan(), await story.plan()];
      await story.fee(yearly, '365', { billing_period: 'ANNUAL' });
      await story.fee(monthly, '31');
      const subscription = await story.subscribe(yearly, { billing_period: 'ANNUAL' });
      await story.pay(subscription.latest_invoice, '365');
      await story.changePlan(subscription, monthly);
      expect(await story.credit()).toBe(334);
      await story.clock('2031-02-02');
      expect(await story.newest('SUBSCRIPTION_CYCLE')).toMatchObject({
        total_prepaid_credits_applied: '31',
        total: '0',
        payment_status: 'SUCCEEDED',
      });
      expect(await story.credit()).toBe(303);
    });

    it('the tax of an invoice too, which bought credits do not', async () => {
      const story = await begin();
      await tax(story, '20');
      const plan = await story.plan();
      await story.fee(plan, '31');
      const subscription = await story.subscribe(plan);
      await story.pay(subscription.latest_invoice, '37.2');
      await cancel(story, subscription);
      expect(await story.credit()).toBe(37.2);
      const again = await story.subscribe(plan);
      expect(again.latest_invoice).toMatchObject({
        subtotal: '31',
        total_tax: '6.2',
        total_prepaid_credits_applied: '37.2',
        total: '0',
      });
      await story.api.post(`/invoices/${again.latest_invoice.id}/void`, {});
      expect(await story.credit()).toBe(37.2);
    });

    it('bug: a wallet for fees paid for usage', async () => {
      const story = await begin();
      const calls = await story.feature('COUNT');
      const plan = await story.plan();
      await story.fee(plan, '31');
      await story.usagePrice(plan, calls, '1');
      await story.api.post('/wallets', {
        customer_id: story.customer.id,
        currency: 'usd',
        initial_credits_to_load: '100',
        config: { allowed_price_types: ['FIXED'] },
      });
      await story.subscribe(plan, { start_date: '2031-01-01T00:00:00Z' });
      await story.use(calls, { '2031-01-05': 10 });
      await story.clock('2031-02-01');
      expect(await story.newest('SUBSCRIPTION_CYCLE')).toMatchObject({
        subtotal: '41',
        total_prepaid_credits_applied: '31',
        total: '10',
      });
    });

    it('a void gives back what had paid, for what it was for', async () => {
      const story = await begin();
      const calls = await story.feature('COUNT');
      const plan = await story.plan();
      await story.usagePrice(plan, calls, '1');
      const wallet = await story.api.post('/wallets', {
        customer_id: story.customer.id,
        currency: 'usd',
        initial_credits_to_load: '100',
      });
      await story.subscribe(plan);
      await story.use(calls, { '2031-01-05': 10 });
      await story.clock('2031-02-01');
      const bill = await story.newest('SUBSCRIPTION_CYCLE');
      expect(bill.total_prepaid_credits_applied).toBe('10');
      await story.api.post(`/invoices/${bill.id}/void`, {});
      expect(await story.credit()).toBe(100);
      // They were for usage, and are: no fee is paid with them.
      const fees = await story.plan();
      await story.fee(fees, '31');
      const other = await story.subscribe(fees, { start_date: '2031-02-01T00:00:00Z' });
      expect(other.latest_invoice).toMatchObject({ total_prepaid_credits_applied: '0', total: '31' });
      const { items } = await story.api.get(`/wallets/${wallet.id}/transactions?order=desc&limit=1`);
      expect(items).toMatchObject([{ transaction_reason: 'INVOICE_VOID_REFUND', credit_amount: '10' }]);
    });
  });

  it('bug: what was given back as credit is refunded in money as well', async () => {
    const story = await BillingStory.begin(server);
    const plan = await story.plan();
    await story.fee(plan, '31');
    const subscription = await story.subscribe(plan);
    const payment = await story.pay(subscription.latest_invoice, '31');
    await story.clock('2031-01-11');
    await story.api.post(`/subscriptions/${subscription.id}/cancel`, {
      cancellation_type: 'immediate',
      proration_behavior: 'create_prorations',
    });
    const refund = (amount?: string): Promise<any> =>
      story.api.send('POST', `/payments/${payment.id}/refunds`, amount === undefined ? {} : { amount });
    expect((await refund('10.01')).status).toBe(400);
    expect((await refund('10')).status).toBe(201);
    expect(await refund()).toMatchObject({ status: 400, body: { error: { code: 'payment_given_back' } } });
  });
});
