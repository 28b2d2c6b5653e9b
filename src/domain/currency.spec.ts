import { currencyExponent, parseCurrency } from './currency.js';

describe('parseCurrency', () => {
  it('takes any case and surrounding space, and answers in lower case', () => {
    expect(['USD', 'usd', ' Eur '].map(parseCurrency)).toEqual(['usd', 'usd', 'eur']);
  });

  it.each(['', 'us', 'usdd', 'xxx', 'xau', 'xdr', 'abc', 'us d'])('refuses %p', (code) => {
    expect(parseCurrency(code)).toBeUndefined();
  });

  it.each([undefined, null, 840, {}, ['usd']])('refuses what is no string: %p', (value) => {
    expect(parseCurrency(value)).toBeUndefined();
  });

  it('knows every currency in use, the youngest included, and none that was withdrawn', () => {
    for (const code of ['mnt', 'xcg', 'zwg', 'sle', 'ved', 'stn', 'mru', 'eur'])
      expect(parseCurrency(code)).toBe(code);
    for (const code of ['bgn', 'ang', 'hrk', 'zwl', 'sll', 'cuc', 'dem'])
      expect(parseCurrency(code)).toBeUndefined();
  });
});

describe('currencyExponent', () => {
  it.each([
    ['jpy', 0],
    ['isk', 0],
    ['usd', 2],
    ['huf', 2],
    ['kwd', 3],
    ['clf', 4],
    ['uyw', 4],
  ])('%s has %d decimal places', (code, exponent) => {
    expect(currencyExponent(code)).toBe(exponent);
  });

  it('difference: BHD, OMR and TND have three places, UGX and XOF none, not two', () => {
    expect(['bhd', 'omr', 'tnd', 'jod', 'iqd', 'lyd'].map(currencyExponent)).toEqual([3, 3, 3, 3, 3, 3]);
    expect(['ugx', 'xof', 'xaf', 'pyg', 'rwf'].map(currencyExponent)).toEqual([0, 0, 0, 0, 0]);
  });

  it('throws for an unknown code instead of assuming two places', () => {
    expect(() => currencyExponent('xxx')).toThrow(RangeError);
  });
});
