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
  customer = await stripe.customers.create({ name: 'Ada', email: 'ada@example.com' });
});

async function draft(...amounts: number[]): Promise<Stripe.Invoice> {
  const invoice = await stripe.invoices.create({ customer: customer.id, currency: 'usd' });
  if (amounts.length === 0) return invoice;
  return stripe.invoices.addLines(invoice.id, {
    lines: amounts.map((amount) => ({ amount, description: `line of ${amount}` })),
  });
}

async function open(...amounts: number[]): Promise<Stripe.Invoice> {
  return stripe.invoices.finalizeInvoice((await draft(...amounts)).id);
}

async function eventTypes(): Promise<string[]> {
  const events = await stripe.events.list({ limit: 100 }).autoPagingToArray({ limit: 1000 });
  return events.map(({ type }) => type).reverse();
}

test('thirty lines in one call are thirty lines, embedded ten at a time', async () => {
  const amounts = Array.from({ length: 30 }, (_, i) => i + 1);
  const invoice = await draft(...amounts);
  expect(invoice.total).toBe(465);
  expect(invoice.lines.data).toHaveLength(10);
  expect(invoice.lines.has_more).toBe(true);
  const lines = await stripe.invoices
    .listLineItems(invoice.id, { limit: 7 })
    .autoPagingToArray({ limit: 100 });
  expect(lines.map(({ amount }) => amount)).toEqual(amounts);
  expect(lines[0]?.parent?.invoice_item_details?.invoice_item).toMatch(/^ii_/);
});

test('an invoice holds 250 lines and not one more', async () => {
  const invoice = await draft(...Array.from({ length: 249 }, () => 1));
  await stripe.invoices.addLines(invoice.id, { lines: [{ amount: 1 }] });
  const error = await errorOf(stripe.invoices.addLines(invoice.id, { lines: [{ amount: 1 }] }));
  expect(error.message).toMatch(/at most 250/);
  expect((await stripe.invoices.retrieve(invoice.id)).total).toBe(250);
});

test('finalizing numbers the invoice, opens its page and makes its payment, which knows nothing of our metadata', async () => {
  const created = await stripe.invoices.create({
    customer: customer.id,
    currency: 'usd',
    metadata: { flexprice_invoice_id: 'inv_1' },
  });
  expect(created).toMatchObject({
    status: 'draft',
    auto_advance: false,
    number: null,
    hosted_invoice_url: null,
  });
  await stripe.invoices.addLines(created.id, { lines: [{ amount: 1234 }, { amount: -34 }] });
  const invoice = await stripe.invoices.finalizeInvoice(created.id, {
    expand: ['payments.data.payment.payment_intent', 'confirmation_secret', 'customer'],
  });
  expect(invoice).toMatchObject({ status: 'open', total: 1200, amount_due: 1200, amount_remaining: 1200 });
  expect(invoice.number).toMatch(/^[0-9A-F]{8}-0001$/);
  expect(invoice.status_transitions.finalized_at).toBeGreaterThan(0);
  expect(invoice.customer).toMatchObject({ id: customer.id, name: 'Ada' });
  const payment = invoice.payments?.data[0];
  expect(payment).toMatchObject({
    is_default: true,
    status: 'open',
    amount_requested: 1200,
    amount_paid: null,
  });
  const intent = payment?.payment.payment_intent as Stripe.PaymentIntent;
  expect(intent).toMatchObject({ amount: 1200, status: 'requires_payment_method' });
  expect(intent.metadata).toEqual({});
  expect(invoice.confirmation_secret?.client_secret).toBe(intent.client_secret);
  const found = await stripe.invoicePayments.list({
    payment: { type: 'payment_intent', payment_intent: intent.id },
  });
  expect(found.data.map((one) => one.invoice)).toEqual([invoice.id]);

  const again = await errorOf(stripe.invoices.finalizeInvoice(created.id));
  expect(again).toMatchObject({ code: 'invoice_not_editable', statusCode: 400 });
  expect((await errorOf(stripe.invoices.addLines(created.id, { lines: [{ amount: 1 }] }))).code).toBe(
    'invoice_not_editable',
  );
  expect(await eventTypes()).toEqual([
    'customer.created',
    'invoice.created',
    'invoiceitem.created',
    'invoiceitem.created',
    'invoice.updated',
    'invoice.finalized',
    'invoice.updated',
    'payment_intent.created',
  ]);
});

