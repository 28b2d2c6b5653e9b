import fc from 'fast-check';
import { ExactNumber } from '../../domain/exact-number.js';
import { formatRate, Rate } from '../../domain/rate.js';
import { jsonText, propertyText } from './property-text.js';

describe('propertyText', () => {
  it.each<[unknown, string | undefined]>([
    ['text', 'text'],
    [5, '5'],
    [-0, '0'],
    [1e-7, '0.0000001'],
    [1e21, '1000000000000000000000'],
    [new ExactNumber('9007199254740993'), '9007199254740993'],
    [{ n: new ExactNumber('9007199254740993') }, '{"n": 9007199254740993}'],
    [true, 'true'],
    [null, undefined],
    [undefined, undefined],
    [{ ü: 1, zz: 2, b: [null, 'x'] }, '{"b": [null, "x"], "zz": 2, "ü": 1}'],
  ])('of %p is %p', (value, text) => {
    expect(propertyText(value)).toBe(text);
  });

  it('writes any number without an exponent, and with the same value', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(propertyText(value)).toBe(formatRate(new Rate(value)));
      }),
    );
  });

  it('is one for two values if and only if they are equal, whatever the order of names', () => {
    const json = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(json, json, (a, b) => {
        const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
        const turned = JSON.parse(JSON.stringify(a), (_, value: unknown) =>
          typeof value === 'object' && value !== null && !Array.isArray(value)
            ? Object.fromEntries(Object.entries(value).reverse())
            : value,
        ) as unknown;
        expect(jsonText(turned)).toBe(jsonText(plain(a)));
        expect(JSON.parse(jsonText(plain(a)))).toEqual(plain(a));
        if (jsonText(plain(a)) === jsonText(plain(b))) expect(plain(a)).toEqual(plain(b));
      }),
    );
  });
});
