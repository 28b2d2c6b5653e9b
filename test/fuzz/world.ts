import type { ApiClient } from '../support/api-client.js';

/** Ids by the word before their underscore: `cust`, `plan`, `inv`. */
export class Ids {
  private readonly byKind = new Map<string, string[]>();

  /** `never` are ids that no request may name. */
  constructor(private readonly never: ReadonlySet<string> = new Set()) {}

  /** Takes every id of ours out of an answer. */
  collect(answer: unknown): void {
    const look = (value: unknown, key: string, depth: number): void => {
      if (depth > 6) return;
      if (typeof value === 'string') this.take(value, key);
      else if (typeof value === 'object' && value !== null)
        for (const [name, inner] of Object.entries(value).slice(0, 60))
          look(inner, Array.isArray(value) ? key : name, depth + 1);
    };
    look(answer, '', 0);
  }

  private take(text: string, key: string): void {
    const [kind] = text.split('_');
    if (/^[a-z_]{2,20}_[0-9A-HJKMNP-TV-Z]{26}$/.test(text)) this.add(text.slice(0, -27), text);
    else if (kind !== undefined && NAMED.has(key) && text !== '' && text.length < 100) this.add(key, text);
  }

  add(kind: string, id: string): void {
    const ids = this.byKind.get(kind) ?? [];
    this.byKind.set(kind, ids);
    if (ids.includes(id) || this.never.has(id)) return;
    ids.push(id);
    // The oldest go: what is younger has seen more.
    if (ids.length > MOST_IDS) ids.splice(8, 1);
  }

  kinds(): string[] {
    return [...this.byKind.keys()];
  }

  /** The nth id of a kind; undefined when there is none. */
  of(kind: string, n: number): string | undefined {
    const ids = this.byKind.get(kind) ?? [];
    return ids.length === 0 ? undefined : ids[n % ids.length];
  }
}

const MOST_IDS = 40;
/** Names of things that are no ids of ours. */
const NAMED = new Set(['external_id', 'lookup_key', 'coupon_code', 'code', 'event_id', 'event_name']);

const DAY = 24 * 60 * 60 * 1000;

