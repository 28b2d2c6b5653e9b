import { BillingStory } from '../support/billing-story.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** Law A6: what a request says of prorations is done, whenever it takes effect. */
describe('prorations of cancellations that lie ahead, and of pauses', () => {
  let server: TestApp;
  let story: BillingStory;
  let plan: any;
  beforeAll(async () => {
    server = await startTestApp();
  });
  afterAll(async () => {
    await server.stop();
  });
  beforeEach(async () => {
    story = await BillingStory.begin(server);
    plan = await story.plan();
  });

  const wallet = async (): Promise<string> => {
    const [one] = await story.api.get(`/customers/${story.customer.id}/wallets`);
    return one?.credit_balance ?? 'none';
  };
  const paid = async (more: object = {}, amount = '31'): Promise<any> => {
    const subscription = await story.subscribe(plan, more);
    await story.pay(subscription.latest_invoice, amount);
    return subscription;
  };
  const cancel = ({ id }: any, more: object): Promise<any> =>
    story.api.post(`/subscriptions/${id}/cancel`, more);
  const pause = ({ id }: any, more: object = {}): Promise<any> =>
    story.api.post(`/subscriptions/${id}/pause`, { proration_behavior: 'create_prorations', ...more });
  const resume = ({ id }: any): Promise<any> => story.api.post(`/subscriptions/${id}/resume`, {});

  describe('a cancellation on a date', () => {
    const at11 = { cancellation_type: 'scheduled_date', cancel_at: '2031-01-11T00:00:00Z' };

    it('gives back what is unused then, when it asks for that', async () => {
      await story.fee(plan, '31');
      await cancel(await paid(), { ...at11, proration_behavior: 'create_prorations' });
      await story.clock('2031-01-10');
      expect(await wallet()).toBe('none');
      await story.clock('2031-01-11');
      expect(await wallet()).toBe('21');
      await story.clock('2031-03-02');
      expect(await story.invoices()).toHaveLength(2);
    });

    it('of a subscription that prorates gives back, unless it says otherwise', async () => {
      await story.fee(plan, '31');
      const prorates = { proration_behavior: 'create_prorations' };
      await cancel(await paid(prorates), at11);
      await cancel(await paid(prorates), { ...at11, proration_behavior: 'none' });
      await story.clock('2031-01-12');
      expect(await wallet()).toBe('21');
    });

    it('in a later period is charged for by its share from the beginning, and nothing is left', async () => {
      await story.fee(plan, '28');
      await cancel(await paid({}, '28'), {
        cancellation_type: 'scheduled_date',
        cancel_at: '2031-02-11T00:00:00Z',
        proration_behavior: 'create_prorations',
      });
      await story.clock('2031-02-12');
      expect(await story.totals('SUBSCRIPTION_CYCLE')).toEqual(['10', '0']);
      expect(await wallet()).toBe('none');
    });

    it('that is taken back gives nothing back', async () => {
      await story.fee(plan, '31');
      const subscription = await paid();
      await cancel(subscription, { ...at11, proration_behavior: 'create_prorations' });
      await story.api.put(`/subscriptions/${subscription.id}`, { cancel_at: '' });
      await story.clock('2031-01-12');
      expect(await wallet()).toBe('none');
      expect(await story.api.get(`/subscriptions/${subscription.id}`)).toMatchObject({
        subscription_status: 'active',
        current_period_end: '2031-02-01T00:00:00.000Z',
      });
    });

    it.each([
      ['create_prorations', '10'],
      ['none', '31'],
    ])('charges a fee in arrear as it says: %s', async (behavior, total) => {
      await story.fee(plan, '31', { invoice_cadence: 'ARREAR' });
      const subscription = await story.subscribe(plan);
      await cancel(subscription, { ...at11, proration_behavior: behavior });
      await story.clock('2031-01-13');
      expect(await story.totals('SUBSCRIPTION_CYCLE')).toEqual([total]);
    });

    it('at once charges a fee in arrear as it says', async () => {
      await story.fee(plan, '31', { invoice_cadence: 'ARREAR' });
      const subscription = await story.subscribe(plan);
      await story.clock('2031-01-11');
      const { proration_invoice: invoice } = await cancel(subscription, {
        cancellation_type: 'immediate',
        cancel_immediately_invoice_policy: 'generate_invoice',
        proration_behavior: 'create_prorations',
      });
      expect(invoice.total).toBe('10');
    });
  });

  describe('a pause', () => {
    it('gives back what was paid for its time, and charges what comes after it', async () => {
      await story.fee(plan, '31');
      const subscription = await paid();
      await story.clock('2031-01-11');
      await pause(subscription);
      expect(await wallet()).toBe('21');
      await story.clock('2031-01-21');
      await resume(subscription);
      expect(await story.newest('SUBSCRIPTION_UPDATE')).toMatchObject({
        subtotal: '11',
        total: '0',
        total_prepaid_credits_applied: '11',
      });
      expect(await wallet()).toBe('10');
      await story.clock('2031-02-02');
      expect(await story.newest('SUBSCRIPTION_CYCLE')).toMatchObject({ subtotal: '31', total: '21' });
    });

    it('without being asked leaves it paid', async () => {
      await story.fee(plan, '31');
      const subscription = await paid({ proration_behavior: 'create_prorations' });
      await story.clock('2031-01-11');
      await pause(subscription, { proration_behavior: 'none' });
      await story.clock('2031-01-21');
      await resume(subscription);
      expect(await wallet()).toBe('none');
      expect(await story.invoices()).toHaveLength(1);
    });

    it('that is scheduled, and over by itself, does so at its times', async () => {
      await story.fee(plan, '31');
      const subscription = await paid();
      await pause(subscription, {
        pause_mode: 'scheduled',
        pause_start: '2031-01-11T00:00:00Z',
        pause_end: '2031-01-21T00:00:00Z',
      });
      expect(await wallet()).toBe('none');
      await story.clock('2031-01-11');
      expect(await wallet()).toBe('21');
      await story.clock('2031-01-21');
      expect(await wallet()).toBe('10');
    });

    it('beyond the period gives its rest back for good; the next is charged from its end', async () => {
      await story.fee(plan, '28');
      const subscription = await paid({}, '28');
      await story.clock('2031-01-18');
      await pause(subscription);
      expect(await wallet()).toBe('12.65');
      await story.clock('2031-02-15');
      await resume(subscription);
      expect(await story.newest('SUBSCRIPTION_UPDATE')).toMatchObject({ subtotal: '14', total: '1.35' });
    });

    it('never makes anything dearer, also where a coupon was for the first bill alone', async () => {
      await story.fee(plan, '31');
      const coupon = await story.api.create('/coupons', {
        name: 'Start',
        type: 'percentage',
        percentage_off: '50',
        cadence: 'once',
        currency: 'usd',
      });
      const subscription = await paid({ coupons: [coupon.id] }, '15.5');
      await story.clock('2031-01-11');
      await pause(subscription);
      expect(await wallet()).toBe('10.5');
      await resume(subscription);
      expect(await wallet()).toBe('0');
      expect((await story.newest('SUBSCRIPTION_UPDATE')).subtotal).toBe('10.5');
    });

    it('of a line that is paid by the year is charged again for the rest of the year', async () => {
      await story.fee(plan, '365', { billing_period: 'ANNUAL' });
      const subscription = await paid({}, '365');
      await story.clock('2031-03-02');
      await pause(subscription);
      expect(await wallet()).toBe('305');
      await story.clock('2031-04-01');
      await resume(subscription);
      expect(await wallet()).toBe('30');
      await story.api.post(`/subscriptions/${subscription.id}/cancel`, {
        cancellation_type: 'immediate',
        proration_behavior: 'create_prorations',
      });
      // All that was not used has come back: 60 days were, and none since.
      expect(await wallet()).toBe('305');
    });

    it('a line that is changed in it is charged as it is then', async () => {
      await story.fee(plan, '31');
      const subscription = await paid();
      await story.clock('2031-01-11');
      await pause(subscription);
      const { line_items } = await story.api.get(`/subscriptions/${subscription.id}`);
      await story.clock('2031-01-15');
      await story.api.put(`/subscriptions/lineitems/${line_items[0].id}`, { quantity: '2' });
      await story.clock('2031-01-21');
      await resume(subscription);
      expect(await story.newest('SUBSCRIPTION_UPDATE')).toMatchObject({ subtotal: '22' });
    });
  });
});
