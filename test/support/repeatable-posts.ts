import { randomBytes } from 'node:crypto';
import type { ApiClient } from './api-client.js';
import { eventually } from './eventually.js';
import type { Road } from './road.js';
import { walletWith } from './wallets.js';

/** A request that makes something, and has everything that it needs. */
export interface Post {
  readonly path: string;
  readonly body?: Record<string, unknown>;
  /** The tenant that it is sent to, where that is not the first one. */
  readonly api?: ApiClient;
}

/** A request of that route with things of its own, each time it is asked for. */
export type PostMaker = (world: World) => Promise<Post> | Post;

let names = 0;
export const newName = (): string => `again-${++names}`;

/** What requests need. Money is taken by cards in one tenant; in another one things are pushed to the provider. */
export class World {
  constructor(
    readonly road: Road,
    readonly pushing: ApiClient,
    readonly pushingConnectionId: string,
  ) {}

  get api(): ApiClient {
    return this.road.api;
  }

  customer(): Promise<any> {
    return this.road.customer(newName());
  }

  /** Their card is saved. */
  async payer(): Promise<any> {
    const customer = await this.customer();
    await this.road.saveCard(customer.id as string);
    return customer;
  }

  async invoice(more: Record<string, unknown> = {}, customer?: any): Promise<any> {
    const { id } = customer ?? (await this.customer());
    return this.road.invoice(id as string, [{ amount: '25' }], more);
  }

  feature(): Promise<any> {
    const name = newName();
    return this.api.create('/features', {
      name,
      type: 'metered',
      meter: { name, event_name: name, aggregation: { type: 'COUNT' }, reset_usage: 'BILLING_PERIOD' },
    });
  }

  async plan(amount = '49'): Promise<any> {
    const plan = await this.api.create('/plans', { name: newName() });
    await this.api.create('/prices', this.price(plan, amount));
    return plan;
  }

  price(plan: any, amount = '49'): Record<string, unknown> {
    return {
      entity_type: 'PLAN',
      entity_id: plan.id,
      type: 'FIXED',
      billing_model: 'FLAT_FEE',
      billing_period: 'MONTHLY',
      invoice_cadence: 'ADVANCE',
      currency: 'usd',
      amount,
    };
  }

  async subscription(more: Record<string, unknown> = {}): Promise<any> {
    const [customer, plan] = await Promise.all([this.customer(), this.plan()]);
    return this.api.create('/subscriptions', { customer_id: customer.id, plan_id: plan.id, ...more });
  }

  async addon(): Promise<any> {
    const addon = await this.api.create('/addons', {
      name: newName(),
      lookup_key: newName(),
      type: 'onetime',
    });
    await this.api.create('/prices', { ...this.price(addon, '7'), entity_type: 'ADDON' });
    return addon;
  }

  async wallet(credits = '100', type: 'PRE_PAID' | 'POST_PAID' = 'PRE_PAID', customer?: any): Promise<any> {
    const { id } = customer ?? (await this.customer());
    return walletWith(this.api, id as string, credits, type);
  }

  payment(invoice: any, method: string, more: Record<string, unknown> = {}): Record<string, unknown> {
    return {
      destination_type: 'INVOICE',
      destination_id: invoice.id,
      payment_method_type: method,
      amount: '20',
      currency: 'usd',
      ...more,
    };
  }

  async paid(method: string): Promise<any> {
    const invoice = await this.invoice({}, method === 'CARD' ? await this.payer() : undefined);
    return this.api.create('/payments', this.payment(invoice, method));
  }

  async note(more: Record<string, unknown> = {}): Promise<any> {
    return this.api.create('/creditnotes', { ...(await this.noted()), ...more });
  }

  async noted(): Promise<Record<string, unknown>> {
    const invoice = await this.invoice();
    const [line] = invoice.line_items;
    return {
      invoice_id: invoice.id,
      reason: 'DUPLICATE',
      line_items: [{ invoice_line_item_id: line.id, amount: '5' }],
    };
  }

  endpoint(): Promise<any> {
    return this.api.create('/webhook-endpoints', {
      url: `https://example.com/${newName()}`,
      event_types: ['invoice.communication.triggered'],
    });
  }

  pages(): Record<string, string> {
    return { success_url: 'https://shop.test/ok', cancel_url: 'https://shop.test/no' };
  }

