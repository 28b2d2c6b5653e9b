import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { money } from '../../domain/money.js';
import { startSandbox, type Sandbox } from '../../sandbox/index.js';
import { WHOP_RATE_LIMITS } from '../../sandbox/whop/settings.js';
import type {
  InvoiceOperations,
  ReversalOperations,
  WebhookEndpointOperations,
} from '../provider-adapter.js';
import type { Attempt, InvoicePush, RemoteInvoice } from '../provider-objects.js';
import { isWritten } from './amounts.js';
import { NEWEST_API_DATE } from './api-dates.js';
import { whopAdapter } from './whop.adapter.js';

let sandbox: Sandbox;
let accounts = 0;

beforeAll(async () => {
  sandbox = await startSandbox({ whopRetryDelaysMs: [] });
});
afterEach(() => {
  sandbox.whop.clearFaults();
  sandbox.whop.configure({ tellsPage: true, namesRefundedPayments: true, refundStatus: 'succeeded' });
  expect(sandbox.whop.schemaViolations()).toEqual([]);
});
afterAll(() => sandbox.stop());

const HOUR_MS = 3_600_000;

const tryOf = (of: string, number = 1, more: Partial<Attempt> = {}): Attempt => ({
  key: of,
  firstTriedAt: new Date(),
  number,
  ...more,
});

async function account() {
  accounts += 1;
  const key = `apik_newest_${accounts}`;
  const credentials = {
    api_key: key,
    company_id: `biz_newest_${accounts}`,
    api_version_date: NEWEST_API_DATE,
  };
  const runtime = { baseUrl: sandbox.whop.url, timeoutMs: 10_000, now: () => new Date() };
  const open = (settings: Readonly<Record<string, string>> = {}) =>
    whopAdapter.open(
      { connectionId: 'conn_1', environmentId: 'env_1', credentials: { ...credentials, ...settings } },
      runtime,
    );
  const prepared = await open().invoices?.prepare?.(tryOf('prepare'));
  sandbox.whop.clearRequests();
  const session = open(prepared?.settings);
  const requests = (filter: object = {}) => sandbox.whop.requests({ account: key, ...filter });
  return {
    key,
    credentials,
    productId: prepared?.settings.product_id ?? '',
    invoices: session.invoices as InvoiceOperations,
    reversals: session.reversals as ReversalOperations,
    endpoints: session.webhookEndpoints as WebhookEndpointOperations,
    requests,
    calls: () =>
      requests().map(({ method, template }) => `${method} ${template?.replace('/api/v1', '') ?? ''}`),
    shown: () => sandbox.whop.objects('invoices', key) as { id: string; status: string }[],
    payments: () => sandbox.whop.objects('payments', key) as { id: string; status: string }[],
    refundThere: async (paymentId: string, amount?: number) => {
      const answer = await fetch(`${sandbox.whop.url}/payments/${paymentId}/refund`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'api-version-date': NEWEST_API_DATE,
          'content-type': 'application/json',
        },
        body: JSON.stringify(amount === undefined ? {} : { partial_amount: amount }),
      });
      expect(answer.status).toBe(200);
    },
  };
}

const invoice: InvoicePush = {
  invoiceId: 'inv_1',
  number: 'INV-1',
  customer: { customerId: 'cust_1', remoteId: undefined, name: 'Ada', email: 'ada@example.com' },
  description: undefined,
  collectionMethod: 'send_invoice',
  dueAt: new Date(Date.now() + 30 * 24 * HOUR_MS),
  amountDue: money(7079n, 'usd'),
  lines: [
    {
      lineId: 'l1',
      description: 'Usage',
      amount: money(8079n, 'usd'),
      quantity: '1',
      period: undefined,
      priceId: undefined,
    },
  ],
  adjustments: [{ kind: 'discount', description: 'Discount', amount: money(-1000n, 'usd') }],
};

const CARD = '4242424242424242';
const DEBIT = '000123456789';

async function pay({ hostedUrl }: RemoteInvoice, number = CARD): Promise<void> {
  const url = (hostedUrl ?? '').split('?')[0] ?? '';
  const body = new URLSearchParams({ card_number: number, email: 'ada@example.com', name: 'Ada' });
  const answer = await fetch(`${url}/submit`, { method: 'POST', body, redirect: 'manual' });
  expect(answer.status).toBe(303);
}

const CREATE = 'POST /invoices';
const READ = 'GET /invoices/{id}';

