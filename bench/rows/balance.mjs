import { randomUUID } from 'node:crypto';
import { summedUp } from '../data.mjs';
import { paced, SECONDS } from '../load.mjs';
import { api, createDatabase, createTenant, startServer } from '../servers.mjs';

const CUSTOMERS = 50;
const PER_SECOND = 200;
const EVENTS_A_SECOND = 50;
/** Of each customer, in the hour under way. */
const EVENTS = 2_000;
const EVENTS_A_CALL = 500;
const WARM_SECONDS = 10;
const WEEK_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * The real-time balance of wallets whose customers go on using while it is asked for. They have used a lot in this hour, and a
 * worker has summed it up to about a minute ago, as it does every minute or so.
 */
export async function balanceRow({ postgres, wanted, add, say }) {
  if (!wanted('balance')) return;
  say('balance');
  const url = await createDatabase(postgres, 'bench_balance');
  const server = await startServer(url);
  const tenant = await createTenant(url);
  const post = (route, body) => api(server, tenant.apiKey, 'POST', route, body);
  // In use for a while: what began within this hour is read from its events.
  const start_date = new Date(Date.now() - WEEK_MS).toISOString();
  try {
    const feature = await post('/features', {
      name: 'units',
      lookup_key: 'units',
      type: 'metered',
      meter: { name: 'units', event_name: 'units', aggregation: { type: 'SUM', field: 'n' } },
    });
    const plan = await post('/plans', { name: 'Usage', lookup_key: 'usage' });
    await post('/prices', {
      entity_type: 'PLAN',
      entity_id: plan.id,
      type: 'USAGE',
      meter_id: feature.meter_id,
      billing_model: 'FLAT_FEE',
      amount: '0.01',
      currency: 'usd',
      billing_period: 'MONTHLY',
      invoice_cadence: 'ARREAR',
      price_unit_type: 'FIAT',
      start_date,
    });
    const wallets = [];
    for (let n = 0; n < CUSTOMERS; n++) {
      const customer = await post('/customers', { external_id: `c${n}`, name: `c${n}` });
      await post('/subscriptions', { customer_id: customer.id, plan_id: plan.id, start_date });
      wallets.push(
        await post('/wallets', {
          customer_id: customer.id,
          currency: 'usd',
          initial_credits_to_load: '1000',
        }),
      );
      for (let sent = 0; sent < EVENTS; sent += EVENTS_A_CALL)
        await post('/events/bulk', {
          events: Array.from({ length: EVENTS_A_CALL }, () => ({
            event_id: randomUUID(),
            event_name: 'units',
            external_customer_id: `c${n}`,
            properties: { n: 1 },
          })),
        });
    }
    const worker = await startServer(url, { role: 'worker' });
    await summedUp(url, say);
    await worker.stop();
    say('balance');
    let n = 0;
    const asked = async (seconds) => {
      const using = paced({
        url: server.url,
        path: () => '/v1/events',
        method: 'POST',
        headers: { 'x-api-key': tenant.apiKey },
        body: () =>
          JSON.stringify({
            event_name: 'units',
            external_customer_id: `c${n % CUSTOMERS}`,
            properties: { n: 1 },
          }),
        perSecond: EVENTS_A_SECOND,
        seconds,
        expected: 202,
      });
      const balances = await paced({
        url: server.url,
        path: () => `/v1/wallets/${wallets[n++ % CUSTOMERS].id}/balance/real-time`,
        headers: { 'x-api-key': tenant.apiKey },
        perSecond: PER_SECOND,
        seconds,
        expected: 200,
      });
      await using;
      return balances;
    };
    await asked(WARM_SECONDS);
    const { p50, p95, p99, perSecond } = await asked(SECONDS);
    add({
      row: 'balance',
      numerator:
        `p95 ${p95.toFixed(1)} ms at ${Math.round(perSecond)} requests/s (p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}), ` +
        `of customers with ${EVENTS.toLocaleString('en')} events in the hour, while ${EVENTS_A_SECOND} a second come`,
      denominator: 'ms',
      ratio: p95,
      goal: { most: 10 },
    });
  } finally {
    await server.stop();
  }
}
