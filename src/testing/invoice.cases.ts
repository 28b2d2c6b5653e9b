import assert from 'node:assert/strict';
import type { ProviderConnection } from '../providers/provider-adapter.js';
import type { InvoicePush, RemoteInvoice } from '../providers/provider-objects.js';
import { settled } from './connection.cases.js';
import type { ContractCase, ContractHarness } from './harness.js';
import { listCases } from './invoice-list.cases.js';
import {
  again,
  bench,
  firstTry,
  invoiceOf,
  oneInvoice,
  payer,
  prepared,
  present,
  refused,
  type Bench,
} from './kit.js';

interface Pushed {
  readonly on: Bench;
  readonly invoice: InvoicePush;
  readonly answer: RemoteInvoice;
}

async function pushed(harness: ContractHarness): Promise<Pushed> {
  const on = await prepared(harness);
  const invoice = invoiceOf(harness, await payer(harness, on));
  const answer = await present(on.open().invoices).push(invoice, firstTry(harness));
  return { on, invoice, answer };
}

/** Invoices when all goes well, and what is refused. */
export function invoiceCases(harness: ContractHarness): ContractCase[] {
  return [
    ...pushCases(harness),
    ...readCases(harness),
    ...listCases(harness, () => pushed(harness)),
    ...changeCases(harness),
    ...partCases(harness),
  ].map((one) => settled(harness, one));
}

function pushCases(harness: ContractHarness): ContractCase[] {
  const { remote, notRepresentable } = harness;
  const cases: ContractCase[] = [
    {
      name: 'a push makes one invoice that can be paid, over the amount that is owed',
      run: async () => {
        const { on, invoice, answer } = await pushed(harness);
        oneInvoice(harness, on, invoice, answer);
        assert.equal(answer.status, 'open');
        assert.equal(answer.invoiceId, invoice.invoiceId);
        assert.equal(answer.foreign, false);
        assert.deepEqual(answer.payments, []);
        assert.deepEqual(answer.adjustments, []);
        assert.ok(Object.values(answer.metadata).includes(answer.remoteId), 'its id is not in the metadata');
      },
    },
    {
      name: 'preparing again costs no call',
      run: async () => {
        const { connection } = await prepared(harness);
        const on = bench(harness, connection);
        const invoices = present(on.open().invoices);
        assert.notEqual(invoices.isPrepared, false, 'with its settings it is prepared');
        assert.equal(await invoices.prepare?.(firstTry(harness)), undefined);
        assert.equal(on.calls.length, 0);
      },
    },
    {
      name: 'an invoice over nothing is refused before any call',
      run: async () => {
        const on = await prepared(harness);
        const customer = await payer(harness, on);
        const before = on.calls.length;
        const nothing = invoiceOf(harness, customer);
        const amountDue = { ...nothing.amountDue, amount: 0n };
        const push = { ...nothing, amountDue, lines: [], adjustments: [] };
        await refused(on, present(on.open().invoices).push(push, firstTry(harness)), 'invalid');
        assert.equal(on.calls.length, before);
      },
    },
  ];
  if (notRepresentable !== undefined)
    cases.push({
      name: 'an amount that the provider cannot collect exactly is refused before any call',
      run: async () => {
        const on = await prepared(harness);
        const customer = await payer(harness, on);
        const before = on.calls.length;
        const plain = invoiceOf(harness, customer);
        const [line] = plain.lines;
        const lines = [{ ...present(line), amount: notRepresentable }];
        const push = { ...plain, amountDue: notRepresentable, lines, adjustments: [] };
        await refused(on, present(on.open().invoices).push(push, firstTry(harness)), 'invalid');
        assert.equal(on.calls.length, before);
      },
    });
  if (remote.forgetKeys !== undefined)
    cases.push({
      name: 'a worker that comes late with a first try is told what is there now, not what was recorded',
      run: async () => {
        const on = await prepared(harness);
        const invoice = invoiceOf(harness, await payer(harness, on));
        const attempt = firstTry(harness);
        const { remoteId } = await present(on.open().invoices).push(invoice, attempt);
        await remote.payInvoice(on.connection, remoteId);
        const late = await present(on.open().invoices).push(invoice, attempt);
        oneInvoice(harness, on, invoice, late);
        assert.equal(late.status, 'paid');
        assert.equal(late.payments.length, 1);
      },
    });
  if (remote.distortTotals !== undefined)
    cases.push({
      name: 'another total than ours is never left to be paid',
      run: async () => {
        const on = await prepared(harness);
        const invoice = invoiceOf(harness, await payer(harness, on));
        remote.distortTotals?.(on.connection);
        const push = present(on.open().invoices).push(invoice, firstTry(harness));
        const error = await refused(on, push, 'invalid', 'total_mismatch');
        assert.match(error.message, /118\.5/, 'the message does not say what is owed');
        assertNothingPayable(harness, on.connection, invoice.invoiceId);
      },
    });
  return cases;
}

function assertNothingPayable(harness: ContractHarness, connection: ProviderConnection, id: string): void {
  for (const { status } of harness.remote.invoices(connection, id))
    assert.ok(status === 'draft' || status === 'void', `it was left ${status}`);
}