describe('a push', () => {
  test('is one call, which names the account and has a key, and is answered with the page', async () => {
    const { credentials, productId, invoices, calls, requests } = await account();
    const answer = await invoices.push(invoice, tryOf('inv_1:push'));
    expect(calls()).toEqual([CREATE]);
    const [sent] = requests();
    expect(sent).toMatchObject({
      idempotencyKey: `inv_1:push:push:${productId}`,
      params: {
        account_id: credentials.company_id,
        plan: { initial_price: 70.79, currency: 'usd', internal_notes: 'inv_1' },
        line_items: [
          { label: 'Usage', unit_price: 80.79, quantity: 1 },
          { label: 'Discount', unit_price: -10, quantity: 1 },
        ],
      },
    });
    expect(sent?.params).not.toHaveProperty('company_id');
    expect(answer).toMatchObject({
      status: 'open',
      total: invoice.amountDue,
      amountRemaining: invoice.amountDue,
    });
    expect(answer.hostedUrl).toContain('?email=ada%40example.com');
    expect(answer.metadata).toMatchObject({
      whop_checkout_url: answer.hostedUrl,
      whop_payment_processing: 'false',
    });
  });

  test('looks the plan up only where the page did not come along', async () => {
    const { invoices, calls } = await account();
    sandbox.whop.configure({ tellsPage: false });
    const answer = await invoices.push(invoice, tryOf('inv_1:push'));
    expect(calls()).toEqual([CREATE, 'GET /plans/{id}']);
    expect(answer).toMatchObject({ status: 'open', total: invoice.amountDue });
    expect(answer.hostedUrl).toContain('/checkout/plan_');
  });

  test('whose lines cannot be sent is one call too: the price is read as it is written', async () => {
    const { invoices, calls } = await account();
    const odd = { ...invoice, lines: [], adjustments: [], amountDue: money(123456789n, 'usd') };
    expect(await invoices.push(odd, tryOf('inv_1:push'))).toMatchObject({ total: odd.amountDue });
    expect(calls()).toEqual([CREATE]);
  });

  test('whose answer was lost is sent again with its key, without a look, and is one invoice', async () => {
    const { key, invoices, calls, requests, shown } = await account();
    sandbox.whop.fault({ account: key, path: '/api/v1/invoices', method: 'POST', mode: 'drop_after' });
    const first = tryOf('inv_1:push');
    await expect(invoices.push(invoice, first)).rejects.toMatchObject({ kind: 'unavailable' });
    const answer = await invoices.push(invoice, { ...first, number: 2 });
    expect(calls()).toEqual([CREATE, CREATE, READ]); // what is repeated is how it was: how it is now is read
    expect(new Set(requests({ method: 'POST' }).map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    expect(answer.remoteId).toBe(shown()[0]?.id);
    expect(shown()).toHaveLength(1);
  });

  test('that was paid before its answer was heard is told with the payment', async () => {
    const { key, invoices } = await account();
    sandbox.whop.fault({ account: key, path: '/api/v1/invoices', method: 'POST', mode: 'drop_after' });
    const first = tryOf('inv_1:push');
    await expect(invoices.push(invoice, first)).rejects.toMatchObject({ kind: 'unavailable' });
    const [plan] = sandbox.whop.objects('plans', key) as { purchase_url: string }[];
    await pay({ hostedUrl: plan?.purchase_url } as RemoteInvoice);
    expect(await invoices.push(invoice, { ...first, number: 2 })).toMatchObject({
      status: 'paid',
      payments: [{ remoteId: expect.stringMatching(/^pay_/) as string, amount: invoice.amountDue }],
      adjustments: [],
    });
  });

  test('that is older than the keys looks before it asks again', async () => {
    const { key, invoices, calls, shown } = await account();
    sandbox.whop.fault({ account: key, path: '/api/v1/invoices', method: 'POST', mode: 'drop_after' });
    const firstTriedAt = new Date(Date.now() - 23.5 * HOUR_MS);
    await expect(invoices.push(invoice, tryOf('inv_1:push', 1, { firstTriedAt }))).rejects.toThrow();
    sandbox.whop.pruneIdempotencyKeys(key);
    sandbox.whop.clearRequests();
    await invoices.push(invoice, tryOf('inv_1:push', 2, { firstTriedAt }));
    expect(calls()).toEqual(['GET /plans', READ]);
    expect(shown()).toHaveLength(1);
  });

  test('whose failure Whop repeats goes on under the next key, after a look', async () => {
    const { key, invoices, requests, shown } = await account();
    sandbox.whop.fault({
      account: key,
      path: '/api/v1/invoices',
      method: 'POST',
      mode: 'error',
      status: 500,
    });
    const first = tryOf('inv_1:push');
    await expect(invoices.push(invoice, first)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await invoices.push(invoice, { ...first, number: 2 })).toMatchObject({ status: 'open' });
    const keys = requests({ method: 'POST' }).map(({ idempotencyKey = '' }) =>
      idempotencyKey.split(':').at(-1),
    );
    expect(keys.at(-1)).toBe('r1');
    expect(shown()).toHaveLength(1);
  });

  test('that was done although Whop said 500, which it repeats, is found and not made twice', async () => {
    const { key, invoices, shown } = await account();
    const path = '/api/v1/invoices';
    sandbox.whop.fault({ account: key, path, method: 'POST', mode: 'error_after', status: 500 });
    const first = tryOf('inv_1:push');
    await expect(invoices.push(invoice, first)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await invoices.push(invoice, { ...first, number: 2 })).toMatchObject({ remoteId: shown()[0]?.id });
    expect(shown()).toHaveLength(1);
  });

  test('over another amount than before takes back what was made over that', async () => {
    const { key, invoices, shown } = await account();
    sandbox.whop.fault({ account: key, path: '/api/v1/invoices', method: 'POST', mode: 'drop_after' });
    const first = tryOf('inv_1:push');
    await expect(invoices.push(invoice, first)).rejects.toMatchObject({ kind: 'unavailable' });
    const rest = { ...invoice, amountDue: money(5079n, 'usd'), version: 1 };
    expect(await invoices.push(rest, { ...first, number: 2 })).toMatchObject({ total: rest.amountDue });
    expect(shown().map(({ status }) => status)).toEqual(['void', 'open']);
  });

  test('with a key that is taken by other words is not sent under another one while the first may be at work', async () => {
    const { invoices, shown } = await account();
    const first = tryOf('inv_1:push');
    await invoices.push({ ...invoice, invoiceId: 'inv_other' }, first);
    await expect(invoices.push(invoice, { ...first, number: 2 })).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'idempotency_key_in_use',
    });
    const later = { ...first, number: 3, firstTriedAt: new Date(Date.now() - HOUR_MS) };
    expect(await invoices.push(invoice, later)).toMatchObject({ status: 'open' });
    expect(shown()).toHaveLength(2);
  });
});

