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
    12,
  );
});
