import fc from 'fast-check';
import { makePeriod } from '../period.js';
import { rate } from '../rate.js';
import { summarize } from './summary.js';
import { weightedLevels } from './weighted-level.js';
import { aggregate } from './aggregate.js';
import type { AggregationSpec, UsageEvent } from './aggregation.js';

const spec: AggregationSpec = { type: 'WEIGHTED_SUM', field: 'v' };
const whole = makePeriod(new Date(0), new Date(1_000));

describe('a weighted sum over stretches', () => {
  it('is what it is uncut, wherever the period is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(999), fc.integer({ min: -50, max: 50 })), { maxLength: 8 }),
        fc.uniqueArray(fc.integer({ min: 1, max: 999 }), { maxLength: 4 }),
        (drawn, cuts) => {
          const events = drawn.map(([at, v], index): UsageEvent => ({
            id: String(index),
            occurredAt: new Date(at),
            properties: { v },
          }));
          const edges = [0, ...[...cuts].sort((a, b) => a - b), 1_000];
          const stretches = edges.slice(1).map((end, index) => {
            const period = makePeriod(new Date(edges[index]!), new Date(end));
            const inside = events.filter(({ occurredAt: at }) => at >= period.start && at < period.end);
            return { period, whole, summary: summarize(inside, spec) };
          });
          expect(weightedLevels(stretches).at(-1)).toEqual(aggregate(spec, events, whole));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('what was there before the period weighs all of it; a pause weighs nothing', () => {
    const empty = summarize([], spec);
    const [first, last] = weightedLevels(
      [
        { period: makePeriod(new Date(0), new Date(250)), whole, summary: empty },
        { period: makePeriod(new Date(750), new Date(1_000)), whole, summary: empty },
      ],
      rate(8),
    );
    expect([first, last]).toEqual([rate(2), rate(4)]);
  });
});
