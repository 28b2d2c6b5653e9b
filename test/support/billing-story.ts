import type { NewTenant } from '../../src/tenancy/tenancy.service.js';
import { eventually } from './eventually.js';
import type { ApiClient } from './api-client.js';
import type { TestApp } from './test-app.js';

/** One customer in an environment of its own, billed in January 2031 (31 days) unless a test says otherwise. */
export class BillingStory {
  private made = 0;
  private constructor(
    readonly api: ApiClient,
    readonly tenant: NewTenant,
    readonly customer: any,
  ) {}

  static async begin(server: TestApp, options: { readonly at?: string } = {}): Promise<BillingStory> {
    const { tenant, api } = await server.anotherTenant('test');
    const customer = await api.create('/customers', {
      external_id: 'customer',
      name: 'Customer',
      email: 'c@example.com',
    });
    const story = new BillingStory(api, tenant, customer);
    await story.clock(options.at ?? '2031-01-01');
    return story;
  }

  /** Moves the environment's clock: a date alone means midnight. */
  clock(to: string): Promise<any> {
    return this.api.post(`/environments/${this.tenant.environmentId}/clock/advance`, { to: instant(to) });
  }

  /** A metered feature; of a property `v` where the aggregation has a field. */
  feature(type: string, more: object = {}): Promise<any> {
    const name = `f${++this.made}`;
    return this.api.create('/features', {
      name,
      type: 'metered',
      meter: {
        name,
        event_name: name,
        aggregation: { type, ...(type === 'COUNT' ? {} : { field: 'v' }), ...more },
      },
    });
  }

  plan(name = `p${++this.made}`): Promise<any> {
    return this.api.create('/plans', { name });
  }

  fee(plan: any, amount: string, more: object = {}): Promise<any> {
    return this.price(plan, { type: 'FIXED', invoice_cadence: 'ADVANCE', amount, ...more });
  }

  usagePrice(plan: any, feature: any, terms: string | object): Promise<any> {
    return this.price(plan, {
      type: 'USAGE',
      invoice_cadence: 'ARREAR',
      meter_id: feature.meter_id,
      ...(typeof terms === 'string' ? { amount: terms } : terms),
    });
  }

  subscribe(plan: any, more: object = {}): Promise<any> {
    return this.api.create('/subscriptions', {
      customer_id: this.customer.id,
      plan_id: plan.id,
      currency: 'usd',
      billing_period: 'MONTHLY',
      start_date: '2031-01-01T00:00:00Z',
      ...more,
    });
  }

  /** Events at instants: `{ '2031-01-05': 3 }` is three of them, `{ '2031-01-05': { v: '8' } }` one with a property. */
  async use(feature: any, at: Record<string, number | object>): Promise<void> {
    const events = Object.entries(at).flatMap(([timestamp, what]) =>
      typeof what === 'number'
        ? Array.from({ length: what }, () => ({ timestamp, properties: {} }))
        : [{ timestamp, properties: what }],
    );
    await this.api.expect(202, 'POST', '/events/bulk', {
      events: events.map(({ timestamp, properties }) => ({
        event_name: feature.name,
        external_customer_id: 'customer',
        timestamp: instant(timestamp),
        properties,
      })),
    });
  }

  changePlan(subscription: any, plan: any, more: object = {}): Promise<any> {
    return this.api.post(`/subscriptions/${subscription.id}/change/execute`, {
      target_plan_id: plan.id,
      billing_cadence: 'RECURRING',
      billing_cycle: 'anniversary',
      billing_period: 'MONTHLY',
      proration_behavior: 'create_prorations',
      ...more,
    });
  }

  /** Lets the plan's prices reach its subscriptions, and waits for the job that does it. */
  async syncPrices(plan: any): Promise<void> {
    await this.api.post(`/plans/${plan.id}/sync/subscriptions`);
    await eventually('the prices are synced', async () => {
      const { items } = await this.api.get('/jobs?kind=plan.sync_prices&state=queued,running');
      return items.length === 0;
    });
  }

  pay(invoice: any, amount: string): Promise<any> {
    return this.api.create('/payments', {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      payment_method_type: 'OFFLINE',
      amount,
      currency: 'usd',
    });
  }

  /** All invoices of a billing reason, in the order of their periods. */
  async invoices(reason?: string): Promise<any[]> {
    const { items } = await this.api.post('/invoices/search', {
      customer_id: this.customer.id,
      limit: 1000,
      expand: 'line_items',
    });
    return items
      .filter((one: any) => reason === undefined || one.billing_reason === reason)
      .sort((a: any, b: any) =>
        `${a.period_end} ${a.created_at}` < `${b.period_end} ${b.created_at}` ? -1 : 1,
      );
  }

  async newest(reason: string): Promise<any> {
    return (await this.invoices(reason)).at(-1);
  }

  /** Totals of all invoices of a reason, in order. */
  async totals(reason?: string): Promise<string[]> {
    return (await this.invoices(reason)).map(({ total }) => total);
  }

  /** Everything that all wallets of the customer hold. */
  async credit(): Promise<number> {
    const wallets: any[] = await this.api.get(`/customers/${this.customer.id}/wallets`);
    return wallets.reduce((sum: number, wallet) => sum + Number(wallet.balance), 0);
  }

  private price(plan: any, more: object): Promise<any> {
    return this.api.create('/prices', {
      entity_type: 'PLAN',
      entity_id: plan.id,
      billing_model: 'FLAT_FEE',
      billing_period: 'MONTHLY',
      billing_period_count: 1,
      price_unit_type: 'FIAT',
      currency: 'usd',
      start_date: '2020-01-01T00:00:00Z',
      ...more,
    });
  }
}

const instant = (text: string): string => (text.includes('T') ? text : `${text}T00:00:00Z`);
