import {
  Body,
  CallHandler,
  Catch,
  Controller,
  ExecutionContext,
  ForbiddenException,
  Get,
  Injectable,
  Module,
  Post,
  ValidationPipe,
  type ArgumentsHost,
  type CanActivate,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { IsString } from 'class-validator';
import { map, type Observable } from 'rxjs';
import { BillingModule, isBillingRoute, isBillingWebhook, TenancyService } from '../../src/index.js';
import { StripeModule } from '../../src/providers/stripe/stripe.module.js';
import { startSandbox, type Sandbox } from '../../src/sandbox/index.js';
import type { NewTenant } from '../../src/tenancy/tenancy.service.js';
import { ApiClient } from '../support/api-client.js';
import { stripeHeaders } from '../support/stripe-webhook.js';
import { createDatabase, type TestDatabase } from '../support/test-database.js';

class Order {
  @IsString()
  sku!: string;
}

@Controller('shop')
class ShopController {
  @Get('secret')
  secret(): never {
    throw new ForbiddenException('not for you');
  }

  @Post('orders')
  order(@Body() body: Order): object {
    return { sku: body.sku, isOrder: body instanceof Order };
  }
}

/** As hosts have them: everything of theirs needs a session, and what is not theirs is told apart by the library. */
@Injectable()
class SessionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (isBillingRoute(context)) return true;
    return context.switchToHttp().getRequest().headers.session === 'ann';
  }
}

/** A guard that lets through webhooks alone: the API is behind the host's sessions. */
@Injectable()
class StrictGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (isBillingWebhook(context)) return true;
    if (context.switchToHttp().getRequest().headers.session === 'ann') return true;
    throw new ForbiddenException('no session');
  }
}

@Injectable()
class EnvelopeInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const answer = next.handle();
    return isBillingRoute(context) ? answer : answer.pipe(map((data: unknown) => ({ data })));
  }
}

@Catch()
class HostFilter {
  catch(error: { status?: number; message: string }, host: ArgumentsHost): void {
    host
      .switchToHttp()
      .getResponse()
      .status(error.status ?? 500)
      .send({ theHostSays: error.message });
  }
}