function readCases(harness: ContractHarness): ContractCase[] {
  const { remote } = harness;
  const cases: ContractCase[] = [
    {
      name: 'an invoice that the provider has never heard of is null',
      run: async () => {
        const on = bench(harness);
        assert.equal(await present(on.open().invoices).fetch('unknown_0000'), null);
      },
    },
    {
      name: 'what was pushed reads back as it was',
      run: async () => {
        const { on, invoice, answer } = await pushed(harness);
        const read = present((await present(on.open().invoices).fetch(answer.remoteId)) ?? undefined);
        assert.equal(read.invoiceId, invoice.invoiceId);
        assert.equal(read.status, 'open');
        assert.deepEqual(read.total, invoice.amountDue);
        assert.deepEqual(read.amountRemaining, invoice.amountDue);
        assert.ok(read.hostedUrl, 'there is no page to pay on');
      },
    },
    {
      name: 'money that a customer pays there is told, once and the same at every read',
      run: async () => {
        const { on, invoice, answer } = await pushed(harness);
        await remote.payInvoice(on.connection, answer.remoteId);
        const invoices = present(on.open().invoices);
        const [first, second] = [
          await invoices.fetch(answer.remoteId),
          await invoices.fetch(answer.remoteId),
        ];
        assert.equal(first?.status, 'paid');
        assert.deepEqual(first.adjustments, []);
        assert.equal(first.payments.length, 1);
        const [payment] = first.payments;
        assert.equal(payment?.status, 'succeeded');
        assert.deepEqual(payment.amount, invoice.amountDue);
        assert.equal(payment.remoteInvoiceId, answer.remoteId);
        assert.equal(second?.payments[0]?.remoteId, payment.remoteId, 'its id differs from read to read');
      },
    },
  ];
  if (harness.marksEnvironments)
    cases.push({
      name: 'an invoice of another environment is foreign, and its id is none of ours',
      run: async () => {
        const { on, answer } = await pushed(harness);
        const other = bench(harness, { ...on.connection, environmentId: 'env_other' });
        const read = await present(other.open().invoices).fetch(answer.remoteId);
        assert.equal(read?.foreign, true);
        assert.equal(read.invoiceId, undefined);
      },
    });
  if (remote.showUnknownStatus !== undefined)
    cases.push({
      name: 'a status that nobody knows yet is pending',
      run: async () => {
        const { on, answer } = await pushed(harness);
        remote.showUnknownStatus?.(on.connection, answer.remoteId);
        const read = await present(on.open().invoices).fetch(answer.remoteId);
        assert.equal(read?.status, 'pending');
        assert.deepEqual(read.payments, []);
      },
    });
  return cases;
}

/** `markPaid` and `void`: twice is success, also when the first answer was lost. */
function partCases(harness: ContractHarness): ContractCase[] {
  const { invoices } = harness.adapter.open(harness.connection(), harness.runtime);
  if (invoices?.settlePart === undefined) return [];
  return [
    {
      name: 'a part that was settled elsewhere is taken off what is asked for, once, and is no payment',
      run: async () => {
        const { on, invoice, answer } = await pushed(harness);
        const { amount, currency } = invoice.amountDue;
        const remaining = { amount: amount - 100n, currency };
        const attempt = firstTry(harness);
        const settlePart = (tried: typeof attempt): Promise<RemoteInvoice | undefined> =>
          Promise.resolve(on.open().invoices?.settlePart?.(answer.remoteId, remaining, tried));
        for (const tried of [attempt, again(attempt), firstTry(harness)]) {
          const now = await settlePart(tried);
          assert.deepEqual(now?.amountRemaining, remaining);
          assert.equal(now.status, 'open');
          assert.deepEqual(now.payments, [], 'no money has come in');
        }
      },
    },
  ];
}

function changeCases(harness: ContractHarness): ContractCase[] {
  const changes = [
    { action: 'markPaid', status: 'paid' },
    { action: 'void', status: 'void' },
  ] as const;
  return changes.flatMap(({ action, status }) => {
    const { invoices } = harness.adapter.open(harness.connection(), harness.runtime);
    if (invoices === undefined || !(action in invoices)) return [];
    const change = async (on: Bench, remoteId: string, attempt = firstTry(harness)): Promise<RemoteInvoice> =>
      present(await on.open().invoices?.[action]?.(remoteId, attempt));
    return [
      {
        name: `${action} twice is success`,
        run: async () => {
          const { on, invoice, answer } = await pushed(harness);
          const attempt = firstTry(harness);
          const first = await change(on, answer.remoteId, attempt);
          assert.equal(first.status, status);
          for (const { kind, mayBeOurs } of first.adjustments)
            assert.ok(kind === 'OUT_OF_BAND' && mayBeOurs === true, 'our own mark is told as somebody’s');
          assert.deepEqual(first.payments, [], 'no money has come in');
          assert.equal((await change(on, answer.remoteId, again(attempt))).status, status);
          const [remoteOne] = harness.remote.invoices(on.connection, invoice.invoiceId);
          assert.equal(remoteOne?.status, status);
        },
      },
      {
        name: `${action} is success when the answer of the first try was lost`,
        run: async () => {
          // Whichever of its calls is lost: a later one than it makes does not strike.
          for (let after = 0; after < 3; after += 1) {
            const { on, answer } = await pushed(harness);
            const attempt = firstTry(harness);
            harness.remote.arrange(on.connection, { kind: 'lost', after });
            const first = await change(on, answer.remoteId, attempt).catch(() => undefined);
            harness.remote.calm();
            const last = first ?? (await change(on, answer.remoteId, again(attempt)));
            assert.equal(last.status, status);
          }
        },
      },
      {
        name: `${action} of an unknown invoice is not_found`,
        run: async () => {
          const on = bench(harness);
          await refused(on, change(on, 'unknown_0000'), 'not_found');
        },
      },
    ];
  });
}
