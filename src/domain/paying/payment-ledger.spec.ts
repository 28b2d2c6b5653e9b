import fc from 'fast-check';
import { PAYMENT_STATUSES } from '../invoicing/invoice-states.js';
import { money, type Money } from '../money.js';
import { isAwaitingPayment, settleInvoice } from './payment-ledger.js';

const usd = (amount: number | bigint): Money => money(BigInt(amount), 'usd');
const settle = (total: number, ...allocations: number[]): ReturnType<typeof settleInvoice> =>
  settleInvoice({ total: usd(total), allocations: allocations.map(usd) });

const totals = fc.bigInt({ min: 0n, max: 10n ** 12n });
const movements = fc.array(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), { maxLength: 12 });

describe('settleInvoice', () => {
  it.each<[string, number, number[], number, number, number, string]>([
    ['nothing paid', 100, [], 0, 100, 0, 'PENDING'],
    ['nothing owed', 0, [], 0, 0, 0, 'SUCCEEDED'],
    ['a part paid', 100, [30, 20], 50, 50, 0, 'PENDING'],
    ['all paid', 100, [30, 70], 100, 0, 0, 'SUCCEEDED'],
    ['too much paid', 100, [30, 80], 110, 0, 10, 'OVERPAID'],
    ['paid although nothing is owed', 0, [5], 5, 0, 5, 'OVERPAID'],
    ['the excess given back', 100, [110, -10], 100, 0, 0, 'SUCCEEDED'],
    ['a part refunded', 100, [100, -40], 60, 40, 0, 'PARTIALLY_REFUNDED'],
    ['all refunded', 100, [100, -40, -60], 0, 100, 0, 'REFUNDED'],
    ['refunded and paid again', 100, [100, -100, 100], 100, 0, 0, 'SUCCEEDED'],
    ['a part payment refunded: still owed', 100, [30, -30], 0, 100, 0, 'PENDING'],
    ['refunded and disputed: given back twice', 100, [100, -100, -100], 0, 100, 0, 'REFUNDED'],
  ])('%s', (_, total, allocations, paid, remaining, overpaid, status) => {
    const settlement = settle(total, ...allocations);
    expect(settlement).toEqual({
      amountPaid: usd(paid),
      amountRemaining: usd(remaining),
      overpaidAmount: usd(overpaid),
      paymentStatus: status,
      paid: remaining === 0,
    });
  });

  it.each<[string, number, number[], number, number, number, number, string]>([
    ['adjusted while owed', 100, [], 30, 0, 0, 70, 'PENDING'],
    ['adjusted to nothing', 100, [], 100, 0, 0, 0, 'SUCCEEDED'],
    ['adjusted, then paid', 100, [70], 30, 0, 70, 0, 'SUCCEEDED'],
    ['refunded in part by a note', 100, [100, -40], 0, 40, 60, 0, 'PARTIALLY_REFUNDED'],
    ['refunded whole by notes', 100, [100, -40, -60], 0, 100, 0, 0, 'REFUNDED'],
    ['adjusted, paid, refunded', 100, [70, -70], 30, 70, 0, 0, 'REFUNDED'],
    ['a note and a lost dispute', 100, [100, -40, -60], 0, 40, 0, 60, 'REFUNDED'],
  ])('%s', (_, total, allocations, adjusted, forgiven, paid, remaining, status) => {
    expect(
      settleInvoice({
        total: usd(total),
        allocations: allocations.map(usd),
        adjusted: usd(adjusted),
        forgiven: usd(forgiven),
      }),
    ).toEqual({
      amountPaid: usd(paid),
      amountRemaining: usd(remaining),
      overpaidAmount: usd(0),
      paymentStatus: status,
      paid: remaining === 0,
    });
  });

  it('balances: paid + remaining − overpaid = total, and no figure is negative', () => {
    fc.assert(
      fc.property(totals, movements, (total, amounts) => {
        const result = settleInvoice({ total: usd(total), allocations: amounts.map(usd) });
        const { amountPaid, amountRemaining, overpaidAmount } = result;
        expect(amountPaid.amount + amountRemaining.amount - overpaidAmount.amount).toBe(total);
        for (const figure of [amountPaid, amountRemaining, overpaidAmount])
          expect(figure.amount >= 0n).toBe(true);
        expect(amountRemaining.amount === 0n || overpaidAmount.amount === 0n).toBe(true);
        expect(result.paid).toBe(['SUCCEEDED', 'OVERPAID'].includes(result.paymentStatus));
      }),
    );
  });

  it('does not depend on the order in which money moved', () => {
    fc.assert(
      fc.property(
        totals,
        movements.chain((amounts) =>
          fc.tuple(fc.constant(amounts), fc.shuffledSubarray(amounts, { minLength: amounts.length })),
        ),
        (total, [amounts, shuffled]) => {
          const of = (list: bigint[]): unknown =>
            settleInvoice({ total: usd(total), allocations: list.map(usd) });
          expect(of(shuffled)).toEqual(of(amounts));
        },
      ),
    );
  });

  it('refuses a negative total and another currency', () => {
    expect(() => settle(-1)).toThrow(RangeError);
    expect(() => settleInvoice({ total: usd(1), allocations: [money(1n, 'eur')] })).toThrow(RangeError);
  });
});

describe('isAwaitingPayment', () => {
  it('is true for open invoices only: what was given back is not collected again', () => {
    expect(PAYMENT_STATUSES.filter(isAwaitingPayment)).toEqual([
      'INITIATED',
      'PENDING',
      'PROCESSING',
      'FAILED',
    ]);
  });
});
