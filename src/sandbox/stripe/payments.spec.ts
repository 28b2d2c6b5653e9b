import type Stripe from 'stripe';
import { Fixture, errorOf, stripeClient } from '../test-support.js';

const fixture = new Fixture();
beforeAll(async () => fixture.start());
afterEach(async () => fixture.check());
afterAll(async () => fixture.stop());
let stripe: Stripe;
let customer: Stripe.Customer;

beforeEach(async () => {
  stripe = stripeClient(fixture.sandbox);
  customer = await stripe.customers.create({ email: 'ada@example.com' });
});

async function charge(token: string): Promise<Stripe.PaymentIntent> {
  return stripe.paymentIntents.create({
    amount: 1000,
    currency: 'usd',
    customer: customer.id,
    payment_method: token,
    off_session: true,
    confirm: true,
    metadata: { flexprice_payment_id: 'pay_1' },
  });
}

async function newestTypes(count: number): Promise<string[]> {
  const { data } = await stripe.events.list({ limit: count });
  return data.map(({ type }) => type).reverse();
}

test('a saved card is charged off session, and the charge can be expanded', async () => {
  const method = await stripe.paymentMethods.attach('pm_card_mastercard', { customer: customer.id });
  const intent = await charge(method.id);
  expect(intent).toMatchObject({ status: 'succeeded', amount_received: 1000, payment_method: method.id });
  const found = await stripe.paymentIntents.retrieve(intent.id, {
    expand: ['latest_charge', 'payment_method'],
  });
  expect(found.latest_charge).toMatchObject({
    paid: true,
    payment_method_details: { card: { brand: 'mastercard', last4: '4444' } },
  });
  expect(found.payment_method).toMatchObject({ id: method.id });
  expect(await newestTypes(3)).toEqual([
    'payment_intent.created',
    'charge.succeeded',
    'payment_intent.succeeded',
  ]);
});

test.each([
  ['pm_card_chargeDeclined', 'card_declined', 'generic_decline', 'try_again_later'],
  ['pm_card_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds', 'try_again_later'],
  ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card', 'do_not_try_again'],
  ['pm_card_chargeDeclinedIncorrectCvc', 'incorrect_cvc', 'incorrect_cvc', 'confirm_card_data'],
  ['pm_card_chargeDeclinedProcessingError', 'processing_error', 'processing_error', 'try_again_later'],
  ['pm_card_authenticationRequired', 'authentication_required', 'authentication_required', undefined],
])('%s is declined with %s', async (token, code, declineCode, advice) => {
  const error = await errorOf(charge(token));
  expect(error).toMatchObject({ type: 'StripeCardError', statusCode: 402, code, decline_code: declineCode });
  expect(error.advice_code).toBe(advice);
  const intent = error.payment_intent!;
  expect(intent).toMatchObject({
    status: 'requires_payment_method',
    payment_method: null,
    metadata: { flexprice_payment_id: 'pay_1' },
    last_payment_error: { code, decline_code: declineCode },
  });
  expect((await stripe.paymentIntents.retrieve(intent.id)).last_payment_error?.code).toBe(code);
  expect(await newestTypes(3)).toEqual([
    'payment_intent.created',
    'charge.failed',
    'payment_intent.payment_failed',
  ]);
});

test('a card that wants authentication is charged off session once it was set up with it', async () => {
  const setup = await stripe.setupIntents.create({
    customer: customer.id,
    payment_method: 'pm_card_authenticationRequiredOnSetup',
    confirm: true,
    return_url: 'https://shop.example/back',
  });
  expect(setup).toMatchObject({ status: 'requires_action', next_action: { type: 'redirect_to_url' } });
  const answer = await fetch(setup.next_action!.redirect_to_url!.url!, {
    method: 'POST',
    body: new URLSearchParams({ authenticate: 'complete' }),
    redirect: 'manual',
  });
  expect(answer.headers.get('location')).toBe(
    `https://shop.example/back?setup_intent=${setup.id}&redirect_status=succeeded`,
  );
  const done = await stripe.setupIntents.retrieve(setup.id, { expand: ['payment_method'] });
  expect(done).toMatchObject({ status: 'succeeded', payment_method: { customer: customer.id } });
  expect(await newestTypes(2)).toEqual(['payment_method.attached', 'setup_intent.succeeded']);
  expect((await charge((done.payment_method as Stripe.PaymentMethod).id)).status).toBe('succeeded');
});

