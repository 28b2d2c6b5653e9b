import fc from 'fast-check';
import type Stripe from 'stripe';
import { eventually } from '../support/eventually.js';
import { arrange } from '../support/faults.js';
import { Road } from '../support/road.js';
import { quiet, stripeAt, subscriptionOf } from '../support/stripe-account.js';

const DAY = 24 * 60 * 60 * 1000;
const IN = {
  customer_outbound_enabled: false,
  invoice_outbound_enabled: false,
  customer_inbound_enabled: true,
  plan_inbound_enabled: true,
  subscription_inbound_enabled: true,
};

interface Shop {
  readonly road: Road;
  readonly stripe: Stripe;
  readonly secretKey: string;
  readonly connection: any;
}

async function shop(sync: Record<string, boolean> = {}): Promise<Shop> {
  const road = await Road.start();
  const { connection, secretKey } = await road.connectStripe({ ...IN, ...sync });
  return { road, connection, secretKey, stripe: stripeAt(road, secretKey) };
}

/** Both clocks: what is used here must not lie before what begins there, nor after what ends there. */
async function advance(road: Road, to: Date): Promise<void> {
  const { environmentId } = road.server.tenant;
  const { now } = await road.api.post(`/environments/${environmentId}/clock/advance`, {
    to: to.toISOString(),
  });
  road.sandbox.stripe.advance({ to: new Date(now as string) });
}

let customers = 0;
async function payer({ stripe }: Shop, card = 'pm_card_visa'): Promise<Stripe.Customer> {
  customers += 1;
  const customer = await stripe.customers.create({
    name: `Payer ${customers}`,
    email: `payer-${customers}@example.test`,
    metadata: { external_id: `payer-${customers}` },
  });
  const { id } = await stripe.paymentMethods.attach(card, { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } });
  return customer;
}

const monthly = (amount: number, more: Partial<Stripe.PriceCreateParams> = {}) =>
  ({ currency: 'usd', unit_amount: amount, recurring: { interval: 'month' }, ...more }) as const;

async function product(
  { stripe }: Shop,
  name: string,
  ...prices: readonly Partial<Stripe.PriceCreateParams>[]
): Promise<{ id: string; prices: Stripe.Price[] }> {
  const { id } = await stripe.products.create({ name });
  const made: Stripe.Price[] = [];
  for (const price of prices)
    made.push(await stripe.prices.create({ product: id, ...price } as Stripe.PriceCreateParams));
  return { id, prices: made };
}

const openLines = (subscription: any): any[] =>
  subscription.line_items.filter((line: any) => line.end_date === null);

/** What a subscription comes to, in words that do not depend on ids or on when anything was heard of. */
const shown = (subscription: any) => ({
  status: subscription.subscription_status,
  product: subscription.plan?.metadata.stripe_product_id,
  items: Object.fromEntries(
    openLines(subscription)
      .filter((line) => line.metadata.billed_by !== undefined)
      .map((line) => [line.price.metadata.stripe_price_id, line.quantity]),
  ),
  cancel_at: subscription.cancel_at,
  cancel_at_period_end: subscription.cancel_at_period_end,
  interval: [subscription.billing_period_count, subscription.billing_period],
  period_end: subscription.current_period_end,
  trial_end: subscription.trial_end,
});

/** What Stripe says that it has to come to. */
function expected(remote: Stripe.Subscription): unknown {
  const at = (seconds: number | null): string | null =>
    seconds === null ? null : new Date(seconds * 1000).toISOString();
  const items = remote.items.data;
  const [first] = items;
  const paused = remote.status === 'paused' || remote.pause_collection !== null;
  // What it was when it ended depends on which of its last changes were ever heard of; that it has ended does not.
  if (remote.status === 'canceled') return { status: 'cancelled' };
  const units = { day: 'DAILY', week: 'WEEKLY', month: 'MONTHLY', year: 'ANNUAL' } as const;
  const recurring = first!.price.recurring!;
  return {
    status: paused ? 'paused' : remote.status === 'trialing' ? 'trialing' : 'active',
    product: first!.price.product,
    items: Object.fromEntries(items.map(({ price, quantity }) => [price.id, String(quantity ?? 0)])),
    cancel_at: at(remote.cancel_at),
    cancel_at_period_end: remote.cancel_at_period_end,
    period_end: at(
      remote.cancel_at !== null && remote.cancel_at < first!.current_period_end
        ? remote.cancel_at
        : first!.current_period_end,
    ),
    interval: [recurring.interval_count, units[recurring.interval as 'day']],
    trial_end: at(remote.trial_end),
  };
}

