import fc from 'fast-check';
import { money, type Money } from '../money.js';
import { restateUsage, type BilledUsage, type UsageDelta } from './late-usage.js';

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

const restate = (base: number, ...usages: BilledUsage[]): [string, number, number][] =>
  restateUsage({ currency: 'usd', base: usd(base), usages }).map(({ key, amount, carriedChange }) => [
    key,
    Number(amount.amount),
    Number(carriedChange.amount),
  ]);

describe('restateUsage', () => {
  it.each<[string, BilledUsage, number, [string, number, number][]]>([
    ['nothing has changed', usage({ gross: 500 }), 100, []],
    ['more was used', usage({ gross: 500, rated: 730 }), 0, [['a', 230, 0]]],
    ['nothing was billed and something was used', usage({ rated: 40 }), 0, [['a', 40, 0]]],
    ['less was used', usage({ gross: 500, rated: 200 }), 1000, [['a', -300, 0]]],
    ['less was used than the invoice can bear', usage({ gross: 500, rated: 200 }), 100, [['a', -100, 200]]],
    ['what was carried is given', usage({ gross: 200, net: 400, carried: 200 }), 1000, [['a', -200, -200]]],
    [
      'what was carried is set off',
      usage({ gross: 200, net: 400, carried: 200, rated: 250 }),
      1000,
      [['a', -150, -200]],
    ],
    ['a discounted charge is taken back', usage({ gross: 500, net: 250, rated: 0 }), 1000, [['a', -250, 0]]],
    ['half of a discounted charge', usage({ gross: 500, net: 250, rated: 250 }), 1000, [['a', -125, 0]]],
  ])('%s', (_, billed, base, expected) => {
    expect(restate(base, billed)).toEqual(expected);
  });

  it('lets charges of one price bear the credits of another', () => {
    const more = usage({ gross: 100, rated: 400 });
    const less = { ...usage({ gross: 500, rated: 0 }), key: 'b' };
    expect(restate(0, more, less)).toEqual([
      ['a', 300, 0],
      ['b', -300, 200],
    ]);
  });

  it('refuses a negative rating', () => {
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

  /** Bills the invoices one after the other, as the books would. */
  const live = (
    start: readonly BilledUsage[],
    list: readonly { base: bigint; ratings: readonly bigint[] }[],
    each: (usages: readonly BilledUsage[], deltas: readonly UsageDelta[], base: bigint) => void,
  ): readonly BilledUsage[] => {
    let usages = start;
    for (const { base, ratings } of list) {
      const now = usages.map((one, i) => ({ ...one, rated: usd(ratings[i] ?? 0n) }));
      const deltas = restateUsage({ currency: 'usd', base: usd(base), usages: now });
      usages = now.map((one) => {
        const delta = deltas.find(({ key }) => key === one.key);
        return {
          ...one,
          gross: one.rated,
          net: usd(one.net.amount + (delta?.amount.amount ?? 0n)),
          carried: usd(one.carried.amount + (delta?.carriedChange.amount ?? 0n)),
        };
      });
      each(usages, deltas, base);
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
        live(fresh(gross, percent), list, (usages, deltas, base) => {
          const sum = deltas.reduce((total, { amount }) => total + amount.amount, base);
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
