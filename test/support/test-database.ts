import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { migrations } from '../../migrations/index.js';
import { migrateDatabase } from '../../src/billing.module.js';

/** Who the tested programs log in as: no superuser, as on a managed Postgres, and nobody who may make roles. */
const LOGIN = 'flexprice_tests';

/** Migrated once for a set of migrations; every test file gets a copy, which takes some 50 ms. */
const TEMPLATE = `template_${createHash('sha256')
  .update([LOGIN, ...migrations.map(String)].join())
  .digest('hex')
  .slice(0, 12)}`;

function adminUrl(name: string): string {
  const url = new URL(process.env.TEST_DATABASE_URL ?? '');
  url.pathname = `/${name}`;
  return url.href;
}

export function databaseUrl(name: string): string {
  const url = new URL(adminUrl(name));
  url.username = LOGIN;
  return url.href;
}

async function asAdmin<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: process.env.TEST_DATABASE_URL });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** What an administrator does once where the login may make no roles: docs/operations/database.md, "Roles". */
async function makeRoles(client: pg.Client): Promise<void> {
  const { password } = new URL(process.env.TEST_DATABASE_URL ?? '');
  const secret = password === '' ? '' : `PASSWORD ${client.escapeLiteral(decodeURIComponent(password))}`;
  const { rows } = await client.query<{ rolname: string }>('SELECT rolname FROM pg_roles');
  const known = new Set(rows.map(({ rolname }) => rolname));
  for (const role of ['flexprice_app', 'flexprice_system'])
    if (!known.has(role)) await client.query(`CREATE ROLE ${role} NOLOGIN NOBYPASSRLS`);
  await client.query(`${known.has(LOGIN) ? 'ALTER' : 'CREATE'} ROLE ${LOGIN} LOGIN ${secret}`);
  await client.query(`GRANT flexprice_app, flexprice_system TO ${LOGIN}`);
}

export async function makeTemplate(): Promise<void> {
  await asAdmin(async (client) => {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [TEMPLATE]);
    if (rowCount !== 0) return;
    await makeRoles(client);
    const partial = `${TEMPLATE}_partial`;
    await client.query(`DROP DATABASE IF EXISTS ${partial} WITH (FORCE)`);
    await client.query(`CREATE DATABASE ${partial} OWNER ${LOGIN}`);
    await migrateDatabase({ url: databaseUrl(partial) });
    await client.query(`ALTER DATABASE ${partial} RENAME TO ${TEMPLATE}`);
  });
}

/**
 * A client that has said good-bye may not have been heard yet. Told then that it is terminated, it throws that into whatever
 * test comes next. Who stays longer than two seconds is terminated all the same.
 */
async function nobodyIn(client: pg.Client, name: string): Promise<void> {
  for (let looks = 0; looks < 100; looks++) {
    const { rowCount } = await client.query('SELECT FROM pg_stat_activity WHERE datname = $1', [name]);
    if (rowCount === 0) return;
    await delay(20);
  }
}

export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  /** As a superuser: for looking at what row-level security hides. */
  query(sql: string, parameters?: unknown[]): Promise<Record<string, unknown>[]>;
  drop(): Promise<void>;
}

export async function createDatabase(options: { empty?: boolean } = {}): Promise<TestDatabase> {
  const name = `test_${process.env.JEST_WORKER_ID ?? '0'}_${randomBytes(5).toString('hex')}`;
  await asAdmin((client) =>
    client.query(
      options.empty
        ? `CREATE DATABASE ${name} OWNER ${LOGIN}`
        : `CREATE DATABASE ${name} OWNER ${LOGIN} TEMPLATE ${TEMPLATE} STRATEGY FILE_COPY`,
    ),
  );
  const pool = new pg.Pool({
    connectionString: adminUrl(name),
    max: 2,
    options: '-c search_path=billing,public',
  });
  return {
    name,
    url: databaseUrl(name),
    query: async (sql, parameters) => (await pool.query(sql, parameters)).rows as Record<string, unknown>[],
    drop: async () => {
      await pool.end();
      await asAdmin(async (client) => {
        await nobodyIn(client, name);
        await client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      });
    },
  };
}
