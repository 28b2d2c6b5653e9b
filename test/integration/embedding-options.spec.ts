import { Controller, Get, Module, VersioningType, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import {
  BILLING_ENTITIES,
  BillingModule,
  billingMigrations,
  CustomersService,
  migrateDatabase,
  TenancyService,
  UnitOfWork,
  type BillingOptions,
  type BillingWiring,
  type Requester,
} from '../../src/index.js';
import { StripeModule } from '../../src/providers/stripe/stripe.module.js';
import { startSandbox } from '../../src/sandbox/index.js';
import type { NewTenant } from '../../src/tenancy/tenancy.service.js';
import { ApiClient } from '../support/api-client.js';
import { stripeHeaders } from '../support/stripe-webhook.js';
import { createDatabase, type TestDatabase } from '../support/test-database.js';

const secretKeys = [{ id: 'k1', key: Buffer.alloc(32, 7) }];

@Controller('shop')
class ShopController {
  @Get()
  open(): object {
    return { open: true };
  }
}

interface Host {
  readonly app: NestFastifyApplication;
  readonly url: string;
  readonly tenant: NewTenant;
}

describe('the options of an embedding application', () => {
  let database: TestDatabase;
  const running: NestFastifyApplication[] = [];
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterEach(async () => {
    for (const app of running.splice(0)) await app.close();
  });
  afterAll(() => database.drop());

  async function start(
    options: Partial<BillingOptions> & BillingWiring,
    { prefix, versions = false }: { prefix?: string; versions?: boolean } = {},
  ): Promise<Host> {
    return startWith(
      BillingModule.forRoot({ database: { url: database.url }, secretKeys, ...options }),
      prefix,
      versions,
    );
  }

  async function startWith(billing: DynamicModule, prefix?: string, versions = false): Promise<Host> {
    @Module({ imports: [billing], controllers: [ShopController] })
    class HostModule {}
    const app = await NestFactory.create<NestFastifyApplication>(HostModule, new FastifyAdapter(), {
      rawBody: true,
      logger: false,
      abortOnError: false,
    });
    running.push(app);
    if (prefix !== undefined) app.setGlobalPrefix(prefix);
    if (versions) app.enableVersioning({ type: VersioningType.URI, defaultVersion: '7' });
    await app.listen(0, '127.0.0.1');
    const tenant = await app
      .get(TenancyService, { strict: false })
      .createTenant({ name: 'Host', environmentName: 'test', kind: 'test' });
    return { app, url: await app.getUrl(), tenant };
  }

  const withKey = ({ tenant }: Host) => ({ headers: { 'x-api-key': tenant.apiKey } });
  const statusOf = async (url: string, init?: RequestInit) => (await fetch(url, init)).status;

  it('http: false serves no routes, and the services work', async () => {
    const host = await start({ http: false });
    expect(await statusOf(`${host.url}/shop`)).toBe(200);
    expect(await statusOf(`${host.url}/v1/environments`, withKey(host))).toBe(404);
    const caller = { scope: host.tenant, actor: 'shop', requestId: 'r1' };
    const { id } = await host.app
      .get(UnitOfWork)
      .run(caller, (ctx) =>
        host.app.get(CustomersService).create(ctx, { externalId: 'g', name: 'G', metadata: {} }),
      );
    expect(id).toMatch(/^cust_/);
  });

  it('prefix takes the place of v1, and its alias goes with it', async () => {
    const host = await start({ prefix: '/billing/' });
    expect(await statusOf(`${host.url}/billing/environments`, withKey(host))).toBe(200);
    expect(await statusOf(`${host.url}/v1/environments`, withKey(host))).toBe(404);
    expect(await statusOf(`${host.url}/api/v1/environments`, withKey(host))).toBe(404);
    expect(() => BillingModule.forRoot({ database: { url: '' }, secretKeys, prefix: ':id' })).toThrow(
      'prefix must be a path',
    );
  });

  it('gives providers the address of webhooks that is mounted, whatever comes before it', async () => {
    const sandbox = await startSandbox();
    try {
      const host = await start(
        {
          prefix: 'billing',
          providerModules: [StripeModule],
          publicUrl: 'https://shop.example/',
          providers: { baseUrls: { stripe: sandbox.stripe.url } },
        },
        { prefix: 'internal', versions: true },
      );
      expect(await statusOf(`${host.url}/internal/v7/shop`)).toBe(200);
      const made = await fetch(`${host.url}/internal/billing/connections`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-api-key': host.tenant.apiKey },
        body: JSON.stringify({
          provider: 'stripe',
          name: 'Stripe',
          metadata: { secret_key: 'sk_test_0123456789abcdef', webhook_secret: 'whsec_here0123456789abcdef' },
        }),
      });
      const { webhook_url: address } = (await made.json()) as { webhook_url: string };
      const { tenantId, environmentId } = host.tenant;
      expect(address).toBe(
        `https://shop.example/internal/billing/webhooks/stripe/${tenantId}/${environmentId}`,
      );
      const body = JSON.stringify({ id: 'evt_1', object: 'event', type: 'ping', created: 1, data: {} });
      const here = address.replace('https://shop.example', host.url);
      expect(
        await statusOf(here, {
          method: 'POST',
          headers: stripeHeaders(body, 'whsec_here0123456789abcdef'),
          body,
        }),
      ).toBe(200);
    } finally {
      await sandbox.stop();
    }
  });

  it('guard decides in place of API keys', async () => {
    const known = new Map<string, Requester>();
    const guard = ({ headers }: { headers: Record<string, string> }): Requester | undefined =>
      known.get(headers['x-user'] ?? '');
    const host = await start({ guard });
    const { tenantId, environmentId } = host.tenant;
    known.set('ann', { tenantId, environmentId, actor: 'user:ann' });
    known.set('bob', { tenantId, environmentId, actor: 'user:bob', grants: ['customers:read'] });
    known.set('eve', { tenantId, environmentId: 'env_of_nobody' });
    const send = async (user: string, method: string, body?: object) => {
      const answer = await fetch(`${host.url}/v1/customers${method === 'GET' ? '/external/a' : ''}`, {
        method,
        headers: { 'x-user': user, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    };
    expect(await send('ann', 'POST', { external_id: 'a', name: 'A' })).toMatchObject({
      status: 201,
      body: { created_by: 'user:ann' },
    });
    expect((await send('bob', 'GET')).status).toBe(200);
    expect(await send('bob', 'POST', { external_id: 'b', name: 'B' })).toMatchObject({
      status: 403,
      body: { error: { details: { missing_permission: 'customers:write' } } },
    });
    expect((await send('eve', 'GET')).status).toBe(401);
    expect((await send('nobody', 'GET')).status).toBe(401);
    expect(await statusOf(`${host.url}/v1/environments`, withKey(host))).toBe(401);
  });

  it('features without integrations bill, and refuse what needs a provider', async () => {
    const host = await start({ features: ['billing'], worker: false });
    const api = new ApiClient(host.url, host.tenant.apiKey);
    const customer = await api.create('/customers', { external_id: 'c', name: 'C' });
    expect((await api.send('GET', '/connections')).status).toBe(404);
    const invoice = await api.create('/invoices', {
      customer_id: customer.id,
      currency: 'usd',
      amount_due: '25',
      line_items: [{ display_name: 'Work', amount: '25', quantity: '1' }],
      invoice_status: 'FINALIZED',
    });
    const pay = {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      amount: '25',
      currency: 'usd',
    };
    expect(await api.send('POST', '/payments', { ...pay, payment_method_type: 'CARD' })).toMatchObject({
      status: 501,
      body: { code: 'not_implemented' },
    });
    const payment = await api.create('/payments', { ...pay, payment_method_type: 'OFFLINE' });
    expect(await api.get(`/invoices/${invoice.id}`)).toMatchObject({ payment_status: 'SUCCEEDED' });
    expect(await api.create(`/payments/${payment.id}/refunds`, { amount: '5' })).toMatchObject({
      amount: '5',
    });
  });

  it('refuses features that it does not have, by name', () => {
    const withFeatures = (features: string[]) => () =>
      BillingModule.forRoot({ database: { url: '' }, secretKeys, features: features as 'billing'[] });
    expect(withFeatures(['billing', 'dunning'])).toThrow(
      'unknown features: dunning. There are billing and integrations',
    );
    expect(withFeatures(['integrations'])).toThrow('the feature billing is missing');
  });

  describe('with a data source of the host', () => {
    @Entity('orders')
    class Order {
      @PrimaryColumn({ type: 'text' })
      id!: string;

      @Column({ type: 'jsonb' })
      shippingAddress!: object;

      @Column({ type: 'bigint' })
      weight!: number;
    }

    let empty: TestDatabase;
    let source: DataSource;
    beforeEach(async () => {
      empty = await createDatabase({ empty: true });
    });
    afterEach(async () => {
      if (source.isInitialized) await source.destroy();
      await empty.drop();
    });
    const connect = async (options: object) => {
      const { hostname, port, username, password, pathname } = new URL(empty.url);
      source = await new DataSource({
        type: 'postgres',
        host: hostname,
        port: Number(port),
        username,
        password,
        database: pathname.slice(1),
        schema: 'public',
        synchronize: true,
        poolSize: 3,
        ...options,
      }).initialize();
    };

    it('works on its pool, and leaves its settings, its tables and its reading alone', async () => {
      await connect({ entities: [Order, ...BILLING_ENTITIES] });
      expect((await migrateDatabase(source)).length).toBeGreaterThan(30);
      const host = await start({ database: source });
      const api = new ApiClient(host.url, host.tenant.apiKey);
      await api.create('/customers', { external_id: 'c', name: 'C', metadata: { a: 'b' } });
      const orders = source.getRepository(Order);
      // More digits than a double has: the host reads them as it always has.
      await source.query(
        `INSERT INTO orders (id, "shippingAddress", weight) VALUES ('o1', '{"zip": 12345678901234567890}', 5)`,
      );
      expect(await orders.findOneByOrFail({ id: 'o1' })).toEqual({
        id: 'o1',
        shippingAddress: { zip: 12345678901234567000 },
        weight: '5',
      });
      const [{ path, role }] = await source.query<[{ path: string; role: string }]>(
        `SELECT current_setting('search_path') AS path, current_user AS role`,
      );
      expect([path, role]).not.toContain('flexprice_app');
      await host.app.close();
      expect(source.isInitialized).toBe(true);
    });

    it('runs our migrations among the host’s own', async () => {
      await connect({
        entities: [Order, ...BILLING_ENTITIES],
        migrations: [...billingMigrations],
      });
      expect((await source.runMigrations()).length).toBe(billingMigrations.length);
      const host = await start({ database: source });
      expect(await statusOf(`${host.url}/v1/environments`, withKey(host))).toBe(200);
    });

    it('says which entities are missing', async () => {
      await connect({ entities: [Order] });
      await expect(start({ database: source })).rejects.toThrow('add ...BILLING_ENTITIES to its entities');
    });

    it('is injected where Nest has made it', async () => {
      await connect({ entities: [Order, ...BILLING_ENTITIES] });
      await migrateDatabase(source);
      @Module({ providers: [{ provide: DataSource, useValue: source }], exports: [DataSource] })
      class HostDatabase {}
      const host = await startWith(
        BillingModule.forRootAsync({
          imports: [HostDatabase],
          inject: [DataSource],
          useFactory: (given: DataSource) => ({ database: given, secretKeys }),
        }),
      );
      expect(host.app.get(UnitOfWork)).toBeDefined();
      expect(await statusOf(`${host.url}/v1/environments`, withKey(host))).toBe(200);
    });
  });
});
