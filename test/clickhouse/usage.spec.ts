import { ClickHouseDatabase } from '../../src/usage/clickhouse/clickhouse-database.js';
import { ClickHouseUsageStore } from '../../src/usage/clickhouse/clickhouse-usage-store.js';
import type { Ctx, Scope } from '../../src/platform/context.js';
import { describeUsageStore } from '../support/usage-store.conformance.js';
import { startChdb, type Chdb } from './chdb.js';

const SCOPE: Scope = { tenantId: 'tenant_1', environmentId: 'env_1' };
const OTHER: Scope = { tenantId: 'tenant_2', environmentId: 'env_2' };
const contextOf = (scope: Scope): Ctx => ({ scope }) as Ctx;

describe('usage in ClickHouse', () => {
  let chdb: Chdb;
  let database: ClickHouseDatabase;
  let store: ClickHouseUsageStore;
  beforeAll(async () => {
    chdb = await startChdb();
    database = ClickHouseDatabase.at(chdb.url);
    store = await ClickHouseUsageStore.open(database, { retentionMonths: undefined });
  });
  afterAll(async () => {
    await chdb.stop();
    await database.close();
  });

  describeUsageStore(
    () =>
      Promise.resolve({
        store,
        scope: SCOPE,
        otherScope: OTHER,
        run: (scope, work) => work(contextOf(scope)),
        upkeep: [
          // What the database does by itself, when it likes.
          () => database.command('OPTIMIZE TABLE usage_events FINAL'),
          () => database.command('OPTIMIZE TABLE usage_event_claims FINAL'),
        ],
      }),
    8,
  );

  it('keeps whole months for as long as it is told to, and then for ever again', async () => {
    const event = (id: string, occurredAt: Date) => ({
      id: `months-${id}`,
      eventName: 'months',
      externalCustomerId: 'c',
      source: null,
      occurredAt,
      isTimed: true,
      properties: {},
    });
    const now = new Date();
    const inMonth = (months: number) =>
      new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1));
    const events = [
      event('gone', new Date(inMonth(-2).getTime() - 1)),
      event('kept', inMonth(-2)),
      event('new', now),
    ];
    await store.append([{ scope: SCOPE, receivedAt: now, events }]);
    const ids = async () => {
      const found = await Promise.all(events.map(({ id }) => store.find(contextOf(SCOPE), id)));
      return found.flatMap((one) => (one === null ? [] : [one.id.replace('months-', '')]));
    };
    const clean = async () => {
      for (const table of ['usage_events', 'usage_event_claims'])
        await database.command(`OPTIMIZE TABLE ${table} FINAL`);
    };
    const ttl = async () => {
      const rows = await database.rows<{ engine_full: string }>(
        `SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name LIKE 'usage%'`,
      );
      return rows.map(({ engine_full }) => / TTL .*?(?= SETTINGS|$)/.exec(engine_full)?.[0]);
    };
    expect(await ids()).toEqual(['gone', 'kept', 'new']);
    await ClickHouseUsageStore.open(database, { retentionMonths: 2 });
    expect((await ttl()).filter((clause) => clause?.includes('toIntervalMonth(3)'))).toHaveLength(4);
    await clean();
    expect(await ids()).toEqual(['kept', 'new']);
    // Its id is free again, as its event is not billed any more.
    const claims = await database.rows("SELECT 1 FROM usage_event_claims WHERE event_id = 'months-gone'");
    expect(claims).toEqual([]);
    await ClickHouseUsageStore.open(database, { retentionMonths: undefined });
    expect(await ttl()).toEqual([undefined, undefined, undefined, undefined]);
    await store.append([{ scope: SCOPE, receivedAt: now, events }]);
    await clean();
    expect(await ids()).toEqual(['gone', 'kept', 'new']);
  });
});
