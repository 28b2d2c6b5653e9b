import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import {
  api,
  connect,
  createDatabase,
  createTenant,
  distModule,
  startRedis,
  startSandbox,
  startServer,
  startTimedPostgres,
} from '../servers.mjs';

const INVOICES = Number(process.env.BENCH_PUSHED ?? 1_000);
const FINALIZED_ONE_BY_ONE = Math.min(INVOICES, 200);
/** What Stripe allows a live account. The played one refuses what is more. */
const LIMITS = { perAccount: 100, perEndpoint: 25 };
const FIRST_CALL = {
  'in-process': 'finalized to first call, in-process',
  bull: 'finalized to first call, Bull',
};
const SENT = '/v1/invoices/{id}/send';

const invoiceOf = (customerId, lines) => ({
  customer_id: customerId,
  currency: 'usd',
  amount_due: String(lines),
  line_items: Array.from({ length: lines }, (_, i) => ({
    display_name: `Line ${i + 1}`,
    amount: '1',
    quantity: '1',
  })),
  invoice_status: 'FINALIZED',
});

/** Invoices to a provider that holds to its limits, and how soon after its commit the first of them is heard of there. */
export async function pushRows({ dir, wanted, add, say }) {
  if (!wanted('push of 10 lines', 'push of 100 lines', ...Object.values(FIRST_CALL))) return;
  const postgres = await startTimedPostgres(path.join(dir, 'postgres-timed'));
  const sandbox = await startSandbox();
  try {
    await measure({ postgres, sandbox, wanted, add, say });
  } finally {
    await sandbox.stop();
    postgres.stop();
  }
}

async function measure({ postgres, sandbox, wanted, add, say }) {
  const { stripe } = sandbox;
  const url = await createDatabase(postgres, 'bench_push');
  const env = { PROVIDER_STRIPE_BASE_URL: stripe.url };
  const tenant = await createTenant(url);
  const secretKey = `sk_live_${randomUUID().replaceAll('-', '')}`;
  const post = (server, route, body) => api(server, tenant.apiKey, 'POST', route, body);
  const all = await startServer(url, { role: 'all', env });
  let customer;
  const firstCall = async (transport, server) => {
    if (!wanted(FIRST_CALL[transport])) return;
    const finalize = () => post(server, '/invoices', invoiceOf(customer.id, 2));
    add(await firstCallRow({ row: FIRST_CALL[transport], url, stripe, say, finalize }));
  };
  try {
    await post(all, '/connections', {
      provider: 'stripe',
      name: 'Stripe',
      metadata: { secret_key: secretKey, publishable_key: 'pk_live_0123456789abcdef' },
      sync_config: { customer_outbound_enabled: true, invoice_outbound_enabled: true },
    });
    customer = await post(all, '/customers', {
      external_id: 'pushed',
      name: 'Pushed',
      email: 'pushed@example.test',
    });
    await post(all, '/invoices', invoiceOf(customer.id, 1));
    await until(() => sent(stripe) === 1);
    await firstCall('in-process', all);
  } finally {
    await all.stop();
  }
  if (wanted(FIRST_CALL.bull)) {
    const redis = await startRedis();
    const both = { ...env, REDIS_URL: redis.url };
    const server = await startServer(url, { role: 'api', env: both });
    const worker = await startServer(url, { role: 'worker', env: both });
    try {
      await firstCall('bull', server);
    } finally {
      await worker.stop();
      await server.stop();
      await redis.stop();
    }
  }
  stripe.setRateLimits({ perAccountPerSecond: LIMITS.perAccount, perEndpointPerSecond: LIMITS.perEndpoint });
  for (const lines of [10, 100]) {
    if (!wanted(`push of ${lines} lines`)) continue;
    say(`${INVOICES} invoices of ${lines} lines`);
    // Made first, by a server that tells nobody; then a worker pushes what waits.
    const server = await startServer(url, { role: 'api', env });
    try {
      await inParallel(8, INVOICES, () => post(server, '/invoices', invoiceOf(customer.id, lines)));
    } finally {
      await server.stop();
    }
    stripe.clearRequests();
    const worker = await startServer(url, { role: 'worker', env });
    try {
      await until(() => sent(stripe) >= INVOICES, (INVOICES + 120) * 1_000);
    } finally {
      await worker.stop();
    }
    const ours = figuresOf(stripe, INVOICES);
    const ready = stripe.objects('invoices').filter((one) => one.total === lines * 100);
    assert.equal(ready.length, INVOICES);
    assert.ok(ready.every((one) => one.status === 'open'));

    say(`line by line, ${lines} lines`);
    stripe.clearRequests();
    const count = Math.max(2, Math.round(100 / lines));
    await lineByLine(stripe.url, `sk_live_${randomUUID().replaceAll('-', '')}`, count, lines);
    const theirs = figuresOf(stripe, count);
    add({
      row: `push of ${lines} lines, invoices/s`,
      numerator: shown(ours),
      denominator: `${shown(theirs)}, line by line within the same limits`,
      ratio: ours.perSecond / theirs.perSecond,
      goal: { least: lines / 2 },
    });
    add({
      row: `push of ${lines} lines, calls`,
      numerator: `${ours.calls.toFixed(2)} calls an invoice, ${ours.refused} refused for their rate`,
      denominator: '3: made, its lines, sent',
      ratio: ours.calls / 3,
      goal: { most: 1.05 },
    });
  }
}

