import { times } from '../load.mjs';
import { EVENTS, LARGE, meterName, MONTH, rolledUp } from '../data.mjs';
import { api, connect, startServer } from '../servers.mjs';

const INVOICES = 100_000;
const LINE_EVENTS = 1_000_000;
/** The month before that of the other events. */
const LINE_MONTH = { start: '2026-09-01T00:00:00.000Z', end: '2026-10-01T00:00:00.000Z' };
const CALLS = 200;
const WARM = 40;

/** The four dashboards, and the explanation of a line, over the table of the rows on queries and 100,000 invoices. */
export async function dashboardRows({ wanted, add, say, large }) {
  if (!wanted('dashboard', 'explanation')) return;
  const { server, tenant, url, features } = large;
  const get = (route) => api(server, tenant.apiKey, 'GET', route);
  const p95 = async (ask) => {
    await times(WARM, ask);
    const sorted = (await times(CALLS, ask)).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length * 0.95)];
  };
  if (wanted('explanation')) {
    say('explanation: the bill of a large customer');
    await insertMonthOfOne(url, tenant);
    const worker = await startServer(url, { role: 'worker' });
    await rolledUp(url, say);
    const { invoice, line } = await billedLine(server, tenant, features[1]);
    await worker.stop();
    const ask = () => get(`/invoices/${invoice.id}/lines/${line.id}/explanation`);
    const found = await ask();
    const sum = found.steps.reduce((total, step) => total + Number(step.amount), 0);
    if (Math.abs(sum - Number(line.amount)) > 1e-6) throw new Error('the steps do not add up');
    const ratio = await p95(ask);
    add({
      row: 'explanation of a line',
      numerator: `p95 ${ratio.toFixed(1)} ms over HTTP, a line of ${LINE_EVENTS.toLocaleString('en')} events`,
      denominator: 'ms',
      ratio,
      goal: { most: 100 },
    });
  }
  if (!wanted('dashboard')) return;
  say('100,000 invoices');
  await insertInvoices(url, tenant);
  const window = `start_time=${MONTH.start}&end_time=${MONTH.end}`;
  for (const [name, route] of [
    ['billing', '/dashboards/billing?days=365'],
    ['customers', '/dashboards/customers?days=365'],
    ['integrations', '/dashboards/integrations?days=365'],
    ['usage', `/dashboards/usage?${window}&limit=10`],
  ]) {
    say(`dashboard of ${name}`);
    const ratio = await p95(() => get(route));
    add({
      row: `dashboard, ${name}`,
      numerator: `p95 ${ratio.toFixed(1)} ms over HTTP, ${EVENTS.toLocaleString('en')} events, ${INVOICES.toLocaleString('en')} invoices`,
      denominator: 'ms',
      ratio,
      goal: { most: 150 },
    });
  }
}

/** A million events of one customer and one meter in one month. */
async function insertMonthOfOne(url, tenant) {
  const client = await connect(url);
  await client.query('SELECT billing.ensure_usage_partitions($1, $1)', [LINE_MONTH.start]);
  await client.query(
    `INSERT INTO billing.usage_events (tenant_id, environment_id, id, event_name, external_customer_id, source, occurred_at, received_at, properties)
     SELECT $1, $2, gen_random_uuid()::text, $3, $4, 'bench', at, at, jsonb_build_object('units', (n % 1000) / 10.0)
       FROM (SELECT n, timestamptz '${LINE_MONTH.start}' + n * (30 * 86400.0 / ${LINE_EVENTS}) * interval '1 second' AS at
               FROM generate_series(0, ${LINE_EVENTS - 1}) n) made`,
    [tenant.tenantId, tenant.environmentId, meterName(1), LARGE],
  );
  await client.query(
    `INSERT INTO billing.usage_hours (tenant_id, environment_id, event_name, hour, changed_at)
     SELECT $1, $2, $3, hour, now() - interval '1 hour'
       FROM generate_series(timestamptz '${LINE_MONTH.start}', timestamptz '${LINE_MONTH.end}' - interval '1 hour', interval '1 hour') hour
     ON CONFLICT (environment_id, event_name, hour) DO UPDATE SET is_clean = false, summed_until = NULL, roll_id = NULL`,
    [tenant.tenantId, tenant.environmentId, meterName(1)],
  );
  await client.query('VACUUM (ANALYZE) billing.usage_events');
  await client.end();
}