test('paying tells of it in this order, and the invoice says how it was paid', async () => {
  const invoice = await open(1000);
  const before = (await eventTypes()).length;
  const paid = await stripe.invoices.pay(
    invoice.id,
    { payment_method: 'pm_card_visa' },
    { idempotencyKey: `pay:${invoice.id}` },
  );
  expect(paid).toMatchObject({ status: 'paid', amount_paid: 1000, amount_remaining: 0, attempt_count: 1 });
  expect((await eventTypes()).slice(before)).toEqual([
    'charge.succeeded',
    'payment_intent.succeeded',
    'invoice_payment.paid',
    'invoice.updated',
    'invoice.paid',
    'invoice.payment_succeeded',
  ]);
  const events = await stripe.events.list({ type: 'invoice_payment.paid' });
  const payment = events.data[0]?.data.object as Stripe.InvoicePayment;
  expect(payment).toMatchObject({ invoice: invoice.id, status: 'paid', amount_paid: 1000 });
  expect(payment.payment.payment_intent).toMatch(/^pi_/);
  expect(events.data[0]?.request?.idempotency_key).toBe(`pay:${invoice.id}`);
  const updated = await stripe.events.list({ type: 'invoice.updated', limit: 1 });
  expect(updated.data[0]?.data.previous_attributes).toMatchObject({
    status: 'open',
    amount_remaining: 1000,
    status_transitions: { paid_at: null },
  });
  expect((await errorOf(stripe.invoices.pay(invoice.id))).message).toMatch(/already paid/);
});

test('a decline is a 402 with the payment in it; the draft has been finalized and stays open', async () => {
  const invoice = await draft(700);
  const method = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
  const error = await errorOf(stripe.invoices.pay(invoice.id, { payment_method: method.id }));
  expect(error).toMatchObject({ code: 'card_declined', decline_code: 'generic_decline', statusCode: 402 });
  expect(error.payment_intent).toMatchObject({ object: 'payment_intent', status: 'requires_payment_method' });
  const after = await stripe.invoices.retrieve(invoice.id);
  expect(after).toMatchObject({
    status: 'open',
    attempted: true,
    attempt_count: 1,
    next_payment_attempt: null,
  });
  expect((await eventTypes()).slice(-5)).toEqual([
    'payment_intent.created',
    'charge.failed',
    'payment_intent.payment_failed',
    'invoice.updated',
    'invoice.payment_failed',
  ]);
});

test('without any payment method there is nothing to pay with', async () => {
  const invoice = await open(700);
  const error = await errorOf(stripe.invoices.pay(invoice.id));
  expect(error).toMatchObject({ rawType: 'invalid_request_error', code: 'resource_missing' });
  expect(error.message).toMatch(/no `default_payment_method` set/);
  const foreign = await stripe.customers.create({});
  const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: foreign.id });
  expect((await errorOf(stripe.invoices.pay(invoice.id, { payment_method: method.id }))).message).toMatch(
    /must be attached to the customer/,
  );
});

test('out of band settles all that remains without a payment', async () => {
  const invoice = await open(900);
  const paid = await stripe.invoices.pay(invoice.id, { paid_out_of_band: true }, {});
  expect(paid).toMatchObject({
    status: 'paid',
    amount_paid: 900,
    amount_paid_off_stripe: 900,
    amount_remaining: 0,
  });
  const { data } = await stripe.invoicePayments.list({ invoice: invoice.id });
  expect(data.map(({ status }) => status)).toEqual(['canceled']);
  expect(await eventTypes()).not.toContain('invoice.payment_succeeded');
  expect(await eventTypes()).toContain('invoice.paid');
});

