import { isRefusedAnyhow, type OpenApi, type Schema } from '../support/openapi-bounds.js';
import { IdOf, Raw } from './arbitraries.js';

type Path = readonly (string | number)[];

/** A field that a body has or could have, and what it may hold. */
interface Place {
  readonly path: Path;
  readonly schema: Schema;
}

type Bounds = Schema & {
  readonly format?: string;
  readonly minLength?: number;
  readonly 'x-maximum'?: string;
};

/** The fields of a body, those too that it leaves out: of the objects that it has. */
export function placesOf(schema: Schema, body: unknown, doc: OpenApi, path: Path = []): Place[] {
  if (isRefusedAnyhow(schema)) return [];
  if (schema.$ref !== undefined)
    return placesOf(doc.components.schemas[schema.$ref.split('/').at(-1)!]!, body, doc, path);
  if (schema.allOf?.[0] !== undefined) return placesOf(schema.allOf[0], body, doc, path);
  const own: Place[] = path.length === 0 ? [] : [{ path, schema }];
  if (Array.isArray(body) && schema.items !== undefined)
    return [...own, ...body.flatMap((item, n) => placesOf(schema.items ?? {}, item, doc, [...path, n]))];
  if (typeof body !== 'object' || body === null || body instanceof IdOf || body instanceof Raw) return own;
  const holder = body as Readonly<Record<string, unknown>>;
  return [
    ...own,
    ...Object.entries(schema.properties ?? {}).flatMap(([name, member]) =>
      placesOf(member, holder[name], doc, [...path, name]),
    ),
  ];
}

const MOST = (text: string, length: number): string => text.repeat(Math.min(length, 100_000));

/** What lies on the edge of what a field takes, or just beyond it. What is on it has to be taken, stored and read. */
export function edgesOf(schema: Bounds): readonly unknown[] {
  const { type, format, minimum = 0, maximum = 0, maxLength = 255, maxItems = 100 } = schema;
  if (schema.enum !== undefined)
    return ['', 'x', 5, null, String(schema.enum[0]).toLowerCase(), [schema.enum[0]]];
  switch (type) {
    case 'integer':
    case 'number':
      return [
        ...[
          minimum,
          maximum,
          minimum - 1,
          maximum + 1,
          2 ** 31,
          -(2 ** 31) - 1,
          2 ** 53,
          2 ** 63,
          1e20,
          1e300,
          1.5,
          -1,
        ],
        ...['', 'x', String(maximum), [], {}, null, new Raw('1e999'), new Raw('9007199254740993')],
      ];
    case 'boolean':
      return ['true', 'x', 0, 1, [], {}, null];
    case 'array':
      return [
        [],
        'x',
        {},
        [null],
        [[]],
        [{}],
        [5],
        Array.from({ length: maxItems + 1 }, () => 'x'),
        ['x'.repeat(256)],
      ];
    case 'object':
      return [
        ...[
          [],
          'x',
          5,
          {},
          { a: null },
          { a: [] },
          { a: {} },
          { '': '' },
          { constructor: 'x', toString: 'y' },
        ],
        ...[{ ['k'.repeat(256)]: 'v' }, { a: 'v'.repeat(5_001) }, { a: '\u0000' }, { '\ud800': 'a' }],
      ];
    case 'string':
      if (format === 'date-time') return INSTANTS;
      if (format === 'decimal')
        return [...DECIMALS, schema['x-maximum'] ?? '1', `-${schema['x-maximum'] ?? 1}`];
      return [
        ...[
          '',
          ' ',
          MOST('x', maxLength),
          MOST('😀', maxLength),
          MOST('x', maxLength + 1),
          '\u0000',
          'a\ud800',
          '\u202e',
        ],
        ...["'; --", '%', 5, true, [], ['x'], {}, null, 'constructor', '__proto__'],
      ];
    case undefined:
    default:
      return ['x', 5, [], {}, null];
  }
}

const INSTANTS = [
  ...[
    '',
    'x',
    5,
    null,
    '0000-01-01T00:00:00Z',
    '0001-01-01T00:00:00Z',
    '1969-12-31T23:59:59Z',
    '1970-01-01T00:00:00Z',
  ],
  ...[
    '9999-12-31T23:59:59Z',
    '9999-12-31T23:59:59.999-14:00',
    '10000-01-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
  ],
  ...['2026-01-01', '2000-02-29T23:59:60Z', '2045-06-30T00:00:00Z', '2026-10-25T02:30:00+02:00'],
];

const DECIMALS = [
  ...[
    '',
    ' ',
    'x',
    'NaN',
    '-1',
    '0',
    '-0',
    '1e400',
    '1e19',
    '99999999999999999999',
    '100000000000000000000',
    null,
    {},
  ],
  ...[
    '0.000000000000000001',
    '0.0000000000000000001',
    '1'.repeat(61),
    1e300,
    new Raw('1e999'),
    '1e-18',
    '900000000000001',
  ],
  ...[new Raw('123456789012345678.123456789'), new Raw('0.1234567890123456789'), '1e-400'],
];

/** The body with another value at a place. */
export function withValue(body: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(body))
    return body.map((item: unknown, n) => (n === key ? withValue(item, rest, value) : item));
  const holder = typeof body === 'object' && body !== null ? body : {};
  return { ...holder, [key]: withValue((holder as Record<string, unknown>)[key], rest, value) };
}
