import fc from 'fast-check';
import { setProviderTimeout } from '../support/faults.js';
import { Crashes } from '../support/crossings/crashes.js';
import { openLane, type Lane, type ProviderName } from '../support/crossings/lane.js';
import { GIVEN_UP_MS, pointsOf } from '../support/crossings/misfortunes.js';
import { OPERATIONS, type Operation } from '../support/crossings/operations.js';
import { callsOf, cross, titleOf, type Call, type Crossing } from '../support/crossings/run.js';
import { Road } from '../support/road.js';
import { TRANSPORTS } from '../support/test-app.js';

/**
 * Every pair of things that may happen to one invoice, with the first of them meeting each misfortune at each of its calls
 * while the second happens. All of it takes an hour (CROSSINGS=all); every run takes some of it, the same ones each time, or
 * other ones with another CROSSINGS_SEED.
 */
const IS_ALL = process.env.CROSSINGS === 'all';
const SEED = Number(process.env.CROSSINGS_SEED ?? 20261129);
/** Those whose name has this in it. */
const ONLY = process.env.CROSSINGS_ONLY ?? '';
/** Of one provider and transport. */
const SAMPLE = 20;
const LANES = IS_ALL ? 6 : 4;

describe.each(TRANSPORTS)('crossings, jobs by %s', (transport) => {
  describe.each(['stripe', 'whop'] as const)('%s', (provider) => {
    let road: Road;
    let crashes: Crashes;
    let lanes: Lane[];
    const calls = new Map<Operation, readonly Call[]>();

    beforeAll(async () => {
      road = await Road.start({ transport });
      setProviderTimeout(road, GIVEN_UP_MS);
      crashes = new Crashes(road);
      lanes = await Promise.all(Array.from({ length: LANES }, () => openLane(road, provider)));
      const found = await inLanes(lanes, OPERATIONS, (lane, operation) => callsOf(lane, operation), rethrow);
      for (const { task, result } of found) calls.set(task, result);
    });
    afterAll(async () => {
      await road.stop();
    });

    it(
      'nothing can be paid there that is not owed here, one complete invoice at most, and the books are equal',
      async () => {
        const all = crossingsOf(calls);
        const named = all.filter((one) => titleOf(one).includes(ONLY));
        const chosen = IS_ALL ? named : shuffled(named).slice(0, SAMPLE);
        const outcomes = await inLanes(
          lanes,
          chosen,
          async (lane, crossing) => {
            const outcome = await cross(lane, crossing, calls.get(crossing.first) ?? [], crashes);
            if (IS_ALL) tell(titleOf(crossing), outcome.wrong);
            return outcome;
          },
          (error) => ({ wrong: [String(error)], struck: true }),
        );
        const wrong = outcomes.filter(({ result }) => result.wrong.length > 0);
        report(
          provider,
          transport,
          all,
          outcomes.length,
          outcomes.filter(({ result }) => !result.struck).length,
          wrong.length,
        );
        expect(wrong.map(({ task, result }) => `${titleOf(task)}: ${result.wrong.join('; ')}`)).toEqual([]);
        expect(outcomes.length).toBeGreaterThan(ONLY === '' ? 10 : 0);
      },
      IS_ALL ? 3 * 3_600_000 : 90_000,
    );
  });
});

function rethrow(error: unknown): never {
  throw error;
}

function crossingsOf(calls: ReadonlyMap<Operation, readonly Call[]>): Crossing[] {
  return OPERATIONS.flatMap((first) =>
    OPERATIONS.filter((second) => second !== first).flatMap((second) =>
      pointsOf(calls.get(first)?.length ?? 0).map((point) => ({ first, second, point })),
    ),
  );
}

const shuffled = <T>(all: readonly T[]): T[] =>
  fc.sample(fc.shuffledSubarray([...all], { minLength: all.length }), { numRuns: 1, seed: SEED })[0] as T[];

interface Done<T, R> {
  readonly task: T;
  readonly result: R;
}

/** Each lane does one thing after the other. */
async function inLanes<T, R>(
  lanes: readonly Lane[],
  tasks: readonly T[],
  work: (lane: Lane, task: T) => Promise<R>,
  failed: (error: unknown) => R,
): Promise<Done<T, R>[]> {
  const left = [...tasks];
  const done: Done<T, R>[] = [];
  await Promise.all(
    lanes.map(async (lane) => {
      let current = lane;
      for (let task = left.shift(); task !== undefined; task = left.shift())
        try {
          done.push({ task, result: await work(current, task) });
        } catch (error) {
          // What has not come to its end would be in the way of what comes next.
          current = await openLane(current.road, current.provider);
          done.push({ task, result: failed(error) });
        }
    }),
  );
  return done;
}

/** Of all of them, which take long: how far it is, on standard error. */
function tell(title: string, wrong: readonly string[]): void {
  process.stderr.write(wrong.length === 0 ? '.' : `\n${title}: ${wrong.join('; ')}\n`);
}

function report(
  provider: ProviderName,
  transport: string,
  all: readonly Crossing[],
  runs: number,
  unstruck: number,
  wrong: number,
): void {
  const pairs = new Set(all.map(({ first, second }) => `${first} ${second}`)).size;
  if (IS_ALL)
    process.stdout.write(
      `crossings ${provider} ${transport}: pairs ${pairs}, points ${all.length}, runs ${runs}, not met ${unstruck}, wrong ${wrong}\n`,
    );
}
