import fc from 'fast-check';
import { contains, makePeriod, type Period } from '../period.js';
import { rate } from '../rate.js';
import { aggregate, AGGREGATORS, billableQuantity } from './aggregate.js';
import { AGGREGATION_TYPES, type AggregationSpec, type UsageEvent } from './aggregation.js';
import { addSummaries, NO_USAGE, summarize } from './summary.js';

const DAY: Period = makePeriod(new Date(1000), new Date(2000));
const COUNT: AggregationSpec = { type: 'COUNT' };
const SUM: AggregationSpec = { type: 'SUM', field: 'value' };

const event = (id: string, ms: number, value?: unknown): UsageEvent => ({
  id,
  occurredAt: new Date(ms),
  properties: value === undefined ? {} : { value },
});

const values = fc.oneof(
  fc.integer({ min: -1000, max: 1000 }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.integer({ min: -10_000, max: 10_000 }).map((n) => (n / 100).toFixed(2)),
  fc.constantFrom('many', null, true, '', {}, undefined),
);
/** Events with ids of their own, in and around the window. */
const eventLists = fc
  .array(fc.tuple(fc.integer({ min: 500, max: 2500 }), values), { maxLength: 40 })
  .map((list) => list.map(([ms, value], index) => event(`event_${index}`, ms, value)));
const specs = fc.constantFrom(COUNT, SUM);

const total = (spec: AggregationSpec, events: readonly UsageEvent[], window = DAY): string =>
  aggregate(spec, events, window).toFixed();

describe('aggregate', () => {
  it('does not depend on the order of events, nor on how often each is delivered', () => {
    fc.assert(
      fc.property(
        specs,
        eventLists.chain((events) =>
          fc.tuple(
            fc.constant(events),
            fc
              .subarray(events)
              .chain((again) =>
                fc.shuffledSubarray([...events, ...again], { minLength: events.length + again.length }),
              ),
          ),
        ),
        (spec, [events, delivered]) => {
          expect(total(spec, delivered)).toBe(total(spec, events));
        },
      ),
    );
  });

  it('of a window is the sum over its parts', () => {
    fc.assert(
      fc.property(specs, eventLists, fc.integer({ min: 1001, max: 1999 }), (spec, events, cut) => {
        const parts = [makePeriod(DAY.start, new Date(cut)), makePeriod(new Date(cut), DAY.end)].map((part) =>
          aggregate(spec, events, part),
        );
        expect(parts.reduce((a, b) => a.plus(b), rate(0)).toFixed()).toBe(total(spec, events));
      }),
    );
  });

  it('takes the start of the window and leaves its end to the next one', () => {
    const events = [999, 1000, 1999, 2000].map((ms) => event(String(ms), ms, 1));
    expect(total(COUNT, events)).toBe('2');
    expect(total(SUM, events)).toBe('2');
  });

  it('difference: an event id counts once even with another timestamp, and the first one wins', () => {
    expect(total(COUNT, [event('a', 1100), event('a', 1200)])).toBe('1');
    expect(total(SUM, [event('a', 1100, 3), event('a', 1200, 5)])).toBe('3');
    expect(total(COUNT, [event('a', 500), event('a', 1200)])).toBe('0');
  });

  it('of no events is zero', () => {
    expect([total(COUNT, []), total(SUM, [])]).toEqual(['0', '0']);
  });

  it('adds up from the summaries of any parts what it makes of the whole', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...AGGREGATION_TYPES.filter((type) => type !== 'COUNT_UNIQUE')),
        eventLists,
        fc.func(fc.nat(3)),
        (type, events, partOf) => {
          const spec = { type, field: 'value', multiplier: rate('2.5') };
          const inside = events.filter((one) => contains(DAY, one.occurredAt));
          const parts = [0, 1, 2, 3].map((part) => inside.filter((one) => partOf(one.id) === part));
          const sum = parts.map((part) => summarize(part, spec)).reduce(addSummaries, NO_USAGE);
          expect(AGGREGATORS[type](sum, spec, DAY).toFixed()).toBe(total(spec, events));
        },
      ),
    );
  });
});