/** Ours is what Stripe's is. */
async function same({ road, stripe }: Shop, id: string): Promise<any> {
  await quiet(road);
  const ours = await subscriptionOf(road, id);
  expect(ours && shown(ours)).toMatchObject(expected(await stripe.subscriptions.retrieve(id)) as object);
  return ours;
}

/** A plan of Stripe's with a price of ours for calls, 0.5 each, and how to make them. */
async function metered(
  at: Shop,
  name: string,
): Promise<{
  pro: Awaited<ReturnType<typeof product>>;
  use: (customer: Stripe.Customer, count: number) => Promise<void>;
}> {
  const { road } = at;
  const pro = await product(at, `Metered ${name}`, monthly(2000));
  await quiet(road);
  const { items: plans } = await road.api.post('/plans/search', { lookup_key: pro.id });
  const event = `calls-${name}`;
  const feature = await road.api.create('/features', {
    name: `Calls ${name}`,
    lookup_key: event,
    type: 'metered',
    meter: {
      name: `Calls ${name}`,
      event_name: event,
      aggregation: { type: 'COUNT' },
      reset_usage: 'BILLING_PERIOD',
    },
  });
  await road.api.create('/prices', {
    entity_type: 'PLAN',
    entity_id: plans[0].id,
    type: 'USAGE',
    meter_id: feature.meter_id ?? feature.meter.id,
    billing_model: 'FLAT_FEE',
    amount: '0.5',
    currency: 'usd',
    billing_period: 'MONTHLY',
    billing_period_count: 1,
    invoice_cadence: 'ARREAR',
  });
  const use = async (customer: Stripe.Customer, count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1)
      await road.api.expect(202, 'POST', '/events', {
        event_name: event,
        external_customer_id: customer.metadata.external_id,
        properties: {},
      });
  };
  return { pro, use };
}

