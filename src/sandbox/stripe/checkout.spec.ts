import type Stripe from 'stripe';
import { Fixture, errorOf, stripeClient, submitForm } from '../test-support.js';

const fixture = new Fixture();
beforeAll(async () => fixture.start());
afterEach(async () => fixture.check());
afterAll(async () => fixture.stop());
let stripe: Stripe;
let customer: Stripe.Customer;

beforeEach(async () => {
  stripe = stripeClient(fixture.sandbox);
  customer = await stripe.customers.create({ email: 'ada@example.com', name: 'Ada' });
});

async function payment(
  more: Partial<Stripe.Checkout.SessionCreateParams> = {},
): Promise<Stripe.Checkout.Session> {
  return stripe.checkout.sessions.create({
    mode: 'payment',
    customer: customer.id,
    client_reference_id: 'pay_1',
    line_items: [
      {
        quantity: 2,
        price_data: { currency: 'usd', unit_amount: 1000, product_data: { name: 'Invoice INV-1' } },
      },
    ],
    success_url: 'https://shop.example/done?session_id={CHECKOUT_SESSION_ID}',
    cancel_url: 'https://shop.example/cancel',
    metadata: { flexprice_payment_id: 'pay_1' },
    payment_intent_data: { metadata: { flexprice_payment_id: 'pay_1' } },
    ...more,
  });
}

async function setup(): Promise<Stripe.Checkout.Session> {
  return stripe.checkout.sessions.create({
    mode: 'setup',
    customer: customer.id,
    currency: 'usd',
    success_url: 'https://shop.example/saved?s={CHECKOUT_SESSION_ID}',
    cancel_url: 'https://shop.example/cancel',
    setup_intent_data: { metadata: { customer_id: 'cust_1' } },
  });
}

async function typesSince(count: number): Promise<string[]> {
  const { data } = await stripe.events.list({ limit: 100 });
  return data
    .map(({ type }) => type)
    .reverse()
    .slice(count);
}

const GOOD = { card_number: '4242424242424242', exp: '12 / 34', cvc: '123', name: 'Ada' };

test('a payment page shows the amount, takes a test card and sends the customer back', async () => {
  const session = await payment();
  expect(session).toMatchObject({
    status: 'open',
    payment_status: 'unpaid',
    amount_total: 2000,
    payment_intent: null,
    client_reference_id: 'pay_1',
  });
  expect(session.id).toMatch(/^cs_test_/);
  const page = await (await fetch(session.url!)).text();
  expect(page).toContain('20.00 USD');
  expect(page).toContain('4242 4242 4242 4242');
  const known = (await typesSince(0)).length;

  const answer = await submitForm(session.url!, GOOD);
  expect(answer.status).toBe(303);
  expect(answer.headers.get('location')).toBe(`https://shop.example/done?session_id=${session.id}`);
  const done = await stripe.checkout.sessions.retrieve(session.id, {
    expand: ['payment_intent.payment_method', 'line_items'],
  });
  expect(done).toMatchObject({ status: 'complete', payment_status: 'paid', url: null });
  expect(done.payment_intent).toMatchObject({
    status: 'succeeded',
    amount: 2000,
    metadata: { flexprice_payment_id: 'pay_1' },
    payment_method: { customer: null, card: { last4: '4242', exp_month: 12, exp_year: 2034 } },
  });
  expect(done.line_items?.data[0]).toMatchObject({ amount_total: 2000, description: 'Invoice INV-1' });
  expect(await typesSince(known)).toEqual([
    'payment_intent.created',
    'charge.succeeded',
    'payment_intent.succeeded',
    'checkout.session.completed',
  ]);
  expect((await submitForm(session.url!, GOOD)).status).toBe(409);
});

test('a decline stays on the page and leaves one payment that is tried again', async () => {
  const session = await payment();
  const declined = await submitForm(session.url!, { ...GOOD, test_card: '4000000000009995' });
  expect(declined.status).toBe(402);
  expect(await declined.text()).toContain('role="alert">Your card has insufficient funds.');
  const first = await stripe.checkout.sessions.retrieve(session.id, { expand: ['payment_intent'] });
  expect(first).toMatchObject({ status: 'open', payment_status: 'unpaid' });
  await submitForm(session.url!, GOOD);
  const second = await stripe.checkout.sessions.retrieve(session.id);
  expect(second.payment_intent).toBe((first.payment_intent as Stripe.PaymentIntent).id);
  expect(second.payment_status).toBe('paid');
});

test.each([
  ['4000000000000003', /card number is incorrect/],
  ['4111111111111111', /Only test cards/],
])('the number %s is refused before anything is charged', async (number, message) => {
  const session = await payment();
  const answer = await submitForm(session.url!, { ...GOOD, card_number: number });
  expect(answer.status).toBe(402);
  expect(await answer.text()).toMatch(message);
  const expired = await submitForm(session.url!, { ...GOOD, exp: '01/20' });
  expect(await expired.text()).toContain('expiration year is in the past');
});

test('a card is saved when the session asks for it, or when the customer ticks the box', async () => {
  const asked = await payment({ payment_intent_data: { setup_future_usage: 'off_session' } });
  await submitForm(asked.url!, GOOD);
  expect((await stripe.customers.listPaymentMethods(customer.id)).data).toHaveLength(1);
  const offered = { saved_payment_method_options: { payment_method_save: 'enabled' } } as const;
  await submitForm((await payment(offered)).url!, GOOD);
  expect((await stripe.customers.listPaymentMethods(customer.id)).data).toHaveLength(1);
  await submitForm((await payment(offered)).url!, { ...GOOD, save: 'on' });
  expect((await stripe.customers.listPaymentMethods(customer.id)).data).toHaveLength(2);
});

