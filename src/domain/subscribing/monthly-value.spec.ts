import { rate } from '../rate.js';
import { monthlyValue } from './monthly-value.js';

describe('the monthly value of a price', () => {
  it.each([
    ['MONTHLY', 1, '120'],
    ['MONTHLY', 2, '60'],
    ['QUARTERLY', 1, '40'],
    ['HALF_YEARLY', 1, '20'],
    ['ANNUAL', 1, '10'],
    ['ANNUAL', 2, '5'],
    ['WEEKLY', 1, '520'],
    ['DAILY', 1, '3650'],
    ['ONETIME', 1, '0'],
  ] as const)('%s × %d of 120 is %s', (unit, count, expected) => {
    expect(monthlyValue(rate(120), { unit, count }).toFixed()).toBe(expected);
  });
});
