import { AuditTrail } from '../../src/tenancy/audit-trail.service.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import type { ApiClient } from '../support/api-client.js';

/** Who changed what: written by the database itself, readable by the API, and not to be changed by anybody. */
describe('the audit trail', () => {
  let server: TestApp;
  let api: ApiClient;
  let trail: AuditTrail;
  beforeAll(async () => {
    server = await startTestApp({ worker: { enabled: false } });
    trail = server.app.get(AuditTrail, { strict: false });
  });
  afterAll(async () => {
    await server.stop();
  });
  beforeEach(async () => {
    ({ api } = await server.anotherTenant('live'));
  });

  const entriesOf = async (id: string): Promise<any[]> =>
    (await api.get(`/audit-logs?entity_id=${id}`)).items.reverse();

  it('has an entry for each change, with its actor, its request, and what was before and after', async () => {
    const plan = await api.create('/plans', { name: 'Pro', lookup_key: 'pro' });
    await api.put(`/plans/${plan.id}`, { name: 'Professional' });
    // Nothing changes: nothing is written.
    await api.put(`/plans/${plan.id}`, { name: 'Professional' });
    await api.expect(200, 'DELETE', `/plans/${plan.id}`);
    const entries = await entriesOf(plan.id as string);
    expect(entries.map(({ action }) => action)).toEqual(['plan.created', 'plan.updated', 'plan.updated']);
    const [made, renamed, deleted] = entries;
    expect(made).toMatchObject({
      before: null,
      after: { name: 'Pro', lookup_key: 'pro' },
      entity_type: 'plan',
    });
    expect(renamed).toMatchObject({ before: { name: 'Pro' }, after: { name: 'Professional' } });
    expect(deleted).toMatchObject({ before: { status: 'published' }, after: { status: 'deleted' } });
    expect(new Set(entries.map(({ actor }) => actor)).size).toBe(1);
    expect(made.actor).not.toBe('system');
    expect(made.request_id).toMatch(/^req_/);
  });

  it('writes no secret and no data of a person, only that they changed', async () => {
    const customer = await api.create('/customers', {
      external_id: 'acme',
      name: 'Grace Canary',
      email: 'grace.canary@example.test',
    });
    await api.put(`/customers/${customer.id}`, { email: 'other.canary@example.test' });
    const key = await api.create('/secrets/api/keys', { name: 'second' });
    const entries = [
      ...(await entriesOf(customer.id as string)),
      ...(await entriesOf(key.secret.id as string)),
    ];
    expect(entries.map(({ action }) => action)).toEqual([
      'customer.created',
      'customer.updated',
      'api_key.created',
    ]);
    expect(entries[1]).toMatchObject({ before: { email: '[hidden]' }, after: { email: '[hidden]' } });
    expect(JSON.stringify(entries)).not.toMatch(/canary/i);
    expect(entries[2].after.key_hash).toBe('[hidden]');
  });

  it('bug: settings, whose row has no id, could not be changed', async () => {
    await api.put('/settings/invoices', { due_date_days: 14 });
    const { items } = await api.get('/audit-logs?entity_type=setting');
    expect(items).toHaveLength(1);
  });

  it('is filtered, and read page by page', async () => {
    for (const name of ['A', 'B', 'C']) await api.create('/features', { name, type: 'boolean' });
    const first = await api.get('/audit-logs?entity_type=feature&limit=2');
    const second = await api.get(`/audit-logs?entity_type=feature&limit=2&cursor=${first.next_cursor}`);
    expect([...first.items, ...second.items].map(({ after }: any) => after.name)).toEqual(['C', 'B', 'A']);
    expect(second.next_cursor).toBeNull();
    const [{ actor }] = first.items;
    for (const query of [`actor=${actor}`, 'action=feature.created', 'start_time=2020-01-01T00:00:00Z'])
      expect((await api.get(`/audit-logs?entity_type=feature&${query}`)).items).toHaveLength(3);
    for (const query of ['actor=nobody', 'action=feature.deleted', 'end_time=2020-01-01T00:00:00Z'])
      expect((await api.get(`/audit-logs?entity_type=feature&${query}`)).items).toEqual([]);
  });

  it('cannot be changed or emptied, not even by the owner of the tables', async () => {
    const plan = await api.create('/plans', { name: 'Pro' });
    const [{ id }] = await entriesOf(plan.id as string);
    const refused = 'append-only';
    const { database } = server;
    await expect(
      database.query(`UPDATE billing.audit_entries SET actor = 'nobody' WHERE id = $1`, [id]),
    ).rejects.toThrow(refused);
    await expect(database.query('DELETE FROM billing.audit_entries WHERE id = $1', [id])).rejects.toThrow(
      refused,
    );
    await expect(database.query('TRUNCATE billing.audit_entries')).rejects.toThrow(refused);
    await trail.chain();
    await expect(
      database.query(`UPDATE billing.audit_entries SET hash = 'x' WHERE id = $1`, [id]),
    ).rejects.toThrow(refused);
  });

  it('shows by its hashes what was changed with its triggers off, and what is missing', async () => {
    const plans: any[] = [];
    for (const name of ['A', 'B', 'C', 'D']) plans.push(await api.create('/plans', { name }));
    const ofOurs = async (): Promise<any> => {
      const [row] = await server.database.query(
        'SELECT environment_id AS id FROM billing.audit_entries WHERE entity_id = $1',
        [plans[0].id],
      );
      return (await trail.verify()).find((one) => one.environmentId === row?.id);
    };
    const sound = await ofOurs();
    expect(sound).toMatchObject({ brokenAt: null });
    const positionOf = async (plan: any): Promise<number> => {
      const [row] = await server.database.query(
        'SELECT position::int FROM billing.audit_entries WHERE entity_id = $1',
        [plan.id],
      );
      return Number(row?.position);
    };
    const unguarded = async (sql: string, values: unknown[]): Promise<void> => {
      await server.database.query('ALTER TABLE billing.audit_entries DISABLE TRIGGER USER');
      await server.database.query(sql, values);
      await server.database.query('ALTER TABLE billing.audit_entries ENABLE TRIGGER USER');
    };
    const at = await positionOf(plans[2]);
    await unguarded(`UPDATE billing.audit_entries SET after = '{"name":"Z"}' WHERE entity_id = $1`, [
      plans[2].id,
    ]);
    expect(await ofOurs()).toMatchObject({ brokenAt: at, head: sound.head });
    await unguarded('DELETE FROM billing.audit_entries WHERE entity_id = $1', [plans[1].id]);
    expect(await ofOurs()).toMatchObject({ brokenAt: at });
    expect((await ofOurs()).entries).toBe(sound.entries - 1);
  });

  it('has an entry for every noun that is made through the API', async () => {
    const rows = await server.database.query(
      `SELECT t.tablename AS name FROM pg_tables t
        WHERE t.schemaname = 'billing' AND NOT EXISTS (
          SELECT FROM pg_trigger g WHERE g.tgname = 'audit_trail'
             AND g.tgrelid = format('%I.%I', t.schemaname, t.tablename)::regclass)
          AND t.tablename !~ '^(usage_|webhook_(events|messages|deliveries|attempts)|sync_|idempotency_)'
        ORDER BY t.tablename`,
    );
    expect(rows.map(({ name }) => name)).toEqual(UNAUDITED);
  });
});

/** What has a trail of its own, or is a part of what has one. A new table has to be put here or into the triggers. */
const UNAUDITED = [
  'audit_entries',
  'billing_runs',
  'checkout_sessions',
  'coupon_uses',
  'credit_grant_applications',
  'credit_note_line_items',
  'entity_mappings',
  'environment_clocks',
  'group_members',
  'invoice_adjustments',
  'invoice_coupon_applications',
  'invoice_credit_applications',
  'invoice_line_items',
  'invoice_number_sequences',
  'invoice_tax_applications',
  'jobs',
  'line_credits',
  'outbox_events',
  'payment_allocations',
  'payment_attempts',
  'schema_migrations',
  'wallet_credit_uses',
  'wallet_transactions',
];
