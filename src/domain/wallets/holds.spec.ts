import fc from 'fast-check';
import { money } from '../money.js';
import { rate, ZERO } from '../rate.js';
import { heldForUse, type HoldingWallet } from './holds.js';
import type { Credit } from './ledger.js';

const AT = new Date('2031-01-20T00:00:00Z');
const FROM = new Date('2031-01-01T00:00:00Z');
const credit = (key: string, available: string, more: Partial<Credit> = {}): Credit => ({
  key,
  available: rate(available),
  priority: null,
  expiresAt: AT,
  effectiveFrom: null,
  givenBack: false,
  held: false,
  ...more,
});
const wallet = (credits: readonly Credit[], more: Partial<HoldingWallet> = {}): HoldingWallet => ({
  conversionRate: rate('1'),
  allowedPriceTypes: ['USAGE'],
  credits,
  ...more,
});
const held = (from: HoldingWallet, cents: bigint): Record<string, string> =>
  Object.fromEntries(
    [...heldForUse(from, money(cents, 'usd'), AT, FROM)].map(([key, credits]) => [key, credits.toString()]),
  );

describe('credits that are held for the bill of what was used before they expired', () => {
  it('as much as the use takes, no more than is there', () => {
    expect(held(wallet([credit('a', '5')]), 300n)).toEqual({ a: '3' });
    expect(held(wallet([credit('a', '5')]), 800n)).toEqual({ a: '5' });
    expect(held(wallet([credit('a', '5')]), 0n)).toEqual({});
  });

  it('what would be spent first is, whether it expires or not', () => {
    const first = credit('first', '2', { priority: 1, expiresAt: null });
    expect(held(wallet([credit('a', '5'), first]), 300n)).toEqual({ first: '2', a: '1' });
  });

  it('what is held already pays first, and what has expired before the use began pays nothing', () => {
    const old = credit('old', '9', { held: true, expiresAt: FROM });
    const earlier = credit('earlier', '1', { held: true, expiresAt: new Date('2031-01-10T00:00:00Z') });
    expect(held(wallet([credit('a', '5'), earlier, old]), 300n)).toEqual({ earlier: '1', a: '2' });
  });

  it('a wallet that may not pay usage holds nothing but what was given back', () => {
    const fixed = wallet([credit('a', '5'), credit('back', '1', { givenBack: true })], {
      allowedPriceTypes: ['FIXED'],
    });
    expect(held(fixed, 300n)).toEqual({ back: '1' });
  });

  it('law: never more than is there nor than was used, and more use never holds less', () => {
    const anyCredit = fc.record({
      cents: fc.integer({ min: 1, max: 5_000 }),
      priority: fc.option(fc.integer({ min: 0, max: 3 })),
      expires: fc.constantFrom(null, AT, new Date('2031-06-01T00:00:00Z'), FROM),
      givenBack: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(anyCredit, { maxLength: 6 }),
        fc.integer({ min: 0, max: 20_000 }),
        fc.integer({ min: 0, max: 5_000 }),
        (given, cents, more) => {
          const all = given.map((one, c) =>
            credit(String(c), (one.cents / 100).toString(), {
              priority: one.priority,
              expiresAt: one.expires,
              givenBack: one.givenBack,
            }),
          );
          const sum = (of: ReadonlyMap<string, ReturnType<typeof rate>>) =>
            [...of.values()].reduce((total, one) => total.plus(one), ZERO);
          const less = heldForUse(wallet(all), money(BigInt(cents), 'usd'), AT, FROM);
          const most = heldForUse(wallet(all), money(BigInt(cents + more), 'usd'), AT, FROM);
          expect(sum(less).times(100).lessThanOrEqualTo(cents)).toBe(true);
          expect(sum(most).greaterThanOrEqualTo(sum(less))).toBe(true);
          for (const [key, credits] of less)
            expect(credits.lessThanOrEqualTo(all.find((one) => one.key === key)?.available ?? ZERO)).toBe(
              true,
            );
        },
      ),
    );
  });
});
