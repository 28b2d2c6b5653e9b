import type Stripe from 'stripe';
import { Fixture, errorOf, stripeClient } from '../test-support.js';

const HOUR = 3600;
const DAY = 24 * HOUR;

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

function advance(seconds: number): void {
  fixture.sandbox.stripe.advance({ bySeconds: seconds });
}

async function defaultMethod(token: string): Promise<Stripe.PaymentMethod> {
  const method = await stripe.paymentMethods.attach(token, { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
  return method;
}

async function openAdvancing(): Promise<Stripe.Invoice> {
  const invoice = await stripe.invoices.create({ customer: customer.id, currency: 'usd' });
  await stripe.invoices.addLines(invoice.id, { lines: [{ amount: 1500 }] });
  return stripe.invoices.finalizeInvoice(invoice.id, { auto_advance: true });
}

test('an advancing invoice is charged an hour after it was finalized, not before', async () => {
  await defaultMethod('pm_card_visa');
  const invoice = await openAdvancing();
  expect(invoice.next_payment_attempt).toBe((invoice.status_transitions.finalized_at ?? 0) + HOUR);
  advance(HOUR - 60);
  expect((await stripe.invoices.retrieve(invoice.id)).status).toBe('open');
  advance(120);
  const paid = await stripe.invoices.retrieve(invoice.id);
  expect(paid.status).toBe('paid');
  expect(paid.status_transitions.paid_at).toBe(invoice.next_payment_attempt);
});

test('a failed automatic charge is tried again for days, then left open', async () => {
  const method = await defaultMethod('pm_card_chargeCustomerFail');
  const invoice = await openAdvancing();
  advance(HOUR);
  expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'open', attempt_count: 1 });
  advance(3 * DAY);
  const second = await stripe.invoices.retrieve(invoice.id);
  expect(second.attempt_count).toBe(2);
  expect(second.next_payment_attempt).not.toBeNull();
  fixture.sandbox.stripe.changeCard(method.id, '4242424242424242');
  advance(5 * DAY);
  expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'paid', attempt_count: 3 });

  const hopeless = await openAdvancing();
  fixture.sandbox.stripe.changeCard(method.id, '4000000000009995');
  advance(30 * DAY);
  expect(await stripe.invoices.retrieve(hopeless.id)).toMatchObject({
    status: 'open',
    attempt_count: 4,
    next_payment_attempt: null,
  });
});

test('automatic collection that is turned on after a charge has failed tries again, turned off it does not', async () => {
  const method = await defaultMethod('pm_card_chargeCustomerFail');
  const invoice = await stripe.invoices.create({
    customer: customer.id,
    currency: 'usd',
    auto_advance: false,
  });
  await stripe.invoices.addLines(invoice.id, { lines: [{ amount: 1500 }] });
  await errorOf(stripe.invoices.pay(invoice.id));
  const turn = (on: boolean): Promise<Stripe.Invoice> =>
    stripe.invoices.update(invoice.id, { auto_advance: on });
  expect((await stripe.invoices.retrieve(invoice.id)).next_payment_attempt).toBeNull();
  const present = Date.parse(fixture.sandbox.stripe.time().now) / 1000;
  expect(Math.abs(((await turn(true)).next_payment_attempt ?? 0) - present - 3 * DAY)).toBeLessThan(60);
  expect((await turn(false)).next_payment_attempt).toBeNull();
  fixture.sandbox.stripe.changeCard(method.id, '4242424242424242');
  advance(4 * DAY);
  expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'open', attempt_count: 1 });
  await turn(true);
  advance(4 * DAY);
  expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'paid', attempt_count: 2 });
});

test('an automatic charge without a method is a failed attempt', async () => {
  const invoice = await openAdvancing();
  advance(HOUR);
  expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ attempted: true, attempt_count: 1 });
  const { data } = await stripe.events.list({ type: 'invoice.payment_failed' });
  expect(data).toHaveLength(1);
});