describe('the other aggregations', () => {
  const mixed = [
    event('a', 1100, 10),
    event('b', 1200, '2.5'),
    event('c', 1300, 'many'),
    event('d', 1400),
    event('e', 1500, -4),
  ];
  it.each<[AggregationSpec, string]>([
    [{ type: 'AVG', field: 'value' }, '2.833333333333333333'],
    [{ type: 'MAX', field: 'value' }, '10'],
    [{ type: 'LATEST', field: 'value' }, '-4'],
    [{ type: 'COUNT_UNIQUE', field: 'value' }, '4'],
    [{ type: 'SUM_WITH_MULTIPLIER', field: 'value', multiplier: rate('0.1') }, '0.85'],
    [{ type: 'SUM_WITH_MULTIPLIER', field: 'value' }, '8.5'],
    // 10 × 0.9 + 2.5 × 0.8 − 4 × 0.5
    [{ type: 'WEIGHTED_SUM', field: 'value' }, '9'],
  ])('%j', (spec, expected) => {
    expect(total(spec, mixed)).toBe(expected);
    expect(total(spec, [...mixed].reverse())).toBe(expected);
  });

  it.each(AGGREGATION_TYPES)('%s of no events is zero', (type) => {
    expect(total({ type, field: 'value' }, [])).toBe('0');
  });

  it('MAX of negatives is negative, and AVG leaves out events without a number', () => {
    expect(total({ type: 'MAX', field: 'value' }, [event('a', 1100, -3), event('b', 1100)])).toBe('-3');
    expect(total({ type: 'AVG', field: 'value' }, [event('a', 1100, 3), event('b', 1100)])).toBe('3');
  });

  it('LATEST of one instant is the one of the greatest id by its bytes', () => {
    // As UTF-16 the second would come first.
    const events = [event('\u{ff5e}', 1100, 1), event('\u{1f600}', 1100, 2)];
    expect(total({ type: 'LATEST', field: 'value' }, events)).toBe('2');
    expect(total({ type: 'LATEST', field: 'value' }, [event('b', 1100, 1), event('ab', 1100, 2)])).toBe('1');
  });

  it('COUNT_UNIQUE compares as text, objects whatever the order of their names', () => {
    const events = [5, '5', 5.0, null, undefined, '', { a: 1, b: 2 }, { b: 2, a: 1 }, true, 'true'];
    const given = events.map((value, index) => event(String(index), 1100, value));
    expect(total({ type: 'COUNT_UNIQUE', field: 'value' }, given)).toBe('4');
  });

  it('WEIGHTED_SUM weighs by what is left of the window: all at its start, nothing at its end', () => {
    expect(total({ type: 'WEIGHTED_SUM', field: 'value' }, [event('a', 1000, 3)])).toBe('3');
    expect(total({ type: 'WEIGHTED_SUM', field: 'value' }, [event('a', 1999, 3)])).toBe('0.003');
  });
});

describe('SUM', () => {
  it('adds strings and JSON numbers exactly', () => {
    expect(total(SUM, [event('a', 1100, 0.1), event('b', 1100, '0.2'), event('c', 1100, 1e-7)])).toBe(
      '0.3000001',
    );
    expect(total(SUM, [event('a', 1100, '99999999999999999999'), event('b', 1100, 1)])).toBe(
      '100000000000000000000',
    );
  });

  it.each(['many', '', ' ', 'NaN', 'Infinity', '1e400', '0x10', NaN, true, false, null, undefined, {}, [5]])(
    'counts %p as 0',
    (value) => {
      expect(total(SUM, [event('a', 1100, value), event('b', 1100, 7)])).toBe('7');
    },
  );

  it('keeps a JSON number with more than 18 decimal places', () => {
    expect(total(SUM, [event('a', 1100, 0.0012345678901234567)])).toBe('0.001234567890123457');
  });

  it('difference: negatives are summed like any other value, and only the total is floored for the bill', () => {
    const events = [event('a', 1100, 10), event('b', 1100, '-4')];
    expect(total(SUM, events)).toBe('6');
    const returned = aggregate(SUM, [...events, event('c', 1100, -20)], DAY);
    expect([returned.toFixed(), billableQuantity(returned).toFixed()]).toEqual(['-14', '0']);
  });

  it('does not take an inherited value for a property, nor anything when no property is named', () => {
    const inherited = Object.create({ value: 5 }) as Record<string, unknown>;
    expect(total(SUM, [{ ...event('a', 1100), properties: inherited }])).toBe('0');
    expect(total({ type: 'SUM' }, [event('a', 1100, 5)])).toBe('0');
  });
});

describe('billableQuantity', () => {
  it.each([
    ['5.5', '5.5'],
    ['0', '0'],
    ['-0.1', '0'],
  ])('of %s is %s', (aggregated, expected) => {
    expect(billableQuantity(rate(aggregated)).toFixed()).toBe(expected);
  });
});