test('every POST has a key of at most 255 bytes', async () => {
  const { invoices, reversals, endpoints, payments, requests } = await account();
  const key = 'k'.repeat(200);
  const one = await invoices.push({ ...invoice, version: 12, withdrawn: ['inv_a', 'inv_b'] }, tryOf(key));
  await pay(one);
  const refund = { refundId: 'ref_1', paymentId: 'pay_x', amount: money(100n, 'usd'), reason: undefined };
  await reversals.refund?.({ ...refund, remotePaymentId: payments()[0]?.id ?? '' }, tryOf(key));
  const two = await invoices.push({ ...invoice, invoiceId: 'inv_2' }, tryOf(`${key.slice(1)}2`));
  await invoices.void?.(two.remoteId, tryOf(key));
  const three = await invoices.push({ ...invoice, invoiceId: 'inv_3' }, tryOf(`${key.slice(1)}3`));
  await invoices.markPaid?.(three.remoteId, tryOf(key));
  const { remoteId } = await endpoints.register('http://127.0.0.1:1/v1/webhooks/whop/conn_1', tryOf(key));
  await endpoints.replay?.(remoteId, new Date(), tryOf(key));
  const keys = requests({ method: 'POST' }).map(({ idempotencyKey }) => idempotencyKey ?? '');
  expect(keys).toHaveLength(8);
  for (const one of keys) expect([one.length > 0, one.length <= 255]).toEqual([true, true]);
  expect(new Set(keys).size).toBe(keys.length);
});

