import { ENTITIES } from '../../src/entities.js';
import type { Caller } from '../../src/platform/context.js';
import { EnvironmentRow } from '../../src/platform/database/columns.js';
import { insertRows, readMany } from '../../src/platform/database/rows.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { startTestApp, type TestApp } from '../support/test-app.js';

const ROWS = ENTITIES.filter(
  (entity) => entity.prototype instanceof EnvironmentRow,
) as (new () => EnvironmentRow)[];

class RollBack extends Error {}

/** Large sets of rows are read and inserted past TypeORM: nothing may be lost or changed by that. */
describe('rows of entities', () => {
  let server: TestApp;
  let caller: Caller;
  beforeAll(async () => {
    server = await startTestApp();
    const { tenantId, environmentId } = server.tenant;
    caller = { scope: { tenantId, environmentId }, actor: 'test', requestId: 'test' };
    await history(server);
  });
  afterAll(async () => {
    await server.stop();
  });

  it('are read as TypeORM reads them', async () => {
    const read = await server.app.get(UnitOfWork, { strict: false }).run(caller, async ({ em }) => {
      const found = new Set<string>();
      for (const entity of ROWS) {
        const query = () => em.createQueryBuilder(entity, 'row').orderBy('row.id');
        const theirs = await query().getMany();
        const ours = await readMany(query());
        expect(ours).toStrictEqual(theirs);
        if (theirs.length > 0) found.add(entity.name);
      }
      return found;
    });
    for (const name of [
      'InvoiceEntity',
      'InvoiceLineItemEntity',
      'SubscriptionEntity',
      'WalletEntity',
      'PriceEntity',
    ])
      expect(read).toContain(name);
  });

  it('are inserted whole', async () => {
    const uow = server.app.get(UnitOfWork, { strict: false });
    let compared = 0;
    // Rows of a ledger and of the audit trail cannot be taken away, so they cannot be put back.
    const kept = ['WalletTransactionEntity', 'AuditEntryEntity'];
    for (const entity of ROWS.filter(({ name }) => !kept.includes(name)))
      await uow
        .run(caller, async ({ em }) => {
          const query = () => em.createQueryBuilder(entity, 'row').orderBy('row.id');
          const before = await query().getMany();
          await em.createQueryBuilder().delete().from(entity).where('true').execute();
          await insertRows(em, entity, before);
          expect(await query().getMany()).toStrictEqual(before);
          compared += before.length;
          throw new RollBack();
        })
        .catch((error: unknown) => {
          if (!(error instanceof RollBack)) throw error;
        });
    expect(compared).toBeGreaterThan(20);
  });

  it('keep texts that look like array literals, JSON and nothing', async () => {
    const { api } = server;
    const metadata = { a: '{}', b: '"quoted", \\back\\', c: 'NULL', d: '', e: 'ümläut 🎈\n' };
    const customer = await api.create('/customers', {
      external_id: '{"a",NULL}',
      name: 'NULL',
      metadata,
    });
    expect(await api.get(`/customers/${customer.id}`)).toMatchObject({
      external_id: '{"a",NULL}',
      name: 'NULL',
      metadata,
    });
  });
});

/** Something in as many tables as a few calls reach. */
async function history({ api }: TestApp): Promise<void> {
  const feature = await api.create('/features', {
    name: 'Calls',
    type: 'metered',
    meter: { name: 'Calls', event_name: 'call', aggregation: { type: 'SUM', field: 'n' } },
  });
  const plan = await api.create('/plans', { name: 'Pro', metadata: { tier: 'top' } });
  const price = {
    entity_type: 'PLAN',
    entity_id: plan.id,
    billing_period: 'MONTHLY',
    price_unit_type: 'FIAT',
    currency: 'usd',
  };
  await api.create('/prices', {
    ...price,
    billing_model: 'FLAT_FEE',
    type: 'FIXED',
    invoice_cadence: 'ADVANCE',
    amount: '9.99',
  });
  await api.create('/prices', {
    ...price,
    billing_model: 'TIERED',
    tier_mode: 'SLAB',
    type: 'USAGE',
    invoice_cadence: 'ARREAR',
    meter_id: feature.meter_id,
    tiers: [
      { up_to: 10, unit_amount: '0.001' },
      { unit_amount: '0.0005', flat_amount: '1' },
    ],
  });
  const customer = await api.create('/customers', { external_id: 'a', name: 'A', email: 'a@example.test' });
  await api.post('/wallets', {
    customer_id: customer.id,
    currency: 'usd',
    initial_credits_to_load: '3',
    config: { allowed_price_types: ['USAGE', 'FIXED'] },
  });
  await api.create('/subscriptions', { customer_id: customer.id, plan_id: plan.id });
  await api.create('/invoices', {
    customer_id: customer.id,
    currency: 'usd',
    amount_due: '7',
    line_items: [{ display_name: 'Setup', amount: '7', quantity: '1' }],
  });
}
