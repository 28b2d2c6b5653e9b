import fc from 'fast-check';
import type { TestApp } from '../support/test-app.js';
import { startFrozenApp } from './support/frozen-app.js';
import { holds, timeoutOf } from './support/hold.js';
import { MEASURE_KINDS } from '../../src/domain/usage/aggregation.js';
import {
  AGGREGATIONS,
  at,
  commitments,
  fees,
  instants,
  meteredLines,
  type Commitment,
  type Fee,
  type MeteredLine,
} from './support/metered.js';
import { cents, World } from './support/world.js';

interface Pause {
  readonly from: string;
  readonly until: string;
  /** Asked for when it begins, or at once with both its ends. */
  readonly scheduled: boolean;
}

interface PauseHistory {
  readonly cycle: 'anniversary' | 'calendar';
  readonly prorates: boolean;
  readonly startDay: number;
  readonly lines: readonly MeteredLine[];
  readonly fees: readonly Fee[];
  readonly commitment: Commitment | null;
  readonly pauses: readonly Pause[];
}

const LAST_DAY = 80;

const pauseHistories: fc.Arbitrary<PauseHistory> = fc
  .record({
    cycle: fc.constantFrom('anniversary' as const, 'calendar' as const),
    prorates: fc.boolean(),
    startDay: fc.constantFrom(0, 9),
    lines: fc.array(meteredLines({ days: [0, LAST_DAY], corrections: true }), { minLength: 1, maxLength: 5 }),
    fees: fc.array(fees, { maxLength: 2 }),
    commitment: commitments,
    pauses: fc.tuple(
      fc.uniqueArray(instants(0, LAST_DAY), { minLength: 4, maxLength: 4 }),
      fc.boolean(),
      fc.boolean(),
    ),
  })
  .map(({ pauses: [ends, ...scheduled], ...history }) => {
    const [a, b, c, d] = ends.sort().map((one) => (one < at(history.startDay) ? at(history.startDay) : one));
    return {
      ...history,
      lines: history.lines.map(withoutLifelongLevels),
      pauses: [
        { from: a!, until: b!, scheduled: scheduled[0] },
        { from: c!, until: d!, scheduled: scheduled[1] },
      ].filter(({ from, until }) => from < until),
    };
  });

/**
 * A level that is included for ever is charged by what it grows: what it reached in a pause is not charged there, but when it
 * is reached again. That is dearer where a commitment would have covered it.
 */
function withoutLifelongLevels(line: MeteredLine): MeteredLine {
  const isLevel = MEASURE_KINDS[AGGREGATIONS[line.aggregation].type] === 'level';
  return isLevel && line.included?.reset === 'NEVER' ? { ...line, included: null } : line;
}

describe('a pause', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startFrozenApp();
  });
  afterAll(async () => {
    await server.stop();
  });

  const check = async (history: PauseHistory): Promise<void> => {
    const { lines, fees: fixed } = history;
    const world = await World.begin(server);
    const plan = await world.plan('Plan', await world.features(lines), lines, fixed);
    const [steady, paused] = [await world.customer('steady'), await world.customer('paused')];
    await world.use([steady, paused], lines);
    const start = at(history.startDay);
    await world.clock(start);
    const more = {
      ...history.commitment,
      billing_cycle: history.cycle,
      start_date: start,
      proration_behavior: history.prorates ? 'create_prorations' : 'none',
    };
    await world.subscribe(steady, plan, lines, more);
    const { id } = await world.subscribe(paused, plan, lines, more);
    for (const { from, until, scheduled } of history.pauses) {
      await world.clock(from);
      await world.api.post(`/subscriptions/${id}/pause`, {
        pause_mode: 'immediate',
        ...(scheduled ? { pause_end: until } : {}),
      });
      await world.clock(until);
      if (!scheduled) await world.api.post(`/subscriptions/${id}/resume`, { resume_mode: 'immediate' });
    }
    await world.clock(at(122));
    // What begins in a pause is charged when that is over: what all bills come to by the end of each period is compared.
    const [expected, found] = [await world.invoices(steady), await world.invoices(paused)];
    const dearer = expected
      .map(({ period_end: end }) => ({ end, paused: billedBy(found, end), steady: billedBy(expected, end) }))
      .filter((one) => one.paused > one.steady);
    expect(dearer).toEqual([]);
  };

  it(
    'makes no period dearer, whatever is measured, committed to and paid in advance',
    async () => {
      expect(await holds('a pause makes nothing dearer', pauseHistories, check)).toBeGreaterThan(0);
    },
    timeoutOf(),
  );
});

/** In cents. */
const billedBy = (invoices: readonly any[], end: string): number =>
  invoices
    .filter(({ period_end }) => period_end <= end)
    .reduce((sum: number, { total }) => sum + cents(total as string), 0);
