import fc from 'fast-check';
import { formatRate } from '../../src/domain/rate.js';
import type { Ctx, Scope } from '../../src/platform/context.js';
import { ClickHouseDatabase } from '../../src/usage/clickhouse/clickhouse-database.js';
import { ClickHouseUsageStore } from '../../src/usage/clickhouse/clickhouse-usage-store.js';
import type { IncomingEvent } from '../../src/usage/usage.types.js';
import { startChdb, type Chdb } from './chdb.js';

const SCOPE: Scope = { tenantId: 'tenant_1', environmentId: 'env_1' };
const ctx = { scope: SCOPE } as Ctx;
const YEAR = { start: new Date('2026-01-01T00:00:00Z'), end: new Date('2027-01-01T00:00:00Z') };

const event = (id: string, more: Partial<IncomingEvent> = {}): IncomingEvent => ({
  id,
  eventName: 'used',
  externalCustomerId: 'c',
  source: null,
  occurredAt: new Date('2026-05-05T10:00:00Z'),
  isTimed: true,
  properties: { n: 1 },
  ...more,
});

/** A server that is killed at its nth statement: just before the database has it, or just after. */
class KilledDatabase extends ClickHouseDatabase {
  private statement = 0;

  constructor(
    private readonly whole: ClickHouseDatabase,
    private readonly diesAt: number,
    private readonly isDone: boolean,
  ) {
    super(undefined as never);
  }

  private async step<T>(work: () => Promise<T>): Promise<T> {
    this.statement += 1;
    if (this.statement > this.diesAt) return new Promise(() => undefined);
    if (this.statement < this.diesAt) return work();
    if (this.isDone) await work();
    throw new Error('killed');
  }

  override rows<T>(query: string, parameters?: Record<string, unknown>): Promise<T[]> {
    if (query.includes('system.tables')) return this.whole.rows<T>(query, parameters);
    return this.step(() => this.whole.rows<T>(query, parameters));
  }

  override insert(table: string, rows: readonly Record<string, unknown>[]): Promise<void> {
    return rows.length === 0 ? Promise.resolve() : this.step(() => this.whole.insert(table, rows));
  }

  override command(): Promise<void> {
    return Promise.resolve();
  }
}

