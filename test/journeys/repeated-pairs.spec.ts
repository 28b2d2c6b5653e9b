import fs from 'node:fs';
import path from 'node:path';
import { INTERCEPTORS_METADATA } from '@nestjs/common/constants.js';
import { ModulesContainer } from '@nestjs/core';
import { isPost, kindOf, routeOf, type RouteKind } from '../../src/platform/idempotency/route-kinds.js';
import type { Answer, ApiClient } from '../support/api-client.js';
import { POSTS, World, type Post } from '../support/repeatable-posts.js';
import { Road } from '../support/road.js';

interface Operation {
  readonly tags: string[];
  readonly parameters?: { readonly name: string; readonly in: string }[];
}

const { paths } = JSON.parse(fs.readFileSync(path.join(__dirname, '../../openapi.json'), 'utf8')) as {
  paths: Record<string, { post?: Operation }>;
};
/** Providers send these, and know no keys of ours: an event is one by its id. */
const OF_PROVIDERS = /^\/v1\/(webhooks\/|integrations\/\{provider\}\/webhook$)/;
const DECLARED = Object.entries(paths).flatMap(([name, { post }]) =>
  post === undefined || OF_PROVIDERS.test(name) ? [] : [{ name: name.replace(/^\/v1/, ''), post }],
);

/** What goes on by itself, sooner or later, after a request. */
const LATER =
  /^(jobs|outbox_events|audit_entries|sync_|entity_mappings|webhook_(events|attempts)|idempotency_keys|usage_(hours|rollups|series))/;

/** What talks to providers is in files that say so. */
const FLOWS = new Set(
  fs
    .readdirSync(path.join(__dirname, '../../src'), { recursive: true })
    .map((file) => path.join(__dirname, '../../src', String(file)))
    .filter((file) => file.endsWith('.flow.ts'))
    .flatMap((file) =>
      [...fs.readFileSync(file, 'utf8').matchAll(/export class (\w+)/g)].map(([, name]) => name),
    ),
);

/** Those whose handlers are several transactions. A test below sees to it that it is all of them. */
const IN_STEPS = [
  '/connections',
  '/connections/{id}/test',
  '/environments/{id}/clock/advance',
  '/integrations/connections/{id}/reconcile',
  '/invoices/{id}/payment/attempt',
  '/invoices/{id}/sync/{provider}',
  '/payments',
  '/payments recorded',
  '/payments written down',
  '/payments by page',
  '/payments from a wallet',
  '/payments/customers/{id}/setup/intent',
  '/payments/{id}/process',
  '/payments/{id}/process recorded',
  '/payments/{id}/refunds',
  '/payments/{id}/refunds of what was recorded',
  '/payments/{provider}/checkout',
];

/** What says how far somebody came this time, and when; a webhook may have come in between. */
const PROGRESS = new Set(['now', 'steps', 'connection', 'mapping', 'updated_at', 'updated_by']);

const withoutProgress = (body: object): object =>
  Object.fromEntries(Object.entries(body).filter(([name]) => !PROGRESS.has(name)));

let keys = 0;

