import fc from 'fast-check';
import type { BillingSchedule } from '../billing-period.js';
import { applyFraction, elapsedFraction } from '../fraction.js';
import { money, moneyToRate, roundToMoney, sumMoney, type Money } from '../money.js';
import { makePeriod, type Period } from '../period.js';
import { rate, ZERO, type Rate } from '../rate.js';
import type { PricingTerms } from '../rating/pricing-terms.js';
import { ratePrice } from '../rating/rate-price.js';
import { linesDue, type ChargeableLine, type DueCharge } from './charges-due.js';
import {
  chargeFraction,
  entriesOf,
  netOfProrations,
  planChange,
  pricedPeriod,
  prorateOver,
  proratedPrice,
  prorationDays,
  quantityChange,
  unusedCredits,
  unusedValue,
  type AdvanceEntry,
  type ProrationLine,
} from './proration.js';

const day = (text: string): Date => new Date(`${text}T00:00:00Z`);
const usd = (minor: number | bigint): Money => money(BigInt(minor), 'usd');
const april = makePeriod(day('2025-04-01'), day('2025-05-01'));
const schedule = (parts: Partial<BillingSchedule> = {}): BillingSchedule => ({
  interval: { unit: 'MONTHLY', count: 1 },
  cycle: 'anniversary',
  anchor: day('2025-04-01'),
  timeZone: 'UTC',
  ...parts,
});
const line = (parts: Partial<ChargeableLine> = {}): ChargeableLine => ({
  key: 'seats',
  priceType: 'FIXED',
  cadence: 'ADVANCE',
  schedule: schedule(),
  window: { start: day('2025-04-01'), end: null },
  ...parts,
});
const flat = (amount: string): PricingTerms => ({ model: 'FLAT_FEE', amount: rate(amount) });
const entry = (minor: number, period: Period = april, key = 'billed'): AdvanceEntry => ({
  key,
  amount: usd(minor),
  period,
});
const credits = (
  entries: readonly AdvanceEntry[],
  at: string,
  parts: Partial<ChargeableLine> = {},
): string[] =>
  unusedCredits([{ line: line(parts), entries }], day(at), 'create_prorations', 'usd').map(
    ({ amount }) => `${amount.amount}`,
  );

/** A period, and instants that cut it. */
const cuts = fc
  .tuple(
    fc.date({ min: day('2020-01-01'), max: day('2030-01-01'), noInvalidDate: true }),
    fc.integer({ min: 10, max: 400 * 86_400_000 }),
    fc.uniqueArray(fc.nat(1_000_000), { maxLength: 12 }),
  )
  .map(([start, length, shares]) => {
    const at = (offset: number): Date => new Date(start.getTime() + offset);
    const offsets = [...new Set(shares.map((share) => Math.floor((length * share) / 1_000_001)))]
      .filter((offset) => offset > 0)
      .sort((a, b) => a - b);
    const edges = [0, ...offsets, length];
    return {
      whole: makePeriod(start, at(length)),
      parts: edges.slice(1).map((edge, index) => makePeriod(at(edges[index]!), at(edge))),
    };
  });
const prices: fc.Arbitrary<PricingTerms> = fc.oneof(
  fc.nat(10 ** 7).map((digits): PricingTerms => ({ model: 'FLAT_FEE', amount: rate(digits).div(1000) })),
  fc.tuple(fc.nat(10 ** 5), fc.integer({ min: 1, max: 20 })).map(([digits, size]): PricingTerms => ({
    model: 'PACKAGE',
    amount: rate(digits).div(100),
    divideBy: rate(size),
    round: 'up',
  })),
  fc
    .tuple(fc.nat(500), fc.nat(500), fc.constantFrom('SLAB' as const, 'VOLUME' as const))
    .map(([first, second, mode]): PricingTerms => ({
      model: 'TIERED',
      mode,
      tiers: [
        { upTo: rate(10), unitAmount: rate(first), flatAmount: ZERO },
        { upTo: null, unitAmount: rate(second), flatAmount: rate(5) },
      ],
    })),
);