test('an automatic charge that asks for authentication waits for the customer on the hosted page', async () => {
  await defaultMethod('pm_card_authenticationRequired');
  const invoice = await openAdvancing();
  advance(HOUR);
  const types = (await stripe.events.list({ limit: 100 })).data.map(({ type }) => type);
  expect(types).toEqual(
    expect.arrayContaining(['payment_intent.requires_action', 'invoice.payment_action_required']),
  );
  const error = await errorOf(stripe.invoices.pay(invoice.id));
  expect(error).toMatchObject({ code: 'invoice_payment_intent_requires_action', statusCode: 402 });
  const intent = error.payment_intent!;
  expect(intent.status).toBe('requires_action');
  const confirmed = await fetch(`${fixture.sandbox.stripe.url}/authenticate/${intent.id}`, {
    method: 'POST',
    body: new URLSearchParams({ authenticate: 'complete' }),
  });
  expect(confirmed.status).toBe(200);
  expect((await stripe.invoices.retrieve(invoice.id)).status).toBe('paid');
});

test('a draft that advances finalizes itself, even half filled: the reason not to ask for it', async () => {
  const invoice = await stripe.invoices.create({
    customer: customer.id,
    currency: 'usd',
    auto_advance: true,
  });
  await stripe.invoices.addLines(invoice.id, { lines: [{ amount: 100 }] });
  advance(HOUR + 1);
  expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'open', total: 100 });

  const empty = await stripe.invoices.create({ customer: customer.id, currency: 'usd', auto_advance: true });
  advance(HOUR + 1);
  expect(await stripe.invoices.retrieve(empty.id)).toMatchObject({
    status: 'draft',
    last_finalization_error: { code: 'invoice_no_customer_line_items' },
  });
});

test('a draft can be told when to finalize', async () => {
  const at = Math.floor(Date.parse(fixture.sandbox.stripe.time().now) / 1000) + 300;
  const invoice = await stripe.invoices.create({
    customer: customer.id,
    currency: 'usd',
    automatically_finalizes_at: at,
    collection_method: 'send_invoice',
    days_until_due: 30,
  });
  await stripe.invoices.addLines(invoice.id, { lines: [{ amount: 100 }] });
  advance(301);
  expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({
    status: 'open',
    status_transitions: { finalized_at: at },
  });
});

test('a bank debit is in processing until it is settled or returned days later', async () => {
  const good = await stripe.invoices.pay((await openAdvancing()).id, {
    payment_method: 'pm_usBankAccount_success',
  });
  expect(good.status).toBe('open');
  expect((await errorOf(stripe.invoices.pay(good.id, { payment_method: 'pm_card_visa' }))).message).toMatch(
    /in processing/,
  );
  const bad = await stripe.invoices.pay((await openAdvancing()).id, {
    payment_method: 'pm_usBankAccount_insufficientFunds',
  });
  advance(4 * DAY + 1);
  expect((await stripe.invoices.retrieve(good.id)).status).toBe('paid');
  const returned = await stripe.invoices.retrieve(bad.id, {
    expand: ['payments.data.payment.payment_intent'],
  });
  expect(returned.status).toBe('open');
  const intent = returned.payments?.data[0]?.payment.payment_intent as Stripe.PaymentIntent;
  expect(intent.last_payment_error?.decline_code).toBe('insufficient_funds');
});

test('a bank debit that stays in processing is ended by hand', async () => {
  const invoice = await openAdvancing();
  await stripe.invoices.pay(invoice.id, { payment_method: 'pm_usBankAccount_processing' });
  advance(30 * DAY);
  const { data } = await stripe.paymentIntents.list({ customer: customer.id });
  expect(data[0]?.status).toBe('processing');
  fixture.sandbox.stripe.settlePayment(data[0]!.id, 'succeeded');
  expect((await stripe.invoices.retrieve(invoice.id)).status).toBe('paid');
});

test('the clock runs what it passes in order, each thing at its own time', async () => {
  await defaultMethod('pm_card_visa');
  const first = await openAdvancing();
  advance(600);
  const second = await openAdvancing();
  advance(DAY);
  const [one, two] = [await stripe.invoices.retrieve(first.id), await stripe.invoices.retrieve(second.id)];
  expect(one.status_transitions.paid_at).toBe(first.next_payment_attempt);
  expect(two.status_transitions.paid_at).toBe(second.next_payment_attempt);
  const paid = await stripe.events.list({ type: 'invoice.paid' });
  expect(paid.data.map(({ data }) => (data.object as Stripe.Invoice).id)).toEqual([second.id, first.id]);
  expect(() => fixture.sandbox.stripe.advance({ to: '2001-01-01' })).toThrow(/only moves forward/);
});
