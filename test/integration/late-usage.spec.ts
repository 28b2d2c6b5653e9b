import { startTestApp, type TestApp } from '../support/test-app.js';

const MINUTE = 60 * 1000;
const HOUR = 60 * MINUTE;

describe('usage that arrives after its period was billed', () => {
  let server: TestApp;
  let feature: any;
  let customers = 0;
  beforeAll(async () => {
    server = await startTestApp();
    feature = await server.api.create('/features', {
      name: 'Units',
      type: 'metered',
      meter: {
        name: 'Units',
        event_name: 'unit',
        aggregation: { type: 'SUM', field: 'n' },
        reset_usage: 'BILLING_PERIOD',
      },
    });
  });
  afterAll(async () => {
    await server.stop();
  });

  /** A subscription to a monthly price of usage, with a fixed fee beside it where one is given. */
  const subscribe = async (price: Record<string, unknown>, fee?: string): Promise<any> => {
    customers += 1;
    const plan = await server.api.create('/plans', {
      name: `Plan ${customers}`,
      billing_period: 'monthly',
      currency: 'usd',
      prices: [
        { feature_id: feature.id, display_name: 'Units', ...price },
        ...(fee === undefined ? [] : [{ pricing_model: 'flat', unit_price: fee, display_name: 'Fee' }]),
      ],
    });
    const customer = await server.api.create('/customers', {
      external_id: `late-${customers}`,
      name: 'Late',
    });
    const subscription = await server.api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
    });
    return { ...subscription, external_id: customer.external_id };
  };
  const use = (subscription: any, n: number, at: Date): Promise<any> =>
    server.api.expect(202, 'POST', '/events', {
      event_name: 'unit',
      external_customer_id: subscription.external_id,
      timestamp: at.toISOString(),
      properties: { n },
    });
  /** Moves past the end of the subscription's current period, and answers that period and the invoice it made. */
  const endPeriod = async (subscription: any): Promise<{ start: Date; end: Date; invoice: any }> => {
    const { current_period_start: start, current_period_end: end } = await server.api.get(
      `/subscriptions/${subscription.id}`,
    );
    await server.api.post(`/environments/${server.tenant.environmentId}/clock/advance`, {
      to: new Date(new Date(end as string).getTime() + HOUR).toISOString(),
    });
    const { items } = await server.api.post('/invoices/search', {
      subscription_id: subscription.id,
      period_end_gte: end,
      period_end_lte: end,
      billing_reason: 'SUBSCRIPTION_CYCLE',
      invoice_status: ['FINALIZED', 'SKIPPED'],
    });
    expect(items).toHaveLength(1);
    return { start: new Date(start as string), end: new Date(end as string), invoice: items[0] };
  };
  const lines = (invoice: any): unknown[] =>
    invoice.line_items.map((one: any) => [one.display_name, one.quantity, one.amount]);
  const lateLines = (invoice: any): any[] =>
    invoice.line_items.filter((one: any) => one.display_name.endsWith('(late usage)'));

  it('is billed by the next invoice, as a line of its period, once', async () => {
    const subscription = await subscribe({ pricing_model: 'flat', unit_price: '0.5' });
    const first = new Date(subscription.current_period_start as string);
    await use(subscription, 10, first);
    const one = await endPeriod(subscription);
    expect(lines(one.invoice)).toEqual([['Units', '10', '5']]);
    await use(subscription, 4, new Date(one.start.getTime() + HOUR));
    await use(subscription, 100, one.end);
    const two = await endPeriod(subscription);
    expect(lines(two.invoice)).toEqual([
      ['Units', '100', '50'],
      ['Units (late usage)', '4', '2'],
    ]);
    expect(lateLines(two.invoice)[0]).toMatchObject({
      period_start: one.start.toISOString(),
      period_end: one.end.toISOString(),
      price_id: one.invoice.line_items[0].price_id,
      metadata: { restates_invoice_line_item_id: one.invoice.line_items[0].id },
    });
    const three = await endPeriod(subscription);
    expect(lateLines(three.invoice)).toEqual([]);
    // Two periods late, and once more.
    await use(subscription, 1, new Date(one.start.getTime() + 2 * HOUR));
    await use(subscription, 2, new Date(two.start.getTime() + 2 * HOUR));
    const four = await endPeriod(subscription);
    expect(lateLines(four.invoice).map((line) => [line.period_start, line.quantity, line.amount])).toEqual([
      [one.start.toISOString(), '1', '0.5'],
      [two.start.toISOString(), '2', '1'],
    ]);
    const recorded = await server.database.query(
      `SELECT period_start, quantity_before, quantity, amount_before, amount, carried_amount
         FROM billing.usage_restatements WHERE subscription_id = $1 ORDER BY created_at, period_start`,
      [subscription.id],
    );
    expect(recorded).toEqual([
      {
        period_start: one.start,
        quantity_before: '10',
        quantity: '14',
        amount_before: '500',
        amount: '700',
        carried_amount: '0',
      },
      {
        period_start: one.start,
        quantity_before: '14',
        quantity: '15',
        amount_before: '700',
        amount: '750',
        carried_amount: '0',
      },
      {
        period_start: two.start,
        quantity_before: '100',
        quantity: '102',
        amount_before: '5000',
        amount: '5100',
        carried_amount: '0',
      },
    ]);
  });

  it('costs what it would have cost in time: tiers go on where the period stood', async () => {
    const subscription = await subscribe({
      pricing_model: 'tiered',
      tiers: [{ up_to: 10, unit_price: '1' }, { unit_price: '0.1' }],
    });
    await use(subscription, 8, new Date(subscription.current_period_start as string));
    const one = await endPeriod(subscription);
    await use(subscription, 12, one.start);
    const two = await endPeriod(subscription);
    // 20 units in time: 10 × 1 + 10 × 0.1 = 11, of which 8 are billed.
    expect(lateLines(two.invoice).map((line) => line.amount)).toEqual(['3']);
  });

  it('is billed for a period that was skipped as empty', async () => {
    const subscription = await subscribe({ pricing_model: 'flat', unit_price: '2' });
    const one = await endPeriod(subscription);
    expect(one.invoice.invoice_status).toBe('SKIPPED');
    await use(subscription, 3, one.start);
    const two = await endPeriod(subscription);
    expect(two.invoice).toMatchObject({ invoice_status: 'FINALIZED', total: '6' });
  });

  it('on the last instant of a period, arriving a minute after its end, is not lost', async () => {
    const subscription = await subscribe({ pricing_model: 'flat', unit_price: '2' }, '7');
    const { current_period_end: end } = subscription;
    const close = new Date(new Date(end as string).getTime() - 1);
    await server.api.post(`/environments/${server.tenant.environmentId}/clock/advance`, {
      to: new Date(new Date(end as string).getTime() + MINUTE).toISOString(),
    });
    await use(subscription, 1, close);
    const two = await endPeriod(subscription);
    expect(lateLines(two.invoice).map((line) => line.amount)).toEqual(['2']);
  });

  it('that corrects downwards is a credit, never below zero: what does not fit comes with the invoice after', async () => {
    const subscription = await subscribe({ pricing_model: 'flat', unit_price: '1' }, '5');
    await use(subscription, 12, new Date(subscription.current_period_start as string));
    const one = await endPeriod(subscription);
    expect(one.invoice.total).toBe('17');
    await use(subscription, -12, one.start);
    const two = await endPeriod(subscription);
    expect(two.invoice).toMatchObject({ subtotal: '0', total: '0', payment_status: 'SUCCEEDED' });
    expect(lines(two.invoice)).toEqual(
      expect.arrayContaining([
        ['Fee', '1', '5'],
        ['Units (late usage)', '-12', '-5'],
      ]),
    );
    const three = await endPeriod(subscription);
    expect(three.invoice.total).toBe('0');
    expect(lateLines(three.invoice).map((line) => [line.quantity, line.amount])).toEqual([['0', '-5']]);
    const four = await endPeriod(subscription);
    expect(four.invoice.total).toBe('3');
    expect(lateLines(four.invoice).map((line) => line.amount)).toEqual(['-2']);
    const five = await endPeriod(subscription);
    expect(five.invoice.total).toBe('5');
    expect(lateLines(five.invoice)).toEqual([]);
  });

  it('is previewed as it is billed', async () => {
    const subscription = await subscribe({ pricing_model: 'flat', unit_price: '1' }, '5');
    const one = await endPeriod(subscription);
    await use(subscription, 9, one.start);
    const preview = await server.api.post('/invoices/preview', { subscription_id: subscription.id });
    expect(lateLines(preview).map((line) => line.amount)).toEqual(['9']);
    const two = await endPeriod(subscription);
    expect(two.invoice.total).toBe(preview.total);
  });

  describe('settled on request', () => {
    const settle = (invoice: any) => server.api.send('POST', `/invoices/${invoice.id}/late-usage`);
    const balance = async (subscription: any): Promise<number> =>
      ((await server.api.get(`/customers/${subscription.customer_id}/wallets`)) as any[]).reduce(
        (sum: number, wallet) => sum + Number(wallet.balance),
        0,
      );

    it('what is owed is invoiced at once, and not again with the next invoice', async () => {
      const subscription = await subscribe({ pricing_model: 'flat', unit_price: '0.5' });
      const { start, invoice } = await endPeriod(subscription);
      await use(subscription, 4, start);
      const { status, body } = await settle(invoice);
      expect({ status, ...body }).toMatchObject({
        status: 200,
        credited_amount: '0',
        invoice: { total: '2', invoice_status: 'FINALIZED', period_start: start.toISOString() },
      });
      expect((await settle(invoice)).body.error?.code).toBe('no_late_usage');
      const next = await endPeriod(subscription);
      expect(lateLines(next.invoice)).toEqual([]);
    });

    it('what was billed too much is credit at once, once, also of a subscription that has ended', async () => {
      const subscription = await subscribe({ pricing_model: 'flat', unit_price: '0.5' });
      const start = new Date(subscription.current_period_start as string);
      await use(subscription, 10, start);
      const { proration_invoice: invoice } = await server.api.post(
        `/subscriptions/${subscription.id}/cancel`,
        {
          cancellation_type: 'immediate',
          cancel_immediately_inovice_policy: 'generate_invoice',
        },
      );
      expect(invoice.total).toBe('5');
      await server.api.put(`/invoices/${invoice.id}/payment`, { payment_status: 'SUCCEEDED' });
      await use(subscription, -4, start);
      const { body } = await settle(invoice);
      expect(body).toMatchObject({
        credited_amount: '2',
        invoice: { total: '0', payment_status: 'SUCCEEDED' },
      });
      expect(lines(body.invoice)).toEqual([
        ['Units (late usage)', '-4', '-2'],
        ['Credited to the prepaid wallet', '1', '2'],
      ]);
      expect(await balance(subscription)).toBe(2);
      expect((await settle(invoice)).body.error?.code).toBe('no_late_usage');
      expect((await server.api.send('POST', `/invoices/${body.invoice.id}/void`)).body.error?.code).toBe(
        'invoice_has_proration_credits',
      );
      // More of it later: billed less credited is always what was used.
      await use(subscription, 14, start);
      const again = await settle(invoice);
      expect(again.body).toMatchObject({ credited_amount: '0', invoice: { subtotal: '7' } });
    });

    describe('as credit notes of the invoices that billed it', () => {
      const asNote = (invoice: any) =>
        server.api.send('POST', `/invoices/${invoice.id}/late-usage`, { credit_as: 'credit_note' });

      it('while it is owed, it is owed less; a note that is taken back is found again', async () => {
        const subscription = await subscribe({ pricing_model: 'flat', unit_price: '0.5' });
        await use(subscription, 10, new Date(subscription.current_period_start as string));
        const { start, invoice } = await endPeriod(subscription);
        await use(subscription, -4, start);
        const { status, body } = await asNote(invoice);
        expect({ status, body }).toMatchObject({
          status: 200,
          body: {
            invoice: null,
            credited_amount: '2',
            credit_notes: [
              {
                invoice_id: invoice.id,
                credit_note_type: 'ADJUSTMENT',
                credit_note_status: 'FINALIZED',
                reason: 'BILLING_ERROR',
                total_amount: '2',
                line_items: [{ invoice_line_item_id: invoice.line_items[0].id, amount: '2' }],
              },
            ],
          },
        });
        expect((await server.api.get(`/invoices/${invoice.id}`)).amount_remaining).toBe('3');
        expect((await asNote(invoice)).body.error?.code).toBe('no_late_usage');
        await server.api.post(`/creditnotes/${body.credit_notes[0].id}/void`);
        expect((await asNote(invoice)).body.credited_amount).toBe('2');
        expect(lateLines((await endPeriod(subscription)).invoice)).toEqual([]);
        expect(await balance(subscription)).toBe(0);
      });

      it('when it is paid, it is refunded; more of it later is billed, less is credited again', async () => {
        const subscription = await subscribe({ pricing_model: 'flat', unit_price: '0.5' });
        await use(subscription, 10, new Date(subscription.current_period_start as string));
        const { start, invoice } = await endPeriod(subscription);
        await server.api.put(`/invoices/${invoice.id}/payment`, { payment_status: 'SUCCEEDED' });
        await use(subscription, -4, start);
        expect((await asNote(invoice)).body).toMatchObject({
          credit_notes: [{ credit_note_type: 'REFUND', total_amount: '2' }],
        });
        expect(await balance(subscription)).toBe(2);
        await use(subscription, 6, start);
        expect((await asNote(invoice)).body).toMatchObject({
          credited_amount: '0',
          credit_notes: [],
          invoice: { subtotal: '3', total: '1' },
        });
        await use(subscription, -12, start);
        // Half of it stands on the first invoice, half on the second one, which the first refund has paid in part.
        expect((await asNote(invoice)).body.error?.code).toBe('credit_exceeds_invoice');
        expect((await settle(invoice)).body).toMatchObject({
          credited_amount: '6',
          credit_notes: [{ credit_note_type: 'ADJUSTMENT', total_amount: '1' }],
        });
      });

      it('never more than the line: what a note cannot hold is refused, and goes to the wallet', async () => {
        const subscription = await subscribe({ pricing_model: 'flat', unit_price: '0.5' });
        await use(subscription, 10, new Date(subscription.current_period_start as string));
        const { start, invoice } = await endPeriod(subscription);
        await server.api.create('/payments', {
          destination_type: 'INVOICE',
          destination_id: invoice.id,
          payment_method_type: 'OFFLINE',
          amount: '4',
          currency: 'usd',
        });
        await use(subscription, -4, start);
        const refused = await asNote(invoice);
        expect({ status: refused.status, code: refused.body.error?.code }).toEqual({
          status: 400,
          code: 'credit_exceeds_invoice',
        });
        expect((await settle(invoice)).body.credited_amount).toBe('2');
      });
    });

    it('not of an invoice that has no usage to be late', async () => {
      const customer = await server.api.create('/customers', { external_id: 'no-usage', name: 'N' });
      const invoice = await server.api.create('/invoices', {
        customer_id: customer.id,
        currency: 'usd',
        amount_due: '5',
        line_items: [{ display_name: 'Once', amount: '5', quantity: '1' }],
      });
      expect((await settle(invoice)).body.error?.code).toBe('invoice_without_late_usage');
    });
  });

  it('is not billed twice when either invoice is recalculated', async () => {
    const subscription = await subscribe({ pricing_model: 'flat', unit_price: '1' }, '5');
    await use(subscription, 10, new Date(subscription.current_period_start as string));
    const one = await endPeriod(subscription);
    await use(subscription, 3, one.start);
    const two = await endPeriod(subscription);
    expect(lateLines(two.invoice).map((line) => line.amount)).toEqual(['3']);
    // The carrying invoice again: the same line, once.
    const again = await server.api.expect(202, 'POST', `/invoices/${two.invoice.id}/recalculate`, {});
    const remade = await server.api.get(`/invoices/${again.invoice_id}`);
    expect(lines(remade)).toEqual(lines(two.invoice));
    // The period itself again: it has all 13 now, so the 3 that were billed late are given back.
    await server.api.expect(202, 'POST', `/invoices/${one.invoice.id}/recalculate`, {});
    const three = await endPeriod(subscription);
    expect(lateLines(three.invoice).map((line) => line.amount)).toEqual(['-3']);
    const finalized = (await server.api.post('/invoices/search', {
      subscription_id: subscription.id,
      invoice_status: ['FINALIZED'],
    })) as { items: any[] };
    const usage = finalized.items
      .flatMap((invoice) => invoice.line_items)
      .filter((line: any) => line.price_type === 'USAGE')
      .reduce((sum: number, line: any) => sum + Number(line.amount), 0);
    expect(usage).toBe(13);
  });
});
