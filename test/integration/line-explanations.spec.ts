import { BillingStory } from '../support/billing-story.js';
import { explained } from '../support/explained.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const TIERS = {
  billing_model: 'TIERED',
  tier_mode: 'SLAB',
  tiers: [
    { up_to: 10, unit_amount: '1', flat_amount: '2' },
    { up_to: null, unit_amount: '0.335', flat_amount: '1' },
  ],
};

describe('the explanation of an invoice line', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startTestApp();
  });
  afterAll(async () => {
    await server.stop();
  });

  const steps = (found: any): unknown[] => found.steps.map((step: any) => [step.code, step.amount]);
  const explain = (story: BillingStory, invoice: any, line: any, query = ''): Promise<any> =>
    story.api.get(`/invoices/${invoice.id}/lines/${line.id}/explanation${query}`);

  it('of usage: what was measured, what is included, tier by tier, and the rounding', async () => {
    const story = await BillingStory.begin(server);
    const [feature, plan] = [await story.feature('SUM'), await story.plan()];
    await story.usagePrice(plan, feature, TIERS);
    await story.api.create('/entitlements', {
      entity_type: 'PLAN',
      entity_id: plan.id,
      feature_id: feature.id,
      feature_type: 'metered',
      is_enabled: true,
      usage_limit: 5,
      usage_reset_period: 'MONTHLY',
    });
    await story.subscribe(plan);
    await story.use(feature, { '2031-01-05': { v: '9' }, '2031-01-09': { v: '9.3' } });
    await story.clock('2031-02-01');
    const invoice = await story.newest('SUBSCRIPTION_CYCLE');
    const [found] = await explained(story.api, invoice);
    expect(found).toMatchObject({
      kind: 'usage',
      quantity: '13.3',
      amount: '14.11',
      changed_since_billed: null,
      usage: {
        measured_quantity: '18.3',
        included_quantity: '5',
        billed_quantity: '13.3',
        meter: { aggregation_type: 'SUM', field: 'v', event_name: feature.name },
        stretches: [{ time_share: '1', measured_quantity: '18.3' }],
      },
    });
    expect(steps(found)).toEqual([
      ['measured', '0'],
      ['included', '0'],
      ['graduated_tier', '12'],
      ['graduated_tier', '2.1055'],
      ['rounding', '0.0045'],
    ]);
    expect(found.steps[3]).toMatchObject({
      tier: 2,
      quantity: '3.3',
      unit_amount: '0.335',
      flat_amount: '1',
      running_amount: '14.1055',
      text: expect.any(String),
    });
    expect(found.events.items.map((event: any) => event.properties.v)).toEqual(['9', '9.3']);
  });

  it('has the events in pages, in the order of time, over the parts that a pause has left', async () => {
    const story = await BillingStory.begin(server);
    const [feature, plan] = [await story.feature('COUNT'), await story.plan()];
    await story.usagePrice(plan, feature, '1');
    const subscription = await story.subscribe(plan);
    await story.use(feature, { '2031-01-02': 3, '2031-01-03T05:00:00Z': 1 });
    await story.clock('2031-01-10');
    await story.api.post(`/subscriptions/${subscription.id}/pause`, { pause_mode: 'immediate' });
    await story.clock('2031-01-20');
    await story.use(feature, { '2031-01-15': 5 });
    await story.api.post(`/subscriptions/${subscription.id}/resume`, { resume_mode: 'immediate' });
    await story.clock('2031-01-25');
    await story.use(feature, { '2031-01-24': 2, '2031-01-24T03:00:00Z': 1 });
    const { current_period_end: end } = await story.api.get(`/subscriptions/${subscription.id}`);
    await story.clock(end as string);
    const invoice = await story.newest('SUBSCRIPTION_CYCLE');
    const [line] = invoice.line_items;
    expect(line.quantity).toBe('7');
    const [whole] = await explained(story.api, invoice);
    expect(whole.usage.stretches.map((one: any) => one.measured_quantity)).toEqual(['4', '3']);
    const seen: string[] = [];
    let cursor: string | null = '';
    const sizes: number[] = [];
    while (cursor !== null) {
      const query: string = cursor === '' ? '?limit=2' : `?limit=2&cursor=${cursor}`;
      const { events } = await explain(story, invoice, line, query);
      sizes.push(events.items.length);
      seen.push(...events.items.map((event: any) => `${event.timestamp} ${event.id}`));
      cursor = events.next_cursor;
      expect(events.has_more).toBe(cursor !== null);
    }
    expect(sizes).toEqual([2, 2, 2, 1]);
    expect(seen).toEqual([...new Set(seen)].sort());
    expect(seen.every((one) => !one.startsWith('2031-01-15'))).toBe(true);
    const refused = await story.api.send(
      'GET',
      `/invoices/${invoice.id}/lines/${line.id}/explanation?cursor=nonsense`,
    );
    expect([refused.status, Object.keys(refused.body.details.fields)]).toEqual([400, ['cursor']]);
  });

  it('shows what was billed and what it would be now, where events came since; and the line that settles it', async () => {
    const story = await BillingStory.begin(server);
    const [feature, plan] = [await story.feature('COUNT'), await story.plan()];
    await story.usagePrice(plan, feature, '2');
    await story.subscribe(plan);
    await story.use(feature, { '2031-01-05': 3 });
    await story.clock('2031-02-01');
    const invoice = await story.newest('SUBSCRIPTION_CYCLE');
    await story.use(feature, { '2031-01-06': 2 });
    const [found] = await explained(story.api, invoice);
    expect(found.changed_since_billed).toEqual({
      billed: { quantity: '3', amount: '6' },
      now: { quantity: '5', amount: '10' },
    });
    expect(steps(found).at(-1)).toEqual(['changed_since_billed', '-4']);
    await story.clock('2031-03-01');
    const next = await story.newest('SUBSCRIPTION_CYCLE');
    const late = next.line_items.find((one: any) => one.display_name.endsWith('(late usage)'));
    expect((await explain(story, invoice, invoice.line_items[0])).restated_by).toEqual([
      { type: 'invoice_line_item', id: late.id, invoice_id: next.id },
    ]);
    const of = (await explained(story.api, next)).find((one) => one.line_item_id === late.id);
    expect([of.kind, steps(of)]).toEqual([
      'late_usage',
      [
        ['restated', '10'],
        ['billed_before', '-6'],
      ],
    ]);
    expect(of.usage.measured_quantity).toBe('5');
    expect(of.events.items).toHaveLength(5);
  });

  it('of a corrected usage line: what it gives back, of which lines', async () => {
    const story = await BillingStory.begin(server);
    const [feature, plan] = [await story.feature('SUM'), await story.plan()];
    await story.usagePrice(plan, feature, '2');
    await story.fee(plan, '50');
    await story.subscribe(plan);
    await story.use(feature, { '2031-01-05': { v: '10' } });
    await story.clock('2031-02-01');
    const before = await story.newest('SUBSCRIPTION_CYCLE');
    const usage = before.line_items.find((one: any) => one.price_type === 'USAGE');
    await story.use(feature, { '2031-01-06': { v: '-4' } });
    await story.clock('2031-03-01');
    const all = await explained(story.api, await story.newest('SUBSCRIPTION_CYCLE'));
    const late = all.find(({ kind }) => kind === 'late_usage');
    expect(late.steps).toMatchObject([
      { code: 'late_given_back', amount: '-8', reference: { type: 'invoice_line_item', id: usage.id } },
    ]);
    const [restated] = (await explained(story.api, before)).filter((one) => one.line_item_id === usage.id);
    expect(restated.after_steps).toMatchObject([{ code: 'late_usage_given_back', amount: '-8' }]);
  });

  it('of a price that changed within the period: each part by its own price, going on where the one before ended', async () => {
    const story = await BillingStory.begin(server);
    const [feature, plan] = [await story.feature('COUNT'), await story.plan()];
    const price = await story.usagePrice(plan, feature, TIERS);
    await story.subscribe(plan);
    await story.use(feature, { '2031-01-05': 8 });
    await story.clock('2031-01-11');
    await story.api.put(`/prices/${price.id}`, {
      tiers: [
        { up_to: 10, unit_amount: '2', flat_amount: '2' },
        { up_to: null, unit_amount: '0.5', flat_amount: '1' },
      ],
    });
    await story.syncPrices(plan);
    await story.use(feature, { '2031-01-20': 6 });
    await story.clock('2031-02-01');
    const all = await explained(story.api, await story.newest('SUBSCRIPTION_CYCLE'));
    expect(all.map((one) => [one.quantity, one.amount, one.changed_since_billed])).toEqual([
      ['8', '10', null],
      ['6', '7', null],
    ]);
    expect(all[1].steps.slice(1)).toMatchObject([
      { code: 'graduated_tier', tier: 1, quantity: '2', amount: '4', flat_amount: '0' },
      { code: 'graduated_tier', tier: 2, quantity: '4', amount: '3', flat_amount: '1' },
    ]);
  });

  it('of levels, weights, buckets and packages', async () => {
    const story = await BillingStory.begin(server);
    const plan = await story.plan();
    const features = {
      MAX: await story.feature('MAX'),
      AVG: await story.feature('AVG'),
      LATEST: await story.feature('LATEST'),
      COUNT_UNIQUE: await story.feature('COUNT_UNIQUE'),
      WEIGHTED_SUM: await story.feature('WEIGHTED_SUM'),
      SUM_WITH_MULTIPLIER: await story.feature('SUM_WITH_MULTIPLIER', { multiplier: 3 }),
      BUCKETS: await story.feature('MAX', { bucket_size: 'DAY' }),
    };
    const terms = {
      billing_model: 'PACKAGE',
      amount: '7',
      transform_quantity: { divide_by: 4, round: 'up' },
    };
    for (const feature of Object.values(features)) await story.usagePrice(plan, feature, terms);
    const subscription = await story.subscribe(plan);
    for (const feature of Object.values(features))
      await story.use(feature, { '2031-01-05': { v: '9' }, '2031-01-07': { v: '5' } });
    await story.clock('2031-01-10');
    await story.api.post(`/subscriptions/${subscription.id}/pause`, { pause_mode: 'immediate' });
    await story.clock('2031-01-20');
    await story.api.post(`/subscriptions/${subscription.id}/resume`, { resume_mode: 'immediate' });
    const { current_period_end: end } = await story.api.get(`/subscriptions/${subscription.id}`);
    await story.clock(end as string);
    const invoice = await story.newest('SUBSCRIPTION_CYCLE');
    const all = await explained(story.api, invoice);
    expect(all).toHaveLength(7);
    expect(all.map((one) => one.changed_since_billed)).toEqual(all.map(() => null));
    expect(all.map((one) => one.usage.meter.aggregation_type).sort()).toEqual(
      ['AVG', 'COUNT_UNIQUE', 'LATEST', 'MAX', 'MAX', 'SUM_WITH_MULTIPLIER', 'WEIGHTED_SUM'].sort(),
    );
    const buckets = all.find((one) => one.usage.meter.bucket_size === 'DAY');
    expect(buckets.steps.filter((one: any) => one.code === 'bucket')).toMatchObject([
      { quantity: '9', amount: '21', period_start: '2031-01-05T00:00:00.000Z' },
      { quantity: '5', amount: '14' },
    ]);
  });

  describe('of commitments', () => {
    it('of a subscription: what is within, what goes beyond, and what is missing', async () => {
      const story = await BillingStory.begin(server);
      const [feature, plan] = [await story.feature('COUNT'), await story.plan()];
      await story.usagePrice(plan, feature, '10');
      await story.subscribe(plan, {
        commitment_amount: '100',
        overage_factor: '1.5',
        enable_true_up: true,
        commitment_duration: 'QUARTERLY',
      });
      await story.use(feature, { '2031-01-05': 4, '2031-02-05': 3 });
      await story.clock('2031-04-01');
      const missing = (await explained(story.api, await story.newest('SUBSCRIPTION_CYCLE'))).find(
        ({ kind }) => kind === 'true_up',
      );
      expect(steps(missing)).toEqual([
        ['committed', '100'],
        ['commitment_used_before', '-70'],
        ['commitment_used_now', '0'],
      ]);
      await story.use(feature, { '2031-04-02': 14 });
      await story.clock('2031-05-01');
      const [within, beyond] = await explained(story.api, await story.newest('SUBSCRIPTION_CYCLE'));
      expect([within.kind, ...steps(within)]).toEqual([
        'usage',
        ['measured', '0'],
        ['per_unit', '140'],
        ['commitment_beyond', '-40'],
      ]);
      expect([beyond.kind, ...steps(beyond)]).toEqual([
        'overage',
        ['measured', '0'],
        ['per_unit', '140'],
        ['commitment_within', '-100'],
        ['commitment_overage', '20'],
      ]);
    });

    it('of a line, also where it holds for every bucket', async () => {
      const story = await BillingStory.begin(server);
      const [calls, hosts, plan] = [
        await story.feature('COUNT'),
        await story.feature('MAX', { bucket_size: 'DAY' }),
        await story.plan(),
      ];
      const perCall = await story.usagePrice(plan, calls, '2');
      const perDay = await story.usagePrice(plan, hosts, '1');
      await story.subscribe(plan, {
        line_item_commitments: {
          [perCall.id]: { commitment_amount: 10, overage_factor: 2, enable_true_up: true },
          [perDay.id]: { commitment_amount: 3, enable_true_up: true, is_window_commitment: true },
        },
      });
      await story.use(calls, { '2031-01-05': 4, '2031-02-05': 8 });
      await story.use(hosts, { '2031-01-05': { v: '5' } });
      await story.clock('2031-02-01');
      const january = await explained(story.api, await story.newest('SUBSCRIPTION_CYCLE'));
      const of = (all: any[], feature: any): any =>
        all.find((one) => one.usage.meter.event_name === feature.name);
      expect(steps(of(january, calls)).slice(1)).toEqual([
        ['per_unit', '8'],
        ['commitment_true_up', '2'],
      ]);
      expect(steps(of(january, hosts)).slice(1)).toEqual([
        ['bucket', '5'],
        ['commitment_true_up', '90'],
      ]);
      await story.clock('2031-03-01');
      const february = await explained(story.api, await story.newest('SUBSCRIPTION_CYCLE'));
      expect(steps(of(february, calls)).slice(1)).toEqual([
        ['per_unit', '16'],
        ['commitment_overage', '6'],
      ]);
    });
  });

  describe('of fixed charges and what changes them', () => {
    it('the price, and its share of the time', async () => {
      const story = await BillingStory.begin(server, { at: '2031-01-11' });
      const plan = await story.plan();
      await story.fee(plan, '31');
      const subscription = await story.subscribe(plan, {
        start_date: '2031-01-11T00:00:00Z',
        billing_cycle: 'calendar',
        proration_behavior: 'create_prorations',
      });
      const [found] = await explained(story.api, subscription.latest_invoice);
      expect([found.kind, ...steps(found)]).toEqual(['fixed', ['per_unit', '31'], ['time_share', '-10']]);
      expect(found.steps[1]).toMatchObject({ period_start: '2031-01-11T00:00:00.000Z' });
      expect(found.usage).toBeNull();
    });

    it('does not follow the end of the subscription that came later', async () => {
      const story = await BillingStory.begin(server);
      const plan = await story.plan();
      await story.fee(plan, '31');
      const { id, latest_invoice: invoice } = await story.subscribe(plan);
      await story.clock('2031-01-11');
      await story.api.post(`/subscriptions/${id}/cancel`, {
        cancellation_type: 'immediate',
        proration_behavior: 'create_prorations',
      });
      const [found] = await explained(story.api, invoice);
      expect(steps(found)).toEqual([['per_unit', '31']]);
    });

    it('a quantity that rises: the difference of the prices, for the rest of the time', async () => {
      const story = await BillingStory.begin(server);
      const plan = await story.plan();
      await story.fee(plan, '31');
      const { line_items } = await story.subscribe(plan, { proration_behavior: 'create_prorations' });
      await story.clock('2031-01-11');
      await story.api.put(`/subscriptions/lineitems/${line_items[0].id}`, { quantity: '3' });
      const [found] = await explained(story.api, await story.newest('SUBSCRIPTION_UPDATE'));
      expect(found.kind).toBe('change');
      expect(steps(found).slice(0, 2)).toEqual([
        ['per_unit', '93'],
        ['price_before_change', '-31'],
      ]);
      // A little after the eleventh: the clock runs.
      expect(found.steps[2].code).toBe('time_share');
      expect(Number(found.steps[2].time_share)).toBeCloseTo(21 / 31, 4);
    });

    it('time that a pause gave back and that is charged again', async () => {
      const story = await BillingStory.begin(server);
      const plan = await story.plan();
      await story.fee(plan, '31');
      const { id, latest_invoice: invoice } = await story.subscribe(plan);
      await story.pay(invoice, '31');
      await story.clock('2031-01-11');
      await story.api.post(`/subscriptions/${id}/pause`, { proration_behavior: 'create_prorations' });
      await story.clock('2031-01-21');
      await story.api.post(`/subscriptions/${id}/resume`, {});
      const all = (await story.invoices()).slice(1);
      const [found] = await explained(story.api, all[0]);
      expect(found.steps.map((step: any) => step.code)).toEqual(['given_back_at_pause', 'time_share']);
      const [paid] = await explained(story.api, invoice);
      expect(paid.after_steps.map((step: any) => step.code)).toContain('unused_time_given_back');
    });

    it('unused time of another plan, by the lines that had charged it; and a change of plan in all its lines', async () => {
      const story = await BillingStory.begin(server);
      const [feature, plan, dearer] = [await story.feature('COUNT'), await story.plan(), await story.plan()];
      await story.fee(plan, '31');
      await story.fee(dearer, '62');
      for (const one of [plan, dearer]) await story.usagePrice(one, feature, '2');
      const subscription = await story.subscribe(plan, { proration_behavior: 'create_prorations' });
      await story.pay(subscription.latest_invoice, '31');
      await story.use(feature, { '2031-01-05': 3 });
      await story.clock('2031-01-11');
      await story.changePlan(subscription, dearer);
      await story.use(feature, { '2031-01-12': 3 });
      await story.clock('2031-03-01');
      const kinds = new Map<string, any[]>();
      for (const invoice of await story.invoices())
        for (const found of await explained(story.api, invoice))
          kinds.set(found.kind, [...(kinds.get(found.kind) ?? []), found]);
      expect([...kinds.keys()].sort()).toEqual(['fixed', 'unused_time', 'usage']);
      const [unused] = kinds.get('unused_time') as [any];
      expect(unused.steps).toMatchObject([
        {
          code: 'unused_time',
          amount: unused.amount,
          reference: { type: 'invoice_line_item', id: subscription.latest_invoice.line_items[0].id },
        },
      ]);
      expect(
        [...kinds.values()].flat().flatMap((one) => one.steps.map((step: any) => step.code)),
      ).not.toContain('as_billed');
    });
  });

  it('of credits that were bought, and of invoices that were written by hand', async () => {
    const story = await BillingStory.begin(server);
    const wallet = await story.api.post('/wallets', { customer_id: story.customer.id, currency: 'usd' });
    const { invoice_id } = await story.api.post(`/wallets/${wallet.id}/top-up`, {
      transaction_reason: 'PURCHASED_CREDIT_INVOICED',
      credits_to_add: '100',
    });
    const [bought] = await explained(story.api, await story.api.get(`/invoices/${invoice_id}`));
    expect([bought.kind, bought.quantity, ...steps(bought)]).toEqual([
      'top_up',
      '100',
      ['wallet_credits', '100'],
    ]);
    const byHand = await story.api.create('/invoices', {
      customer_id: story.customer.id,
      currency: 'usd',
      amount_due: '10',
      line_items: [{ display_name: 'Work', amount: '10', quantity: '2' }],
    });
    const [work] = await explained(story.api, byHand);
    expect([work.kind, ...steps(work)]).toEqual(['one_off', ['as_requested', '10']]);
  });

  it('goes on after the amount: coupons, tax, prepaid credits, credit notes', async () => {
    const story = await BillingStory.begin(server);
    const [feature, plan] = [await story.feature('COUNT'), await story.plan()];
    await story.usagePrice(plan, feature, '10');
    await story.fee(plan, '50');
    const coupon = await story.api.create('/coupons', {
      name: 'Tenth',
      type: 'percentage',
      percentage_off: '10',
      cadence: 'forever',
    });
    await story.api.create('/taxes/rates', { name: 'VAT', code: 'vat', percentage_value: '20' });
    await story.api.post('/wallets', {
      customer_id: story.customer.id,
      currency: 'usd',
      initial_credits_to_load: '30',
    });
    await story.subscribe(plan, {
      coupons: [coupon.id],
      tax_rate_overrides: [{ tax_rate_code: 'vat', currency: 'usd', auto_apply: true }],
    });
    await story.use(feature, { '2031-01-05': 10 });
    await story.clock('2031-02-01');
    const invoice = await story.newest('SUBSCRIPTION_CYCLE');
    const usage = invoice.line_items.find((one: any) => one.price_type === 'USAGE');
    const note = await story.api.create('/creditnotes', {
      invoice_id: invoice.id,
      reason: 'BILLING_ERROR',
      line_items: [{ invoice_line_item_id: usage.id, amount: '6' }],
    });
    const all = await explained(story.api, invoice);
    const found = all.find((one) => one.line_item_id === usage.id);
    expect(found.after_steps.map((step: any) => [step.code, step.amount, step.reference?.type])).toEqual([
      ['invoice_coupon', '-10', 'coupon'],
      ['tax', '18', 'tax_rate'],
      ['prepaid_credits', '-30', 'wallet'],
      ['credit_note', '-6', 'credit_note'],
    ]);
    expect(found.after_steps.at(-1)).toMatchObject({ reference: { id: note.id }, running_amount: '72' });
    expect(found.remaining_amount).toBe('72');
    // Lines together are the invoice, before what came after it.
    const asked = all
      .flatMap((one) => [{ amount: one.amount }, ...one.after_steps])
      .filter(({ code }: any) => code !== 'credit_note')
      .reduce((sum: number, { amount }: any) => sum + Number(amount), 0);
    expect(asked).toBeCloseTo(Number(invoice.total), 10);
  });

  it('is not given for a line of another invoice, or another tenant', async () => {
    const [story, other] = [await BillingStory.begin(server), await BillingStory.begin(server)];
    const plan = await story.plan();
    await story.fee(plan, '31');
    const { latest_invoice: invoice } = await story.subscribe(plan);
    const path = (id: string): string => `/invoices/${invoice.id}/lines/${id}/explanation`;
    expect((await story.api.send('GET', path('inv_line_none'))).status).toBe(404);
    expect((await other.api.send('GET', path(invoice.line_items[0].id as string))).status).toBe(404);
  });
});
