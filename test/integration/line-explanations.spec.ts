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
});
