import fc from 'fast-check';
import { currencyExponent } from '../currency.js';
import { formatMoney, money, moneyToRate, roundToMoney, sumMoney, type Money } from '../money.js';
import { rate, Rate } from '../rate.js';
import { applyCredits } from './credits.js';
import { applyDiscounts, type Coupon } from './discounts.js';
import { draftInvoice, type DraftInvoice, type DraftLineInput } from './draft-invoice.js';
import { priceInvoice, type InvoiceToPrice } from './price-invoice.js';
import { applyTaxes, type Tax } from './taxes.js';

const line = (key: string, amount: string, priceType: 'FIXED' | 'USAGE' = 'FIXED'): DraftLineInput => ({
  key,
  priceType,
  amount: rate(amount),
  quantity: rate(1),
  periodStart: null,
  periodEnd: null,
});
const percent = (key: string, percentage: string): Coupon & Tax => ({
  key,
  type: 'percentage',
  percentage: rate(percentage),
});
const fixed = (key: string, amount: Money): Coupon & Tax => ({ key, type: 'fixed', amount });
const figures = (draft: DraftInvoice): string[] =>
  [draft.subtotal, draft.totalDiscount, draft.totalPrepaidCredits, draft.totalTax, draft.total].map(
    formatMoney,
  );
const currencies = fc.constantFrom('usd', 'jpy', 'kwd');
const rates = (max: number): fc.Arbitrary<Rate> =>
  fc
    .tuple(fc.bigInt({ min: 0n, max: BigInt(max) * 10n ** 5n }), fc.integer({ min: 2, max: 8 }))
    .map(([digits, scale]) => rate(digits).div(new Rate(10).pow(scale)));
const percentOrFixed = (currency: string, key: fc.Arbitrary<string>): fc.Arbitrary<Coupon & Tax> =>
  fc.oneof(
    fc.tuple(key, rates(100)).map(([name, value]) => percent(name, value.toFixed())),
    fc
      .tuple(key, fc.bigInt({ min: 0n, max: 100_000n }))
      .map(([name, value]) => fixed(name, money(value, currency))),
  );

/** An invoice with everything on it. Signed lines are corrections; none by default. */
const invoices = (signed = false): fc.Arbitrary<InvoiceToPrice> =>
  currencies.chain((currency) =>
    fc
      .array(
        fc.tuple(
          rates(10_000),
          fc.constantFrom('FIXED' as const, 'USAGE' as const),
          fc.integer({ min: 0, max: 9 }),
        ),
        {
          minLength: 1,
          maxLength: 8,
        },
      )
      .chain((given) => {
        const lines = given.map(([amount, priceType, sign], index) =>
          line(`line${index}`, (signed && sign < 3 ? amount.negated() : amount).toFixed(), priceType),
        );
        const lineKey = fc.constantFrom(...lines.map(({ key }) => key));
        const name = fc.string({ minLength: 1, maxLength: 4 });
        return fc.record({
          currency: fc.constant(currency),
          lines: fc.constant(lines),
          lineCoupons: fc.array(fc.record({ lineKey, coupon: percentOrFixed(currency, name) }), {
            maxLength: 4,
          }),
          invoiceCoupons: fc.array(percentOrFixed(currency, name), { maxLength: 3 }),
          credits: fc.array(
            fc.record({
              key: name,
              amount: rates(5000),
              priceTypes: fc.subarray(['USAGE' as const, 'FIXED' as const]),
              paysTax: fc.boolean(),
            }),
            { maxLength: 3 },
          ),
          taxes: fc.array(percentOrFixed(currency, name), { maxLength: 3 }),
        });
      }),
  );

