import { stripeApi, stripeInvoicesOf, webhooksHandled } from '../support/faults.js';
import { eventually } from '../support/eventually.js';
import { DECLINED_CARD, Road } from '../support/road.js';

const DEBIT_SUCCEEDS = '000123456789';
const DEBIT_RETURNED = '000222222227';
const DAYS = 24 * 3600;
const PAGES = { success_url: 'https://shop.test/ok', cancel_url: 'https://shop.test/no' };

/** What a test knows of one payment page. */
interface Page {
  readonly checkout_url: string;
  readonly session_id: string;
  readonly payment_id: string;
}

describe('one debt, one way to pay it', () => {
  let road: Road;
  let secretKey: string;
  let connection: any;
  beforeAll(async () => {
    road = await Road.start();
    ({ secretKey, connection } = await road.connectStripe({ invoice_outbound_enabled: false }));
  });
  afterAll(async () => {
    await road.stop();
  });

  const page = (invoice: any): Promise<Page> =>
    road.api.post('/payments/stripe/checkout', { invoice_id: invoice.id, ...PAGES });
  const session = (one: Page): any =>
    (road.sandbox.stripe.objects('checkout_sessions') as any[]).find(({ id }) => id === one.session_id);
  const offline = (invoice: any, amount: string): Promise<any> =>
    road.api.create('/payments', {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      payment_method_type: 'OFFLINE',
      amount,
      currency: 'usd',
    });
  const closed = (one: Page): Promise<unknown> =>
    eventually('page closed', () => Promise.resolve(session(one).status === 'expired'));
  const paymentWhen = (id: string, status: string): Promise<any> =>
    eventually(`payment ${status}`, async () => {
      const payment = await road.api.get(`/payments/${id}`);
      return payment.payment_status === status && payment;
    });
  let today = Date.now();
  /** For both sides: an invoice that is due must not be due in the provider's past. */
  const fiveDaysLater = async (): Promise<void> => {
    today += 5 * DAYS * 1000;
    const to = new Date(today);
    road.sandbox.stripe.advance({ to });
    await road.api.post(`/environments/${road.server.tenant.environmentId}/clock/advance`, {
      to: to.toISOString(),
    });
  };
  let people = 0;
  const debtor = async (amount: string): Promise<{ customer: any; invoice: any }> => {
    people += 1;
    const customer = await road.customer(`debtor-${people}`);
    return { customer, invoice: await road.invoice(customer.id as string, [{ amount }]) };
  };

  it('an invoice that is paid, or voided, in another way closes its page', async () => {
    const [paid, voided] = [await debtor('15'), await debtor('16')];
    const pages = [await page(paid.invoice), await page(voided.invoice)] as const;
    await offline(paid.invoice, '15');
    await road.api.post(`/invoices/${voided.invoice.id}/void`);
    for (const one of pages) {
      await closed(one);
      expect(await road.submit(one.checkout_url)).toBeGreaterThanOrEqual(400);
      expect(await paymentWhen(one.payment_id, 'FAILED')).toMatchObject({ succeeded_at: null });
    }
    expect(await road.api.get(`/invoices/${paid.invoice.id}`)).toMatchObject({ overpaid_amount: '0' });
  });

  it('a part that is paid in another way closes the page that asks for all of it', async () => {
    const { invoice } = await debtor('20');
    const first = await page(invoice);
    await offline(invoice, '5');
    await closed(first);
    const second = await page(invoice);
    expect(session(second).amount_total).toBe(1500);
    expect(await road.submit(second.checkout_url)).toBe(303);
    expect(await road.paid(invoice.id as string)).toMatchObject({ amount_paid: '20', overpaid_amount: '0' });
  });

  it('a card is charged only after the open page is closed', async () => {
    const { customer, invoice } = await debtor('21');
    await road.saveCard(customer.id as string);
    const open = await page(invoice);
    const charged = await road.api.create('/payments', {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      payment_method_type: 'CARD',
      amount: '21',
      currency: 'usd',
    });
    expect(charged.payment_status).toBe('SUCCEEDED');
    expect(session(open).status).toBe('expired');
  });

  it('two pages asked for at once: one is made', async () => {
    const { invoice } = await debtor('22');
    const body = { invoice_id: invoice.id, ...PAGES };
    const answers = await Promise.all(
      [1, 2, 3].map(() => road.api.send('POST', '/payments/stripe/checkout', body)),
    );
    const open = (road.sandbox.stripe.objects('checkout_sessions') as any[]).filter(
      (one) => one.metadata.flexprice_invoice_id === invoice.id && one.status === 'open',
    );
    expect(open).toHaveLength(1);
    const refused = answers.filter(({ status }) => status !== 200);
    for (const { status, body: answer } of refused)
      expect({ status, code: answer.error.code }).toEqual({ status: 400, code: 'checkout_open' });
  });

  it('a page whose answer was lost is found again, not made twice', async () => {
    const { invoice } = await debtor('23');
    road.sandbox.stripe.fault({
      method: 'POST',
      path: '/v1/checkout/sessions',
      mode: 'drop_after',
      times: 1,
    });
    const found = await page(invoice);
    const all = (road.sandbox.stripe.objects('checkout_sessions') as any[]).filter(
      (one) => one.metadata.flexprice_invoice_id === invoice.id,
    );
    expect(all.map((one) => one.id)).toEqual([found.session_id]);
  });

  it('declined and then paid on one page: one payment, one success', async () => {
    const { invoice } = await debtor('24');
    const open = await page(invoice);
    road.sandbox.stripe.pauseWebhooks();
    expect(await road.submit(open.checkout_url, DECLINED_CARD)).toBe(402);
    expect(await road.submit(open.checkout_url)).toBe(303);
    road.sandbox.stripe.reorderWebhooks('reverse');
    road.sandbox.stripe.resumeWebhooks();
    await road.paid(invoice.id as string);
    await webhooksHandled(road);
    expect(await road.api.get(`/payments/${open.payment_id}`)).toMatchObject({
      payment_status: 'SUCCEEDED',
      error_message: null,
    });
    expect((await road.api.get(`/payments?destination_id=${invoice.id}`)).items).toHaveLength(1);
  });

  it('a bank debit completes unpaid, is under way for days, and fails; then another way is open', async () => {
    const { invoice } = await debtor('25');
    const open = await page(invoice);
    expect(await road.submit(open.checkout_url, DEBIT_RETURNED)).toBe(303);
    await paymentWhen(open.payment_id, 'PROCESSING');
    await webhooksHandled(road);
    const meanwhile = await road.api.send('POST', '/payments/stripe/checkout', {
      invoice_id: invoice.id,
      ...PAGES,
    });
    expect(meanwhile.body.error).toMatchObject({
      code: 'payment_in_progress',
      details: { payment_id: open.payment_id },
    });
    expect((await road.api.send('POST', `/invoices/${invoice.id}/void`)).body.error.code).toBe(
      'payment_in_progress',
    );
    await fiveDaysLater();
    expect(await paymentWhen(open.payment_id, 'FAILED')).toMatchObject({
      error_message: expect.stringContaining('insufficient funds'),
    });
    expect(await road.api.get(`/invoices/${invoice.id}`)).toMatchObject({
      payment_status: 'PENDING',
      amount_paid: '0',
    });
    expect(await road.submit((await page(invoice)).checkout_url)).toBe(303);
    await road.paid(invoice.id as string);
  });

  it('a bank debit that succeeds days later pays the invoice once', async () => {
    const { invoice } = await debtor('26');
    const open = await page(invoice);
    expect(await road.submit(open.checkout_url, DEBIT_SUCCEEDS)).toBe(303);
    await paymentWhen(open.payment_id, 'PROCESSING');
    await fiveDaysLater();
    expect(await road.paid(invoice.id as string)).toMatchObject({ amount_paid: '26', overpaid_amount: '0' });
    await webhooksHandled(road);
    expect((await road.api.get(`/payments?destination_id=${invoice.id}`)).items).toHaveLength(1);
  });

  describe('of an invoice that Stripe is to collect', () => {
    beforeAll(async () => {
      await road.api.put(`/connections/${connection.id}`, {
        sync_config: { invoice_outbound_enabled: true },
      });
    });

    it('an open page is closed before the invoice goes there', async () => {
      await road.api.put(`/connections/${connection.id}`, {
        sync_config: { invoice_outbound_enabled: false },
      });
      const { invoice } = await debtor('27');
      const open = await page(invoice);
      await road.api.put(`/connections/${connection.id}`, {
        sync_config: { invoice_outbound_enabled: true },
      });
      const synced = await road.api.post(`/invoices/${invoice.id}/sync/stripe?wait=true`);
      expect(synced).toMatchObject({ status: 'open', hosted_invoice_url: expect.stringMatching(/^http/) });
      expect(session(open).status).toBe('expired');
      expect(await road.submit(synced.hosted_invoice_url as string)).toBeLessThan(400);
      expect(await road.paid(invoice.id as string)).toMatchObject({ overpaid_amount: '0' });
    });

    it('a part that is paid here is taken off what Stripe asks for, once, also when its answer is lost', async () => {
      const { invoice } = await debtor('100');
      await road.settled(invoice.id as string);
      road.sandbox.stripe.fault({
        method: 'POST',
        path: '/v1/invoices/{id}/attach_payment',
        mode: 'drop_after',
        times: 1,
      });
      await offline(invoice, '40');
      const told = await eventually('told', () => {
        const [one] = stripeInvoicesOf(road, invoice.id as string);
        return Promise.resolve(one.amount_remaining === 6000 && one);
      });
      await road.settled(invoice.id as string);
      await webhooksHandled(road);
      expect(await road.submit(told.hosted_invoice_url as string)).toBeLessThan(400);
      expect(await road.paid(invoice.id as string)).toMatchObject({
        amount_paid: '100',
        overpaid_amount: '0',
      });
      await webhooksHandled(road);
      const { items } = await road.api.get(`/payments?destination_id=${invoice.id}`);
      expect(items.map((one: any) => one.amount).sort()).toEqual(['40', '60']);
      expect((await road.api.get(`/invoices/${invoice.id}`)).overpaid_amount).toBe('0');
      const [remote] = stripeInvoicesOf(road, invoice.id as string);
      expect(remote).toMatchObject({ status: 'paid', amount_paid: 10_000, amount_overpaid: 0 });
    });

    it('a credit note after the push is taken off, too', async () => {
      const { invoice } = await debtor('50');
      await road.settled(invoice.id as string);
      await road.api.create('/creditnotes', {
        invoice_id: invoice.id,
        reason: 'BILLING_ERROR',
        line_items: [{ invoice_line_item_id: invoice.line_items[0].id, amount: '20' }],
      });
      await eventually('told', () => {
        const [one] = stripeInvoicesOf(road, invoice.id as string);
        return Promise.resolve(one.amount_remaining === 3000);
      });
    });

    it('a payment that somebody reports to Stripe counts here, in part; the rest marked paid there, too', async () => {
      const { invoice } = await debtor('90');
      await road.settled(invoice.id as string);
      const [remote] = stripeInvoicesOf(road, invoice.id as string);
      const record = await stripeApi(road, secretKey, 'POST', '/v1/payment_records/report_payment', {
        'amount_requested[currency]': 'usd',
        'amount_requested[value]': '3000',
        initiated_at: '1790000000',
        outcome: 'guaranteed',
        'guaranteed[guaranteed_at]': '1790000000',
        'payment_method_details[type]': 'custom',
        'payment_method_details[custom][display_name]': 'Cheque',
      });
      await stripeApi(road, secretKey, 'POST', `/v1/invoices/${remote.id}/attach_payment`, {
        payment_record: record.id,
      });
      await road.invoiceWhen(invoice.id as string, 'part paid', (one) => one.amount_paid === '30');
      await stripeApi(road, secretKey, 'POST', `/v1/invoices/${remote.id}/pay`, { paid_out_of_band: 'true' });
      expect(await road.paid(invoice.id as string)).toMatchObject({
        amount_paid: '30',
        amount_remaining: '0',
        overpaid_amount: '0',
        adjustment_amount: '60',
        adjustments: [{ kind: 'OUT_OF_BAND', amount: '60', adjustment_status: 'ACTIVE' }],
      });
      await webhooksHandled(road);
      const { items } = await road.api.get(`/payments?destination_id=${invoice.id}`);
      expect(items.map((one: any) => [one.amount, one.payment_method_type]).sort()).toEqual([
        ['30', 'OFFLINE'],
      ]);
    });

    it('an invoice paid by bank debit: days under way, returned, paid by card, told in any order', async () => {
      const { invoice } = await debtor('33');
      const [push] = await road.settled(invoice.id as string);
      const [remote] = stripeInvoicesOf(road, invoice.id as string);
      expect(push.provider_entity_id).toBe(remote.id);
      expect(await road.submit(remote.hosted_invoice_url as string, DEBIT_RETURNED)).toBeLessThan(400);
      await webhooksHandled(road);
      expect(await road.api.get(`/invoices/${invoice.id}`)).toMatchObject({ amount_paid: '0' });
      await fiveDaysLater();
      await webhooksHandled(road);
      expect(await road.api.get(`/invoices/${invoice.id}`)).toMatchObject({ payment_status: 'PENDING' });
      road.sandbox.stripe.pauseWebhooks();
      expect(await road.submit(remote.hosted_invoice_url as string)).toBeLessThan(400);
      road.sandbox.stripe.reorderWebhooks('shuffle');
      road.sandbox.stripe.resumeWebhooks();
      expect(await road.paid(invoice.id as string)).toMatchObject({
        amount_paid: '33',
        overpaid_amount: '0',
      });
      await webhooksHandled(road);
      expect((await road.api.get(`/payments?destination_id=${invoice.id}`)).items).toHaveLength(1);
    });

    it.each([['invoice.paid'], ['invoice_payment.paid'], ['payment_intent.succeeded']])(
      'only %s comes: paid all the same, with the amount of the provider’s object',
      async (only) => {
        const { invoice } = await debtor('34');
        await road.settled(invoice.id as string);
        await webhooksHandled(road);
        const others = ['invoice.paid', 'invoice_payment.paid', 'payment_intent.succeeded'].filter(
          (type) => type !== only,
        );
        for (const type of [...others, 'invoice.updated', 'invoice.payment_succeeded', 'charge.succeeded'])
          road.sandbox.stripe.arrangeWebhooks({ action: 'drop', type });
        road.sandbox.stripe.arrangeWebhooks({ action: 'duplicate', type: only, copies: 2 });
        const [remote] = stripeInvoicesOf(road, invoice.id as string);
        try {
          expect(await road.submit(remote.hosted_invoice_url as string)).toBeLessThan(400);
          expect(await road.paid(invoice.id as string)).toMatchObject({ amount_paid: '34' });
        } finally {
          road.sandbox.stripe.clearWebhookRules();
        }
        await webhooksHandled(road);
        expect((await road.api.get(`/payments?destination_id=${invoice.id}`)).items).toMatchObject([
          { amount: '34', gateway_payment_id: expect.stringMatching(/^pi_/) },
        ]);
      },
    );
  });
});