test('on session a payment waits for the customer, who may fail', async () => {
  const intent = await stripe.paymentIntents.create({
    amount: 500,
    currency: 'usd',
    payment_method: 'pm_card_authenticationRequired',
    confirm: true,
    return_url: 'https://shop.example/back',
  });
  expect(intent.status).toBe('requires_action');
  await fetch(intent.next_action!.redirect_to_url!.url!, {
    method: 'POST',
    body: new URLSearchParams({ authenticate: 'fail' }),
    redirect: 'manual',
  });
  const failed = await stripe.paymentIntents.retrieve(intent.id);
  expect(failed).toMatchObject({
    status: 'requires_payment_method',
    last_payment_error: { code: 'payment_intent_authentication_failure' },
  });
});

test('confirming on session needs somewhere to come back to, unless redirects are ruled out', async () => {
  const params = { amount: 500, currency: 'usd', payment_method: 'pm_card_visa', confirm: true };
  const error = await errorOf(stripe.paymentIntents.create(params));
  expect(error).toMatchObject({ param: 'return_url', statusCode: 400 });
  const ruledOut = await stripe.paymentIntents.create({
    ...params,
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
  });
  expect(ruledOut.status).toBe('succeeded');
});

test('a payment is made in steps: created, given a method, confirmed; or canceled', async () => {
  const intent = await stripe.paymentIntents.create({ amount: 500, currency: 'eur', customer: customer.id });
  expect(intent.status).toBe('requires_payment_method');
  const none = await errorOf(stripe.paymentIntents.confirm(intent.id, { off_session: true }));
  expect(none.code).toBe('payment_intent_unexpected_state');
  const ready = await stripe.paymentIntents.update(intent.id, { payment_method: 'pm_card_visa' });
  expect(ready.status).toBe('requires_confirmation');
  const confirmed = await stripe.paymentIntents.confirm(intent.id, { off_session: true });
  expect(confirmed.status).toBe('succeeded');
  expect((await errorOf(stripe.paymentIntents.cancel(intent.id))).code).toBe(
    'payment_intent_unexpected_state',
  );

  const other = await stripe.paymentIntents.create({ amount: 500, currency: 'eur' });
  const canceled = await stripe.paymentIntents.cancel(other.id, { cancellation_reason: 'abandoned' });
  expect(canceled).toMatchObject({ status: 'canceled', cancellation_reason: 'abandoned' });
});

test("somebody else's method is refused; an invoice's payment is not canceled on its own", async () => {
  const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  const other = await stripe.customers.create({});
  const params = {
    amount: 500,
    currency: 'usd',
    payment_method: method.id,
    confirm: true,
    off_session: true,
  };
  expect((await errorOf(stripe.paymentIntents.create(params))).message).toMatch(
    /Please include the Customer/,
  );
  expect((await errorOf(stripe.paymentIntents.create({ ...params, customer: other.id }))).message).toMatch(
    /does not belong/,
  );
  const invoice = await stripe.invoices.create({ customer: customer.id, currency: 'usd' });
  await stripe.invoices.addLines(invoice.id, { lines: [{ amount: 100 }] });
  const open = await stripe.invoices.finalizeInvoice(invoice.id, { expand: ['payments'] });
  const intent = open.payments!.data[0]!.payment.payment_intent as string;
  expect((await errorOf(stripe.paymentIntents.cancel(intent))).message).toMatch(/Void the invoice/);
});

