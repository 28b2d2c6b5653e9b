import pg from 'pg';
import { migrations } from '../../migrations/index.js';
import { migrateDatabase } from '../../src/billing.module.js';
import { startCluster, type Cluster } from '../support/cluster.js';

/** What a managed Postgres hands out. Roles belong to a whole cluster, so each of these has one of its own. */
describe('a login role that is no superuser', () => {
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

  it('makes the roles that it acts as, where it may: from Postgres 16 on it is not let in by having made them', async () => {
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

  it('is told what an administrator has to do where it may not, and does the rest then', async () => {
    const admin = cluster.url('postgres');
    await query(admin, 'CREATE ROLE plain LOGIN', 'CREATE DATABASE shop OWNER plain');
    const url = cluster.url('shop', 'plain');
    const refused =
      /the login role plain may not act as flexprice_app and flexprice_system.*docs\/operations\.md/;
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
});
