import pg from 'pg';
import { migrations } from '../../migrations/index.js';
import { migrateDatabase } from '../../src/billing.module.js';
import { startCluster, type Cluster } from '../support/cluster.js';

/** What a Postgres may be like that is not ours. Roles belong to a whole cluster, so each of these has one of its own. */
describe('a Postgres of other people', () => {
  let cluster: Cluster;
  beforeEach(async () => {
    cluster = await startCluster();
  });
  afterEach(async () => {
    await cluster.stop();
  });

  async function query(url: string, ...statements: string[]): Promise<void> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }

  it('lets a login role that is no superuser make the roles that it acts as: from Postgres 16 on it is not let in by having made them', async () => {
    await query(
      cluster.url('postgres'),
      'CREATE ROLE master LOGIN CREATEROLE',
      'CREATE DATABASE shop OWNER master',
    );
    const url = cluster.url('shop', 'master');
    await expect(migrateDatabase({ url })).resolves.toHaveLength(migrations.length);
    await query(url, 'SET ROLE flexprice_app');
    await query(url, 'SET ROLE flexprice_system');
    await expect(migrateDatabase({ url })).resolves.toEqual([]);
  });

  it('lets one that may make none do the rest, when it has been told what an administrator has to do', async () => {
    const admin = cluster.url('postgres');
    await query(admin, 'CREATE ROLE plain LOGIN', 'CREATE DATABASE shop OWNER plain');
    const url = cluster.url('shop', 'plain');
    const refused =
      /the login role plain may not act as flexprice_app and flexprice_system.*docs\/operations\/database\.md/;
    await expect(migrateDatabase({ url })).rejects.toThrow(refused);
    await query(
      admin,
      'CREATE ROLE flexprice_app NOLOGIN NOBYPASSRLS',
      'CREATE ROLE flexprice_system NOLOGIN NOBYPASSRLS',
    );
    await expect(migrateDatabase({ url })).rejects.toThrow(refused);
    await query(admin, 'GRANT flexprice_app, flexprice_system TO plain');
    await expect(migrateDatabase({ url })).resolves.toHaveLength(migrations.length);
  });

  it('is refused where texts are no UTF-8, or times are written as the driver cannot read them', async () => {
    await query(
      cluster.url('postgres'),
      `CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C'`,
      'CREATE DATABASE times',
      `ALTER DATABASE times SET datestyle = 'SQL, DMY'`,
    );
    await expect(migrateDatabase({ url: cluster.url('bytes') })).rejects.toThrow(
      'a database with the encoding UTF8, not SQL_ASCII',
    );
    await expect(migrateDatabase({ url: cluster.url('times') })).rejects.toThrow(
      'the DateStyle ISO, not SQL, DMY',
    );
  });
});