test('a delayed method completes unpaid and has its second word later', async () => {
  const good = await payment();
  expect((await submitForm(good.url!, { card_number: '000123456789' })).status).toBe(303);
  expect(await stripe.checkout.sessions.retrieve(good.id)).toMatchObject({
    status: 'complete',
    payment_status: 'unpaid',
  });
  const bad = await payment();
  await submitForm(bad.url!, { card_number: '000111111113' });
  const known = (await typesSince(0)).length;
  fixture.sandbox.stripe.advance({ bySeconds: 5 * 24 * 3600 });
  expect((await stripe.checkout.sessions.retrieve(good.id)).payment_status).toBe('paid');
  expect((await stripe.checkout.sessions.retrieve(bad.id)).payment_status).toBe('unpaid');
  expect(await typesSince(known)).toEqual([
    'charge.succeeded',
    'payment_intent.succeeded',
    'checkout.session.async_payment_succeeded',
    'charge.failed',
    'payment_intent.payment_failed',
    'checkout.session.async_payment_failed',
  ]);
});

test('a set-up page saves a card off session, without making it the default', async () => {
  const session = await setup();
  expect(session).toMatchObject({ mode: 'setup', payment_status: 'no_payment_required', amount_total: null });
  const known = (await typesSince(0)).length;
  const declined = await submitForm(session.url!, { ...GOOD, card_number: '4000000000000002' });
  expect(declined.status).toBe(402);
  const asked = await submitForm(session.url!, { ...GOOD, card_number: '4000002500003155' });
  expect(asked.status).toBe(200);
  const saved = await submitForm(session.url!, { authenticate: 'complete' });
  expect(saved.headers.get('location')).toBe(`https://shop.example/saved?s=${session.id}`);
  const done = await stripe.checkout.sessions.retrieve(session.id, {
    expand: ['setup_intent.payment_method'],
  });
  expect(done.setup_intent).toMatchObject({
    status: 'succeeded',
    metadata: { customer_id: 'cust_1' },
    payment_method: { customer: customer.id },
  });
  const owner = (await stripe.customers.retrieve(customer.id)) as Stripe.Customer;
  expect(owner.invoice_settings.default_payment_method).toBeNull();
  expect(await typesSince(known)).toEqual([
    'setup_intent.setup_failed',
    'setup_intent.requires_action',
    'payment_method.attached',
    'setup_intent.succeeded',
    'checkout.session.completed',
  ]);
  const own = await errorOf(stripe.setupIntents.cancel((done.setup_intent as Stripe.SetupIntent).id));
  expect(own.message).toMatch(/Checkout Session/);
});

test('a set-up needs a currency; metadata goes nowhere by itself', async () => {
  const error = await errorOf(
    stripe.checkout.sessions.create({ mode: 'setup', success_url: 'https://shop.example/x' }),
  );
  expect(error).toMatchObject({ param: 'currency', code: 'parameter_missing' });
  const session = await payment({ payment_intent_data: {} });
  await submitForm(session.url!, GOOD);
  const { payment_intent: intent } = await stripe.checkout.sessions.retrieve(session.id, {
    expand: ['payment_intent'],
  });
  expect((intent as Stripe.PaymentIntent).metadata).toEqual({});
});

test('a session expires by itself after a day, or when it is told to', async () => {
  const [idle, told] = [await payment(), await payment()];
  const expired = await stripe.checkout.sessions.expire(told.id);
  expect(expired).toMatchObject({ status: 'expired', url: null });
  expect((await errorOf(stripe.checkout.sessions.expire(told.id))).message).toMatch(/expired/);
  expect((await submitForm(told.url!, GOOD)).status).toBe(409);
  fixture.sandbox.stripe.advance({ bySeconds: 24 * 3600 + 1 });
  expect((await stripe.checkout.sessions.retrieve(idle.id)).status).toBe('expired');
  const { data } = await stripe.events.list({ type: 'checkout.session.expired' });
  expect(data).toHaveLength(2);
  const soon = await errorOf(payment({ expires_at: Math.floor(Date.now() / 1000) + 60 }));
  expect(soon.param).toBe('expires_at');
});

test('what is not played is refused aloud', async () => {
  const subscription = await errorOf(payment({ mode: 'subscription' }));
  expect(subscription.message).toMatch(/does not play/);
  const invoiced = await errorOf(payment({ invoice_creation: { enabled: true } }));
  expect(invoiced.message).toMatch(/does not play/);
});

test('a guest is made a customer when that is asked for, and tools can have JSON', async () => {
  const session = await stripe.checkout.sessions.create({
    mode: 'payment',
    customer_creation: 'always',
    line_items: [
      { quantity: 1, price_data: { currency: 'eur', unit_amount: 5, product_data: { name: 'x' } } },
    ],
    success_url: 'https://shop.example/done',
  });
  const answer = await fetch(`${session.url!}/submit`, {
    method: 'POST',
    headers: { accept: 'application/json' },
    body: new URLSearchParams({ ...GOOD, email: 'guest@example.com' }),
  });
  expect(await answer.json()).toEqual({
    outcome: 'complete',
    redirect_to: 'https://shop.example/done',
    session: session.id,
  });
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ['customer'] });
  expect(done.customer).toMatchObject({ email: 'guest@example.com', name: 'Ada' });
  expect(done.customer_details).toMatchObject({ email: 'guest@example.com' });
});