test('a payment of its own can be attached, in part; what is left is asked for', async () => {
  const invoice = await open(1000);
  const own = await stripe.paymentIntents.create({
    amount: 400,
    currency: 'usd',
    customer: customer.id,
    payment_method: 'pm_card_visa',
    off_session: true,
    confirm: true,
  });
  const partly = await stripe.invoices.attachPayment(invoice.id, { payment_intent: own.id });
  expect(partly).toMatchObject({ status: 'open', amount_paid: 400, amount_remaining: 600 });
  const record = await stripe.paymentRecords.reportPayment({
    amount_requested: { currency: 'usd', value: 600 },
    initiated_at: 1,
    payment_method_details: { type: 'custom', custom: { display_name: 'Wire' } },
    outcome: 'guaranteed',
    guaranteed: { guaranteed_at: 2 },
    customer_details: { customer: customer.id },
  });
  const settled = await stripe.invoices.attachPayment(invoice.id, { payment_record: record.id });
  expect(settled).toMatchObject({ status: 'paid', amount_paid: 1000, amount_paid_off_stripe: 600 });
  const { data } = await stripe.invoicePayments.list({ invoice: invoice.id });
  expect(data.map(({ status, amount_requested: asked }) => [status, asked]).sort()).toEqual([
    ['canceled', 600],
    ['paid', 400],
    ['paid', 600],
  ]);
});

test('nothing due is paid by being finalized; a credit goes to the balance', async () => {
  const zero = await open(500, -500);
  expect(zero).toMatchObject({ status: 'paid', amount_due: 0, attempted: true });
  const credit = await open(-300);
  expect(credit).toMatchObject({ status: 'paid', total: -300, amount_due: 0, ending_balance: -300 });
  const next = await open(1000);
  expect(next).toMatchObject({ starting_balance: -300, total: 1000, amount_due: 700, ending_balance: 0 });
});

test('void, uncollectible and delete are for open, open and draft', async () => {
  const voided = await stripe.invoices.voidInvoice((await open(100)).id);
  expect(voided.status).toBe('void');
  const { data: payments } = await stripe.invoicePayments.list({
    invoice: voided.id,
    expand: ['data.payment.payment_intent'],
  });
  expect(payments.map(({ status, payment }) => [status, payment.payment_intent])).toEqual([
    ['canceled', expect.objectContaining({ status: 'canceled', cancellation_reason: 'void_invoice' })],
  ]);
  expect((await errorOf(stripe.invoices.voidInvoice(voided.id))).code).toBe('invoice_not_editable');
  const bad = await stripe.invoices.markUncollectible((await open(100)).id);
  expect(bad.status).toBe('uncollectible');
  expect((await stripe.invoices.pay(bad.id, { payment_method: 'pm_card_visa' })).status).toBe('paid');
  const deleted = await stripe.invoices.del((await draft(100)).id);
  expect(deleted.deleted).toBe(true);
  expect((await errorOf(stripe.invoices.del(bad.id))).code).toBe('invoice_not_editable');
  const types = await eventTypes();
  expect(types).toEqual(
    expect.arrayContaining(['invoice.voided', 'invoice.marked_uncollectible', 'invoice.deleted']),
  );
});

test('sending needs an email and a due date in the future, and finalizes', async () => {
  const nobody = await stripe.customers.create({});
  const collection = { collection_method: 'send_invoice', currency: 'usd' } as const;
  expect(
    (await errorOf(stripe.invoices.create({ customer: nobody.id, days_until_due: 3, ...collection })))
      .message,
  ).toMatch(/Missing email/);
  expect((await errorOf(stripe.invoices.create({ customer: customer.id, ...collection }))).message).toMatch(
    /due_date/,
  );
  const past = { customer: customer.id, due_date: 1000, ...collection };
  expect((await errorOf(stripe.invoices.create(past))).message).toMatch(/future/);
  expect(
    (await errorOf(stripe.invoices.create({ customer: customer.id, currency: 'usd', days_until_due: 3 })))
      .message,
  ).toMatch(/send_invoice/);
  const invoice = await stripe.invoices.create({ customer: customer.id, days_until_due: 3, ...collection });
  await stripe.invoices.addLines(invoice.id, { lines: [{ amount: 100 }] });
  const sent = await stripe.invoices.sendInvoice(invoice.id);
  expect(sent.status).toBe('open');
  expect(sent.due_date).toBe((sent.status_transitions.finalized_at ?? 0) + 3 * 86_400);
  expect(await eventTypes()).toContain('invoice.sent');
});