describe('subscriptions of Stripe come in', () => {
  let at: Shop;
  beforeAll(async () => {
    at = await shop();
  });
  afterAll(async () => {
    await at.road.stop();
  });

  it('with customer, plan, several items and quantities; Stripe bills them, and nothing is billed twice', async () => {
    const { road, stripe } = at;
    const pro = await product(at, 'Pro', monthly(2000), monthly(500));
    const extra = await product(at, 'Extra', monthly(300));
    const customer = await payer(at);
    const made = await stripe.subscriptions.create({
      customer: customer.id,
      items: [
        { price: pro.prices[0]!.id, quantity: 3 },
        { price: pro.prices[1]!.id },
        { price: extra.prices[0]!.id, quantity: 7 },
      ],
    });
    const ours = await same(at, made.id);
    expect(ours).toMatchObject({
      subscription_status: 'active',
      start_date: new Date(made.start_date * 1000).toISOString(),
      metadata: { stripe_subscription_id: made.id, stripe_status: 'active' },
    });
    expect((await road.api.get(`/customers/${ours.customer_id}`)).email).toBe(customer.email);
    expect(openLines(ours)).toHaveLength(3);
    const mapped = await road.api.get(`/integrations/mappings?entity_type=subscription&entity_id=${ours.id}`);
    expect(mapped.items).toMatchObject([{ provider_entity_id: made.id, state: 'linked' }]);

    const end = new Date(new Date(ours.current_period_end).getTime() + DAY);
    await advance(road, end);
    const later = await same(at, made.id);
    expect(later.current_period_start).toBe(ours.current_period_end);
    const { items } = await road.api.post('/invoices/search', { subscription_id: ours.id });
    expect(items.filter((one: any) => one.invoice_status !== 'SKIPPED')).toEqual([]);
  });

  it('what is metered here is billed here: at the end of a period, and when it is cancelled there', async () => {
    const { road, stripe } = at;
    const { pro, use } = await metered(at, 'here');
    const customer = await payer(at);
    const made = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: pro.prices[0]!.id }],
    });
    const ours = await same(at, made.id);
    expect(
      openLines(ours)
        .map((line) => line.price_type)
        .sort(),
    ).toEqual(['FIXED', 'USAGE']);
    await use(customer, 4);
    const end = new Date(new Date(ours.current_period_end).getTime() + DAY);
    await advance(road, end);
    await same(at, made.id);
    const { items } = await road.api.post('/invoices/search', { subscription_id: ours.id });
    expect(items).toMatchObject([{ total: '2', billing_reason: 'SUBSCRIPTION_CYCLE' }]);
    await use(customer, 6);
    await stripe.subscriptions.cancel(made.id);
    await same(at, made.id);
    const after = await road.api.post('/invoices/search', { subscription_id: ours.id });
    expect(after.items.map((one: any) => one.total).sort()).toEqual(['2', '3']);
  });

  it('trial, its end, past due, paid again', async () => {
    const { road, stripe } = at;
    const pro = await product(
      at,
      'Tried',
      monthly(2000, { recurring: { interval: 'month', interval_count: 2 } }),
    );
    const customer = await payer(at, 'pm_card_chargeCustomerFail');
    const made = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: pro.prices[0]!.id }],
      trial_period_days: 14,
    });
    const trial = await same(at, made.id);
    expect(trial).toMatchObject({
      subscription_status: 'trialing',
      trial_end: new Date(made.trial_end! * 1000).toISOString(),
      billing_period: 'MONTHLY',
      billing_period_count: 2,
    });
    const end = new Date(made.trial_end! * 1000 + DAY);
    await advance(road, end);
    const begun = await same(at, made.id);
    expect(begun).toMatchObject({
      subscription_status: 'active',
      current_period_start: new Date(made.trial_end! * 1000).toISOString(),
      metadata: { stripe_status: 'past_due' },
    });
    const { id: good } = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    const { latest_invoice: latest } = await stripe.subscriptions.retrieve(made.id);
    await stripe.invoices.pay(latest as string, { payment_method: good });
    expect(await same(at, made.id)).toMatchObject({ metadata: { stripe_status: 'active' } });
  });

  it('past due, then unpaid, then paid: active here all the time, and what is used is billed', async () => {
    const { road, stripe } = at;
    const before = road.sandbox.stripe.settings();
    road.sandbox.stripe.configure({ automaticRetrySeconds: [DAY / 1000], unpaidAfterRetries: true });
    const { pro, use } = await metered(at, 'while-unpaid');
    const customer = await payer(at);
    const made = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: pro.prices[0]!.id }],
    });
    await same(at, made.id);
    const { data: methods } = await stripe.customers.listPaymentMethods(customer.id);
    road.sandbox.stripe.changeCard(methods[0]!.id, '4000000000000002');
    const wordsOf = async (): Promise<unknown> => {
      const ours = await same(at, made.id);
      return [ours.subscription_status, ours.metadata.stripe_status];
    };
    const end = new Date(made.items.data[0]!.current_period_end * 1000);
    await advance(road, new Date(end.getTime() + 2 * 3_600_000));
    expect(await wordsOf()).toEqual(['active', 'past_due']);
    await use(customer, 4);
    await advance(road, new Date(end.getTime() + 2 * DAY));
    expect(await wordsOf()).toEqual(['active', 'unpaid']);
    await use(customer, 2);
    const { latest_invoice: latest } = await stripe.subscriptions.retrieve(made.id);
    const { id: good } = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    await stripe.invoices.pay(latest as string, { payment_method: good });
    expect(await wordsOf()).toEqual(['active', 'active']);
    const ours = await same(at, made.id);
    const cancelled = await stripe.subscriptions.cancel(made.id);
    expect(cancelled.status).toBe('canceled');
    await same(at, made.id);
    const { items } = await road.api.post('/invoices/search', { subscription_id: ours.id });
    expect(items.map((one: any) => one.total)).toContain('3');
    road.sandbox.stripe.configure(before);
  });

  it('cancelled at the end of the period, taken back, on a date, now', async () => {
    const { stripe } = at;
    const pro = await product(at, 'Cancelled', monthly(100));
    const made = await stripe.subscriptions.create({
      customer: (await payer(at)).id,
      items: [{ price: pro.prices[0]!.id }],
    });
    await same(at, made.id);
    await stripe.subscriptions.update(made.id, { cancel_at_period_end: true });
    expect(await same(at, made.id)).toMatchObject({ cancel_at_period_end: true });
    await stripe.subscriptions.update(made.id, { cancel_at_period_end: false });
    expect(await same(at, made.id)).toMatchObject({ cancel_at: null });
    const at10Days = made.start_date + 10 * 24 * 3600;
    await stripe.subscriptions.update(made.id, { cancel_at: at10Days });
    expect(await same(at, made.id)).toMatchObject({
      cancel_at: new Date(at10Days * 1000).toISOString(),
      cancel_at_period_end: false,
    });
    await stripe.subscriptions.cancel(made.id);
    expect(await same(at, made.id)).toMatchObject({ subscription_status: 'cancelled' });
  });

  it('collection paused and resumed, paused by itself and resumed with another anchor', async () => {
    const { stripe } = at;
    const pro = await product(at, 'Paused', monthly(100));
    const made = await stripe.subscriptions.create({
      customer: (await payer(at)).id,
      items: [{ price: pro.prices[0]!.id }],
    });
    await same(at, made.id);
    const resumes = made.start_date + 5 * 24 * 3600;
    await stripe.subscriptions.update(made.id, {
      pause_collection: { behavior: 'void', resumes_at: resumes },
    });
    expect(await same(at, made.id)).toMatchObject({ subscription_status: 'paused' });
    await stripe.subscriptions.update(made.id, { pause_collection: '' });
    expect(await same(at, made.id)).toMatchObject({ subscription_status: 'active' });
    await stripe.subscriptions.pause(made.id, {});
    expect(await same(at, made.id)).toMatchObject({ subscription_status: 'paused' });
    await stripe.subscriptions.resume(made.id, {});
    expect(await same(at, made.id)).toMatchObject({ subscription_status: 'active' });
  });

  it('another plan: what was used is billed, and another subscription begins', async () => {
    const { road, stripe } = at;
    const small = await product(at, 'Small', monthly(100));
    const large = await product(at, 'Large', monthly(900));
    await quiet(road);
    const feature = await road.api.create('/features', {
      name: 'Jobs',
      lookup_key: 'jobs-here',
      type: 'metered',
      meter: {
        name: 'Jobs',
        event_name: 'jobs',
        aggregation: { type: 'COUNT' },
        reset_usage: 'BILLING_PERIOD',
      },
    });
    for (const [remote, amount] of [
      [small.id, '1'],
      [large.id, '0.1'],
    ] as const) {
      const { items } = await road.api.post('/plans/search', { lookup_key: remote });
      await road.api.create('/prices', {
        entity_type: 'PLAN',
        entity_id: items[0].id,
        type: 'USAGE',
        meter_id: feature.meter_id ?? feature.meter.id,
        billing_model: 'FLAT_FEE',
        amount,
        currency: 'usd',
        billing_period: 'MONTHLY',
        billing_period_count: 1,
        invoice_cadence: 'ARREAR',
      });
    }
    const customer = await payer(at);
    const made = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: small.prices[0]!.id, quantity: 2 }],
    });
    const before = await same(at, made.id);
    const use = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i += 1)
        await road.api.expect(202, 'POST', '/events', {
          event_name: 'jobs',
          external_customer_id: customer.metadata.external_id,
          properties: {},
        });
    };
    await use(5);
    const item = (await stripe.subscriptions.retrieve(made.id)).items.data[0]!;
    await stripe.subscriptions.update(made.id, {
      items: [{ id: item.id, price: large.prices[0]!.id, quantity: 4 }],
    });
    const after = await same(at, made.id);
    expect(after.id).not.toBe(before.id);
    const old = await road.api.get(`/subscriptions/${before.id}`);
    expect(old.subscription_status).toBe('cancelled');
    const { items } = await road.api.post('/invoices/search', { subscription_id: before.id });
    expect(items).toMatchObject([{ total: '5', invoice_status: 'FINALIZED' }]);
    await use(10);
    await stripe.subscriptions.cancel(made.id);
    await same(at, made.id);
    const anew = await road.api.post('/invoices/search', { subscription_id: after.id });
    expect(anew.items).toMatchObject([{ total: '1' }]);
  });

  it('a price of another interval of the same plan begins anew too, another one of the same does not', async () => {
    const { stripe } = at;
    const plan = await product(
      at,
      'Intervals',
      monthly(100),
      monthly(120),
      monthly(1000, { recurring: { interval: 'year' } }),
    );
    const made = await stripe.subscriptions.create({
      customer: (await payer(at)).id,
      items: [{ price: plan.prices[0]!.id }],
    });
    const first = await same(at, made.id);
    const item = made.items.data[0]!.id;
    await stripe.subscriptions.update(made.id, { items: [{ id: item, price: plan.prices[1]!.id }] });
    const second = await same(at, made.id);
    expect(second.id).toBe(first.id);
    await stripe.subscriptions.update(made.id, { items: [{ id: item, price: plan.prices[2]!.id }] });
    await quiet(at.road);
    const third = await subscriptionOf(at.road, made.id);
    expect(third.id).not.toBe(first.id);
    expect(third).toMatchObject({ billing_period: 'ANNUAL', subscription_status: 'active' });
  });

  it('prices that are archived or made for one subscription alone come in with it', async () => {
    const { stripe, road } = at;
    const plan = await product(at, 'Private', monthly(100));
    await quiet(road);
    const made = await stripe.subscriptions.create({
      customer: (await payer(at)).id,
      items: [
        {
          price_data: {
            product: plan.id,
            currency: 'usd',
            unit_amount: 77,
            recurring: { interval: 'month' },
          },
        },
      ],
    });
    const ours = await same(at, made.id);
    expect(openLines(ours)).toMatchObject([{ price: { amount: '0.77' } }]);
    expect(openLines(ours)[0].price.end_date).not.toBeNull();
  });

  it('one that waits for its first payment comes in when it is paid', async () => {
    const { stripe, road } = at;
    const plan = await product(at, 'Unpaid', monthly(100));
    const customer = await payer(at, 'pm_card_chargeCustomerFail');
    const made = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: plan.prices[0]!.id }],
    });
    const events = await quiet(road);
    // Of readings that cross, only the last one says why.
    expect(events.filter((one) => one.state === 'skipped').map((one) => one.reason as string)).toContainEqual(
      expect.stringContaining('first payment'),
    );
    expect(await subscriptionOf(road, made.id)).toBeUndefined();
    const { id: good } = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    await stripe.invoices.pay(made.latest_invoice as string, { payment_method: good });
    await same(at, made.id);
  });

  it('switches are obeyed, also where something is needed on the way', async () => {
    const { stripe, road, connection } = at;
    const plan = await product(at, 'Switched', monthly(100));
    const customer = await payer(at);
    await quiet(road);
    const tried = async (sync: object, create: () => Promise<Stripe.Subscription>): Promise<string> => {
      await road.api.put(`/connections/${connection.id}`, { sync_config: sync });
      const { id } = await create();
      const events = await quiet(road);
      const event = events.findLast((one) => one.type === 'customer.subscription.created');
      expect(event.state).toBe('skipped');
      expect(await subscriptionOf(road, id)).toBeUndefined();
      return event.reason as string;
    };
    expect(
      await tried({ subscription_inbound_enabled: false }, () =>
        stripe.subscriptions.create({ customer: customer.id, items: [{ price: plan.prices[0]!.id }] }),
      ),
    ).toBe('subscription.inbound is switched off');
    const unseen = await (async () => {
      await road.api.put(`/connections/${connection.id}`, { sync_config: { plan: { inbound: false } } });
      return product(at, 'Unseen', monthly(100));
    })();
    expect(
      await tried({ subscription: { inbound: true } }, () =>
        stripe.subscriptions.create({ customer: customer.id, items: [{ price: unseen.prices[0]!.id }] }),
      ),
    ).toContain('plan.inbound is switched off');
    await road.api.put(`/connections/${connection.id}`, { sync_config: { customer_inbound_enabled: false } });
    const stranger = await payer(at);
    expect(
      await tried({ plan_inbound_enabled: true }, () =>
        stripe.subscriptions.create({ customer: stranger.id, items: [{ price: plan.prices[0]!.id }] }),
      ),
    ).toContain('customer.inbound is switched off');
    await road.api.put(`/connections/${connection.id}`, { sync_config: { customer_inbound_enabled: true } });
  });

  it('subscriptions of another environment’s customers are left alone', async () => {
    const { stripe, road } = at;
    const plan = await product(at, 'Shared', monthly(100));
    const customer = await payer(at);
    await stripe.customers.update(customer.id, { metadata: { flexprice_environment: 'env_theirs' } });
    const made = await stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: plan.prices[0]!.id }],
    });
    const events = await quiet(road);
    expect(events.findLast((one) => one.type === 'customer.subscription.created')).toMatchObject({
      state: 'skipped',
      reason: 'the subscription belongs to another environment',
    });
    expect(await subscriptionOf(road, made.id)).toBeUndefined();
  });
});

