import Stripe from 'stripe';
import { Fixture, errorOf, stripeClient } from '../test-support.js';

const fixture = new Fixture();
beforeAll(async () => fixture.start());
afterEach(async () => fixture.check());
afterAll(async () => fixture.stop());
let stripe: Stripe;

beforeEach(() => {
  stripe = stripeClient(fixture.sandbox);
});

test('a customer keeps what it is given; updates merge metadata and unset with empty values', async () => {
  const created = await stripe.customers.create({
    name: 'Ünïcode & Co',
    email: 'Ada@example.com',
    address: { line1: '1 Main', country: 'US' },
    metadata: { flexprice_customer_id: 'cust_1', gone: 'soon' },
  });
  expect(created).toMatchObject({
    name: 'Ünïcode & Co',
    email: 'Ada@example.com',
    address: { line1: '1 Main', country: 'US', city: null },
    livemode: false,
  });
  const updated = await stripe.customers.update(created.id, {
    name: '',
    metadata: { gone: '', added: 'yes' },
  });
  expect(updated.name).toBeNull();
  expect(updated.metadata).toEqual({ flexprice_customer_id: 'cust_1', added: 'yes' });
  const cleared = await stripe.customers.update(created.id, { metadata: '' });
  expect(cleared.metadata).toEqual({});
});

test('lists filter by email as it is written and page with cursors', async () => {
  for (const n of [1, 2, 3, 4, 5]) await stripe.customers.create({ name: `n${n}`, email: 'a@example.com' });
  await stripe.customers.create({ email: 'A@example.com' });
  const all = await stripe.customers
    .list({ email: 'a@example.com', limit: 2 })
    .autoPagingToArray({ limit: 10 });
  expect(all.map(({ name }) => name)).toEqual(['n5', 'n4', 'n3', 'n2', 'n1']);
  const page = await stripe.customers.list({ email: 'a@example.com', limit: 2, starting_after: all[1]!.id });
  expect(page.has_more).toBe(true);
  const back = await stripe.customers.list({ email: 'a@example.com', ending_before: all[2]!.id });
  expect(back.data.map(({ name }) => name)).toEqual(['n5', 'n4']);
});

test('a search sees a change only after its index has caught up', async () => {
  const query = "metadata['flexprice_customer_id']:'cust_7'";
  const customer = await stripe.customers.create({ metadata: { flexprice_customer_id: 'cust_7' } });
  expect((await stripe.customers.search({ query })).data).toEqual([]);
  fixture.sandbox.stripe.advance({ bySeconds: 61 });
  expect((await stripe.customers.search({ query })).data.map(({ id }) => id)).toEqual([customer.id]);

  await stripe.customers.update(customer.id, { metadata: { flexprice_customer_id: 'cust_8' } });
  const stale = await stripe.customers.search({ query });
  expect(stale.data[0]?.metadata).toEqual({ flexprice_customer_id: 'cust_8' });
  fixture.sandbox.stripe.advance({ bySeconds: 61 });
  expect((await stripe.customers.search({ query })).data).toEqual([]);
});

test('search understands negation, comparison and joints, and says what it does not understand', async () => {
  await stripe.customers.create({ name: 'Ada', email: 'ada@example.com' });
  await stripe.customers.create({ name: 'Bob', email: 'bob@example.com' });
  fixture.sandbox.stripe.advance({ bySeconds: 120 });
  const names = async (query: string): Promise<(string | null | undefined)[]> =>
    (await stripe.customers.search({ query })).data.map(({ name }) => name);
  expect(await names('name:"ada"')).toEqual(['Ada']);
  expect(await names('email~"example" AND -name:"Ada"')).toEqual(['Bob']);
  expect(await names("name:'Ada' OR name:'Bob'")).toEqual(['Bob', 'Ada']);
  expect(await names('created>1 AND name:"Bob"')).toEqual(['Bob']);
  expect((await errorOf(stripe.customers.search({ query: 'name =' }))).message).toMatch(/unable to parse/);
});

