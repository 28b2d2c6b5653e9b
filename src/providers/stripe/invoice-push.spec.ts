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
  expect(sandbox.stripe.schemaViolations()).toEqual([]);
});

afterAll(() => sandbox.stop());

const HOUR_MS = 3_600_000;
const soon = () => new Date(Math.floor(Date.now() / 1000) * 1000 + 30 * 24 * HOUR_MS);

/** An account with one mapped customer. */
async function account(method?: string) {
  accounts += 1;
  const key = `sk_test_push_${String(accounts).padStart(6, '0')}`;
  const { hostname, port } = new URL(sandbox.stripe.url);
  const stripe = new Stripe(key, { host: hostname, port, protocol: 'http', telemetry: false });
  const customer = await stripe.customers.create({ name: 'Ada', email: 'ada@example.com' });
  if (method !== undefined) await saveCard(stripe, customer.id, method);
  const open = (): ProviderSession =>
    stripeAdapter.open(
      { connectionId: 'conn_1', environmentId: 'env_1', credentials: { secret_key: key } },
      { baseUrl: sandbox.stripe.url, timeoutMs: 10_000, now: () => new Date() },
    );
  sandbox.stripe.clearRequests();
  const push = (invoice: InvoicePush, attempt: Attempt = tryOf(invoice)): Promise<RemoteInvoice> => {
    const { invoices } = open();
    if (invoices === undefined) throw new Error('no invoices');
    return invoices.push(invoice, attempt);
  };
  const invoices = () => sandbox.stripe.objects('invoices', key) as Stripe.Invoice[];
  const sent = (path: string) =>
    sandbox.stripe.requests({ account: key, path }).map(({ params }) => params as Record<string, unknown>);
  const calls = () =>
    sandbox.stripe.requests({ account: key }).map(({ method, template }) => `${method} ${template ?? ''}`);
  const keys = (path: string) =>
    sandbox.stripe
      .requests({ account: key, path, method: 'POST' })
      .map(({ idempotencyKey }) => idempotencyKey);
  return { stripe, customerId: customer.id, push, invoices, sent, calls, keys };
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

const tryOf = ({ invoiceId }: InvoicePush): Attempt => ({
  key: `conn_1:${invoiceId}:push`,
  firstTriedAt: new Date(),
  number: 1,
});

const CREATE = 'POST /v1/invoices';
const READ = 'GET /v1/invoices/{id}';
const LINES = 'POST /v1/invoices/{id}/add_lines';
const SEND = 'POST /v1/invoices/{id}/send';
const PAY = 'POST /v1/invoices/{id}/pay';

describe('a first try', () => {
  test('is three calls for an invoice that is sent, whatever the number of lines', async () => {
    const { customerId, push, calls, sent, keys, invoices } = await account();
    const lines = Array.from({ length: 40 }, (_, n) => line(n, 100n + BigInt(n)));
    const push1 = invoiceOf(customerId, lines);
    const answer = await push(push1);
    expect(calls()).toEqual([CREATE, LINES, SEND]);
    expect(keys('/v1/invoices')).toEqual(['conn_1:inv_1:push:create']);
    expect(keys('/v1/invoices/{id}/add_lines')).toEqual([
      expect.stringMatching(/^conn_1:inv_1:push:lines:[0-9a-f]{12}$/),
    ]);
    expect(keys('/v1/invoices/{id}/send')).toEqual([
      expect.stringMatching(/^conn_1:inv_1:push:collect:[0-9a-f]{12}$/),
    ]);
    expect(sent('/v1/invoices')[0]).toEqual({
      customer: customerId,
      currency: 'usd',
      collection_method: 'send_invoice',
      due_date: String(push1.dueAt.getTime() / 1000),
      auto_advance: 'false',
      pending_invoice_items_behavior: 'exclude',
      automatic_tax: { enabled: 'false' },
      description: 'Invoice INV-0001',
      metadata: {
        flexprice_invoice_id: 'inv_1',
        flexprice_customer_id: 'cust_1',
        flexprice_invoice_number: 'INV-0001',
        flexprice_environment: 'env_1',
        sync_source: 'flexprice',
      },
    });
    const [first] = sent('/v1/invoices/{id}/add_lines')[0]?.lines as unknown[];
    expect(first).toEqual({
      amount: '100',
      description: 'Line 0',
      discountable: 'false',
      period: { start: '1790812800', end: '1793491200' },
      metadata: { flexprice_line_id: 'inv_line_0', quantity: '2.5' },
    });
    expect(answer).toMatchObject({
      status: 'open',
      total: push1.amountDue,
      amountRemaining: push1.amountDue,
    });
    expect(answer.metadata).toEqual({
      stripe_invoice_status: 'open',
      stripe_invoice_id: answer.remoteId,
      stripe_invoice_number: invoices()[0]?.number,
      stripe_hosted_invoice_url: answer.hostedUrl,
      stripe_invoice_pdf: answer.pdfUrl,
    });
    expect(answer.pdfUrl).toMatch(/^http/);
  });

  test('is three calls for an invoice that is charged, with its payment in the answer', async () => {
    const { customerId, push, calls, sent, stripe } = await account('pm_card_visa');
    const answer = await push(
      invoiceOf(customerId, [line(1, 1234n)], { collectionMethod: 'charge_automatically' }),
    );
    expect(calls()).toEqual([CREATE, LINES, PAY]);
    expect(sent('/v1/invoices')[0]).not.toHaveProperty('due_date');
    expect(answer).toMatchObject({ status: 'paid', adjustments: [] });
    expect(answer.payments).toHaveLength(1);
    expect(answer.payments[0]).toMatchObject({ status: 'succeeded', amount: money(1234n, 'usd') });
    expect(answer.payments[0]?.paidAt).toBeInstanceOf(Date);
    const [intent] = (await stripe.paymentIntents.list({ customer: customerId })).data;
    expect(answer.payments[0]?.remoteId).toBe(intent?.id);
  });

  test.each([
    ['pm_card_chargeCustomerFail', 'card_declined', 'try_again_later'],
    ['pm_card_authenticationRequired', 'authentication_required', undefined],
    [undefined, 'no_default_payment_method', undefined],
  ])('with %s is declined as %s and left to Stripe, open and advancing', async (method, code, advice) => {
    const { customerId, push, calls, invoices } = await account(method);
    const answer = await push(
      invoiceOf(customerId, [line(1, 1234n)], { collectionMethod: 'charge_automatically' }),
    );
    expect(answer).toMatchObject({ status: 'open', payments: [], decline: { code, advice } });
    expect(answer.hostedUrl).toBeDefined();
    expect(calls()).toEqual([CREATE, LINES, PAY, READ, 'POST /v1/invoices/{id}']);
    expect(invoices()).toHaveLength(1);
    expect(invoices()[0]).toMatchObject({ auto_advance: true, status: 'open' });
  });

  test('groups more lines than Stripe takes, exactly', async () => {
    const { customerId, push, calls, sent, invoices } = await account();
    const lines = Array.from({ length: 1000 }, (_, n) =>
      line(n, BigInt(n) * 7n - 900n, {
        priceId: `price_${n % 300}`,
        description: `Calls in region ${n % 300}`,
      }),
    );
    const discount = { kind: 'discount', description: 'Launch', amount: money(-100n, 'usd') } as const;
    const plain = invoiceOf(customerId, lines);
    const push1 = {
      ...plain,
      amountDue: money(plain.amountDue.amount - 100n, 'usd'),
      adjustments: [discount],
    };
    await push(push1);
    expect(calls()).toEqual([CREATE, LINES, SEND]);
    const grouped = sent('/v1/invoices/{id}/add_lines')[0]?.lines as { amount: string }[];
    expect(grouped).toHaveLength(250);
    expect(BigInt(invoices()[0]?.total ?? 0)).toBe(push1.amountDue.amount);
  });

  test.each([
    ['jpy', 1500n, 1500],
    ['isk', 5n, 500],
    ['kwd', 5120n, 5120],
    ['mga', 250000n, 2500],
  ])('sends %s in the minor units that Stripe has', async (currency, amount, theirs) => {
    const { customerId, push, invoices } = await account();
    const answer = await push(invoiceOf(customerId, [line(1, 0n, { amount: money(amount, currency) })]));
    expect(invoices()[0]?.total).toBe(theirs);
    expect(answer.total).toEqual(money(amount, currency));
  });

  test('makes one line of fractions that Stripe does not count', async () => {
    const { customerId, push, sent } = await account();
    const dinar = (n: number, amount: bigint) => line(n, 0n, { amount: money(amount, 'kwd') });
    const answer = await push(invoiceOf(customerId, [dinar(1, 1005n), dinar(2, 2000n), dinar(3, 1005n)]));
    const lines = sent('/v1/invoices/{id}/add_lines')[0]?.lines as { amount: string }[];
    expect(lines.map(({ amount }) => amount)).toEqual(['2000', '2010']);
    expect(answer.total).toEqual(money(4010n, 'kwd'));
  });

  test('refuses lines that are not what is owed, before any call', async () => {
    const { customerId, push, calls } = await account();
    const odd = invoiceOf(customerId, [line(1, 100n)], { amountDue: money(101n, 'usd') });
    await expect(push(odd)).rejects.toMatchObject({
      kind: 'invalid',
      code: 'total_mismatch',
      details: { expected: '1.01', actual: '1' },
    });
    const unmapped = { ...odd, customer: { ...odd.customer, remoteId: undefined } };
    await expect(push(unmapped)).rejects.toMatchObject({ kind: 'invalid', code: 'customer_not_mapped' });
    expect(calls()).toEqual([]);
  });

  test('leaves what is pending for the customer alone', async () => {
    const { customerId, push, stripe } = await account();
    await stripe.invoiceItems.create({ customer: customerId, amount: 777, currency: 'usd' });
    const answer = await push(invoiceOf(customerId, [line(1, 1234n)]));
    expect(answer.total).toEqual(money(1234n, 'usd'));
  });
});