/** One of everything that the API makes, so that ids in random requests mean something. */
export async function furnish(api: ApiClient, name: string): Promise<void> {
  const send = async (method: string, path: string, body?: unknown): Promise<any> => {
    const answer = await api.send(method, path, body);
    if (answer.status >= 300)
      throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const post = (path: string, body: unknown): Promise<any> => send('POST', path, body);
  await post('/connections', {
    provider: 'stripe',
    name: 'Stripe',
    metadata: {
      publishable_key: 'pk_test_0123456789abcdef',
      secret_key: `sk_test_${name === 'mine' ? 'a1b2c3d4e5f6' : '0f1e2d3c4b5a'}`.padEnd(32, '0'),
    },
    sync_config: { customer_outbound_enabled: true },
  });
  await post('/connections', {
    provider_type: 'whop',
    name: 'Whop',
    encrypted_secret_data: {
      api_key: `apik_${name.padEnd(24, '0')}`,
      company_id: name === 'mine' ? 'biz_0123456789abcd' : 'biz_fedcba98765432',
    },
  });
  const feature = await post('/features', {
    name: 'Tokens',
    lookup_key: `${name}-tokens`,
    type: 'metered',
    meter: { name: 'Tokens', event_name: 'tokens', aggregation: { type: 'SUM', field: 'n' } },
  });
  const flag = await post('/features', { name: 'Flag', lookup_key: `${name}-flag`, type: 'boolean' });
  const group = await post('/groups', { name: 'G', lookup_key: `${name}-g`, entity_type: 'price' });
  const plan = await post('/plans', {
    name: 'Pro',
    lookup_key: `${name}-pro`,
    currency: 'usd',
    billing_period: 'monthly',
    prices: [
      { pricing_model: 'flat', unit_price: '10', lookup_key: `${name}-fee` },
      { pricing_model: 'flat', unit_price: '0.01', feature_id: feature.id },
    ],
  });
  const other = await post('/plans', {
    name: 'Max',
    lookup_key: `${name}-max`,
    currency: 'usd',
    billing_period: 'monthly',
    prices: [{ pricing_model: 'flat', unit_price: '30' }],
  });
  await post('/prices', {
    ...{ entity_type: 'PLAN', entity_id: other.id, type: 'USAGE', meter_id: feature.meter_id },
    ...{ billing_model: 'TIERED', tier_mode: 'SLAB', billing_period: 'MONTHLY', invoice_cadence: 'ARREAR' },
    ...{ currency: 'usd', group_id: group.id },
    tiers: [{ up_to: '100', unit_amount: '1' }, { unit_amount: '0.5' }],
  });
  for (const one of [feature, flag])
    await post('/entitlements', {
      ...{ plan_id: plan.id, feature_id: one.id, is_enabled: true },
      ...(one === feature ? { feature_type: 'metered', usage_limit: 10 } : { feature_type: 'boolean' }),
    });
  const addon = await post('/addons', { name: 'Seats', lookup_key: `${name}-seats`, type: 'onetime' });
  await post('/prices', {
    ...{ entity_type: 'ADDON', entity_id: addon.id, type: 'FIXED', billing_model: 'FLAT_FEE' },
    ...{ billing_period: 'MONTHLY', invoice_cadence: 'ADVANCE', currency: 'usd', amount: '5' },
  });
  const coupon = await post('/coupons', {
    ...{
      name: 'Ten',
      coupon_code: `${name}-ten`,
      type: 'percentage',
      percentage_off: '10',
      cadence: 'forever',
    },
  });
  const tax = await post('/taxes/rates', { name: 'VAT', code: `${name}-vat`, percentage_value: '19' });
  await post('/creditgrants', {
    ...{
      name: 'Gift',
      scope: 'PLAN',
      plan_id: plan.id,
      credits: '5',
      cadence: 'RECURRING',
      period: 'MONTHLY',
    },
  });
  await post('/webhook-endpoints', { url: 'https://127.0.0.1:9/hook' });
  await post('/secrets/api/keys', { name: 'another' });
  for (let n = 0; n < 3; n++) {
    const external_id = `${name}-customer-${n}`;
    const customer = await post('/customers', { external_id, name: 'C', email: `c${n}@example.com` });
    await post('/taxes/associations', {
      tax_rate_code: tax.code,
      entity_type: 'customer',
      entity_id: customer.id,
    });
    await post('/events/bulk', {
      events: Array.from({ length: 20 }, (_, i) => ({
        ...{ event_id: `${external_id}-${i}`, event_name: 'tokens', external_customer_id: external_id },
        timestamp: new Date(Date.now() - i * DAY).toISOString(),
        properties: { n: i, model: `m${i % 3}` },
      })),
    });
    const subscription = await post('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
      start_date: new Date(Date.now() - 40 * DAY).toISOString(),
      ...(n === 0 ? { coupons: [coupon.id] } : {}),
    });
    if (n === 1) await post('/subscriptions/addon', { subscription_id: subscription.id, addon_id: addon.id });
    await post('/wallets', { customer_id: customer.id, currency: 'usd', wallet_type: 'POST_PAID' });
    const [wallet] = await send('GET', `/customers/${customer.id}/wallets`);
    await post(`/wallets/${wallet.id}/top-up`, {
      transaction_reason: 'FREE_CREDIT_GRANT',
      credits_to_add: '50',
    });
    const invoice = await post('/invoices', {
      ...{ customer_id: customer.id, currency: 'usd', amount_due: '30', invoice_status: 'FINALIZED' },
      line_items: [{ display_name: 'Work', amount: '30', quantity: '1' }],
    });
    await post('/payments', {
      ...{ destination_type: 'INVOICE', destination_id: invoice.id, payment_method_type: 'OFFLINE' },
      ...{ amount: '10', currency: 'usd' },
    });
  }
}
