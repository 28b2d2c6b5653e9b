import fc from 'fast-check';
import { afterFailure, HEALTHY, isGivenUp, MOST_TRIES, nextTry } from './delivery-schedule.js';

const HOUR_MS = 3_600_000;
const start = new Date('2026-03-01T00:00:00Z');
const fraction = fc.double({ min: 0, max: 1, noNaN: true });

describe('when a webhook is sent again', () => {
  it('law: each wait is longer than the one before, the first a second, and after three to four days it is given up', () => {
    fc.assert(
      fc.property(fc.array(fraction, { minLength: MOST_TRIES, maxLength: MOST_TRIES }), (randoms) => {
        let at = start;
        let before = 0;
        for (let attempt = 1; attempt < MOST_TRIES; attempt++) {
          const next = nextTry(at, attempt, randoms[attempt] as number) as Date;
          const wait = next.getTime() - at.getTime();
          expect(wait).toBeGreaterThan(before);
          if (attempt === 1) expect(wait).toBeLessThanOrEqual(1_200);
          before = wait;
          at = next;
        }
        expect(nextTry(at, MOST_TRIES, 0)).toBeUndefined();
        expect(at.getTime() - start.getTime()).toBeGreaterThan(72 * HOUR_MS);
        expect(at.getTime() - start.getTime()).toBeLessThan(96 * HOUR_MS);
      }),
    );
  });

  it('law: never before the receiver has asked for, unless it asks for more than a day', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: MOST_TRIES - 1 }),
        fraction,
        fc.integer({ min: -HOUR_MS, max: 72 * HOUR_MS }),
        (attempt, random, askedMs) => {
          const next = nextTry(start, attempt, random, new Date(start.getTime() + askedMs)) as Date;
          expect(next.getTime() - start.getTime()).toBeGreaterThanOrEqual(Math.min(askedMs, 24 * HOUR_MS));
          const own = nextTry(start, attempt, random) as Date;
          expect(next.getTime()).toBeGreaterThanOrEqual(own.getTime());
        },
      ),
    );
  });
});

describe('an endpoint that takes nothing', () => {
  const afterFailures = (count: number, everyMs: number) => {
    let health = HEALTHY;
    for (let n = 0; n < count; n++) health = afterFailure(health, new Date(start.getTime() + n * everyMs));
    return health;
  };

  it('is tried on for four failures, then rests: 15 seconds, twice as long each time, ten minutes at most', () => {
    expect(afterFailures(4, 0).restingUntil).toBeNull();
    const rests = [5, 6, 7, 10, 11, 100].map(
      (count) => ((afterFailures(count, 0).restingUntil as Date).getTime() - start.getTime()) / 1000,
    );
    expect(rests).toEqual([15, 30, 60, 480, 600, 600]);
  });

  it('is given up after five days without a success, counted from the first failure', () => {
    const health = afterFailures(10, HOUR_MS);
    expect(health.failingSince).toEqual(start);
    expect(isGivenUp(health, new Date(start.getTime() + 119 * HOUR_MS))).toBe(false);
    expect(isGivenUp(health, new Date(start.getTime() + 120 * HOUR_MS))).toBe(true);
    expect(isGivenUp(HEALTHY, new Date(start.getTime() + 1_000 * HOUR_MS))).toBe(false);
  });
});
