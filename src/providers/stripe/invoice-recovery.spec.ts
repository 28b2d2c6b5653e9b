import Stripe from 'stripe';
import { money } from '../../domain/money.js';
import { startSandbox, type Sandbox } from '../../sandbox/index.js';
import type { ProviderSession } from '../provider-adapter.js';
import type { Attempt, InvoicePush, InvoicePushLine, RemoteInvoice } from '../provider-objects.js';
import { stripeAdapter } from './stripe.adapter.js';

let sandbox: Sandbox;
let accounts = 0;

beforeAll(async () => {
  sandbox = await startSandbox();
});

afterEach(() => {
  sandbox.stripe.clearFaults();
  expect(sandbox.stripe.schemaViolations()).toEqual([]);
});

afterAll(() => sandbox.stop());

const HOUR_MS = 3_600_000;
const soon = () => new Date(Math.floor(Date.now() / 1000) * 1000 + 30 * 24 * HOUR_MS);

/** An account with one mapped customer. */
async function account(method?: string) {
  accounts += 1;
  const key = `sk_test_recovery_${String(accounts).padStart(6, '0')}`;
  const { hostname, port } = new URL(sandbox.stripe.url);
  const stripe = new Stripe(key, { host: hostname, port, protocol: 'http', telemetry: false });
  const customer = await stripe.customers.create({ name: 'Ada', email: 'ada@example.com' });
  if (method !== undefined) await saveCard(stripe, customer.id, method);
  const open = (environmentId = 'env_1'): ProviderSession =>
    stripeAdapter.open(
      { connectionId: 'conn_1', environmentId, credentials: { secret_key: key } },
      { baseUrl: sandbox.stripe.url, timeoutMs: 10_000, now: () => new Date() },
    );
  sandbox.stripe.clearRequests();
  const push = (invoice: InvoicePush, attempt: Attempt = tryOf(invoice)): Promise<RemoteInvoice> => {
    const { invoices } = open();
    if (invoices === undefined) throw new Error('no invoices');
    return invoices.push(invoice, attempt);
  };
  const invoices = () => sandbox.stripe.objects('invoices', key) as Stripe.Invoice[];
  const calls = () =>
    sandbox.stripe.requests({ account: key }).map(({ method, template }) => `${method} ${template ?? ''}`);
  const keys = (path: string) =>
    sandbox.stripe
      .requests({ account: key, path, method: 'POST' })
      .map(({ idempotencyKey }) => idempotencyKey);
  return { key, stripe, customerId: customer.id, push, open, invoices, calls, keys };
}

async function saveCard(stripe: Stripe, customer: string, token: string): Promise<void> {
  const { id } = await stripe.paymentMethods.attach(token, { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: id } });
}

const line = (n: number, cents: bigint, more: Partial<InvoicePushLine> = {}): InvoicePushLine => ({
  lineId: `inv_line_${n}`,
  description: `Line ${n}`,
  amount: money(cents, 'usd'),
  quantity: '2.5',
  period: { start: new Date('2026-10-01T00:00:00Z'), end: new Date('2026-11-01T00:00:00Z') },
  priceId: `price_${n}`,
  ...more,
});

function invoiceOf(
  remoteId: string,
  lines: readonly InvoicePushLine[],
  more: Partial<InvoicePush> = {},
): InvoicePush {
  return {
    invoiceId: 'inv_1',
    number: 'INV-0001',
    customer: { customerId: 'cust_1', remoteId, name: 'Ada', email: 'ada@example.com' },
    description: undefined,
    collectionMethod: 'send_invoice',
    dueAt: soon(),
    amountDue: money(
      lines.reduce((sum, { amount }) => sum + amount.amount, 0n),
      lines[0]?.amount.currency ?? 'usd',
    ),
    lines,
    adjustments: [],
    ...more,
  };
}

const tryOf = ({ invoiceId }: InvoicePush, number = 1, firstTriedAt = new Date()): Attempt => ({
  key: `conn_1:${invoiceId}:push`,
  firstTriedAt,
  number,
});

const LIST = 'GET /v1/invoices';
const READ = 'GET /v1/invoices/{id}';
const SEND = 'POST /v1/invoices/{id}/send';

