import fc from 'fast-check';
import { NOT_IMPLEMENTED } from '../../src/app/not-implemented.js';
import type { OpenApi, Operation } from '../support/openapi-bounds.js';
import { arbitraryOf, IdOf, kindOf, Raw } from './arbitraries.js';
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
  const { parameters = [] } = operation;
  const schema = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  const resource = /\/v1\/(?:v1\/)?([a-z-]+)/.exec(path)?.[1] ?? '';
  const parts = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]!);
  const sane = schema === undefined ? fc.constant(undefined) : arbitraryOf(schema, '', doc);
  const body: fc.Arbitrary<unknown> =
    CONFINED[name] ??
    fc.oneof(
      { weight: 4, arbitrary: sane },
      {
        weight: 5,
        arbitrary: fc
          .tuple(sane, fc.nat(1_000), nasty)
          .map(([one, place, value]) => mutated(one, place, value)),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(sane, fc.nat(1_000), nasty, fc.nat(1_000), nasty)
          .map(([one, place, value, next, other]) => mutated(mutated(one, place, value), next, other)),
      },
    );
  const hasBody = schema !== undefined || CONFINED[name] !== undefined;
  const isConfined = CONFINED[name] !== undefined;
  return {
    name,
    isImplemented: true,
    request: fc.record({
      path: fc.constant(path),
      parameters: fc.tuple(
        ...parts.map((part) =>
          fc
            .oneof(
              {
                weight: 12,
                arbitrary:
                  PARTS[part] === undefined
                    ? fc
                        .nat(1_000)
                        .map(
                          (n) => new IdOf(part === 'id' ? kindOfResource(path, resource) : partKind(part), n),
                        )
                    : fc.constantFrom(...PARTS[part]),
              },
              { weight: 1, arbitrary: fc.nat(1_000).map((n) => new IdOf('any', n)) },
              { weight: 1, arbitrary: fc.constantFrom(...HOSTILE_PARTS) },
            )
            .map((value): readonly [string, unknown] => [part, value]),
        ),
      ),
      query: fc
        .tuple(
          ...parameters
            .filter((one) => one.in === 'query')
            .map((one) =>
              fc
                .oneof(
                  { weight: 6, arbitrary: fc.constant(undefined) },
                  { weight: 3, arbitrary: arbitraryOf(one.schema ?? {}, one.name, doc) },
                  { weight: 2, arbitrary: nasty },
                )
                .map((value): readonly [string, unknown] => [one.name, value]),
            ),
          fc
            .oneof(
              { weight: 20, arbitrary: fc.constant(undefined) },
              { weight: 1, arbitrary: fc.constantFrom(...HOSTILE_QUERIES) },
            )
            .map((value): readonly [string, unknown] => ['', value]),
        )
        .map((all) => all.filter(([, value]) => value !== undefined)),
      body: hasBody ? body : fc.constant(undefined),
      raw:
        hasBody && !isConfined
          ? fc.oneof({ weight: 60, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: broken })
          : fc.constant(undefined),
      headers: fc.oneof(
        { weight: 40, arbitrary: fc.constant({}) },
        { weight: 1, arbitrary: fc.constantFrom(...HOSTILE_HEADERS) },
      ),
    }),
  };
}

const partKind = (part: string): string => kindOf(part) ?? 'any';

/** What the id in a path is of, by the resource that it stands behind. */
function kindOfResource(path: string, resource: string): string {
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
    return typeof one === 'string'
      ? one
      : typeof one === 'object'
        ? JSON.stringify(one).slice(0, 4_000)
        : String(one);
  };
  let path = draft.path;
  for (const [part, value] of draft.parameters) path = path.replace(`{${part}}`, encoded(text(value)));
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

const RAW = 'raw-number-';

function json(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner instanceof Raw ? `${RAW}${inner.text}` : inner,
  ).replace(new RegExp(`"${RAW}([^"]*)"`, 'g'), '$1');
}
