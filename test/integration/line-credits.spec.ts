import type { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** January 2031 has 31 days and the seat costs 31: a day is 1. */
describe('what is given back of a line', () => {
  let server: TestApp;
  let api: ApiClient;
  let plan: any;
  let customers = 0;
  beforeAll(async () => {
    server = await startTestApp();
    ({ api } = server);
    await clock('2031-01-01T00:00:00Z');
    plan = await planOf('31');
  });
  afterAll(async () => {
    await server.stop();
  });

  const clock = (to: string) =>
    api.post(`/environments/${server.tenant.environmentId}/clock/advance`, { to });
  const planOf = async (amount: string): Promise<any> => {
    const made = await api.create('/plans', { name: `Seat for ${amount}` });
    await api.create('/prices', {
      entity_type: 'PLAN',
      entity_id: made.id,
      type: 'FIXED',
      invoice_cadence: 'ADVANCE',
      billing_model: 'FLAT_FEE',
      billing_period: 'MONTHLY',
      price_unit_type: 'FIAT',
      currency: 'usd',
      start_date: '2020-01-01T00:00:00Z',
      amount,
    });
    return made;
  };
  const subscribe = async (more: object = {}): Promise<any> => {
    const customer = await api.create('/customers', { external_id: `c${++customers}`, name: 'C' });
    return api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
      proration_behavior: 'create_prorations',
      start_date: '2031-01-01T00:00:00Z',
      ...more,
    });
  };
  const invoicesOf = async (subscription: any): Promise<any[]> =>
    (await api.post('/invoices/search', { subscription_id: subscription.id, limit: 1000 })).items.sort(
      (a: any, b: any) => a.billing_sequence - b.billing_sequence,
    );
  const pay = (invoice: any): Promise<any> =>
    api.create('/payments', {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      payment_method_type: 'OFFLINE',
      amount: invoice.amount_remaining,
      currency: 'usd',
    });
  /** What the customer's wallets hold: refunds of credit notes, and what was not used. */
  const credit = async (subscription: any): Promise<number> =>
    ((await api.get(`/customers/${subscription.customer_id}/wallets`)) as any[]).reduce(
      (sum: number, wallet) => sum + Number(wallet.balance),
      0,
    );
  const note = (invoice: any, amount?: string, more: object = {}) =>
    api.send('POST', '/creditnotes', {
      invoice_id: invoice.id,
      reason: 'SERVICE_ISSUE',
      ...(amount === undefined
        ? {}
        : { line_items: [{ invoice_line_item_id: invoice.line_items[0].id, amount }] }),
      ...more,
    });
  const cancel = (subscription: any) =>
    api.send('POST', `/subscriptions/${subscription.id}/cancel`, { cancellation_type: 'immediate' });
  const paidSubscription = async (more: object = {}): Promise<{ subscription: any; invoice: any }> => {
    const subscription = await subscribe(more);
    const [invoice] = await invoicesOf(subscription);
    await pay(invoice);
    return { subscription, invoice };
  };

  it('bug: a credit note and the credit for unused time together give back more than the line charged', async () => {
    const credited = await paidSubscription();
    expect((await note(credited.invoice)).status).toBe(201);
    expect((await cancel(credited.subscription)).body).toMatchObject({ total_credit_amount: '0' });
    expect(await credit(credited.subscription)).toBe(31);

    const cancelled = await paidSubscription();
    expect((await cancel(cancelled.subscription)).body).toMatchObject({ total_credit_amount: '31' });
    const refused = await note(cancelled.invoice);
    expect({ status: refused.status, code: refused.body.error.code }).toEqual({
      status: 400,
      code: 'nothing_to_credit',
    });
    expect(await credit(cancelled.subscription)).toBe(31);
  });

  it('bug: two at once, a credit note and a cancellation, give back no more than the line charged', async () => {
    const all = await Promise.all([1, 2, 3, 4].map(() => paidSubscription()));
    await Promise.all(
      all.flatMap(({ subscription, invoice }) => [note(invoice), cancel(subscription), note(invoice, '20')]),
    );
    for (const { subscription } of all) expect(await credit(subscription)).toBe(31);
  });

  it('by a note for a part leaves its share of the unused time, and the other way round', async () => {
    const noted = await paidSubscription();
    expect((await note(noted.invoice, '15.50')).status).toBe(201);
    await clock('2031-01-16T12:00:00Z');
    // Half of the time is left, of half of the price.
    expect((await cancel(noted.subscription)).body).toMatchObject({ total_credit_amount: '7.75' });

    const cancelled = await paidSubscription();
    expect((await cancel(cancelled.subscription)).body).toMatchObject({ total_credit_amount: '15.5' });
    const refused = await note(cancelled.invoice, '15.51');
    expect(refused.body.message).toContain('only 15.5 is left to credit');
    expect((await note(cancelled.invoice)).body).toMatchObject({ total_amount: '15.5' });
    expect(await credit(cancelled.subscription)).toBe(31);
  });

  it('is held by a draft, and free again when the note is taken back', async () => {
    const { subscription, invoice } = await paidSubscription({ start_date: '2031-01-16T12:00:00Z' });
    const draft = await note(invoice, '31', { process_credit_note: false });
    expect(draft.body).toMatchObject({ credit_note_status: 'DRAFT' });
    await api.post(`/creditnotes/${draft.body.id}/void`);
    const other = await note(invoice, '30', { process_credit_note: false });
    expect((await cancel(subscription)).body).toMatchObject({ total_credit_amount: '1' });
    await api.post(`/creditnotes/${other.body.id}/finalize`);
    expect(await credit(subscription)).toBe(31);
  });

  it('is the line with its tax, by a note and by unused time; together never more than both', async () => {
    const customer = await api.create('/customers', { external_id: `c${++customers}`, name: 'C' });
    const rate = await api.create('/taxes/rates', {
      name: 'VAT',
      code: `vat-${customers}`,
      tax_rate_type: 'percentage',
      percentage_value: '20',
      scope: 'INTERNAL',
    });
    await api.post('/taxes/associations', {
      tax_rate_code: rate.code,
      entity_type: 'customer',
      entity_id: customer.id,
      auto_apply: true,
    });
    const subscription = await subscribe({ customer_id: customer.id, start_date: '2031-01-16T12:00:00Z' });
    const [invoice] = await invoicesOf(subscription);
    expect(invoice.total).toBe('37.2');
    await pay(invoice);
    // Half of the line with its tax: half of the line is left to be unused.
    expect((await note(invoice, '18.60')).status).toBe(201);
    expect((await cancel(subscription)).body).toMatchObject({ total_credit_amount: '18.6' });
    expect((await note(invoice)).body.error.code).toBe('nothing_to_credit');
    expect(await credit(subscription)).toBe(37.2);
  });

  it('bug: a note and a change of plan together give back more than the line charged', async () => {
    const dear = await planOf('310');
    const { subscription, invoice } = await paidSubscription({ start_date: '2031-01-16T12:00:00Z' });
    expect((await note(invoice, '20')).status).toBe(201);
    const changed = await api.post(`/subscriptions/${subscription.id}/change/execute`, {
      target_plan_id: dear.id,
    });
    expect(changed.invoice.line_items.map((one: any) => one.amount)).toEqual(['310', '-11']);
    expect((await note(invoice)).body.error.code).toBe('nothing_to_credit');
    // The note's 20 have paid it too. A void gives back all of that, and what it had taken off: the 11 were paid.
    await pay(changed.invoice);
    await api.post(`/invoices/${changed.invoice.id}/void`, {});
    expect(await credit(subscription)).toBe(279 + 20 + 11);
  });

  describe('of usage that is corrected', () => {
    let calls: any;
    beforeAll(async () => {
      const feature = await api.create('/features', {
        name: 'Calls',
        type: 'metered',
        meter: {
          name: 'Calls',
          event_name: 'call',
          aggregation: { type: 'SUM', field: 'n' },
          reset_usage: 'BILLING_PERIOD',
        },
      });
      calls = await api.create('/plans', {
        name: 'Calls',
        billing_period: 'monthly',
        currency: 'usd',
        prices: [{ feature_id: feature.id, display_name: 'Calls', pricing_model: 'flat', unit_price: '1' }],
      });
    });
    const used = async (): Promise<{ subscription: any; use: (n: number) => Promise<any> }> => {
      const subscription = await subscribe({ plan_id: calls.id, start_date: '2031-01-16T12:00:00Z' });
      const customer = await api.get(`/customers/${subscription.customer_id}`);
      return {
        subscription,
        use: (n) =>
          api.expect(202, 'POST', '/events', {
            event_name: 'call',
            external_customer_id: customer.external_id,
            timestamp: '2031-01-20T00:00:00Z',
            properties: { n },
          }),
      };
    };

    it('bug: a note and the correction together give back more than the line charged', async () => {
      const [noted, corrected, half] = [await used(), await used(), await used()];
      for (const { use } of [noted, corrected, half]) await use(100);
      await clock('2031-02-17T00:00:00Z');
      const billed = await Promise.all(
        [noted, corrected, half].map(async ({ subscription }) => (await invoicesOf(subscription))[0]),
      );
      for (const invoice of billed) {
        expect(invoice.total).toBe('100');
        await pay(invoice);
      }
      expect((await note(billed[0])).status).toBe(201);
      expect((await note(billed[2], '50')).status).toBe(201);
      for (const { use } of [noted, corrected, half]) await use(-40);
      const settle = (invoice: any) => api.send('POST', `/invoices/${invoice.id}/late-usage`, {});
      await settle(billed[0]);
      await settle(billed[1]);
      await settle(billed[2]);
      // All of it is back by the note; of what is still charged, the share that was not used.
      expect(await credit(noted.subscription)).toBe(100);
      expect(await credit(half.subscription)).toBe(50 + 20);
      expect(await credit(corrected.subscription)).toBe(40);
      expect((await note(billed[1])).body).toMatchObject({ total_amount: '60' });
      expect(await credit(corrected.subscription)).toBe(100);
    });
  });
});