type Step = (at: Shop, subscription: Stripe.Subscription, catalogue: Catalogue) => Promise<unknown>;
interface Catalogue {
  readonly a: Stripe.Price;
  readonly b: Stripe.Price;
  readonly other: Stripe.Price;
  readonly addOn: Stripe.Price;
}

const update =
  (params: Stripe.SubscriptionUpdateParams): Step =>
  ({ stripe }, { id }) =>
    stripe.subscriptions.update(id, params);

const STEPS: Readonly<Record<string, Step>> = {
  quantity: ({ stripe }, { id, items }) =>
    stripe.subscriptions.update(id, { items: [{ id: items.data[0]!.id, quantity: 5 }] }),
  'another price': ({ stripe }, { id, items }, { b }) =>
    stripe.subscriptions.update(id, { items: [{ id: items.data[0]!.id, price: b.id }] }),
  'another plan': ({ stripe }, { id, items }, { other }) =>
    stripe.subscriptions.update(id, { items: [{ id: items.data[0]!.id, price: other.id }] }),
  'back to the first plan': ({ stripe }, { id, items }, { a }) =>
    stripe.subscriptions.update(id, { items: [{ id: items.data[0]!.id, price: a.id }] }),
  'one more item': ({ stripe }, { id, items }, { addOn }) =>
    items.data.length > 1
      ? Promise.resolve()
      : stripe.subscriptions.update(id, { items: [{ price: addOn.id, quantity: 2 }] }),
  'one item less': ({ stripe }, { id, items }) =>
    items.data.length < 2
      ? Promise.resolve()
      : stripe.subscriptions.update(id, { items: [{ id: items.data[1]!.id, deleted: true }] }),
  'cancel at the end': update({ cancel_at_period_end: true }),
  'take it back': update({ cancel_at_period_end: false }),
  'pause collection': update({ pause_collection: { behavior: 'void' } }),
  'resume collection': update({ pause_collection: '' }),
};

