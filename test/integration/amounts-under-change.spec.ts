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
      await story.syncPrices(plan);
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
      await story.syncPrices(plan);
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

  describe('a change of plan', () => {
    it('bug: an annual commitment fell due with a change of plan, and began anew', async () => {
      const story = await begin();
      const calls = await story.feature('COUNT');
      const [a, b] = [await story.plan(), await story.plan()];
      await story.usagePrice(a, calls, '1');
      await story.usagePrice(b, calls, '1');
      const subscription = await story.subscribe(a, {
        commitment_amount: '3600',
        overage_factor: '1',
        enable_true_up: true,
        commitment_duration: 'ANNUAL',
      });
      await story.use(calls, { '2031-01-05': 100 });
      await story.clock('2031-01-11');
      const changed = await story.changePlan(subscription, b);
      expect(await story.totals('PRORATION')).toEqual(['100']);
      await story.use(calls, { '2031-02-05': 50 });
      await story.clock('2031-12-12');
      expect((await story.totals('SUBSCRIPTION_CYCLE')).reduce((sum, total) => sum + Number(total), 0)).toBe(
        50,
      );
      // The year began with the first plan: what is missing of 3600 is due with the period in which it ends.
      await story.clock('2032-01-12');
      expect((await story.totals('SUBSCRIPTION_CYCLE')).at(-1)).toBe('3450');
      await story.clock('2032-06-12');
      expect((await story.totals('SUBSCRIPTION_CYCLE')).at(-1)).toBe('0');
      expect(changed.new_subscription.id).toEqual(expect.any(String));
    });

    it('a monthly commitment is shared out by time, kept over both plans, and due once', async () => {
      const story = await begin();
      const calls = await story.feature('COUNT');
      const [a, b] = [await story.plan(), await story.plan()];
      await story.usagePrice(a, calls, '1');
      await story.usagePrice(b, calls, '1');
      const subscription = await story.subscribe(a, {
        commitment_amount: '310',
        overage_factor: '1',
        enable_true_up: true,
        billing_cycle: 'calendar',
      });
      await story.use(calls, { '2031-01-05': 100 });
      await story.clock('2031-01-11');
      await story.changePlan(subscription, b, { billing_cycle: 'calendar' });
      await story.use(calls, { '2031-01-15': 10 });
      await story.clock('2031-02-01');
      // 100 with the change, 10 and what is missing of 310 at the end of the same month
      expect(await story.totals()).toEqual(['100', '210']);
    });

    it('tiers go on; a maximum is shared out by time, and the last bill of the period carries the rest', async () => {
      const story = await begin();
      const sum = await story.feature('SUM');
      const peak = await story.feature('MAX');
      const [a, b] = [await story.plan(), await story.plan()];
      await story.usagePrice(a, sum, SLAB('10', '1', '0.5'));
      await story.usagePrice(b, sum, SLAB('10', '1', '0.5'));
      await story.usagePrice(a, peak, '31');
      await story.usagePrice(b, peak, '62');
      const subscription = await story.subscribe(a, { billing_cycle: 'calendar' });
      await story.use(sum, { '2031-01-05': { v: '8' } });
      await story.use(peak, { '2031-01-06': { v: '5' } });
      await story.clock('2031-01-11');
      await story.changePlan(subscription, b, { billing_cycle: 'calendar' });
      await story.use(sum, { '2031-01-25': { v: '8' } });
      await story.use(peak, { '2031-01-26': { v: '10' } });
      await story.clock('2031-02-01');
      // 8 and 5 × 31 × 10/31; then 2 × 1 + 6 × 0.5, 10 × 62 × 21/31, and the five that the first ten days had too few
      expect(await story.totals('PRORATION')).toEqual(['58']);
      const bill = await story.newest('SUBSCRIPTION_CYCLE');
      expect(bill.line_items.map((line: any) => line.amount)).toEqual(['5', '420', '50']);
    });

    it('to a plan and back at once costs nothing but time', async () => {
      const totals = async (changes: boolean): Promise<number> => {
        const story = await begin();
        const meters = [];
        const [a, b] = [await story.plan(), await story.plan()];
        for (const type of ['SUM', 'MAX', 'COUNT_UNIQUE', 'WEIGHTED_SUM', 'AVG']) {
          const meter = await story.feature(type);
          meters.push(meter);
          await story.usagePrice(a, meter, SLAB('3', '7', '3.1'));
          await story.usagePrice(b, meter, '50');
        }
        let subscription = await story.subscribe(a, { billing_cycle: 'calendar' });
        for (const meter of meters)
          await story.use(meter, { '2031-01-03': { v: '4' }, '2031-01-07': { v: '2' } });
        await story.clock('2031-01-11');
        if (changes)
          for (const plan of [b, a])
            subscription = (await story.changePlan(subscription, plan, { billing_cycle: 'calendar' }))
              .new_subscription;
        for (const meter of meters)
          await story.use(meter, { '2031-01-14': { v: '9' }, '2031-01-29': { v: '1' } });
        await story.clock('2031-02-01');
        return (await story.totals()).reduce((sum, total) => sum + Number(total) * 100, 0);
      };
      expect(Math.round(await totals(true))).toBe(Math.round(await totals(false)));
    });

    it('bug: what was included was included again after a change of plan', async () => {
      const story = await begin();
      const calls = await story.feature('COUNT');
      const [a, b] = [await story.plan(), await story.plan()];
      for (const plan of [a, b]) {
        await story.usagePrice(plan, calls, '1');
        await story.api.create('/entitlements', {
          entity_type: 'PLAN',
          entity_id: plan.id,
          feature_id: calls.id,
          feature_type: 'metered',
          usage_limit: 10,
          usage_reset_period: 'MONTHLY',
        });
      }
      const subscription = await story.subscribe(a);
      await story.use(calls, { '2031-01-05': 8 });
      await story.clock('2031-01-11');
      await story.changePlan(subscription, b);
      await story.use(calls, { '2031-01-13': 8, '2031-02-05': 4 });
      await story.clock('2031-02-12');
      // 16 of 10 in January; from February on the quota is new: its days are those of the first plan
      expect((await story.newest('SUBSCRIPTION_CYCLE')).total).toBe('6');
    });

    it('bug: what was used before a change of plan and came after it was billed by hand only', async () => {
      const story = await begin();
      const calls = await story.feature('COUNT');
      const [a, b] = [await story.plan(), await story.plan()];
      await story.fee(a, '31');
      await story.fee(b, '62');
      await story.usagePrice(a, calls, '1');
      await story.usagePrice(b, calls, '1');
      const subscription = await story.subscribe(a);
      await story.clock('2031-01-11');
      await story.changePlan(subscription, b);
      await story.use(calls, { '2031-01-10T23:59:00Z': 7 });
      await story.clock('2031-02-12');
      const bill = await story.newest('SUBSCRIPTION_CYCLE');
      expect(bill.total).toBe('69');
      await story.clock('2031-03-12');
      expect((await story.newest('SUBSCRIPTION_CYCLE')).total).toBe('62');
    });

    it('bug: each plan that was changed to gave its credits of the same month', async () => {
      const story = await begin();
      const calls = await story.feature('COUNT');
      const plans: any[] = [];
      for (const credits of ['100', '150', '120']) {
        const plan = await story.plan();
        await story.usagePrice(plan, calls, '1');
        await story.api.create('/creditgrants', {
          name: 'monthly',
          scope: 'PLAN',
          plan_id: plan.id,
          credits,
          cadence: 'RECURRING',
          period: 'MONTHLY',
          period_count: 1,
          expiration_type: 'BILLING_CYCLE',
        });
        plans.push(plan);
      }
      let subscription = await story.subscribe(plans[0]);
      expect(await story.credit()).toBe(100);
      await story.clock('2031-01-11');
      for (const plan of [plans[1], plans[0], plans[1], plans[2]])
        subscription = (await story.changePlan(subscription, plan)).new_subscription;
      // The largest of them, whatever their number
      expect(await story.credit()).toBe(150);
      // The next ones come on the day on which they would have come, and last until they come again.
      await story.clock('2031-02-02');
      expect(await story.credit()).toBe(120);
      await story.clock('2031-02-27');
      expect(await story.credit()).toBe(120);
    });
  });
});
