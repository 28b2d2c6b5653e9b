import { startTestApp, type TestApp } from '../support/test-app.js';

/** What a body needs besides. Nothing that it names is there: the field is refused before anybody looks. */
const BASE: Readonly<Record<string, Record<string, unknown>>> = {
  '/prices': {
    entity_type: 'PLAN',
    entity_id: 'plan_x',
    type: 'FIXED',
    billing_model: 'FLAT_FEE',
    billing_period: 'MONTHLY',
    invoice_cadence: 'ADVANCE',
    price_unit_type: 'FIAT',
    currency: 'usd',
    amount: '1',
  },
  '/subscriptions': { customer_id: 'cust_x', plan_id: 'plan_x' },
  '/subscriptions/subs_x/lineitems': { price_id: 'price_x' },
  '/subscriptions/addon': { subscription_id: 'subs_x', addon_id: 'addon_x' },
  '/creditgrants': { name: 'X', scope: 'PLAN', plan_id: 'plan_x', credits: '1', cadence: 'ONETIME' },
  '/invoices': { customer_id: 'cust_x', currency: 'usd', amount_due: '1', subtotal: '1', total: '1' },
  '/customers': { external_id: 'refused', name: 'X' },
  '/entitlements': {
    entity_type: 'PLAN',
    entity_id: 'plan_x',
    feature_id: 'feat_x',
    feature_type: 'boolean',
    is_enabled: true,
  },
  '/coupons': { name: 'X', type: 'percentage', percentage_off: '1', cadence: 'once' },
  '/features': { name: 'X', type: 'boolean' },
  '/wallets': { customer_id: 'cust_x', currency: 'usd' },
  '/wallets/wallet_x/top-up': { credits_to_add: '1', transaction_reason: 'FREE_CREDIT_GRANT' },
};

/** What docs/reference/differences.md lists as declared and refused, each field by itself. */
const METER = { name: 'X', event_name: 'x', aggregation: { type: 'SUM', field: 'a', expression: 'a + b' } };

const TABLE: readonly (readonly [string, string, Record<string, unknown>])[] = [
  ['POST', '/prices', { price_unit_config: { price_unit: 'fpc' } }],
  ['POST', '/prices', { price_unit_type: 'CUSTOM' }],
  ['PUT', '/prices/price_x', { price_unit_amount: '1' }],
  ['PUT', '/prices/price_x', { price_unit_tiers: [{ unit_amount: '1' }] }],
  ['POST', '/subscriptions/subs_x/lineitems', { commitment_time_buckets: [{ id: 'peak' }] }],
  ['POST', '/subscriptions', { addons: [{ addon_id: 'addon_x' }] }],
  ['POST', '/subscriptions', { credit_grants: [{ name: 'x' }] }],
  ['POST', '/subscriptions', { override_entitlements: [{ entitlement_id: 'x' }] }],
  ['POST', '/subscriptions', { phases: [{ start_date: '2031-01-01T00:00:00Z' }] }],
  ['POST', '/subscriptions', { inheritance: { parent_subscription_id: 'subs_x' } }],
  ['POST', '/subscriptions', { parent_subscription_id: 'subs_x' }],
  ['POST', '/subscriptions', { invoice_billing: 'invoice_to_parent' }],
  ['POST', '/subscriptions', { trial_start: '2031-01-01T00:00:00Z' }],
  ['POST', '/subscriptions', { auto_invoice_threshold: '10' }],
  ['POST', '/subscriptions', { gateway_payment_method_id: 'pm_x' }],
  ['POST', '/subscriptions', { checkout: { success_url: 'https://example.com' } }],
  ['POST', '/subscriptions/subs_x/resume', { resume_mode: 'scheduled' }],
  ['POST', '/subscriptions/subs_x/resume', { resume_mode: 'auto' }],
  ['POST', '/subscriptions/addon', { cadence: 'onetime' }],
  ['POST', '/subscriptions/addon', { line_item_commitments: { price_x: { commitment_amount: 1 } } }],
  ['POST', '/subscriptions/addon', { override_line_items: [{ price_id: 'price_x' }] }],
  ['POST', '/subscriptions/addon', { checkout: { success_url: 'https://example.com' } }],
  ['POST', '/invoices', { prepared_tax_rates: [{ id: 'taxrate_x' }] }],
  ['POST', '/invoices', { total_prepaid_applied: '1' }],
  ['POST', '/invoices', { amount_paid: '1' }],
  ['POST', '/invoices', { payment_status: 'SUCCEEDED' }],
  ['POST', '/invoices', { force_sync_invoice: true }],
  ['POST', '/customers', { parent_customer_id: 'cust_x' }],
  ['POST', '/customers', { parent_customer_external_id: 'x' }],
  ['POST', '/customers', { integration_entity_mapping: [{ provider: 'stripe', id: 'cus_x' }] }],
  ['POST', '/customers', { onboarding_workflow_name: 'x' }],
  ['POST', '/entitlements', { aggregation_mode: 'sum' }],
  ['POST', '/entitlements', { grant_quota: 1 }],
  ['POST', '/entitlements', { grant_measure: 'x' }],
  ['POST', '/entitlements', { grant_duration_unit: 'DAY' }],
  ['POST', '/entitlements', { grant_duration_value: 1 }],
  ['POST', '/entitlements', { grant_allocation_behavior: 'x' }],
  ['POST', '/coupons', { rules: { min: 1 } }],
  ['PUT', '/taxes/rates/taxrate_x', { percentage_value: '1' }],
  ['PUT', '/taxes/rates/taxrate_x', { fixed_value: '1' }],
  ['POST', '/features', { alert_settings: { alert_enabled: true } }],
  ['POST', '/features', { type: 'metered', meter: METER }],
  ['POST', '/wallets', { alert_settings: { alert_enabled: true } }],
  ['POST', '/wallets', { price_unit: 'fpc' }],
  ['POST', '/wallets', { auto_topup: { enabled: true, threshold: '1', amount: '1', cooldown: 1 } }],
  ['POST', '/wallets/wallet_x/top-up', { force_sync_invoice: true }],
  ['POST', '/wallets/wallet_x/top-up', { checkout: { success_url: 'https://example.com' } }],
];

describe('what is declared and refused by name', () => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startTestApp();
  });
  afterAll(async () => {
    await server.stop();
  });

  const NESTED: Readonly<Record<string, string>> = { type: 'expression', auto_topup: 'cooldown' };
  const fieldOf = (more: Record<string, unknown>): string => {
    const [field] = Object.keys(more) as [string];
    return NESTED[field] ?? field;
  };

  it.each(TABLE)('%s %s with %j', async (method, path, more) => {
    const answer = await server.api.send(method, path, { ...BASE[path], ...more });
    expect({ status: answer.status, message: answer.body.message }).toEqual({
      status: 501,
      message: expect.stringMatching(new RegExp(fieldOf(more))),
    });
    expect(answer.body.code).toBe('not_implemented');
  });
});