describe('what is paid', () => {
  test('by card is a payment under its own id', async () => {
    const { invoices, payments } = await account();
    const pushed = await invoices.push(invoice, tryOf('inv_1:push'));
    await pay(pushed);
    const found = await invoices.fetch(pushed.remoteId);
    expect(found).toMatchObject({
      status: 'paid',
      payments: [
        {
          remoteId: payments()[0]?.id,
          amount: invoice.amountDue,
          status: 'succeeded',
          method: { type: 'card', brand: 'visa', last4: '4242' },
        },
      ],
      adjustments: [],
    });
    expect(found?.payments[0]?.reversals).toBeUndefined(); // nothing says that there are any: nobody asked
  });

  test('by a mark of somebody is no money', async () => {
    const { key, invoices } = await account();
    const pushed = await invoices.push(invoice, tryOf('inv_1:push'));
    await fetch(`${sandbox.whop.url}/invoices/${pushed.remoteId}/mark_paid`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'api-version-date': NEWEST_API_DATE },
    });
    expect(await invoices.fetch(pushed.remoteId)).toMatchObject({
      status: 'paid',
      payments: [],
      adjustments: [{ kind: 'OUT_OF_BAND', amount: invoice.amountDue, mayBeOurs: true }],
    });
  });

  test('in another currency than ours counts as much as the invoice asked for', async () => {
    const { key, invoices, payments } = await account();
    const pushed = await invoices.push(invoice, tryOf('inv_1:push'));
    await pay(pushed);
    const eur = { amount: '60.00', currency: 'eur', decimals: 2, display_decimals: 2 };
    const shown = { ...payments()[0], currency: 'eur', total: eur, presentment_total: eur };
    sandbox.whop.fault({
      account: key,
      path: '/api/v1/payments/{id}',
      mode: 'error',
      status: 200,
      body: shown,
    });
    expect((await invoices.fetch(pushed.remoteId))?.payments).toMatchObject([{ amount: invoice.amountDue }]);
  });

  test('by a bank debit is waited for: nothing is done to the invoice before it is decided', async () => {
    const { invoices, payments, shown } = await account();
    const pushed = await invoices.push(invoice, tryOf('inv_1:push'));
    await pay(pushed, DEBIT);
    expect(await invoices.fetch(pushed.remoteId)).toMatchObject({
      status: 'open',
      isProcessing: true,
      state: 'open, payment processing',
      payments: [],
      metadata: { whop_payment_processing: 'true' },
    });
    const states = [];
    for await (const { state } of invoices.listOpen?.(new Date()) ?? []) states.push(state);
    expect(states).toEqual(['open, payment processing']);
    for (const change of [invoices.void, invoices.markPaid])
      await expect(change?.(pushed.remoteId, tryOf('void'))).rejects.toMatchObject({
        kind: 'unavailable',
        code: 'payment_processing',
      });
    sandbox.whop.settlePayment(payments()[0]?.id ?? '', 'failed');
    expect(await invoices.fetch(pushed.remoteId)).toMatchObject({
      status: 'open',
      isProcessing: false,
      state: 'open',
    });
    await invoices.void?.(pushed.remoteId, tryOf('void', 2));
    expect(shown()).toMatchObject([{ status: 'void' }]);
  });
});

