import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import type { ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/test-app.js';
import type { NewTenant } from '../../src/tenancy/tenancy.service.js';

describe('tenants are kept apart', () => {
  let server: TestApp;
  let other: { tenant: NewTenant; api: ApiClient };
  let uow: UnitOfWork;
  const callerOf = (tenant: NewTenant) => ({
    scope: { tenantId: tenant.tenantId, environmentId: tenant.environmentId },
    actor: 'test',
    requestId: 'test',
  });

  beforeAll(async () => {
    server = await startTestApp();
    other = await server.anotherTenant();
    uow = server.app.get(UnitOfWork, { strict: false });
  });
  afterAll(async () => {
    await server.stop();
  });

  it('shows a query that forgot its condition only the rows of its own scope', async () => {
    const mine = await server.api.create('/customers', { external_id: 'shared-name', name: 'Mine' });
    const theirs = await other.api.create('/customers', { external_id: 'shared-name', name: 'Theirs' });
    const all = 'SELECT id FROM customers ORDER BY id';
    expect(await uow.run(callerOf(server.tenant), (ctx) => ctx.em.query(all))).toEqual([{ id: mine.id }]);
    expect(await uow.run(callerOf(other.tenant), (ctx) => ctx.em.query(all))).toEqual([{ id: theirs.id }]);
    expect(await server.database.query(all)).toHaveLength(2);
  });

  it('lets nobody write, move or delete a row of another scope', async () => {
    const theirs = await other.api.create('/customers', { external_id: 'untouchable', name: 'Theirs' });
    const caller = callerOf(server.tenant);
    const run = (sql: string, values: unknown[]) => uow.run(caller, (ctx) => ctx.em.query(sql, values));
    expect(await run('UPDATE customers SET name = $1 WHERE id = $2 RETURNING id', ['x', theirs.id])).toEqual([
      [],
      0,
    ]);
    expect(await run('DELETE FROM customers WHERE id = $1', [theirs.id])).toEqual([[], 0]);
    const mine = await server.api.create('/customers', { external_id: 'mine', name: 'Mine' });
    await expect(
      run('UPDATE customers SET tenant_id = $1 WHERE id = $2', [other.tenant.tenantId, mine.id]),
    ).rejects.toThrow('row-level security');
    await expect(
      run(
        `INSERT INTO audit_entries (id, tenant_id, environment_id, actor, request_id, action, entity_type, entity_id,
                                    created_at, updated_at)
         VALUES ('audit_x', $1, $2, '', '', '', '', '', now(), now())`,
        [other.tenant.tenantId, other.tenant.environmentId],
      ),
    ).rejects.toThrow('row-level security');
    expect(await server.database.query('SELECT name FROM customers WHERE id = $1', [theirs.id])).toEqual([
      { name: 'Theirs' },
    ]);
  });

  it('keeps the system role away from what belongs to tenants', async () => {
    await expect(uow.runSystem((em) => em.query('SELECT * FROM customers'))).rejects.toThrow(
      'permission denied',
    );
    await expect(uow.runSystem((em) => em.query('SELECT * FROM invoices'))).rejects.toThrow(
      'permission denied',
    );
    await expect(uow.runSystem((em) => em.query(`UPDATE api_keys SET key_hash = 'x'`))).rejects.toThrow(
      'permission denied',
    );
  });

  it('forgets the scope with the transaction', async () => {
    await uow.run(callerOf(server.tenant), (ctx) => Promise.resolve(ctx.now));
    // The pool hands the same connections out again; the owner sees all, a scoped role without scope nothing.
    const rows = await uow.runSystem((em) =>
      em.query(`SELECT current_setting('app.tenant_id', true) AS tenant`),
    );
    expect(rows).toEqual([{ tenant: '' }]);
  });

  it('refuses a scope that is no id, before any SQL is made of it', () => {
    const scope = { tenantId: `x'; DROP TABLE billing.jobs; --`, environmentId: 'y' };
    expect(() => uow.run({ scope, actor: 'test', requestId: 'test' }, () => Promise.resolve())).toThrow(
      'malformed scope',
    );
  });

  it('answers 404 for every id of another tenant, and changes nothing', async () => {
    const customer = await other.api.create('/customers', {
      external_id: 'foreign',
      name: 'Foreign',
      email: 'f@x.test',
    });
    const plan = await other.api.create('/plans', {
      name: 'Foreign',
      prices: [{ pricing_model: 'flat', unit_price: 5, currency: 'eur', billing_period: 'monthly' }],
    });
    const subscription = await other.api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
    });
    const invoice = subscription.latest_invoice;
    const { api } = server;
    const attempts: [string, string, unknown?][] = [
      ['GET', `/customers/${customer.id}`],
      ['GET', '/customers/external/foreign'],
      ['PUT', `/customers/${customer.id}`, { name: 'taken' }],
      ['PUT', `/customers?id=${customer.id}`, { name: 'taken' }],
      ['DELETE', `/customers/${customer.id}`],
      ['GET', `/customers/${customer.id}/integrations`],
      ['GET', `/plans/${plan.id}`],
      ['PUT', `/plans/${plan.id}`, { name: 'taken' }],
      ['DELETE', `/plans/${plan.id}`],
      ['GET', `/prices/${plan.prices[0].id}`],
      ['GET', `/subscriptions/${subscription.id}`],
      ['POST', `/subscriptions/${subscription.id}/cancel`, { cancellation_type: 'immediate' }],
      ['POST', '/subscriptions', { customer_id: customer.id, plan_id: plan.id }],
      ['GET', `/invoices/${invoice.id}`],
      ['POST', `/invoices/${invoice.id}/finalize`, {}],
      ['POST', `/invoices/${invoice.id}/void`, {}],
      ['PUT', `/invoices/${invoice.id}/payment`, { payment_status: 'SUCCEEDED' }],
      ['PUT', `/invoices/${invoice.id}`, { metadata: { taken: 'yes' } }],
      ['GET', `/invoices/${invoice.id}/pdf`],
      ['POST', `/invoices/${invoice.id}/recalculate`, {}],
      ['POST', `/invoices/${invoice.id}/recalculate-v2`, {}],
      ['POST', `/invoices/${invoice.id}/comms/trigger`, {}],
      ['POST', `/invoices/${invoice.id}/payment/attempt`, {}],
      ['POST', '/invoices/preview', { subscription_id: subscription.id }],
      ['POST', '/creditnotes', { invoice_id: invoice.id, reason: 'DUPLICATE' }],
      ['GET', `/customers/${customer.id}/invoices/summary`],
      ['POST', '/invoices', { customer_id: customer.id, currency: 'eur', amount_due: '1' }],
      ['GET', `/tenants/${other.tenant.tenantId}`],
      ['GET', `/environments/${other.tenant.environmentId}`],
      ['POST', `/environments/${other.tenant.environmentId}/clock/advance`, { by_seconds: 60 }],
    ];
    for (const [method, path, body] of attempts) {
      const answer = await api.send(method, path, body);
      expect({ method, path, status: answer.status, code: answer.body.code }).toEqual({
        method,
        path,
        status: 404,
        code: 'not_found',
      });
    }
    expect((await other.api.get(`/customers/${customer.id}`)).name).toBe('Foreign');
    expect((await other.api.get(`/invoices/${invoice.id}`)).payment_status).toBe('PENDING');
    expect((await other.api.get(`/subscriptions/${subscription.id}`)).subscription_status).toBe('active');
  });
});
