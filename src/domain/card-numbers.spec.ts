import fc from 'fast-check';
import { cardNumberIn, holdsCardNumber } from './card-numbers.js';

/** With the check digit that makes it right. */
function completed(digits: string): string {
  for (let last = 0; last < 10; last++) {
    const all = `${digits}${last}`;
    const sum = [...all].reverse().reduce((total, one, i) => {
      const weighed = Number(one) * (i % 2 === 0 ? 1 : 2);
      return total + (weighed > 9 ? weighed - 9 : weighed);
    }, 0);
    if (sum % 10 === 0) return all;
  }
  throw new Error('one of ten is right');
}

const digits = (length: number): fc.Arbitrary<string> =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length })
    .map((all) => all.join(''));
const brand = (prefix: string, length: number, ...groupings: number[][]): fc.Arbitrary<string> =>
  fc
    .tuple(
      digits(length - prefix.length - 1),
      fc.constantFrom(' ', '-'),
      fc.constantFrom([length], ...groupings),
    )
    .map(([middle, separator, grouping]) => {
      const all = completed(prefix + middle);
      let at = 0;
      return grouping.map((count) => all.slice(at, (at += count))).join(separator);
    });
const FOURS = [4, 4, 4, 4];
const cards = fc.oneof(
  ...[brand('4', 16, FOURS), brand('4', 19, [...FOURS, 3])],
  ...['51', '55', '2221', '2399', '2720'].map((prefix) => brand(prefix, 16, FOURS)),
  ...['34', '37'].map((prefix) => brand(prefix, 15, [4, 6, 5])),
  ...['6011', '644', '65', '3528', '3589'].map((prefix) => brand(prefix, 16, FOURS)),
  ...['300', '36', '38'].map((prefix) => brand(prefix, 14, [4, 6, 4])),
);

describe('card numbers in texts', () => {
  it('are found in any text, at a stretch and in groups', () => {
    const words = fc.constantFrom('', 'card', 'my card:', '(', 'Karte ', '12 ', 'exp 12/30');
    fc.assert(
      fc.property(cards, words, words, (card, before, after) => {
        expect(holdsCardNumber(`${before} ${card} ${after}`)).toBe(true);
        expect(holdsCardNumber(card)).toBe(true);
      }),
    );
  });

  it('are none with one wrong digit', () => {
    fc.assert(
      fc.property(cards, fc.nat(18), fc.integer({ min: 1, max: 9 }), (card, place, by) => {
        const at = [...card].flatMap((one, i) => (/\d/.test(one) ? [i] : []))[place % 14]!;
        const changed = `${card.slice(0, at)}${(Number(card[at]) + by) % 10}${card.slice(at + 1)}`;
        expect(holdsCardNumber(changed)).toBe(false);
      }),
    );
  });

  it('are nothing within a longer number, a word, an amount or a phone number', () => {
    fc.assert(
      fc.property(cards, (card) => {
        const plain = card.replace(/\D/g, '');
        for (const other of [
          `${plain}.50`,
          `0.${plain}`,
          `1,${plain}`,
          `+${plain}`,
          `x${plain}`,
          `${plain}Z`,
          `_${plain}`,
        ])
          expect([other, holdsCardNumber(other)]).toEqual([other, false]);
      }),
    );
  });

  it('are not seen in ids, times, phone numbers and amounts', () => {
    const ulid = fc.array(fc.constantFrom(...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'), {
      minLength: 26,
      maxLength: 26,
    });
    const others = fc.oneof(
      ulid.map((all) => `cust_${all.join('')}`),
      ulid.map((all) => all.join('').replace(/^./, '0')),
      fc.uuid(),
      // Milliseconds, microseconds and nanoseconds from 1970 to 2100.
      fc.integer({ min: 0, max: 4_102_444_800_000 }).map(String),
      fc.integer({ min: 1_000_000_000_000, max: 4_102_444_800_000 }).map((ms) => new Date(ms).toISOString()),
      fc.integer({ min: 1_000_000_000_000, max: 2_100_000_000_000 }).map((ms) => `${ms}000`),
      fc.integer({ min: 1_000_000_000_000, max: 2_100_000_000_000 }).map((ms) => `${ms}000000`),
      digits(12).map((all) => `+${all}`),
      digits(12).map((all) => `+4${all}`),
      digits(11).map((all) => `+49 ${all.slice(0, 3)} ${all.slice(3)}`),
      digits(10).map((all) => `0049 ${all.slice(0, 3)} ${all.slice(3)}`),
      // EAN, which is as long as the oldest card numbers.
      digits(12).map((all) => `4${all}`),
      fc.tuple(digits(16), digits(2)).map((parts) => parts.join('.')),
      fc.integer({ min: 0, max: 1_000_000_000 }).map((amount) => (amount / 100).toFixed(2)),
    );
    fc.assert(
      fc.property(others, (text) => {
        expect([text, holdsCardNumber(text)]).toEqual([text, false]);
      }),
    );
  });

  it('are found in free-form JSON, by their place; not where a name says that it is something else', () => {
    const card = '4242 4242 4242 4242';
    expect(cardNumberIn({ a: 1, list: ['x', { note: `my ${card}` }] }, 'metadata')).toBe(
      'metadata.list[1].note',
    );
    for (const name of ['order_id', 'id', 'orderId', 'phone', 'device_imei', 'ids'])
      expect(cardNumberIn({ [name]: '4242424242424242' })).toBeUndefined();
    for (const name of ['paid', 'note', 'valid'])
      expect(cardNumberIn({ [name]: '4242424242424242' })).toBe(`.${name}`);
    // A number is a quantity.
    expect(cardNumberIn({ bytes: 4242424242424242 })).toBeUndefined();
  });

  it('are looked for in no more time than a text is long', () => {
    for (const text of [
      '1 '.repeat(50_000),
      '4'.repeat(100_000),
      '4444-'.repeat(20_000),
      `+${'4 '.repeat(50_000)}`,
    ]) {
      const began = performance.now();
      holdsCardNumber(`${text} 4242 4242 4242 424`);
      expect(performance.now() - began).toBeLessThan(500);
    }
  });
});
