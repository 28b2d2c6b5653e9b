import type { Ctx } from '../../platform/context.js';
import type { UsageQuery } from '../usage.types.js';
import { ClickHouseDatabase } from './clickhouse-database.js';
import { ClickHouseUsageStore } from './clickhouse-usage-store.js';

interface Asked {
  readonly query: string;
  readonly parameters: Record<string, unknown>;
}

/** Answers every question with nothing, and remembers it. */
class SilentDatabase extends ClickHouseDatabase {
  readonly asked: Asked[] = [];

  constructor() {
    super(undefined as never);
  }

  override rows<T>(query: string, parameters: Record<string, unknown> = {}): Promise<T[]> {
    if (!query.includes('system.tables')) this.asked.push({ query, parameters });
    return Promise.resolve([]);
  }

  override insert(): Promise<void> {
    return Promise.resolve();
  }

  override command(): Promise<void> {
    return Promise.resolve();
  }
}

const ctx = { scope: { tenantId: 'tenant_1', environmentId: 'env_1' } } as Ctx;
const window = { start: new Date(0), end: new Date(1) };
const query = (n: number, more: Partial<UsageQuery> = {}): UsageQuery => ({
  eventName: `name ${n}`,
  externalCustomerId: 'c',
  window,
  aggregation: { type: 'SUM', field: 'n' },
  filters: [],
  ...more,
});

async function asking(work: (store: ClickHouseUsageStore) => Promise<unknown>): Promise<Asked[]> {
  const database = new SilentDatabase();
  await work(await ClickHouseUsageStore.open(database, { retentionMonths: undefined }));
  return database.asked;
}

describe('what is asked of ClickHouse', () => {
  it('names the tenant and the environment wherever it reads a table', async () => {
    const search = {
      window,
      eventId: 'i',
      eventName: 'n',
      externalCustomerId: 'c',
      source: 's',
      propertyFilters: [{ key: 'k', values: ['v'] }],
      order: 'asc',
      pageSize: 1,
      offset: 0,
      after: { occurredAt: new Date(0), id: 'i' },
    } as const;
    const asked = await asking(async (store) => {
      await store.aggregate(ctx, [query(1), query(1, { externalCustomerId: undefined })]);
      await store.breakdown(ctx, [query(1)], {
        size: 'MONTH',
        timeZone: 'UTC',
        groupBy: ['source', 'properties.k'],
      });
      await store.lateSpans(ctx, [{ externalCustomerId: 'c', boundary: new Date(0) }]);
      await store.search(ctx, search);
      await store.find(ctx, 'i');
      await store.conflicts(ctx, { limit: 1, offset: 0 });
    });
    expect(asked).toHaveLength(9);
    const SCOPED =
      /FROM usage_\w+ (FINAL )?WHERE tenant_id = \{tenant_id:String\} AND environment_id = \{environment_id:String\} AND \(/g;
    for (const { query: sql, parameters } of asked) {
      const tables = sql.match(/FROM\s+usage_/g) ?? [];
      expect(tables.length).toBeGreaterThan(0);
      expect(sql.match(SCOPED)).toHaveLength(tables.length);
      expect(parameters).toMatchObject({ tenant_id: 'tenant_1', environment_id: 'env_1' });
    }
  });

  it('is few statements, whatever the number of queries', async () => {
    const queries = (count: number) => Array.from({ length: count }, (_, n) => query(n));
    const statements = async (count: number) =>
      (await asking((store) => store.aggregate(ctx, queries(count)))).length;
    expect(await Promise.all([0, 1, 100, 2_000, 2_001, 10_000].map(statements))).toEqual([0, 1, 1, 1, 2, 5]);
  });
});
