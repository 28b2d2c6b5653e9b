import { randomBytes } from 'node:crypto';
import { startSandbox, type Sandbox } from '../../src/sandbox/index.js';
import type { ApiClient } from './api-client.js';
import { eventually } from './eventually.js';
import { startTestApp, type TestApp, type TestAppOptions } from './test-app.js';
import { unwatchWire, watchWire, wireViolations } from './wire-watch.js';

export const GOOD_CARD = '4242424242424242';
export const DECLINED_CARD = '4000000000000002';
/** Saves, and refuses when it is charged. */
export const CHARGE_FAILS_CARD = '4000000000000341';

export interface Connected {
  readonly connection: any;
  readonly secretKey: string;
}

export interface ConnectedStripe extends Connected {
  readonly webhookSecret: string;
}

/** What a road needs of its server: one in this process or in another. */
export type RoadServer = Pick<TestApp, 'url' | 'api' | 'tenant' | 'database' | 'stop'>;

/** A server, the sandbox it talks to, and the steps that every journey begins with. */
export class Road<Server extends RoadServer = TestApp> {
  private constructor(
    readonly server: Server,
    readonly sandbox: Sandbox,
  ) {}

  static start(options: TestAppOptions = {}): Promise<Road> {
    return Road.on((sandbox) => startTestApp({ ...options, providers: Road.providersOf(sandbox) }));
  }

  static async on<S extends RoadServer>(
    startServer: (sandbox: Sandbox) => Promise<S>,
    retryDelaysMs: readonly number[] = [50, 100, 200],
  ): Promise<Road<S>> {
    const sandbox = await startSandbox({
      stripeRetryDelaysMs: retryDelaysMs,
      whopRetryDelaysMs: retryDelaysMs,
    });
    try {
      const road = new Road(await startServer(sandbox), sandbox);
      watchWire(sandbox);
      return road;
    } catch (error) {
      await sandbox.stop();
      throw error;
    }
  }

  static providersOf(sandbox: Sandbox): NonNullable<TestAppOptions['providers']> {
    return {
      baseUrls: { stripe: sandbox.stripe.url, whop: sandbox.whop.url },
      clockUrls: {
        stripe: `${sandbox.stripe.url}/_sandbox/clock/follow`,
        whop: `${sandbox.whop.origin}/_sandbox/clock/follow`,
      },
      timeoutMs: 3_000,
      requestsPerSecond: { whop: 1_000 }, // what waits its turn has a test of its own
    };
  }

  async stop(): Promise<void> {
    await this.server.stop();
    await this.sandbox.stop();
    const wrong = wireViolations();
    unwatchWire(this.sandbox);
    expect(wrong).toEqual([]);
  }

  get api(): ApiClient {
    return this.server.api;
  }

  webhookUrl(provider: string): string {
    const { tenantId, environmentId } = this.server.tenant;
    return `${this.server.url}/v1/webhooks/${provider}/${tenantId}/${environmentId}`;
  }

  /** As a person would: an endpoint in the provider's dashboard, its secret into the connection. */
  async connectStripe(
    sync: Record<string, boolean> = {},
    options: { webhookUrl?: string; api?: ApiClient } = {},
  ): Promise<ConnectedStripe> {
    const secretKey = `sk_test_${randomBytes(12).toString('hex')}`;
    const secret = await this.stripeEndpoint(secretKey, options.webhookUrl ?? this.webhookUrl('stripe'));
    const connection = await (options.api ?? this.api).create('/connections', {
      provider: 'stripe',
      name: 'Stripe',
      metadata: {
        publishable_key: 'pk_test_0123456789abcdef',
        secret_key: secretKey,
        webhook_secret: secret,
      },
      sync_config: { customer_outbound_enabled: true, invoice_outbound_enabled: true, ...sync },
    });
    return { connection, secretKey, webhookSecret: secret };
  }

