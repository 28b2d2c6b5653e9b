import { Controller, Get, Global, Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  BillingModule,
  CustomersService,
  migrateDatabase,
  TenancyService,
  UnitOfWork,
} from '../../src/index.js';
import { StripeModule } from '../../src/providers/stripe/stripe.module.js';
import type { NewTenant } from '../../src/tenancy/tenancy.service.js';
import { startSandbox, type Sandbox } from '../../src/sandbox/index.js';
import { ApiClient } from '../support/api-client.js';
import { stripeHeaders } from '../support/stripe-webhook.js';
import { createDatabase, type TestDatabase } from '../support/test-database.js';

@Injectable()
class Settings {
  readonly key = Buffer.alloc(32, 7);
  databaseUrl = '';
  stripeUrl = '';
}

@Global()
@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

/** The host's own code: a route of its own, and billing called from it. */
@Controller('shop')
class ShopController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly customers: CustomersService,
    private readonly tenancy: TenancyService,
  ) {}

  @Get('open')
  async open(): Promise<{ tenant: NewTenant; customerId: string }> {
    const tenant = await this.tenancy.createTenant({
      name: 'Host',
      environmentName: 'test',
      kind: 'test',
    });
    const scope = { tenantId: tenant.tenantId, environmentId: tenant.environmentId };
    const { id } = await this.uow.run({ scope, actor: 'shop', requestId: 'r1' }, (ctx) =>
      this.customers.create(ctx, { externalId: 'guest', name: 'Guest', metadata: {} }),
    );
    return { tenant, customerId: id };
  }

  @Get('broken')
  broken(): never {
    throw new Error('the host’s own failure');
  }
}

const settings = new Settings();

@Module({
  imports: [
    SettingsModule,
    BillingModule.forRootAsync({
      inject: [Settings],
      useFactory: (_given: unknown) => ({
        database: { url: settings.databaseUrl },
        secretKeys: [{ id: 'k1', key: settings.key }],
        providers: { baseUrls: { stripe: settings.stripeUrl } },
      }),
      usesRedis: false,
      providerModules: [StripeModule],
    }),
  ],
  controllers: [ShopController],
})
class HostModule {}

describe('embedded in another Nest application, as docs/guides/embed-in-nest.md says', () => {
  let database: TestDatabase;
  let sandbox: Sandbox;
  let host: NestFastifyApplication;
  let url: string;
  beforeAll(async () => {
    database = await createDatabase({ empty: true });
    settings.databaseUrl = database.url;
    sandbox = await startSandbox();
    settings.stripeUrl = sandbox.stripe.url;
    await migrateDatabase({ url: database.url });
    host = await NestFactory.create<NestFastifyApplication>(HostModule, new FastifyAdapter(), {
      rawBody: true,
      logger: false,
    });
    host.setGlobalPrefix('billing');
    await host.listen(0, '127.0.0.1');
    url = await host.getUrl();
  });
  afterAll(async () => {
    await host.close();
    await sandbox.stop();
    await database.drop();
  });

  it('serves its routes below the host’s prefix, and the host calls its services', async () => {
    const { tenant, customerId } = (await (await fetch(`${url}/billing/shop/open`)).json()) as {
      tenant: NewTenant;
      customerId: string;
    };
    const api = new ApiClient(`${url}/billing`, tenant.apiKey);
    expect(await api.get(`/customers/${customerId}`)).toMatchObject({ external_id: 'guest' });
    const refused = await api.send('POST', '/customers', { name: 7 });
    expect(refused).toMatchObject({ status: 400, body: { code: 'validation_error', success: false } });
    expect((await api.with({ key: undefined }).send('GET', `/customers/${customerId}`)).status).toBe(401);
  });

  it('does a request that comes twice with its key once, below the prefix too', async () => {
    const { tenant } = (await (await fetch(`${url}/billing/shop/open`)).json()) as { tenant: NewTenant };
    const api = new ApiClient(`${url}/billing`, tenant.apiKey);
    const sent = (body: object) => api.send('POST', '/customers', body, { 'idempotency-key': 'once' });
    const body = { external_id: 'again', name: 'Again' };
    const pair = await Promise.all([sent(body), sent(body)]);
    expect(pair.map(({ status }) => status)).toEqual([201, 201]);
    expect(pair[0].body).toEqual(pair[1].body);
    expect(await sent({ ...body, name: 'Other' })).toMatchObject({
      status: 409,
      body: { error: { code: 'idempotency_key_reused' } },
    });
  });

  it('leaves the host’s own errors alone', async () => {
    const answer = await fetch(`${url}/billing/shop/broken`);
    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({ statusCode: 500, message: 'Internal server error' });
  });

  it('verifies webhooks over the bytes that the host has kept', async () => {
    const { tenant } = (await (await fetch(`${url}/billing/shop/open`)).json()) as { tenant: NewTenant };
    const api = new ApiClient(`${url}/billing`, tenant.apiKey);
    await api.create('/connections', {
      provider: 'stripe',
      name: 'Stripe',
      metadata: { secret_key: 'sk_test_0123456789abcdef', webhook_secret: 'whsec_0fTheHost0123456789' },
    });
    const body = JSON.stringify({
      id: 'evt_1',
      object: 'event',
      type: 'invoice.upcoming',
      created: Math.floor(Date.now() / 1000),
      data: { object: { object: 'invoice' } },
    });
    const send = (secret: string): Promise<Response> =>
      fetch(`${url}/billing/v1/webhooks/stripe/${tenant.tenantId}/${tenant.environmentId}`, {
        method: 'POST',
        headers: stripeHeaders(body, secret),
        body,
      });
    const statuses = [
      (await send('whsec_0fSomebody0123456789')).status,
      (await send('whsec_0fTheHost0123456789')).status,
    ];
    expect(statuses).toEqual([expect.any(Number), 200]);
    expect(statuses[0]).toBeGreaterThanOrEqual(400);
  });
});
