import fc from 'fast-check';
import type { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** Periods begin on 1 January 2031 and have 31 days: a share of them is easily said. */
describe('create_prorations', () => {
  let server: TestApp;
  let api: ApiClient;
  let plan: any;
  let customers = 0;
  const price = {
    entity_type: 'PLAN',
    type: 'FIXED',
    invoice_cadence: 'ADVANCE',
    billing_model: 'FLAT_FEE',
    billing_period: 'MONTHLY',
    price_unit_type: 'FIAT',
    currency: 'usd',
    start_date: '2020-01-01T00:00:00Z',
  };
  beforeAll(async () => {
    server = await startTestApp();
    ({ api } = server);
    plan = await api.create('/plans', { name: 'Seats' });
    plan.fee = await api.create('/prices', {
      ...price,
      entity_id: plan.id,
      amount: '31',
      display_name: 'Seat',
    });
  });
  afterAll(async () => {
    await server.stop();
  });

  const clock = (to: string) =>
    api.post(`/environments/${server.tenant.environmentId}/clock/advance`, { to });
  const subscribe = async (more: object = {}) => {
    const customer = await api.create('/customers', { external_id: `c${++customers}`, name: 'C' });
    return api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
      proration_behavior: 'create_prorations',
      ...more,
    });
  };
  const invoicesOf = async (subscription: any): Promise<any[]> =>
    (await api.post('/invoices/search', { subscription_id: subscription.id, limit: 1000 })).items.sort(
      (a: any, b: any) => a.billing_sequence - b.billing_sequence,
    );
  /** What the customer's wallets hold. */
  const credit = async (subscription: any): Promise<number> =>
    ((await api.get(`/customers/${subscription.customer_id}/wallets`)) as any[]).reduce(
      (sum: number, wallet) => sum + Number(wallet.balance),
      0,
    );
  const pay = async (subscription: any): Promise<void> => {
    for (const { id, amount_remaining } of await invoicesOf(subscription))
      if (Number(amount_remaining) > 0)
        await api.put(`/invoices/${id}/payment`, { payment_status: 'SUCCEEDED' });
  };
  const cancelNow = (subscription: any, more: object = {}) =>
    api.post(`/subscriptions/${subscription.id}/cancel`, { cancellation_type: 'immediate', ...more });

  beforeAll(async () => {
    await clock('2031-01-01T00:00:00Z');
  });

  describe('an immediate cancellation', () => {
    it('gives the unused advance back as credit, and says so; without it nothing is given', async () => {
      const start = { start_date: '2031-01-01T00:00:00Z' };
      const [prorated, plain, asked] = [
        await subscribe(start),
        await subscribe({ ...start, proration_behavior: 'none' }),
        await subscribe({ ...start, proration_behavior: 'none' }),
      ];
      expect(prorated.proration_behavior).toBe('create_prorations');
      await pay(prorated);
      await clock('2031-01-11T00:00:00Z');
      const ended = await cancelNow(prorated);
      expect(ended).toMatchObject({
        status: 'cancelled',
        total_credit_amount: '21',
        proration_invoice: null,
        proration_details: [
          {
            line_item_id: prorated.line_items[0].id,
            price_id: plan.fee.id,
            plan_name: 'Seats',
            original_amount: '31',
            credit_amount: '21',
            charge_amount: '0',
            proration_days: 21,
          },
        ],
      });
      expect(await credit(prorated)).toBe(21);
      expect(await cancelNow(plain)).toMatchObject({ total_credit_amount: '0', proration_details: [] });
      expect(await credit(plain)).toBe(0);
      expect(await cancelNow(asked, { proration_behavior: 'create_prorations' })).toMatchObject({
        total_credit_amount: '21',
      });
    });

    it('never gives back a second time what was given back: not by a void either', async () => {
      const subscription = await subscribe();
      const [invoice] = await invoicesOf(subscription);
      await pay(subscription);
      await cancelNow(subscription);
      expect(await credit(subscription)).toBe(31);
      const refused = await api.send('POST', `/invoices/${invoice.id}/void`, {});
      expect({ status: refused.status, code: refused.body.error.code }).toEqual({
        status: 400,
        code: 'invoice_has_proration_credits',
      });
      expect(await credit(subscription)).toBe(31);
      expect(
        (
          await api.send('POST', `/subscriptions/${subscription.id}/cancel`, {
            cancellation_type: 'immediate',
          })
        ).status,
      ).toBe(400);
    });

    it('at the end of the period gives nothing back', async () => {
      const subscription = await subscribe();
      expect(
        await api.post(`/subscriptions/${subscription.id}/cancel`, { cancellation_type: 'end_of_period' }),
      ).toMatchObject({ total_credit_amount: '0', proration_details: [] });
    });
  });

  it('a stub of the calendar costs its share, without it the full price', async () => {
    const calendar = { billing_cycle: 'calendar', start_date: '2031-01-11T00:00:00Z' };
    expect((await subscribe(calendar)).latest_invoice).toMatchObject({ total: '21' });
    expect((await subscribe({ ...calendar, proration_behavior: 'none' })).latest_invoice).toMatchObject({
      total: '31',
    });
  });

  describe('a change of a line in a paid period', () => {
    const on11th = async (): Promise<any> => subscribe({ start_date: '2031-01-01T00:00:00Z' });
    const change = (subscription: any, body: object) =>
      api.put(`/subscriptions/lineitems/${subscription.line_items[0].id}`, body);

    it('charges what more costs at once, and from the next period on as usual', async () => {
      const subscription = await on11th();
      const line = await change(subscription, { quantity: 3, effective_from: '2031-01-11T00:00:00Z' });
      const [, update] = await invoicesOf(subscription);
      expect(update).toMatchObject({
        billing_reason: 'SUBSCRIPTION_UPDATE',
        invoice_status: 'FINALIZED',
        total: '42',
        period_start: '2031-01-11T00:00:00.000Z',
        line_items: [{ subscription_line_item_id: line.id, quantity: '2' }],
      });
      expect(await credit(subscription)).toBe(0);
      expect(await cancelNow(subscription)).toMatchObject({ total_credit_amount: '63' });
    });

    it('gives back what less costs, capped at what was paid; a change without proration moves nothing', async () => {
      const subscription = await subscribe({
        start_date: '2031-01-01T00:00:00Z',
        override_line_items: [{ price_id: plan.fee.id, quantity: 3 }],
      });
      await pay(subscription);
      const less = await change(subscription, { quantity: 1 });
      expect(await credit(subscription)).toBe(42);
      const dearer = await api.put(`/subscriptions/lineitems/${less.id}`, { amount: '62' });
      // What was given back pays it.
      expect((await invoicesOf(subscription)).map(({ subtotal, total }) => [subtotal, total])).toEqual([
        ['93', '93'],
        ['21', '0'],
      ]);
      const back = await api.put(`/subscriptions/lineitems/${dearer.id}`, {
        amount: '31',
        proration_behavior: 'none',
      });
      expect(await invoicesOf(subscription)).toHaveLength(2);
      await api.expect(200, 'DELETE', `/subscriptions/lineitems/${back.id}`, {});
      // 10 of 31 days of three seats are used: 63 of the 93 are back.
      expect(await credit(subscription)).toBe(63);
      expect(await cancelNow(subscription)).toMatchObject({ total_credit_amount: '0' });
    });

    it('is refused for a line whose place another has been given', async () => {
      const subscription = await on11th();
      await change(subscription, { quantity: 2, effective_from: '2031-01-21T00:00:00Z' });
      const refused = await api.send(
        'DELETE',
        `/subscriptions/lineitems/${subscription.line_items[0].id}`,
        {},
      );
      expect(refused).toMatchObject({ status: 400, body: { error: { code: 'line_item_already_replaced' } } });
      // The rise of the 21st was charged ahead: 11 of 31 days.
      expect((await invoicesOf(subscription)).map(({ total }) => total)).toEqual(['31', '11']);
      expect(await cancelNow(subscription)).toMatchObject({ total_credit_amount: '32' });
    });
  });

  it('law: whatever is changed in a period, what was billed less what was given back is the time that was used', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ quantity: fc.integer({ min: 0, max: 9 }), isPaid: fc.boolean() }), {
          minLength: 1,
          maxLength: 4,
        }),
        async (changes) => {
          const subscription = await subscribe({ start_date: '2031-01-01T00:00:00Z' });
          let line = subscription.line_items[0];
          for (const { quantity, isPaid } of changes) {
            if (isPaid) await pay(subscription);
            line = await api.put(`/subscriptions/lineitems/${line.id}`, { quantity: String(quantity) });
          }
          await cancelNow(subscription);
          const [paid, owed] = ['amount_paid', 'amount_remaining'].map(async (name) =>
            (await invoicesOf(subscription)).reduce((sum: number, one) => sum + Number(one[name]), 0),
          );
          const given = await credit(subscription);
          // Ten of 31 days of one seat, however many there were for no time on the 11th.
          expect((await paid!) + (await owed!) - given).toBe(10);
          // Only money that came in can go out.
          expect(given).toBeLessThanOrEqual(await paid!);
        },
      ),
      { numRuns: 8 },
    );
  });
});
