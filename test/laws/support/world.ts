import type { ApiClient } from '../../support/api-client.js';
import { eventually } from '../../support/eventually.js';
import type { TestApp } from '../../support/test-app.js';
import { AGGREGATIONS, KEPT, START, type Fee, type MeteredLine, type Usage } from './metered.js';

const PRICE = {
  entity_type: 'PLAN',
  billing_period: 'MONTHLY',
  billing_period_count: 1,
  price_unit_type: 'FIAT',
  currency: 'usd',
  start_date: '2020-01-01T00:00:00Z',
};

/** A plan with its prices, in the order of its lines and fees. */
export interface MadePlan {
  readonly id: string;
  readonly prices: readonly any[];
  readonly fees: readonly any[];
}

/** One history's environment: a clock of its own, and customers who live through the same history or almost the same. */
export class World {
  private now = '';

  private constructor(
    readonly api: ApiClient,
    private readonly environmentId: string,
  ) {}

  static async begin(server: TestApp): Promise<World> {
    const { tenant, api } = await server.anotherTenant('test');
    const world = new World(api, tenant.environmentId);
    await world.clock(new Date(START).toISOString());
    return world;
  }

  /** Moves the clock to an instant, unless it is there. */
  async clock(to: string): Promise<void> {
    if (to === this.now) return;
    this.now = to;
    await this.api.post(`/environments/${this.environmentId}/clock/advance`, { to });
  }

  /** One feature for each line, named after its place. */
  async features(lines: readonly MeteredLine[]): Promise<any[]> {
    const made: any[] = [];
    for (const [index, { aggregation }] of lines.entries())
      made.push(
        await this.api.create('/features', {
          name: `line ${index}`,
          type: 'metered',
          meter: {
            name: `line ${index}`,
            event_name: `line ${index}`,
            aggregation: AGGREGATIONS[aggregation],
            ...(KEPT.includes(aggregation) ? { reset_usage: 'NEVER' } : {}),
          },
        }),
      );
    return made;
  }

  /** `includes`: whether what is included is the plan's. */
  async plan(
    name: string,
    features: readonly any[],
    lines: readonly MeteredLine[],
    fees: readonly Fee[] = [],
  ): Promise<MadePlan> {
    const { id } = await this.api.create('/plans', { name });
    const prices: any[] = [];
    for (const [index, line] of lines.entries()) {
      const feature = features[index];
      prices.push(
        await this.api.create('/prices', {
          ...PRICE,
          ...line.price,
          entity_id: id,
          type: 'USAGE',
          invoice_cadence: 'ARREAR',
          meter_id: feature.meter_id,
          display_name: feature.name,
        }),
      );
      if (line.included !== null)
        await this.api.create('/entitlements', {
          entity_type: 'PLAN',
          entity_id: id,
          feature_id: feature.id,
          feature_type: 'metered',
          is_enabled: true,
          usage_reset_period: line.included.reset,
          ...(line.included.limit === null ? {} : { usage_limit: line.included.limit }),
        });
    }
    const made: any[] = [];
    for (const [index, fee] of fees.entries())
      made.push(
        await this.api.create('/prices', {
          ...PRICE,
          ...fee,
          entity_id: id,
          type: 'FIXED',
          billing_model: 'FLAT_FEE',
          display_name: `fee ${index}`,
        }),
      );
    return { id, prices, fees: made };
  }

  async customer(externalId: string): Promise<any> {
    return this.api.create('/customers', { external_id: externalId, name: externalId });
  }

