import { formatMoney, money, type Money } from '../money.js';
import { rate, Rate } from '../rate.js';
import { applyCredits } from './credits.js';
import { applyDiscounts, type Coupon } from './discounts.js';
import { draftInvoice, type DraftInvoice, type DraftLineInput } from './draft-invoice.js';
import { priceInvoice } from './price-invoice.js';
import { applyTaxes, type Tax } from './taxes.js';

const usd = (amount: number): Money => money(BigInt(amount), 'usd');
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
const perLine = (
  draft: DraftInvoice,
  of: 'lineItemDiscount' | 'invoiceLevelDiscount' | 'prepaidCreditsApplied',
): string[] => draft.lines.map((each) => formatMoney(each[of]));

describe('draftInvoice', () => {
  it('rounds every line once, half away from zero, and adds up what it has rounded', () => {
    const draft = draftInvoice({
      currency: 'usd',
      lines: [line('a', '0.005'), line('b', '0.005'), line('c', '1.014')],
    });
    expect(draft.lines.map(({ amount }) => amount)).toEqual([usd(1), usd(1), usd(101)]);
    expect(figures(draft)).toEqual(['1.03', '0', '0', '0', '1.03']);
  });

  it('uses the minor unit of the currency', () => {
    const total = (currency: string): string =>
      formatMoney(draftInvoice({ currency, lines: [line('a', '10.55555')] }).total);
    expect(['jpy', 'usd', 'bhd', 'clf'].map(total)).toEqual(['11', '10.56', '10.556', '10.5556']);
  });

  it('keeps empty lines, quantities and periods', () => {
    const period = { periodStart: new Date(0), periodEnd: new Date(1) };
    const draft = draftInvoice({
      currency: 'usd',
      lines: [{ ...line('a', '0', 'USAGE'), ...period, quantity: rate(7) }],
    });
    expect(draft.lines[0]).toMatchObject({ key: 'a', priceType: 'USAGE', ...period });
    expect(draft.lines[0]?.quantity.toFixed()).toBe('7');
  });

  it('refuses two lines of one key', () => {
    expect(() => draftInvoice({ currency: 'usd', lines: [line('a', '1'), line('a', '2')] })).toThrow(
      RangeError,
    );
  });
});

