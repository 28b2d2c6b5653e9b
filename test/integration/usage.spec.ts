import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { formatRate } from '../../src/domain/rate.js';
import { aggregate } from '../../src/domain/usage/aggregate.js';
import {
  AGGREGATION_TYPES,
  MEASURES_FIELD,
  type AggregationType,
} from '../../src/domain/usage/aggregation.js';
import type { Caller, Scope } from '../../src/platform/context.js';
import { WallClock } from '../../src/platform/time/clock.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { canRollUp, seriesId } from '../../src/usage/postgres/usage-plan.js';
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
        for (const type of AGGREGATION_TYPES.filter(canRollUp))
          for (const filters of [[], [{ key: 'kind', values: ['a', '5'] }]]) {
            const series = { eventName, type, field: MEASURES_FIELD[type] ? 'n' : '', filters };
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
            await rollups.rollUp({ quietMs: 0 });
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
    await rollups.rollUp({ quietMs: 0 });
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
    const ask = async (eventName: string, type: AggregationType = 'SUM', ms = 10 * HOUR) => {
      const [value] = await uow.run(caller(), (ctx) =>
        store.aggregate(ctx, [
          {
            eventName,
            externalCustomerId: 'c',
            window: { start: new Date(T0), end: new Date(T0 + ms) },
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

    const claimed = async (eventName: string): Promise<void> => {
      for (;;) {
        const rows = await uow.run(caller(), (ctx) =>
          ctx.em.query<unknown[]>('SELECT FROM usage_hours WHERE event_name = $1 AND roll_id IS NOT NULL', [
            eventName,
          ]),
        );
        if (rows.length > 0) return;
      }
    };
    /** A writer of something else, held open: it keeps a roll-up waiting between its claim and its sum. */
    const writing = (): { release: () => void; other: Promise<void> } => {
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const other = uow.runSystem(async (em) => {
        await em.query(`INSERT INTO usage_events VALUES ($1, $2, $3, 'other', 'c', NULL, $4, now(), '{}')`, [
          scope().tenantId,
          scope().environmentId,
          randomUUID(),
          new Date(T0),
        ]);
        await held;
      });
      return { release, other };
    };

    it('are read for hours that nothing has come to since, and the events for all others', async () => {
      await append(at('a', 0, 1, 'mix'), at('b', HOUR, 2, 'mix'), at('c', 2 * HOUR, 4, 'mix'));
      expect(await ask('mix')).toBe('7');
      await addSeries(['mix']);
      await rollups.rollUp({ quietMs: 0 });
      await mark('mix');
      expect(await ask('mix')).toBe('3007');
      await append(at('d', HOUR + 1, 8, 'mix'));
      expect(await ask('mix')).toBe('2015');
      await append(at('a', HOUR + 1, 8, 'mix'));
      expect(await ask('mix')).toBe('2015');
      await rollups.rollUp({ quietMs: 0 });
      expect(await ask('mix')).toBe('2015');
      expect(await isClean('mix')).toEqual([true, true, true]);
    });

    it('sum up an hour that was marked in the same millisecond', async () => {
      await append(at('a', 0, 1, 'marked'));
      const [hour] = await server.database.query(
        `UPDATE usage_hours SET changed_at = date_trunc('milliseconds', changed_at) + interval '0.9 ms'
          WHERE event_name = 'marked' RETURNING date_trunc('milliseconds', changed_at) AS now`,
      );
      const clock = jest.spyOn(server.app.get(WallClock, { strict: false }), 'now');
      clock.mockReturnValue(hour?.now as Date);
      try {
        await rollups.rollUp({ quietMs: 0 });
      } finally {
        clock.mockRestore();
      }
      expect(await isClean('marked')).toEqual([true]);
    });

    it('follow the meters: a new one is read from the events until its hours are summed up again', async () => {
      await append(at('a', 0, 1, 'metered'));
      await rollups.rollUp({ quietMs: 0 });
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
      await rollups.rollUp({ quietMs: 0 });
      await mark('metered');
      expect(await ask('metered')).toBe('1001');
    });

    it('do not lose an event whose transaction was open when its hour was claimed', async () => {
      await append(at('a', 0, 1, 'race'));
      await addSeries(['race']);
      let rolled: Promise<number> | undefined;
      await uow.runSystem(async (em) => {
        // What a writer does, held open: it has found the hour marked, and leaves it.
        await em.query(
          `INSERT INTO usage_events VALUES ($1, $2, 'race-b', 'race', 'c', NULL, $3, now(), '{"n": 2}')`,
          [scope().tenantId, scope().environmentId, new Date(T0 + 1)],
        );
        rolled = rollups.rollUp({ quietMs: 0 });
        await claimed('race');
      });
      await rolled;
      expect(await ask('race')).toBe('3');
      expect(await isClean('race')).toEqual([true]);
    });

    it('are void when an event comes while they are made', async () => {
      await append(at('a', 0, 1, 'void'));
      await addSeries(['void']);
      const { release, other } = writing();
      const rolled = rollups.rollUp({ quietMs: 0 });
      await claimed('void');
      await append(at('b', 1, 2, 'void'));
      release();
      await other;
      await rolled;
      expect(await isClean('void')).toEqual([false]);
      expect(await ask('void')).toBe('3');
      await rollups.rollUp({ quietMs: 0 });
      expect(await isClean('void')).toEqual([true]);
      expect(await ask('void')).toBe('3');
    });

    describe('of the hour under way', () => {
      /** Not held back by what is late: all that is asked for is summed up. */
      const AT_ONCE = { quietMs: 0, lagMs: 0, latenessFactor: 0, stepMs: 0 };
      const MINUTE = 60_000;
      const sumUntil = (minutes: number) => rollups.rollUp(AT_ONCE, new Date(T0 + minutes * MINUTE));

      it('hold what is before an instant, and are read with the events after it', async () => {
        await append(at('a', 0, 1, 'way'), at('b', 10 * MINUTE, 2, 'way'), at('c', 20 * MINUTE, 4, 'way'));
        await addSeries(['way']);
        await sumUntil(15);
        await mark('way');
        expect(await ask('way')).toBe('1007');
        await append(at('d', 16 * MINUTE, 8, 'way'));
        expect(await ask('way')).toBe('1015');
        await sumUntil(30);
        expect(await ask('way')).toBe('1015');
        expect(await isClean('way')).toEqual([false]);
        await append(at('e', 29 * MINUTE, 16, 'way'));
        expect(await ask('way')).toBe('31');
        await sumUntil(40);
        await mark('way');
        expect(await ask('way')).toBe('1031');
        await sumUntil(100);
        expect(await isClean('way')).toEqual([true]);
        expect(await ask('way')).toBe('1031');
      });

      it('serve a query that ends in that hour, unless they hold more than it asks for', async () => {
        await append(at('a', 0, 1, 'end'), at('b', 90 * MINUTE, 2, 'end'), at('c', 100 * MINUTE, 4, 'end'));
        await addSeries(['end']);
        await sumUntil(95);
        await mark('end');
        const until = (minutes: number) => ask('end', 'SUM', minutes * MINUTE);
        expect([await until(94), await until(95), await until(105)]).toEqual(['1003', '2003', '2007']);
      });

      it('get no further than events are late', async () => {
        const now = T0 + 50 * MINUTE;
        const ago = (id: string, minutes: number) => at(id, now - minutes * MINUTE - T0, 1, 'late');
        const summedUntil = async () => {
          const rows = await uow.run(caller(), (ctx) =>
            ctx.em.query<{ summed_until: Date | null; late_by: string }[]>(
              `SELECT summed_until, extract(epoch FROM late_by) AS late_by FROM usage_hours WHERE event_name = 'late'`,
            ),
          );
          expect(rows).toHaveLength(1);
          const { summed_until, late_by } = rows[0]!;
          return {
            minutes: summed_until && (now - summed_until.getTime()) / MINUTE,
            lateBy: Number(late_by),
          };
        };
        await append(ago('a', 40));
        await addSeries(['late']);
        // As if it had come at once.
        await uow.run(caller(), (ctx) =>
          ctx.em.query(`UPDATE usage_hours SET late_by = interval '1 second' WHERE event_name = 'late'`),
        );
        const sum = (minutes: number) => rollups.rollUp({ quietMs: 0 }, new Date(now + minutes * MINUTE));
        await sum(0);
        expect(await summedUntil()).toEqual({ minutes: 0.5, lateBy: 1 });
        // Not for less than a minute.
        await sum(0.9);
        expect((await summedUntil()).minutes).toBe(0.5);
        await sum(1.1);
        expect((await summedUntil()).minutes).toBe(-0.6);
        await append(ago('b', 5));
        const { minutes, lateBy } = await summedUntil();
        expect(minutes).toBeNull();
        expect(lateBy).toBeGreaterThan(24 * 60 * 60);
        await uow.run(caller(), (ctx) =>
          ctx.em.query(`UPDATE usage_hours SET late_by = interval '6 minutes' WHERE event_name = 'late'`),
        );
        await sum(2);
        expect((await summedUntil()).minutes).toBe(10);
      });

      it('are void when an event comes into them while they are made', async () => {
        await append(at('a', 0, 1, 'cross'));
        await addSeries(['cross']);
        await sumUntil(10);
        await append(at('b', 20 * MINUTE, 2, 'cross'), at('c', 40 * MINUTE, 4, 'cross'));
        const { release, other } = writing();
        const rolled = sumUntil(30);
        await claimed('cross');
        // One that comes after the stretch does not take the claim away, one within it does.
        await append(at('d', 35 * MINUTE, 8, 'cross'));
        await append(at('e', 25 * MINUTE, 16, 'cross'));
        release();
        await other;
        await rolled;
        expect(await ask('cross')).toBe('31');
        await sumUntil(50);
        expect(await ask('cross')).toBe('31');
        await mark('cross');
        expect(await ask('cross')).toBe('1031');
      });

      it('add up to what the events do, whatever comes when', async () => {
        let names = 0;
        await fc.assert(
          fc.asyncProperty(
            fc.array(
              fc.oneof(
                fc.record({
                  events: fc.array(
                    fc.record({
                      id: fc.nat(40),
                      minute: fc.oneof(fc.nat(130), fc.constantFrom(60, 120)),
                      n: fc.option(
                        fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })),
                        {
                          nil: undefined,
                        },
                      ),
                    }),
                    { minLength: 1, maxLength: 12 },
                  ),
                }),
                fc.record({ until: fc.nat(130), workers: fc.integer({ min: 1, max: 2 }) }),
              ),
              { minLength: 3, maxLength: 10 },
            ),
            fc.array(fc.tuple(fc.nat(70), fc.integer({ min: 1, max: 130 })), { minLength: 1, maxLength: 3 }),
            async (deeds, windows) => {
              const name = `way-${names++}`;
              await addSeries([name]);
              const sent = new Map<string, IncomingEvent>();
              for (const deed of deeds) {
                if ('until' in deed) {
                  await Promise.all(Array.from({ length: deed.workers }, () => sumUntil(deed.until)));
                  continue;
                }
                const batch = deed.events.map(({ id, minute, n }): IncomingEvent => ({
                  ...at(String(id), minute * MINUTE, 0, name),
                  externalCustomerId: id % 2 === 0 ? 'c' : 'd',
                  properties: n === undefined ? {} : { n },
                }));
                for (const one of batch) if (!sent.has(one.id)) sent.set(one.id, one);
                await append(...batch);
              }
              const queries = windows.flatMap(([from, length]) =>
                (['COUNT', 'SUM', 'AVG', 'MAX', 'LATEST', 'WEIGHTED_SUM'] as const).flatMap((type) =>
                  ['c', undefined].map((externalCustomerId): UsageQuery => ({
                    eventName: name,
                    externalCustomerId,
                    window: {
                      start: new Date(T0 + from * MINUTE),
                      end: new Date(T0 + (from + length) * MINUTE),
                    },
                    aggregation: type === 'COUNT' ? { type } : { type, field: 'n' },
                    filters: [],
                  })),
                ),
              );
              const found = await uow.run(caller(), (ctx) => store.aggregate(ctx, queries));
              const expected = queries.map((one) =>
                aggregate(
                  one.aggregation,
                  [...sent.values()].filter(
                    (given) =>
                      (one.externalCustomerId ?? given.externalCustomerId) === given.externalCustomerId,
                  ),
                  one.window,
                ),
              );
              expect(found.map(formatRate)).toEqual(expected.map(formatRate));
            },
          ),
          { numRuns: 40 },
        );
      });
    });

    it('of two workers at once are as those of one', async () => {
      await append(...Array.from({ length: 30 }, (_, i) => at(`n${i}`, i * 1000 * 60 * 20, i, 'both')));
      await addSeries(['both']);
      await Promise.all([rollups.rollUp({ quietMs: 0 }), rollups.rollUp({ quietMs: 0 })]);
      await rollups.rollUp({ quietMs: 0 });
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
