import fc from 'fast-check';
import type { TestApp } from '../support/test-app.js';
import { startFrozenApp } from './support/frozen-app.js';
import { holds, timeoutOf } from './support/hold.js';
import {
  commitments,
  fees,
  instants,
  meteredLines,
  at,
  type Commitment,
  type Fee,
  type MeteredLine,
} from './support/metered.js';
import { amountsOf, World, type MadePlan } from './support/world.js';

/** Something that is done to a line, or to all of them, and leaves everything as it was. */
type CutKind = 'line' | 'fee' | 'pause' | 'price' | 'plan';

interface Cut {
  readonly at: string;
  readonly kind: CutKind;
  readonly line: number;
}

interface CutHistory {
  readonly cycle: 'anniversary' | 'calendar';
  readonly startDay: number;
  readonly lines: readonly MeteredLine[];
  readonly fees: readonly Fee[];
  readonly commitment: Commitment | null;
  readonly cuts: readonly Cut[];
}

const LAST_DAY = 60;

/** A change of plan begins a period of its own where periods turn on the day of the start: these histories turn with the calendar. */
const cutHistories: fc.Arbitrary<CutHistory> = fc
  .record({
    cycle: fc.constantFrom('anniversary' as const, 'calendar' as const),
    startDay: fc.constantFrom(0, 9),
    lines: fc.array(meteredLines({ days: [0, LAST_DAY] }), { minLength: 1, maxLength: 6 }),
    fees: fc.array(fees, { maxLength: 2 }),
    commitment: commitments,
    cuts: fc.array(
      fc.record({
        at: instants(0, LAST_DAY),
        kind: fc.constantFrom<CutKind>('line', 'line', 'fee', 'pause', 'price', 'plan', 'plan'),
        line: fc.nat(5),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(({ cuts, ...history }) => ({
    ...history,
    cuts: cuts
      .map(({ at: instant, kind, line }): Cut => ({
        at: instant < at(history.startDay) ? at(history.startDay) : instant,
        kind: kind === 'plan' && history.cycle === 'anniversary' ? 'line' : kind,
        line,
      }))
      .sort((a, b) => (a.at < b.at ? -1 : 1)),
  }));

describe('a period that is cut where nothing changes', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startFrozenApp();
  });
  afterAll(async () => {
    await server.stop();
  });

  const check = async (history: CutHistory): Promise<void> => {
    const { lines, fees: fixed, cuts } = history;
    const world = await World.begin(server);
    const features = await world.features(lines);
    const [plan, cutPlan, equal] = [
      await world.plan('Plan', features, lines, fixed),
      await world.plan('Plan', features, lines, fixed),
      await world.plan('Plan', features, lines, fixed),
    ];
    const [whole, cut] = [await world.customer('whole'), await world.customer('cut')];
    await world.use([whole, cut], lines);
    const start = at(history.startDay);
    await world.clock(start);
    const more = {
      ...history.commitment,
      billing_cycle: history.cycle,
      start_date: start,
      proration_behavior: 'create_prorations',
    };
    await world.subscribe(whole, plan, lines, more);
    let subscription = await world.subscribe(cut, cutPlan, lines, more);
    // What it is on now, and what it can be changed to.
    let [current, other] = [cutPlan, equal];
    const one = async ({ kind, line }: Cut): Promise<void> => {
      switch (kind) {
        case 'line':
          return editLine(world, subscription, current, lines, line);
        case 'fee':
          return editFee(world, subscription, fixed, line);
        case 'pause':
          await world.api.post(`/subscriptions/${subscription.id}/pause`, { pause_mode: 'immediate' });
          await world.api.post(`/subscriptions/${subscription.id}/resume`, { resume_mode: 'immediate' });
          return;
        case 'price':
          return world.priceAnew(current, line);
        case 'plan':
          subscription = (await world.changePlan(subscription, other, { billing_cycle: 'calendar' }))
            .new_subscription;
          [current, other] = [other, current];
      }
    };
    for (const each of cuts) {
      await world.clock(each.at);
      await one(each);
    }
    await world.clock(at(91));
    const changes = cuts.filter(({ kind }) => kind === 'plan').length;
    if (changes === 0)
      expect(amountsOf(await world.invoices(cut))).toEqual(amountsOf(await world.invoices(whole)));
    else {
      // The parts of a fee are on bills of their own, each rounded to cents.
      const off = Math.abs((await world.cost(cut)) - (await world.cost(whole)));
      expect(off).toBeLessThanOrEqual(changes * fixed.length);
    }
  };

  it(
    'costs what it costs uncut, for every aggregation, price model, commitment and included quantity',
    async () => {
      expect(await holds('a cut changes no amount', cutHistories, check)).toBeGreaterThan(0);
    },
    timeoutOf(),
  );
});

/** The same price once more. */
async function editLine(
  world: World,
  subscription: any,
  plan: MadePlan,
  lines: readonly MeteredLine[],
  index: number,
): Promise<void> {
  if (lines.length === 0) return;
  const place = index % lines.length;
  const line = await world.lineOf(subscription, plan.prices[place].display_name as string);
  const { amount, tiers, transform_quantity } = (lines[place] as MeteredLine).price;
  await world.api.put(`/subscriptions/lineitems/${line.id}`, { amount, tiers, transform_quantity });
}

/** The same quantity once more. */
async function editFee(world: World, subscription: any, fixed: readonly Fee[], index: number): Promise<void> {
  if (fixed.length === 0) return;
  const line = await world.lineOf(subscription, `fee ${index % fixed.length}`);
  await world.api.put(`/subscriptions/lineitems/${line.id}`, { quantity: 1 });
}
