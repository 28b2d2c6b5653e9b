import { createHmac, randomBytes } from 'node:crypto';
import type { AnyRoad } from './road.js';

/** A company at the played Whop, and what its owner does in the dashboard there. */
export class WhopAccount {
  readonly apiKey = `apik_${randomBytes(12).toString('hex')}`;
  readonly companyId = `biz_${randomBytes(7).toString('hex')}`;

  /** At the older date of the API unless told otherwise: the sandbox plays both. */
  constructor(
    private readonly road: AnyRoad,
    private readonly date = '2026-07-20',
  ) {}

  async call(method: string, path: string, body?: object): Promise<any> {
    const response = await fetch(this.road.sandbox.whop.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.apiKey}`,
        'api-version-date': this.date,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Settings → Webhooks → Add endpoint. Answers its secret. */
  async addWebhook(url: string, events: readonly string[] = ['invoice.paid']): Promise<string> {
    const { webhook_secret: secret } = await this.call('POST', '/webhooks', {
      url,
      events,
      resource_id: this.companyId,
      enabled: true,
      ...(this.date === '2026-07-20' ? { api_version: 'v1' } : { api_version_date: this.date }),
    });
    return secret as string;
  }

  async product(title = 'My product'): Promise<string> {
    return (await this.call('POST', '/products', { account_id: this.companyId, title })).id as string;
  }

  /** The connection as the guide makes it: name, key, company, and what else is given. */
  connect(
    fields: Record<string, string> = {},
    more: Record<string, unknown> = {},
    api = this.road.api,
  ): Promise<any> {
    return api.create('/connections', {
      provider: 'whop',
      name: 'Whop Production',
      metadata: { api_key: this.apiKey, company_id: this.companyId, ...fields },
      sync_config: { invoice_outbound_enabled: true },
      ...more,
    });
  }

  invoices(): any[] {
    return this.road.sandbox.whop.objects('invoices', this.apiKey);
  }

  plans(): any[] {
    return this.road.sandbox.whop.objects('plans', this.apiKey);
  }

  products(): any[] {
    return this.road.sandbox.whop.objects('products', this.apiKey);
  }

  /** Those of one of our invoices, the oldest first. */
  invoicesOf(invoiceId: string): any[] {
    const plans = this.plans().filter((one) => one.internal_notes === invoiceId);
    return plans.map((plan) => this.invoices().find((one) => one.current_plan.id === plan.id));
  }

  pageOf(invoice: any): string {
    return this.plans().find((one) => one.id === invoice.current_plan.id).purchase_url as string;
  }

  /** What was sent with the last POST of the invoice. */
  sentFor(invoiceId: string): any {
    const all = this.road.sandbox.whop.requests({
      account: this.apiKey,
      method: 'POST',
      path: '/api/v1/invoices',
    });
    return all.findLast(({ params }) => (params as any).plan.internal_notes === invoiceId)?.params;
  }

  calls(): Record<string, number> {
    return Object.fromEntries(
      Object.entries(this.road.sandbox.whop.requestCounts({ account: this.apiKey })).map(([name, count]) => [
        name.replace('/api/v1', ''),
        count,
      ]),
    );
  }
}

/** A webhook as Whop sends it: Standard Webhooks, the key as the secret's form says. */
export async function sendWhopWebhook(
  url: string,
  event: { readonly invoiceId: string; readonly companyId: string; readonly id?: string },
  secret?: string,
): Promise<number> {
  const id = event.id ?? `msg_${randomBytes(8).toString('hex')}`;
  const at = Math.floor(Date.now() / 1000);
  const body = JSON.stringify({
    id,
    api_version: 'v1',
    type: 'invoice.paid',
    timestamp: new Date().toISOString(),
    company_id: event.companyId,
    data: { id: event.invoiceId, status: 'paid' },
  });
  const key = secret?.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : secret;
  const signature =
    key === undefined ? undefined : createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64');
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      ...(signature === undefined
        ? {}
        : { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': `v1,${signature}` }),
    },
  });
  return response.status;
}
