import fc from 'fast-check';
import type { TestApp } from '../support/test-app.js';
import { startFrozenApp } from './support/frozen-app.js';
import { holds, timeoutOf } from './support/hold.js';
import {
  at,
  commitments,
  fees,
  instants,
  meteredLines,
  terms,
  type Commitment,
  type Fee,
  type MeteredLine,
  type Terms,
} from './support/metered.js';
import { World } from './support/world.js';

interface RoundTrip {
  readonly startDay: number;
  readonly lines: readonly MeteredLine[];
  readonly fees: readonly Fee[];
  /** The other plan's: its prices for the same features (null: it has none), what it includes of each, its fees. */
  readonly other: {
    readonly prices: readonly (Terms | null)[];
    readonly limits: readonly (number | null)[];
    readonly fees: readonly Fee[];
  };
  readonly commitment: Commitment | null;
  readonly at: string;
  /** How often it goes there and back in that instant. */
  readonly times: number;
}

const LAST_DAY = 60;
const MOST_LINES = 4;

const roundTrips: fc.Arbitrary<RoundTrip> = fc
  .record({
    startDay: fc.constantFrom(0, 9),
    lines: fc.array(meteredLines({ days: [0, LAST_DAY] }), { minLength: 1, maxLength: MOST_LINES }),
    fees: fc.array(fees, { maxLength: 2 }),
    other: fc.record({
      prices: fc.array(fc.option(terms, { nil: null, freq: 6 }), {
        minLength: MOST_LINES,
        maxLength: MOST_LINES,
      }),
      limits: fc.array(fc.option(fc.constantFrom(0, 3, 100), { nil: null }), {
        minLength: MOST_LINES,
        maxLength: MOST_LINES,
      }),
      fees: fc.array(fees, { maxLength: 2 }),
    }),
    commitment: commitments,
    at: instants(0, LAST_DAY),
    times: fc.constantFrom(1, 1, 2),
  })
  .map((trip) => ({ ...trip, at: trip.at < at(trip.startDay) ? at(trip.startDay) : trip.at }));

describe('a change to another plan and back at once', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startFrozenApp();
  });
  afterAll(async () => {
    await server.stop();
  });

  const check = async (trip: RoundTrip): Promise<void> => {
    const { lines, other } = trip;
    const world = await World.begin(server);
    const features = await world.features(lines);
    const plan = await world.plan('Plan', features, lines, trip.fees);
    const there = lines.flatMap((line, index) => {
      const price = other.prices[index];
      const limit = other.limits[index] ?? null;
      return price === null || price === undefined
        ? []
        : [
            {
              ...line,
              price,
              commitment: null,
              included: limit === null ? null : { limit, reset: 'MONTHLY' as const },
              feature: features[index],
            },
          ];
    });
    const otherPlan = await world.plan(
      'Other',
      there.map(({ feature }) => feature),
      there,
      [...other.fees, ...(there.length + other.fees.length === 0 ? [FREE] : [])],
    );
    const [stays, goes] = [await world.customer('stays'), await world.customer('goes')];
    await world.use([stays, goes], lines);
    const start = at(trip.startDay);
    await world.clock(start);
    const more = {
      ...trip.commitment,
      // Periods that turn on the day of the start would begin anew: that is the time which it may cost.
      billing_cycle: 'calendar',
      start_date: start,
      proration_behavior: 'create_prorations',
    };
    await world.subscribe(stays, plan, lines, more);
    let subscription = await world.subscribe(goes, plan, lines, more);
    await world.clock(trip.at);
    for (let times = 0; times < trip.times; times += 1)
      for (const target of [otherPlan, plan])
        subscription = (await world.changePlan(subscription, target, { billing_cycle: 'calendar' }))
          .new_subscription;
    await world.clock(at(91));
    // What was given back waits for a bill that can hold it: here it is asked for.
    for (const customer of [stays, goes]) await world.settleLateUsage(customer);
    const off = (await world.cost(goes)) - (await world.cost(stays));
    // The parts of a fee are on bills of their own, each rounded to cents.
    const rounded = 2 * trip.times * (trip.fees.length + other.fees.length);
    expect(Math.abs(off)).toBeLessThanOrEqual(rounded);
  };

  it(
    'costs nothing, and gives nothing, whatever both plans charge and include',
    async () => {
      expect(await holds('to a plan and back costs nothing', roundTrips, check)).toBeGreaterThan(0);
    },
    timeoutOf(),
  );
});

const FREE: Fee = { amount: '0', invoice_cadence: 'ARREAR' };
