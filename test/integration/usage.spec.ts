import pg from 'pg';
import { formatRate } from '../../src/domain/rate.js';
import type { AggregationType } from '../../src/domain/usage/aggregation.js';
import type { Caller, Scope } from '../../src/platform/context.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { seriesId } from '../../src/usage/postgres/usage-plan.js';
import { UsageRollups } from '../../src/usage/postgres/usage-rollups.js';
import type { IncomingEvent, UsageQuery } from '../../src/usage/usage.types.js';
import { USAGE_STORE, type UsageStore } from '../../src/usage/usage-store.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import { describeUsageStore } from '../support/usage-store.conformance.js';

const T0 = Date.UTC(2026, 0, 1);
const HOUR = 60 * 60 * 1000;

describe('usage in Postgres', () => {
  let server: TestApp;
  let uow: UnitOfWork;
  let store: UsageStore;
  let rollups: UsageRollups;
  beforeAll(async () => {
    server = await startTestApp({ worker: { enabled: false } });
    uow = server.app.get(UnitOfWork, { strict: false });
    store = server.app.get<UsageStore>(USAGE_STORE, { strict: false });
    rollups = server.app.get(UsageRollups, { strict: false });
  });
  afterAll(async () => {
    await server.stop();
  });
  const scope = (): Scope => ({
    tenantId: server.tenant.tenantId,
    environmentId: server.tenant.environmentId,
  });
  const caller = (of = scope()): Caller => ({ scope: of, actor: 'test', requestId: 'test' });

  /** Meters for every aggregation of `n`, as a feature of each would make them: roll-ups follow meters. */
  const addSeries = (names: readonly string[]) =>
    uow.run(caller(), async (ctx) => {
      for (const eventName of names)
        for (const type of ['COUNT', 'SUM', 'SUM_WITH_MULTIPLIER', 'AVG', 'MAX', 'LATEST', 'WEIGHTED_SUM'])
          for (const filters of [[], [{ key: 'kind', values: ['a', '5'] }]]) {
            const series = { eventName, type, field: type === 'COUNT' ? '' : 'n', filters };
            await ctx.em.query(
              `INSERT INTO usage_series (tenant_id, environment_id, id, event_name, type, field, filters)
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
              [
                ctx.scope.tenantId,
                ctx.scope.environmentId,
                seriesId(series),
                eventName,
                type,
                series.field,
                JSON.stringify(filters),
              ],
            );
          }
    });

  describeUsageStore(
    () =>
      Promise.resolve({
        store,
        scope: scope(),
        otherScope: { tenantId: 'tenant_other', environmentId: 'env_other' },
        run: (of, work) => uow.run(caller(of), work),
        upkeep: [
          async (names) => {
            await addSeries(names);
            await rollups.rollUp(0);
          },
          // A worker that dies after it has claimed its hours.
          async (names) => {
            await addSeries(names);
            await uow.run(caller(), (ctx) =>
              ctx.em.query(
                `UPDATE usage_hours SET roll_id = 'dead' WHERE NOT is_clean AND event_name = ANY ($1)`,
                [names],
              ),
            );
          },
        ],
      }),
    40,
  );

  it('answers many queries by as many statements as for one', async () => {
    const events = Array.from({ length: 50 }, (_, i): IncomingEvent => ({
      id: `many-${i}`,
      eventName: 'many',
      externalCustomerId: `many-${i % 10}`,
      source: null,
      occurredAt: new Date(T0 + i * HOUR),
      isTimed: true,
      properties: { n: i },
    }));
    await store.append([{ scope: scope(), receivedAt: new Date(), events }]);
    const queries = Array.from({ length: 200 }, (_, i): UsageQuery => ({
      eventName: 'many',
      externalCustomerId: `many-${i % 10}`,
      window: { start: new Date(T0), end: new Date(T0 + 50 * HOUR) },
      aggregation: i % 2 === 0 ? { type: 'SUM', field: 'n' } : { type: 'COUNT' },
      filters: [],
    }));
    const ask = async () => {
      const asked = jest.spyOn(pg.Client.prototype, 'query');
      try {
        const values = await uow.run(caller(), (ctx) => store.aggregate(ctx, queries));
        // Without what begins and ends the transaction, and settings.
        const statements = (asked.mock.calls as unknown[][])
          .flatMap(([given]) =>
            typeof given === 'string' ? [] : (given as { text: string }).text.split(';\n'),
          )
          .filter(
            (text) => !/^(SET |START TRANSACTION|SELECT set_config|SELECT c\.offset_ms)/.test(text),
          ).length;
        return { statements, values: values.map(formatRate) };
      } finally {
        asked.mockRestore();
      }
    };
    const expected = queries.map((query, i) =>
      query.aggregation.type === 'COUNT' ? '5' : String(5 * (i % 10) + 10 * (0 + 1 + 2 + 3 + 4)),
    );
    // One for each aggregation, from wherever it reads: the events, their roll-ups, or both.
    expect(await ask()).toEqual({ statements: 2, values: expected });
    await addSeries(['many']);
    await rollups.rollUp(0);
    expect(await ask()).toEqual({ statements: 2, values: expected });
    const late = { ...events[0]!, id: 'many-late', externalCustomerId: 'none' };
    await store.append([{ scope: scope(), receivedAt: new Date(), events: [late] }]);
    expect(await ask()).toEqual({ statements: 2, values: expected });
  });

  describe('roll-ups', () => {
    const at = (id: string, ms: number, n: number, eventName: string): IncomingEvent => ({
      id: `${eventName}-${id}`,
      eventName,
      externalCustomerId: 'c',
      source: null,
      occurredAt: new Date(T0 + ms),
      isTimed: true,
      properties: { n },
    });
    const append = (...events: IncomingEvent[]) =>
      store.append([{ scope: scope(), receivedAt: new Date(), events }]);
    const ask = async (eventName: string, type: AggregationType = 'SUM') => {
      const [value] = await uow.run(caller(), (ctx) =>
        store.aggregate(ctx, [
          {
            eventName,
            externalCustomerId: 'c',
            window: { start: new Date(T0), end: new Date(T0 + 10 * HOUR) },
            aggregation: { type, field: 'n' },
            filters: [],
          },
        ]),
      );
      return formatRate(value!);
    };
    /** Falsifies what was rolled up, so that an answer shows where it comes from. */
    const mark = (eventName: string) =>
      uow.run(caller(), (ctx) =>
        ctx.em.query(
          `UPDATE usage_rollups SET total = total + 1000
            WHERE series_id IN (SELECT id FROM usage_series WHERE event_name = $1)`,
          [eventName],
        ),
      );
    const isClean = async (eventName: string) => {
      const rows = await uow.run(caller(), (ctx) =>
        ctx.em.query<{ is_clean: boolean }[]>(
          'SELECT is_clean FROM usage_hours WHERE event_name = $1 ORDER BY hour',
          [eventName],
        ),
      );
      return rows.map((row) => row.is_clean);
    };

    it('are read for hours that nothing has come to since, and the events for all others', async () => {
      await append(at('a', 0, 1, 'mix'), at('b', HOUR, 2, 'mix'), at('c', 2 * HOUR, 4, 'mix'));
      expect(await ask('mix')).toBe('7');
      await addSeries(['mix']);
      await rollups.rollUp(0);
      await mark('mix');
      expect(await ask('mix')).toBe('3007');
      await append(at('d', HOUR + 1, 8, 'mix'));
      expect(await ask('mix')).toBe('2015');
      await append(at('a', HOUR + 1, 8, 'mix'));
      expect(await ask('mix')).toBe('2015');
      await rollups.rollUp(0);
      expect(await ask('mix')).toBe('2015');
      expect(await isClean('mix')).toEqual([true, true, true]);
    });

    it('follow the meters: a new one is read from the events until its hours are summed up again', async () => {
      await append(at('a', 0, 1, 'metered'));
      await rollups.rollUp(0);
      expect(await isClean('metered')).toEqual([true]);
      await server.api.expect(201, 'POST', '/features', {
        name: 'Metered',
        lookup_key: 'metered',
        type: 'metered',
        meter: { name: 'Metered', event_name: 'metered', aggregation: { type: 'SUM', field: 'n' } },
      });
      expect(await ask('metered')).toBe('1');
      await rollups.followMeters();
      expect(await isClean('metered')).toEqual([false]);
      await rollups.rollUp(0);
      await mark('metered');
      expect(await ask('metered')).toBe('1001');
    });

    it('do not lose an event whose transaction was open when its hour was claimed', async () => {
      await append(at('a', 0, 1, 'race'));
      await addSeries(['race']);
      let rolled: Promise<number> | undefined;
      await uow.system(async (em) => {
        // What a writer does, held open: it has found the hour marked, and leaves it.
        await em.query(
          `INSERT INTO usage_events VALUES ($1, $2, 'race-b', 'race', 'c', NULL, $3, now(), '{"n": 2}')`,
          [scope().tenantId, scope().environmentId, new Date(T0 + 1)],
        );
        rolled = rollups.rollUp(0);
        for (let claimed = false; !claimed;) {
          const rows = await uow.run(caller(), (ctx) =>
            ctx.em.query<unknown[]>(
              `SELECT FROM usage_hours WHERE event_name = 'race' AND roll_id IS NOT NULL`,
            ),
          );
          claimed = rows.length > 0;
        }
      });
      await rolled;
      expect(await ask('race')).toBe('3');
      expect(await isClean('race')).toEqual([true]);
    });

    it('are void when an event comes while they are made', async () => {
      await append(at('a', 0, 1, 'void'));
      await addSeries(['void']);
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      // A writer of something else keeps the roll-up waiting between its claim and its sum.
      const other = uow.system(async (em) => {
        await em.query(`INSERT INTO usage_events VALUES ($1, $2, 'x', 'other', 'c', NULL, $3, now(), '{}')`, [
          scope().tenantId,
          scope().environmentId,
          new Date(T0),
        ]);
        await held;
      });
      const rolled = rollups.rollUp(0);
      for (let claimed = false; !claimed;) {
        const rows = await uow.run(caller(), (ctx) =>
          ctx.em.query<unknown[]>(
            `SELECT FROM usage_hours WHERE event_name = 'void' AND roll_id IS NOT NULL`,
          ),
        );
        claimed = rows.length > 0;
      }
      await append(at('b', 1, 2, 'void'));
      release();
      await other;
      await rolled;
      expect(await isClean('void')).toEqual([false]);
      expect(await ask('void')).toBe('3');
      await rollups.rollUp(0);
      expect(await isClean('void')).toEqual([true]);
      expect(await ask('void')).toBe('3');
    });

    it('of two workers at once are as those of one', async () => {
      await append(...Array.from({ length: 30 }, (_, i) => at(`n${i}`, i * 1000 * 60 * 20, i, 'both')));
      await addSeries(['both']);
      await Promise.all([rollups.rollUp(0), rollups.rollUp(0)]);
      await rollups.rollUp(0);
      expect(await isClean('both')).toEqual(Array.from({ length: 10 }, () => true));
      expect(await ask('both')).toBe(String((29 * 30) / 2));
    });
  });

  it('of a meter follow its filters as soon as they change, also where the meter has been asked before', async () => {
    const { api } = server;
    const name = 'filtered calls';
    const feature = await api.create('/features', {
      name,
      type: 'metered',
      meter: { name, event_name: name, aggregation: { type: 'SUM', field: 'n' } },
    });
    await api.expect(202, 'POST', '/events/bulk', {
      events: ['a', 'a', 'b'].map((kind) => ({
        event_name: name,
        external_customer_id: 'filtered',
        properties: { n: 1, kind },
      })),
    });
    const ask = async (): Promise<number> =>
      (
        await api.post('/events/usage/meter', {
          meter_id: feature.meter_id,
          external_customer_id: 'filtered',
        })
      ).value as number;
    expect(await ask()).toBe(3);
    expect(await ask()).toBe(3);
    await api.put(`/features/${feature.id}`, { filters: [{ key: 'kind', values: ['a'] }] });
    expect(await ask()).toBe(2);
    expect(await ask()).toBe(2);
    expect(
      await server.anotherTenant().then(({ api: other }) =>
        other.send('POST', '/events/usage/meter', {
          meter_id: feature.meter_id,
          external_customer_id: 'filtered',
        }),
      ),
    ).toMatchObject({ status: 404 });
  });

  it('pages raw events by key, forwards and back, without gap or overlap', async () => {
    const { api } = server;
    const events = Array.from({ length: 25 }, (_, i) => ({
      event_name: 'paged',
      external_customer_id: 'pages',
      event_id: `p-${String(i).padStart(2, '0')}`,
      // Some share an instant: the id decides.
      timestamp: new Date(Date.now() - 1_000_000 + Math.floor(i / 3) * 1000).toISOString(),
    }));
    await api.expect(202, 'POST', '/events/bulk', { events });
    const seen: string[] = [];
    const firstKeys: string[] = [];
    let key: string | undefined;
    for (;;) {
      const page = await api.post('/events/query', {
        external_customer_id: 'pages',
        page_size: 10,
        ...(key === undefined ? {} : { iter_last_key: key }),
      });
      expect(page.total_count).toBe(25);
      firstKeys.push(page.iter_first_key as string);
      seen.push(...page.events.map((one: { id: string }) => one.id));
      if (page.has_more !== true) break;
      key = page.iter_last_key as string;
    }
    expect(seen).toEqual(events.map((one) => one.event_id).reverse());
    const back = await api.post('/events/query', {
      external_customer_id: 'pages',
      page_size: 10,
      iter_first_key: firstKeys[1],
    });
    expect(back.events.map((one: { id: string }) => one.id)).toEqual(seen.slice(0, 10));
  });
});