  /** In the tenant that pushes, there already. */
  async pushed(): Promise<{ customer: any; invoice: any }> {
    const customer = await this.pushing.create('/customers', {
      external_id: newName(),
      name: 'Pushed',
      email: 'pushed@example.test',
    });
    const invoice = await this.pushing.create('/invoices', {
      customer_id: customer.id,
      currency: 'usd',
      amount_due: '12',
      invoice_status: 'FINALIZED',
    });
    await eventually('the invoice is pushed', async () => {
      const { items } = await this.pushing.get(`/integrations/operations?entity_id=${invoice.id}`);
      return items.length > 0 && items.every((one: any) => one.state === 'succeeded');
    });
    return { customer, invoice };
  }

  async pushedPlan(): Promise<string> {
    const { id } = await this.pushing.create('/plans', { name: newName() });
    return id as string;
  }

  taxRate(): Promise<any> {
    const name = newName();
    const rate = { tax_rate_type: 'percentage', percentage_value: '10' };
    return this.api.create('/taxes/rates', { name, code: name, ...rate });
  }

  /** Another tenant, whose clock has passed the end of a month of usage: what that has billed, and how to use once more. */
  async monthLater(grace = 0): Promise<{ api: ApiClient; invoice: any; use: () => Promise<unknown> }> {
    const { api, tenant } = await this.road.server.anotherTenant();
    await api.put('/settings/invoices', { finalization_delay_seconds: grace });
    const feature = await api.create('/features', {
      name: 'Units',
      type: 'metered',
      meter: {
        name: 'Units',
        event_name: 'unit',
        aggregation: { type: 'COUNT' },
        reset_usage: 'BILLING_PERIOD',
      },
    });
    const plan = await api.create('/plans', {
      name: 'Units',
      billing_period: 'monthly',
      currency: 'usd',
      prices: [{ feature_id: feature.id, display_name: 'Units', pricing_model: 'flat', unit_price: '2' }],
    });
    const customer = await api.create('/customers', { external_id: newName(), name: 'Late' });
    const subscription = await api.create('/subscriptions', { customer_id: customer.id, plan_id: plan.id });
    const { current_period_start: timestamp, current_period_end: end } = subscription;
    const use = (): Promise<unknown> =>
      api.expect(202, 'POST', '/events', {
        event_name: 'unit',
        external_customer_id: customer.external_id,
        timestamp,
      });
    await use();
    await api.post(`/environments/${tenant.environmentId}/clock/advance`, {
      to: new Date(Date.parse(end as string) + 60_000).toISOString(),
    });
    const { items } = await api.post('/invoices/search', { subscription_id: subscription.id });
    return { api, invoice: items[0], use };
  }

  async rows(sql: string, values: unknown[] = []): Promise<any[]> {
    return this.road.server.database.query(sql, values);
  }
}

const link = async (world: World): Promise<Record<string, unknown>> => ({
  entity_type: 'customer',
  entity_id: (await world.customer()).id,
  provider_type: 'stripe',
  provider_entity_id: `cus_${newName()}`,
});

const cancelSchedule =
  (base: string): PostMaker =>
  async (world) => {
    const [{ id }, plan] = await Promise.all([world.subscription(), world.plan('99')]);
    const { schedule_id: schedule } = await world.api.post(`/subscriptions/${id}/change/execute`, {
      target_plan_id: plan.id,
      change_at: 'end_of_period',
    });
    return { path: `${base}/subscriptions/schedules/${schedule}/cancel` };
  };

const change = async (world: World, what: string): Promise<Post> => {
  const [{ id }, plan] = await Promise.all([world.subscription(), world.plan('99')]);
  return { path: `/subscriptions/${id}/change/${what}`, body: { target_plan_id: plan.id } };
};

