import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { readJson } from '../exact-json.js';
import { ListenedClient } from './listened-client.js';
import { SnakeCaseNaming } from './naming.strategy.js';
import { checkRequirements } from './requirements.js';
import { prepareRoles } from './roles.js';

/** Name of our TypeORM data source, so that a host application's own default one is left alone. */
export const DATA_SOURCE = 'flexprice';

/** All our tables live in a schema of their own, beside whatever else the database holds. */
export const SCHEMA = 'billing';

export interface DatabaseOptions {
  /** `postgres://…`. The login role must own the schema, or be allowed to create it. */
  readonly url: string;
  /** Connections of this process. Default 10. */
  readonly poolSize?: number;
}

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
    namingStrategy: new SnakeCaseNaming(),
    synchronize: false,
    poolSize: database.poolSize ?? 10,
    installExtensions: false,
    // Statements that are asked without waiting for the one before go to the database together.
    extra: {
      application_name: 'flexprice-nest',
      pipeline: true,
      types: { getTypeParser },
      Client: ListenedClient,
    },
  };
}

const { JSONB } = pg.types.builtins;

/** The driver's own, but for JSON: it would round the numbers that Postgres keeps. */
const getTypeParser: typeof pg.types.getTypeParser = (id, format): unknown =>
  id === JSONB ? readJson : pg.types.getTypeParser(id, format);

const MIGRATION_LOCK = 7_300_211;

/** Brings the schema up to date. Safe to call from several processes at once: one migrates, the others wait. */
export async function migrate(options: DataSourceOptions): Promise<readonly string[]> {
  const dataSource = await new DataSource(options).initialize();
  const runner = dataSource.createQueryRunner();
  try {
    await checkRequirements(runner);
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await runner.query(`CREATE SCHEMA IF NOT EXISTS ${SCHEMA}`);
    await prepareRoles(runner);
    const done = await dataSource.runMigrations();
    return done.map((migration) => migration.name);
  } finally {
    // Ends the session, and with it the advisory lock.
    await runner.release();
    await dataSource.destroy();
  }
}
