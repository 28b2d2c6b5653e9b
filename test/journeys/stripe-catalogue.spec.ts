import Stripe from 'stripe';
import { eventually } from '../support/eventually.js';
import { arrange } from '../support/faults.js';
import { Road } from '../support/road.js';
import { quiet, stripeAt } from '../support/stripe-account.js';

const OUT = { customer_outbound_enabled: false, invoice_outbound_enabled: false };

/** Plans of ours that a product stands for, archived ones too. */
async function planOf(road: Road, product: string, api = road.api): Promise<any> {
  for (const status of ['published', 'archived', 'deleted']) {
    const { items } = await api.post('/plans/search', { lookup_key: product, status, limit: 10 });
    if (items.length > 0) return api.send('GET', `/plans/${items[0].id}`).then((answer: any) => answer.body);
  }
  return undefined;
}

describe('products and prices of Stripe come in as plans', () => {
  let road: Road;
  let stripe: Stripe;
  let connection: any;
  beforeAll(async () => {
    road = await Road.start();
    const connected = await road.connectStripe({ ...OUT, plan_inbound_enabled: true });
    connection = connected.connection;
    stripe = stripeAt(road, connected.secretKey);
  });
  afterAll(async () => {
    await road.stop();
  });

  const prices = async (product: string): Promise<any[]> => {
    const plan = await planOf(road, product);
    const { items } = await road.api.post('/prices/search', {
      plan_ids: [plan.id],
      allow_expired_prices: true,
      limit: 1000,
    });
    return items;
  };
  const priceOf = async (product: string, remoteId: string): Promise<any> =>
    (await prices(product)).find((one) => one.metadata.stripe_price_id === remoteId);

  it('every kind of price, to the last decimal, mapped both ways', async () => {
    const meter = await stripe.billing.meters.create({
      display_name: 'Tokens',
      event_name: 'tokens',
      default_aggregation: { formula: 'sum' },
      value_settings: { event_payload_key: 'n' },
    });
    const product = await stripe.products.create({
      name: 'Pro',
      description: 'For professionals',
      metadata: { tier: 'gold' },
    });
    const make = (params: Omit<Stripe.PriceCreateParams, 'product'>): Promise<Stripe.Price> =>
      stripe.prices.create({ product: product.id, ...params });
    const flat = await make({
      currency: 'usd',
      nickname: 'Seat',
      unit_amount: 2000,
      recurring: { interval: 'month', interval_count: 3, trial_period_days: 14 },
      lookup_key: 'pro-seat',
    });
    const tiny = await make({
      currency: 'usd',
      unit_amount_decimal: Stripe.Decimal.from('0.0125'),
      recurring: { interval: 'month', usage_type: 'metered', meter: meter.id },
    });
    const graduated = await make({
      currency: 'usd',
      billing_scheme: 'tiered',
      tiers_mode: 'graduated',
      tiers: [
        { up_to: 100, unit_amount_decimal: Stripe.Decimal.from('50.5'), flat_amount: 300 },
        { up_to: 'inf', unit_amount: 10 },
      ],
      recurring: { interval: 'year' },
    });
    const volume = await make({
      currency: 'usd',
      billing_scheme: 'tiered',
      tiers_mode: 'volume',
      tiers: [
        { up_to: 10, unit_amount: 100 },
        { up_to: 'inf', unit_amount: 80 },
      ],
      recurring: { interval: 'week', interval_count: 2, usage_type: 'metered', meter: meter.id },
    });
    const packs = await make({
      currency: 'usd',
      unit_amount: 500,
      transform_quantity: { divide_by: 1000, round: 'up' },
      recurring: { interval: 'day', interval_count: 10 },
    });
    const once = await make({ currency: 'usd', unit_amount: 9900 });
    const yen = await make({ currency: 'jpy', unit_amount: 1500, recurring: { interval: 'month' } });
    const dinar = await make({ currency: 'kwd', unit_amount: 5120, recurring: { interval: 'month' } });
    const many = await make({
      currency: 'usd',
      unit_amount: 1000,
      recurring: { interval: 'month' },
      currency_options: { eur: { unit_amount: 900 } },
    });
    const events = await quiet(road);
    const others = events.filter((one) => one.state !== 'handled');
    expect(others.filter((one) => !one.reason.startsWith('it was read again later'))).toEqual([]);

    const plan = await planOf(road, product.id);
    expect(plan).toMatchObject({
      name: 'Pro',
      description: 'For professionals',
      metadata: { tier: 'gold', stripe_product_id: product.id },
    });
    expect(await priceOf(product.id, flat.id)).toMatchObject({
      type: 'FIXED',
      billing_model: 'FLAT_FEE',
      amount: '20',
      currency: 'usd',
      billing_period: 'MONTHLY',
      billing_period_count: 3,
      invoice_cadence: 'ADVANCE',
      trial_period_days: 14,
      display_name: 'Seat',
      lookup_key: 'pro-seat',
    });
    const metered = await priceOf(product.id, tiny.id);
    expect(metered).toMatchObject({
      type: 'USAGE',
      invoice_cadence: 'ARREAR',
      amount: '0.000125',
      meter: { event_name: 'tokens', aggregation: { type: 'SUM', field: 'n' } },
    });
    expect(await priceOf(product.id, graduated.id)).toMatchObject({
      billing_model: 'TIERED',
      tier_mode: 'SLAB',
      billing_period: 'ANNUAL',
      tiers: [
        { up_to: 100, unit_amount: '0.505', flat_amount: '3' },
        { up_to: null, unit_amount: '0.1', flat_amount: '0' },
      ],
    });
    expect(await priceOf(product.id, volume.id)).toMatchObject({
      billing_model: 'TIERED',
      tier_mode: 'VOLUME',
      billing_period: 'WEEKLY',
      billing_period_count: 2,
      meter_id: metered.meter_id,
    });
    expect(await priceOf(product.id, packs.id)).toMatchObject({
      billing_model: 'PACKAGE',
      amount: '5',
      transform_quantity: { divide_by: 1000, round: 'up' },
      billing_period: 'DAILY',
      billing_period_count: 10,
    });
    expect(await priceOf(product.id, once.id)).toMatchObject({ billing_period: 'ONETIME', amount: '99' });
    expect(await priceOf(product.id, yen.id)).toMatchObject({ currency: 'jpy', amount: '1500' });
    expect(await priceOf(product.id, dinar.id)).toMatchObject({ currency: 'kwd', amount: '5.12' });
    const both = (await prices(product.id)).filter((one) => one.metadata.stripe_price_id === many.id);
    expect(both.map(({ currency, amount }) => [currency, amount]).sort()).toEqual([
      ['eur', '9'],
      ['usd', '10'],
    ]);

    const ofPlan = await road.api.get(`/integrations/mappings?entity_type=plan&entity_id=${plan.id}`);
    expect(ofPlan.items).toMatchObject([
      { provider_entity_id: product.id, connection_id: connection.id, state: 'linked' },
    ]);
    const ofPrice = await road.api.get(`/integrations/mappings?entity_type=price&entity_id=${metered.id}`);
    expect(ofPrice.items).toMatchObject([{ provider_entity_id: tiny.id }]);
    // Nothing was told to Stripe: it has told us.
    expect((await road.api.get('/integrations/operations?entity_type=plan')).items).toEqual([]);
  });

  it('names change in place, amounts by a new version, archived ones end, and a key goes to its successor', async () => {
    const product = await stripe.products.create({ name: 'Basic' });
    const first = await stripe.prices.create({
      product: product.id,
      currency: 'usd',
      unit_amount: 1000,
      recurring: { interval: 'month' },
      currency_options: { eur: { unit_amount: 900 } },
      lookup_key: 'basic-monthly',
    });
    await quiet(road);
    const usd = (await prices(product.id)).find((one) => one.currency === 'usd');
    const eur = (await prices(product.id)).find((one) => one.currency === 'eur');

    await stripe.products.update(product.id, { name: 'Basic plus', description: 'More' });
    await stripe.prices.update(first.id, {
      nickname: 'Monthly',
      currency_options: { eur: { unit_amount: 950 } },
    });
    await quiet(road);
    expect(await planOf(road, product.id)).toMatchObject({ name: 'Basic plus', description: 'More' });
    const now = await prices(product.id);
    expect(now.find((one) => one.id === usd.id)).toMatchObject({ display_name: 'Monthly', end_date: null });
    expect(now.find((one) => one.id === eur.id).end_date).not.toBeNull();
    expect(now.find((one) => one.currency === 'eur' && one.end_date === null)).toMatchObject({
      amount: '9.5',
    });

    const second = await stripe.prices.create({
      product: product.id,
      currency: 'usd',
      unit_amount: 1200,
      recurring: { interval: 'month' },
      lookup_key: 'basic-monthly',
      transfer_lookup_key: true,
    });
    await stripe.prices.update(first.id, { active: false });
    await quiet(road);
    const after = await prices(product.id);
    expect(after.find((one) => one.id === usd.id).end_date).not.toBeNull();
    expect(after.find((one) => one.metadata.stripe_price_id === second.id)).toMatchObject({
      amount: '12',
      end_date: null,
    });

    // Offered again there: another version here, since what has ended stays ended.
    await stripe.prices.update(first.id, { active: true });
    await quiet(road);
    const again = (await prices(product.id)).filter(
      (one) => one.metadata.stripe_price_id === first.id && one.end_date === null && one.currency === 'usd',
    );
    expect(again).toMatchObject([{ amount: '10' }]);
    expect(again[0].id).not.toBe(usd.id);
  });

  it('archived by active:false, offered again, and deleted', async () => {
    const product = await stripe.products.create({ name: 'Short-lived' });
    await quiet(road);
    const { id } = await planOf(road, product.id);
    await stripe.products.update(product.id, { active: false });
    await quiet(road);
    expect(await road.api.get(`/plans/${id}`)).toMatchObject({ status: 'archived' });
    await stripe.products.update(product.id, { active: true });
    await quiet(road);
    expect(await road.api.get(`/plans/${id}`)).toMatchObject({ status: 'published' });
    await stripe.products.del(product.id);
    await quiet(road);
    expect((await road.api.send('GET', `/plans/${id}`)).status).toBe(404);
  });

  it('nobody subscribes anew to a plan that is archived', async () => {
    const product = await stripe.products.create({ name: 'Over' });
    await stripe.prices.create({
      product: product.id,
      currency: 'usd',
      unit_amount: 100,
      recurring: { interval: 'month' },
    });
    await quiet(road);
    const plan = await planOf(road, product.id);
    await stripe.products.update(product.id, { active: false });
    await quiet(road);
    const customer = await road.customer('late');
    const refused = await road.api.send('POST', '/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
    });
    expect(refused).toMatchObject({ status: 400, body: { error: { code: 'plan_archived' } } });
  });

  it('what cannot be said here is left out and named, and the rest comes in', async () => {
    const product = await stripe.products.create({ name: 'Donations' });
    const strange = await stripe.prices.create({
      product: product.id,
      currency: 'usd',
      unit_amount: 700,
      transform_quantity: { divide_by: 10, round: 'up' },
      billing_scheme: 'tiered',
      tiers_mode: 'volume',
      tiers: [{ up_to: 'inf', unit_amount: 5 }],
      recurring: { interval: 'month' },
    });
    const plain = await stripe.prices.create({ product: product.id, currency: 'usd', unit_amount: 700 });
    const events = await quiet(road);
    // Three events at once: the one that reads last takes over, whichever that is.
    const naming = events.filter(({ state, reason }) => state === 'handled' && reason?.includes(strange.id));
    expect(naming).not.toEqual([]);
    expect((await prices(product.id)).map((one) => one.metadata.stripe_price_id)).toEqual([plain.id]);
  });

  it('switched off: skipped with the reason, nothing asked of Stripe; another environment’s plans are left alone', async () => {
    await road.api.put(`/connections/${connection.id}`, { sync_config: { plan: { inbound: false } } });
    road.sandbox.stripe.clearRequests();
    const product = await stripe.products.create({ name: 'Unseen' });
    const events = await quiet(road);
    expect(events.at(-1)).toMatchObject({
      type: 'product.created',
      state: 'skipped',
      reason: 'plan.inbound is switched off',
    });
    expect(road.sandbox.stripe.requestCounts()).toEqual({ 'POST /v1/products': 1 });
    expect(await planOf(road, product.id)).toBeUndefined();

    await road.api.put(`/connections/${connection.id}`, { sync_config: { plan_inbound_enabled: true } });
    const foreign = await stripe.products.create({
      name: 'Theirs',
      metadata: { flexprice_plan_id: 'plan_theirs', flexprice_environment: 'env_theirs' },
    });
    const later = await quiet(road);
    expect(later.at(-1)).toMatchObject({
      state: 'skipped',
      reason: 'the plan belongs to another environment',
    });
    expect(await planOf(road, foreign.id)).toBeUndefined();
  });
});