test('a deleted customer stays known as deleted', async () => {
  const { id } = await stripe.customers.create({});
  expect(await stripe.customers.del(id)).toEqual(expect.objectContaining({ id, deleted: true }));
  expect(await stripe.customers.retrieve(id)).toMatchObject({ deleted: true });
  const error = await errorOf(stripe.customers.update(id, { name: 'x' }));
  expect(error).toBeInstanceOf(Stripe.errors.StripeInvalidRequestError);
  expect(error).toMatchObject({ code: 'resource_missing', statusCode: 404, param: 'id' });
});

test('methods are attached, listed, made default and detached for good', async () => {
  const customer = await stripe.customers.create({});
  const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  expect(method).toMatchObject({
    customer: customer.id,
    type: 'card',
    card: { brand: 'visa', last4: '4242' },
  });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: method.id } });
  const expanded = await stripe.customers.retrieve(customer.id, {
    expand: ['invoice_settings.default_payment_method'],
  });
  expect((expanded as Stripe.Customer).invoice_settings.default_payment_method).toMatchObject({
    id: method.id,
    card: { last4: '4242' },
  });
  const listed = await stripe.customers.listPaymentMethods(customer.id, { type: 'card' });
  expect(listed.data.map(({ id }) => id)).toEqual([method.id]);

  await stripe.paymentMethods.detach(method.id);
  expect((await stripe.customers.listPaymentMethods(customer.id)).data).toEqual([]);
  const again = await errorOf(stripe.paymentMethods.attach(method.id, { customer: customer.id }));
  expect(again.message).toMatch(/may not be used again/);
  const after = (await stripe.customers.retrieve(customer.id)) as Stripe.Customer;
  expect(after.invoice_settings.default_payment_method).toBeNull();
});

test('a method of somebody else cannot become a default; a declining card cannot be saved', async () => {
  const [one, other] = [await stripe.customers.create({}), await stripe.customers.create({})];
  const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: one.id });
  const error = await errorOf(
    stripe.customers.update(other.id, { invoice_settings: { default_payment_method: method.id } }),
  );
  expect(error.message).toMatch(/must be attached to the customer/);
  const declined = await errorOf(
    stripe.paymentMethods.attach('pm_card_chargeDeclined', { customer: one.id }),
  );
  expect(declined).toBeInstanceOf(Stripe.errors.StripeCardError);
  expect(declined).toMatchObject({ code: 'card_declined', decline_code: 'generic_decline', statusCode: 402 });
});

test('products and prices: tiers on request, inactive ones on request, archived by update', async () => {
  const product = await stripe.products.create({ name: 'API' });
  const tiered = await stripe.prices.create({
    product: product.id,
    currency: 'usd',
    billing_scheme: 'tiered',
    tiers_mode: 'graduated',
    recurring: { interval: 'month', usage_type: 'licensed' },
    tiers: [
      { up_to: 10, unit_amount: 100 },
      { up_to: 'inf', unit_amount_decimal: Stripe.Decimal.from('0.5') },
    ],
  });
  expect(tiered.tiers).toBeUndefined();
  const inactive = await stripe.prices.create({ product: product.id, currency: 'usd', unit_amount: 5 });
  await stripe.prices.update(inactive.id, { active: false });
  const listed = await stripe.prices.list({ product: product.id, expand: ['data.tiers', 'data.product'] });
  expect(listed.data.map(({ id }) => id)).toEqual([tiered.id]);
  expect(listed.data[0]?.tiers?.map(({ up_to, unit_amount }) => ({ up_to, unit_amount }))).toEqual([
    { up_to: 10, unit_amount: 100 },
    { up_to: null, unit_amount: null },
  ]);
  expect(listed.data[0]?.product).toMatchObject({ id: product.id, name: 'API' });
  const asked = await stripe.prices.list({ product: product.id, active: false });
  expect(asked.data.map(({ id }) => id)).toEqual([inactive.id]);
  expect((await errorOf(stripe.products.del(product.id))).message).toMatch(/cannot be deleted/);
  expect((await stripe.products.update(product.id, { active: false })).active).toBe(false);
});

test('GET /v1/account tells whose key it is', async () => {
  const account = await stripe.accounts.retrieveCurrent();
  expect(account.id).toBe(fixture.sandbox.stripe.accounts().at(-1)?.id);
});