describe('what goes back', () => {
  async function paid() {
    const own = await account();
    const pushed = await own.invoices.push(invoice, tryOf('inv_1:push'));
    await pay(pushed);
    const paymentId = own.payments()[0]?.id ?? '';
    const asked = (amount: bigint) => ({
      refundId: `ref_${amount}`,
      paymentId: 'pay_ours',
      remotePaymentId: paymentId,
      amount: money(amount, 'usd'),
      reason: undefined,
    });
    return { ...own, remoteId: pushed.remoteId, paymentId, asked };
  }

  test('there, in part, stands under its own id, however it is asked for', async () => {
    const { invoices, reversals, remoteId, paymentId, refundThere } = await paid();
    await refundThere(paymentId, 20);
    const refunds = [
      { remoteId: expect.stringMatching(/^rf_/) as string, status: 'succeeded', amount: money(2000n, 'usd') },
    ];
    expect((await invoices.fetch(remoteId))?.payments).toMatchObject([
      { reversals: { refunds, disputes: [] } },
    ]);
    expect(await invoices.ofPayment?.(paymentId)).toMatchObject({
      remoteId,
      payments: [{ reversals: { refunds } }],
    });
    expect(await reversals.fetch(paymentId)).toMatchObject({ reversals: { refunds } });
    const listed = [];
    for await (const one of reversals.listReversed?.(new Date()) ?? []) listed.push(one);
    expect(listed).toMatchObject([{ remotePaymentId: paymentId, reversals: { refunds } }]);
  });

  test('from here is one refund, however often it is asked for, and carries our id', async () => {
    const { key, reversals, asked, requests } = await paid();
    const path = '/api/v1/payments/{id}/refund';
    sandbox.whop.fault({ account: key, path, mode: 'drop_after' });
    const first = tryOf('pay_ours:refund');
    await expect(reversals.refund?.(asked(2000n), first)).rejects.toMatchObject({ kind: 'unavailable' });
    const answer = await reversals.refund?.(asked(2000n), { ...first, number: 2 });
    expect(answer).toMatchObject({ refundId: 'ref_2000', status: 'succeeded', amount: money(2000n, 'usd') });
    expect(requests({ path })[0]?.params).toEqual({
      partial_amount: 20,
      metadata: { flexprice_refund_id: 'ref_2000', flexprice_payment_id: 'pay_ours' },
    });
    sandbox.whop.pruneIdempotencyKeys(key);
    const old = { ...first, number: 3, firstTriedAt: new Date(Date.now() - 48 * HOUR_MS) };
    expect((await reversals.refund?.(asked(2000n), old))?.remoteId).toBe(answer?.remoteId);
    const listed = [];
    for await (const one of reversals.listReversed?.(new Date()) ?? []) listed.push(one);
    expect(listed).toHaveLength(1);
  });

  test('takes days at some processors, and may fail then', async () => {
    const { reversals, asked, paymentId } = await paid();
    sandbox.whop.configure({ refundStatus: 'pending' });
    const pending = await reversals.refund?.(asked(2000n), tryOf('pay_ours:refund'));
    expect(pending).toMatchObject({ status: 'pending' });
    sandbox.whop.settleRefund(pending?.remoteId ?? '', 'failed');
    expect(await reversals.fetch(paymentId)).toMatchObject({
      reversals: { refunds: [{ status: 'failed', failure: 'The card is closed.' }] },
    });
  });

  test('not at all when Whop has not the money for it: in its words', async () => {
    const { key, reversals, asked } = await paid();
    sandbox.whop.fault({
      account: key,
      path: '/api/v1/payments/{id}/refund',
      mode: 'error',
      status: 402,
      body: { type: 'insufficient_balance', message: 'Add funds first', deposit_url: 'https://whop.example' },
    });
    await expect(reversals.refund?.(asked(2000n), tryOf('pay_ours:refund'))).rejects.toMatchObject({
      kind: 'invalid',
      message: 'Add funds first',
    });
  });

  test.each([
    ['needs_response', 'open'],
    ['under_review', 'open'],
    ['won', 'won'],
    ['lost', 'lost'],
    ['prevented', 'lost'],
    ['warning_needs_response', 'inquiry'],
    ['warning_closed', 'inquiry_closed'],
  ] as const)('by a dispute that is %s: %s', async (status, expected) => {
    const { invoices, reversals, remoteId, paymentId } = await paid();
    const id = sandbox.whop.dispute(paymentId, status);
    const disputes = [{ remoteId: id, status: expected, amount: invoice.amountDue }];
    expect((await invoices.fetch(remoteId))?.payments).toMatchObject([{ reversals: { disputes } }]);
    const listed = [];
    for await (const one of reversals.listReversed?.(new Date()) ?? []) listed.push(one);
    expect(listed).toMatchObject([
      { remotePaymentId: paymentId, reversals: { disputes: [{ remoteId: id }] } },
    ]);
  });

  test('whole, and is not named by its invoice any more: it is no mark of somebody’s', async () => {
    const { invoices, remoteId, paymentId, refundThere } = await paid();
    sandbox.whop.configure({ namesRefundedPayments: false });
    await refundThere(paymentId);
    expect(await invoices.fetch(remoteId)).toMatchObject({
      status: 'paid',
      payments: [{ remoteId: paymentId, reversals: { refunds: [{ amount: invoice.amountDue }] } }],
      adjustments: [],
    });
  });

  test('of a payment that was for nothing of ours: nothing', async () => {
    const { reversals } = await account();
    expect(await reversals.fetch('pay_unknown')).toBeNull();
  });
});

