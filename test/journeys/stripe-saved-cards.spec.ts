import { eventually } from '../support/eventually.js';
import { webhooksHandled } from '../support/faults.js';
import { GOOD_CARD, Road } from '../support/road.js';

const ALWAYS_ASKS = '4000002760003184';
const DEBIT_SUCCEEDS = '000123456789';
const NO_FUNDS = '4000000000009995';
const EXPIRED = '4000000000000069';
const STOLEN = '4000000000009979';

describe('saved cards at Stripe', () => {
  let road: Road;
  let people = 0;
  beforeAll(async () => {
    road = await Road.start();
    await road.connectStripe({ invoice_outbound_enabled: false });
  });
  afterAll(async () => {
    await road.stop();
  });

  /** Somebody with a saved method and something to pay. */
  async function debtor(amount: string, saved = GOOD_CARD): Promise<{ invoice: any; methodId: string }> {
    people += 1;
    const customer = await road.customer(`cardholder-${people}`);
    await road.saveCard(customer.id as string, saved);
    const { items } = await road.api.get(`/payments/customers/${customer.id}/methods`);
    const invoice = await road.invoice(customer.id as string, [{ amount }]);
    return { invoice, methodId: items[0].provider_method_id };
  }
  const charge = (invoice: any): Promise<{ status: number; body: any }> =>
    road.api.send('POST', '/payments', {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      amount: invoice.amount_remaining,
      currency: 'usd',
      payment_method_type: 'CARD',
    });
  const intentsOf = (cents: number): any[] =>
    (road.sandbox.stripe.objects('payment_intents') as any[]).filter((one) => one.amount === cents);
  const paymentNow = (id: string): Promise<any> => road.api.get(`/payments/${id}`);

  it.each([
    [NO_FUNDS, 'insufficient_funds', 'insufficient_funds', 'try_again_later', 41],
    [EXPIRED, 'expired_card', 'expired_card', 'do_not_try_again', 42],
    [STOLEN, 'card_declined', 'stolen_card', 'do_not_try_again', 43],
  ])(
    '%s: %s (%s), with its advice %s; then the same card works',
    async (card, code, said, advice, amount) => {
      const { invoice, methodId } = await debtor(String(amount));
      road.sandbox.stripe.changeCard(methodId, card);
      const declined = await charge(invoice);
      expect(declined).toMatchObject({
        status: 400,
        body: { error: { code, details: { stripe_error_code: said, advice } } },
      });
      const id = declined.body.error.details.payment_id as string;
      expect((await paymentNow(id)).attempts).toMatchObject([{ payment_status: 'FAILED' }]);
      road.sandbox.stripe.changeCard(methodId, GOOD_CARD);
      const again = await road.api.post(`/payments/${id}/process`);
      expect(again).toMatchObject({ payment_status: 'SUCCEEDED', error_message: null });
      await webhooksHandled(road);
      // The webhook of the decline comes after the success, or before: it takes nothing back.
      expect(await paymentNow(id)).toMatchObject({ payment_status: 'SUCCEEDED' });
      expect(await road.api.get(`/invoices/${invoice.id}`)).toMatchObject({
        amount_paid: String(amount),
        overpaid_amount: '0',
      });
      expect(
        intentsOf(amount * 100)
          .map((one) => one.status)
          .sort(),
      ).toEqual(['requires_payment_method', 'succeeded']);
    },
  );

  it('a card that wants its holder is a failed attempt that says so; on a page the holder pays', async () => {
    const { invoice, methodId } = await debtor('44');
    road.sandbox.stripe.changeCard(methodId, ALWAYS_ASKS);
    const asked = await charge(invoice);
    expect(asked).toMatchObject({ status: 400, body: { error: { code: 'authentication_required' } } });
    await webhooksHandled(road);
    const id = asked.body.error.details.payment_id as string;
    expect(await paymentNow(id)).toMatchObject({
      payment_status: 'FAILED',
      attempts: [{ payment_status: 'FAILED' }],
    });
    const page = await road.api.post('/payments/stripe/checkout', {
      invoice_id: invoice.id,
      success_url: 'https://shop.test/ok',
      cancel_url: 'https://shop.test/no',
    });
    expect(await road.submit(page.checkout_url as string)).toBe(303);
    expect(await road.paid(invoice.id as string)).toMatchObject({ amount_paid: '44', overpaid_amount: '0' });
  });

  it('a charge that is under way for days: processing, nobody else may collect, then paid once', async () => {
    const { invoice } = await debtor('45', DEBIT_SUCCEEDS);
    const made = await charge(invoice);
    expect(made).toMatchObject({ status: 201, body: { payment_status: 'PROCESSING' } });
    await webhooksHandled(road);
    expect(await paymentNow(made.body.id as string)).toMatchObject({ payment_status: 'PROCESSING' });
    const second = await charge(invoice);
    expect(second.status).toBe(400);
    expect(intentsOf(4500)).toHaveLength(1);
    road.sandbox.stripe.advance({ bySeconds: 5 * 24 * 3600 });
    await eventually(
      'paid',
      async () => (await paymentNow(made.body.id as string)).payment_status === 'SUCCEEDED',
    );
    expect(await road.api.get(`/invoices/${invoice.id}`)).toMatchObject({
      amount_paid: '45',
      overpaid_amount: '0',
    });
  });

  it('a decline that is told late does not end the attempt after it', async () => {
    const { invoice, methodId } = await debtor('47');
    road.sandbox.stripe.changeCard(methodId, NO_FUNDS);
    road.sandbox.stripe.pauseWebhooks();
    const declined = await charge(invoice);
    const id = declined.body.error.details.payment_id as string;
    road.sandbox.stripe.changeCard(methodId, GOOD_CARD);
    const { id: slow } = road.sandbox.stripe.fault({
      method: 'POST',
      path: '/v1/payment_intents',
      mode: 'delay',
      ms: 1_500,
    });
    const retry = road.api.send('POST', `/payments/${id}/process`);
    await eventually('asked', () =>
      Promise.resolve(road.sandbox.stripe.faults().find((one) => one.id === slow)?.struck === 1),
    );
    road.sandbox.stripe.resumeWebhooks();
    await webhooksHandled(road);
    expect(await paymentNow(id)).toMatchObject({ payment_status: 'PROCESSING' });
    expect(await charge(invoice)).toMatchObject({
      status: 400,
      body: { error: { code: 'payment_in_progress' } },
    });
    expect(await retry).toMatchObject({ status: 200, body: { payment_status: 'SUCCEEDED' } });
    road.sandbox.stripe.clearFaults(slow);
    await webhooksHandled(road);
    expect(intentsOf(4700).filter((one) => one.status === 'succeeded')).toHaveLength(1);
  });

  it('a decline that is told late does not end a debit that takes days', async () => {
    const { invoice, methodId } = await debtor('48');
    road.sandbox.stripe.changeCard(methodId, NO_FUNDS);
    road.sandbox.stripe.arrangeWebhooks({ action: 'drop', type: 'payment_intent.payment_failed' });
    const declined = await charge(invoice);
    const id = declined.body.error.details.payment_id as string;
    await road.saveCard(invoice.customer_id as string, DEBIT_SUCCEEDS);
    expect(await road.api.post(`/payments/${id}/process`)).toMatchObject({ payment_status: 'PROCESSING' });
    const lost = road.sandbox.stripe.deliveries({
      type: 'payment_intent.payment_failed',
      status: 'dropped',
    });
    expect(road.sandbox.stripe.resend(lost.at(-1)?.eventId as string)).toBe(1);
    await webhooksHandled(road);
    expect(await paymentNow(id)).toMatchObject({ payment_status: 'PROCESSING' });
    road.sandbox.stripe.advance({ bySeconds: 5 * 24 * 3600 });
    expect(await road.paid(invoice.id as string)).toMatchObject({ amount_paid: '48', overpaid_amount: '0' });
  });

  it('two retries of one declined payment at once charge once', async () => {
    const { invoice, methodId } = await debtor('46');
    road.sandbox.stripe.changeCard(methodId, NO_FUNDS);
    const declined = await charge(invoice);
    const id = declined.body.error.details.payment_id as string;
    road.sandbox.stripe.changeCard(methodId, GOOD_CARD);
    const answers = await Promise.all([
      road.api.send('POST', `/payments/${id}/process`),
      road.api.send('POST', `/payments/${id}/process`),
      charge(invoice),
    ]);
    expect(answers.filter((one) => one.status < 300).length).toBeLessThanOrEqual(1);
    expect(await road.paid(invoice.id as string)).toMatchObject({ amount_paid: '46', overpaid_amount: '0' });
    await webhooksHandled(road);
    expect(intentsOf(4600).filter((one) => one.status === 'succeeded')).toHaveLength(1);
  });
});
