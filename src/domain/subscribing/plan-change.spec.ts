import fc from 'fast-check';
import { money, type Money } from '../money.js';
import { rate } from '../rate.js';
import type { BillingInterval } from '../billing-period.js';
import { planChangeType, splitCredits, type RecurringFee } from './plan-change.js';

const usd = (minor: number | bigint): Money => money(BigInt(minor), 'usd');
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

describe('splitCredits', () => {
  it('gives the first invoice what it can take, and the wallet the rest', () => {
    expect(splitCredits([usd(300), usd(500)], usd(600))).toEqual({
      onInvoice: [usd(300), usd(300)],
      toWallet: usd(200),
    });
  });

  it('loses nothing, and never takes more than is charged', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(10_000)), fc.nat(50_000), (credits, charges) => {
        const { onInvoice, toWallet } = splitCredits(credits.map(usd), usd(charges));
        const taken = onInvoice.reduce((sum, { amount }) => sum + amount, 0n);
        expect(taken + toWallet.amount).toBe(BigInt(credits.reduce((sum, one) => sum + one, 0)));
        expect(taken <= BigInt(charges)).toBe(true);
        expect(toWallet.amount === 0n || taken === BigInt(charges)).toBe(true);
        expect(onInvoice.every(({ amount }, i) => amount >= 0n && amount <= BigInt(credits[i]!))).toBe(true);
      }),
    );
  });
});
