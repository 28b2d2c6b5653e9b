import fc from 'fast-check';
import { NOT_IMPLEMENTED } from '../../src/app/not-implemented.js';
import { isRefusedAnyhow, type OpenApi, type Operation, type Schema } from '../support/openapi-bounds.js';
import { arbitraryOf, IdOf, index, kindOf, Raw } from './arbitraries.js';
import { edgesOf, placesOf, withValue } from './edges.js';
import { EXAMPLES, QUERIES } from './examples.js';
import { broken, mutated, nasty } from './nasty.js';
import type { Ids } from './world.js';

export interface Request {
  readonly method: string;
  readonly path: string;
  /** As it is sent; undefined: none. */
  readonly body: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/** What can be asked of the server, and how a random request to it is made. */
export interface Target {
  readonly name: string;
  readonly isImplemented: boolean;
  readonly request: fc.Arbitrary<Draft>;
}

interface Draft {
  readonly path: string;
  readonly parameters: readonly (readonly [string, unknown])[];
  readonly query: readonly (readonly [string, unknown])[];
  readonly body: unknown;
  readonly raw: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Left out of the general run, with what is sent instead. A clock that has gone ten years ahead makes everything after it
 * a run of a thousand billing periods: seconds alone, and bounds that refuse. The environment's own key would end the run;
 * keys are taken from those that the run has made.
 */
const CONFINED: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  'POST /v1/environments/{id}/clock/advance': fc.constantFrom(
    { by_seconds: 1 },
    { by_seconds: 3600 },
    { by_seconds: -1 },
    { by_seconds: 2 ** 31 },
    { by_seconds: '1e9' },
    { to: '9999-12-31T23:59:59Z' },
    { to: '1970-01-01T00:00:00Z' },
    { to: 'x', by_seconds: 1 },
    {},
  ),
};

const HOSTILE_PARTS = [
  '',
  ' ',
  '%',
  '..',
  '\u0000',
  '\ud800',
  'x'.repeat(256),
  '😀'.repeat(260),
  'a/b',
  '0',
  'null',
  "'--",
];
const HOSTILE_HEADERS: readonly Readonly<Record<string, string>>[] = [
  { 'x-request-id': 'x'.repeat(300) },
  { 'content-type': 'text/plain' },
  { 'x-api-key': 'fpk_test_wrong' },
  { 'x-environment-id': 'x' },
];
const HOSTILE_QUERIES = [
  'a[b][c]=1',
  'limit=1&limit=2',
  'limit[]=1',
  '__proto__=x',
  'constructor=1',
  '%00=%00',
  'a=%E0%A4%A',
  'x'.repeat(3_000),
];

/** Of the parts of a path that take something else than ids. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  provider: ['stripe', 'whop', 'other'],
  entity: ['customers', 'invoices', 'plans', 'x'],
};

export function targetsOf(doc: OpenApi): Target[] {
  const declared = Object.entries(doc.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) =>
      targetOf(method.toUpperCase(), path, operation, doc),
    ),
  );
  const unimplemented = NOT_IMPLEMENTED.map(({ method, path }): Target => ({
    ...targetOf(method, path.startsWith('/v1') ? path : `/v1${path}`, {}, doc),
    isImplemented: false,
  }));
  return [...declared, ...unimplemented];
}

function targetOf(method: string, path: string, operation: Operation, doc: OpenApi): Target {
  const name = `${method} ${path}`;
  const schema = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  const isBare = schema === undefined && EXAMPLES[name] === undefined;
  const body = CONFINED[name] ?? (isBare ? undefined : bodyOf(name, schema ?? {}, doc));
  return {
    name,
    isImplemented: true,
    request: fc.record({
      path: fc.constant(path),
      parameters: partsOf(path),
      query: queryOf(name, operation, doc),
      body: body ?? fc.constant(undefined),
      raw:
        body !== undefined && CONFINED[name] === undefined
          ? rarely<string | undefined>(60, fc.constant(undefined), broken)
          : fc.constant(undefined),
      headers: rarely<Readonly<Record<string, string>>>(
        40,
        fc.constant({}),
        fc.constantFrom(...HOSTILE_HEADERS),
      ),
    }),
  };
}

/** One time in so many something else. */
const rarely = <T>(often: number, usual: fc.Arbitrary<T>, other: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: often, arbitrary: usual }, { weight: 1, arbitrary: other });

function bodyOf(name: string, schema: Schema, doc: OpenApi): fc.Arbitrary<unknown> {
  const example = EXAMPLES[name];
  const drawn = arbitraryOf(schema, '', doc);
  const sane =
    example === undefined
      ? drawn
      : fc.oneof(
          { weight: 2, arbitrary: index.map((n): unknown => example(n)) },
          { weight: 1, arbitrary: drawn },
        );
  const onEdge = fc.tuple(sane, index, index).map(([body, where, which]) => {
    const places = placesOf(schema, body, doc);
    const place = places[where % Math.max(1, places.length)];
    if (place === undefined) return body;
    const edges = edgesOf(place.schema);
    return withValue(body, place.path, edges[which % edges.length]);
  });
  const anywhere = fc.tuple(sane, index, nasty).map(([body, where, value]) => mutated(body, where, value));
  return fc.oneof(
    { weight: 4, arbitrary: sane },
    { weight: 5, arbitrary: onEdge },
    { weight: 2, arbitrary: anywhere },
  );
}