describe('a later try', () => {
  const lose = (path: string, key: string) =>
    sandbox.stripe.fault({ account: key, path, mode: 'drop_after' });

  test('finds the finished invoice in two reads', async () => {
    const { key, customerId, push, calls, invoices } = await account();
    const invoice = invoiceOf(customerId, [line(1, 1234n)]);
    lose('/v1/invoices/{id}/send', key);
    await expect(push(invoice)).rejects.toMatchObject({ kind: 'unavailable' });
    sandbox.stripe.clearRequests();
    expect(await push(invoice, tryOf(invoice, 2))).toMatchObject({ status: 'open' });
    expect(calls()).toEqual([LIST, READ]);
    expect(invoices()).toHaveLength(1);
  });

  test('reads all lines of a draft before it adds any, days later and with every key forgotten', async () => {
    const { key, customerId, push, calls, invoices } = await account();
    const invoice = invoiceOf(
      customerId,
      Array.from({ length: 130 }, (_, n) => line(n, 10n)),
    );
    lose('/v1/invoices/{id}/add_lines', key);
    await expect(push(invoice)).rejects.toMatchObject({ kind: 'unavailable' });
    sandbox.stripe.pruneIdempotencyKeys(key);
    sandbox.stripe.clearRequests();
    const threeDaysAgo = new Date(Date.now() - 72 * HOUR_MS);
    expect(await push(invoice, tryOf(invoice, 9, threeDaysAgo))).toMatchObject({
      total: money(1300n, 'usd'),
    });
    expect(calls()).toEqual([LIST, 'GET /v1/invoices/{id}/lines', 'GET /v1/invoices/{id}/lines', SEND]);
    expect(invoices()).toHaveLength(1);
  });

  test('steps over keys that only repeat a failure, and everybody steps over the same', async () => {
    const { key, customerId, push, keys, invoices } = await account();
    const invoice = invoiceOf(customerId, [line(1, 1234n)]);
    const fail = (skip: number) =>
      sandbox.stripe.fault({
        account: key,
        path: '/v1/invoices',
        method: 'POST',
        mode: 'error',
        status: 500,
        skip,
      });
    fail(0);
    await expect(push(invoice)).rejects.toMatchObject({ kind: 'unavailable', httpStatus: 500 });
    fail(1); // the repetition of the first goes by
    await expect(push(invoice, tryOf(invoice, 2))).rejects.toMatchObject({
      kind: 'unavailable',
      httpStatus: 500,
    });
    expect(await push(invoice, tryOf(invoice, 3))).toMatchObject({ status: 'open' });
    const [k, r1, r2] = ['create', 'create:r1', 'create:r2'].map((end) => `conn_1:inv_1:push:${end}`);
    expect(keys('/v1/invoices')).toEqual([k, k, r1, k, r1, r2]);
    expect(invoices()).toHaveLength(1);
  });

  test('is told that another worker is at it, while its call is still running', async () => {
    const { key, customerId, push, invoices } = await account();
    const invoice = invoiceOf(customerId, [line(1, 1234n)]);
    sandbox.stripe.fault({ account: key, path: '/v1/invoices', method: 'POST', mode: 'delay', ms: 150 });
    const [first, second] = await Promise.allSettled([push(invoice), push(invoice)]);
    expect([first.status, second.status].sort()).toEqual(['fulfilled', 'rejected']);
    const refusal = [first, second].find(({ status }) => status === 'rejected') as PromiseRejectedResult;
    expect(refusal.reason).toMatchObject({ kind: 'unavailable', code: 'idempotency_key_in_use' });
    expect(await push(invoice, tryOf(invoice, 2))).toMatchObject({ status: 'open' });
    expect(invoices()).toHaveLength(1);
  });

  test('waits while a request with another due date may still be running, and not for ever', async () => {
    const { key, customerId, push, invoices } = await account();
    const invoice = invoiceOf(customerId, [line(1, 1234n)]);
    const later = { ...invoice, dueAt: new Date(invoice.dueAt.getTime() + 5000) };
    sandbox.stripe.fault({ account: key, path: '/v1/invoices', method: 'POST', mode: 'error', status: 500 });
    await expect(push(invoice)).rejects.toMatchObject({ kind: 'unavailable', httpStatus: 500 });
    await expect(push(later, tryOf(invoice, 2))).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'idempotency_key_in_use',
    });
    expect(invoices()).toEqual([]);
    const anHourAgo = new Date(Date.now() - HOUR_MS);
    expect(await push(later, tryOf(invoice, 3, anHourAgo))).toMatchObject({ status: 'open' });
    expect(invoices()).toHaveLength(1);
  });

  test('two at once with different due dates, long after the first, still end with one', async () => {
    const { key, customerId, push, invoices } = await account();
    const invoice = invoiceOf(customerId, [line(1, 1234n)]);
    sandbox.stripe.fault({ account: key, path: '/v1/invoices', method: 'POST', mode: 'error', status: 500 });
    await expect(push(invoice)).rejects.toMatchObject({ kind: 'unavailable' });
    const attempt = tryOf(invoice, 2, new Date(Date.now() - HOUR_MS));
    const dated = [1, 2, 3].map((n) => ({ ...invoice, dueAt: new Date(invoice.dueAt.getTime() + n * 1000) }));
    const outcomes = await Promise.allSettled(dated.map((one) => push(one, attempt)));
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ kind: 'unavailable' });
    expect(await push(invoice, { ...attempt, number: 3 })).toMatchObject({ status: 'open' });
    expect(invoices()).toHaveLength(1);
  });

  test('adds what is owed less since, and makes a draft anew that is wrong by now', async () => {
    const { key, customerId, push, invoices } = await account();
    const before = invoiceOf(customerId, [line(1, 1000n), line(2, 500n)]);
    lose('/v1/invoices/{id}/add_lines', key);
    await expect(push(before)).rejects.toMatchObject({ kind: 'unavailable' });
    const paid = { kind: 'payment', description: 'Paid', amount: money(-300n, 'usd') } as const;
    const less = { ...before, amountDue: money(1200n, 'usd'), adjustments: [paid] };
    sandbox.stripe.fault({ account: key, path: '/v1/invoices/{id}/send', mode: 'drop_before' });
    await expect(push(less, tryOf(before, 2))).rejects.toMatchObject({ kind: 'unavailable' });
    expect(invoices()).toMatchObject([{ status: 'draft', total: 1200 }]);
    const [draft] = invoices();
    const more = { ...paid, amount: money(-400n, 'usd') };
    const still = { ...before, amountDue: money(1100n, 'usd'), adjustments: [more] };
    expect(await push(still, tryOf(before, 3))).toMatchObject({ status: 'open', total: money(1100n, 'usd') });
    expect(invoices()).toHaveLength(1);
    expect(invoices()[0]?.id).not.toBe(draft?.id);
  });

  test('does not send a draft that somebody has added to; the try after that starts afresh', async () => {
    const { key, customerId, push, invoices, stripe } = await account();
    const invoice = invoiceOf(customerId, [line(1, 1234n)]);
    lose('/v1/invoices/{id}/add_lines', key);
    await expect(push(invoice)).rejects.toMatchObject({ kind: 'unavailable' });
    const draftId = invoices()[0]?.id ?? '';
    await stripe.invoices.addLines(draftId, { lines: [{ amount: 66, description: 'By hand' }] });
    await expect(push(invoice, tryOf(invoice, 2))).rejects.toMatchObject({
      kind: 'invalid',
      code: 'total_mismatch',
      message: 'Stripe makes it 13 where 12.34 is owed',
      details: { expected: '12.34', actual: '13', remote_id: draftId, draft_deleted: true },
    });
    expect(invoices()).toEqual([]);
    expect(await push(invoice, tryOf(invoice, 3))).toMatchObject({
      status: 'open',
      total: money(1234n, 'usd'),
    });
    expect(invoices()).toHaveLength(1);
  });

  test('charges an invoice that was finalized but never charged, and hands over one that was declined', async () => {
    for (const [token, status] of [
      ['pm_card_visa', 'paid'],
      ['pm_card_chargeCustomerFail', 'open'],
    ] as const) {
      const { key, customerId, push, invoices, stripe } = await account(token);
      const invoice = invoiceOf(customerId, [line(1, 1234n)], { collectionMethod: 'charge_automatically' });
      lose('/v1/invoices/{id}/add_lines', key);
      await expect(push(invoice)).rejects.toMatchObject({ kind: 'unavailable' });
      await stripe.invoices.finalizeInvoice(invoices()[0]?.id ?? '', { auto_advance: false });
      const answer = await push(invoice, tryOf(invoice, 2));
      expect(answer).toMatchObject({ status });
      expect(invoices()).toMatchObject([{ status, attempted: true, auto_advance: status === 'open' }]);
      const repeated = await push(invoice, tryOf(invoice, 3));
      expect(repeated.decline?.code).toBe(status === 'open' ? 'card_declined' : undefined);
      expect(repeated.payments).toHaveLength(status === 'paid' ? 1 : 0);
    }
  });

  test('answers a voided invoice as it is, and never another environment’s', async () => {
    const { customerId, push, open, invoices, stripe } = await account();
    const invoice = invoiceOf(customerId, [line(1, 1234n)]);
    const first = await push(invoice);
    await stripe.invoices.voidInvoice(first.remoteId);
    expect(await push(invoice, tryOf(invoice, 2))).toMatchObject({
      remoteId: first.remoteId,
      status: 'void',
    });
    const other = await open('env_2').invoices?.push(invoice, {
      ...tryOf(invoice, 2),
      key: 'conn_2:inv_1:push',
    });
    expect(other?.remoteId).not.toBe(first.remoteId);
    expect(invoices()).toHaveLength(2);
  });
});
