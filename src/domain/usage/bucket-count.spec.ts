import { makePeriod } from '../period.js';
import { bucketCount } from './bucket-count.js';

const period = (start: string, end: string) => makePeriod(new Date(start), new Date(end));

describe('bucketCount', () => {
  it.each([
    ['DAY', '2025-02-01T00:00:00Z', '2025-03-01T00:00:00Z', 28],
    ['DAY', '2025-02-01T12:00:00Z', '2025-02-02T12:00:00Z', 2],
    ['HOUR', '2025-02-01T00:30:00Z', '2025-02-01T01:00:00Z', 1],
    ['15MIN', '2025-02-01T00:14:59Z', '2025-02-01T00:15:01Z', 2],
    // A Sunday and the Monday after it.
    ['WEEK', '2025-02-02T00:00:00Z', '2025-02-04T00:00:00Z', 2],
    ['WEEK', '2025-02-03T00:00:00Z', '2025-02-10T00:00:00Z', 1],
    ['MONTH', '2024-12-31T23:59:59Z', '2025-02-01T00:00:00Z', 2],
    ['12HOUR', '1999-12-31T23:00:00Z', '2000-01-01T13:00:00Z', 3],
  ] as const)('%s from %s to %s: %i', (size, start, end, count) => {
    expect(bucketCount(size, [period(start, end)])).toBe(count);
  });

  it('of stretches: one that both have a part of is one', () => {
    const day = '2025-02-01';
    const morning = period(`${day}T00:00:00Z`, `${day}T08:00:00Z`);
    const evening = period(`${day}T20:00:00Z`, '2025-02-02T08:00:00Z');
    expect(bucketCount('DAY', [morning, evening])).toBe(2);
    expect(bucketCount('HOUR', [morning, evening])).toBe(20);
  });
});
