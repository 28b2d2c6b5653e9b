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

test('marking as paid is a payment record of our own, which is nobody else’s mark, and twice is once', async () => {
  const { id, invoices, calls, key } = await account();
  const paid = {
    status: 'paid',
    payments: [],
    adjustments: [],
    amountRemaining: money(0n, 'usd'),
  };
  expect(await invoices.markPaid?.(id, attempt)).toMatchObject(paid);
  const written = calls().filter((call) => call.startsWith('POST'));
  expect(written).toEqual([
    'POST /v1/payment_records/report_payment',
    'POST /v1/invoices/{id}/attach_payment',
  ]);
  expect(await invoices.markPaid?.(id, attempt)).toMatchObject(paid);
  expect(sandbox.stripe.objects('payment_records', key)).toHaveLength(1);
});

test('what somebody has marked as paid there is an adjustment, whether or not it leaves a payment record', async () => {
  const on = await account();
  await reportElsewhere(on, 4000);
  await on.stripe.invoices.pay(on.id, { paid_out_of_band: true });
  expect(await on.invoices.fetch(on.id)).toMatchObject({
    status: 'paid',
    payments: [{ amount: money(4000n, 'usd') }],
    adjustments: [
      {
        remoteId: `${on.id}:out_of_band`,
        kind: 'OUT_OF_BAND',
        amount: money(6000n, 'usd'),
        released: false,
        settlesRest: true,
      },
    ],
  });
  const other = await account();
  sandbox.stripe.configure({ outOfBandMakesRecord: true });
  try {
    await other.stripe.invoices.pay(other.id, { paid_out_of_band: true });
  } finally {
    sandbox.stripe.configure({ outOfBandMakesRecord: false });
  }
  expect(await other.invoices.fetch(other.id)).toMatchObject({
    status: 'paid',
    payments: [{ elsewhere: true, amount: money(10_000n, 'usd') }],
    adjustments: [],
  });
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
    adjustments: [],
    amountRemaining: money(6000n, 'usd'),
  });
  await on.stripe.invoices.pay(on.id, { payment_method: 'pm_card_visa' });
  const paid = await on.invoices.fetch(on.id);
  expect(paid).toMatchObject({ status: 'paid', adjustments: [], amountRemaining: money(0n, 'usd') });
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
    adjustments: [],
    payments: [{ remoteId: intent.id, paymentId: 'pay_1', foreign: false, amount: money(10_000n, 'usd') }],
  });
});

test('what a customer has to the good at Stripe is no payment', async () => {
  const { stripe, id, customerId, invoices } = await account('draft');
  await stripe.customers.update(customerId, { balance: -2500 });
  await stripe.invoices.pay(id, { payment_method: 'pm_card_visa' });
  const paid = await invoices.fetch(id);
  expect(paid).toMatchObject({
    status: 'paid',
    total: money(10_000n, 'usd'),
    adjustments: [
      {
        remoteId: expect.stringMatching(/^cbtxn_/),
        kind: 'CUSTOMER_BALANCE',
        amount: money(2500n, 'usd'),
        released: false,
      },
    ],
  });
  expect(paid?.payments).toMatchObject([{ amount: money(7500n, 'usd') }]);
});

test('a debt from before is paid with the invoice, and is no money of it', async () => {
  const { stripe, id, customerId, invoices } = await account('draft');
  await stripe.customers.update(customerId, { balance: 2000 });
  await stripe.invoices.finalizeInvoice(id);
  expect(await invoices.fetch(id)).toMatchObject({
    status: 'open',
    amountRemaining: money(10_000n, 'usd'),
    adjustments: [],
  });
  await stripe.invoices.pay(id, { payment_method: 'pm_card_visa' });
  expect(await invoices.fetch(id)).toMatchObject({
    status: 'paid',
    payments: [{ amount: money(10_000n, 'usd'), collected: money(12_000n, 'usd') }],
    adjustments: [],
  });
});

test('a part that is settled here leaves the debt from before where it is', async () => {
  const { stripe, id, customerId, invoices } = await account('draft');
  await stripe.customers.update(customerId, { balance: 2000 });
  await stripe.invoices.finalizeInvoice(id);
  await invoices.settlePart?.(id, money(6000n, 'usd'), attempt);
  expect((await stripe.invoices.retrieve(id)).amount_remaining).toBe(8000);
});

test('too little to charge is carried over, not paid', async () => {
  sandbox.stripe.configure({ minimumCharges: true });
  try {
    const { stripe, customerId, invoices } = await account('draft');
    const small = await stripe.invoices.create({ customer: customerId, currency: 'usd' });
    await stripe.invoices.addLines(small.id, { lines: [{ amount: 30 }] });
    await stripe.invoices.finalizeInvoice(small.id);
    expect(await invoices.fetch(small.id)).toMatchObject({
      status: 'paid',
      payments: [],
      adjustments: [{ kind: 'CARRIED_OVER', amount: money(30n, 'usd') }],
    });
  } finally {
    sandbox.stripe.configure({ minimumCharges: false });
  }
});

