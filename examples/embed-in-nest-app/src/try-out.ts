import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { startSandbox } from 'flexprice-nest/sandbox';
import { startShop } from './main.js';

// Tries the shop out on one platform: `node try-out.js express`. A line for each thing that holds or does not.

interface Answer {
  readonly status: number;
  readonly body: any;
  readonly headers: Headers;
}

let url = '';
let apiKey = '';

async function send(method: string, path: string, body?: unknown, key = apiKey): Promise<Answer> {
  const answer = await fetch(path.startsWith('http') ? path : `${url}/internal/${path}`, {
    method,
    headers: {
      session: 'ann',
      ...(key === '' ? {} : { 'x-api-key': key }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get('content-type')?.includes('json') === true;
  return { status: answer.status, body: isJson ? JSON.parse(text) : text, headers: answer.headers };
}

/** A webhook as Stripe signs it. */
function deliver(
  address: string,
  padding: number,
  secret = 'whsec_ofTheShop0123456789',
): Promise<Answer['status']> {
  const data = { object: { object: 'invoice', description: 'x'.repeat(padding) } };
  const body = JSON.stringify({ id: 'evt_1', object: 'event', type: 'invoice.upcoming', created: 1, data });
  const t = Math.floor(Date.now() / 1000);
  const v1 = createHmac('sha256', secret).update(`${t}.${body}`).digest('hex');
  const headers = { 'content-type': 'application/json', 'stripe-signature': `t=${t},v1=${v1}` };
  return fetch(address, { method: 'POST', headers, body }).then(({ status }) => status);
}

const checks: Record<string, () => Promise<void>> = {
  'an order makes a paid invoice, in the transaction of the shop': async () => {
    const made = await send('POST', 'shop/orders', { id: 'o1', total: '25' });
    assert.equal(made.status, 201);
    const invoice = await send('GET', `billing/invoices/${made.body.data.invoiceId}`);
    assert.equal(invoice.status, 200);
    assert.equal(invoice.body.payment_status, 'SUCCEEDED');
    assert.equal(invoice.body.amount_paid, '25');
    const pdf = await send('GET', `billing/invoices/${made.body.data.invoiceId}/pdf`);
    assert.equal(pdf.headers.get('content-type'), 'application/pdf');
    assert.match(pdf.body as string, /^%PDF-/);
  },
  'an order that is rolled back leaves no invoice': async () => {
    assert.equal((await send('POST', 'shop/orders', { id: 'regretted', total: '25' })).status, 403);
    assert.deepEqual(
      (await send('GET', 'shop/orders')).body.data.map(({ id }: { id: string }) => id),
      ['o1'],
    );
    assert.equal((await send('GET', 'billing/customers/external/guest-regretted')).status, 404);
  },
  'a 403 of the shop stays the shop’s': async () => {
    const { status, body } = await send('GET', 'shop/secret');
    assert.equal(status, 403);
    assert.deepEqual(body, { message: 'not for you', error: 'Forbidden', statusCode: 403 });
  },
  'the pipe of the shop validates its own bodies, and leaves those of billing alone': async () => {
    assert.equal((await send('POST', 'shop/orders', { id: 'o2', total: '1', more: 1 })).status, 400);
    const made = await send('POST', 'billing/customers', {
      external_id: 'x',
      name: 'X',
      email: null,
      newer: 1,
    });
    assert.equal(made.status, 201);
    const refused = await send('POST', 'billing/customers', { name: 7 });
    assert.equal(refused.status, 400);
    assert.equal(refused.body.success, false);
    assert.deepEqual(Object.keys(refused.body.error.details.fields as object).sort(), [
      'external_id',
      'name',
    ]);
  },
  'numbers keep their digits': async () => {
    const body =
      '{"event_name":"e","external_customer_id":"x","event_id":"long","properties":{"v":12345678901234567891}}';
    const headers = { 'content-type': 'application/json', 'x-api-key': apiKey };
    const sent = await fetch(`${url}/internal/billing/events`, { method: 'POST', headers, body });
    assert.equal(sent.status, 202);
    const { body: found } = await send('GET', 'billing/events/long');
    assert.equal(String(found.event.properties.v), '12345678901234567891');
  },
  'requests without a key are refused, and unknown routes are the shop’s': async () => {
    assert.equal((await send('GET', 'billing/environments', undefined, '')).status, 401);
    assert.equal((await send('GET', 'v1/environments')).status, 404);
  },
  'a request that is repeated with its key is done once': async () => {
    const body = { external_id: 'once', name: 'Once', idempotency_key: 'k1' };
    const answers = [
      await send('POST', 'billing/customers', body),
      await send('POST', 'billing/customers', body),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 201],
    );
    assert.equal(answers[1]?.headers.get('idempotent-replayed'), 'true');
  },
  'webhooks arrive where the connection says, up to a megabyte, past the guard of the shop': async () => {
    const { status, body } = await send('POST', 'billing/connections', {
      provider: 'stripe',
      name: 'Stripe',
      metadata: { secret_key: 'sk_test_0123456789abcdef', webhook_secret: 'whsec_ofTheShop0123456789' },
    });
    assert.equal(status, 201);
    const address = body.webhook_url as string;
    assert.ok(address.startsWith(`${url}/internal/billing/webhooks/stripe/`), address);
    assert.equal(await deliver(address, 10), 200);
    assert.equal(await deliver(address, 1_000_000), 200);
    assert.equal(await deliver(address, 10, 'whsec_ofSomebody0123456789'), 401);
    assert.equal(await deliver(address, 1_100_000), 413);
  },
};

async function tryOut(platform: 'express' | 'fastify'): Promise<number> {
  const sandbox = await startSandbox();
  process.env.STRIPE_URL = sandbox.stripe.url;
  const app = await startShop(platform, 0);
  let failed = 0;
  try {
    url = (await app.getUrl()).replace('[::1]', '127.0.0.1');
    const opened = await send('POST', 'shop/open');
    apiKey = String(opened.body.data.apiKey);
    for (const [name, check] of Object.entries(checks))
      try {
        await check();
        process.stdout.write(`ok ${name}\n`);
      } catch (error) {
        failed += 1;
        process.stdout.write(
          `not ok ${name}\n${error instanceof Error ? (error.stack ?? '') : String(error)}\n`,
        );
      }
  } finally {
    await app.close();
    await sandbox.stop();
  }
  return failed;
}

tryOut(process.argv[2] === 'fastify' ? 'fastify' : 'express').then(
  (failed) => process.exit(failed === 0 ? 0 : 1),
  (error: unknown) => {
    process.stdout.write(`not ok start\n${error instanceof Error ? (error.stack ?? '') : String(error)}\n`);
    process.exit(1);
  },
);