test('a payment with setup_future_usage saves its card', async () => {
  const intent = await stripe.paymentIntents.create({
    amount: 500,
    currency: 'usd',
    customer: customer.id,
    payment_method: 'pm_card_visa',
    setup_future_usage: 'off_session',
    confirm: true,
    return_url: 'https://shop.example/back',
  });
  const { data } = await stripe.customers.listPaymentMethods(customer.id);
  expect(data.map(({ id }) => id)).toEqual([intent.payment_method]);
});

test('amounts below a minimum are refused when minimums are played', async () => {
  const usd = { amount: 49, currency: 'usd' };
  await stripe.paymentIntents.create(usd);
  fixture.sandbox.stripe.configure({ minimumCharges: true });
  try {
    expect((await errorOf(stripe.paymentIntents.create(usd))).code).toBe('amount_too_small');
    expect((await stripe.paymentIntents.create({ amount: 50, currency: 'jpy' })).amount).toBe(50);
  } finally {
    fixture.sandbox.stripe.configure({ minimumCharges: false });
  }
  expect((await errorOf(stripe.paymentIntents.create({ amount: 0, currency: 'usd' }))).param).toBe('amount');
});

test('a payment is refunded in parts, never more than it was', async () => {
  const intent = await charge('pm_card_visa');
  const part = await stripe.refunds.create({
    payment_intent: intent.id,
    amount: 300,
    reason: 'requested_by_customer',
    metadata: { why: 'test' },
  });
  expect(part).toMatchObject({ status: 'succeeded', amount: 300, payment_intent: intent.id });
  expect(await newestTypes(2)).toEqual(['refund.created', 'charge.refunded']);
  const more = await errorOf(stripe.refunds.create({ payment_intent: intent.id, amount: 701 }));
  expect(more.message).toMatch(/greater than unrefunded amount/);
  await stripe.refunds.create({ payment_intent: intent.id });
  const { latest_charge: after } = await stripe.paymentIntents.retrieve(intent.id, {
    expand: ['latest_charge.refunds'],
  });
  expect(after).toMatchObject({ refunded: true, amount_refunded: 1000 });
  expect((after as Stripe.Charge).refunds?.data).toHaveLength(2);
  expect((await errorOf(stripe.refunds.create({ payment_intent: intent.id }))).code).toBe(
    'charge_already_refunded',
  );
});

test('a refund may be slow, or fail after all', async () => {
  const slow = await stripe.refunds.create({ payment_intent: (await charge('pm_card_pendingRefund')).id });
  expect(slow.status).toBe('pending');
  const lost = await stripe.refunds.create({ payment_intent: (await charge('pm_card_refundFail')).id });
  expect(lost.status).toBe('succeeded');
  fixture.sandbox.stripe.advance({ bySeconds: 3601 });
  expect((await stripe.refunds.retrieve(slow.id)).status).toBe('succeeded');
  const failed = await stripe.refunds.retrieve(lost.id, { expand: ['charge'] });
  expect(failed).toMatchObject({ status: 'failed', charge: { amount_refunded: 0, refunded: false } });
  expect((await stripe.events.list({ type: 'refund.failed' })).data).toHaveLength(1);
});

test('a set-up saves a card for its customer, or says why not', async () => {
  const setup = await stripe.setupIntents.create({
    customer: customer.id,
    payment_method: 'pm_card_visa',
    confirm: true,
    return_url: 'https://shop.example/back',
    metadata: { customer_id: 'cust_1' },
  });
  expect(setup).toMatchObject({
    status: 'succeeded',
    usage: 'off_session',
    metadata: { customer_id: 'cust_1' },
  });
  const error = await errorOf(
    stripe.setupIntents.create({
      customer: customer.id,
      payment_method: 'pm_card_chargeDeclined',
      confirm: true,
      return_url: 'https://shop.example/back',
    }),
  );
  expect(error).toMatchObject({ code: 'card_declined', setup_intent: { status: 'requires_payment_method' } });
  expect(await newestTypes(1)).toEqual(['setup_intent.setup_failed']);
});
