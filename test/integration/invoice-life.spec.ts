import { startTestApp, type TestApp } from '../support/test-app.js';
import { creditedTo, walletWith } from '../support/wallets.js';

const DAY = 24 * 60 * 60 * 1000;

describe('the life of an invoice', () => {
  let server: TestApp;
  let feature: any;
  let plan: any;
  let customers = 0;
  beforeAll(async () => {
    server = await startTestApp();
    feature = await server.api.create('/features', {
      name: 'Calls',
      type: 'metered',
      meter: {
        name: 'Calls',
        event_name: 'call',
        aggregation: { type: 'SUM', field: 'n' },
        reset_usage: 'BILLING_PERIOD',
      },
    });
    plan = await server.api.create('/plans', {
      name: 'Pro',
      billing_period: 'monthly',
      currency: 'usd',
      prices: [
        { pricing_model: 'flat', unit_price: '20' },
        { feature_id: feature.id, pricing_model: 'flat', unit_price: '0.1' },
      ],
    });
  });
  afterAll(async () => {
    await server.stop();
  });

  const newCustomer = (): Promise<any> => {
    customers += 1;
    return server.api.create('/customers', { external_id: `c-${customers}`, name: `Customer ${customers}` });
  };
  const subscribe = async (): Promise<{ customer: any; subscription: any }> => {
    const customer = await newCustomer();
    const subscription = await server.api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
    });
    return { customer, subscription };
  };
  const use = (customer: any, n: number, at: string | Date): Promise<any> =>
    server.api.expect(202, 'POST', '/events', {
      event_name: 'call',
      external_customer_id: customer.external_id,
      timestamp: new Date(at).toISOString(),
      properties: { n },
    });
  const advance = (to: Date): Promise<any> =>
    server.api.post(`/environments/${server.tenant.environmentId}/clock/advance`, { to: to.toISOString() });
  const after = (at: string, ms: number): Date => new Date(new Date(at).getTime() + ms);
  const cycles = async (subscription: any): Promise<any[]> =>
    (
      await server.api.post('/invoices/search', {
        subscription_id: subscription.id,
        billing_reason: 'SUBSCRIPTION_CYCLE',
        order: 'asc',
      })
    ).items;
  const oneOff = async (more: Record<string, unknown> = {}): Promise<any> =>
    server.api.create('/invoices', {
      customer_id: (await newCustomer()).id,
      currency: 'usd',
      amount_due: '30',
      invoice_status: 'FINALIZED',
      ...more,
    });
  /** The refusal, and that nothing of the invoice has changed. */
  const refuses = async (
    code: string,
    id: string,
    method: string,
    path: string,
    body: unknown = {},
  ): Promise<any> => {
    const before = await server.api.get(`/invoices/${id}`);
    const answer = await server.api.send(method, path, body);
    expect({ status: answer.status, code: answer.body.error?.code }).toEqual({
      status: code === 'not_implemented' ? 501 : 400,
      code,
    });
    expect(await server.api.get(`/invoices/${id}`)).toEqual(before);
    return answer.body;
  };

  describe('one-off', () => {
    it('takes lines with periods, negative ones among them, and keeps what it was given', async () => {
      const customer = await newCustomer();
      const invoice = await server.api.create('/invoices', {
        customer_id: customer.id,
        currency: 'usd',
        amount_due: '15',
        line_items: [
          {
            amount: '20',
            quantity: '2',
            period_start: '2026-01-01T00:00:00Z',
            period_end: '2026-02-01T00:00:00Z',
          },
          { amount: '-5', quantity: '1', display_name: 'Goodwill' },
        ],
        issue_date: '2026-02-01T00:00:00Z',
        due_date: '2026-03-01T00:00:00Z',
        billing_period: 'MONTHLY',
        invoice_type: 'CREDIT',
        invoice_number: 'OWN-1',
        invoice_status: 'FINALIZED',
        invoice_pdf_url: 'https://files.test/own-1.pdf',
      });
      expect(invoice).toMatchObject({
        total: '15',
        amount_due: '15',
        invoice_number: 'OWN-1',
        invoice_type: 'CREDIT',
        billing_period: 'MONTHLY',
        due_date: '2026-03-01T00:00:00.000Z',
        issue_date: '2026-02-01T00:00:00.000Z',
        invoice_pdf_url: 'https://files.test/own-1.pdf',
        coupon_applications: [],
        taxes: [],
      });
      const again = await server.api.send('POST', '/invoices', {
        customer_id: customer.id,
        currency: 'usd',
        amount_due: '1',
        invoice_number: 'OWN-1',
        invoice_status: 'FINALIZED',
      });
      expect(again.status).toBe(409);
    });

    it('is settled at once when nothing is owed', async () => {
      const invoice = await oneOff({ amount_due: '0' });
      expect(invoice).toMatchObject({ invoice_status: 'FINALIZED', payment_status: 'SUCCEEDED', total: '0' });
    });

    it.each([
      ['lines below zero', { amount_due: '0', line_items: [{ amount: '-1', quantity: '1' }] }, 'line_items'],
      ['another sum', { amount_due: '4', line_items: [{ amount: '5', quantity: '1' }] }, 'amount_due'],
      ['a negative quantity', { line_items: [{ amount: '30', quantity: '-1' }] }, 'line_items[0].quantity'],
      [
        'a due date before its issue',
        { issue_date: '2026-02-01T00:00:00Z', due_date: '2026-01-01T00:00:00Z' },
        'due_date',
      ],
      ['a subscription type without one', { invoice_type: 'SUBSCRIPTION' }, 'subscription_id'],
      ['a number on a draft', { invoice_status: 'DRAFT', invoice_number: 'OWN-2' }, 'invoice_number'],
    ])('refuses %s and names the field', async (_, more, field) => {
      const customer = await newCustomer();
      const answer = await server.api.send('POST', '/invoices', {
        customer_id: customer.id,
        currency: 'usd',
        amount_due: '30',
        invoice_status: 'FINALIZED',
        ...more,
      });
      expect(answer.status).toBe(400);
      expect(Object.keys(answer.body.details.fields as object)).toContain(field);
      const { items } = await server.api.post('/invoices/search', { customer_id: customer.id });
      expect(items).toEqual([]);
    });

    it('refuses a subscription of another customer, or in another currency', async () => {
      const { subscription } = await subscribe();
      const answer = await server.api.send('POST', '/invoices', {
        customer_id: (await newCustomer()).id,
        currency: 'eur',
        amount_due: '1',
        invoice_type: 'SUBSCRIPTION',
        subscription_id: subscription.id,
      });
      expect(Object.keys(answer.body.details.fields as object).sort()).toEqual([
        'currency',
        'subscription_id',
      ]);
    });

    it('numbers a month without gaps, however many are finalized at once', async () => {
      const { api } = await server.anotherTenant();
      const customer = await api.create('/customers', { external_id: 'numbers', name: 'N' });
      const drafts = await Promise.all(
        Array.from({ length: 12 }, () =>
          api.create('/invoices', { customer_id: customer.id, currency: 'usd', amount_due: '1' }),
        ),
      );
      await Promise.all(
        drafts.flatMap((draft) => [
          api.send('POST', `/invoices/${draft.id}/finalize`, {}),
          // Refused after it has taken its number, or never: both must leave no gap.
          api.send('POST', '/invoices', {
            customer_id: customer.id,
            currency: 'usd',
            amount_due: '1',
            idempotency_key: 'same',
            invoice_status: 'FINALIZED',
          }),
        ]),
      );
      const { items } = await api.post('/invoices/search', { customer_id: customer.id, limit: 100 });
      const numbers = items.map((one: any) => one.invoice_number.slice(-5)).sort();
      expect(numbers).toEqual(Array.from({ length: 13 }, (_, i) => String(i + 1).padStart(5, '0')));
    });
  });

  describe('update', () => {
    it('changes due date, address and metadata, and marks the invoice as edited', async () => {
      const invoice = await oneOff({ metadata: { po: '7', kept: 'yes' } });
      const updated = await server.api.put(`/invoices/${invoice.id}`, {
        due_date: '2030-01-01T00:00:00Z',
        metadata: { po: '8' },
      });
      expect(updated).toMatchObject({
        due_date: '2030-01-01T00:00:00.000Z',
        metadata: { po: '8', kept: 'yes' },
        is_manually_edited: true,
        version: (invoice.version as number) + 1,
        total: '30',
      });
    });

    it('refuses a voided invoice, and a due date of a paid one', async () => {
      const voided = await oneOff();
      await server.api.post(`/invoices/${voided.id}/void`);
      await refuses('invoice_already_voided', voided.id, 'PUT', `/invoices/${voided.id}`, { metadata: {} });
      const paid = await oneOff();
      await server.api.put(`/invoices/${paid.id}/payment`, { payment_status: 'SUCCEEDED' });
      const date = { due_date: '2030-01-01T00:00:00Z' };
      await refuses('invoice_already_paid', paid.id, 'PUT', `/invoices/${paid.id}`, date);
      await refuses('not_implemented', paid.id, 'PUT', `/invoices/${paid.id}`, { apply_discount: true });
    });
  });

  it('tells the tenant to send a finalized invoice, and only that', async () => {
    const draft = await oneOff({ invoice_status: 'DRAFT' });
    const path = `/invoices/${draft.id}/comms/trigger`;
    await refuses('invoice_not_finalized', draft.id, 'POST', path);
    const told = (): Promise<unknown[]> =>
      server.database.query(
        `SELECT entity_id FROM billing.outbox_events WHERE type = 'invoice.communication_triggered' AND entity_id = $1`,
        [draft.id],
      );
    expect(await told()).toEqual([]);
    await server.api.post(`/invoices/${draft.id}/finalize`);
    expect(await server.api.post(path)).toEqual({ message: expect.any(String) });
    expect(await told()).toEqual([{ entity_id: draft.id }]);
  });

  it("sums up a customer's invoices by currency", async () => {
    const customer = await newCustomer();
    const path = `/customers/${customer.id}/invoices/summary`;
    expect(await server.api.get(path)).toEqual({
      customer_id: customer.id,
      default_currency: null,
      summaries: [],
    });
    const make = (more: Record<string, unknown>): Promise<any> =>
      server.api.create('/invoices', {
        customer_id: customer.id,
        currency: 'usd',
        invoice_status: 'FINALIZED',
        ...more,
      });
    const mixed = await make({
      amount_due: '40',
      due_date: '2020-01-01T00:00:00Z',
      line_items: [
        { amount: '10', quantity: '1', price_type: 'USAGE' },
        { amount: '30', quantity: '1' },
      ],
    });
    await server.api.create('/payments', {
      destination_type: 'INVOICE',
      destination_id: mixed.id,
      payment_method_type: 'OFFLINE',
      amount: '20',
      currency: 'usd',
    });
    const paid = await make({ amount_due: '5' });
    await server.api.put(`/invoices/${paid.id}/payment`, { payment_status: 'SUCCEEDED' });
    const voided = await make({ amount_due: '1000' });
    await server.api.post(`/invoices/${voided.id}/void`);
    await make({ currency: 'jpy', amount_due: '700' });
    expect(await server.api.get(path)).toEqual({
      customer_id: customer.id,
      default_currency: 'usd',
      summaries: [
        {
          customer_id: customer.id,
          currency: 'jpy',
          total_invoice_count: 1,
          total_revenue_amount: '700',
          unpaid_invoice_count: 1,
          total_unpaid_amount: '700',
          overdue_invoice_count: 0,
          total_overdue_amount: '0',
          unpaid_usage_charges: '0',
          unpaid_fixed_charges: '700',
        },
        {
          customer_id: customer.id,
          currency: 'usd',
          total_invoice_count: 2,
          total_revenue_amount: '45',
          unpaid_invoice_count: 1,
          total_unpaid_amount: '20',
          overdue_invoice_count: 1,
          total_overdue_amount: '20',
          unpaid_usage_charges: '5',
          unpaid_fixed_charges: '15',
        },
      ],
    });
    expect((await server.api.send('GET', '/customers/cust_none/invoices/summary')).status).toBe(404);
  });

  describe('preview', () => {
    const figures = (invoice: any): unknown => ({
      ...Object.fromEntries(
        [
          'subtotal',
          'total',
          'amount_due',
          'currency',
          'due_date',
          'period_start',
          'period_end',
          'customer_id',
        ].map((key) => [key, invoice[key]]),
      ),
      lines: invoice.line_items.map((line: any) => [
        line.price_id,
        line.amount,
        line.quantity,
        line.period_start,
        line.period_end,
      ]),
    });

    it('is what is billed later, and leaves nothing behind', async () => {
      const { customer, subscription } = await subscribe();
      await use(customer, 12.5, subscription.current_period_start);
      const tables = ['invoices', 'invoice_line_items', 'outbox_events', 'invoice_number_sequences'];
      const state = async (): Promise<unknown> =>
        Promise.all(
          tables.map((table) =>
            server.database.query(`SELECT count(*) AS n, max(t::text) AS last FROM billing.${table} t`),
          ),
        );
      const before = await state();
      const preview = await server.api.post('/invoices/preview', { subscription_id: subscription.id });
      expect(await state()).toEqual(before);
      expect(preview).toMatchObject({
        id: null,
        invoice_number: null,
        invoice_status: 'DRAFT',
        total: '21.25',
        customer: { id: customer.id },
      });
      await advance(after(subscription.current_period_end, 60_000));
      const [billed] = await cycles(subscription);
      expect(figures(billed)).toEqual(figures(preview));
      // Also of a period that is billed already.
      const again = await server.api.post('/invoices/preview', {
        subscription_id: subscription.id,
        period_start: subscription.current_period_start,
        period_end: subscription.current_period_end,
      });
      expect(figures(again)).toEqual(figures(billed));
      expect(await cycles(subscription)).toEqual([billed]);
    });

    it('hides lines that come to nothing when it is asked to', async () => {
      const { subscription } = await subscribe();
      const ask = { subscription_id: subscription.id };
      expect((await server.api.post('/invoices/preview', ask)).line_items).toHaveLength(2);
      const hidden = await server.api.post('/invoices/preview', {
        ...ask,
        hide_zero_charges_line_items: true,
      });
      expect(hidden.line_items).toHaveLength(1);
    });

    it('refuses what is no period, and a subscription that is over', async () => {
      const { subscription } = await subscribe();
      const answer = await server.api.send('POST', '/invoices/preview', {
        subscription_id: subscription.id,
        period_start: subscription.current_period_start,
        period_end: after(subscription.current_period_end, -DAY).toISOString(),
      });
      expect({ status: answer.status, code: answer.body.code }).toEqual({
        status: 400,
        code: 'validation_error',
      });
      await server.api.post(`/subscriptions/${subscription.id}/cancel`, { cancellation_type: 'immediate' });
      const over = await server.api.send('POST', '/invoices/preview', { subscription_id: subscription.id });
      expect(over.body.error.code).toBe('subscription_already_cancelled');
    });
  });

  describe('recalculation', () => {
    it('voids the invoice and bills its period again, with what has arrived since', async () => {
      const { customer, subscription } = await subscribe();
      await use(customer, 10, subscription.current_period_start);
      await advance(after(subscription.current_period_end, 60_000));
      const [before] = await cycles(subscription);
      expect(before.total).toBe('21');
      await use(customer, 30, subscription.current_period_start);
      const made = await server.api.expect(202, 'POST', `/invoices/${before.id}/recalculate`, {});
      expect(made).toEqual({
        message: expect.stringContaining(made.invoice_id as string),
        workflow_id: made.invoice_id,
        run_id: expect.any(String),
        invoice_id: expect.stringMatching(/^inv_/),
      });
      expect(await server.api.get(`/invoices/${before.id}`)).toMatchObject({
        invoice_status: 'VOIDED',
        recalculated_invoice_id: made.invoice_id,
      });
      expect(await server.api.get(`/invoices/${made.invoice_id}`)).toMatchObject({
        invoice_status: 'FINALIZED',
        total: '24',
        period_start: before.period_start,
        billing_reason: 'SUBSCRIPTION_CYCLE',
      });
      await refuses('invoice_already_recalculated', before.id, 'POST', `/invoices/${before.id}/recalculate`);
    });

    it('answers the new invoice with 200 to the SDK generation that reads one', async () => {
      const { subscription } = await subscribe();
      const answer = await server.api.send(
        'POST',
        `/invoices/${subscription.latest_invoice.id}/recalculate`,
        {},
        { 'user-agent': 'speakeasy-sdk/typescript 2.0.1 2.0.0 1.0 @flexprice/sdk' },
      );
      expect(answer.status).toBe(200);
      expect(answer.body).toMatchObject({ invoice_status: 'FINALIZED', total: '20' });
      expect(answer.body.id).not.toBe(subscription.latest_invoice.id);
    });

    it('refuses what no subscription was billed for, and a finalized one in place', async () => {
      const invoice = await oneOff();
      await refuses('invoice_not_recalculable', invoice.id, 'POST', `/invoices/${invoice.id}/recalculate`);
      await refuses(
        'invoice_already_finalized',
        invoice.id,
        'POST',
        `/invoices/${invoice.id}/recalculate-v2`,
      );
      const draft = await oneOff({ invoice_status: 'DRAFT' });
      await refuses('invoice_not_recalculable', draft.id, 'POST', `/invoices/${draft.id}/recalculate-v2`);
    });
  });

  describe('settings', () => {
    it('start with the defaults, and refuse what makes no sense', async () => {
      expect(await server.api.get('/settings/invoices')).toEqual({
        finalization_delay_seconds: 0,
        due_date_days: 1,
      });
      for (const wrong of [
        { finalization_delay_seconds: -1 },
        { due_date_days: 1.5 },
        { due_date_days: 400 },
      ])
        expect((await server.api.send('PUT', '/settings/invoices', wrong)).status).toBe(400);
      expect((await server.api.get('/settings/invoices')).due_date_days).toBe(1);
    });

    it('give drafts a grace: usage that arrives in it is billed, then the invoice is final by itself', async () => {
      const put = await server.api.put('/settings/invoices', {
        finalization_delay_seconds: 7200,
        due_date_days: 5,
      });
      expect(put).toEqual({ finalization_delay_seconds: 7200, due_date_days: 5 });
      try {
        const { customer, subscription } = await subscribe();
        await use(customer, 10, subscription.current_period_start);
        await advance(after(subscription.current_period_end, 60_000));
        const [draft] = await cycles(subscription);
        expect(draft).toMatchObject({ invoice_status: 'DRAFT', invoice_number: null, total: '21' });
        await use(customer, 5, subscription.current_period_start);
        const computed = await server.api.post(`/invoices/${draft.id}/recalculate-v2`);
        expect(computed).toMatchObject({ id: draft.id, invoice_status: 'DRAFT', total: '21.5' });
        expect(computed.line_items).toHaveLength(2);
        await use(customer, 5, subscription.current_period_start);
        await advance(after(subscription.current_period_end, 3 * 60 * 60 * 1000));
        expect(await server.api.get(`/invoices/${draft.id}`)).toMatchObject({
          invoice_status: 'FINALIZED',
          total: '22',
          invoice_number: expect.stringMatching(/^INV-/),
          due_date: after(subscription.current_period_end, 5 * DAY).toISOString(),
        });
        await advance(after(subscription.current_period_end, 4 * 60 * 60 * 1000));
        expect(await cycles(subscription)).toHaveLength(1);
      } finally {
        await server.api.put('/settings/invoices', { finalization_delay_seconds: 0, due_date_days: 1 });
      }
    });

    it('payment terms of the subscription go before the default', async () => {
      const customer = await newCustomer();
      const subscription = await server.api.create('/subscriptions', {
        customer_id: customer.id,
        plan_id: plan.id,
        payment_terms: '30 NET',
      });
      const { period_end, due_date } = subscription.latest_invoice;
      expect(due_date).toBe(after(period_end as string, 30 * DAY).toISOString());
    });

    it('an empty period is SKIPPED, and finalizing it changes nothing', async () => {
      const free = await server.api.create('/plans', {
        name: 'Usage only',
        billing_period: 'monthly',
        currency: 'usd',
        prices: [{ feature_id: feature.id, pricing_model: 'flat', unit_price: '0' }],
      });
      const customer = await newCustomer();
      const subscription = await server.api.create('/subscriptions', {
        customer_id: customer.id,
        plan_id: free.id,
      });
      await advance(after(subscription.current_period_end, 60_000));
      const [skipped] = await cycles(subscription);
      expect(skipped).toMatchObject({ invoice_status: 'SKIPPED', invoice_number: null, total: '0' });
      await server.api.post(`/invoices/${skipped.id}/finalize`);
      expect((await server.api.get(`/invoices/${skipped.id}`)).invoice_status).toBe('SKIPPED');
    });
  });

  describe('void', () => {
    it('gives back what was paid and what was prepaid, and a second void gives nothing', async () => {
      const { subscription, customer } = await subscribe();
      await use(customer, 100, subscription.current_period_start);
      const wallet = await walletWith(server.api, customer.id, '4.005');
      await advance(after(subscription.current_period_end, 60_000));
      const [invoice] = await cycles(subscription);
      // 20 fixed and 10 usage; of the balance whole cents, for usage only.
      expect(invoice).toMatchObject({ total: '26', total_prepaid_credits_applied: '4' });
      expect((await server.api.get(`/wallets/${wallet.id}`)).balance).toBe('0.005');
      for (const amount of ['6', '20'])
        await server.api.create('/payments', {
          destination_type: 'INVOICE',
          destination_id: invoice.id,
          payment_method_type: 'OFFLINE',
          amount,
          currency: 'usd',
        });
      await server.api.post(`/invoices/${invoice.id}/void`);
      const givenBack = () => creditedTo(server.api, customer.id, 'INVOICE_VOID_REFUND');
      expect(await givenBack()).toEqual([
        ['26', invoice.id],
        ['4', invoice.id],
      ]);
      const voided = await server.api.get(`/invoices/${invoice.id}`);
      expect(voided).toMatchObject({
        invoice_status: 'VOIDED',
        payment_status: 'REFUNDED',
        amount_paid: '0',
        refunded_amount: '30',
      });
      const { items } = await server.api.get(`/payments?destination_id=${invoice.id}`);
      expect(items.map((one: any) => one.payment_status)).toEqual(['REFUNDED', 'REFUNDED']);
      const refusal = await refuses(
        'invoice_already_voided',
        invoice.id,
        'POST',
        `/invoices/${invoice.id}/void`,
      );
      expect(refusal.message).toContain('already voided');
      expect(await givenBack()).toHaveLength(2);
    });
  });
});
