import fc from 'fast-check';
import { rate, ZERO, type Rate } from '../rate.js';
import {
  credit,
  debit,
  debitPurses,
  empty,
  EMPTY_LEDGER,
  takeOf,
  spendable,
  spendableByPurse,
  spendableTotal,
  sumOfCredits,
  type Credit,
  type Ledger,
} from './ledger.js';

const T0 = Date.UTC(2026, 0, 1);
const at = (days: number): Date => new Date(T0 + days * 86_400_000);
const lot = (key: string, available: string, more: Partial<Credit> = {}): Credit => ({
  key,
  available: rate(available),
  priority: null,
  expiresAt: null,
  effectiveFrom: null,
  givenBack: false,
  held: false,
  ...more,
});
const ledgerOf = (...credits: Credit[]): Ledger => credits.reduce(credit, EMPTY_LEDGER);
const taken = (ledger: Ledger, wanted: string, day = 0): [string, string][] | undefined =>
  debit(ledger, rate(wanted), at(day))?.slices.map(({ key, credits }) => [key, credits.toFixed()]);

describe('spending', () => {
  it('takes the lowest priority first, and those without one last', () => {
    const ledger = ledgerOf(
      lot('none', '10'),
      lot('two', '10', { priority: 2 }),
      lot('one', '10', { priority: 1 }),
    );
    expect(taken(ledger, '25')).toEqual([
      ['one', '10'],
      ['two', '10'],
      ['none', '5'],
    ]);
  });

  it('then what expires first, then the biggest, then the oldest', () => {
    const ledger = ledgerOf(
      lot('b-small', '1'),
      lot('a-big', '5'),
      lot('c-big', '5'),
      lot('late', '1', { expiresAt: at(20) }),
      lot('soon', '1', { expiresAt: at(10) }),
    );
    expect(spendable(ledger.credits, at(0)).map(({ key }) => key)).toEqual([
      'soon',
      'late',
      'a-big',
      'c-big',
      'b-small',
    ]);
  });

  it('lets priority win over expiry', () => {
    const ledger = ledgerOf(
      lot('expiring', '1', { expiresAt: at(1) }),
      lot('important', '1', { priority: 9 }),
    );
    expect(taken(ledger, '1')).toEqual([['important', '1']]);
  });

  it('never takes what has expired: at its instant of expiry it has', () => {
    const ledger = ledgerOf(lot('gone', '10', { expiresAt: at(5) }), lot('there', '3'));
    expect(taken(ledger, '12', 5)).toBeUndefined();
    expect(taken(ledger, '3', 5)).toEqual([['there', '3']]);
    expect(debit(ledger, rate('12'), new Date(at(5).getTime() - 1))).toBeDefined();
  });

  it('never takes what is granted for a later period', () => {
    const ledger = ledgerOf(lot('september', '10', { effectiveFrom: at(31) }));
    expect(debit(ledger, rate('1'), new Date(at(31).getTime() - 1))).toBeUndefined();
    expect(taken(ledger, '1', 31)).toEqual([['september', '1']]);
  });

  it('is whole or not at all', () => {
    const ledger = ledgerOf(lot('a', '1'), lot('b', '1'));
    expect(debit(ledger, rate('2.000000000000000001'), at(0))).toBeUndefined();
    expect(() => debit(ledger, ZERO, at(0))).toThrow(RangeError);
    expect(() => debit(ledger, rate('-1'), at(0))).toThrow(RangeError);
    expect(() => credit(ledger, lot('c', '0'))).toThrow(RangeError);
    expect(() => credit(ledger, lot('a', '1'))).toThrow(RangeError);
  });
});

type Step =
  | {
      readonly kind: 'credit';
      readonly amount: Rate;
      readonly expiry: number | null;
      readonly from: number | null;
      readonly priority: number | null;
    }
  | { readonly kind: 'debit'; readonly amount: Rate; readonly day: number }
  | { readonly kind: 'expire'; readonly nth: number }
  | { readonly kind: 'empty' };

const amounts = fc
  .tuple(fc.bigInt({ min: 1n, max: 10n ** 24n }), fc.integer({ min: 0, max: 18 }))
  .map(([digits, places]) => rate(digits).div(rate(10).pow(places)));
const days = fc.integer({ min: 0, max: 40 });
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('credit' as const),
      amount: amounts,
      expiry: fc.option(days),
      from: fc.option(days),
      priority: fc.option(fc.integer({ min: 0, max: 3 })),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('debit' as const), amount: amounts, day: days }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('expire' as const), nth: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'empty' as const }) },
);