describe('shares of a period', () => {
  it('of any split add up to the whole, to the minor unit, and each is within one of its exact share', () => {
    fc.assert(
      fc.property(cuts, fc.bigInt({ min: 0n, max: 10n ** 12n }), ({ whole, parts }, minor) => {
        const shares = prorateOver(usd(minor), whole, parts);
        expect(sumMoney(shares, 'usd')).toEqual(usd(minor));
        shares.forEach(({ amount }, index) => {
          const exact = applyFraction(rate(minor), elapsedFraction(parts[index]!, whole));
          expect(rate(amount).minus(exact).abs().lessThan(1)).toBe(true);
        });
      }),
    );
  });

  it('of some parts only are never more than the whole', () => {
    fc.assert(
      fc.property(cuts, fc.nat(10 ** 6), fc.nat(), ({ whole, parts }, minor, pick) => {
        const some = parts.filter((_, index) => (pick >> (index % 16)) % 2 === 0);
        expect(sumMoney(prorateOver(usd(minor), whole, some), 'usd').amount <= BigInt(minor)).toBe(true);
      }),
    );
  });

  it('are refused outside of the period and where they overlap', () => {
    const half = makePeriod(day('2025-04-01'), day('2025-04-16'));
    const later = makePeriod(day('2025-04-15'), day('2025-05-01'));
    expect(() => prorateOver(usd(1), april, [later, half])).toThrow(RangeError);
    expect(() => prorateOver(usd(1), half, [april])).toThrow(RangeError);
    expect(() => prorateOver(usd(1), later, [april])).toThrow(RangeError);
  });
});

describe('what a charge is multiplied with', () => {
  const due = (parts: Partial<ChargeableLine>, start: string): DueCharge => {
    const from = day(start);
    const next = makePeriod(from, day('2025-05-01'));
    const [charge] = linesDue({ type: 'subscription_start', next }, { start: from, end: null }, [
      line(parts),
    ]);
    return charge!;
  };
  const share = (charge: DueCharge, behavior: 'create_prorations' | 'none'): number => {
    const { numerator, denominator } = chargeFraction(charge, behavior);
    return Number(numerator) / Number(denominator);
  };
  const calendar = schedule({ cycle: 'calendar', anchor: day('2025-05-01') });

  it('a calendar stub is measured against the whole month with prorations, and costs it all without', () => {
    const stub = due({ schedule: calendar }, '2025-04-16');
    expect(share(stub, 'create_prorations')).toBe(0.5);
    expect(share(stub, 'none')).toBe(1);
    expect(pricedPeriod(stub, 'create_prorations')).toEqual(april);
  });

  it('a line that is there for a part of the time costs that part either way', () => {
    const late = due({ window: { start: day('2025-04-25'), end: null } }, '2025-04-01');
    expect(share(late, 'none')).toBe(0.2);
    expect(share(late, 'create_prorations')).toBe(0.2);
  });

  it('a one-time charge is never shared out', () => {
    const once = due(
      {
        schedule: schedule({ interval: { unit: 'ONETIME', count: 1 } }),
        window: { start: day('2025-04-16'), end: null },
      },
      '2025-04-16',
    );
    expect(share({ ...once, fullPeriod: april }, 'create_prorations')).toBe(1);
  });

  it('usage is never shared out: what is measured is what is billed', () => {
    const stub = due({ schedule: calendar }, '2025-04-16');
    const usage = { ...stub, line: line({ priceType: 'USAGE' }) };
    expect(share(usage, 'create_prorations')).toBe(1);
  });
});

