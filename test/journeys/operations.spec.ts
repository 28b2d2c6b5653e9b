import { migrateDatabase } from '../../src/billing.module.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

/** What an operator relies on: health, bounds on time, and versions that do not mix. */
describe('operations', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startTestApp({
      worker: { enabled: false },
      databaseTimeouts: { statementTimeoutMs: 1_000, lockTimeoutMs: 200 },
    });
  });
  afterAll(async () => {
    await server.stop();
  });

  const caller = () => {
    const { tenantId, environmentId } = server.tenant;
    return { scope: { tenantId, environmentId }, actor: 'test', requestId: 'test' };
  };

  it('tells a supervisor that it lives, and a load balancer that it can work, without a key', async () => {
    for (const [path, body] of [
      ['/health', { status: 'ok', database: 'ok' }],
      ['/health/ready', { status: 'ok', database: 'ok' }],
      ['/health/live', { status: 'ok' }],
    ] as const) {
      const answer = await fetch(`${server.url}${path}`);
      expect([answer.status, await answer.json()]).toEqual([200, body]);
    }
  });

  it('ends a statement that waits for a lock, and answers that it may be tried again', async () => {
    const customer = await server.api.create('/customers', { external_id: 'locked', name: 'Locked' });
    const uow = server.app.get(UnitOfWork, { strict: false });
    let release = (): void => undefined;
    const isReleased = new Promise<void>((resolve) => (release = resolve));
    let locked = (): void => undefined;
    const isLocked = new Promise<void>((resolve) => (locked = resolve));
    const holding = uow.run(caller(), async ({ em }) => {
      await em.query('SELECT 1 FROM customers WHERE id = $1 FOR UPDATE', [customer.id]);
      locked();
      await isReleased;
    });
    await isLocked;
    const { status, body } = await server.api.send('PUT', `/customers/${customer.id}`, { name: 'Later' });
    release();
    await holding;
    expect([status, body.error.code]).toEqual([503, 'service_unavailable']);
    await server.api.put(`/customers/${customer.id}`, { name: 'Later' });
  });

  it('ends a statement that takes too long', async () => {
    const uow = server.app.get(UnitOfWork, { strict: false });
    const slow = uow.read(caller(), ({ em }) => em.query('SELECT pg_sleep(30)'));
    await expect(slow).rejects.toThrow('statement timeout');
  });

  it('does not start on a database that a newer version has migrated', async () => {
    const { database } = server;
    await database.query(
      `INSERT INTO billing.schema_migrations (timestamp, name) VALUES (9999999999999, 'OfTheFuture9999999999999')`,
    );
    await expect(migrateDatabase({ url: database.url })).rejects.toThrow(
      'migrated by a newer version of this software (OfTheFuture9999999999999): start that version',
    );
    await database.query(`DELETE FROM billing.schema_migrations WHERE name = 'OfTheFuture9999999999999'`);
    expect(await migrateDatabase({ url: database.url })).toEqual([]);
  });
});