/** A subscription to what the large customer uses, billed for the month. */
async function billedLine(server, tenant, feature) {
  const post = (route, body) => api(server, tenant.apiKey, 'POST', route, body);
  const plan = await post('/plans', { name: 'Explained', lookup_key: 'explained' });
  await post('/prices', {
    entity_type: 'PLAN',
    entity_id: plan.id,
    type: 'USAGE',
    meter_id: feature.meter_id,
    billing_model: 'TIERED',
    tier_mode: 'SLAB',
    tiers: [
      { up_to: 1000, unit_amount: '0.01', flat_amount: '0' },
      { up_to: null, unit_amount: '0.001', flat_amount: '1' },
    ],
    currency: 'usd',
    billing_period: 'MONTHLY',
    invoice_cadence: 'ARREAR',
    price_unit_type: 'FIAT',
    start_date: LINE_MONTH.start,
  });
  const { id } = await api(server, tenant.apiKey, 'GET', `/customers/external/${LARGE}`);
  const subscription = await post('/subscriptions', {
    customer_id: id,
    plan_id: plan.id,
    currency: 'usd',
    billing_period: 'MONTHLY',
    start_date: LINE_MONTH.start,
  });
  await post('/billing/runs', {});
  for (;;) {
    const { items } = await post('/invoices/search', {
      subscription_id: subscription.id,
      period_end_lte: LINE_MONTH.end,
      expand: 'line_items',
    });
    const line = items[0]?.line_items.find((one) => one.price_type === 'USAGE');
    if (line !== undefined) return { invoice: items[0], line };
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Of a year and a half, in two currencies: most are paid, some are owed; each with a payment, and a subscription of its customer. */
async function insertInvoices(url, tenant) {
  const client = await connect(url);
  const own = [tenant.tenantId, tenant.environmentId];
  const row = `$1 AS tenant_id, $2 AS environment_id, 'published' AS status, at AS created_at, at AS updated_at, 'bench' AS created_by, 'bench' AS updated_by`;
  await client.query(
    `INSERT INTO billing.invoices (id, tenant_id, environment_id, status, created_at, updated_at, created_by, updated_by, customer_id,
       invoice_type, invoice_status, payment_status, billing_reason, collection_method, currency, subtotal, total, amount_paid,
       amount_remaining, due_date, finalized_at, paid_at, invoice_number)
     SELECT 'inv_bench_' || n, r.tenant_id, r.environment_id, r.status, r.created_at, r.updated_at, r.created_by, r.updated_by,
            'cust_bench_' || n % 10000, 'SUBSCRIPTION', 'FINALIZED', CASE WHEN n % 20 = 0 THEN 'FAILED' WHEN n % 10 = 1 THEN 'PENDING' ELSE 'SUCCEEDED' END,
            'SUBSCRIPTION_CYCLE', 'send_invoice', CASE WHEN n % 7 = 0 THEN 'eur' ELSE 'usd' END, n, n,
            CASE WHEN n % 10 < 2 AND (n % 20 = 0 OR n % 10 = 1) THEN 0 ELSE n END, CASE WHEN n % 20 = 0 OR n % 10 = 1 THEN n ELSE 0 END,
            at + interval '14 days', at, CASE WHEN n % 20 = 0 OR n % 10 = 1 THEN NULL ELSE at + interval '1 day' END, 'BENCH-' || n
       FROM (SELECT n, now() - n * interval '8 minutes' AS at FROM generate_series(1, ${INVOICES}) n) s, LATERAL (SELECT ${row}) r`,
    own,
  );
  await client.query(
    `INSERT INTO billing.payments (id, tenant_id, environment_id, status, created_at, updated_at, created_by, updated_by,
       destination_type, destination_id, customer_id, payment_method_type, amount, currency, payment_status)
     SELECT 'pay_bench_' || n, r.tenant_id, r.environment_id, r.status, r.created_at, r.updated_at, r.created_by, r.updated_by,
            'INVOICE', 'inv_bench_' || n, 'cust_bench_' || n % 10000, 'CARD', n, 'usd', CASE WHEN n % 20 = 0 THEN 'FAILED' ELSE 'SUCCEEDED' END
       FROM (SELECT n, now() - n * interval '8 minutes' AS at FROM generate_series(1, ${INVOICES}) n) s, LATERAL (SELECT ${row}) r`,
    own,
  );
  await client.query(
    `INSERT INTO billing.customers (id, tenant_id, environment_id, status, created_at, updated_at, created_by, updated_by, external_id, name)
     SELECT 'cust_bench_' || n, r.tenant_id, r.environment_id, r.status, r.created_at, r.updated_at, r.created_by, r.updated_by,
            'bench-' || n, 'Bench ' || n
       FROM (SELECT n, now() - n * interval '1 hour' AS at FROM generate_series(0, 9999) n) s, LATERAL (SELECT ${row}) r`,
    own,
  );
  await client.query('VACUUM (ANALYZE) billing.invoices, billing.payments, billing.customers');
  await client.end();
}
