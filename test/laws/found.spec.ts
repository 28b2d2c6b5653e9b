import type { TestApp } from '../support/test-app.js';
import { startFrozenApp } from './support/frozen-app.js';
import { at, type Fee, type MeteredLine, type Terms } from './support/metered.js';
import { MoneyLife, type MoneyHistory } from './support/money-life.js';
import { eventOf, World, type MadePlan } from './support/world.js';

/** What the laws have found, each made as small as it could be. January has 31 days. */
describe('found by the laws', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startFrozenApp();
  });
  afterAll(async () => {
    await server.stop();
  });

  const PRORATED = { billing_cycle: 'calendar', proration_behavior: 'create_prorations' };
  const flat = (amount: string): Terms => ({ billing_model: 'FLAT_FEE', amount });
  const line = (more: Partial<MeteredLine>): MeteredLine => ({
    aggregation: 'COUNT',
    price: flat('5'),
    commitment: null,
    included: null,
    usage: [],
    ...more,
  });
  const use = (day: number, v = 1) => ({ at: at(day), v, g: 'a' });

  interface Begun {
    readonly world: World;
    readonly customer: any;
    readonly features: readonly any[];
    readonly plan: MadePlan;
    readonly subscription: any;
  }
  const begin = async (
    lines: readonly MeteredLine[],
    fees: readonly Fee[] = [],
    more: object = {},
  ): Promise<Begun> => {
    const world = await World.begin(server);
    const features = await world.features(lines);
    const plan = await world.plan('Plan', features, lines, fees);
    const customer = await world.customer('customer');
    await world.use([customer], lines);
    const subscription = await world.subscribe(customer, plan, lines, { ...PRORATED, ...more });
    return { world, customer, features, plan, subscription };
  };

  it('bug: a commitment for every bucket had usage behind a change of plan billed twice', async () => {
    const lines = [
      line({
        aggregation: 'MAX_BY_DAY',
        price: flat('1'),
        commitment: {
          commitment_amount: '10',
          commitment_type: 'amount',
          commitment_overage_factor: '2',
          commitment_true_up_enabled: true,
          commitment_windowed: true,
        },
        usage: [use(14, 27)],
      }),
    ];
    const { world, customer, features, subscription } = await begin(lines);
    await world.clock(at(1, 43_200_000));
    const equal = await world.plan('Plan', features, lines);
    await world.changePlan(subscription, equal, { billing_cycle: 'calendar' });
    await world.clock(at(32));
    // Thirty days of 10; on one 10 and 17 × 2.
    expect(await world.cost(customer)).toBe(34_400);
  });

  it('bug: a line that was changed to the same price took its place behind those that the commitment covers next', async () => {
    const lines = [
      line({ price: flat('2.9992'), usage: [use(9)] }),
      line({ price: flat('7'), usage: [use(10)] }),
    ];
    const { world, customer, subscription } = await begin(lines, [], {
      commitment_amount: '4',
      overage_factor: '2',
    });
    await world.clock(at(4));
    const first = await world.lineOf(subscription, 'line 0');
    await world.api.put(`/subscriptions/lineitems/${first.id}`, { amount: '2.9992' });
    await world.clock(at(32));
    const bill = (await world.invoices(customer)).at(-1);
    // The first line is covered, the second to the dollar that is left: 6 × 2 beyond.
    expect(bill.line_items.map((one: any) => [one.display_name, one.amount])).toEqual([
      ['line 0', '0'],
      ['line 0', '3'],
      ['line 1', '1'],
      ['line 1 (Overage)', '12'],
    ]);
  });

  it('bug: a fee in arrear that was cut in two was rounded twice', async () => {
    const { world, customer, subscription } = await begin(
      [],
      [{ amount: '0.5548', invoice_cadence: 'ARREAR' }],
    );
    await world.clock(at(15));
    const fee = await world.lineOf(subscription, 'fee 0');
    await world.api.put(`/subscriptions/lineitems/${fee.id}`, { quantity: 1 });
    await world.clock(at(32));
    expect(await world.cost(customer)).toBe(55);
  });

  it.each([
    ['at once', 0],
    ['later', 12],
  ])('bug: a pause in the instant of a charge, resumed %s, had the fee charged twice', async (_, days) => {
    const { world, customer, subscription } = await begin([], [{ amount: '31', invoice_cadence: 'ADVANCE' }]);
    await world.api.post(`/subscriptions/${subscription.id}/pause`, { pause_mode: 'immediate' });
    await world.clock(at(days));
    await world.api.post(`/subscriptions/${subscription.id}/resume`, { resume_mode: 'immediate' });
    expect(await world.cost(customer)).toBe(3_100);
  });

  it('bug: to a plan and back in one instant measured a level twice, and lost a commitment', async () => {
    const lines = [
      line({
        aggregation: 'SUM_KEPT',
        price: flat('10'),
        commitment: {
          commitment_amount: '93',
          commitment_type: 'amount',
          commitment_overage_factor: '1',
          commitment_true_up_enabled: true,
        },
        usage: [use(0, 7)],
      }),
    ];
    for (const there of [lines.map((one) => ({ ...one, commitment: null, price: flat('9') })), []]) {
      const { world, customer, features, plan, subscription } = await begin(lines);
      const other = await world.plan('Other', features, there, [{ amount: '0', invoice_cadence: 'ARREAR' }]);
      await world.clock(at(10));
      const { new_subscription: between } = await world.changePlan(subscription, other, {
        billing_cycle: 'calendar',
      });
      await world.changePlan(between, plan, { billing_cycle: 'calendar' });
      await world.clock(at(32));
      expect(await world.cost(customer)).toBe(9_300);
    }
  });

  it('bug: the true-up of a term did not know what a cut period came to in the end', async () => {
    const lines = [
      line({
        aggregation: 'MAX',
        price: flat('10'),
        commitment: {
          commitment_amount: '300',
          commitment_type: 'amount',
          commitment_overage_factor: '1',
          commitment_true_up_enabled: true,
          commitment_duration: 'QUARTERLY',
        },
        usage: [use(27, 10)],
      }),
    ];
    const { world, customer, features, subscription } = await begin(lines);
    const equal = await world.plan('Plan', features, lines);
    await world.clock(at(7));
    await world.changePlan(subscription, equal, { billing_cycle: 'calendar' });
    await world.clock(at(91));
    expect(await world.cost(customer)).toBe(30_000);
  });

  it('bug: what came late was billed again with the next bill where a commitment had an overage', async () => {
    const lines = [line({ usage: [use(3)] })];
    const { world, customer } = await begin(lines, [], { commitment_amount: '3', overage_factor: '1' });
    await world.clock(at(32));
    await world.send([eventOf('customer', 0, 9, use(20))]);
    await world.settleLateUsage(customer);
    await world.clock(at(60));
    await world.settleLateUsage(customer);
    expect(await world.cost(customer)).toBe(1_000);
  });

  it('bug: what came late behind a cut did not reach the part of a level that is before it', async () => {
    const { world, customer, subscription } = await begin([line({ aggregation: 'AVG', price: flat('31') })]);
    await world.clock(at(10));
    const first = await world.lineOf(subscription, 'line 0');
    await world.api.put(`/subscriptions/lineitems/${first.id}`, { amount: '31' });
    await world.clock(at(32));
    await world.send([eventOf('customer', 0, 0, use(29))]);
    await world.clock(at(60));
    expect(await world.cost(customer)).toBe(3_100);
  });

  it('bug: what came late and was billed by the plan that goes on was billed again for the one before', async () => {
    const lines = [line({})];
    const { world, customer, features, subscription } = await begin(lines);
    const other = await world.plan('Other', features, lines);
    await world.clock(at(10));
    await world.changePlan(subscription, other, { billing_cycle: 'calendar' });
    await world.clock(at(32));
    await world.send([eventOf('customer', 0, 0, use(3))]);
    await world.clock(at(60));
    await world.settleLateUsage(customer);
    expect(await world.cost(customer)).toBe(500);
  });

  it('bug: a cent stayed owed while it was given to the wallet as well, where tax falls on the next cent', async () => {
    await nothingBroken({
      ...MONEY,
      fees: ['0.07', '31'],
      tax: 19,
      steps: [
        { kind: 'pay', n: 0, part: 2 },
        { kind: 'cancel', n: 0, part: 2 },
      ],
    });
  });

  it('bug: two credit notes took more of a line than it charged, each rounded up by itself', async () => {
    await nothingBroken({
      ...MONEY,
      fees: ['31', '31'],
      tax: 7,
      steps: [
        { kind: 'note', n: 0, part: 3 },
        { kind: 'note', n: 0, part: 4 },
      ],
    });
  });

  it('bug: the part behind a cut was rounded as if the part before had no overage', async () => {
    const lines = [
      line({
        price: flat('36.29'),
        commitment: {
          commitment_amount: '21',
          commitment_type: 'amount',
          commitment_overage_factor: '1.5',
          commitment_true_up_enabled: true,
        },
        usage: [use(3), use(12), use(13), use(14)],
      }),
    ];
    const { world, customer, features, subscription } = await begin(lines);
    const other = await world.plan('Other', features, lines);
    await world.clock(at(10));
    await world.changePlan(subscription, other, { billing_cycle: 'calendar' });
    await world.clock(at(31));
    // 21 + 1.5 × (4 × 36.29 − 21), rounded once.
    expect(await world.cost(customer)).toBe(20_724);
  });

  it('bug: late usage of a plan that was left was settled without what its period came to after', async () => {
    const lines = [line({}), line({ aggregation: 'MAX', price: flat('31'), usage: [use(20)] })];
    const { world, customer, features, subscription } = await begin(lines);
    const other = await world.plan('Other', features, lines);
    await world.clock(at(10));
    await world.changePlan(subscription, other, { billing_cycle: 'calendar' });
    await world.clock(at(32));
    await world.send([eventOf('customer', 0, 0, use(5))]);
    await world.settleLateUsage(customer);
    await world.clock(at(60));
    await world.settleLateUsage(customer);
    expect(await world.cost(customer)).toBe(3_600);
  });

  const MONEY: Pick<MoneyHistory, 'usage' | 'coupon' | 'cycle'> = {
    usage: '1',
    coupon: null,
    cycle: 'calendar',
  };
  const nothingBroken = async (history: MoneyHistory): Promise<void> => {
    const life = await MoneyLife.begin(server, history);
    for (const step of history.steps) await life.take(step);
    expect(await life.broken()).toEqual([]);
  };
});