describe('a credit for what was paid in advance', () => {
  it('is the exact share of the time that is left, not a count of days', () => {
    expect(credits([entry(3000)], '2025-04-16')).toEqual(['1500']);
    const at = new Date(day('2025-04-30').getTime() + 12 * 3_600_000);
    const [half] = unusedCredits([{ line: line(), entries: [entry(3000)] }], at, 'create_prorations', 'usd');
    expect(half?.amount).toEqual(usd(50));
  });

  it('is not given without prorations, after the end, for arrear, usage or one-time charges', () => {
    const billed = [{ line: line(), entries: [entry(3000)] }];
    expect(unusedCredits(billed, day('2025-04-16'), 'none', 'usd')).toEqual([]);
    expect(credits([entry(3000)], '2025-05-01')).toEqual([]);
    expect(credits([], '2025-04-16')).toEqual([]);
    expect(credits([entry(3000)], '2025-04-16', { cadence: 'ARREAR' })).toEqual([]);
    expect(credits([entry(3000)], '2025-04-16', { priceType: 'USAGE' })).toEqual([]);
    const once = schedule({ interval: { unit: 'ONETIME', count: 1 } });
    expect(credits([entry(3000)], '2025-04-16', { schedule: once })).toEqual([]);
  });

  it('difference: gives back a share of what was really billed, not of the list price that a coupon took off', () => {
    // 30.00 less a coupon of half
    expect(credits([entry(1500)], '2025-04-16')).toEqual(['750']);
  });

  it('knows of earlier credits: what they gave back is not given again', () => {
    const half = makePeriod(day('2025-04-16'), day('2025-05-01'));
    expect(credits([entry(3000), entry(-1000, half)], '2025-04-16')).toEqual(['500']);
    expect(credits([entry(3000), entry(-1500, half)], '2025-04-16')).toEqual([]);
  });

  it('is of the invoice lines that billed it, by what is unused of each', () => {
    const half = makePeriod(day('2025-04-16'), day('2025-05-01'));
    const entries = [entry(3000), entry(1000, half, 'update'), entry(-500, half, 'update')];
    const [credit] = unusedCredits([{ line: line(), entries }], half.start, 'create_prorations', 'usd');
    expect(credit).toMatchObject({
      amount: usd(2000),
      from: [
        { key: 'billed', amount: usd(1500) },
        { key: 'update', amount: usd(500) },
      ],
    });
  });

  it('given again and again is never more than was billed, and never more than what is left', () => {
    fc.assert(
      fc.property(
        cuts,
        fc.nat(10 ** 7),
        fc.array(fc.nat(), { maxLength: 6 }),
        ({ whole, parts }, minor, picks) => {
          const entries: AdvanceEntry[] = [entry(minor, whole)];
          let given = 0n;
          for (const pick of [...picks].sort()) {
            const at = parts[pick % parts.length]!.start;
            const left = unusedValue(entries, at);
            const billed = { line: line(), entries };
            for (const credit of unusedCredits([billed], at, 'create_prorations', 'usd')) {
              expect(credit.amount).toEqual(roundToMoney(left, 'usd'));
              given += credit.amount.amount;
              expect(
                sumMoney(
                  credit.from.map((part) => part.amount),
                  'usd',
                ),
              ).toEqual(credit.amount);
              entries.push(...entriesOf(credit));
            }
            expect(unusedValue(entries, at).lessThanOrEqualTo('0.005')).toBe(true);
          }
          expect(given <= BigInt(minor)).toBe(true);
        },
      ),
    );
  });

  it('keeps what was used up to then, within half a minor unit', () => {
    fc.assert(
      fc.property(cuts, fc.nat(10 ** 7), ({ whole, parts }, minor) => {
        const at = parts.at(-1)!.start;
        fc.pre(at > whole.start);
        const used = applyFraction(rate(minor), elapsedFraction(makePeriod(whole.start, at), whole));
        const billed = [{ line: line(), entries: [entry(minor, whole)] }];
        const [credit] = unusedCredits(billed, at, 'create_prorations', 'usd');
        const kept = BigInt(minor) - (credit?.amount.amount ?? 0n);
        expect(rate(kept).minus(used).abs().lessThanOrEqualTo('0.5')).toBe(true);
      }),
    );
  });
});

