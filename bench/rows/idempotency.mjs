import { randomUUID } from 'node:crypto';
import { inTurns, load, SECONDS } from '../load.mjs';
import { api, createDatabase, createTenant, startServer } from '../servers.mjs';

const ROUNDS = 5;
const CONNECTIONS = 8;

/** The same requests with a key and without, in turns: what the key costs. */
export async function keyRows({ postgres, wanted, add, say }) {
  if (!wanted('key')) return;
  const url = await createDatabase(postgres, 'bench_keys');
  const server = await startServer(url);
  const tenant = await createTenant(url);
  const post = (route, body) => api(server, tenant.apiKey, 'POST', route, body);
  try {
    const plan = await post('/plans', {
      name: 'Pro',
      billing_period: 'monthly',
      currency: 'usd',
      prices: [{ pricing_model: 'flat', unit_price: '49', display_name: 'Fee' }],
    });
    const customer = await post('/customers', { external_id: 'one', name: 'One' });
    const line = { display_name: 'Work', amount: '25', quantity: '1' };
    const kinds = [
      {
        name: 'a subscription',
        route: '/subscriptions',
        body: () => ({ customer_id: customer.id, plan_id: plan.id }),
        most: 1.05,
      },
      {
        name: 'an invoice',
        route: '/invoices',
        body: () => ({
          customer_id: customer.id,
          currency: 'usd',
          amount_due: '25',
          line_items: [line],
          invoice_status: 'FINALIZED',
        }),
        most: 1.05,
      },
      {
        name: 'a customer',
        route: '/customers',
        body: () => ({ external_id: randomUUID(), name: 'Customer', email: 'customer@example.com' }),
        most: 1.25,
      },
    ];
    for (const { name, route, body, most } of kinds) {
      say(`key of ${name}`);
      const asked = (headers) =>
        load({
          url: `${server.url}/v1${route}`,
          headers: { 'x-api-key': tenant.apiKey },
          body: () => ({ body: JSON.stringify(body()), headers: headers() }),
          connections: CONNECTIONS,
          seconds: SECONDS / 2,
          expected: 201,
        });
      const [keyed, plain] = await inTurns(
        ROUNDS,
        () => asked(() => ({ 'idempotency-key': randomUUID() })),
        () => asked(() => ({})),
      );
      add({
        row: `key of ${name}`,
        numerator: `${keyed.perSecond.toFixed(0)} requests/s with a key, p99 ${keyed.p99} ms`,
        denominator: `${plain.perSecond.toFixed(0)} requests/s without, p99 ${plain.p99} ms`,
        ratio: plain.perSecond / keyed.perSecond,
        goal: { most },
      });
    }
  } finally {
    await server.stop();
  }
}