describe('a webhook', () => {
  const PATHS = ['/webhooks/whop/conn_1', '/webhooks/whop/ten_1/env_1'];

  test('is registered with its date, again after a lost answer, and found by its path', async () => {
    const { key, endpoints, requests } = await account();
    const url = 'http://127.0.0.1:1/v1/webhooks/whop/conn_1';
    sandbox.whop.fault({ account: key, path: '/api/v1/webhooks', method: 'POST', mode: 'drop_after' });
    const first = tryOf('conn_1:webhook');
    await expect(endpoints.register(url, first)).rejects.toMatchObject({ kind: 'unavailable' });
    const { remoteId, secret } = await endpoints.register(url, { ...first, number: 2 });
    expect(secret).toMatch(/^ws_/);
    expect(requests({ method: 'POST' })[0]?.params).toMatchObject({ api_version_date: NEWEST_API_DATE });
    expect(sandbox.whop.objects('webhooks', key)).toMatchObject([{ id: remoteId }]);
    expect(await endpoints.inspect?.(PATHS)).toMatchObject({ remoteId, enabled: true, failures: 0 });
    expect(await endpoints.inspect?.(['/webhooks/whop/conn_2'])).toBeNull();
  });

  test('whose deliveries fail tells so, is disabled after three days, and can be switched on', async () => {
    const { endpoints, invoices } = await account();
    const { remoteId } = await endpoints.register(
      'http://127.0.0.1:1/v1/webhooks/whop/conn_1',
      tryOf('hook'),
    );
    const pushed = await invoices.push(invoice, tryOf('inv_1:push'));
    await pay(pushed);
    await sandbox.whop.settle();
    const failing = await endpoints.inspect?.(PATHS);
    expect(failing).toMatchObject({ enabled: true, failures: 1, disabled: undefined });
    expect(failing?.failingSince).toBeInstanceOf(Date);
    expect(failing?.lastFailureAt).toBeInstanceOf(Date);
    await expect(endpoints.replay?.(remoteId, new Date(0), tryOf('replay'))).resolves.toBeUndefined();
    await sandbox.whop.settle();
    expect(await endpoints.inspect?.(PATHS)).toMatchObject({ failures: 2 });
    sandbox.whop.advance({ bySeconds: 3 * 86_400 });
    expect(await endpoints.inspect?.(PATHS)).toMatchObject({
      enabled: false,
      disabled: { reason: 'delivery_failures' },
    });
    await expect(endpoints.replay?.(remoteId, new Date(0), tryOf('replay2'))).rejects.toMatchObject({
      kind: 'invalid',
    });
    await endpoints.enable?.(remoteId);
    expect(await endpoints.inspect?.(PATHS)).toMatchObject({
      enabled: true,
      failures: 0,
      failingSince: undefined,
    });
  });

  test('is signed with the letters of its secret, whatever they begin with', () => {
    const body = Buffer.from('{}');
    const seconds = String(Math.floor(Date.now() / 1000));
    for (const secret of ['ws_0123456789abcdef', 'whsec_MDEyMzQ1Njc4OWFiY2RlZg==']) {
      const signature = createHmac('sha256', secret).update(`msg_1.${seconds}.{}`).digest('base64');
      const headers = {
        'webhook-id': 'msg_1',
        'webhook-timestamp': seconds,
        'webhook-signature': `v1,${signature}`,
      };
      const webhook = { body, headers, receivedAt: new Date() };
      expect(whopAdapter.webhooks.verify(webhook, [secret])).toEqual({ verified: true });
      expect(whopAdapter.webhooks.verify(webhook, [`${secret}x`])).toMatchObject({ verified: false });
    }
  });
});

test('calls are held to 600 a minute of one operation', () => {
  const limits = whopAdapter.rateLimits?.({});
  expect(limits?.perEndpoint).toBe((WHOP_RATE_LIMITS.perEndpointPerMinute ?? 0) / 60);
});

test('a price as people read it is known again, and never taken for another one', () => {
  const formatted = (cents: number, currency: string): string =>
    new Intl.NumberFormat('en-US', { style: 'currency', currency }).format(
      currency === 'jpy' ? cents : cents / 100,
    );
  const cents = fc.integer({ min: 1, max: 99_999_999 });
  fc.assert(
    fc.property(cents, fc.constantFrom('usd', 'eur', 'jpy'), (amount, currency) => {
      expect(isWritten(formatted(amount, currency), money(BigInt(amount), currency))).toBe(true);
    }),
  );
  fc.assert(
    fc.property(cents, cents, fc.constantFrom('usd', 'jpy'), (one, other, currency) => {
      fc.pre(one !== other);
      expect(isWritten(formatted(one, currency), money(BigInt(other), currency))).toBe(false);
    }),
  );
  for (const odd of ['', 'free', 'KWD 1.043']) expect(isWritten(odd, money(1043n, 'kwd'))).toBe(false);
});