  async stripeEndpoint(secretKey: string, url: string): Promise<string> {
    const form = new URLSearchParams({ url });
    form.append('enabled_events[]', '*');
    const response = await fetch(`${this.sandbox.stripe.url}/v1/webhook_endpoints`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secretKey}` },
      body: form,
    });
    return ((await response.json()) as { secret: string }).secret;
  }

  async connectWhop(
    options: { signed?: boolean; productId?: string } = {},
  ): Promise<Connected & { companyId: string }> {
    const secretKey = `apik_${randomBytes(12).toString('hex')}`;
    const companyId = `biz_${randomBytes(7).toString('hex')}`;
    const endpoint = await fetch(`${this.sandbox.whop.url}/webhooks`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${secretKey}`,
        'content-type': 'application/json',
        'api-version-date': '2026-07-20',
      },
      body: JSON.stringify({
        url: this.webhookUrl('whop'),
        events: [
          'invoice.paid',
          'invoice.voided',
          'invoice.marked_uncollectible',
          'payment.succeeded',
          'refund.created',
        ],
        resource_id: companyId,
        api_version: 'v1',
        enabled: true,
      }),
    });
    const { webhook_secret: secret } = (await endpoint.json()) as { webhook_secret: string };
    const connection = await this.api.create('/connections', {
      provider_type: 'whop',
      name: 'Whop',
      encrypted_secret_data: {
        api_key: secretKey,
        company_id: companyId,
        ...(options.productId === undefined ? {} : { product_id: options.productId }),
        ...(options.signed === false ? {} : { webhook_secret: secret }),
      },
      sync_config: { invoice: { outbound: true } },
    });
    return { connection, secretKey, companyId };
  }

  async saveCard(customerId: string, card = GOOD_CARD, setDefault = true): Promise<void> {
    const setup = await this.api.create(`/payments/customers/${customerId}/setup/intent`, {
      provider: 'stripe',
      success_url: 'https://shop.test/saved?session={CHECKOUT_SESSION_ID}',
      cancel_url: 'https://shop.test/cancelled',
      set_default: setDefault,
    });
    await this.submit(setup.checkout_url as string, card);
    // The card, and that it is the default one, are told by two webhooks.
    await eventually('card saved', async () => {
      const { items } = await this.api.get(`/payments/customers/${customerId}/methods`);
      return items.some((one: any) => one.last4 === card.slice(-4) && (!setDefault || one.is_default));
    });
  }

  /** What a person does on a hosted page. Answers its status: 303 for paid, 402 for declined. */
  async submit(pageUrl: string, card = GOOD_CARD): Promise<number> {
    const response = await fetch(`${pageUrl.split('?')[0] ?? ''}/submit`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ card_number: card, exp: '12/40', cvc: '123' }),
    });
    return response.status;
  }

  /** A finalized one-off invoice. */
  async invoice(
    customerId: string,
    lines: readonly { amount: string; name?: string }[] = [{ amount: '25.00' }],
    more: Record<string, unknown> = {},
  ): Promise<any> {
    const total = lines.reduce((sum, line) => sum + Math.round(Number(line.amount) * 1000), 0) / 1000;
    return this.api.create('/invoices', {
      customer_id: customerId,
      currency: 'usd',
      amount_due: String(total),
      line_items: lines.map((line, i) => ({
        display_name: line.name ?? `Line ${i + 1}`,
        amount: line.amount,
        quantity: '1',
      })),
      invoice_status: 'FINALIZED',
      ...more,
    });
  }

  async customer(externalId: string, more: Record<string, unknown> = {}): Promise<any> {
    return this.api.create('/customers', {
      external_id: externalId,
      name: `Customer ${externalId}`,
      email: `${externalId}@example.test`,
      ...more,
    });
  }

  /** The invoice, once it is what the test waits for. */
  invoiceWhen(id: string, what: string, is: (invoice: any) => boolean): Promise<any> {
    return eventually(`invoice ${what}`, async () => {
      const invoice = await this.api.get(`/invoices/${id}`);
      return is(invoice) ? invoice : undefined;
    });
  }

  paid(id: string): Promise<any> {
    return this.invoiceWhen(id, 'paid', (invoice) => invoice.payment_status === 'SUCCEEDED');
  }

  operationsOf(entityId: string): Promise<any[]> {
    return this.api
      .get(`/integrations/operations?entity_id=${entityId}&order=asc`)
      .then((list: { items: any[] }) => list.items);
  }

  /** Operations of an entity when none is under way any more, and none is still to be planned for what has happened. */
  settled(entityId: string): Promise<any[]> {
    return eventually(`operations of ${entityId} settled`, async () => {
      const planning = await this.server.database.query(
        `SELECT FROM outbox_events WHERE relayed_at IS NULL
         UNION ALL
         SELECT FROM jobs WHERE kind LIKE 'sync.plan%' AND state IN ('queued', 'running')`,
      );
      if (planning.length > 0) return undefined;
      const items = await this.operationsOf(entityId);
      const over = items.every((one) => ['succeeded', 'failed', 'skipped'].includes(one.state as string));
      return items.length > 0 && over ? items : undefined;
    });
  }

  /** Calls that change something, by path template: what was really asked of the provider. */
  stripeWrites(): Record<string, number> {
    return Object.fromEntries(
      Object.entries(this.sandbox.stripe.requestCounts()).filter(([call]) => call.startsWith('POST ')),
    );
  }
}

export type AnyRoad = Road<RoadServer>;