describe('a change of quantity', () => {
  const change = (
    terms: PricingTerms,
    [from, to]: readonly [number, number],
    entries: readonly AdvanceEntry[],
    at = '2025-04-16',
  ): ProrationLine[] =>
    quantityChange(
      {
        billed: { line: line(), entries },
        terms,
        from: rate(from),
        to: rate(to),
        at: day(at),
        until: april.end,
        priced: april,
      },
      'create_prorations',
      'usd',
    );
  const shown = (lines: readonly ProrationLine[]): string[] =>
    lines.map(({ type, amount }) => `${type} ${amount.amount}`);

  it('up is charged, down is given back, for the time that is left', () => {
    expect(shown(change(flat('10'), [3, 5], [entry(3000)]))).toEqual(['charge 1000']);
    expect(shown(change(flat('10'), [3, 1], [entry(3000)]))).toEqual(['credit 1000']);
    expect(shown(change(flat('10'), [3, 3], [entry(3000)]))).toEqual([]);
    expect(shown(change(flat('10'), [3, 5], [entry(3000)], '2025-05-01'))).toEqual([]);
  });

  it('goes through the price’s own model', () => {
    const packs: PricingTerms = { model: 'PACKAGE', amount: rate(20), divideBy: rate(5), round: 'up' };
    expect(shown(change(packs, [6, 10], [entry(4000)]))).toEqual([]);
    expect(shown(change(packs, [6, 11], [entry(4000)]))).toEqual(['charge 1000']);
    expect(shown(change(packs, [6, 5], [entry(4000)]))).toEqual(['credit 1000']);
  });

  it('bug: the credit of a decrease is capped at what was billed less earlier credits', () => {
    // billed half of the list price
    expect(shown(change(flat('10'), [3, 0], [entry(1500)]))).toEqual(['credit 750']);
    const before = makePeriod(day('2025-04-02'), day('2025-05-01'));
    expect(shown(change(flat('10'), [3, 0], [entry(3000), entry(-2900, before)]))).toEqual([]);
  });

  it('is not reckoned without prorations, nor for arrear', () => {
    const input = {
      terms: flat('10'),
      from: rate(1),
      to: rate(2),
      at: day('2025-04-16'),
      until: april.end,
      priced: april,
    };
    expect(quantityChange({ ...input, billed: { line: line(), entries: [] } }, 'none', 'usd')).toEqual([]);
    const arrear = { line: line({ cadence: 'ARREAR' }), entries: [] };
    expect(quantityChange({ ...input, billed: arrear }, 'create_prorations', 'usd')).toEqual([]);
  });

  it('any number of times, and then the end, costs what the quantities cost while they lasted', () => {
    const steps = fc.array(fc.record({ to: fc.nat(30), at: fc.nat(1000) }), { maxLength: 6 });
    fc.assert(
      fc.property(prices, fc.nat(30), steps, fc.nat(1000), (terms, first, given, end) => {
        const at = (share: number): Date =>
          new Date(april.start.getTime() + Math.floor((share / 1001) * 30 * 86_400_000));
        const changes = [...given].sort((a, b) => a.at - b.at).filter((step) => step.at <= end);
        const entries: AdvanceEntry[] = [
          { key: 'first', amount: roundToMoney(ratePrice(terms, rate(first)), 'usd'), period: april },
        ];
        let quantity = first;
        let exact: Rate = ZERO;
        let since = april.start;
        const lasted = (until: Date): void => {
          if (until > since)
            exact = exact.plus(
              proratedPrice(terms, rate(quantity), elapsedFraction(makePeriod(since, until), april)),
            );
          since = until;
        };
        for (const step of changes) {
          lasted(at(step.at));
          const lines = quantityChange(
            {
              billed: { line: line(), entries },
              terms,
              from: rate(quantity),
              to: rate(step.to),
              at: at(step.at),
              until: april.end,
              priced: april,
            },
            'create_prorations',
            'usd',
          );
          entries.push(
            ...lines
              .flatMap(entriesOf)
              .map((one) => (one.amount.amount > 0n ? { ...one, key: `change ${entries.length}` } : one)),
          );
          quantity = step.to;
        }
        lasted(at(end));
        const last = unusedCredits([{ line: line(), entries }], at(end), 'create_prorations', 'usd');
        const paid = sumMoney(
          [...entries, ...last.flatMap(entriesOf)].map(({ amount }) => amount),
          'usd',
        );
        expect(paid.amount >= 0n).toBe(true);
        // Of no invoice line is more given back than it billed.
        const all = [...entries, ...last.flatMap(entriesOf)];
        for (const key of new Set(all.map((one) => one.key)))
          expect(
            all.filter((one) => one.key === key).reduce((sum, one) => sum + one.amount.amount, 0n) >= 0n,
          ).toBe(true);
        const drift = moneyToRate(paid).minus(exact).abs();
        // one rounding for each entry
        expect(drift.lessThanOrEqualTo(rate(entries.length + 1).times('0.01'))).toBe(true);
      }),
    );
  });
});