describe('whatever the order of events', () => {
  let at: Shop;
  let catalogue: Catalogue;
  beforeAll(async () => {
    at = await shop();
    const one = await product(at, 'One', monthly(100), monthly(200));
    const two = await product(at, 'Two', monthly(300));
    const addOn = await product(at, 'Add-on', monthly(50));
    catalogue = {
      a: one.prices[0]!,
      b: one.prices[1]!,
      other: two.prices[0]!,
      addOn: addOn.prices[0]!,
    };
    await quiet(at.road);
  });
  afterAll(async () => {
    await at.road.stop();
  });

  const lose = (): void => at.road.sandbox.stripe.arrangeWebhooks({ action: 'drop', times: null });
  const deliver = async (eventIds: readonly string[]): Promise<void> => {
    at.road.sandbox.stripe.clearWebhookRules();
    for (const id of eventIds) at.road.sandbox.stripe.resend(id);
    await at.road.sandbox.stripe.settle();
  };
  const eventsOf = (id: string): string[] =>
    (at.road.sandbox.stripe.objects('events', at.secretKey) as any[])
      .filter((event) => event.data.object.id === id)
      .map((event) => event.id as string);

  /** `picks` choose what is delivered after each step and at the end: events of any age, again and again, or none. */
  const live = async (
    steps: readonly string[],
    picks: readonly (readonly number[])[],
    ends: boolean,
  ): Promise<void> => {
    lose();
    const customer = await payer(at);
    const { id } = await at.stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: catalogue.a.id, quantity: 1 }],
    });
    const told = new Set<string>();
    const some = (pick: readonly number[]): string[] => {
      const events = eventsOf(id);
      const chosen = pick.map((number) => events[number % events.length]!);
      for (const event of chosen) told.add(event);
      return chosen;
    };
    for (const [index, step] of steps.entries()) {
      lose();
      await STEPS[step]!(at, await at.stripe.subscriptions.retrieve(id), catalogue);
      await deliver(some(picks[index] ?? []));
    }
    lose();
    if (ends) await at.stripe.subscriptions.cancel(id);
    // One at least that was never heard of, of whatever age: it is read again then.
    const chosen = some(picks.at(-1) ?? []);
    const unheard = eventsOf(id).filter((event) => !told.has(event));
    const [number = 0] = picks[0] ?? [];
    await deliver([...chosen, ...unheard.slice(number % (unheard.length || 1)).slice(0, 1)]);
    await same(at, id);
    const { items } = await at.road.api.post('/subscriptions/search', { limit: 1000 });
    const open = items.filter(
      (one: any) => one.metadata.stripe_subscription_id === id && one.subscription_status !== 'cancelled',
    );
    expect(open).toHaveLength(ends ? 0 : 1);
  };

  it('random steps, with random events of any age delivered in between, doubled or lost, end the same', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...Object.keys(STEPS)), { minLength: 1, maxLength: 6 }),
        fc.array(fc.array(fc.nat(20), { maxLength: 3 }), { minLength: 7, maxLength: 7 }),
        fc.boolean(),
        live,
      ),
      { numRuns: 15 },
    );
  }, 120_000);

  it('events that are handled at the same time end the same', async () => {
    lose();
    const customer = await payer(at);
    const { id } = await at.stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price: catalogue.a.id, quantity: 1 }],
    });
    for (const step of ['one more item', 'quantity', 'another plan', 'cancel at the end', 'pause collection'])
      await STEPS[step]!(at, await at.stripe.subscriptions.retrieve(id), catalogue);
    at.road.sandbox.stripe.clearWebhookRules();
    const events = eventsOf(id);
    for (const event of [...events, ...events].reverse()) at.road.sandbox.stripe.resend(event);
    await same(at, id);
  });
});