describe('the first of an id, in ClickHouse', () => {
  let chdb: Chdb;
  let database: ClickHouseDatabase;
  const open = (on: ClickHouseDatabase) => ClickHouseUsageStore.open(on, { retentionMonths: undefined });
  const append = (store: ClickHouseUsageStore, ...events: IncomingEvent[]) =>
    store.append([{ scope: SCOPE, receivedAt: new Date(), events }]);
  const stored = async (name: string) => {
    const store = await open(database);
    const of = { eventName: name, externalCustomerId: 'c', window: YEAR, filters: [] };
    const [count, sum] = await store.aggregate(ctx, [
      { ...of, aggregation: { type: 'COUNT' } },
      { ...of, aggregation: { type: 'SUM', field: 'n' } },
    ]);
    return { count: formatRate(count!), sum: formatRate(sum!) };
  };
  beforeAll(async () => {
    chdb = await startChdb();
    database = ClickHouseDatabase.at(chdb.url);
    await open(database);
  });
  afterAll(async () => {
    await chdb.stop();
    await database.close();
  });

  it('is one and the same for all, when several servers get copies that differ at the same time', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => open(database)));
    for (let round = 0; round < 6; round++) {
      const name = `at-once-${round}`;
      const copies = servers.map((_, i) =>
        event(`${name}-id`, {
          eventName: name,
          properties: { n: 10 ** i },
          occurredAt: new Date(Date.UTC(2026, i, 3)),
        }),
      );
      // Whoever looks in between finds none or one, and never two.
      const counts = new Set<string>();
      const appended = Promise.all(
        servers.map((server, i) =>
          append(server, copies[i]!, event(`${name}-${i}`, { eventName: `${name}-own` })),
        ),
      );
      const all = { isOver: false };
      const over = appended.finally(() => (all.isOver = true));
      do counts.add((await stored(name)).count);
      while (!all.isOver);
      await over;
      expect([...counts].filter((count) => count !== '0' && count !== '1')).toEqual([]);
      const found = await servers[0]!.find(ctx, `${name}-id`);
      expect(await stored(name)).toEqual({ count: '1', sum: String(found!.properties.n) });
      expect((await stored(`${name}-own`)).count).toBe('3');
      const refused = await servers[0]!.conflicts(ctx, { limit: 1000, offset: 0 });
      expect(refused.conflicts.filter((one) => one.eventId === `${name}-id`)).toHaveLength(2);
    }
  });

  it('counts once when a server is killed at any statement, or its answer is lost, and the call is sent again to another', async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        fc.boolean(),
        async (diesAt, isDone, isTimed) => {
          const name = `killed-${round++}`;
          const call = (minute: number) =>
            [0, 1, 2].map((i) =>
              event(`${name}-${i}`, {
                eventName: name,
                isTimed,
                occurredAt: new Date(Date.UTC(2026, 4, 5, 10, isTimed ? 0 : minute)),
              }),
            );
          const killed = await open(new KilledDatabase(database, diesAt, isDone));
          const first = await append(killed, ...call(1)).then(
            () => 'stored',
            () => 'killed',
          );
          if (first === 'stored') expect(diesAt).toBeGreaterThan(5);
          await append(await open(database), ...call(2));
          expect(await stored(name)).toEqual({ count: '3', sum: '3' });
          await append(await open(database), ...call(3));
          expect(await stored(name)).toEqual({ count: '3', sum: '3' });
          const refused = await (await open(database)).conflicts(ctx, { limit: 1000, offset: 0 });
          expect(refused.conflicts.filter((one) => one.eventId.startsWith(`${name}-`))).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('is not stored when another content has been claimed by a server that may be alive, and is when that one is dead', async () => {
    const name = 'claimed';
    const killed = await open(new KilledDatabase(database, 3, true)); // looked, claimed, looked
    await expect(append(killed, event('claimed', { eventName: name }))).rejects.toThrow('killed');
    const other = event('claimed', { eventName: name, properties: { n: 7 } });
    const store = await open(database);
    await expect(append(store, other)).rejects.toMatchObject({ httpStatus: 503, code: 'event_id_contended' });
    expect(await stored(name)).toEqual({ count: '0', sum: '0' });
    await makeOlder('claimed');
    await append(store, other);
    expect(await stored(name)).toEqual({ count: '1', sum: '7' });
    await append(store, event('claimed', { eventName: name }));
    expect(await stored(name)).toEqual({ count: '1', sum: '7' });
  });

  it('stands when the dead server had stored it and only did not come to say so', async () => {
    const name = 'unsaid';
    const killed = await open(new KilledDatabase(database, 4, true)); // … and stored
    await expect(append(killed, event('unsaid', { eventName: name }))).rejects.toThrow('killed');
    await makeOlder('unsaid');
    const store = await open(database);
    await append(
      store,
      event('unsaid', { eventName: name, properties: { n: 7 }, occurredAt: new Date('2026-07-07') }),
    );
    expect(await stored(name)).toEqual({ count: '1', sum: '1' });
    const refused = await store.conflicts(ctx, { limit: 1000, offset: 0 });
    expect(
      refused.conflicts.filter((one) => one.eventId === 'unsaid').map((one) => one.refused.properties),
    ).toEqual([{ n: 7 }]);
  });

  it('is read once also while it is there twice', async () => {
    const name = 'twice';
    const store = await open(database);
    await database.command('SYSTEM STOP MERGES usage_events');
    const killed = await open(new KilledDatabase(database, 4, true));
    await expect(append(killed, event('twice', { eventName: name }))).rejects.toThrow('killed');
    await append(store, event('twice', { eventName: name }));
    const rows = await database.rows(`SELECT count() AS n FROM usage_events WHERE event_name = 'twice'`);
    expect(rows).toEqual([{ n: 2 }]);
    expect(await stored(name)).toEqual({ count: '1', sum: '1' });
    const page = await store.search(ctx, {
      window: YEAR,
      eventName: name,
      order: 'asc',
      pageSize: 10,
      offset: 0,
      propertyFilters: [],
      eventId: undefined,
      externalCustomerId: undefined,
      source: undefined,
      after: undefined,
    });
    expect([page.total, page.events.length]).toEqual([1, 1]);
    await database.command('SYSTEM START MERGES usage_events');
  });

  /** As if the claims of an id had been made an hour and a half ago. */
  const makeOlder = (id: string) =>
    database.command(
      `ALTER TABLE usage_event_claims UPDATE claimed_at = claimed_at - INTERVAL 90 MINUTE WHERE event_id = '${id}'
       SETTINGS mutations_sync = 2`,
    );
});
