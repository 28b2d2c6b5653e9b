import { DataSource } from 'typeorm';
import { migrations } from '../../migrations/index.js';
import { ENTITIES } from '../../src/entities.js';
import { dataSourceOptions } from '../../src/platform/database/data-source.js';
import { createDatabase, type TestDatabase } from '../support/test-database.js';

/** Rows that belong to a tenant as a whole, not to one of its environments. */
const TENANT_WIDE = ['tenants', 'environments'];

describe('schema', () => {
  let database: TestDatabase;
  let tables: string[];
  beforeAll(async () => {
    database = await createDatabase();
    const rows = await database.query(
      `SELECT relname FROM pg_class WHERE relnamespace = 'billing'::regnamespace AND relkind IN ('r', 'p')
          AND NOT relispartition AND relname <> 'schema_migrations'`,
    );
    tables = rows.map((row) => row.relname as string);
  });
  afterAll(async () => {
    await database.drop();
  });

  it('is what the entities say: no drift in either direction', async () => {
    const source = await new DataSource(
      dataSourceOptions({ url: database.url }, ENTITIES, migrations),
    ).initialize();
    try {
      // A host that lets TypeORM synchronize its own tables leaves ours alone.
      expect(source.entityMetadatas.filter(({ synchronize }) => synchronize)).toEqual([]);
      for (const metadata of source.entityMetadatas) metadata.synchronize = true;
      const { upQueries } = await source.driver.createSchemaBuilder().log();
      // Check constraints stand in the migrations alone: TypeORM would compare no more of them than their names.
      const checks = await database.query(`SELECT conname FROM pg_constraint WHERE contype = 'c'`);
      const drift = upQueries
        .map(({ query }) => query)
        .filter(
          (query) => !checks.some(({ conname }) => query.endsWith(`DROP CONSTRAINT "${String(conname)}"`)),
        );
      expect(drift).toEqual([]);
      const described = source.entityMetadatas.map(({ tableName }) => tableName);
      expect([...tables].sort()).toEqual([...described].sort());
    } finally {
      await source.destroy();
    }
  });

  it('has no index on an expression: row-level security would keep it from use', async () => {
    // Before the policy has spoken, Postgres looks rows up only by what cannot tell of them; functions can.
    const onExpressions = await database.query(
      `SELECT indexrelid::regclass::text AS index FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        WHERE c.relnamespace = 'billing'::regnamespace AND c.relrowsecurity AND i.indexprs IS NOT NULL`,
    );
    expect(onExpressions).toEqual([]);
  });

  it('is undone by its own migrations', async () => {
    const empty = await createDatabase({ empty: true });
    const source = await new DataSource(
      dataSourceOptions({ url: empty.url }, ENTITIES, migrations),
    ).initialize();
    try {
      await source.query('CREATE SCHEMA billing');
      await source.runMigrations();
      for (let i = 0; i < migrations.length; i++) await source.undoLastMigration();
      const left = await empty.query(
        `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'billing'
         UNION ALL SELECT routine_name FROM information_schema.routines WHERE routine_schema = 'billing'`,
      );
      expect(left).toEqual([{ name: 'schema_migrations' }]);
    } finally {
      await source.destroy();
      await empty.drop();
    }
  });

  it('isolates every table by row-level security, for the owner too', async () => {
    const rows = await database.query(
      `SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
              (SELECT array_agg(p.polname::text ORDER BY p.polname) FROM pg_policy p WHERE p.polrelid = c.oid) AS policies
         FROM pg_class c WHERE c.relnamespace = 'billing'::regnamespace AND c.relkind IN ('r', 'p')
          AND NOT c.relispartition AND c.relname <> 'schema_migrations'`,
    );
    expect(rows.length).toBe(tables.length);
    for (const row of rows) {
      expect({ ...row, policies: undefined }).toEqual({ name: row.name, enabled: true, forced: true });
      expect(row.policies).toContain('tenant_isolation');
    }
  });

  it('lets nobody read a partition but by way of its table, which isolates', async () => {
    const rows = await database.query(
      `SELECT c.relname AS name, r.rolname AS role
         FROM pg_class c CROSS JOIN pg_roles r
        WHERE c.relnamespace = 'billing'::regnamespace AND c.relispartition AND c.relkind = 'r'
          AND r.rolname IN ('flexprice_app', 'flexprice_system')
          AND has_table_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE')`,
    );
    expect(rows).toEqual([]);
    const [{ partitions }] = (await database.query(
      `SELECT count(*)::int AS partitions FROM pg_inherits WHERE inhparent = 'billing.usage_events'::regclass`,
    )) as [{ partitions: number }];
    expect(partitions).toBeGreaterThan(20);
  });

  it('names tenant and environment on every row', async () => {
    const rows = await database.query(
      `SELECT table_name, count(*) FILTER (WHERE column_name = 'tenant_id') AS tenant,
              count(*) FILTER (WHERE column_name = 'environment_id') AS environment,
              count(*) FILTER (WHERE column_name IN ('tenant_id', 'environment_id') AND is_nullable = 'YES') AS nullable
         FROM information_schema.columns WHERE table_schema = 'billing' GROUP BY table_name`,
    );
    for (const row of rows.filter((one) => tables.includes(one.table_name as string))) {
      const own = row.table_name === 'tenants' ? '0' : '1';
      const environment = TENANT_WIDE.includes(row.table_name as string) ? '0' : '1';
      expect(row).toEqual({ table_name: row.table_name, tenant: own, environment, nullable: '0' });
    }
  });

  it('runs as roles that cannot step around it', async () => {
    const roles = await database.query(
      `SELECT rolname, rolsuper, rolbypassrls, rolcanlogin FROM pg_roles
        WHERE rolname IN ('flexprice_app', 'flexprice_system') ORDER BY 1`,
    );
    expect(roles).toEqual([
      { rolname: 'flexprice_app', rolsuper: false, rolbypassrls: false, rolcanlogin: false },
      { rolname: 'flexprice_system', rolsuper: false, rolbypassrls: false, rolcanlogin: false },
    ]);
  });

  it('lets the system role into nothing but the queues, the clocks and what tells whose a request is', async () => {
    const rows = await database.query(
      `SELECT table_name, array_agg(DISTINCT privilege_type::text ORDER BY privilege_type::text) AS privileges
         FROM information_schema.role_table_grants
        WHERE table_schema = 'billing' AND grantee = 'flexprice_system' GROUP BY 1 ORDER BY 1`,
    );
    expect(rows).toEqual([
      { table_name: 'api_keys', privileges: ['SELECT'] },
      { table_name: 'connections', privileges: ['SELECT'] },
      { table_name: 'environment_clocks', privileges: ['SELECT'] },
      { table_name: 'environments', privileges: ['SELECT'] },
      // Old keys are forgotten for all tenants at once; those of requests with events are stored by one commit.
      { table_name: 'idempotency_keys', privileges: ['DELETE', 'INSERT', 'SELECT'] },
      { table_name: 'jobs', privileges: ['DELETE', 'INSERT', 'SELECT', 'UPDATE'] },
      { table_name: 'outbox_events', privileges: ['SELECT', 'UPDATE'] },
      { table_name: 'tenants', privileges: ['SELECT'] },
      // Events of several tenants are stored by one commit.
      { table_name: 'usage_event_conflicts', privileges: ['INSERT', 'SELECT'] },
      { table_name: 'usage_event_ids', privileges: ['INSERT', 'SELECT'] },
      { table_name: 'usage_events', privileges: ['INSERT', 'SELECT'] },
      { table_name: 'usage_hours', privileges: ['INSERT', 'SELECT', 'UPDATE'] },
      // What is kept for a month is forgotten for all tenants at once.
      { table_name: 'webhook_attempts', privileges: ['DELETE', 'SELECT'] },
      { table_name: 'webhook_deliveries', privileges: ['DELETE', 'SELECT'] },
      { table_name: 'webhook_endpoints', privileges: ['SELECT'] },
      { table_name: 'webhook_events', privileges: ['INSERT', 'SELECT'] },
      { table_name: 'webhook_messages', privileges: ['DELETE', 'SELECT'] },
    ]);
  });
});
