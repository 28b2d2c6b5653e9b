import { rate } from '../rate.js';
import type { BillingInterval } from '../billing-period.js';
import { planChangeType, type RecurringFee } from './plan-change.js';

const fee = (amount: string, unit: BillingInterval['unit'], count = 1, quantity = 1): RecurringFee => ({
  interval: { unit, count },
  terms: { model: 'FLAT_FEE', amount: rate(amount) },
  quantity: rate(quantity),
});

describe('planChangeType', () => {
  it.each([
    ['dearer', fee('10', 'MONTHLY'), fee('11', 'MONTHLY'), 'upgrade'],
    ['cheaper', fee('11', 'MONTHLY'), fee('10', 'MONTHLY'), 'downgrade'],
    ['the same for another period', fee('10', 'MONTHLY'), fee('120', 'ANNUAL'), 'lateral'],
    ['a year for the price of ten months', fee('10', 'MONTHLY'), fee('100', 'ANNUAL'), 'downgrade'],
    ['weekly against daily', fee('7', 'WEEKLY'), fee('1', 'DAILY'), 'lateral'],
    ['more of the same', fee('10', 'MONTHLY'), fee('10', 'MONTHLY', 1, 2), 'upgrade'],
    ['every other month', fee('10', 'MONTHLY'), fee('10', 'MONTHLY', 2), 'downgrade'],
    ['a charge that comes once', fee('10', 'MONTHLY'), fee('99', 'ONETIME'), 'downgrade'],
  ] as const)('%s', (_what, before, after, type) => {
    expect(planChangeType([before], [after])).toBe(type);
  });
});