const sent = (stripe) => stripe.requests({ method: 'POST', path: SENT, status: 200 }).length;

const shown = ({ perSecond, calls }) =>
  `${perSecond.toFixed(2)} invoices/s, ${calls.toFixed(2)} calls an invoice`;

function figuresOf(stripe, invoices) {
  const requests = stripe.requests({ method: 'POST' });
  const times = requests.map(({ at }) => Date.parse(at));
  const seconds = (Math.max(...times) - Math.min(...times)) / 1000;
  return {
    perSecond: invoices / seconds,
    calls: stripe.requests().length / invoices,
    refused: requests.filter(({ status }) => status === 429).length,
  };
}

/** By the clock of this machine: the commit as Postgres has noted it, the call as the played provider has. */
async function firstCallRow({ row, url, stripe, say, finalize }) {
  const sql = await connect(url);
  const delays = [];
  try {
    for (let i = 0; i < FINALIZED_ONE_BY_ONE; i += 1) {
      if (i % 20 === 0) say(`${row}, ${i} of ${FINALIZED_ONE_BY_ONE}`);
      stripe.clearRequests();
      const { id } = await finalize();
      await until(() => sent(stripe) === 1);
      const [call] = stripe.requests({ method: 'POST', path: '/v1/invoices' });
      // A line is written once, so its row still tells which transaction has made it.
      const { rows } = await sql.query(
        `SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000 AS at
           FROM billing.invoice_line_items WHERE invoice_id = $1 LIMIT 1`,
        [id],
      );
      delays.push(Date.parse(call.at) - Number(rows[0].at));
    }
  } finally {
    await sql.end();
  }
  delays.sort((a, b) => a - b);
  const at = (share) => Math.max(0, delays[Math.min(delays.length - 1, Math.floor(delays.length * share))]);
  const [p50, p99] = [at(0.5), at(0.99)];
  return {
    row,
    numerator: `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms from the commit`,
    denominator: '20 ms and 100 ms; the ratio is that of the worse of the two',
    ratio: Math.max(p50 / 20, p99 / 100),
    goal: { most: 1 },
  };
}

/** What most integrations do: one call a line. It waits for its turn as ours does. */
async function lineByLine(url, key, count, lines) {
  const { CallGate } = await distModule('providers/call-gate.js');
  const gate = new CallGate(LIMITS);
  const call = async (endpoint, route, form) => {
    await gate.enter(endpoint, 'bench');
    const response = await fetch(`${url}/v1/${route}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}` },
      body: new URLSearchParams(form),
    });
    assert.equal(response.status, 200);
    return response.json();
  };
  const customer = await call('customers', 'customers', {
    name: 'Line by line',
    email: 'lines@example.test',
  });
  await inParallel(2, count, async () => {
    const { id } = await call('invoices', 'invoices', {
      customer: customer.id,
      collection_method: 'send_invoice',
      days_until_due: '30',
      currency: 'usd',
    });
    await inParallel(4, lines, () =>
      call('items', 'invoiceitems', { customer: customer.id, invoice: id, amount: '100', currency: 'usd' }),
    );
    await call('send', `invoices/${id}/send`, {});
  });
}

async function inParallel(width, count, work) {
  let begun = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      while (begun < count) {
        begun += 1;
        await work();
      }
    }),
  );
}

async function until(is, patienceMs = 60_000) {
  const deadline = Date.now() + patienceMs;
  while (!is()) {
    if (Date.now() > deadline) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