describe('purses', () => {
  const ledger = ledgerOf(
    lot('bought', '10'),
    lot('back', '10', { givenBack: true }),
    lot('over', '4', { expiresAt: at(10), held: true }),
  );

  it('are what is held, what was bought or granted, and what was given back', () => {
    expect([...spendableByPurse(ledger.credits, at(20), at(5))].map(([k, v]) => [k, v.toFixed()])).toEqual([
      ['held', '4'],
      ['allowed', '10'],
      ['given_back', '10'],
    ]);
  });

  it('keep what is held for bills of what was used before it expired', () => {
    expect(spendableTotal(ledger.credits, at(20)).toFixed()).toBe('20');
    expect(spendableByPurse(ledger.credits, at(20), at(10)).get('held')?.toFixed()).toBe('0');
    expect(debit(ledger, rate(21), at(20))).toBeUndefined();
  });

  it('are debited together, each for its part or not at all', () => {
    const wanted = new Map([
      ['held', rate(4)],
      ['given_back', rate(3)],
    ] as const);
    const done = debitPurses(ledger, wanted, at(20), at(5));
    expect(done?.slices.map(({ key, credits }) => [key, credits.toFixed()])).toEqual([
      ['over', '4'],
      ['back', '3'],
    ]);
    expect(done?.ledger.balance.toFixed()).toBe('17');
    expect(debitPurses(ledger, new Map([['given_back', rate(11)]]), at(20), null)).toBeUndefined();
  });
});

describe('the law of the wallet', () => {
  it('holds for any history: never negative, and balance = transactions = what is left of the credits', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60 }), (history) => {
        let ledger = EMPTY_LEDGER;
        let transactions = ZERO;
        history.forEach((step, n) => {
          if (step.kind === 'credit') {
            ledger = credit(ledger, {
              key: String(n).padStart(3, '0'),
              available: step.amount,
              priority: step.priority,
              expiresAt: step.expiry === null ? null : at(step.expiry),
              effectiveFrom: step.from === null ? null : at(step.from),
              givenBack: n % 3 === 0,
              held: false,
            });
            transactions = transactions.plus(step.amount);
          } else {
            const before = ledger;
            const done =
              step.kind === 'debit'
                ? debit(ledger, step.amount, at(step.day))
                : step.kind === 'expire'
                  ? takeOf(ledger, [ledger.credits[step.nth]?.key ?? ''])
                  : empty(ledger);
            if (step.kind === 'debit')
              expect(done === undefined).toBe(
                step.amount.greaterThan(spendableTotal(before.credits, at(step.day))),
              );
            if (step.kind === 'empty' && done) expect(done.ledger.balance.isZero()).toBe(true);
            const sum = (done?.slices ?? []).reduce((all, slice) => all.plus(slice.credits), ZERO);
            expect(before.balance.minus(sum).equals(done?.ledger.balance ?? before.balance)).toBe(true);
            for (const slice of done?.slices ?? []) expect(slice.credits.greaterThan(0)).toBe(true);
            ledger = done?.ledger ?? before;
            transactions = transactions.minus(sum);
          }
          expect(ledger.balance.isNegative()).toBe(false);
          expect(ledger.balance.equals(transactions)).toBe(true);
          expect(ledger.balance.equals(sumOfCredits(ledger.credits))).toBe(true);
          for (const one of ledger.credits) expect(one.available.isNegative()).toBe(false);
        });
      }),
    );
  });

  it('leaves no better credit untouched: every slice but the last empties its credit', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ available: amounts, expiry: fc.option(days), priority: fc.option(fc.nat(3)) }), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.integer({ min: 1, max: 100 }),
        (lots, percent) => {
          const ledger = ledgerOf(
            ...lots.map((one, n) =>
              lot(String(n).padStart(2, '0'), one.available.toFixed(), {
                priority: one.priority,
                expiresAt: one.expiry === null ? null : at(one.expiry),
              }),
            ),
          );
          const order = spendable(ledger.credits, at(10));
          const total = sumOfCredits(order);
          fc.pre(total.greaterThan(0));
          const done = debit(ledger, total.times(percent).div(100), at(10));
          const keys = done?.slices.map(({ key }) => key) ?? [];
          expect(keys).toEqual(order.slice(0, keys.length).map(({ key }) => key));
          done?.slices.slice(0, -1).forEach((slice, n) => {
            expect(slice.credits.equals((order[n] as Credit).available)).toBe(true);
          });
        },
      ),
    );
  });
});