describe('a host with guards, pipes, interceptors and filters for everything', () => {
  let database: TestDatabase;
  let sandbox: Sandbox;
  let app: NestFastifyApplication | undefined;
  beforeAll(async () => {
    database = await createDatabase();
    sandbox = await startSandbox();
  });
  afterEach(() => app?.close());
  afterAll(async () => {
    await sandbox.stop();
    await database.drop();
  });

  interface Started {
    readonly url: string;
    readonly api: ApiClient;
    readonly tenant: NewTenant;
  }

  async function start({
    guard = SessionGuard,
    rawBody = true,
    bodyLimit,
  }: { guard?: typeof SessionGuard; rawBody?: boolean; bodyLimit?: number } = {}): Promise<Started> {
    @Module({
      imports: [
        BillingModule.forRoot({
          database: { url: database.url },
          secretKeys: [{ id: 'k1', key: Buffer.alloc(32, 7) }],
          providerModules: [StripeModule],
          providers: { baseUrls: { stripe: sandbox.stripe.url } },
          worker: false,
        }),
      ],
      controllers: [ShopController],
      providers: [
        { provide: APP_GUARD, useClass: guard },
        { provide: APP_INTERCEPTOR, useClass: EnvelopeInterceptor },
        { provide: APP_FILTER, useClass: HostFilter },
        {
          provide: APP_PIPE,
          useValue: new ValidationPipe({ whitelist: true, forbidNonWhitelisted: true, transform: true }),
        },
      ],
    })
    class HostModule {}
    const adapter = new FastifyAdapter(bodyLimit === undefined ? {} : { bodyLimit });
    app = await NestFactory.create<NestFastifyApplication>(HostModule, adapter, { rawBody, logger: false });
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    const tenant = await app
      .get(TenancyService, { strict: false })
      .createTenant({ name: 'Host', environmentName: 'test', kind: 'test' });
    return { url, api: new ApiClient(url, tenant.apiKey), tenant };
  }

  const json = { 'content-type': 'application/json' };

  it('keeps its own errors, and its pipes, interceptors and filters on its own routes', async () => {
    const { url } = await start();
    const send = async (path: string, init: RequestInit = {}) => {
      const answer = await fetch(`${url}/shop/${path}`, {
        ...init,
        headers: { ...json, session: 'ann' },
      });
      return { status: answer.status, body: await answer.json() };
    };
    expect(await send('secret')).toEqual({ status: 403, body: { theHostSays: 'not for you' } });
    expect((await fetch(`${url}/shop/secret`)).status).toBe(403);
    expect(await send('orders', { method: 'POST', body: '{"sku":"a"}' })).toEqual({
      status: 201,
      body: { data: { sku: 'a', isOrder: true } },
    });
    expect((await send('orders', { method: 'POST', body: '{"sku":"a","x":1}' })).status).toBe(400);
  });

  it('reads bodies and queries by the contract, not by its own pipe', async () => {
    const { api } = await start();
    // Null says nothing, and what nobody knows is dropped: the host's pipe would refuse both.
    const made = await api.send('POST', '/customers', {
      external_id: 'c',
      name: 'C',
      email: null,
      of_a_newer_client: true,
    });
    expect(made).toMatchObject({ status: 201, body: { external_id: 'c', email: null } });
    expect(await api.send('POST', '/customers', { name: 7 })).toMatchObject({
      status: 400,
      body: { success: false, error: { details: { fields: { name: expect.any(String) } } } },
    });
    expect(await api.send('GET', '/payments?limit=1&of_a_newer_client=1')).toMatchObject({
      status: 200,
      body: { items: [] },
    });
    expect(await api.send('GET', '/payments?limit=none')).toMatchObject({
      status: 400,
      body: { code: 'validation_error' },
    });
    expect(await api.send('GET', '/customers/nobody')).toMatchObject({
      status: 404,
      body: { code: 'not_found', success: false },
    });
    // More digits than a double has.
    expect(
      await api.send('POST', '/customers', { external_id: 'n', name: 'N', metadata: { a: 'b' } }),
    ).toMatchObject({ status: 201 });
  });

  const connected = async ({ api }: Started): Promise<string> => {
    const { webhook_url } = await api.create('/connections', {
      provider: 'stripe',
      name: 'Stripe',
      metadata: { secret_key: 'sk_test_0123456789abcdef', webhook_secret: 'whsec_here0123456789abcdef' },
    });
    return webhook_url as string;
  };
  const deliver = (
    address: string,
    padding: number,
    secret = 'whsec_here0123456789abcdef',
  ): Promise<Response> => {
    const data = { object: { object: 'invoice', description: 'x'.repeat(padding) } };
    const body = JSON.stringify({ id: 'evt_1', object: 'event', type: 'invoice.upcoming', created: 1, data });
    return fetch(address, { method: 'POST', headers: stripeHeaders(body, secret), body });
  };

  it('lets webhooks in, of up to a megabyte, whatever its own limit is', async () => {
    const started = await start({ bodyLimit: 1_000 });
    const address = await connected(started);
    expect((await deliver(address, 1_000_000)).status).toBe(200);
    expect((await deliver(address, 1_000_000, 'whsec_ofSomebody0123456789')).status).toBe(401);
    expect((await deliver(address, 1_100_000)).status).toBe(413);
    const tooBig = {
      method: 'POST',
      headers: { ...json, session: 'ann' },
      body: JSON.stringify('x'.repeat(2_000)),
    };
    expect((await fetch(`${started.url}/shop/orders`, tooBig)).status).toBe(413);
  });

  it('is told when it keeps no raw bodies: no signature could be right', async () => {
    const started = await start({ rawBody: false });
    const answer = await deliver(await connected(started), 10);
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ error: { code: 'raw_body_missing' } });
  });

  it('may keep the API behind its own guard, which webhooks pass', async () => {
    const started = await start({ guard: StrictGuard });
    const { webhook_url: address } = (await (
      await fetch(`${started.url}/v1/connections`, {
        method: 'POST',
        headers: { ...json, session: 'ann', 'x-api-key': started.tenant.apiKey },
        body: JSON.stringify({
          provider: 'stripe',
          name: 'Stripe',
          metadata: { secret_key: 'sk_test_0123456789abcdef', webhook_secret: 'whsec_here0123456789abcdef' },
        }),
      })
    ).json()) as { webhook_url: string };
    expect((await deliver(address, 10)).status).toBe(200);
    expect(await started.api.send('GET', '/payments')).toMatchObject({
      status: 403,
      body: { code: 'permission_denied', message: 'no session' },
    });
  });
});
