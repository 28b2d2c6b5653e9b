import fc from 'fast-check';
import { matchesFilters, type PropertyFilter } from './filters.js';

const filter = (key: string, ...values: string[]): PropertyFilter => ({ key, values });

describe('matchesFilters', () => {
  it.each<[unknown, string, boolean]>([
    ['eu', 'eu', true],
    ['EU', 'eu', false],
    [' eu', 'eu', false],
    [5, '5', true],
    [5.5, '5.5', true],
    ['5', '5', true],
    ['5.0', '5', false],
    [true, 'true', true],
    [false, 'false', true],
    [{ a: 1 }, '{"a":1}', true],
    [['a'], '["a"]', true],
    ['"eu"', 'eu', false],
    [null, 'null', false],
    [undefined, 'undefined', false],
    ['', '', true],
  ])('the property %p against the value %p: %p', (value, wanted, expected) => {
    expect(matchesFilters([filter('key', wanted)], { key: value })).toBe(expected);
  });

  it('takes any of the values of one key, and needs every key', () => {
    const filters = [filter('region', 'eu', 'us'), filter('tier', 'pro')];
    expect(matchesFilters(filters, { region: 'us', tier: 'pro' })).toBe(true);
    expect(matchesFilters(filters, { region: 'us', tier: 'free' })).toBe(false);
    expect(matchesFilters(filters, { region: 'ap', tier: 'pro' })).toBe(false);
    expect(matchesFilters(filters, { region: 'us' })).toBe(false);
  });

  it('is true without filters, and false for a filter without values', () => {
    expect(matchesFilters([], {})).toBe(true);
    expect(matchesFilters([filter('region')], { region: 'eu' })).toBe(false);
  });

  it('does not find what an object inherits', () => {
    const inherited = Object.create({ region: 'eu' }) as Record<string, unknown>;
    expect(matchesFilters([filter('region', 'eu')], inherited)).toBe(false);
  });

  it('with one filter more never matches more', () => {
    const key = fc.constantFrom('a', 'b');
    const value = fc.constantFrom('1', '2');
    const filters = fc.array(fc.record({ key, values: fc.array(value, { maxLength: 2 }) }), { maxLength: 3 });
    fc.assert(
      fc.property(filters, filters, fc.dictionary(key, value), (some, more, properties) => {
        const both = matchesFilters([...some, ...more], properties);
        expect(both).toBe(matchesFilters(some, properties) && matchesFilters(more, properties));
      }),
    );
  });
});