describe('plans go to Stripe as products and prices', () => {
  let road: Road;
  let stripe: Stripe;
  let secretKey: string;
  beforeAll(async () => {
    road = await Road.start();
    ({ secretKey } = await road.connectStripe({
      ...OUT,
      plan_outbound_enabled: true,
      plan_inbound_enabled: true,
    }));
    stripe = stripeAt(road, secretKey);
  });
  afterAll(async () => {
    await road.stop();
  });
  afterEach(() => {
    road.sandbox.stripe.clearFaults();
  });

  const productsOf = (planId: string): any[] =>
    (road.sandbox.stripe.objects('products', secretKey) as any[]).filter(
      (one) => one.metadata.flexprice_plan_id === planId,
    );
  const pricesOf = async (product: string): Promise<Stripe.Price[]> =>
    (
      await Promise.all(
        [true, false].map((active) =>
          stripe.prices.list({ product, active, limit: 100, expand: ['data.tiers'] }),
        ),
      )
    ).flatMap(({ data }) => data);
  const plan = (more: Record<string, unknown> = {}): Promise<any> =>
    road.api.create('/plans', {
      name: 'Growth',
      lookup_key: `growth-${Math.random().toString(36).slice(2)}`,
      currency: 'usd',
      billing_period: 'quarterly',
      prices: [{ pricing_model: 'flat', unit_price: '12.345', display_name: 'Fee' }],
      ...more,
    });

  it('made once with its prices, changed, ended, archived; and what comes back is no news', async () => {
    const made = await plan({
      prices: [
        { pricing_model: 'flat', unit_price: '12.345', display_name: 'Fee' },
        {
          pricing_model: 'tiered',
          billing_period: 'annual',
          tiers: [{ up_to: 10, unit_price: '2' }, { unit_price: '1.5' }],
        },
      ],
    });
    const operations = await road.settled(made.id as string);
    expect(operations.map(({ action, state }: any) => [action, state])).toEqual([['push', 'succeeded']]);
    const [product, ...more] = productsOf(made.id as string);
    expect(more).toEqual([]);
    expect(product).toMatchObject({
      name: 'Growth',
      active: true,
      metadata: { flexprice_environment: road.server.tenant.environmentId, lookup_key: made.lookup_key },
    });
    const [fee, tiers] = (await pricesOf(product.id as string)).sort(
      (a, b) => a.recurring!.interval_count * -1 - b.recurring!.interval_count * -1,
    );
    expect(fee).toMatchObject({
      unit_amount: null,
      currency: 'usd',
      nickname: 'Fee',
      recurring: { interval: 'month', interval_count: 3 },
    });
    expect(String(fee?.unit_amount_decimal)).toBe('1234.5');
    expect(tiers).toMatchObject({ tiers_mode: 'graduated', recurring: { interval: 'year' } });
    const { items: mapped } = await road.api.get(
      `/integrations/mappings?entity_type=plan&entity_id=${made.id}`,
    );
    expect(mapped).toMatchObject([{ provider_entity_id: product.id, state: 'linked' }]);

    await quiet(road);
    expect((await road.api.get(`/plans/${made.id}`)).prices).toHaveLength(2);
    expect(await road.settled(made.id as string)).toHaveLength(1);

    await road.api.put(`/plans/${made.id}`, { name: 'Growth plus' });
    await eventually('renamed there', () =>
      Promise.resolve(productsOf(made.id as string)[0].name === 'Growth plus'),
    );
    const price = made.prices.find((one: any) => one.display_name === 'Fee');
    const replaced = await road.api.put(`/prices/${price.id}`, { amount: '15' });
    const both = await eventually('another price there, the old one archived', async () => {
      const now = await pricesOf(product.id as string);
      return now.length === 3 && now.some(({ active }) => !active) ? now : undefined;
    });
    expect(both.find(({ active }) => !active)?.metadata.flexprice_price_id).toBe(price.id);
    const next = both.find(({ metadata }) => metadata.flexprice_price_id === replaced.id);
    expect(next).toMatchObject({ unit_amount: 1500, active: true });

    await road.api.expect(200, 'DELETE', `/prices/${replaced.id}`, {});
    await eventually('ended there', async () =>
      (await pricesOf(product.id as string)).every(
        ({ active, metadata }) => !active || metadata.flexprice_price_id !== replaced.id,
      ),
    );
    await road.api.expect(200, 'DELETE', `/plans/${made.id}`);
    await eventually('archived there', () => Promise.resolve(!productsOf(made.id as string)[0].active));
    await quiet(road);
    expect(productsOf(made.id as string)).toHaveLength(1);
    const all = await road.settled(made.id as string);
    expect(all.every(({ state }: any) => state === 'succeeded' || state === 'skipped')).toBe(true);
  });

  it.each([
    ['the answer to the product is lost', { method: 'POST', path: '/v1/products', mode: 'drop_after' }],
    [
      'the answer to the product is a 500',
      { method: 'POST', path: '/v1/products', mode: 'error_after', status: 500 },
    ],
    ['the answer to the price is lost', { method: 'POST', path: '/v1/prices', mode: 'drop_after' }],
    [
      'the answer to the price is a 500',
      { method: 'POST', path: '/v1/prices', mode: 'error_after', status: 500 },
    ],
  ] as const)('exactly once though %s', async (_, fault) => {
    road.sandbox.stripe.fault({ ...fault, times: 1 });
    const made = await plan();
    const [operation] = await road.settled(made.id as string);
    expect(operation).toMatchObject({ state: 'succeeded', attempts: 2 });
    const products = productsOf(made.id as string);
    expect(products).toHaveLength(1);
    expect(await pricesOf(products[0].id as string)).toHaveLength(1);
  });

  describe('what is changed while a push is under way', () => {
    const begun = async (): Promise<{ made: any; product: any; path: string }> => {
      const made = await plan();
      await road.settled(made.id as string);
      await quiet(road);
      const [product] = productsOf(made.id as string);
      return { made, product, path: `/v1/products/${product.id}` };
    };
    const endsAs = async (id: string, name: string): Promise<void> => {
      await quiet(road);
      await road.settled(id);
      await quiet(road);
      expect(productsOf(id)).toMatchObject([{ name }]);
      expect(await road.api.get(`/plans/${id}`)).toMatchObject({ name });
    };

    it('is not told again when it is what is being told', async () => {
      const path = '/v1/products';
      const struck = arrange(road.sandbox.stripe, { method: 'POST', path, mode: 'delay', ms: 1000 });
      const made = await plan();
      await struck();
      await road.api.put(`/plans/${made.id}`, { name: made.name });
      await quiet(road);
      const operations = await road.settled(made.id as string);
      expect(operations.map(({ action, state }: any) => [action, state])).toEqual([['push', 'succeeded']]);
    });

    it('is told when it is what was there before', async () => {
      const { made, path } = await begun();
      const struck = arrange(road.sandbox.stripe, { method: 'POST', path, mode: 'delay', ms: 1000 });
      await road.api.put(`/plans/${made.id}`, { name: 'Another' });
      await struck();
      await road.api.put(`/plans/${made.id}`, { name: made.name });
      await endsAs(made.id as string, made.name as string);
    });

    it('and was refused, is news when it is changed there', async () => {
      const { made, product, path } = await begun();
      road.sandbox.stripe.fault({ method: 'POST', path, mode: 'error', status: 400 });
      await road.api.put(`/plans/${made.id}`, { name: 'Refused' });
      await eventually('refused', async () =>
        (await road.operationsOf(made.id as string)).some(({ state }: any) => state === 'failed'),
      );
      await road.api.put(`/plans/${made.id}`, { name: made.name });
      await quiet(road);
      await stripe.products.update(product.id as string, { name: 'Refused' });
      await endsAs(made.id as string, 'Refused');
    });

    it('is not undone when that push is tried again', async () => {
      const { made, path } = await begun();
      const struck = arrange(road.sandbox.stripe, { method: 'POST', path, mode: 'error', status: 503 });
      await road.api.put(`/plans/${made.id}`, { name: 'First' });
      await struck();
      await road.api.put(`/plans/${made.id}`, { name: 'Second' });
      await endsAs(made.id as string, 'Second');
    });
  });

  it('a product that carries our mark already is matched, not doubled', async () => {
    road.sandbox.stripe.configure({ searchLagSeconds: 0 });
    const made = await plan();
    await road.settled(made.id as string);
    await quiet(road);
    const [product] = productsOf(made.id as string);
    for (const [type, id] of [
      ['plan', made.id],
      ['price', made.prices[0].id],
    ])
      await road.api.expect(200, 'DELETE', '/integrations/link', {
        entity_type: type,
        entity_id: id,
        provider_type: 'stripe',
      });
    await road.api.put(`/plans/${made.id}`, { description: 'mapping lost' });
    await eventually('matched again', async () => {
      const { items } = await road.api.get(`/integrations/mappings?entity_type=plan&entity_id=${made.id}`);
      return items[0]?.provider_entity_id === product.id;
    });
    await road.settled(made.id as string);
    expect(productsOf(made.id as string)).toMatchObject([{ description: 'mapping lost' }]);
    expect(await pricesOf(product.id as string)).toHaveLength(1);
  });

  it('a plan that came from Stripe and is changed here is changed there, and only what differs', async () => {
    const product = await stripe.products.create({ name: 'Imported' });
    await stripe.prices.create({
      product: product.id,
      currency: 'usd',
      unit_amount: 100,
      recurring: { interval: 'month' },
    });
    await quiet(road);
    const imported = await planOf(road, product.id);
    expect((await road.operationsOf(imported.id as string)).length).toBe(0);
    await road.api.put(`/plans/${imported.id}`, { name: 'Renamed here' });
    await eventually(
      'renamed there',
      async () => (await stripe.products.retrieve(product.id)).name === 'Renamed here',
    );
    // Changed at both ends at once: each change stays.
    await quiet(road);
    await stripe.products.update(product.id, { description: 'written there' });
    await road.api.put(`/plans/${imported.id}`, { name: 'Renamed again' });
    await quiet(road);
    await road.settled(imported.id as string);
    await quiet(road);
    await eventually('both', async () => {
      const there = await stripe.products.retrieve(product.id);
      const here = await road.api.get(`/plans/${imported.id}`);
      return (
        there.name === 'Renamed again' &&
        there.description === 'written there' &&
        here.name === 'Renamed again' &&
        here.description === 'written there'
      );
    });
  });

  it('a plan from before is pushed by hand, and by nobody when that is switched off', async () => {
    const { items } = await road.api.get('/connections');
    const [connection] = items;
    const switched = (plan_outbound_enabled: boolean): Promise<unknown> =>
      road.api.put(`/connections/${connection.id}`, { sync_config: { plan_outbound_enabled } });
    await switched(false);
    const made = await plan();
    const body = { provider: 'stripe', plan_id: made.id };
    expect(await road.api.send('POST', '/integrations/sync/plan', body)).toMatchObject({
      status: 400,
      body: { error: { code: 'sync_switched_off' } },
    });
    await switched(true);
    expect(productsOf(made.id as string)).toEqual([]);
    await road.api.expect(202, 'POST', '/integrations/sync/plan', body);
    const [operation] = await road.settled(made.id as string);
    expect(operation).toMatchObject({ state: 'succeeded' });
    expect(productsOf(made.id as string)).toHaveLength(1);
  });

  it('a price that Stripe cannot have fails with words, before anything is made', async () => {
    const made = await plan({ prices: [{ pricing_model: 'flat', unit_price: '0.0000000000000001' }] });
    const [operation] = await road.settled(made.id as string);
    expect(operation).toMatchObject({
      state: 'failed',
      error: { code: 'price_not_representable', message: expect.stringContaining('0.0000000000000001') },
    });
    expect(productsOf(made.id as string)).toEqual([]);
  });
});