test.each([true, false])(
  'credit notes lower what is asked for, or say what went back (entries name the invoice: %s)',
  async (creditNoteEntryNamesInvoice) => {
    sandbox.stripe.configure({ creditNoteEntryNamesInvoice });
    const { stripe, id, invoices } = await account();
    const before = await stripe.creditNotes.create({ invoice: id, amount: 3000 });
    expect(await invoices.fetch(id)).toMatchObject({
      status: 'open',
      amountRemaining: money(7000n, 'usd'),
      adjustments: [
        { remoteId: before.id, kind: 'CREDIT_NOTE', amount: money(3000n, 'usd'), released: false },
      ],
    });
    await stripe.creditNotes.voidCreditNote(before.id);
    const again = await stripe.creditNotes.create({ invoice: id, amount: 1000 });
    await stripe.invoices.pay(id, { payment_method: 'pm_card_visa' });
    const after = await stripe.creditNotes.create({
      invoice: id,
      amount: 6000,
      refund_amount: 1000,
      credit_amount: 2000,
      out_of_band_amount: 3000,
    });
    const read = await invoices.fetch(id);
    expect(read?.adjustments).toEqual([
      expect.objectContaining({ remoteId: before.id, released: true }),
      expect.objectContaining({ remoteId: again.id, amount: money(1000n, 'usd'), released: false }),
      expect.objectContaining({
        remoteId: after.id,
        amount: money(0n, 'usd'),
        givenBack: [
          { remoteId: expect.stringMatching(/^re_/), by: 'refund', amount: money(1000n, 'usd') },
          { remoteId: expect.stringMatching(/^cbtxn_/), by: 'balance', amount: money(2000n, 'usd') },
          { remoteId: `${after.id}:out_of_band`, by: 'outside', amount: money(3000n, 'usd') },
        ],
      }),
    ]);
    sandbox.stripe.configure({ creditNoteEntryNamesInvoice: false });
  },
);

test.each([
  [true, 'finalized_first'],
  [false, 'voided_first'],
] as const)(
  'an edited invoice is read as what has taken its place (metadata copied: %s, told %s)',
  async (revisionCopiesMetadata, revisionTells) => {
    sandbox.stripe.configure({ revisionCopiesMetadata, revisionTells });
    const { stripe, id, customerId, invoices } = await account('draft');
    await stripe.invoices.update(id, { metadata: { flexprice_amount: '10000' } });
    await stripe.customers.update(customerId, { balance: -1000 });
    await stripe.invoices.finalizeInvoice(id);
    const edit = await stripe.invoices.create({ from_invoice: { action: 'revision', invoice: id } });
    expect(await invoices.fetch(id)).toMatchObject({ remoteId: id, status: 'open' });
    expect(await invoices.fetch(edit.id)).toMatchObject({
      status: 'draft',
      replaces: [id],
      invoiceId: 'inv_1',
    });
    const [line] = edit.lines.data;
    await stripe.invoices.updateLines(edit.id, { lines: [{ id: line?.id ?? '', amount: 8000 }] });
    await stripe.invoices.finalizeInvoice(edit.id);
    const read = await invoices.fetch(id);
    expect(read).toMatchObject({
      remoteId: edit.id,
      replaces: [id],
      invoiceId: 'inv_1',
      status: 'open',
      amountRemaining: money(7000n, 'usd'),
    });
    expect(read?.adjustments.map(({ kind, amount }) => [kind, amount.amount])).toEqual([
      ['REVISION', 2000n],
      ['CUSTOMER_BALANCE', 1000n],
    ]);
    expect(await invoices.void?.(id, attempt)).toMatchObject({ remoteId: edit.id, status: 'void' });
    sandbox.stripe.configure({ revisionCopiesMetadata: true, revisionTells: 'finalized_first' });
  },
);

test('what was given up is an adjustment, until it is paid all the same', async () => {
  const { stripe, id, invoices } = await account();
  await stripe.invoices.markUncollectible(id);
  const adjustment = { remoteId: `${id}:write_off`, kind: 'WRITE_OFF' };
  expect(await invoices.fetch(id)).toMatchObject({
    status: 'uncollectible',
    adjustments: [{ ...adjustment, amount: money(10_000n, 'usd'), released: false }],
  });
  await stripe.invoices.pay(id, { payment_method: 'pm_card_visa' });
  expect(await invoices.fetch(id)).toMatchObject({
    status: 'paid',
    payments: [{ amount: money(10_000n, 'usd') }],
    adjustments: [{ ...adjustment, released: true }],
  });
});

test('of a void invoice nothing counts any more', async () => {
  const { stripe, id, customerId, invoices } = await account('draft');
  await stripe.customers.update(customerId, { balance: -1000 });
  await stripe.invoices.finalizeInvoice(id);
  await stripe.invoices.voidInvoice(id);
  expect((await stripe.customers.retrieve(customerId)) as Stripe.Customer).toMatchObject({ balance: -1000 });
  expect(await invoices.fetch(id)).toMatchObject({
    status: 'void',
    adjustments: [{ kind: 'CUSTOMER_BALANCE', released: true }],
  });
});

test('a permission that a key lacks is named', async () => {
  const { key, stripe, id, invoices } = await account();
  await stripe.creditNotes.create({ invoice: id, amount: 3000 });
  sandbox.stripe.restrictKey(key, ['rak_credit_note_read']);
  await expect(invoices.fetch(id)).rejects.toMatchObject({
    kind: 'forbidden',
    code: 'permission_denied',
    param: 'rak_credit_note_read',
  });
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
