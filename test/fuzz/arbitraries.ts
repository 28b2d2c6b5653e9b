import fc from 'fast-check';
import type { OpenApi, Schema } from '../support/openapi-bounds.js';

/** An id of a kind that is filled in when the request is sent, from what answers have shown by then. */
export class IdOf {
  constructor(
    readonly kind: string,
    readonly n: number,
  ) {}
}

/** JSON that JSON.stringify would not write: `1e999`, whole numbers beyond 2^53, thousands of levels. */
export class Raw {
  constructor(readonly text: string) {}
}

/** Any number as likely as any other: small ones would pick the same ids again and again. */
export const index = fc.noBias(fc.nat(100_000));

const DAY = 24 * 60 * 60 * 1000;
/** Of the run, not of the moment: one seed makes one run. */
const NOW = new Date(`${new Date().toISOString().slice(0, 10)}T00:00:00Z`).getTime();

/** The kind of thing that a field or parameter names. */
const KINDS: Readonly<Record<string, string>> = {
  customer: 'cust',
  external_customer: 'external_id',
  external: 'external_id',
  plan: 'plan',
  target_plan: 'plan',
  price: 'price',
  feature: 'feat',
  meter: 'meter',
  subscription: 'subs',
  invoice: 'inv',
  destination: 'inv',
  invoice_line_item: 'inv_line',
  line_item: 'subs_line',
  wallet: 'wallet',
  coupon: 'coupon',
  addon: 'addon',
  group: 'group',
  tax_rate: 'taxrate',
  connection: 'conn',
  event: 'event_id',
};

const instant = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.integer({ min: -60, max: 60 }).map((days) => new Date(NOW + days * DAY).toISOString()),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '1970-01-01T00:00:00Z',
      '2000-02-29T23:59:59.999999999+14:00',
      '2024-02-29T12:00:00-11:00',
      `${new Date(NOW).getUTCFullYear() + 19}-12-31T23:59:59Z`,
      '9999-12-31T23:59:59Z',
    ),
  },
);
const decimal = (min: string, max: string): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom('0', '1', '2.5', '10', '99.99', '0.001', 7, 0.25) },
    { weight: 1, arbitrary: fc.constantFrom(min, max, '99999999999999999999', '0.000000000000000001') },
  );
const WORDS = fc.constantFrom(
  'tokens',
  'n',
  'model',
  'a',
  'x y',
  'Ünï😀',
  'created_at',
  'name',
  'id',
  'source',
);