describe('two environments on one Stripe account', () => {
  it('neither takes the other’s plans for its own', async () => {
    const road = await Road.start();
    try {
      const other = await road.server.anotherTenant();
      const { secretKey } = await road.connectStripe({
        ...OUT,
        plan_inbound_enabled: true,
        plan_outbound_enabled: true,
      });
      const url = `${road.server.url}/v1/webhooks/stripe/${other.tenant.tenantId}/${other.tenant.environmentId}`;
      await other.api.create('/connections', {
        provider: 'stripe',
        name: 'Same account',
        metadata: { secret_key: secretKey, webhook_secret: await road.stripeEndpoint(secretKey, url) },
        sync_config: { plan_inbound_enabled: true, plan_outbound_enabled: true },
      });
      const made = await road.api.create('/plans', {
        name: 'Mine',
        lookup_key: 'mine',
        currency: 'usd',
        billing_period: 'monthly',
        prices: [{ pricing_model: 'flat', unit_price: '5' }],
      });
      await road.settled(made.id as string);
      await quiet(road);
      await eventually('handled there too', async () => {
        const { items } = await other.api.get('/integrations/webhook-events?limit=100');
        return (
          items.length >= 2 &&
          items.every(
            (one: any) => one.state === 'skipped' && one.reason === 'the plan belongs to another environment',
          )
        );
      });
      expect((await other.api.post('/plans/search', {})).items).toEqual([]);
    } finally {
      await road.stop();
    }
  });
});

