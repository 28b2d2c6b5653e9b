import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { api, connect, createDatabase, createTenant, startSandbox, startServer } from '../servers.mjs';

const SUBSCRIPTIONS = Number(process.env.BENCH_CLOCK_SUBSCRIPTIONS ?? 1_000);
const MONTHS = Number(process.env.BENCH_CLOCK_MONTHS ?? 12);
/** What the row promises, for a thousand subscriptions and twelve months. */
const MOST_SECONDS = 120;
const DAY_MS = 86_400_000;

/**
 * A year of a test environment in one call: every period billed, every invoice pushed to the played Stripe, charged there or
 * sent, every webhook back and taken over. The subscriptions are made one after another, so each has instants of its own.
 */
export async function clockRow({ postgres, wanted, add, say }) {
  if (!wanted('clock, a year')) return;
  // As a real one, it does not wait for the answer to one webhook before it sends the next.
  const sandbox = await startSandbox({ webhooksAtOnce: 32 });
  const url = await createDatabase(postgres, 'bench_clock');
  const tenant = await createTenant(url, 'test');
  const server = await startServer(url, {
    role: 'all',
    hearsProviders: true,
    env: {
      PROVIDER_STRIPE_BASE_URL: sandbox.stripe.url,
      PROVIDER_STRIPE_CLOCK_URL: `${sandbox.stripe.url}/_sandbox/clock/follow`,
      PROVIDER_STRIPE_REQUESTS_PER_SECOND: '10000',
    },
  });
  const sql = await connect(url);
  try {
    const post = (route, body) => api(server, tenant.apiKey, 'POST', route, body);
    await subscribeAll(post, SUBSCRIPTIONS, say);
    const { now } = await api(server, tenant.apiKey, 'GET', `/environments/${tenant.environmentId}`);
    const to = new Date(new Date(now ?? Date.now()).getTime() + MONTHS * 30.5 * DAY_MS);
    say(`${MONTHS} months of ${SUBSCRIPTIONS} subscriptions`);
    const began = performance.now();
    const advanced = await post(`/environments/${tenant.environmentId}/clock/advance`, { to });
    const seconds = (performance.now() - began) / 1000;
    const { rows } = await sql.query(
      `SELECT count(*)::int AS invoices, count(*) FILTER (WHERE payment_status = 'SUCCEEDED')::int AS paid,
              count(*) FILTER (WHERE paid_at > finalized_at + interval '1 hour')::int AS late
         FROM billing.invoices WHERE invoice_status = 'FINALIZED'`,
    );
    const [{ invoices, paid, late }] = rows;
    assert.equal(advanced.settled, true);
    assert.equal(late, 0);
    const share = (SUBSCRIPTIONS * MONTHS) / 12_000;
    add({
      row: 'clock, a year',
      numerator: `${seconds.toFixed(1)} s for ${invoices} invoices, ${paid} of them paid, in ${advanced.steps} steps`,
      denominator: `${(MOST_SECONDS * share).toFixed(0)} s for ${SUBSCRIPTIONS} subscriptions and ${MONTHS} months`,
      ratio: seconds / (MOST_SECONDS * share),
      goal: { most: 1 },
    });
  } finally {
    await sql.end();
    await server.stop();
    await sandbox.stop();
  }
}

/** Every second customer has a saved card; the others get their invoices sent. */
export async function subscribeAll(post, count, say, startDate) {
  await post('/connections', {
    provider: 'stripe',
    name: 'Stripe',
    metadata: { secret_key: `sk_test_${randomUUID().replaceAll('-', '')}` },
    sync_config: { customer_outbound_enabled: true, invoice_outbound_enabled: true },
  });
  const plan = await post('/plans', { name: 'Ten a month', lookup_key: 'ten-a-month' });
  await post('/prices', {
    entity_type: 'PLAN',
    entity_id: plan.id,
    type: 'FIXED',
    billing_model: 'FLAT_FEE',
    amount: '10',
    currency: 'usd',
    billing_period: 'MONTHLY',
    invoice_cadence: 'ADVANCE',
    price_unit_type: 'FIAT',
  });
  for (let n = 0; n < count; n += 1) {
    if (n % 50 === 0) say(`${n} of ${count} subscriptions`);
    const customer = await post('/customers', {
      external_id: `clock-${n}`,
      name: `Customer ${n}`,
      email: `clock-${n}@example.test`,
    });
    const hasCard = n % 2 === 0;
    if (hasCard) await saveCard(post, customer.id);
    await post('/subscriptions', {
      customer_id: customer.id,
      plan_id: plan.id,
      collection_method: hasCard ? 'charge_automatically' : 'send_invoice',
      ...(startDate === undefined ? {} : { start_date: startDate }),
    });
  }
}

async function saveCard(post, customerId) {
  const setup = await post(`/payments/customers/${customerId}/setup/intent`, {
    provider: 'stripe',
    success_url: 'https://shop.test/saved',
    cancel_url: 'https://shop.test/cancelled',
    set_default: true,
  });
  const response = await fetch(`${setup.checkout_url}/submit`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ card_number: '4242424242424242', exp: '12/40', cvc: '123' }),
  });
  assert.equal(response.status, 303);
}