describe('priceInvoice', () => {
  it('makes every figure whole minor units, and every total the sum of its parts', () => {
    fc.assert(
      fc.property(fc.boolean().chain(invoices), (input) => {
        const priced = priceInvoice(input);
        const sum = (amounts: readonly Money[]): bigint => sumMoney(amounts, input.currency).amount;
        const { lines } = priced;
        expect(priced.subtotal.amount).toBe(sum(lines.map(({ amount }) => amount)));
        expect(priced.totalDiscount.amount).toBe(sum(priced.discounts.map(({ amount }) => amount)));
        expect(priced.totalDiscount.amount).toBe(
          sum(lines.flatMap((each) => [each.lineItemDiscount, each.invoiceLevelDiscount])),
        );
        expect(priced.totalPrepaidCredits.amount).toBe(sum(priced.credits.map(({ amount }) => amount)));
        const paidTax = priced.credits.filter(({ lineKey }) => lineKey === null).map(({ amount }) => amount);
        expect(priced.totalPrepaidCredits.amount).toBe(
          sum([...lines.map((each) => each.prepaidCreditsApplied), ...paidTax]),
        );
        expect(sum(paidTax) <= priced.totalTax.amount).toBe(true);
        expect(priced.totalTax.amount).toBe(sum(priced.taxes.map(({ amount }) => amount)));
        const owed =
          priced.subtotal.amount -
          priced.totalDiscount.amount -
          priced.totalPrepaidCredits.amount +
          priced.totalTax.amount;
        expect(priced.total.amount).toBe(owed < 0n ? 0n : owed);
        lines.forEach((each, index) => {
          expect(each.amount).toEqual(roundToMoney(input.lines[index]!.amount, input.currency));
        });
      }),
    );
  });

  it('never discounts a line below zero, nor pays more of it than is left', () => {
    fc.assert(
      fc.property(fc.boolean().chain(invoices), (input) => {
        const priced = priceInvoice(input);
        const net = priced.subtotal.amount - priced.totalDiscount.amount;
        const paidLines = priced.lines.reduce((sum, each) => sum + each.prepaidCreditsApplied.amount, 0n);
        expect(paidLines <= (net < 0n ? 0n : net)).toBe(true);
        for (const each of priced.lines) {
          const most = each.amount.amount < 0n ? 0n : each.amount.amount;
          const off = each.lineItemDiscount.amount + each.invoiceLevelDiscount.amount;
          expect(each.lineItemDiscount.amount >= 0n && each.invoiceLevelDiscount.amount >= 0n).toBe(true);
          expect(off <= most).toBe(true);
          expect(each.prepaidCreditsApplied.amount >= 0n).toBe(true);
          expect(each.prepaidCreditsApplied.amount <= most - off).toBe(true);
          if (!input.credits?.some(({ priceTypes }) => priceTypes.includes(each.priceType)))
            expect(each.prepaidCreditsApplied.amount).toBe(0n);
        }
      }),
    );
  });

  it('without negative lines owes what is left, and the floor is never needed', () => {
    fc.assert(
      fc.property(invoices(), (input) => {
        const { subtotal, totalDiscount, totalPrepaidCredits, totalTax, total } = priceInvoice(input);
        expect(total.amount).toBe(
          subtotal.amount - totalDiscount.amount - totalPrepaidCredits.amount + totalTax.amount,
        );
        expect(totalDiscount.amount <= subtotal.amount).toBe(true);
        expect(totalPrepaidCredits.amount <= subtotal.amount - totalDiscount.amount + totalTax.amount).toBe(
          true,
        );
      }),
    );
  });

  it('never takes more from a balance than it holds, and leaves none unused while something is open that it may pay', () => {
    fc.assert(
      fc.property(invoices(), (input) => {
        const priced = priceInvoice({
          ...input,
          credits: (input.credits ?? []).map((one, index) => ({ ...one, key: `w${index}` })),
        });
        for (const [index, { amount, priceTypes }] of (input.credits ?? []).entries()) {
          const spent = sumMoney(
            priced.credits
              .filter(({ balanceKey }) => balanceKey === `w${index}`)
              .map((slice) => slice.amount),
            input.currency,
          );
          expect(moneyToRate(spent).lessThanOrEqualTo(amount)).toBe(true);
          const scale = new Rate(10).pow(currencyExponent(input.currency));
          const unused = BigInt(amount.minus(moneyToRate(spent)).times(scale).floor().toFixed(0));
          const open = priced.lines
            .filter(({ priceType }) => priceTypes.includes(priceType))
            .reduce(
              (sum, each) =>
                sum +
                each.amount.amount -
                each.lineItemDiscount.amount -
                each.invoiceLevelDiscount.amount -
                each.prepaidCreditsApplied.amount,
              0n,
            );
          expect(unused === 0n || open === 0n).toBe(true);
        }
      }),
    );
  });

  it('applies its steps in the order lines, discounts, taxes, credits', () => {
    fc.assert(
      fc.property(invoices(), (input) => {
        const discounted = applyDiscounts(draftInvoice(input), input);
        const byHand = applyCredits(applyTaxes(discounted, input.taxes ?? []), input.credits ?? []);
        expect(priceInvoice(input)).toEqual(byHand);
        for (const tax of byHand.taxes)
          expect(tax.taxableAmount.amount).toBe(discounted.subtotal.amount - discounted.totalDiscount.amount);
      }),
    );
    const everything = priceInvoice({
      currency: 'usd',
      lines: [line('fee', '100'), line('calls', '60', 'USAGE')],
      lineCoupons: [{ lineKey: 'calls', coupon: percent('half', '50') }],
      invoiceCoupons: [percent('ten', '10')],
      credits: [{ key: 'w', amount: rate(20), priceTypes: ['USAGE'], paysTax: false }],
      taxes: [percent('vat', '20')],
    });
    expect(figures(everything)).toEqual(['160', '43', '20', '23.4', '120.4']);
  });

  it('of the steps that are left out changes nothing', () => {
    const lines = [line('a', '12.34'), line('b', '5', 'USAGE')];
    expect(priceInvoice({ currency: 'usd', lines })).toEqual(draftInvoice({ currency: 'usd', lines }));
  });
});
