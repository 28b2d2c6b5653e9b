import assert from 'node:assert/strict';
import { meterName, MONTH } from '../data.mjs';
import { api, connect, startServer } from '../servers.mjs';

const CENTS_A_UNIT = 3;
const COUNTS = (process.env.BENCH_SUBSCRIPTIONS ?? '1000,10000').split(',').map(Number);

/** Billing of many subscriptions at once, five meters each, against the one statement that computes the same totals. */
export async function billingRows({ large, wanted, add, say }) {
  if (!wanted('billing run')) return;
  const { server, tenant, url, features } = large;
  const sql = await connect(url);
  const post = (route, body) => api(server, tenant.apiKey, 'POST', route, body);
  const perInvoice = [];
  try {
    const plan = await post('/plans', { name: 'Five meters', lookup_key: 'five-meters' });
    for (const feature of features)
      await post('/prices', {
        entity_type: 'PLAN',
        entity_id: plan.id,
        type: 'USAGE',
        meter_id: feature.meter_id,
        billing_model: 'FLAT_FEE',
        amount: String(CENTS_A_UNIT / 100),
        currency: 'usd',
        billing_period: 'MONTHLY',
        invoice_cadence: 'ARREAR',
        price_unit_type: 'FIAT',
        start_date: '2020-01-01T00:00:00Z',
      });
    const template = await post('/customers', { external_id: 'template', name: 'template' });
    const { id } = await post('/subscriptions', { customer_id: template.id, plan_id: plan.id });
    await api(server, tenant.apiKey, 'PUT', `/customers/${template.id}`, { timezone: 'UTC' });
    for (const count of COUNTS) {
      say(`billing run of ${count.toLocaleString('en')} subscriptions`);
      const prefix = `bench${count}`;
      await subscribe(sql, { template: template.id, subscription: id, prefix, count });
      const byHand = async () => {
        const began = performance.now();
        const { rows } = await sql.query(TOTALS, [
          tenant.environmentId,
          MONTH.start,
          MONTH.end,
          `${prefix}_%`,
        ]);
        return { ms: performance.now() - began, total: Number(rows[0].total) };
      };
      await byHand();
      const { ms, total } = await byHand();
      const worker = await startServer(url, { role: 'worker' });
      const run = await runOf(sql, count, say);
      await worker.stop();
      const { rows } = await sql.query(
        `SELECT sum(total)::bigint AS total, count(*)::int AS invoices FROM billing.invoices
          WHERE subscription_id LIKE $1`,
        [`${prefix}_%`],
      );
      assert.equal(rows[0].invoices, count);
      assert.equal(Number(rows[0].total), total);
      perInvoice.push(run.ms / count);
      add({
        row: `billing run, ${count.toLocaleString('en')} subscriptions`,
        numerator: `${(run.ms / 1000).toFixed(2)} s for as many invoices of 5 lines, drafted, numbered and final`,
        denominator: `${(ms / 1000).toFixed(2)} s for the totals alone by SQL`,
        ratio: run.ms / ms,
        goal: { most: 4 },
      });
    }
    add({
      row: 'billing run, growth',
      numerator: `${perInvoice.at(-1).toFixed(2)} ms an invoice among ${COUNTS.at(-1).toLocaleString('en')}`,
      denominator: `${perInvoice[0].toFixed(2)} ms among ${COUNTS[0].toLocaleString('en')}`,
      ratio: perInvoice.at(-1) / perInvoice[0],
      goal: { most: 1.2 },
    });
  } finally {
    await sql.end();
  }
}

/** Every subscription's total in minor units, each line rounded once, added up. */
const TOTALS = `SELECT sum(cents)::bigint AS total FROM (
  SELECT s.id, e.event_name,
         round(${CENTS_A_UNIT} * CASE WHEN e.event_name = '${meterName(0)}' THEN count(*)
                                      ELSE sum((e.properties ->> 'units')::numeric) END) AS cents
    FROM billing.subscriptions s
    JOIN billing.customers c ON c.id = s.customer_id
    JOIN billing.usage_events e ON e.environment_id = $1 AND e.external_customer_id = c.external_id
     AND e.occurred_at >= $2 AND e.occurred_at < $3
   WHERE s.id LIKE $4
   GROUP BY s.id, e.event_name) lines`;

/** As many copies of a subscription, of customers that have events, each due for the month. */
async function subscribe(sql, { template, subscription, prefix, count }) {
  await sql.query(
    `WITH n AS (SELECT generate_series(0, $1::int - 1) AS n)
     INSERT INTO billing.customers
     SELECT (jsonb_populate_record(c, jsonb_build_object('id', $2::text || '_c' || n, 'external_id', 'customer-' || n))).*
       FROM n, billing.customers c WHERE c.id = $3 AND NOT EXISTS (
         SELECT FROM billing.customers k WHERE k.external_id = 'customer-' || n)`,
    [count, prefix, template],
  );
  await sql.query(
    `INSERT INTO billing.subscriptions
     SELECT (jsonb_populate_record(s, jsonb_build_object('id', $1::text || '_' || c.n, 'customer_id', c.id,
               'start_date', $2::text, 'billing_anchor', $2::text, 'activated_at', $2::text, 'created_at', $2::text,
               'current_period_start', $2::text, 'current_period_end', $3::text, 'next_action_at', $3::text))).*
       FROM billing.subscriptions s,
            (SELECT id, substr(external_id, 10)::int AS n FROM billing.customers
              WHERE external_id ~ '^customer-[0-9]+$') c
      WHERE s.id = $4 AND c.n < $5`,
    [prefix, MONTH.start, MONTH.end, subscription, count],
  );
  await sql.query(
    `INSERT INTO billing.subscription_line_items
     SELECT (jsonb_populate_record(l, jsonb_build_object('id', l.id || '_' || s.id, 'subscription_id', s.id,
               'customer_id', s.customer_id, 'start_date', $2::text, 'created_at', $2::text))).*
       FROM billing.subscription_line_items l, billing.subscriptions s
      WHERE l.subscription_id = $3 AND s.id LIKE $1`,
    [`${prefix}_%`, MONTH.start, subscription],
  );
  await sql.query(
    'VACUUM (ANALYZE) billing.customers, billing.subscriptions, billing.subscription_line_items',
  );
}

/** From where the clock's run began until nothing is due any more. */
async function runOf(sql, count, say) {
  for (;;) {
    const { rows } = await sql.query(
      `SELECT subscriptions, failed, failures, extract(epoch FROM finished_at - started_at) * 1000 AS ms
         FROM billing.billing_runs WHERE subscriptions > 0 ORDER BY created_at DESC LIMIT 1`,
    );
    const [run] = rows;
    if (run !== undefined && run.ms !== null && run.subscriptions === count) return { ms: Number(run.ms) };
    if (run !== undefined && run.failed > 0) throw new Error(JSON.stringify(run.failures.slice(0, 3)));
    say(`${run?.subscriptions ?? 0} of ${count.toLocaleString('en')} subscriptions billed`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
