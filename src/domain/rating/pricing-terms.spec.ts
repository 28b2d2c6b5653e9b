import { rate, Rate } from '../rate.js';
import { pricingTermsErrors, sortTiers, type PricingTerms, type Tier } from './pricing-terms.js';

const tier = (upTo: string | null, unit = '1', flat = '0'): Tier => ({
  upTo: upTo === null ? null : rate(upTo),
  unitAmount: rate(unit),
  flatAmount: rate(flat),
});
const tiered = (...tiers: Tier[]): PricingTerms => ({ model: 'TIERED', mode: 'SLAB', tiers });
const pack = (amount: string, divideBy: string): PricingTerms => ({
  model: 'PACKAGE',
  amount: rate(amount),
  divideBy: rate(divideBy),
  round: 'up',
});

describe('pricingTermsErrors', () => {
  it.each<[string, PricingTerms]>([
    ['a flat fee', { model: 'FLAT_FEE', amount: rate('0.01') }],
    ['a price of nothing', { model: 'FLAT_FEE', amount: rate(0) }],
    ['a package', pack('5', '100')],
    ['one open tier', tiered(tier(null))],
    ['a finite last tier', tiered(tier('10'), tier('20.5'))],
    ['tiers in any order', tiered(tier(null), tier('20'), tier('10'))],
  ])('finds nothing wrong with %s', (_, terms) => {
    expect(pricingTermsErrors(terms)).toEqual({});
  });

  it.each<[string, PricingTerms, string[]]>([
    ['a negative amount', { model: 'FLAT_FEE', amount: rate('-0.01') }, ['amount']],
    ['an amount that is no number', { model: 'FLAT_FEE', amount: new Rate(NaN) }, ['amount']],
    ['a package of nothing', pack('5', '0'), ['transform_quantity.divide_by']],
    ['a package of one and a half', pack('5', '1.5'), ['transform_quantity.divide_by']],
    ['two errors at once', pack('-5', '-1'), ['amount', 'transform_quantity.divide_by']],
    ['no tiers', tiered(), ['tiers']],
    ['a repeated boundary', tiered(tier('10'), tier('10.0'), tier(null)), ['tiers[1].up_to']],
    ['a boundary at zero', tiered(tier('0'), tier(null)), ['tiers[0].up_to']],
    ['a boundary below zero', tiered(tier('-5'), tier(null)), ['tiers[0].up_to']],
    ['two open tiers', tiered(tier(null), tier('5'), tier(null)), ['tiers[2].up_to']],
    [
      'negative tier amounts',
      tiered(tier('10', '-1'), tier(null, '1', '-1')),
      ['tiers[0].unit_amount', 'tiers[1].flat_amount'],
    ],
  ])('names the fields of %s', (_, terms, fields) => {
    const errors = pricingTermsErrors(terms);
    expect(Object.keys(errors)).toEqual(fields);
    for (const [field, sentence] of Object.entries(errors)) expect(sentence).toContain(field);
  });
});

describe('sortTiers', () => {
  it('orders by boundary, the open tier last, and leaves its input alone', () => {
    const given = [tier(null), tier('9'), tier('100'), tier('10')];
    expect(sortTiers(given).map(({ upTo }) => upTo?.toFixed() ?? null)).toEqual(['9', '10', '100', null]);
    expect(given[0]?.upTo).toBeNull();
  });
});
