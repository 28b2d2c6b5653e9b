import Stripe from 'stripe';
import { money } from '../../domain/money.js';
import { startSandbox, type Sandbox } from '../../sandbox/index.js';
import type { InvoiceOperations } from '../provider-adapter.js';
import type { Attempt } from '../provider-objects.js';
import { stripeAdapter } from './stripe.adapter.js';

let sandbox: Sandbox;
let accounts = 0;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterEach(() => expect(sandbox.stripe.schemaViolations()).toEqual([]));
afterAll(() => sandbox.stop());

const attempt: Attempt = { key: 'conn_1:inv_1:change', firstTriedAt: new Date(), number: 1 };

/** An account with one open invoice over 100.00. */
async function account(status: 'open' | 'draft' = 'open') {
  accounts += 1;
  const key = `sk_test_invoices_${String(accounts).padStart(6, '0')}`;
  const { hostname, port } = new URL(sandbox.stripe.url);
  const stripe = new Stripe(key, { host: hostname, port, protocol: 'http', telemetry: false });
  const customer = await stripe.customers.create({ email: 'ada@example.com' });
  const metadata = { flexprice_invoice_id: 'inv_1', flexprice_environment: 'env_1' };
  const { id } = await stripe.invoices.create({ customer: customer.id, currency: 'usd', metadata });
  await stripe.invoices.addLines(id, { lines: [{ amount: 10_000, description: 'All' }] });
  if (status === 'open') await stripe.invoices.finalizeInvoice(id);
  const { invoices } = stripeAdapter.open(
    { connectionId: 'conn_1', environmentId: 'env_1', credentials: { secret_key: key } },
    { baseUrl: sandbox.stripe.url, timeoutMs: 10_000, now: () => new Date() },
  );
  sandbox.stripe.clearRequests();
  const calls = () =>
    sandbox.stripe.requests({ account: key }).map(({ method, template }) => `${method} ${template ?? ''}`);
  return { key, stripe, id, customerId: customer.id, invoices: invoices as InvoiceOperations, calls };
}

type Account = Awaited<ReturnType<typeof account>>;

/** A part that was paid elsewhere, as a dashboard would report it. */
async function reportElsewhere({ stripe, id }: Account, cents: number): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const record = await stripe.paymentRecords.reportPayment({
    amount_requested: { currency: 'usd', value: cents },
    initiated_at: now,
    payment_method_details: { type: 'custom', custom: { display_name: 'Wire' } },
    outcome: 'guaranteed',
    guaranteed: { guaranteed_at: now },
  });
  await stripe.invoices.attachPayment(id, { payment_record: record.id });
}

test('marking as paid is one call, settles outside, and is told as success when it was paid before', async () => {
  const { id, invoices, calls } = await account();
  expect(await invoices.markPaid?.(id, attempt)).toMatchObject({
    status: 'paid',
    settledOutside: true,
    payments: [],
    amountRemaining: money(0n, 'usd'),
  });
  expect(calls()).toEqual(['POST /v1/invoices/{id}/pay']);
  expect(await invoices.markPaid?.(id, attempt)).toMatchObject({ status: 'paid', settledOutside: true });
});

test('a void invoice cannot be marked as paid, nor a paid one be made void', async () => {
  const one = await account();
  await one.invoices.void?.(one.id, attempt);
  await expect(one.invoices.markPaid?.(one.id, attempt)).rejects.toMatchObject({ kind: 'conflict' });
  const two = await account();
  await two.invoices.markPaid?.(two.id, attempt);
  await expect(two.invoices.void?.(two.id, attempt)).rejects.toMatchObject({ kind: 'conflict' });
});

test('a draft that is to be void is deleted', async () => {
  const { id, invoices } = await account('draft');
  expect(await invoices.void?.(id, attempt)).toMatchObject({ status: 'void' });
  expect(await invoices.fetch(id)).toBeNull();
});

test('what a customer pays and what was reported from elsewhere are told apart', async () => {
  const on = await account();
  await reportElsewhere(on, 4000);
  expect(await on.invoices.fetch(on.id)).toMatchObject({
    status: 'open',
    payments: [{ elsewhere: true, amount: money(4000n, 'usd') }],
    settledOutside: false,
    amountRemaining: money(6000n, 'usd'),
  });
  await on.stripe.invoices.pay(on.id, { payment_method: 'pm_card_visa' });
  const paid = await on.invoices.fetch(on.id);
  expect(paid).toMatchObject({ status: 'paid', settledOutside: false, amountRemaining: money(0n, 'usd') });
  const amounts = paid?.payments.map(({ amount, elsewhere }) => [amount.amount, elsewhere === true]);
  expect(amounts).toEqual(
    expect.arrayContaining([
      [4000n, true],
      [6000n, false],
    ]),
  );
});

test('a part that we have reported ourselves is no payment, and reporting it again changes nothing', async () => {
  const { id, invoices } = await account();
  const attempt = { key: 'inv_1:settle_part:2', firstTriedAt: new Date(), number: 1 };
  const told = await invoices.settlePart?.(id, money(6000n, 'usd'), attempt);
  expect(told).toMatchObject({ status: 'open', payments: [], amountRemaining: money(6000n, 'usd') });
  const again = await invoices.settlePart?.(id, money(6000n, 'usd'), { ...attempt, number: 2 });
  expect(again).toMatchObject({ amountRemaining: money(6000n, 'usd') });
});

test('a payment of ours that was attached to the invoice is told with our id', async () => {
  const { stripe, id, customerId, invoices } = await account();
  const intent = await stripe.paymentIntents.create({
    amount: 10_000,
    currency: 'usd',
    customer: customerId,
    payment_method: 'pm_card_visa',
    confirm: true,
    off_session: true,
    metadata: { flexprice_payment_id: 'pay_1', flexprice_environment: 'env_1' },
  });
  await stripe.invoices.attachPayment(id, { payment_intent: intent.id });
  expect(await invoices.fetch(id)).toMatchObject({
    status: 'paid',
    settledOutside: false,
    payments: [{ remoteId: intent.id, paymentId: 'pay_1', foreign: false, amount: money(10_000n, 'usd') }],
  });
});

test('what a customer has to the good at Stripe is no payment', async () => {
  const { stripe, id, customerId, invoices } = await account('draft');
  await stripe.customers.update(customerId, { balance: -2500 });
  await stripe.invoices.pay(id, { payment_method: 'pm_card_visa' });
  const paid = await invoices.fetch(id);
  expect(paid).toMatchObject({ status: 'paid', total: money(10_000n, 'usd'), settledOutside: true });
  expect(paid?.payments).toMatchObject([{ amount: money(7500n, 'usd') }]);
});

test('the reconciler hears of payments, of voiding and of giving up, each invoice once', async () => {
  const on = await account();
  const since = new Date(Date.now() - 60_000);
  const listed = async () => {
    const ids: string[] = [];
    for await (const { remoteId } of on.invoices.listSettled?.(since) ?? []) ids.push(remoteId);
    return ids;
  };
  expect(await listed()).toEqual([]);
  await reportElsewhere(on, 4000);
  await on.stripe.invoices.pay(on.id, { payment_method: 'pm_card_visa' });
  expect(await listed()).toEqual([on.id]);
});

test('errors while the settled ones are listed are the contract’s', async () => {
  const { key, invoices } = await account();
  sandbox.stripe.fault({ account: key, path: '/v1/events', mode: 'error', status: 429 });
  const settled = invoices.listSettled?.(new Date())[Symbol.asyncIterator]();
  await expect(settled?.next()).rejects.toMatchObject({ kind: 'rate_limited' });
});
