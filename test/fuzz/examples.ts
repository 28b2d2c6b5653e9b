import { IdOf } from './arbitraries.js';

const DAY = 24 * 60 * 60 * 1000;
const daysAgo = (days: number): string => new Date(Date.now() - days * DAY).toISOString();

type Example = (n: number) => object;

const cust = (n: number) => new IdOf('cust', n);
const plan = (n: number) => new IdOf('plan', n);
const key = (n: number) => `key-${n}-${Math.floor(n / 7)}`;
const price = (n: number) => ({
  ...{ entity_type: 'PLAN', entity_id: plan(n), type: 'FIXED', billing_model: 'FLAT_FEE', currency: 'usd' },
  ...{ billing_period: 'MONTHLY', invoice_cadence: 'ADVANCE', amount: '5' },
});
const usage = (n: number) => ({
  ...price(n),
  ...{ type: 'USAGE', invoice_cadence: 'ARREAR', meter_id: new IdOf('meter', n), amount: undefined },
  ...{ billing_model: 'TIERED', tier_mode: n % 2 === 0 ? 'SLAB' : 'VOLUME' },
  tiers: [{ up_to: '10', unit_amount: '1', flat_amount: '2' }, { unit_amount: '0.5' }],
});
const entitlement = (n: number) => ({
  ...{ entity_type: 'PLAN', entity_id: plan(n), feature_id: new IdOf('feat', n), is_enabled: true },
  ...(n % 2 === 0 ? { usage_limit: 10, usage_reset_period: 'DAILY' } : {}),
});
const change = (n: number) => ({
  target_plan_id: plan(n),
  billing_period: 'MONTHLY',
  proration_behavior: n % 2 === 0 ? 'create_prorations' : 'none',
  change_at: n % 3 === 0 ? 'end_of_period' : 'immediate',
});
const link = (n: number) => ({
  ...{ entity_type: 'customer', entity_id: cust(n), provider_type: 'stripe', provider_entity_id: `cus_${n}` },
});

/** An unsigned one, as Whop's are taken where the connection has no secret. */
const hint = (n: number) => ({ id: `evt_${n}`, type: 'invoice.paid', data: { id: `inv_${n % 50}` } });

/**
 * Bodies that the server takes as they are, if what they name is there: for operations whose fields need each other, which
 * nobody finds by luck. They are sent as they are, and with something wrong in one place.
 */