function partsOf(path: string): fc.Arbitrary<[string, unknown][]> {
  const parts = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]!);
  return fc.tuple(
    ...parts.map((part) => {
      const words = PARTS[part];
      const kind =
        part === 'id' ? kindOfResource(path) : part === 'code' ? 'coupon_code' : (kindOf(part) ?? 'any');
      const usual: fc.Arbitrary<unknown> =
        words === undefined ? index.map((n) => new IdOf(kind, n)) : fc.constantFrom(...words);
      const any = index.map((n): unknown => new IdOf('any', n));
      return rarely(12, rarely(12, usual, any), fc.constantFrom<unknown>(...HOSTILE_PARTS)).map(
        (value): [string, unknown] => [part, value],
      );
    }),
  );
}

function queryOf(
  name: string,
  { parameters = [] }: Operation,
  doc: OpenApi,
): fc.Arbitrary<[string, unknown][]> {
  const example = QUERIES[name];
  const none: fc.Arbitrary<unknown> = fc.constant(undefined);
  const drawn = fc.tuple(
    ...parameters
      .filter((one) => one.in === 'query')
      .map((one) => {
        const odd = isRefusedAnyhow({ ...one.schema, description: one.description ?? '' }) ? 30 : 12;
        const usual = fc.oneof(
          { weight: 3, arbitrary: none },
          { weight: 1, arbitrary: arbitraryOf(one.schema ?? {}, one.name, doc) },
        );
        const edge = fc.oneof(fc.constantFrom(...edgesOf(one.schema ?? {})), nasty);
        return rarely(odd, odd === 30 ? none : usual, edge).map((value): [string, unknown] => [
          one.name,
          value,
        ]);
      }),
    rarely<unknown>(25, none, fc.constantFrom(...HOSTILE_QUERIES)).map((value): [string, unknown] => [
      '',
      value,
    ]),
  );
  const all =
    example === undefined
      ? drawn
      : fc.oneof(
          { weight: 1, arbitrary: drawn },
          { weight: 1, arbitrary: index.map((n) => Object.entries(example(n)) as [string, unknown][]) },
        );
  return all.map((list) => list.filter(([, value]) => value !== undefined));
}

/** What the id in a path is of, by the resource that it stands behind. */
function kindOfResource(path: string): string {
  const resource = /\/v1\/(?:v1\/)?([a-z-]+)/.exec(path)?.[1] ?? '';
  if (path.startsWith('/v1/subscriptions/lineitems/')) return 'subs_line';
  if (path.startsWith('/v1/payments/customers/')) return 'cust';
  if (path.endsWith('/associations/{id}')) return resource === 'taxes' ? 'ta' : 'coupon_assoc';
  if (path.startsWith('/v1/integrations/operations/')) return 'op';
  if (path.startsWith('/v1/integrations/webhook-events/')) return 'whe';
  if (path.includes('/schedules/')) return 'sched';
  const known: Readonly<Record<string, string>> = {
    addons: 'addon',
    billing: 'run',
    connections: 'conn',
    coupons: 'coupon',
    creditgrants: 'cg',
    creditnotes: 'cn',
    customers: 'cust',
    entitlements: 'ent',
    'entity-integration-mappings': 'eim',
    environments: 'env',
    events: 'event_id',
    features: 'feat',
    groups: 'group',
    integrations: 'conn',
    invoices: 'inv',
    jobs: 'job',
    payments: 'pay',
    plans: 'plan',
    prices: 'price',
    secrets: 'secret',
    'subscription-schedules': 'sched',
    subscriptions: 'subs',
    taxes: 'taxrate',
    tenants: 'tenant',
    wallets: 'wallet',
    'webhook-deliveries': 'whd',
    'webhook-endpoints': 'whep',
    'webhook-messages': 'msg',
  };
  return known[resource] ?? 'any';
}

/** The request as it goes over the wire, with ids of what there is by now. */
export function written(draft: Draft, ids: Ids, method: string): Request {
  const idOf = ({ kind, n }: IdOf): string => {
    const kinds = ids.kinds();
    const any = kinds[n % Math.max(1, kinds.length)] ?? 'cust';
    return ids.of(kind === 'any' ? any : kind, n) ?? ids.of(any, n) ?? 'cust_01K0000000000000000000000';
  };
  const filled = (value: unknown): unknown => {
    if (value instanceof IdOf) return idOf(value);
    if (value instanceof Raw || typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map(filled);
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]: [string, unknown]) => [key, filled(inner)]),
    );
  };
  const text = (value: unknown): string => {
    const one = filled(value);
    if (one instanceof Raw) return one.text;
    return typeof one === 'string' ? one : JSON.stringify(one).slice(0, 4_000);
  };
  let path = draft.path;
  for (const [part, value] of draft.parameters) path = path.replace(`{${part}}`, () => encoded(text(value)));
  const query = draft.query
    .map(([key, value]) => (key === '' ? String(value) : `${key}=${encoded(text(value)).slice(0, 4_000)}`))
    .join('&');
  const body = draft.raw ?? (draft.body === undefined ? undefined : json(filled(draft.body)));
  return {
    method,
    path: query === '' ? path : `${path}?${query}`,
    body: method === 'GET' ? undefined : body,
    headers: {
      ...(body === undefined || method === 'GET' ? {} : { 'content-type': 'application/json' }),
      ...draft.headers,
    },
  };
}

/** encodeURIComponent, which refuses halves of characters. */
const encoded = (text: string): string =>
  encodeURIComponent(
    text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd'),
  );

const RAW = 'raw-json-';

function json(value: unknown): string {
  const raws: string[] = [];
  const marked = JSON.stringify(value, (_, inner: unknown) =>
    inner instanceof Raw ? `${RAW}${raws.push(inner.text) - 1}` : inner,
  );
  return marked.replace(new RegExp(`"${RAW}(\\d+)"`, 'g'), (_, n: string) => raws[Number(n)]!);
}
