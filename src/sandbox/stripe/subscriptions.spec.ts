import type Stripe from 'stripe';
import { Fixture, errorOf, stripeClient } from '../test-support.js';

const DAY = 86_400;

const fixture = new Fixture();
beforeAll(async () => fixture.start());
afterEach(async () => fixture.check());
afterAll(async () => fixture.stop());
let stripe: Stripe;
let customer: Stripe.Customer;
let price: Stripe.Price;

beforeEach(async () => {
  stripe = stripeClient(fixture.sandbox);
  customer = await stripe.customers.create({
    email: 'ada@example.com',
    payment_method: 'pm_card_visa',
    invoice_settings: { default_payment_method: 'pm_card_visa' },
  });
  price = await stripe.prices.create({
    currency: 'usd',
    unit_amount: 1500,
    recurring: { interval: 'month' },
    product_data: { name: 'Plan' },
  });
});

async function subscribe(more: Partial<Stripe.SubscriptionCreateParams> = {}): Promise<Stripe.Subscription> {
  return stripe.subscriptions.create({
    customer: customer.id,
    items: [{ price: price.id, quantity: 2 }],
    ...more,
  });
}

async function subscriptionEvents(): Promise<string[]> {
  const { data } = await stripe.events.list({ type: 'customer.subscription.*', limit: 100 });
  return data.map(({ type }) => type.replace('customer.subscription.', '')).reverse();
}

test('a subscription bills its first period at once; periods are on the items', async () => {
  const created = await subscribe({ metadata: { plan: 'gold' } });
  const subscription = await stripe.subscriptions.retrieve(created.id, {
    expand: ['items.data.price.product', 'customer', 'latest_invoice'],
  });
  expect(subscription).toMatchObject({
    status: 'active',
    customer: { id: customer.id },
    latest_invoice: { status: 'paid', total: 3000, billing_reason: 'subscription_create' },
    items: { data: [{ quantity: 2, price: { product: { name: 'Plan' } } }] },
  });
  const [item] = subscription.items.data;
  expect(item!.current_period_end - item!.current_period_start).toBeGreaterThanOrEqual(28 * DAY);
  expect(await subscriptionEvents()).toEqual(['created', 'updated']);
});

test('time renews it, and a declined renewal makes it past due until it is paid', async () => {
  const { id, items } = await subscribe();
  fixture.sandbox.stripe.advance({ to: new Date(items.data[0]!.current_period_end * 1000 + 3_700_000) });
  const renewed = await stripe.subscriptions.retrieve(id, { expand: ['latest_invoice'] });
  expect(renewed.items.data[0]!.current_period_start).toBe(items.data[0]!.current_period_end);
  expect(renewed.latest_invoice).toMatchObject({ status: 'paid', billing_reason: 'subscription_cycle' });

  const { data: methods } = await stripe.customers.listPaymentMethods(customer.id);
  fixture.sandbox.stripe.changeCard(methods[0]!.id, '4000000000000002');
  const end = renewed.items.data[0]!.current_period_end;
  fixture.sandbox.stripe.advance({ to: new Date(end * 1000 + 3_700_000) });
  const due = await stripe.subscriptions.retrieve(id);
  expect(due.status).toBe('past_due');
  fixture.sandbox.stripe.changeCard(methods[0]!.id, '4242424242424242');
  await stripe.invoices.pay(due.latest_invoice as string);
  expect((await stripe.subscriptions.retrieve(id)).status).toBe('active');
});

test('a trial bills nothing, is announced before it ends, and then bills', async () => {
  const trial = await subscribe({ trial_period_days: 10 });
  expect(trial.status).toBe('trialing');
  fixture.sandbox.stripe.advance({ bySeconds: 8 * DAY });
  expect(await subscriptionEvents()).toEqual(['created', 'trial_will_end']);
  fixture.sandbox.stripe.advance({ bySeconds: 2 * DAY + 3700 });
  const active = await stripe.subscriptions.retrieve(trial.id, { expand: ['latest_invoice'] });
  expect(active).toMatchObject({ status: 'active', latest_invoice: { status: 'paid', total: 3000 } });
});

