import fc from 'fast-check';
import { formatRate } from '../../src/domain/rate.js';
import { aggregate } from '../../src/domain/usage/aggregate.js';
import type { AggregationType } from '../../src/domain/usage/aggregation.js';
import { matchesFilters } from '../../src/domain/usage/filters.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import type { IncomingEvent, UsageQuery } from '../../src/usage/usage.types.js';
import { USAGE_STORE, type UsageStore } from '../../src/usage/usage-store.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const T0 = Date.UTC(2026, 0, 1);
const HOUR = 60 * 60 * 1000;

/** All that a property may hold: what counts, what almost does, and what does not. */
const value = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(
    '5',
    '0.1',
    ' 7 ',
    '-3.25',
    '1e3',
    '+2',
    '.5',
    '1.',
    '١',
    '0x10',
    '',
    ' ',
    'NaN',
    'Infinity',
    '1e400',
  ),
  fc.constantFrom('1234567890123456789012', '0.1234567890123456789', '\u00a09\u00a0', '9'.repeat(61)),
  fc.constantFrom(null, true, false),
  fc.constant([1]),
  fc.constant({ n: 1 }),
);
const event = fc.record({
  id: fc.integer({ min: 0, max: 30 }).map((n) => `e${n}`),
  offset: fc.integer({ min: 0, max: 48 }),
  n: fc.option(value, { nil: undefined }),
  kind: fc.constantFrom('a', 'b', 5, true, undefined),
});

describe('usage in Postgres', () => {
  let server: TestApp;
  let uow: UnitOfWork;
  let store: UsageStore;
  let runs = 0;
  beforeAll(async () => {
    server = await startTestApp({ worker: { enabled: false } });
    uow = server.app.get(UnitOfWork, { strict: false });
    store = server.app.get<UsageStore>(USAGE_STORE, { strict: false });
  });
  afterAll(async () => {
    await server.stop();
  });
  const caller = () => ({
    scope: { tenantId: server.tenant.tenantId, environmentId: server.tenant.environmentId },
    actor: 'test',
    requestId: 'test',
  });

  it('adds up as the domain does, whatever the properties hold, in any order and with any repetition', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { minLength: 1, maxLength: 40 }),
        fc.constantFrom<AggregationType>('COUNT', 'SUM'),
        fc.tuple(fc.integer({ min: 0, max: 48 }), fc.integer({ min: 1, max: 48 })),
        fc.constantFrom([], [{ key: 'kind', values: ['a', '5'] }], [{ key: 'kind', values: ['true'] }]),
        async (events, type, [from, length], filters) => {
          const customer = `c${runs++}`;
          // Ids are unique in an environment; each run has its own.
          const incoming = events.map((one): IncomingEvent => ({
            id: `${customer}-${one.id}`,
            eventName: 'used',
            externalCustomerId: customer,
            source: null,
            occurredAt: new Date(T0 + one.offset * HOUR),
            properties: JSON.parse(JSON.stringify({ n: one.n, kind: one.kind })) as Record<string, unknown>,
          }));
          const window = { start: new Date(T0 + from * HOUR), end: new Date(T0 + (from + length) * HOUR) };
          const spec = { type, field: 'n' };
          const query: UsageQuery = {
            eventName: 'used',
            externalCustomerId: customer,
            window,
            aggregation: spec,
            filters,
          };
          const half = Math.floor(incoming.length / 2);
          await uow.run(caller(), (ctx) => store.append(ctx, incoming.slice(0, half)));
          await uow.run(caller(), (ctx) => store.append(ctx, incoming));
          await uow.run(caller(), (ctx) => store.append(ctx, [...incoming].reverse()));
          const [inSql] = await uow.run(caller(), (ctx) => store.aggregate(ctx, [query]));
          const first = [...new Map([...incoming].reverse().map((one) => [one.id, one])).values()];
          const inDomain = aggregate(
            spec,
            first.filter((one) => matchesFilters(filters, one.properties)),
            window,
          );
          expect(formatRate(inSql!)).toBe(formatRate(inDomain));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('answers many queries by as many statements as for one', async () => {
    const events = Array.from({ length: 50 }, (_, i): IncomingEvent => ({
      id: `many-${i}`,
      eventName: 'many',
      externalCustomerId: `many-${i % 10}`,
      source: null,
      occurredAt: new Date(T0 + i * HOUR),
      properties: { n: i },
    }));
    await uow.run(caller(), (ctx) => store.append(ctx, events));
    const queries = Array.from({ length: 200 }, (_, i): UsageQuery => ({
      eventName: 'many',
      externalCustomerId: `many-${i % 10}`,
      window: { start: new Date(T0), end: new Date(T0 + 50 * HOUR) },
      aggregation: i % 2 === 0 ? { type: 'SUM', field: 'n' } : { type: 'COUNT' },
      filters: [],
    }));
    let statements = 0;
    const values = await uow.run(caller(), (ctx) => {
      const query = ctx.em.query.bind(ctx.em);
      const counting = Object.assign(Object.create(ctx.em) as typeof ctx.em, {
        query: (...args: Parameters<typeof query>) => {
          statements += 1;
          return query(...args);
        },
      });
      return store.aggregate({ ...ctx, em: counting }, queries);
    });
    expect(statements).toBe(2);
    expect(values.map(formatRate)).toEqual(
      queries.map((query, i) => {
        const n = i % 10;
        return query.aggregation.type === 'COUNT' ? '5' : String(5 * n + 10 * (0 + 1 + 2 + 3 + 4));
      }),
    );
  });

  it('begins weeks on Monday and days at midnight of the zone, also where the clocks change', async () => {
    const at = (time: string, id: string): IncomingEvent => ({
      id,
      eventName: 'windows',
      externalCustomerId: 'zone',
      source: null,
      occurredAt: new Date(time),
      properties: {},
    });
    // Sunday 29 March 2026: Berlin has 23 hours. 00:30 there is still Saturday in UTC.
    await uow.run(caller(), (ctx) =>
      store.append(ctx, [
        at('2026-03-28T23:30:00Z', 'w1'),
        at('2026-03-29T21:59:59Z', 'w2'),
        at('2026-03-29T22:00:00Z', 'w3'),
      ]),
    );
    const query: UsageQuery = {
      eventName: 'windows',
      externalCustomerId: 'zone',
      window: { start: new Date('2026-03-01T00:00:00Z'), end: new Date('2026-04-30T00:00:00Z') },
      aggregation: { type: 'COUNT' },
      filters: [],
    };
    const windows = (size: 'DAY' | 'WEEK' | 'MONTH' | '6HOUR', zone: string) =>
      uow.run(caller(), async (ctx) =>
        (await store.aggregateByWindow(ctx, query, size, zone)).map((one) => [
          one.start.toISOString(),
          formatRate(one.value),
        ]),
      );
    expect(await windows('DAY', 'Europe/Berlin')).toEqual([
      ['2026-03-28T23:00:00.000Z', '2'],
      ['2026-03-29T22:00:00.000Z', '1'],
    ]);
    expect(await windows('DAY', 'UTC')).toEqual([
      ['2026-03-28T00:00:00.000Z', '1'],
      ['2026-03-29T00:00:00.000Z', '2'],
    ]);
    expect(await windows('WEEK', 'Europe/Berlin')).toEqual([
      ['2026-03-22T23:00:00.000Z', '2'],
      ['2026-03-29T22:00:00.000Z', '1'],
    ]);
    expect(await windows('MONTH', 'UTC')).toEqual([['2026-03-01T00:00:00.000Z', '3']]);
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
