import fc from 'fast-check';
import { billsOf, countsOn, type CouponDuration } from './coupon-cadence.js';

const durations: fc.Arbitrary<CouponDuration> = fc.oneof(
  fc.constant<CouponDuration>({ cadence: 'once', durationInPeriods: null }),
  fc.constant<CouponDuration>({ cadence: 'forever', durationInPeriods: null }),
  fc.integer({ min: 1, max: 8 }).map((n): CouponDuration => ({ cadence: 'repeated', durationInPeriods: n })),
);
const keys = fc.constantFrom('a', 'b', 'c', 'd', 'e');

/** Bills in order, each recorded where the coupon counts. */
function run(duration: CouponDuration, bills: readonly string[]): string[] {
  const used = new Set<string>();
  return bills.filter((key) => {
    const counts = countsOn(duration, used, key);
    if (counts) used.add(key);
    return counts;
  });
}

describe('a coupon over the bills of a subscription', () => {
  it.each<[CouponDuration, string[]]>([
    [{ cadence: 'once', durationInPeriods: null }, ['a']],
    [{ cadence: 'repeated', durationInPeriods: 2 }, ['a', 'b']],
    [{ cadence: 'forever', durationInPeriods: null }, ['a', 'b', 'c', 'd']],
  ])('%o counts on %j of four', (duration, expected) => {
    expect(run(duration, ['a', 'b', 'c', 'd'])).toEqual(expected);
  });

  it('counts on as many different bills as it says, and never on more', () => {
    fc.assert(
      fc.property(durations, fc.array(keys, { maxLength: 20 }), (duration, bills) => {
        const distinct = new Set(bills).size;
        expect(new Set(run(duration, bills)).size).toBe(Math.min(billsOf(duration) ?? distinct, distinct));
      }),
    );
  });

  it('counts again on a bill that is made again', () => {
    fc.assert(
      fc.property(durations, fc.array(keys, { maxLength: 20 }), (duration, bills) => {
        const counted = run(duration, bills);
        expect(run(duration, [...bills, ...counted])).toEqual([...counted, ...counted]);
      }),
    );
  });

  it.each([null, 0, -1, 1.5])('refuses a repeated one for %p bills', (durationInPeriods) => {
    expect(() => billsOf({ cadence: 'repeated', durationInPeriods })).toThrow(RangeError);
  });
});