  subscribe(customer: any, plan: MadePlan, lines: readonly MeteredLine[], more: object = {}): Promise<any> {
    return this.api.create('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
      currency: 'usd',
      billing_period: 'MONTHLY',
      start_date: new Date(START).toISOString(),
      override_line_items: lines.flatMap(({ commitment }, index) =>
        commitment === null ? [] : [{ price_id: plan.prices[index].id, ...commitment }],
      ),
      ...more,
    });
  }

  /** The same usage for each of the customers, under ids of their own. */
  async use(customers: readonly any[], lines: readonly MeteredLine[]): Promise<void> {
    await this.send(
      customers.flatMap(({ external_id }) =>
        lines.flatMap(({ usage }, line) =>
          usage.map((one, index) => eventOf(external_id as string, line, index, one)),
        ),
      ),
    );
  }

  async send(events: readonly object[]): Promise<void> {
    if (events.length > 0) await this.api.expect(202, 'POST', '/events/bulk', { events });
  }

  /** The line of that name that is charged for now. */
  async lineOf(subscription: any, name: string): Promise<any> {
    const { line_items } = await this.api.get(`/subscriptions/${subscription.id}`);
    return line_items.find((line: any) => line.display_name === name && line.end_date === null);
  }

  changePlan(subscription: any, plan: MadePlan, more: object = {}): Promise<any> {
    return this.api.post(`/subscriptions/${subscription.id}/change/execute`, {
      target_plan_id: plan.id,
      billing_cadence: 'RECURRING',
      billing_period: 'MONTHLY',
      proration_behavior: 'create_prorations',
      ...more,
    });
  }

  /** The price of a line is edited away and back, and both reach those who have it. */
  async priceAnew(plan: MadePlan, index: number): Promise<void> {
    if (plan.prices.length === 0) return;
    const { prices } = await this.api.get(`/plans/${plan.id}`);
    const price = prices.filter((one: any) => one.type === 'USAGE')[index % plan.prices.length];
    const terms =
      price.tiers === null || price.tiers === undefined || price.tiers.length === 0
        ? { amount: price.amount }
        : { tiers: price.tiers };
    await this.api.put(`/prices/${price.id}`, terms);
    await this.syncPrices(plan);
  }

  async syncPrices(plan: MadePlan): Promise<void> {
    await this.api.post(`/plans/${plan.id}/sync/subscriptions`);
    await eventually('the prices are synced', async () => {
      const { items } = await this.api.get('/jobs?kind=plan.sync_prices&state=queued,running');
      return items.length === 0;
    });
  }

  /** Asks for what is still to be billed, or to be given back, for the periods of all invoices. */
  async settleLateUsage(customer: any): Promise<void> {
    for (const { id, billing_reason: reason } of await this.invoices(customer))
      if (reason === 'SUBSCRIPTION_CYCLE' || reason === 'PRORATION') {
        const { status, body } = await this.api.send('POST', `/invoices/${id}/late-usage`);
        const code = body.error?.code ?? '';
        if (status !== 200 && !NOTHING_LATE.includes(code as string))
          throw new Error(`late usage of ${id} answered ${status}, not 200: ${JSON.stringify(body)}`);
      }
  }

  /** What stands, in the order of its periods. */
  async invoices(customer: any): Promise<any[]> {
    const { items } = await this.api.post('/invoices/search', {
      customer_id: customer.id,
      limit: 1000,
      expand: 'line_items',
    });
    return items
      .filter((one: any) => one.invoice_status !== 'VOIDED')
      .sort((a: any, b: any) =>
        `${a.period_end} ${a.created_at}` < `${b.period_end} ${b.created_at}` ? -1 : 1,
      );
  }

  /** Everything that the customer's wallets hold, in cents. */
  async credit(customer: any): Promise<number> {
    const wallets: any[] = await this.api.get(`/customers/${customer.id}/wallets`);
    return wallets.reduce((sum: number, wallet) => sum + cents(wallet.balance), 0);
  }

  /** What a history in which nobody pays has cost its customer, in cents: what is owed, less what is at hand. */
  async cost(customer: any): Promise<number> {
    const invoices = await this.invoices(customer);
    const owed = invoices.reduce((sum: number, one) => sum + cents(one.amount_remaining as string), 0);
    return owed - (await this.credit(customer));
  }
}

const NOTHING_LATE = ['no_late_usage', 'invoice_without_late_usage'];

export const cents = (amount: string): number => Math.round(Number(amount) * 100);

export const eventOf = (externalId: string, line: number, index: number, { at, v, g }: Usage): object => ({
  event_name: `line ${line}`,
  event_id: `${externalId} ${line} ${index}`,
  external_customer_id: externalId,
  timestamp: at,
  properties: { v: String(v), g },
});

/** The amounts of each bill, by line: what was billed in a period that something has cut is added up. */
export function amountsOf(invoices: readonly any[]): Record<string, number> {
  const amounts: Record<string, number> = {};
  for (const invoice of invoices)
    for (const line of invoice.line_items) {
      const name = `${invoice.period_end} ${line.display_name.replace(' (Overage)', '')}`;
      amounts[name] = (amounts[name] ?? 0) + cents(line.amount);
    }
  return amounts;
}
