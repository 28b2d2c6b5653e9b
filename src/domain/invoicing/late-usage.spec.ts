import fc from 'fast-check';
import { money, type Money } from '../money.js';
import { giveCredits, type GivenCredit } from './give-credits.js';
import { wantedRestatements, type BilledUsage } from './late-usage.js';

const usd = (amount: number | bigint): Money => money(BigInt(amount), 'usd');

const usage = (change: Partial<Record<'gross' | 'net' | 'carried' | 'rated', number>>): BilledUsage => {
  const gross = change.gross ?? 0;
  return {
    key: 'a',
    gross: usd(gross),
    net: usd(change.net ?? gross),
    carried: usd(change.carried ?? 0),
    rated: usd(change.rated ?? gross),
  };
};

const noTax = (): Money => usd(0);
const restate = (room: number, ...usages: BilledUsage[]): [string, number, number, number][] => {
  const wanted = wantedRestatements(usages);
  const given = giveCredits(wanted, usd(room), noTax);
  return wanted.map(({ key, charge }, index) => [
    key,
    Number(charge.amount),
    Number(given[index]?.amount.amount),
    Number(given[index]?.carried.amount),
  ]);
};

describe('restatements', () => {
  it.each<[string, BilledUsage, number, [string, number, number, number][]]>([
    ['nothing has changed', usage({ gross: 500 }), 100, []],
    ['more was used', usage({ gross: 500, rated: 730 }), 0, [['a', 230, 0, 0]]],
    ['nothing was billed and something was used', usage({ rated: 40 }), 0, [['a', 40, 0, 0]]],
    ['less was used', usage({ gross: 500, rated: 200 }), 1000, [['a', 0, 300, 0]]],
    ['less was used than the invoice can bear', usage({ gross: 500, rated: 200 }), 100, [['a', 0, 100, 200]]],
    ['what was carried is given', usage({ gross: 200, net: 400, carried: 200 }), 1000, [['a', 0, 200, 0]]],
    [
      'what was carried is given beside a charge: the one is net, the other gross',
      usage({ gross: 200, net: 400, carried: 200, rated: 250 }),
      1000,
      [['a', 50, 200, 0]],
    ],
    [
      'a discounted charge is taken back',
      usage({ gross: 500, net: 250, rated: 0 }),
      1000,
      [['a', 0, 250, 0]],
    ],
    ['half of a discounted charge', usage({ gross: 500, net: 250, rated: 250 }), 1000, [['a', 0, 125, 0]]],
  ])('%s', (_, billed, room, expected) => {
    expect(restate(room, billed)).toEqual(expected);
  });

  it('refuse a negative rating', () => {
    expect(() => restate(0, usage({ gross: 1, rated: -1 }))).toThrow(RangeError);
  });

  const amounts = fc.bigInt({ min: 0n, max: 10n ** 9n });
  const invoices = fc.array(
    fc.record({
      base: fc.oneof(fc.constant(0n), amounts),
      ratings: fc.array(amounts, { minLength: 3, maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 8 },
  );

  /** Bills the invoices one after the other, as the books would; `percent` of a charge is what its discounts leave. */
  const live = (
    start: readonly BilledUsage[],
    list: readonly { base: bigint; ratings: readonly bigint[] }[],
    each: (usages: readonly BilledUsage[], given: readonly GivenCredit[], room: bigint) => void,
  ): readonly BilledUsage[] => {
    let usages = start;
    for (const { base, ratings } of list) {
      const now = usages.map((one, i) => ({ ...one, rated: usd(ratings[i] ?? 0n) }));
      const wanted = wantedRestatements(now);
      const room = wanted.reduce((sum, { charge }) => sum + charge.amount, base);
      const given = giveCredits(wanted, usd(room), noTax);
      usages = now.map((one) => {
        const at = wanted.findIndex(({ key }) => key === one.key);
        return {
          ...one,
          gross: one.rated,
          net: usd(one.net.amount + (wanted[at]?.charge.amount ?? 0n) - (given[at]?.amount.amount ?? 0n)),
          carried: at < 0 ? one.carried : (given[at]?.carried ?? usd(0)),
        };
      });
      each(usages, given, room);
    }
    return usages;
  };
  const fresh = (gross: readonly bigint[], percent: bigint): BilledUsage[] =>
    gross.map((amount, i) => ({
      key: String(i),
      gross: usd(amount),
      net: usd((amount * percent) / 100n),
      carried: usd(0),
      rated: usd(amount),
    }));
  const starts = fc.array(amounts, { minLength: 3, maxLength: 3 });

  it('loses nothing and bills nothing twice: billed less carried is the rating, after every invoice', () => {
    fc.assert(
      fc.property(starts, invoices, (gross, list) => {
        live(fresh(gross, 100n), list, (usages) => {
          for (const one of usages) expect(one.net.amount - one.carried.amount).toBe(one.rated.amount);
        });
      }),
    );
  });

  it('never brings an invoice below zero, and carries nothing while there is room', () => {
    fc.assert(
      fc.property(starts, invoices, fc.bigInt({ min: 0n, max: 100n }), (gross, list, percent) => {
        live(fresh(gross, percent), list, (usages, given, room) => {
          const sum = given.reduce((total, { amount }) => total - amount.amount, room);
          expect(sum >= 0n).toBe(true);
          const carried = usages.reduce((total, one) => total + one.carried.amount, 0n);
          expect(carried >= 0n).toBe(true);
          expect(carried === 0n || sum === 0n).toBe(true);
        });
      }),
    );
  });

  it('never gives back more than was really billed, whatever was discounted', () => {
    fc.assert(
      fc.property(starts, invoices, fc.bigInt({ min: 0n, max: 100n }), (gross, list, percent) => {
        live(fresh(gross, percent), list, (usages) => {
          for (const one of usages) expect(one.net.amount >= one.carried.amount).toBe(true);
        });
      }),
    );
  });

  it('ends where it began when the usage does, with enough to set off against', () => {
    fc.assert(
      fc.property(starts, invoices, (gross, list) => {
        const roomy = [...list, { base: 10n ** 12n, ratings: [0n, 0n, 0n] }];
        const end = live(fresh(gross, 50n), roomy, () => undefined);
        for (const one of end) expect([one.net.amount, one.carried.amount]).toEqual([0n, 0n]);
      }),
    );
  });
});