describe('a change of plan', () => {
  const at = day('2025-04-16');
  const next = (parts: Partial<DueCharge> = {}): DueCharge => {
    const rest = makePeriod(at, april.end);
    return {
      line: line({ key: 'new' }),
      servicePeriod: rest,
      effective: rest,
      served: [rest],
      present: rest,
      fraction: { numerator: 1n, denominator: 1n },
      fullPeriod: april,
      ...parts,
    };
  };
  const old = [
    { line: line(), entries: [entry(3000)] },
    { line: line({ key: 'calls', priceType: 'USAGE', cadence: 'ARREAR' }), entries: [] },
  ];
  const preview = (behavior: 'create_prorations' | 'none', due = next()): string[] => {
    const lines = planChange(
      { at, old, next: [{ due, terms: flat('50'), quantity: rate(2) }] },
      behavior,
      'usd',
    );
    return [
      ...lines.map(({ type, lineKey, amount, originalAmount }) =>
        [type, lineKey, amount.amount, originalAmount.amount].join(' '),
      ),
      `net ${netOfProrations(lines, 'usd').amount}`,
    ];
  };

  it('gives back what is unused of the old and charges the new for the time that is left', () => {
    expect(preview('create_prorations')).toEqual([
      'credit seats 1500 3000',
      'charge new 5000 10000',
      'net 3500',
    ]);
  });

  it('without prorations gives nothing back and charges what a new subscription costs', () => {
    expect(preview('none')).toEqual(['charge new 10000 10000', 'net 10000']);
  });

  it('difference: lines of different periods are prorated too, each against its own', () => {
    const year = makePeriod(day('2025-04-16'), day('2026-04-16'));
    const annual = next({ servicePeriod: year, effective: year, fullPeriod: year });
    expect(preview('create_prorations', annual)).toEqual([
      'credit seats 1500 3000',
      'charge new 10000 10000',
      'net 8500',
    ]);
  });

  it('to a cheaper plan may leave something for the prepaid balance', () => {
    const lines = planChange(
      { at, old, next: [{ due: next(), terms: flat('1'), quantity: rate(1) }] },
      'create_prorations',
      'usd',
    );
    expect(netOfProrations(lines, 'usd')).toEqual(usd(-1450));
  });

  it('to the same plan and back costs nothing', () => {
    fc.assert(
      fc.property(cuts, fc.nat(10 ** 6), ({ whole, parts }, minor) => {
        const moment = parts.at(-1)!.start;
        const rest = makePeriod(moment, whole.end);
        const due = next({ servicePeriod: rest, effective: rest, fullPeriod: whole });
        const same = planChange(
          {
            at: moment,
            old: [{ line: line(), entries: [entry(minor, whole)] }],
            next: [{ due, terms: { model: 'FLAT_FEE', amount: moneyToRate(usd(minor)) }, quantity: rate(1) }],
          },
          'create_prorations',
          'usd',
        );
        expect(netOfProrations(same, 'usd')).toEqual(usd(0));
      }),
    );
  });
});

describe('days of a proration', () => {
  it('are for showing: a begun day counts', () => {
    expect(prorationDays(april)).toBe(30);
    expect(prorationDays(makePeriod(day('2025-04-01'), new Date(day('2025-04-02').getTime() + 1)))).toBe(2);
  });
});