describe('applyDiscounts', () => {
  const draft = draftInvoice({ currency: 'usd', lines: [line('a', '100'), line('b', '50')] });

  it('reckons every line coupon on the full amount of its line', () => {
    const result = applyDiscounts(draft, {
      lineCoupons: [
        { lineKey: 'a', coupon: percent('ten', '10') },
        { lineKey: 'a', coupon: percent('half', '50') },
      ],
    });
    expect(perLine(result, 'lineItemDiscount')).toEqual(['60', '0']);
    expect(result.discounts).toEqual([
      { couponKey: 'ten', lineKey: 'a', originalPrice: usd(10000), amount: usd(1000), finalPrice: usd(9000) },
      { couponKey: 'half', lineKey: 'a', originalPrice: usd(9000), amount: usd(5000), finalPrice: usd(4000) },
    ]);
  });

  it('reckons every invoice coupon on what remains, in order', () => {
    const coupons = [percent('ten', '10'), fixed('five', usd(500))];
    expect(figures(applyDiscounts(draft, { invoiceCoupons: coupons }))[1]).toBe('20');
    expect(figures(applyDiscounts(draft, { invoiceCoupons: [...coupons].reverse() }))[1]).toBe('19.5');
  });

  it('takes line coupons first', () => {
    const result = applyDiscounts(draft, {
      invoiceCoupons: [percent('ten', '10')],
      lineCoupons: [{ lineKey: 'a', coupon: fixed('fifty', usd(5000)) }],
    });
    expect(figures(result)).toEqual(['150', '60', '0', '0', '90']);
    expect(perLine(result, 'invoiceLevelDiscount')).toEqual(['5', '5']);
  });

  it('takes no more than there is', () => {
    const result = applyDiscounts(draft, {
      lineCoupons: [{ lineKey: 'b', coupon: fixed('much', usd(99999)) }],
      invoiceCoupons: [percent('all', '100'), percent('more', '100')],
    });
    expect(result.discounts.map(({ amount }) => amount)).toEqual([usd(5000), usd(10000), usd(0)]);
    expect(figures(result)).toEqual(['150', '150', '0', '0', '0']);
  });

  it('difference: an invoice coupon is spread by largest remainder, the last line does not take the residue', () => {
    const thirds = draftInvoice({
      currency: 'usd',
      lines: [line('a', '10'), line('b', '10'), line('c', '10'), line('free', '0')],
    });
    const result = applyDiscounts(thirds, { invoiceCoupons: [fixed('one', usd(100))] });
    expect(perLine(result, 'invoiceLevelDiscount')).toEqual(['0.34', '0.33', '0.33', '0']);
  });

  it('refuses what does not apply', () => {
    const attempt =
      (coupon: Coupon, lineKey = 'a'): (() => unknown) =>
      () =>
        applyDiscounts(draft, { lineCoupons: [{ lineKey, coupon }] });
    expect(attempt(percent('x', '5'), 'nowhere')).toThrow(RangeError);
    expect(attempt(percent('x', '-5'))).toThrow(RangeError);
    expect(attempt({ key: 'x', type: 'percentage', percentage: new Rate(NaN) })).toThrow(RangeError);
    expect(attempt(fixed('x', usd(-5)))).toThrow(RangeError);
    expect(attempt(fixed('x', money(5n, 'eur')))).toThrow(RangeError);
  });

  it('comes once, before credits and taxes', () => {
    const discounts = { invoiceCoupons: [percent('ten', '10')] };
    const usage = draftInvoice({ currency: 'usd', lines: [line('a', '10', 'USAGE')] });
    for (const later of [
      applyDiscounts(usage, discounts),
      applyCredits(usage, [{ key: 'w', amount: rate(1), ...FOR_USAGE }]),
      applyTaxes(usage, [percent('vat', '20')]),
    ])
      expect(() => applyDiscounts(later, discounts)).toThrow(RangeError);
  });
});

/** What a wallet's credits pay for when nothing is said. */
const FOR_USAGE = { priceTypes: ['USAGE'], paysTax: false } as const;
const FOR_FEES = { priceTypes: ['FIXED'], paysTax: false } as const;
const FOR_ANYTHING = { priceTypes: ['USAGE', 'FIXED'], paysTax: true } as const;

