import fs from 'node:fs';
import path from 'node:path';
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
  /^(jobs|outbox_events|sync_|entity_mappings|webhook_(events|attempts)|idempotency_keys|usage_(hours|rollups|series))/;

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

  describe('cover', () => {
    const mounted = (): { route: string; kind: RouteKind; isCovered: boolean }[] =>
      [...road.server.app.get(ModulesContainer).values()].flatMap((module) =>
        [...module.controllers.values()].flatMap(({ metatype }) => {
          const { prototype } = metatype as { prototype: Record<string, unknown> };
          return Object.getOwnPropertyNames(prototype).flatMap((method) => {
            const handler = prototype[method];
            if (!isPost(handler)) return [];
            return [
              {
                route: routeOf(metatype as object, handler)
                  .replace(/^POST /, '')
                  .replace(/:(\w+)/g, '{$1}'),
                kind: kindOf(handler),
                isCovered: Reflect.getMetadata('__interceptors__', handler) !== undefined,
              },
            ];
          });
        }),
      );

    it('every POST that is declared: a new one needs a pair here, or only reads', () => {
      const reading = new Set(mounted().flatMap(({ route, kind }) => (kind === 'reads' ? [route] : [])));
      const uncovered = DECLARED.map(({ name }) => name).filter(
        (name) => !(name in POSTS) && !reading.has(name),
      );
      expect(uncovered).toEqual([]);
      const gone = Object.keys(POSTS).filter(
        (name) => !DECLARED.some((one) => name === one.name || name.startsWith(`${one.name} `)),
      );
      expect(gone).toEqual([]);
    });

    it('and each declares the header', () => {
      const silent = DECLARED.filter(
        ({ post }) =>
          post.parameters?.some((one) => one.name === 'Idempotency-Key' && one.in === 'header') !== true,
      );
      expect(silent.map(({ name }) => name)).toEqual([]);
    });
  });
});