/** A request of every POST that may change something, by the path of the OpenAPI, and of each kind of payment. */
export const POSTS: Readonly<Record<string, PostMaker>> = {
  '/addons': () => ({ path: '/addons', body: { name: newName(), lookup_key: newName(), type: 'onetime' } }),
  '/billing/runs': () => ({ path: '/billing/runs' }),
  '/connections': () => ({
    path: '/connections',
    body: {
      provider: 'stripe',
      name: newName(),
      is_default: false,
      metadata: {
        secret_key: `sk_test_${randomBytes(12).toString('hex')}`,
        webhook_secret: 'whsec_0123456789abcdef1',
      },
    },
  }),
  '/connections/{id}/test': (world) => ({
    path: `/connections/${world.pushingConnectionId}/test`,
    api: world.pushing,
  }),
  '/coupons': () => ({
    path: '/coupons',
    body: { name: newName(), type: 'percentage', percentage_off: '10', cadence: 'once' },
  }),
  '/creditgrants': async (world) => ({
    path: '/creditgrants',
    body: {
      name: newName(),
      scope: 'SUBSCRIPTION',
      subscription_id: (await world.subscription()).id,
      credits: '5',
      cadence: 'ONETIME',
    },
  }),
  '/creditnotes': async (world) => ({ path: '/creditnotes', body: await world.noted() }),
  '/creditnotes/{id}/finalize': async (world) => ({
    path: `/creditnotes/${(await world.note({ process_credit_note: false })).id}/finalize`,
  }),
  '/creditnotes/{id}/void': async (world) => ({ path: `/creditnotes/${(await world.note()).id}/void` }),
  '/customers': () => ({ path: '/customers', body: { external_id: newName(), name: 'Again' } }),
  '/entitlements': async (world) => {
    const [plan, feature] = await Promise.all([world.plan(), world.feature()]);
    const body = { entity_type: 'PLAN', entity_id: plan.id, feature_id: feature.id, usage_limit: 5 };
    return { path: '/entitlements', body };
  },
  '/entitlements/bulk': async (world) => {
    const [plan, feature] = await Promise.all([world.plan(), world.feature()]);
    const item = { entity_type: 'PLAN', entity_id: plan.id, feature_id: feature.id, usage_limit: 5 };
    return { path: '/entitlements/bulk', body: { items: [item] } };
  },
  '/entity-integration-mappings': async (world) => ({
    path: '/entity-integration-mappings',
    body: await link(world),
  }),
  '/environments/{id}/clock/advance': (world) => ({
    path: `/environments/${world.road.server.tenant.environmentId}/clock/advance`,
    body: { by_seconds: 60 },
  }),
  '/events': () => ({ path: '/events', body: { event_name: newName(), external_customer_id: newName() } }),
  '/events/bulk': () => {
    const event = { event_name: newName(), external_customer_id: newName() };
    return { path: '/events/bulk', body: { events: [event, event] } };
  },
  '/features': () => ({ path: '/features', body: { name: newName(), type: 'boolean' } }),
  '/features/{id}/clone': async (world) => ({
    path: `/features/${(await world.feature()).id}/clone`,
    body: { name: newName(), lookup_key: newName() },
  }),
  '/groups': () => ({
    path: '/groups',
    body: { name: newName(), lookup_key: newName(), entity_type: 'price' },
  }),
  '/integrations/connections/{id}/reconcile': (world) => ({
    path: `/integrations/connections/${world.pushingConnectionId}/reconcile`,
    api: world.pushing,
  }),
  '/integrations/link': async (world) => ({ path: '/integrations/link', body: await link(world) }),
  '/integrations/operations/{id}/retry': async (world) => {
    const { customer } = await world.pushed();
    const { items } = await world.pushing.get(`/integrations/operations?entity_id=${customer.id}`);
    await world.rows(`UPDATE sync_operations SET state = 'failed' WHERE id = $1`, [items[0].id]);
    return { path: `/integrations/operations/${items[0].id}/retry`, api: world.pushing };
  },
  '/integrations/sync': async (world) => ({
    path: '/integrations/sync',
    body: { entity_type: 'plan', entity_id: await world.pushedPlan(), provider_type: 'stripe' },
    api: world.pushing,
  }),
  '/integrations/sync/{entity}': async (world) => ({
    path: '/integrations/sync/plan',
    body: { plan_id: await world.pushedPlan(), provider: 'stripe' },
    api: world.pushing,
  }),
  '/integrations/webhook-events/{id}/retry': async (world) => {
    await world.payer();
    const { items } = await world.api.get('/integrations/webhook-events?limit=1');
    return { path: `/integrations/webhook-events/${items[0].id}/retry` };
  },
  '/invoices': async (world) => ({
    path: '/invoices',
    body: { customer_id: (await world.customer()).id, currency: 'usd', amount_due: '12' },
  }),
  '/invoices/preview': async (world) => ({
    path: '/invoices/preview',
    body: { subscription_id: (await world.subscription()).id },
  }),
  '/invoices/{id}/comms/trigger': async (world) => ({
    path: `/invoices/${(await world.invoice()).id}/comms/trigger`,
  }),
  '/invoices/{id}/finalize': async (world) => ({
    path: `/invoices/${(await world.invoice({ invoice_status: 'DRAFT' })).id}/finalize`,
  }),
  '/invoices/{id}/late-usage': async (world) => {
    const { api, invoice, use } = await world.monthLater();
    await use();
    return { path: `/invoices/${invoice.id}/late-usage`, body: {}, api };
  },
  '/invoices/{id}/payment/attempt': async (world) => {
    const payer = await world.payer();
    await world.wallet('10', 'POST_PAID', payer);
    return { path: `/invoices/${(await world.invoice({}, payer)).id}/payment/attempt` };
  },
  '/invoices/{id}/recalculate': async (world) => ({
    path: `/invoices/${(await world.subscription()).latest_invoice.id}/recalculate`,
  }),
  '/invoices/{id}/recalculate-v2': async (world) => {
    const { api, invoice, use } = await world.monthLater(7200);
    await use();
    return { path: `/invoices/${invoice.id}/recalculate-v2?finalize=true`, api };
  },
  '/invoices/{id}/sync/{provider}': async (world) => ({
    path: `/invoices/${(await world.pushed()).invoice.id}/sync/stripe?wait=true`,
    api: world.pushing,
  }),
  '/invoices/{id}/void': async (world) => ({ path: `/invoices/${(await world.invoice()).id}/void` }),
  '/jobs/{id}/retry': async (world) => {
    const { tenantId, environmentId } = world.road.server.tenant;
    const id = `job_${newName()}`;
    await world.rows(
      `INSERT INTO jobs (id, tenant_id, environment_id, kind, key, payload, state, run_at, retry_window_start, created_at, updated_at)
       VALUES ($1, $2, $3, 'nobodys', $1, '{}', 'parked', now(), now(), now(), now())`,
      [id, tenantId, environmentId],
    );
    return { path: `/jobs/${id}/retry` };
  },
  '/payments': async (world) => {
    const invoice = await world.invoice({}, await world.payer());
    return { path: '/payments', body: world.payment(invoice, 'CARD', { payment_gateway: 'stripe' }) };
  },
  '/payments recorded': async (world) => ({
    path: '/payments',
    body: world.payment(await world.invoice(), 'OFFLINE'),
  }),
  '/payments written down': async (world) => ({
    path: '/payments',
    body: world.payment(await world.invoice(), 'OFFLINE', { process_payment: false }),
  }),
  '/payments by page': async (world) => ({
    path: '/payments',
    body: world.payment(await world.invoice(), 'PAYMENT_LINK', {
      payment_gateway: 'stripe',
      ...world.pages(),
    }),
  }),
  '/payments from a wallet': async (world) => {
    const customer = await world.customer();
    const wallet = await world.wallet('100', 'POST_PAID', customer);
    const invoice = await world.invoice({}, customer);
    return { path: '/payments', body: world.payment(invoice, 'CREDITS', { payment_method_id: wallet.id }) };
  },
  '/payments/customers/{id}/setup/intent': async (world) => ({
    path: `/payments/customers/${(await world.customer()).id}/setup/intent`,
    body: { provider: 'stripe', ...world.pages() },
  }),
  '/payments/{id}/process': async (world) => {
    const invoice = await world.invoice({}, await world.payer());
    const written = { payment_gateway: 'stripe', process_payment: false };
    const { id } = await world.api.create('/payments', world.payment(invoice, 'CARD', written));
    return { path: `/payments/${id}/process` };
  },
  '/payments/{id}/process recorded': async (world) => {
    const written = world.payment(await world.invoice(), 'OFFLINE', { process_payment: false });
    return { path: `/payments/${(await world.api.create('/payments', written)).id}/process` };
  },
  '/payments/{id}/refunds': async (world) => ({
    path: `/payments/${(await world.paid('CARD')).id}/refunds`,
    body: { amount: '5' },
  }),
  '/payments/{id}/refunds of what was recorded': async (world) => ({
    path: `/payments/${(await world.paid('OFFLINE')).id}/refunds`,
    body: { amount: '5' },
  }),
  '/payments/{provider}/checkout': async (world) => ({
    path: '/payments/stripe/checkout',
    body: { invoice_id: (await world.invoice()).id, ...world.pages() },
  }),
  '/plans': () => ({ path: '/plans', body: { name: newName() } }),
  '/plans/{id}/clone': async (world) => ({
    path: `/plans/${(await world.plan()).id}/clone`,
    body: { name: newName(), lookup_key: newName() },
  }),
  '/plans/{id}/sync/subscriptions': async (world) => ({
    path: `/plans/${(await world.plan()).id}/sync/subscriptions`,
  }),
  '/prices': async (world) => ({ path: '/prices', body: world.price(await world.plan()) }),
  '/prices/bulk': async (world) => ({
    path: '/prices/bulk',
    body: { items: [world.price(await world.plan())] },
  }),
  '/secrets/api/keys': () => ({ path: '/secrets/api/keys', body: { name: newName() } }),
  '/secrets/api/keys/{id}/rotate': async (world) => {
    const { secret } = await world.api.create('/secrets/api/keys', { name: newName() });
    return { path: `/secrets/api/keys/${secret.id}/rotate`, body: { overlap_seconds: 60 } };
  },
  '/subscriptions': async (world) => {
    const [customer, plan] = await Promise.all([world.customer(), world.plan()]);
    return { path: '/subscriptions', body: { customer_id: customer.id, plan_id: plan.id } };
  },
  '/subscriptions/addon': async (world) => {
    const [subscription, addon] = await Promise.all([world.subscription(), world.addon()]);
    return { path: '/subscriptions/addon', body: { subscription_id: subscription.id, addon_id: addon.id } };
  },
  '/subscriptions/schedules/{id}/cancel': cancelSchedule(''),
  '/v1/subscriptions/schedules/{id}/cancel': cancelSchedule('/v1'),
  '/subscriptions/{id}/activate': async (world) => {
    const { id, start_date: start } = await world.subscription({ subscription_status: 'draft' });
    return { path: `/subscriptions/${id}/activate`, body: { start_date: start } };
  },
  '/subscriptions/{id}/cancel': async (world) => ({
    path: `/subscriptions/${(await world.subscription()).id}/cancel`,
    body: { cancellation_type: 'immediate', proration_behavior: 'create_prorations' },
  }),
  '/subscriptions/{id}/change/execute': (world) => change(world, 'execute'),
  '/subscriptions/{id}/change/preview': (world) => change(world, 'preview'),
  '/subscriptions/{id}/lineitems': async (world) => {
    const [{ id }, plan] = await Promise.all([world.subscription(), world.plan('3')]);
    const price = await world.api.create('/prices', world.price(plan, '3'));
    return { path: `/subscriptions/${id}/lineitems`, body: { price_id: price.id } };
  },
  '/subscriptions/{id}/pause': async (world) => ({
    path: `/subscriptions/${(await world.subscription()).id}/pause`,
    body: { pause_mode: 'immediate' },
  }),
  '/subscriptions/{id}/resume': async (world) => {
    const { id } = await world.subscription();
    await world.api.post(`/subscriptions/${id}/pause`, { pause_mode: 'immediate' });
    return { path: `/subscriptions/${id}/resume`, body: { resume_mode: 'immediate' } };
  },
  '/taxes/associations': async (world) => {
    const [customer, { code }] = await Promise.all([world.customer(), world.taxRate()]);
    const body = { tax_rate_code: code, entity_type: 'customer', entity_id: customer.id };
    return { path: '/taxes/associations', body };
  },
  '/taxes/rates': () => ({
    path: '/taxes/rates',
    body: { name: newName(), code: newName(), tax_rate_type: 'percentage', percentage_value: '10' },
  }),
  '/wallets': async (world) => ({
    path: '/wallets',
    body: { customer_id: (await world.customer()).id, currency: 'usd', initial_credits_to_load: '5' },
  }),
  '/wallets/{id}/debit': async (world) => ({
    path: `/wallets/${(await world.wallet()).id}/debit`,
    body: { credits: '5' },
  }),
  '/wallets/{id}/terminate': async (world) => ({ path: `/wallets/${(await world.wallet()).id}/terminate` }),
  '/wallets/{id}/top-up': async (world) => ({
    path: `/wallets/${(await world.wallet()).id}/top-up`,
    body: { credits_to_add: '5', transaction_reason: 'PURCHASED_CREDIT_INVOICED' },
  }),
  '/webhook-deliveries/{id}/resend': async (world) => {
    const { id } = await world.endpoint();
    const { id: delivery } = await world.api.expect(202, 'POST', `/webhook-endpoints/${id}/test`);
    return { path: `/webhook-deliveries/${delivery}/resend` };
  },
  '/webhook-endpoints': () => ({
    path: '/webhook-endpoints',
    body: { url: `https://example.com/${newName()}`, event_types: ['invoice.communication.triggered'] },
  }),
  '/webhook-endpoints/{id}/resend-failed': async (world) => ({
    path: `/webhook-endpoints/${(await world.endpoint()).id}/resend-failed`,
    body: { since: '2026-01-01T00:00:00Z' },
  }),
  '/webhook-endpoints/{id}/secret/rotate': async (world) => ({
    path: `/webhook-endpoints/${(await world.endpoint()).id}/secret/rotate`,
    body: {},
  }),
  '/webhook-endpoints/{id}/test': async (world) => ({
    path: `/webhook-endpoints/${(await world.endpoint()).id}/test`,
  }),
};