describe('applyCredits', () => {
  const draft = draftInvoice({
    currency: 'usd',
    lines: [line('fee', '100'), line('calls', '30', 'USAGE'), line('bytes', '20', 'USAGE')],
  });

  it('pays usage lines only, in order, from the balances in order', () => {
    const result = applyCredits(draft, [
      { key: 'first', amount: rate(40), ...FOR_USAGE },
      { key: 'second', amount: rate(500), ...FOR_USAGE },
    ]);
    expect(perLine(result, 'prepaidCreditsApplied')).toEqual(['0', '30', '20']);
    expect(result.credits).toEqual([
      { balanceKey: 'first', lineKey: 'calls', amount: usd(3000) },
      { balanceKey: 'first', lineKey: 'bytes', amount: usd(1000) },
      { balanceKey: 'second', lineKey: 'bytes', amount: usd(1000) },
    ]);
    expect(figures(result)).toEqual(['150', '0', '50', '0', '100']);
  });

  it('pays what the discounts leave', () => {
    const discounted = applyDiscounts(draft, {
      lineCoupons: [{ lineKey: 'calls', coupon: percent('half', '50') }],
      invoiceCoupons: [percent('ten', '10')],
    });
    const result = applyCredits(discounted, [{ key: 'w', amount: rate(1000), ...FOR_USAGE }]);
    expect(perLine(result, 'prepaidCreditsApplied')).toEqual(['0', '13.5', '18']);
  });

  it('never takes more than the balance holds: the rest below a cent stays in the wallet', () => {
    const result = applyCredits(draft, [{ key: 'w', amount: rate('9.999'), ...FOR_USAGE }]);
    expect(figures(result)[2]).toBe('9.99');
    expect(figures(applyCredits(draft, [{ key: 'w', amount: rate('-5'), ...FOR_USAGE }]))[2]).toBe('0');
  });

  it('never pays more than the invoice asks, negative lines included', () => {
    const corrected = draftInvoice({
      currency: 'usd',
      lines: [line('calls', '30', 'USAGE'), line('bytes', '30', 'USAGE'), line('fix', '-20')],
    });
    const result = applyCredits(corrected, [{ key: 'w', amount: rate(1000), ...FOR_USAGE }]);
    expect(perLine(result, 'prepaidCreditsApplied')).toEqual(['30', '10', '0']);
    expect(figures(result)).toEqual(['40', '0', '40', '0', '0']);
  });

  it('pays with each balance what it may pay: fees, usage, or anything and the tax', () => {
    const taxed = applyTaxes(draft, [percent('vat', '20')]);
    const fees = applyCredits(taxed, [{ key: 'w', amount: rate(1000), ...FOR_FEES }]);
    expect(perLine(fees, 'prepaidCreditsApplied')).toEqual(['100', '0', '0']);
    expect(figures(fees)).toEqual(['150', '0', '100', '30', '80']);
    const both = applyCredits(taxed, [
      { key: 'usage', amount: rate(40), ...FOR_USAGE },
      { key: 'back', amount: rate(1000), ...FOR_ANYTHING },
    ]);
    expect(both.credits).toEqual([
      { balanceKey: 'back', lineKey: 'fee', amount: usd(10000) },
      { balanceKey: 'usage', lineKey: 'calls', amount: usd(3000) },
      { balanceKey: 'usage', lineKey: 'bytes', amount: usd(1000) },
      { balanceKey: 'back', lineKey: 'bytes', amount: usd(1000) },
      { balanceKey: 'back', lineKey: null, amount: usd(3000) },
    ]);
    expect(figures(both)).toEqual(['150', '0', '180', '30', '0']);
  });

  it('comes once, before or after taxes alike', () => {
    const balances = [{ key: 'w', amount: rate(7), ...FOR_USAGE }];
    const taxes = [percent('vat', '20')];
    expect(applyTaxes(applyCredits(draft, balances), taxes)).toEqual(
      applyCredits(applyTaxes(draft, taxes), balances),
    );
    expect(() => applyCredits(applyCredits(draft, balances), balances)).toThrow(RangeError);
  });
});

describe('applyTaxes', () => {
  it('are each on subtotal − discounts, rounded each, and not on one another', () => {
    const draft = applyDiscounts(draftInvoice({ currency: 'usd', lines: [line('a', '10.10')] }), {
      invoiceCoupons: [fixed('off', usd(5))],
    });
    const result = applyTaxes(draft, [
      percent('state', '8.25'),
      percent('city', '1.5'),
      fixed('levy', usd(30)),
    ]);
    expect(result.taxes).toEqual([
      { taxKey: 'state', taxableAmount: usd(1005), amount: usd(83) },
      { taxKey: 'city', taxableAmount: usd(1005), amount: usd(15) },
      { taxKey: 'levy', taxableAmount: usd(1005), amount: usd(30) },
    ]);
    expect(figures(result)).toEqual(['10.1', '0.05', '0', '1.28', '11.33']);
  });

  it('are not lowered by credits', () => {
    const priced = priceInvoice({
      currency: 'usd',
      lines: [line('calls', '100', 'USAGE')],
      credits: [{ key: 'w', amount: rate(100), ...FOR_USAGE }],
      taxes: [percent('vat', '20')],
    });
    expect(figures(priced)).toEqual(['100', '0', '100', '20', '20']);
  });

  it('come once and are never negative', () => {
    const draft = draftInvoice({ currency: 'usd', lines: [line('a', '10')] });
    expect(() => applyTaxes(applyTaxes(draft, [percent('vat', '1')]), [percent('vat', '1')])).toThrow(
      RangeError,
    );
    expect(() => applyTaxes(draft, [percent('vat', '-1')])).toThrow(RangeError);
  });
});