test('it is changed, canceled at the end of its period, or at once', async () => {
  const { id, items } = await subscribe();
  const changed = await stripe.subscriptions.update(id, {
    items: [{ id: items.data[0]!.id, quantity: 5 }],
    cancel_at_period_end: true,
    metadata: { k: 'v' },
  });
  expect(changed).toMatchObject({ cancel_at_period_end: true, metadata: { k: 'v' } });
  expect(changed.items.data[0]!.quantity).toBe(5);
  fixture.sandbox.stripe.advance({ to: new Date(items.data[0]!.current_period_end * 1000 + 1000) });
  expect((await stripe.subscriptions.retrieve(id)).status).toBe('canceled');
  const other = await subscribe();
  expect((await stripe.subscriptions.cancel(other.id)).status).toBe('canceled');
  expect((await subscriptionEvents()).filter((type) => type === 'deleted')).toHaveLength(2);
  expect((await stripe.subscriptions.list({ customer: customer.id })).data).toEqual([]);
  expect((await stripe.subscriptions.list({ customer: customer.id, status: 'all' })).data).toHaveLength(2);
});

test('it is paused and resumed; paused collection keeps drafts', async () => {
  const { id } = await subscribe();
  expect((await stripe.subscriptions.pause(id)).status).toBe('paused');
  const resumed = await stripe.subscriptions.resume(id);
  expect(resumed.status).toBe('active');
  expect(await subscriptionEvents()).toEqual([
    'created',
    'updated',
    'updated',
    'paused',
    'updated',
    'resumed',
  ]);
  await stripe.subscriptions.update(id, { pause_collection: { behavior: 'keep_as_draft' } });
  fixture.sandbox.stripe.advance({
    to: new Date(resumed.items.data[0]!.current_period_end * 1000 + DAY * 1000),
  });
  const { latest_invoice: latest } = await stripe.subscriptions.retrieve(id, { expand: ['latest_invoice'] });
  expect(latest).toMatchObject({ status: 'draft', billing_reason: 'subscription_cycle' });
});

test('a first payment that fails leaves it incomplete, or fails the call', async () => {
  const { data } = await stripe.customers.listPaymentMethods(customer.id);
  fixture.sandbox.stripe.changeCard(data[0]!.id, '4000000000000341');
  expect((await subscribe()).status).toBe('incomplete');
  const error = await errorOf(subscribe({ payment_behavior: 'error_if_incomplete' }));
  expect(error.statusCode).toBe(402);
  const poor = await stripe.customers.create({});
  expect((await errorOf(subscribe({ customer: poor.id }))).message).toMatch(/no attached payment source/);
});

test('graduated and volume tiers are billed as they are', async () => {
  const tiers = [
    { up_to: 2, unit_amount: 100 },
    { up_to: 'inf' as const, unit_amount: 50, flat_amount: 10 },
  ];
  const base = {
    currency: 'usd',
    billing_scheme: 'tiered',
    recurring: { interval: 'month' },
    tiers,
  } as const;
  const product = { product_data: { name: 'T' } };
  const graduated = await stripe.prices.create({
    ...base,
    ...product,
    tiers: [...tiers],
    tiers_mode: 'graduated',
  });
  const volume = await stripe.prices.create({ ...base, ...product, tiers: [...tiers], tiers_mode: 'volume' });
  const { latest_invoice: latest } = await subscribe({
    items: [
      { price: graduated.id, quantity: 5 },
      { price: volume.id, quantity: 5 },
    ],
    expand: ['latest_invoice'],
  });
  expect((latest as Stripe.Invoice).lines.data.map(({ amount }) => amount)).toEqual([360, 260]);
});
