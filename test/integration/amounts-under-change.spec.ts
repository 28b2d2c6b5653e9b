import { BillingStory } from '../support/billing-story.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/**
 * What an amount is when something changes in the middle of a period. Each figure has its arithmetic beside it; where one is
 * taken from somewhere, the source is named.
 */
describe('amounts under change', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startTestApp();
  });
  afterAll(async () => {
    await server.stop();
  });
  const begin = (at?: string): Promise<BillingStory> =>
    BillingStory.begin(server, at === undefined ? {} : { at });

  const SLAB = (limit: string, first: string, then: string) => ({
    billing_model: 'TIERED',
    tier_mode: 'SLAB',
    tiers: [
      { up_to: limit, unit_amount: first },
      { up_to: null, unit_amount: then },
    ],
  });

  describe('the catalogue does not reach into contracts', () => {
    it('bug: a plan price that is edited, no sync asked for, changed the bill of those who had it', async () => {
      const story = await begin();
      const calls = await story.feature('COUNT');
      const plan = await story.plan();
      const fee = await story.fee(plan, '31');
      const call = await story.usagePrice(plan, calls, '1');
      await story.subscribe(plan);
      await story.use(calls, { '2031-01-05': 10, '2031-01-20': 10 });
      await story.clock('2031-01-11');
      await story.api.put(`/prices/${call.id}`, { amount: '2' });
      await story.api.put(`/prices/${fee.id}`, { amount: '60' });
      await story.clock('2031-02-01');
      // 20 × 1 and 31; the source: docs.flexprice.io, core-concepts/plans-and-prices
      expect(await story.totals('SUBSCRIPTION_CYCLE')).toEqual(['51']);
      await story.use(calls, { '2031-02-05': 10 });
      await story.clock('2031-03-01');
      expect((await story.totals('SUBSCRIPTION_CYCLE')).at(-1)).toBe('41');
    });

    it('a price that ends, or is deleted, is charged on by whoever has it and taken by nobody else', async () => {
      const story = await begin();
      const plan = await story.plan();
      const kept = await story.fee(plan, '31');
      await story.fee(plan, '5');
      await story.subscribe(plan);
      await story.clock('2031-01-11');
      await story.api.expect(200, 'DELETE', `/prices/${kept.id}`);
      await story.clock('2031-02-01');
      expect(await story.totals('SUBSCRIPTION_CYCLE')).toEqual(['36']);
      const later = await story.subscribe(plan, { start_date: '2031-02-01T00:00:00Z' });
      expect(later.line_items.map((line: any) => line.price.amount)).toEqual(['5']);
    });

    it('a subscription takes the version of its start; a sync brings it the one of now, never into a billed period', async () => {
      const story = await begin();
      const plan = await story.plan();
      const fee = await story.fee(plan, '10');
      await story.clock('2031-01-11');
      await story.api.put(`/prices/${fee.id}`, { amount: '20' });
      await story.subscribe(plan);
      await story.clock('2031-03-05');
      expect(await story.totals('SUBSCRIPTION_CREATE')).toEqual(['10']);
      expect(await story.totals('SUBSCRIPTION_CYCLE')).toEqual(['10', '10']);
      await story.api.post(`/plans/${plan.id}/sync/subscriptions`);
      await story.clock('2031-04-01');
      expect(await story.totals()).toEqual(['10', '10', '10', '20']);
    });
  });

  describe('one line, one period, one quantity', () => {
    const paused = async (aggregation: string, terms: string | object, values: [string, string]) => {
      const story = await begin();
      const meter = await story.feature(aggregation);
      const plan = await story.plan();
      await story.usagePrice(plan, meter, terms);
      const subscription = await story.subscribe(plan);
      await story.use(meter, { '2031-01-05': { v: values[0] }, '2031-01-25': { v: values[1] } });
      await story.clock('2031-01-11');
      await story.api.post(`/subscriptions/${subscription.id}/pause`, { pause_mode: 'immediate' });
      await story.clock('2031-01-21');
      await story.api.post(`/subscriptions/${subscription.id}/resume`, { resume_mode: 'immediate' });
      await story.clock('2031-02-01');
      return story.newest('SUBSCRIPTION_CYCLE');
    };

    it.each([
      ['MAX', '30', ['10', '10'], '300'],
      ['AVG', '30', ['10', '10'], '300'],
      ['LATEST', '30', ['4', '10'], '300'],
      ['COUNT_UNIQUE', '30', ['a', 'a'], '30'],
      ['SUM', SLAB('10', '1', '0.5'), ['8', '8'], '13'],
      [
        'SUM',
        { billing_model: 'PACKAGE', amount: '5', transform_quantity: { divide_by: 10 } },
        ['4', '4'],
        '5',
      ],
    ] as const)('bug: a pause priced %s twice (%p, %p)', async (aggregation, terms, values, total) => {
      const bill = await paused(aggregation, terms, [...values]);
      expect(bill.total).toBe(total);
      // One line of one price, from the first day to the last.
      expect(bill.line_items.map((line: any) => [line.period_start, line.period_end])).toEqual([
        ['2031-01-01T00:00:00.000Z', '2031-02-01T00:00:00.000Z'],
      ]);
    });

    it('a pause never makes a period dearer: what happened in it counts where that is cheaper', async () => {
      const story = await begin();
      const seats = await story.feature('LATEST');
      const plan = await story.plan();
      await story.usagePrice(plan, seats, '30');
      const subscription = await story.subscribe(plan);
      await story.use(seats, { '2031-01-05': { v: '10' }, '2031-01-15': { v: '2' } });
      await story.clock('2031-01-11');
      await story.api.post(`/subscriptions/${subscription.id}/pause`, { pause_mode: 'immediate' });
      await story.clock('2031-01-21');
      await story.api.post(`/subscriptions/${subscription.id}/resume`, { resume_mode: 'immediate' });
      await story.clock('2031-02-01');
      // Unpaused it would be 2 × 30.
      expect(await story.totals('SUBSCRIPTION_CYCLE')).toEqual(['60']);
    });

    it('bug: a price that changed in the middle charged a maximum at both prices in full', async () => {
      const story = await begin();
      const seats = await story.feature('MAX');
      const plan = await story.plan();
      const seat = await story.usagePrice(plan, seats, '30');
      await story.subscribe(plan);
      await story.use(seats, { '2031-01-05': { v: '10' }, '2031-01-25': { v: '10' } });
      await story.clock('2031-01-11');
      await story.api.put(`/prices/${seat.id}`, { amount: '31' });
      await story.api.post(`/plans/${plan.id}/sync/subscriptions`);
      await story.clock('2031-02-01');
      // 10 × 30 × 10/31 = 96.77 and 10 × 31 × 21/31 = 210; polarsource/polar#9090
      const bill = await story.newest('SUBSCRIPTION_CYCLE');
      expect(bill.line_items.map((line: any) => [line.quantity, line.amount])).toEqual([
        ['10', '96.77'],
        ['10', '210'],
      ]);
      expect(bill.total).toBe('306.77');
    });

    it('tiers and packages go on where the price before ended', async () => {
      const story = await begin();
      const meter = await story.feature('SUM');
      const plan = await story.plan();
      await story.usagePrice(plan, meter, SLAB('10', '1', '0.5'));
      const subscription = await story.subscribe(plan);
      await story.use(meter, { '2031-01-05': { v: '8' }, '2031-01-25': { v: '8' } });
      await story.clock('2031-01-11');
      await story.api.put(`/subscriptions/lineitems/${subscription.line_items[0].id}`, {
        tiers: [
          { up_to: '10', unit_amount: '2' },
          { up_to: null, unit_amount: '1' },
        ],
      });
      await story.clock('2031-02-01');
      // 8 × 1, then the units from 8 to 16 by the new tiers: 2 × 2 + 6 × 1 = 10
      const bill = await story.newest('SUBSCRIPTION_CYCLE');
      expect(bill.line_items.map((line: any) => [line.quantity, line.amount])).toEqual([
        ['8', '8'],
        ['8', '10'],
      ]);
    });

    it('bug: a line commitment was asked for twice when its price changed', async () => {
      const story = await begin();
      const meter = await story.feature('SUM');
      const plan = await story.plan();
      const price = await story.usagePrice(plan, meter, '1');
      const subscription = await story.subscribe(plan, {
        override_line_items: [
          {
            price_id: price.id,
            commitment_amount: '100',
            commitment_type: 'amount',
            commitment_true_up_enabled: true,
            commitment_overage_factor: '2',
          },
        ],
      });
      await story.use(meter, { '2031-01-05': { v: '30' }, '2031-01-25': { v: '30' } });
      await story.clock('2031-01-11');
      await story.api.put(`/subscriptions/lineitems/${subscription.line_items[0].id}`, { amount: '1.5' });
      await story.clock('2031-02-01');
      // 30 × 1 + 30 × 1.5 = 75, made up to 100
      expect(await story.totals('SUBSCRIPTION_CYCLE')).toEqual(['100']);
    });

    it('a weighted sum weighs by the whole period, whatever cuts it', async () => {
      const story = await begin();
      const level = await story.feature('WEIGHTED_SUM');
      const plan = await story.plan();
      await story.usagePrice(plan, level, '31');
      const subscription = await story.subscribe(plan);
      await story.use(level, { '2031-01-01': { v: '10' } });
      await story.clock('2031-01-11');
      await story.api.put(`/subscriptions/lineitems/${subscription.line_items[0].id}`, { amount: '62' });
      await story.clock('2031-02-01');
      // 10 × 10/31 × 31 = 100 and 10 × 21/31 × 62 = 420
      const bill = await story.newest('SUBSCRIPTION_CYCLE');
      expect(bill.line_items.map((line: any) => line.amount)).toEqual(['100', '420']);
    });
  });
});
