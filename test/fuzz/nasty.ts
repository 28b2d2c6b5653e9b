import fc from 'fast-check';
import { IdOf, index, Raw } from './arbitraries.js';

const nested = (depth: number, wrap: (inner: unknown) => unknown): unknown => {
  let value: unknown = 1;
  for (let n = 0; n < depth; n++) value = wrap(value);
  return value;
};

/** What nobody means and somebody sends. */
const NASTY: readonly unknown[] = [
  ...[
    '',
    ' ',
    '0',
    '-1',
    '-0',
    'NaN',
    'Infinity',
    '-Infinity',
    '1e400',
    '1e-400',
    '0x10',
    '1,000',
    '١',
    'null',
  ],
  ...[
    '99999999999999999999',
    '100000000000000000000',
    '9223372036854775808',
    '900000000000000.01',
    '-900000000000001',
  ],
  ...['0.0000000000000000001', `0.${'3'.repeat(40)}`, '1'.repeat(61)],
  ...['0000-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '2026-02-30T00:00:00Z'],
  ...[
    '9999-12-31T23:59:59Z',
    '10000-01-01T00:00:00Z',
    '+275760-09-13T00:00:00Z',
    '2026-01-01',
    '2026-01-01T24:00:00Z',
  ],
  ...['2026-01-01T00:00:00+99:99', 'tomorrow'],
  ...[
    '\u0000',
    'a\u0000b',
    '\ud800',
    'x\udc00',
    '\u202e\u200b',
    '👩‍👩‍👧‍👦',
    "'; DROP TABLE billing.invoices; --",
    '%',
    '\\',
    '{{7*7}}',
  ],
  ...['../../etc/passwd', '<script>', 'http://', 'javascript:alert(1)', '+05:30', 'xxx', 'SOMETHING_ELSE'],
  ...['x'.repeat(256), 'x'.repeat(2_001), 'ü'.repeat(5_001), 'x'.repeat(100_000), '😀'.repeat(256)],
  ...[0, -1, 1.5, -0, 1e20, 1e21, 1e308, 2 ** 31, -(2 ** 31) - 1, 2 ** 53, 2 ** 63, 5e-324],
  ...[
    '1e999',
    '-1e999',
    '9007199254740993',
    '123456789012345678901234567890',
    '0.12345678901234567890',
    '-0.0',
  ].map((text) => new Raw(text)),
  new Raw('9'.repeat(500)),
  ...[true, false, null, [], {}, [[]], [null], [{}], { a: null }],
  ...[
    Array.from({ length: 1_001 }, () => 'x'),
    Array.from({ length: 2_000 }, () => ({})),
    Array.from({ length: 200 }, () => 1),
  ],
  Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`k${n}`, 'v'])),
  { ['k'.repeat(300)]: 'v' },
  { k: 'v'.repeat(6_000) },
  JSON.parse('{"__proto__":{"a":1},"constructor":"x","toString":"y","hasOwnProperty":1}') as unknown,
  { length: 1e9 },
  { then: 'x' },
  ...[
    nested(17, (inner) => ({ a: inner })),
    nested(40, (inner) => [inner]),
    new Raw(`${'{"a":'.repeat(3_000)}1${'}'.repeat(3_000)}`),
  ],
];

export const nasty: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...NASTY) },
  { weight: 2, arbitrary: index.map((n) => new IdOf('any', n)) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.double() },
);

/** Another value in one place of a body: any of its fields, at any depth, or one that it has not. */
export function mutated(body: unknown, place: number, value: unknown): unknown {
  const places: (readonly (string | number)[])[] = [];
  const walk = (inner: unknown, path: readonly (string | number)[]): void => {
    if (typeof inner !== 'object' || inner === null || inner instanceof IdOf || inner instanceof Raw) return;
    for (const [key, member] of Object.entries(inner)) {
      const at = [...path, Array.isArray(inner) ? Number(key) : key];
      places.push(at);
      walk(member, at);
    }
  };
  walk(body, []);
  const path = places[place % Math.max(1, places.length)];
  return path === undefined ? value : replaced(body, path, value);
}

function replaced(holder: unknown, [key, ...rest]: readonly (string | number)[], value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(holder))
    return holder.map((item: unknown, index) => (index === key ? replaced(item, rest, value) : item));
  return Object.fromEntries(
    Object.entries(holder as object).map(([name, member]: [string, unknown]) => [
      name,
      name === key ? replaced(member, rest, value) : member,
    ]),
  );
}

/** Bodies that are no JSON, or not the JSON that is said. */
export const broken: fc.Arbitrary<string> = fc.constantFrom(
  '',
  '{',
  '{"a":',
  '[]',
  '"x"',
  'null',
  '5',
  '\u0000',
  '{"a":1}x',
  `{"a":"${'\\u0000'.repeat(10)}"}`,
  `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
  `${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}`,
  `{"items":[${'{},'.repeat(200_000)}{}]}`,
  `{"name":"${'x'.repeat(3 * 1024 * 1024)}"}`,
);