test('prices are multiplied exactly and rounded once; taxes come as they are given', async () => {
  const invoice = await draft();
  const { Decimal } = (await import('stripe')).default;
  const filled = await stripe.invoices.addLines(invoice.id, {
    lines: [
      {
        description: 'calls',
        price_data: {
          currency: 'usd',
          product_data: { name: 'API' },
          unit_amount_decimal: Decimal.from('0.000123456789'),
        },
        quantity_decimal: Decimal.from('1000000.5'),
      },
      {
        amount: 1000,
        tax_amounts: [
          {
            amount: 190,
            taxable_amount: 1000,
            tax_rate_data: { display_name: 'VAT', inclusive: false, percentage: 19 },
          },
        ],
      },
    ],
  });
  expect(filled.lines.data.map(({ amount }) => amount)).toEqual([123, 1000]);
  expect(filled).toMatchObject({ subtotal: 1123, total: 1313, total_excluding_tax: 1123 });
  expect(filled.total_taxes?.map(({ amount }) => amount)).toEqual([190]);
  const [first, second] = filled.lines.data;
  const changed = await stripe.invoices.updateLines(invoice.id, {
    lines: [{ id: second!.id, amount: 500, tax_amounts: '' }],
  });
  expect(changed.total).toBe(623);
  const removed = await stripe.invoices.removeLines(invoice.id, {
    lines: [{ id: first!.id, behavior: 'delete' }],
  });
  expect(removed.total).toBe(500);
});

test('pending items are swept in when asked for', async () => {
  await stripe.invoiceItems.create({ customer: customer.id, amount: 250, currency: 'usd' });
  expect((await draft()).total).toBe(0);
  const invoice = await stripe.invoices.create({
    customer: customer.id,
    pending_invoice_items_behavior: 'include',
  });
  expect(invoice.total).toBe(250);
  expect((await stripe.invoiceItems.list({ pending: true })).data).toEqual([]);
});

test('the hosted page declines, is paid, and has a PDF', async () => {
  const invoice = await open(4200);
  const page = invoice.hosted_invoice_url!;
  expect(await (await fetch(page)).text()).toContain('42.00 USD');
  const declined = await submitForm(page, { card_number: '4000000000000002' });
  expect(declined.status).toBe(402);
  expect(await declined.text()).toContain('Your card was declined.');
  const asked = await submitForm(page, { card_number: '4000 0025 0000 3155' });
  expect(asked.status).toBe(200);
  expect(await asked.text()).toContain('It is me');
  const paid = await submitForm(page, { card_number: '4000002500003155', authenticate: 'complete' });
  expect(paid.status).toBe(303);
  expect((await stripe.invoices.retrieve(invoice.id)).status).toBe('paid');
  expect((await submitForm(page, { card_number: '4242424242424242' })).status).toBe(409);
  const pdf = await fetch(invoice.invoice_pdf!);
  expect(pdf.headers.get('content-type')).toBe('application/pdf');
  expect((await pdf.text()).startsWith('%PDF-1.4')).toBe(true);
});

test('lists filter by status and customer, search by metadata', async () => {
  const invoice = await stripe.invoices.create({
    customer: customer.id,
    currency: 'usd',
    metadata: { flexprice_invoice_id: 'inv_9' },
  });
  await open(100);
  const drafts = await stripe.invoices.list({ customer: customer.id, status: 'draft' });
  expect(drafts.data.map(({ id }) => id)).toEqual([invoice.id]);
  fixture.sandbox.stripe.advance({ bySeconds: 60 });
  const found = await stripe.invoices.search({ query: "metadata['flexprice_invoice_id']:'inv_9'" });
  expect(found.data.map(({ id }) => id)).toEqual([invoice.id]);
});