/** Values as a client that has read the OpenAPI would send them; what fields need of each other is up to luck. */
export function arbitraryOf(schema: Schema, name: string, doc: OpenApi, depth = 0): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined)
    return depth > 4
      ? fc.constant({})
      : arbitraryOf(doc.components.schemas[schema.$ref.split('/').at(-1)!]!, name, doc, depth);
  if (schema.allOf?.[0] !== undefined) return arbitraryOf(schema.allOf[0], name, doc, depth);
  if (schema.oneOf !== undefined)
    return fc.oneof(...schema.oneOf.map((one) => arbitraryOf(one, name, doc, depth)));
  const supported = /^Only (.*) is supported yet/.exec(schema.description ?? '')?.[1]?.split(' or ');
  if (supported !== undefined && schema.type === 'string')
    return fc.constantFrom(...supported.map((one) => JSON.parse(one) as unknown));
  if (schema.enum !== undefined && schema.enum.length > 0) return fc.constantFrom(...schema.enum);
  switch (schema.type) {
    case 'boolean':
      return fc.boolean();
    case 'integer':
    case 'number':
      return numberIn(schema.minimum ?? -1e6, schema.maximum ?? 1e6, schema.type === 'integer');
    case 'array':
      return fc.array(arbitraryOf(schema.items ?? {}, singular(name), doc, depth + 1), { maxLength: 3 });
    case 'object':
      return objectOf(schema, doc, depth);
    case 'string':
      return textOf(schema, name);
    case undefined:
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function numberIn(min: number, max: number, isWhole: boolean): fc.Arbitrary<number> {
  const low = Math.max(min, -1);
  const near = isWhole
    ? fc.integer({ min: low, max: Math.min(max, low + 30) })
    : fc.constantFrom(1, 0.5, low);
  return fc.oneof({ weight: 6, arbitrary: near }, { weight: 1, arbitrary: fc.constantFrom(min, max) });
}

function textOf(schema: Schema & { format?: string }, name: string): fc.Arbitrary<unknown> {
  const bounds = schema as Readonly<Record<string, string | undefined>>;
  if (schema.format === 'date-time') return instant;
  if (schema.format === 'decimal') return decimal(bounds['x-minimum'] ?? '-1', bounds['x-maximum'] ?? '1');
  if (schema.format === 'email') return fc.constantFrom('a@example.com', 'ü@example.org', 'nobody');
  if (name === 'currency') return fc.constantFrom('usd', 'usd', 'usd', 'EUR', 'jpy', 'kwd', 'clf');
  if (name === 'timezone')
    return fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu');
  // Nothing is sent to anybody: nobody listens there.
  if (/url$/.test(name)) return fc.constantFrom('https://127.0.0.1:9/x', 'http://127.0.0.1:9/?a=b');
  if (/^(provider|provider_type|payment_gateway)$/.test(name))
    return fc.constantFrom('stripe', 'whop', 'other');
  if (name === 'sort' || name === 'field') return WORDS;
  const kind = kindOf(name);
  // A key that a new thing gets is a new one, more often than not.
  if (kind === name || name === 'external_id')
    return fc.oneof(
      { weight: 3, arbitrary: fc.string({ unit: 'grapheme-ascii', minLength: 6, maxLength: 12 }) },
      { weight: 1, arbitrary: index.map((n) => new IdOf(kind ?? name, n)) },
    );
  if (kind !== undefined) return index.map((n) => new IdOf(kind, n));
  const max = Math.min(schema.maxLength ?? 20, 20);
  return fc.oneof(WORDS, fc.string({ unit: 'binary', minLength: 1, maxLength: max }));
}

export function kindOf(name: string): string | undefined {
  if (/(^|_)(id|ids)$/.test(name)) return KINDS[name.replace(/_?ids?$/, '')] ?? 'any';
  if (/^(lookup_key|lookup_keys|coupon_code|code|tax_rate_code|event_name|customer_lookup_key)$/.test(name))
    return name
      .replace(/s$/, '')
      .replace('tax_rate_code', 'code')
      .replace('customer_lookup_key', 'external_id');
  return undefined;
}

const singular = (name: string): string => name.replace(/s$/, '');

function objectOf(schema: Schema, doc: OpenApi, depth: number): fc.Arbitrary<unknown> {
  const { properties = {}, additionalProperties } = schema;
  const required = new Set((schema as { required?: readonly string[] }).required ?? []);
  const members = Object.entries(properties).filter(([, one]) => !isRefused(one));
  if (members.length === 0)
    return fc.dictionary(
      fc.constantFrom('a', 'n', 'model', 'Ünï', '__proto__', 'constructor'),
      typeof additionalProperties === 'object'
        ? arbitraryOf(additionalProperties, 'entry', doc, depth + 1)
        : fc.jsonValue({ maxDepth: 2 }),
      { maxKeys: 3 },
    );
  return fc
    .tuple(
      ...members.map(([name, one]) =>
        fc.option(arbitraryOf(one, name, doc, depth + 1), {
          nil: undefined,
          freq: required.has(name) ? 30 : 2,
        }),
      ),
      fc.nat(3),
    )
    .map((all) => {
      const values = all.slice(0, -1);
      // Optional fields by a third: with all of them at once, nearly every request would contradict itself.
      return Object.fromEntries(
        members.flatMap(([name], index) =>
          values[index] === undefined || (!required.has(name) && (index + Number(all.at(-1))) % 3 !== 0)
            ? []
            : [[name, values[index]]],
        ),
      );
    });
}

const isRefused = ({ description = '' }: Schema): boolean => description.startsWith('Not supported yet');
