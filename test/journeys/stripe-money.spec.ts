import { stripeApi, webhooksHandled } from '../support/faults.js';
import { eventually } from '../support/eventually.js';
import { GOOD_CARD, Road } from '../support/road.js';

const DISPUTED_CARD = '4000000000000259';
const INQUIRY_CARD = '4000000000001976';
const REFUND_FAILS_CARD = '4000000000005126';
const REFUND_PENDS_CARD = '4000000000007726';
const HOUR_SECONDS = 3600;

describe('money that goes back', () => {
  let road: Road;
  let secretKey: string;
  beforeAll(async () => {
    road = await Road.start();
    ({ secretKey } = await road.connectStripe());
  });
  afterAll(async () => {
    await road.stop();
  });

  let people = 0;
  /** An invoice that Stripe has collected: its payment, and what Stripe calls it. */
  async function paidThroughStripe(
    amount: string,
    card = GOOD_CARD,
  ): Promise<{ invoice: any; payment: any }> {
    people += 1;
    const customer = await road.customer(`payer-${people}`);
    await road.saveCard(customer.id as string, card);
    const made = await road.invoice(customer.id as string, [{ amount }], {
      collection_method: 'charge_automatically',
    });
    const invoice = await road.paid(made.id as string);
    const payment = await eventually('payment', async () => {
      const { items } = await road.api.get(`/payments?destination_id=${invoice.id}`);
      return items[0];
    });
    return { invoice, payment };
  }
  const paymentNow = (id: string): Promise<any> => road.api.get(`/payments/${id}`);
  const invoiceNow = (id: string): Promise<any> => road.api.get(`/invoices/${id}`);
  const refundsThere = (payment: any): any[] =>
    (road.sandbox.stripe.objects('refunds') as any[]).filter(
      (one) => one.payment_intent === payment.gateway_payment_id,
    );

  it('a refund here in two parts is told there, once each, and shows on payment and invoice', async () => {
    const { invoice, payment } = await paidThroughStripe('50');
    const part = { amount: '20', reason: 'requested_by_customer', idempotency_key: `part-${payment.id}` };
    const first = await road.api.create(`/payments/${payment.id}/refunds`, part);
    expect(first).toMatchObject({
      payment_id: payment.id,
      amount: '20',
      refund_status: 'SUCCEEDED',
      destination: 'PROVIDER',
      gateway_refund_id: expect.stringMatching(/^re_/),
    });
    const again = await road.api.create(`/payments/${payment.id}/refunds`, part);
    expect(again.id).toBe(first.id);
    expect(await paymentNow(payment.id)).toMatchObject({
      payment_status: 'PARTIALLY_REFUNDED',
      refunded_amount: '20',
      refunds: [{ id: first.id }],
    });
    expect(await invoiceNow(invoice.id)).toMatchObject({
      payment_status: 'PARTIALLY_REFUNDED',
      amount_paid: '30',
      refunded_amount: '20',
    });
    const tooMuch = await road.api.send('POST', `/payments/${payment.id}/refunds`, { amount: '30.01' });
    expect(tooMuch).toMatchObject({
      status: 400,
      body: { details: { fields: { amount: expect.any(String) } } },
    });
    const rest = await road.api.create(`/payments/${payment.id}/refunds`, {});
    expect(rest).toMatchObject({ amount: '30', refund_status: 'SUCCEEDED' });
    await webhooksHandled(road);
    expect(await paymentNow(payment.id)).toMatchObject({
      payment_status: 'REFUNDED',
      refunded_amount: '50',
      refunded_at: expect.any(String),
    });
    expect(await invoiceNow(invoice.id)).toMatchObject({ payment_status: 'REFUNDED', amount_paid: '0' });
    expect(refundsThere(payment).map((one) => [one.amount, one.metadata.flexprice_refund_id])).toEqual([
      [2000, first.id],
      [3000, rest.id],
    ]);
    const { items: operations } = await road.api.get(
      `/integrations/operations?entity_id=${payment.id}&order=asc`,
    );
    expect(operations.map((one: any) => [one.action, one.state])).toEqual([
      ['refund', 'succeeded'],
      ['refund', 'succeeded'],
    ]);
    const spent = await road.api.send('POST', `/payments/${payment.id}/refunds`, {});
    expect(spent.body.error.code).toBe('payment_already_refunded');
  });

  it('a refund made at Stripe is known here, in part and in full, whatever the order of its events', async () => {
    const { invoice, payment } = await paidThroughStripe('80');
    road.sandbox.stripe.pauseWebhooks();
    const intent = payment.gateway_payment_id as string;
    await stripeApi(road, secretKey, 'POST', '/v1/refunds', { payment_intent: intent, amount: '3000' });
    await stripeApi(road, secretKey, 'POST', '/v1/refunds', { payment_intent: intent });
    road.sandbox.stripe.reorderWebhooks('reverse');
    road.sandbox.stripe.resumeWebhooks();
    await webhooksHandled(road);
    const after = await paymentNow(payment.id);
    expect(after).toMatchObject({ payment_status: 'REFUNDED', refunded_amount: '80' });
    expect(after.refunds.map((one: any) => one.amount).sort()).toEqual(['30', '50']);
    expect(await invoiceNow(invoice.id)).toMatchObject({
      payment_status: 'REFUNDED',
      amount_paid: '0',
      refunded_amount: '80',
    });
  });

  it('a refund made at Stripe of bought credits takes those that are unspent, and says how many are missing', async () => {
    const customer = await road.customer('buyer-of-credits');
    await road.saveCard(customer.id as string, GOOD_CARD);
    const wallet = await road.api.post('/wallets', { customer_id: customer.id, currency: 'usd' });
    const { invoice_id: id } = await road.api.post(`/wallets/${wallet.id}/top-up`, {
      transaction_reason: 'PURCHASED_CREDIT_INVOICED',
      credits_to_add: '100',
    });
    const { metadata } = await road.invoiceWhen(
      id as string,
      'pushed',
      (one) => !!one.metadata.stripe_hosted_invoice_url,
    );
    await road.submit(metadata.stripe_hosted_invoice_url as string);
    await road.paid(id as string);
    const balance = async (): Promise<string> => (await road.api.get(`/wallets/${wallet.id}`)).credit_balance;
    await eventually('credits', async () => (await balance()) === '100');
    await road.api.post(`/wallets/${wallet.id}/debit`, { credits: '70', idempotency_key: 'used' });
    const { items } = await road.api.get(`/payments?destination_id=${id}`);
    const intent = items[0].gateway_payment_id as string;
    await stripeApi(road, secretKey, 'POST', '/v1/refunds', { payment_intent: intent, amount: '5000' });
    await webhooksHandled(road);
    expect(await balance()).toBe('0');
    const told = await road.server.database.query(
      `SELECT payload FROM outbox_events WHERE type = 'wallet.credits_missing' AND entity_id = $1`,
      [wallet.id],
    );
    expect(told).toMatchObject([{ payload: { invoice_id: id, missing_credits: '20' } }]);
  });

  it('a payment that was refunded stays so when its success is told late, twice', async () => {
    const { invoice, payment } = await paidThroughStripe('10');
    await stripeApi(road, secretKey, 'POST', '/v1/refunds', { payment_intent: payment.gateway_payment_id });
    await eventually('refunded', async () => (await paymentNow(payment.id)).payment_status === 'REFUNDED');
    const events = (road.sandbox.stripe.objects('events') as any[]).filter(
      (event) =>
        (event.type === 'payment_intent.succeeded' && event.data.object.id === payment.gateway_payment_id) ||
        (event.type === 'invoice.paid' && event.data.object.metadata.flexprice_invoice_id === invoice.id),
    );
    expect(events).toHaveLength(2);
    const { items: seen } = await road.api.get('/integrations/webhook-events?limit=1000');
    for (const event of events) {
      const known = seen.find((one: any) => one.provider_event_id === event.id);
      await road.api.expect(202, 'POST', `/integrations/webhook-events/${known.id}/retry`);
    }
    await webhooksHandled(road);
    expect(await paymentNow(payment.id)).toMatchObject({ payment_status: 'REFUNDED', refunded_amount: '10' });
    expect(await invoiceNow(invoice.id)).toMatchObject({ payment_status: 'REFUNDED', overpaid_amount: '0' });
  });

  it('a refund that comes back makes the invoice paid again; one that is slow counts from the start', async () => {
    const failing = await paidThroughStripe('12', REFUND_FAILS_CARD);
    const pending = await paidThroughStripe('13', REFUND_PENDS_CARD);
    await road.api.create(`/payments/${failing.payment.id}/refunds`, {});
    const slow = await road.api.create(`/payments/${pending.payment.id}/refunds`, {});
    expect(slow.refund_status).toBe('PENDING');
    expect(await invoiceNow(failing.invoice.id)).toMatchObject({ payment_status: 'REFUNDED' });
    expect(await invoiceNow(pending.invoice.id)).toMatchObject({ payment_status: 'REFUNDED' });
    await webhooksHandled(road);
    road.sandbox.stripe.advance({ bySeconds: HOUR_SECONDS + 1 });
    const [refund] = await eventually('refund failed', async () => {
      const { refunds } = await paymentNow(failing.payment.id);
      return refunds[0].refund_status === 'FAILED' && refunds;
    });
    expect(refund.error_message).toBe('expired_or_canceled_card');
    expect(await paymentNow(failing.payment.id)).toMatchObject({
      payment_status: 'SUCCEEDED',
      refunded_amount: '0',
      refunded_at: null,
    });
    expect(await invoiceNow(failing.invoice.id)).toMatchObject({
      payment_status: 'SUCCEEDED',
      amount_paid: '12',
      amount_remaining: '0',
      refunded_amount: '0',
    });
    await eventually('slow refund done', async () => {
      const { refunds } = await paymentNow(pending.payment.id);
      return refunds[0].refund_status === 'SUCCEEDED';
    });
  });

  it('a lost answer to a refund makes no second one', async () => {
    const { payment } = await paidThroughStripe('31');
    road.sandbox.stripe.fault({ method: 'POST', path: '/v1/refunds', mode: 'drop_after', times: 1 });
    const asked = await road.api.create(`/payments/${payment.id}/refunds`, {});
    expect(['REQUESTED', 'SUCCEEDED']).toContain(asked.refund_status);
    const twice = await road.api.send('POST', `/payments/${payment.id}/refunds`, {});
    expect(twice.body.error.code).toBe('payment_already_refunded');
    await eventually('refunded', async () => {
      const now = await paymentNow(payment.id);
      return now.payment_status === 'REFUNDED' && now.refunds[0].refund_status === 'SUCCEEDED';
    });
    await road.settled(payment.id as string);
    expect(refundsThere(payment)).toHaveLength(1);
    expect((await paymentNow(payment.id)).refunds).toHaveLength(1);
  });

  it('what Stripe refuses to give back is answered in its words, and its amount is free again', async () => {
    const { payment } = await paidThroughStripe('44');
    const message = 'Your account cannot currently make refunds.';
    road.sandbox.stripe.fault({
      method: 'POST',
      path: '/v1/refunds',
      mode: 'error',
      status: 400,
      body: { error: { type: 'invalid_request_error', code: 'refund_disallowed', message } },
    });
    const refused = await road.api.send('POST', `/payments/${payment.id}/refunds`, {});
    expect(refused).toMatchObject({
      status: 400,
      body: { error: { code: 'provider_refused', details: { provider_code: 'refund_disallowed' } } },
    });
    expect(refused.body.error.message).toContain(message);
    const { refunds, payment_status: status } = await paymentNow(payment.id);
    expect(status).toBe('SUCCEEDED');
    expect(refunds).toMatchObject([{ refund_status: 'FAILED', error_message: message }]);
    const operation = refused.body.error.details.operation_id as string;
    await road.api.expect(202, 'POST', `/integrations/operations/${operation}/retry`);
    await eventually('refunded', async () => (await paymentNow(payment.id)).payment_status === 'REFUNDED');
    expect((await paymentNow(payment.id)).refunds).toMatchObject([{ id: refunds[0].id }]);
  });

  it('a refund that a worker is just asking for is answered with what comes of it', async () => {
    const { payment } = await paidThroughStripe('41');
    const path = '/v1/refunds';
    const body = {
      error: { type: 'invalid_request_error', code: 'refund_disallowed', message: 'Not this one.' },
    };
    // The answer takes longer than a worker needs to be at the operation first, or the request before it: either way round.
    road.sandbox.stripe.fault({
      method: 'POST',
      path,
      mode: 'error',
      status: 400,
      times: 3,
      ms: 600,
      body,
    });
    const answers = await Promise.all(
      [1, 2, 3].map((n) => road.api.send('POST', `/payments/${payment.id}/refunds`, { amount: String(n) })),
    );
    for (const answer of answers)
      expect(answer).toMatchObject({ status: 400, body: { error: { code: 'provider_refused' } } });
  });

  it('a dispute is shown while it is open, and takes the money only when it is lost', async () => {
    const { invoice, payment } = await paidThroughStripe('70', DISPUTED_CARD);
    const [dispute] = await eventually('dispute shown', async () => {
      const { disputes } = await paymentNow(payment.id);
      return disputes.length > 0 && disputes;
    });
    expect(dispute).toMatchObject({
      dispute_status: 'OPEN',
      amount: '70',
      reason: 'fraudulent',
      answer_by: expect.any(String),
      closed_at: null,
    });
    expect(await invoiceNow(invoice.id)).toMatchObject({ payment_status: 'SUCCEEDED', amount_paid: '70' });
    const refund = await road.api.send('POST', `/payments/${payment.id}/refunds`, {});
    expect(refund.body.error).toMatchObject({
      code: 'provider_refused',
      details: { provider_code: 'charge_disputed' },
    });
    await stripeApi(road, secretKey, 'POST', `/v1/disputes/${dispute.gateway_dispute_id}/close`);
    await eventually('lost', async () => (await paymentNow(payment.id)).payment_status === 'REFUNDED');
    await webhooksHandled(road);
    const after = await paymentNow(payment.id);
    expect(after.disputes).toMatchObject([{ dispute_status: 'LOST', closed_at: expect.any(String) }]);
    expect(after.refunds.at(-1)).toMatchObject({ destination: 'DISPUTE', amount: '70' });
    expect(await invoiceNow(invoice.id)).toMatchObject({ payment_status: 'REFUNDED', amount_paid: '0' });
  });

  it('a dispute that is won leaves the payment as it was, and an inquiry moves nothing', async () => {
    const won = await paidThroughStripe('71', DISPUTED_CARD);
    const asked = await paidThroughStripe('72', INQUIRY_CARD);
    const { disputes } = await eventually('dispute shown', async () => {
      const now = await paymentNow(won.payment.id);
      return now.disputes.length > 0 && now;
    });
    const path = `/v1/disputes/${disputes[0].gateway_dispute_id}`;
    await stripeApi(road, secretKey, 'POST', path, { 'evidence[uncategorized_text]': 'winning_evidence' });
    await eventually('won', async () => {
      const now = await paymentNow(won.payment.id);
      return now.disputes[0].dispute_status === 'WON';
    });
    await eventually('inquiry shown', async () => {
      const now = await paymentNow(asked.payment.id);
      return now.disputes[0]?.dispute_status === 'INQUIRY';
    });
    await webhooksHandled(road);
    for (const { invoice, payment } of [won, asked]) {
      expect(await paymentNow(payment.id)).toMatchObject({ payment_status: 'SUCCEEDED', refunds: [] });
      expect(await invoiceNow(invoice.id)).toMatchObject({ payment_status: 'SUCCEEDED' });
    }
  });

  it('a payment made outside is recorded as given back, without any call', async () => {
    const customer = await road.customer('outside');
    const invoice = await road.invoice(customer.id as string, [{ amount: '9' }]);
    const payment = await road.api.create('/payments', {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      payment_method_type: 'OFFLINE',
      amount: '9',
      currency: 'usd',
    });
    const refund = await road.api.create(`/payments/${payment.id}/refunds`, { amount: '4' });
    expect(refund).toMatchObject({
      refund_status: 'SUCCEEDED',
      destination: 'OUTSIDE',
      gateway_refund_id: null,
    });
    expect(await invoiceNow(invoice.id)).toMatchObject({
      payment_status: 'PARTIALLY_REFUNDED',
      amount_paid: '5',
    });
  });
});