/** Each POST of the API, sent twice at once with one key, does what it does when it is sent once. */
describe('pairs of equal requests with one key', () => {
  let road: Road;
  let world: World;
  let counted: string;

  beforeAll(async () => {
    road = await Road.start();
    await road.connectStripe({ invoice_outbound_enabled: false });
    const { api, tenant } = await road.server.anotherTenant();
    const url = `${road.server.url}/v1/webhooks/stripe/${tenant.tenantId}/${tenant.environmentId}`;
    const pushing = await road.connectStripe({ plan_outbound_enabled: true }, { api, webhookUrl: url });
    world = new World(road, api, pushing.connection.id as string);
    const tables = await road.server.database.query(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = 'billing'::regnamespace AND relkind IN ('r', 'p')
          AND NOT relispartition AND relname <> 'schema_migrations' ORDER BY 1`,
    );
    // What is made with the first of its kind: numbers of credit notes.
    await world.note();
    counted = tables
      .map(({ name }) => String(name))
      .filter((name) => !LATER.test(name))
      .map((name) => `SELECT '${name}' AS name, count(*)::int AS rows FROM ${name}`)
      .join(' UNION ALL ');
  });
  afterAll(async () => {
    await road.stop();
  });

  const send = (api: ApiClient, { path: to, body }: Post, key: string): Promise<Answer> =>
    api.send('POST', to, body, { 'idempotency-key': key });
  const isRepeated = ({ headers }: Answer): boolean => headers.get('idempotent-replayed') === 'true';
  const newKey = (): string => `pair-${++keys}`;

  /** How many rows each table has gained by it. */
  async function madeBy(work: () => Promise<unknown>): Promise<Record<string, number>> {
    const before = new Map((await world.rows(counted)).map(({ name, rows }) => [name, rows]));
    await work();
    const after = await world.rows(counted);
    return Object.fromEntries(
      after.flatMap(({ name, rows }) => (rows === before.get(name) ? [] : [[name, rows - before.get(name)]])),
    );
  }

  it.each(Object.keys(POSTS))('POST %s: one effect, one answer', async (name) => {
    const one = await POSTS[name]!(world);
    const api = one.api ?? world.api;
    const madeByOne = await madeBy(async () => {
      const answer = await send(api, one, newKey());
      if (answer.status >= 300) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
    });
    const two = await POSTS[name]!(world);
    const to = two.api ?? world.api;
    const key = newKey();
    let pair: Answer[] = [];
    const madeByTwo = await madeBy(async () => {
      pair = await Promise.all([send(to, two, key), send(to, two, key)]);
    });
    expect(pair.map(({ status }) => status)).toEqual([pair[0]!.status, pair[0]!.status]);
    expect(pair[0]!.status).toBeLessThan(300);
    expect(pair[0]!.body).toEqual(pair[1]!.body);
    expect(pair.map(isRepeated).sort()).toEqual([false, true]);
    expect(madeByTwo).toEqual(madeByOne);

    const later = await send(to, two, key);
    expect([later.status, later.body, isRepeated(later)]).toEqual([pair[0]!.status, pair[0]!.body, true]);
    const other = await send(to, { ...two, body: { ...two.body, another: true } }, key);
    expect([other.status, other.body.error.code]).toEqual([409, 'idempotency_key_reused']);
  });

  /** The answer is lost, and with it that there was one: all that is left is what was noted on the way. */
  const cutOff = (key: string): Promise<unknown> =>
    world.rows(
      `UPDATE idempotency_keys SET http_status = NULL, answer = NULL, holder = 'dead', lease_until = now() - interval '1 second'
        WHERE key = $1`,
      [key],
    );

  it.each(IN_STEPS)(
    'POST %s: cut off before its answer was stored, it goes on and does nothing twice',
    async (name) => {
      const post = await POSTS[name]!(world);
      const to = post.api ?? world.api;
      const key = newKey();
      const first = await send(to, post, key);
      expect(first.status).toBeLessThan(300);
      await cutOff(key);
      let second: Answer | undefined;
      const madeAgain = await madeBy(async () => {
        second = await send(to, post, key);
      });
      expect(madeAgain).toEqual({});
      expect([second!.status, isRepeated(second!)]).toEqual([first.status, false]);
      expect(withoutProgress(second!.body as object)).toEqual(withoutProgress(first.body as object));
      const third = await send(to, post, key);
      expect([third.body, isRepeated(third)]).toEqual([second!.body, true]);
    },
  );

  describe('cover', () => {
    /** A controller is mounted once for each base path. */
    const mounted = (): Mounted[] => {
      const controllers = [...road.server.app.get(ModulesContainer).values()].flatMap((module) =>
        [...module.controllers.values()].map(({ metatype }) => metatype as Controller),
      );
      return [...new Set(controllers)].flatMap(postsOf);
    };

    it('every POST that is declared: a new one needs a pair here, or only reads', () => {
      const reading = new Set(mounted().flatMap(({ route, kind }) => (kind === 'reads' ? [route] : [])));
      expect(reading.size).toBeGreaterThan(15);
      const uncovered = DECLARED.filter(({ name }) => !(name in POSTS) && !reading.has(name));
      expect(uncovered.map(({ name }) => name)).toEqual([]);
      const gone = Object.keys(POSTS).filter(
        (name) => !DECLARED.some((one) => name === one.name || name.startsWith(`${one.name} `)),
      );
      expect(gone).toEqual([]);
    });

    it('every route in steps is cut off once', () => {
      const steps = mounted().flatMap(({ route, kind }) => (kind === 'steps' ? [route] : []));
      expect([...new Set(IN_STEPS.map((name) => name.split(' ')[0]))].sort()).toEqual(steps.sort());
    });

    it('and each declares the header', () => {
      const silent = DECLARED.filter(
        ({ post }) => !post.parameters?.some((one) => one.name === 'Idempotency-Key' && one.in === 'header'),
      );
      expect(silent.map(({ name }) => name)).toEqual([]);
    });

    it('every POST that is served: it passes the layer, looks at the key itself, only reads, or is a provider’s', () => {
      const others = mounted().filter(({ isIntercepted }) => !isIntercepted);
      const named = (kind: RouteKind): string[] =>
        others.flatMap((one) => (one.kind === kind ? [one.route] : [])).sort();
      expect(named('inside')).toEqual(['/events', '/events/bulk']);
      expect(named('whole')).toEqual([
        '/integrations/{provider}/webhook',
        '/webhooks/{provider}/{connection_id}',
        '/webhooks/{provider}/{tenant_id}/{environment_id}',
      ]);
      expect(named('steps')).toEqual([]);
    });

    it('that only reads opens readings, and nothing else', () => {
      const writing = mounted()
        .filter(({ kind }) => kind === 'reads')
        .filter(({ name, text }) => name !== 'NotImplementedController.post' && !/uow\.read\(/.test(text));
      expect(writing.map(({ name }) => name)).toEqual([]);
      expect(mounted().filter(({ kind, text }) => kind === 'reads' && /uow\.run\(/.test(text))).toEqual([]);
    });

    it('that asks a provider is no single transaction', () => {
      const asking = mounted().filter(({ usesFlow }) => usesFlow);
      expect(asking.length).toBeGreaterThan(8);
      const whole = asking.filter(({ kind }) => kind !== 'steps').map(({ name }) => name);
      // They write down what is to be told, and whoever tells it comes later.
      expect(whole.sort()).toEqual(['IntegrationsController.sync', 'IntegrationsController.syncOne']);
    });
  });
});

interface Controller {
  readonly name: string;
  readonly prototype: object;
  toString(): string;
}

interface Mounted {
  readonly name: string;
  readonly route: string;
  readonly kind: RouteKind;
  readonly isIntercepted: boolean;
  /** The handler with the methods of its controller that it calls. */
  readonly text: string;
  readonly usesFlow: boolean;
}

function postsOf(controller: Controller): Mounted[] {
  const { prototype } = controller;
  const methods = new Map(
    Object.getOwnPropertyNames(prototype)
      .filter((name) => name !== 'constructor')
      .map((name): [string, unknown] => [name, Object.getOwnPropertyDescriptor(prototype, name)?.value]),
  );
  const flows = flowsOf(controller);
  return [...methods].flatMap(([name, handler]) => {
    if (!isPost(handler)) return [];
    const text = withWhatItCalls(name, methods);
    return [
      {
        name: `${controller.name}.${name}`,
        route: routeOf(controller, handler)
          .replace(/^POST /, '')
          .replace(/:(\w+)/g, '{$1}'),
        kind: kindOf(handler),
        isIntercepted: Reflect.getMetadata(INTERCEPTORS_METADATA, handler) !== undefined,
        text,
        usesFlow: flows.some((flow) => text.includes(`this.${flow}.`)),
      },
    ];
  });
}

function withWhatItCalls(name: string, methods: ReadonlyMap<string, unknown>): string {
  const seen = new Set([name]);
  for (const one of seen)
    for (const [, called] of String(methods.get(one)).matchAll(/this\.(\w+)\(/g))
      if (called !== undefined && methods.has(called)) seen.add(called);
  return [...seen].map((one) => String(methods.get(one))).join('\n');
}

/** The properties by which a controller has what talks to providers. */
function flowsOf(controller: Controller): string[] {
  const types = (Reflect.getMetadata('design:paramtypes', controller) ?? []) as { readonly name: string }[];
  const names = /constructor\(([^)]*)\)/.exec(controller.toString())?.[1]?.split(',') ?? [];
  return names.flatMap((name, index) => (FLOWS.has(types[index]?.name ?? '') ? [name.trim()] : []));
}
