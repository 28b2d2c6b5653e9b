import pg from 'pg';
import { DataSource, type DataSourceOptions, type QueryRunner } from 'typeorm';
import { readJson } from '../exact-json.js';
import { ListenedClient } from './listened-client.js';
import { checkRequirements } from './requirements.js';
import { prepareRoles } from './roles.js';

/**
 * Injection token of the data source that billing works with: what `@InjectDataSource('flexprice')` asks for. A host's own
 * default one is left alone.
 */
export const DATA_SOURCE = 'flexpriceDataSource';

/** All our tables live in a schema of their own, beside whatever else the database holds. */
export const SCHEMA = 'billing';

export interface DatabaseOptions {
  /** `postgres://…`. The login role must own the schema, or be allowed to create it. */
  readonly url: string;
  /** Connections of this process. Default 10. */
  readonly poolSize?: number;
  /** A statement that takes longer is ended, and its request answered with 503. Default 120,000; 0: none. */
  readonly statementTimeoutMs?: number;
  /** The same for a statement that waits for a lock. Default 30,000; 0: none. */
  readonly lockTimeoutMs?: number;
}

export const STATEMENT_TIMEOUT_MS = 120_000;
export const LOCK_TIMEOUT_MS = 30_000;
/** How long a unit of work waits for a connection of the pool, or for the database to accept one. */
const CONNECTION_TIMEOUT_MS = 30_000;

/** True for a data source of a host; false for settings of one of our own. */
export const isDataSource = (database: DatabaseOptions | DataSource): database is DataSource =>
  'entityMetadatas' in database;

export function dataSourceOptions(
  database: DatabaseOptions,
  entities: readonly (abstract new () => unknown)[],
  migrations: readonly (new () => unknown)[],
): DataSourceOptions {
  return {
    type: 'postgres',
    url: database.url,
    schema: SCHEMA,
    entities: [...entities] as (new () => unknown)[],
    migrations: [...migrations],
    migrationsTableName: 'schema_migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    poolSize: database.poolSize ?? 10,
    installExtensions: false,
    extra: {
      ...EXTRA,
      statement_timeout: database.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
      lock_timeout: database.lockTimeoutMs ?? LOCK_TIMEOUT_MS,
      connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    },
  };
}

const { INT8, JSONB, NUMERIC, TIMESTAMPTZ } = pg.types.builtins;
type TypeId = Parameters<typeof pg.types.getTypeParser>[0];
const asText = (value: string): string => value;

/**
 * How values are read. The driver would round the numbers in JSON that Postgres keeps; and a host may have told the driver,
 * for the whole process, to read others in its own way.
 */
const PARSERS = new Map<TypeId, (value: string) => unknown>([
  [JSONB, readJson],
  [INT8, asText],
  [NUMERIC, asText],
  [TIMESTAMPTZ, pg.types.getTypeParser(TIMESTAMPTZ) as (value: string) => unknown],
]);

const getTypeParser: typeof pg.types.getTypeParser = (id, format): unknown =>
  (format === 'binary' ? undefined : PARSERS.get(id)) ?? pg.types.getTypeParser(id, format);

const EXTRA = {
  application_name: 'flexprice-nest',
  // Statements that are asked without waiting for the one before go to the database together.
  pipeline: true,
  types: { getTypeParser },
  Client: ListenedClient,
};

/** How our migrations run where a host's data source says how its database is reached. */
export function migrationOptions(
  host: DataSource,
  migrations: readonly (new () => unknown)[],
): DataSourceOptions {
  const { options } = host;
  if (options.type !== 'postgres')
    throw new Error(`billing needs Postgres: the data source is of the type ${options.type}`);
  const { url, host: name, port, username, password, database, ssl, logger, logging } = options;
  const extra = options.extra as object | undefined;
  const reached = { url, host: name, port, username, password, database, ssl, logger, logging };
  return {
    ...dataSourceOptions({ url: '' }, [], migrations),
    ...Object.fromEntries(Object.entries(reached).filter(([, value]) => value !== undefined)),
    extra: { ...extra, ...EXTRA },
    poolSize: 2,
  } as DataSourceOptions;
}

/** False for a data source of a host. */
export const isOurs = ({ options }: DataSource): boolean =>
  (options.extra as { Client?: unknown } | undefined)?.Client === ListenedClient;

/** How a connection of its own is made to the database of a data source, with what its pool is made with. */
export function clientConfig({ driver }: DataSource): pg.ClientConfig {
  const { master } = driver as unknown as { master: { options: pg.ClientConfig } };
  const { Client: _client, ...config } = master.options as pg.ClientConfig & { Client?: unknown };
  // The pool keeps it from being enumerated.
  const { password } = master.options;
  return password === undefined ? config : { ...config, password };
}

/**
 * Lets a connection of a host's pool read values as ours do, for as long as billing works with it. Answers what gives it
 * back.
 */
export function borrow(client: pg.ClientBase): () => void {
  const before = [...PARSERS].map(([id, parser]) => {
    const theirs = client.getTypeParser(id, 'text') as (value: string) => unknown;
    client.setTypeParser(id, parser);
    return [id, theirs] as const;
  });
  return () => {
    for (const [id, theirs] of before) client.setTypeParser(id, theirs);
  };
}

const MIGRATION_LOCK = 7_300_211;

/** Brings the schema up to date. Safe to call from several processes at once: one migrates, the others wait. */
export async function migrate(options: DataSourceOptions): Promise<readonly string[]> {
  // A change of a large table takes as long as it takes.
  const extra = { ...(options.extra as object), statement_timeout: 0, lock_timeout: 0 };
  const dataSource = await new DataSource({ ...options, extra }).initialize();
  const runner = dataSource.createQueryRunner();
  try {
    await checkRequirements(runner);
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await runner.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);
    await prepareRoles(runner);
    await refuseNewerSchema(dataSource, runner);
    const done = await dataSource.runMigrations();
    return done.map((migration) => migration.name);
  } finally {
    // Ends the session, and with it the advisory lock.
    await runner.release();
    await dataSource.destroy();
  }
}

/** An older version of the software would write what a newer one does not expect, and read what it does not know. */
async function refuseNewerSchema({ migrations }: DataSource, runner: QueryRunner): Promise<void> {
  const [found] = (await runner.query(`SELECT to_regclass('${SCHEMA}.schema_migrations') AS table`)) as {
    table: string | null;
  }[];
  if (found?.table === null) return;
  const rows = (await runner.query(`SELECT name FROM ${SCHEMA}.schema_migrations ORDER BY id`)) as {
    name: string;
  }[];
  const known = new Set(migrations.map(({ name }) => name));
  const unknown = rows.filter(({ name }) => !known.has(name));
  if (unknown.length > 0)
    throw new Error(
      `the database was migrated by a newer version of this software (${unknown.map(({ name }) => name).join(', ')}): ` +
        'start that version, or restore the backup from before the upgrade',
    );
}
