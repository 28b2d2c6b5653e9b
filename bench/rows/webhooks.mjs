import { createHmac, randomUUID } from 'node:crypto';
import { inTurns, load } from '../load.mjs';
import { api, createDatabase, createTenant, startBare, startSandbox, startServer } from '../servers.mjs';

const SECRET = 'whsec_of_the_benchmark_0123456789abcdef';

/** An event of the size that Stripe sends, signed now. */
function signed() {
  const body = JSON.stringify({
    id: `evt_${randomUUID()}`,
    object: 'event',
    api_version: '2026-08-26.dahlia',
    created: Math.floor(Date.now() / 1000),
    type: 'invoice.paid',
    livemode: false,
    pending_webhooks: 1,
    data: {
      object: {
        id: `in_${randomUUID()}`,
        object: 'invoice',
        customer: 'cus_bench',
        currency: 'usd',
        status: 'paid',
        amount_paid: 1000,
        total: 1000,
        metadata: { note: 'x'.repeat(1500) },
      },
    },
  });
  const time = Math.floor(Date.now() / 1000);
  const signature = createHmac('sha256', SECRET).update(`${time}.${body}`).digest('hex');
  return { body, headers: { 'stripe-signature': `t=${time},v1=${signature}` } };
}

export async function webhookRow({ postgres, wanted, add, say }) {
  if (!wanted('webhook ack')) return;
  say('webhook ack');
  const sandbox = await startSandbox();
  const url = await createDatabase(postgres, 'bench_webhooks');
  const server = await startServer(url, { env: { PROVIDER_STRIPE_BASE_URL: sandbox.stripe.url } });
  const tenant = await createTenant(url);
  const bare = await startBare();
  try {
    const account = sandbox.stripe.createAccount();
    await api(server, tenant.apiKey, 'POST', '/connections', {
      provider: 'stripe',
      name: 'Stripe',
      metadata: { secret_key: account.secretKey, publishable_key: 'pk_test_bench', webhook_secret: SECRET },
    });
    const target = `${server.url}/v1/webhooks/stripe/${tenant.tenantId}/${tenant.environmentId}`;
    const [ours, theirs] = await inTurns(
      3,
      () => load({ url: target, body: signed, expected: 200 }),
      () => load({ url: `${bare.url}/bare`, body: signed }),
    );
    const sides = {
      numerator: `${Math.round(ours.perSecond).toLocaleString('en')} requests/s, p99 ${ours.p99} ms`,
      denominator: `${Math.round(theirs.perSecond).toLocaleString('en')} requests/s, p99 ${theirs.p99} ms`,
    };
    add({
      row: 'webhook ack, requests/s',
      ...sides,
      ratio: ours.perSecond / theirs.perSecond,
      goal: { least: 0.6 },
    });
    add({ row: 'webhook ack, p99', ...sides, ratio: ours.p99 / theirs.p99, goal: { most: 1.5 } });
  } finally {
    await server.stop();
    await bare.stop();
    await sandbox.stop();
  }
}