describe('products that were there before the connection', () => {
  let road: Road;
  let stripe: Stripe;
  let connection: any;
  const products: Stripe.Product[] = [];
  let archived: Stripe.Product;
  const COUNT = 23;

  beforeAll(async () => {
    road = await Road.start();
    const connected = await road.connectStripe({
      invoice_outbound_enabled: false,
      plan_inbound_enabled: true,
    });
    connection = connected.connection;
    stripe = stripeAt(road, connected.secretKey);
    for (const type of ['product.*', 'price.*'])
      road.sandbox.stripe.arrangeWebhooks({ action: 'drop', type, times: null });
    for (let index = 0; index < COUNT; index += 1) {
      const product = await stripe.products.create({ name: `Old ${index}` });
      await stripe.prices.create({
        product: product.id,
        currency: 'usd',
        unit_amount: 100 + index,
        recurring: { interval: 'month' },
      });
      products.push(product);
    }
    archived = await stripe.products.create({ name: 'Archived' });
    await stripe.products.update(archived.id, { active: false });
    await stripe.prices.create({
      product: products[0]!.id,
      currency: 'usd',
      unit_amount: 1,
      recurring: { interval: 'month', usage_type: 'metered' },
    });
    await quiet(road);
  });
  afterAll(async () => {
    await road.stop();
  });
  afterEach(() => {
    road.sandbox.stripe.clearFaults();
  });

  const importPlans = (): Promise<any> =>
    road.api.expect(202, 'POST', '/integrations/sync/plans', {
      provider: 'stripe',
      sync_direction: 'provider_to_flexprice',
    });
  const pages = async (): Promise<any[]> => {
    const operations = await road.settled(connection.id as string);
    return operations.filter((one) => one.attempts > 0);
  };
  const plans = async (): Promise<any[]> =>
    (await road.api.post('/plans/search', { limit: 1000 })).items.filter((one: any) => /^Old/.test(one.name));

  it('come in as plans, page by page, with few calls; what cannot be said here is named', async () => {
    road.sandbox.stripe.clearRequests();
    // The second page is refused once, and is not begun from the first again.
    road.sandbox.stripe.fault({ method: 'GET', path: '/v1/products', mode: 'error', status: 500, skip: 1 });
    expect(await importPlans()).toMatchObject({
      action: 'import',
      entity_type: 'plan',
      entity_id: connection.id,
    });
    await eventually('all imported', async () => (await plans()).length === COUNT);
    expect((await pages()).map(({ state, attempts }) => [state, attempts])).toEqual([
      ['succeeded', 1],
      ['succeeded', 2],
    ]);
    const reads = road.sandbox.stripe.requestCounts();
    expect(reads['GET /v1/products']).toBe(3);
    expect(reads['GET /v1/prices']).toBe(2 * COUNT);
    expect(reads['GET /v1/products/{id}']).toBeUndefined();

    const plan = await planOf(road, products[5]!.id);
    const { items: prices } = await road.api.post('/prices/search', { plan_ids: [plan.id], limit: 10 });
    expect(prices).toMatchObject([{ amount: '1.05', currency: 'usd', billing_period: 'MONTHLY' }]);
    expect(await planOf(road, archived.id)).toBeUndefined();
    const partly = await planOf(road, products[0]!.id);
    const { items: notes } = await road.api.get(`/integrations/timeline?entity_id=${partly.id}`);
    expect(notes.at(-1)).toMatchObject({
      action: 'import',
      state: 'succeeded',
      message: expect.stringContaining('it is metered, and names no meter to count by'),
    });
  });

  it('asked for twice at once and once more, it is the same plans and prices', async () => {
    const [first, second] = await Promise.all([importPlans(), importPlans()]);
    expect(second.id).toBe(first.id);
    await eventually('over', async () => (await pages()).length === 4);
    await pages();
    expect(await plans()).toHaveLength(COUNT);
    const { items } = await road.api.post('/prices/search', {
      plan_ids: (await plans()).map((one) => one.id),
      allow_expired_prices: true,
      limit: 1000,
    });
    expect(items).toHaveLength(COUNT);
  });

  it('what our own payment pages show is no plan, neither by webhook nor by import', async () => {
    road.sandbox.stripe.clearWebhookRules();
    const customer = await road.customer('page-payer');
    const invoice = await road.invoice(customer.id as string, [{ amount: '12' }]);
    await road.api.post('/payments/stripe/checkout', {
      invoice_id: invoice.id,
      success_url: 'https://shop.test/ok',
      cancel_url: 'https://shop.test/no',
    });
    const made = (await stripe.products.list({ limit: 1 })).data[0]!;
    expect(made.name).toContain(invoice.invoice_number);
    expect(made.active).toBe(true);
    await quiet(road);
    expect(await planOf(road, made.id)).toBeUndefined();
    await importPlans();
    await eventually('over', async () => (await pages()).length === 6);
    await pages();
    expect(await planOf(road, made.id)).toBeUndefined();
  });

  it('is refused while the switch is off, and for what cannot be imported', async () => {
    const refused = (entity: string, more: object = {}): Promise<any> =>
      road.api.send('POST', `/integrations/sync/${entity}`, {
        provider: 'stripe',
        sync_direction: 'provider_to_flexprice',
        ...more,
      });
    expect(await refused('customers')).toMatchObject({ status: 501 });
    expect(await refused('plans', { plan_id: 'plan_x' })).toMatchObject({ status: 400 });
    await road.api.put(`/connections/${connection.id}`, { sync_config: { plan_inbound_enabled: false } });
    expect(await refused('plans')).toMatchObject({
      status: 400,
      body: { error: { code: 'sync_switched_off' } },
    });
  });
});