export const EXAMPLES: Readonly<Record<string, Example>> = {
  'POST /v1/prices': (n) => (n % 2 === 0 ? price(n) : usage(n)),
  'POST /v1/prices/bulk': (n) => ({ items: [price(n), usage(n + 1)] }),
  'PUT /v1/prices/{id}': (n) => ({ amount: String(n), effective_from: daysAgo(-3) }),
  'POST /v1/plans': (n) => ({
    ...{ name: 'P', lookup_key: key(n), currency: 'usd', billing_period: 'monthly' },
    prices: [
      { pricing_model: 'flat', unit_price: '3' },
      { pricing_model: 'tiered', feature_id: new IdOf('feat', n), tiers: [{ unit_amount: '1' }] },
    ],
  }),
  'POST /v1/coupons': (n) =>
    n % 2 === 0
      ? { name: 'C', coupon_code: key(n), type: 'percentage', percentage_off: '10', cadence: 'once' }
      : {
          name: 'C',
          type: 'fixed',
          amount_off: '3',
          currency: 'usd',
          cadence: 'repeated',
          duration_in_periods: 2,
        },
  'PUT /v1/coupons/{id}': () => ({ name: 'Renamed' }),
  'POST /v1/creditgrants': (n) => ({
    ...{ name: 'G', credits: '2', cadence: 'RECURRING', period: 'WEEKLY', expiration_type: 'BILLING_CYCLE' },
    ...(n % 2 === 0
      ? { scope: 'PLAN', plan_id: plan(n) }
      : { scope: 'SUBSCRIPTION', subscription_id: new IdOf('subs', n) }),
  }),
  'POST /v1/entitlements': entitlement,
  'POST /v1/entitlements/bulk': (n) => ({ items: [entitlement(n), entitlement(n + 1)] }),
  'PUT /v1/entitlements/{id}': (n) => ({ is_enabled: n % 2 === 0 }),
  'POST /v1/customers': (n) => ({
    external_id: key(n),
    name: 'C',
    email: 'c@example.com',
    timezone: 'Asia/Kathmandu',
  }),
  'POST /v1/subscriptions': (n) => ({
    ...{ customer_id: cust(n), plan_id: plan(n), start_date: daysAgo(n % 50), billing_period: 'MONTHLY' },
    ...(n % 4 === 0 ? { subscription_status: 'draft' } : {}),
    ...(n % 4 === 1 ? { billing_cycle: 'calendar', proration_behavior: 'create_prorations' } : {}),
    ...(n % 4 === 2 ? { trial_period_days: 5, coupons: [new IdOf('coupon', n)] } : {}),
    ...(n % 8 === 3 ? { commitment_amount: '100', overage_factor: '1.5', enable_true_up: true } : {}),
  }),
  'POST /v1/subscriptions/{id}/activate': (n) => ({ start_date: daysAgo(n % 30) }),
  'POST /v1/subscriptions/{id}/cancel': (n) => ({
    cancellation_type: ['immediate', 'end_of_period', 'scheduled_date'][n % 3],
    ...(n % 3 === 2 ? { cancel_at: daysAgo(-5) } : {}),
    ...(n % 6 === 0
      ? { cancel_immediately_invoice_policy: 'generate_invoice', proration_behavior: 'create_prorations' }
      : {}),
  }),
  'POST /v1/subscriptions/{id}/pause': (n) => ({
    pause_mode: 'immediate',
    ...(n % 2 === 0 ? { pause_days: 3 } : {}),
  }),
  'POST /v1/subscriptions/{id}/resume': () => ({ resume_mode: 'immediate' }),
  'POST /v1/subscriptions/{id}/change/preview': change,
  'POST /v1/subscriptions/{id}/change/execute': change,
  'POST /v1/subscriptions/{id}/lineitems': (n) =>
    n % 2 === 0
      ? { price_id: new IdOf('price', n), quantity: '2' }
      : { price: { ...price(n), entity_type: undefined, entity_id: undefined }, quantity: '2' },
  'PUT /v1/subscriptions/lineitems/{id}': (n) => ({
    quantity: String(1 + (n % 5)),
    proration_behavior: 'create_prorations',
  }),
  'DELETE /v1/subscriptions/lineitems/{id}': (n) => (n % 2 === 0 ? {} : { effective_from: daysAgo(-2) }),
  'POST /v1/subscriptions/addon': (n) => ({
    subscription_id: new IdOf('subs', n),
    addon_id: new IdOf('addon', n),
  }),
  'DELETE /v1/subscriptions/addon': (n) => ({ addon_association_id: new IdOf('addon_assoc', n) }),
  'POST /v1/subscriptions/usage': (n) => ({ subscription_id: new IdOf('subs', n) }),
  'POST /v1/invoices': (n) => ({
    ...{
      customer_id: cust(n),
      currency: 'usd',
      amount_due: '30',
      invoice_status: n % 2 === 0 ? 'DRAFT' : 'FINALIZED',
    },
    line_items: [
      { display_name: 'A', amount: '10', quantity: '1' },
      { display_name: 'B', amount: '20', quantity: '2.5' },
    ],
  }),
  'POST /v1/invoices/preview': (n) => ({ subscription_id: new IdOf('subs', n) }),
  'PUT /v1/invoices/{id}': (n) => ({ due_date: daysAgo(-n % 60), metadata: { a: 'b' } }),
  'PUT /v1/invoices/{id}/payment': (n) => ({
    payment_status: 'SUCCEEDED',
    ...(n % 2 === 0 ? { amount: '1' } : {}),
  }),
  'POST /v1/invoices/{id}/late-usage': (n) => (n % 2 === 0 ? {} : { credit_as: 'credit_note' }),
  'POST /v1/payments': (n) => ({
    ...{ destination_type: 'INVOICE', destination_id: new IdOf('inv', n), amount: '1', currency: 'usd' },
    payment_method_type: ['OFFLINE', 'OFFLINE', 'CREDITS', 'PAYMENT_LINK', 'CARD'][n % 5],
    ...{ success_url: 'https://127.0.0.1:9/a', cancel_url: 'https://127.0.0.1:9/b' },
    ...(n % 8 === 0 ? { process_payment: false } : {}),
  }),
  'PUT /v1/payments/{id}': (n) => ({ payment_status: ['SUCCEEDED', 'FAILED', 'VOIDED'][n % 3] }),
  'POST /v1/payments/{id}/refunds': (n) => ({ amount: '0.5', idempotency_key: key(n) }),
  'POST /v1/payments/{provider}/checkout': (n) => ({
    ...{
      invoice_id: new IdOf('inv', n),
      success_url: 'https://127.0.0.1:9/a',
      cancel_url: 'https://127.0.0.1:9/b',
    },
  }),
  'POST /v1/payments/customers/{id}/setup/intent': () => ({
    ...{ provider: 'stripe', success_url: 'https://127.0.0.1:9/a', cancel_url: 'https://127.0.0.1:9/b' },
  }),
  'POST /v1/creditnotes': (n) => ({
    ...{ invoice_id: new IdOf('inv', n), reason: 'DUPLICATE', process_credit_note: n % 2 === 0 },
  }),
  'POST /v1/wallets': (n) => ({
    customer_id: cust(n),
    currency: ['eur', 'jpy', 'gbp', 'kwd'][n % 4],
    conversion_rate: '2',
  }),
  'POST /v1/wallets/{id}/top-up': (n) => ({
    ...{
      credits_to_add: '5',
      transaction_reason: n % 2 === 0 ? 'FREE_CREDIT_GRANT' : 'PURCHASED_CREDIT_INVOICED',
    },
  }),
  'POST /v1/wallets/{id}/debit': () => ({ credits: '0.1' }),
  'POST /v1/taxes/associations': (n) => ({
    tax_rate_code: new IdOf('code', n),
    entity_type: 'customer',
    entity_id: cust(n),
  }),
  'POST /v1/connections': (n) =>
    n % 2 === 0
      ? {
          ...{ provider_type: 'stripe', name: 'S' },
          encrypted_secret_data: {
            publishable_key: 'pk_test_0123456789abcdef',
            secret_key: `sk_test_${'a1b2c3d4e5f6'.repeat(2)}`,
          },
          sync_config: { customer: { outbound: true }, invoice: { outbound: false } },
        }
      : {
          ...{ provider_type: 'whop', name: 'W' },
          encrypted_secret_data: {
            api_key: `apik_${'a1b2c3d4e5f6'.repeat(2)}`,
            company_id: 'biz_00112233445566',
          },
        },
  'PUT /v1/connections/{id}': () => ({ name: 'Renamed', sync_config: { customer_outbound_enabled: false } }),
  'POST /v1/integrations/link': link,
  'POST /v1/entity-integration-mappings': link,
  'DELETE /v1/integrations/link': (n) => ({ ...link(n), provider_entity_id: undefined }),
  'POST /v1/integrations/sync': (n) => ({
    entity_type: 'customer',
    entity_id: cust(n),
    provider_type: 'stripe',
  }),
  'POST /v1/integrations/sync/{entity}': (n) => ({
    provider: 'stripe',
    customer_id: cust(n),
    invoice_id: new IdOf('inv', n),
  }),
  'POST /v1/events/usage/meter': (n) => ({
    meter_id: new IdOf('meter', n),
    external_customer_id: new IdOf('external_id', n),
    window_size: 'DAY',
  }),
  'POST /v1/events/analytics': (n) => ({
    external_customer_id: new IdOf('external_id', n),
    window_size: 'DAY',
    group_by: ['properties.model'],
  }),
  'POST /v1/webhooks/{provider}/{connection_id}': hint,
  'POST /v1/webhooks/{provider}/{tenant_id}/{environment_id}': hint,
  'POST /v1/integrations/{provider}/webhook': hint,
  'POST /v1/webhook-endpoints': () => ({ url: 'https://127.0.0.1:9/hook' }),
};

/** The same for queries. */
export const QUERIES: Readonly<Record<string, Example>> = {
  'GET /v1/customers/wallets': (n) => ({ id: cust(n) }),
  'GET /v1/customers/usage': (n) => ({ customer_id: cust(n) }),
  'GET /v1/events/lookup': (n) => ({ event_id: new IdOf('event_id', n) }),
  'GET /v1/integrations/mappings': (n) => ({ entity_type: 'customer', entity_id: cust(n) }),
  'GET /v1/integrations/timeline': (n) => ({ entity_id: cust(n) }),
  'PUT /v1/customers': (n) => ({ id: cust(n) }),
};