describe('what is changed here of a subscription that lives at Stripe', () => {
  let at: Shop;
  let plan: { id: string; prices: Stripe.Price[] };
  beforeAll(async () => {
    at = await shop({ subscription_outbound_enabled: true });
    plan = await product(at, 'Two-way', monthly(100));
  });
  afterAll(async () => {
    await at.road.stop();
  });
  afterEach(() => {
    at.road.sandbox.stripe.clearFaults();
  });

  const begun = async (): Promise<{ remote: Stripe.Subscription; ours: any }> => {
    const remote = await at.stripe.subscriptions.create({
      customer: (await payer(at)).id,
      items: [{ price: plan.prices[0]!.id, quantity: 2 }],
    });
    return { remote, ours: await same(at, remote.id) };
  };
  const there = (id: string, what: string, is: (remote: Stripe.Subscription) => boolean): Promise<unknown> =>
    eventually(what, async () => is(await at.stripe.subscriptions.retrieve(id)));
  const settled = async (id: string): Promise<any[]> => {
    await at.road.settled(id);
    await quiet(at.road);
    return at.road.settled(id);
  };

  it('cancelled at the end and taken back, paused and resumed, another quantity, cancelled: each is told once', async () => {
    const { road } = at;
    const { remote, ours } = await begun();
    const { id } = remote;
    expect(await road.operationsOf(ours.id as string)).toEqual([]);

    await road.api.put(`/subscriptions/${ours.id}`, { cancel_at_period_end: true });
    await there(id, 'cancels', (one) => one.cancel_at_period_end);
    await settled(ours.id as string);
    await road.api.put(`/subscriptions/${ours.id}`, { cancel_at_period_end: false });
    await there(id, 'goes on', (one) => !one.cancel_at_period_end && one.cancel_at === null);
    await settled(ours.id as string);

    await road.api.post(`/subscriptions/${ours.id}/pause`, { pause_mode: 'immediate' });
    await there(id, 'paused', (one) => one.pause_collection?.behavior === 'void');
    await settled(ours.id as string);
    await road.api.post(`/subscriptions/${ours.id}/resume`, { resume_mode: 'immediate' });
    await there(id, 'resumed', (one) => one.pause_collection === null);
    await settled(ours.id as string);

    const [line] = openLines(ours);
    await road.api.put(`/subscriptions/lineitems/${line.id}`, { quantity: '9' });
    await there(id, 'nine', (one) => one.items.data[0]!.quantity === 9);
    await settled(ours.id as string);
    await same(at, id);

    await road.api.post(`/subscriptions/${ours.id}/cancel`, { cancellation_type: 'immediate' });
    await there(id, 'cancelled', (one) => one.status === 'canceled');
    const operations = await settled(ours.id as string);
    expect(operations.map(({ action, state }: any) => [action, state])).toEqual(
      Array.from({ length: 6 }, () => ['push', 'succeeded']),
    );
    await same(at, id);
    const { items } = await road.api.post('/invoices/search', { subscription_id: ours.id });
    expect(items.filter((one: any) => one.total !== '0')).toEqual([]);
  });

  it.each([
    ['lost', { mode: 'drop_after' }],
    ['a 500', { mode: 'error_after', status: 500 }],
  ] as const)('told once though the answer is %s', async (_, fault) => {
    const { ours, remote } = await begun();
    at.road.sandbox.stripe.fault({ method: 'POST', path: '/v1/subscriptions/{id}', times: 1, ...fault });
    await at.road.api.put(`/subscriptions/${ours.id}`, { cancel_at_period_end: true });
    const operations = await settled(ours.id as string);
    expect(operations).toMatchObject([{ state: 'succeeded', attempts: 2 }]);
    await there(remote.id, 'cancels', (one) => one.cancel_at_period_end);
    await same(at, remote.id);
  });

  it('a change made here is not undone by an event of something else', async () => {
    const { road, stripe } = at;
    const { ours, remote } = await begun();
    // Stripe does not answer, so that our change waits while theirs comes in.
    const struck = arrange(road.sandbox.stripe, {
      method: 'POST',
      path: '/v1/subscriptions/{id}',
      mode: 'error',
      status: 500,
      times: 1,
    });
    const [line] = openLines(ours);
    await road.api.put(`/subscriptions/lineitems/${line.id}`, { quantity: '6' });
    // An attempt is counted before it is made: only what Stripe has seen has used up the fault.
    await struck();
    await stripe.subscriptions.update(remote.id, { cancel_at_period_end: true });
    await quiet(road);
    const now = await road.api.get(`/subscriptions/${ours.id}`);
    expect(openLines(now)[0].quantity).toBe('6');
    await there(remote.id, 'six', (one) => one.items.data[0]!.quantity === 6);
    await settled(ours.id as string);
    const final = await same(at, remote.id);
    expect(openLines(final)[0].quantity).toBe('6');
  });

  it.each([
    ['while it is being told', { mode: 'delay', ms: 1000 }],
    ['while it waits to be told again', { mode: 'error', status: 503 }],
  ] as const)('taken back %s, it is as if it had never been', async (_, fault) => {
    const { road } = at;
    const { ours, remote } = await begun();
    const path = `/v1/subscriptions/${remote.id}`;
    const struck = arrange(road.sandbox.stripe, { method: 'POST', path, ...fault });
    await road.api.put(`/subscriptions/${ours.id}`, { cancel_at_period_end: true });
    await struck();
    await road.api.put(`/subscriptions/${ours.id}`, { cancel_at_period_end: false });
    await settled(ours.id as string);
    await there(remote.id, 'goes on', (one) => !one.cancel_at_period_end);
    expect((await same(at, remote.id)).cancel_at_period_end).toBe(false);
  });

  it('switched off, nothing is told, and what was decided here stands until Stripe changes it', async () => {
    const { road, stripe, connection } = at;
    const { ours, remote } = await begun();
    await road.api.put(`/connections/${connection.id}`, {
      sync_config: { subscription_outbound_enabled: false },
    });
    const [line] = openLines(ours);
    await road.api.put(`/subscriptions/lineitems/${line.id}`, { quantity: '4' });
    await stripe.subscriptions.update(remote.id, { metadata: { note: 'something else' } });
    await quiet(road);
    expect(openLines(await road.api.get(`/subscriptions/${ours.id}`))[0].quantity).toBe('4');
    expect(await road.operationsOf(ours.id as string)).toEqual([]);
    const item = remote.items.data[0]!.id;
    await stripe.subscriptions.update(remote.id, { items: [{ id: item, quantity: 8 }] });
    await quiet(road);
    expect(openLines(await road.api.get(`/subscriptions/${ours.id}`))[0].quantity).toBe('8');
    await road.api.put(`/connections/${connection.id}`, {
      sync_config: { subscription_outbound_enabled: true },
    });
  });

  it('a subscription that was made here is never made at Stripe', async () => {
    const { road } = at;
    const made = await road.api.create('/plans', {
      name: 'Ours',
      lookup_key: 'ours-alone',
      currency: 'usd',
      billing_period: 'monthly',
      prices: [{ pricing_model: 'flat', unit_price: '5' }],
    });
    const customer = await road.customer('ours-alone');
    const count = (): number => road.sandbox.stripe.objects('subscriptions', at.secretKey).length;
    const before = count();
    const own = await road.api.create('/subscriptions', { customer_id: customer.id, plan_id: made.id });
    await road.api.put(`/subscriptions/${own.id}`, { cancel_at_period_end: true });
    await quiet(road);
    expect(await road.operationsOf(own.id as string)).toEqual([]);
    expect(count()).toBe(before);
  });
});
