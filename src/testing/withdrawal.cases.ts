import assert from 'node:assert/strict';
import type { InvoicePush } from '../providers/provider-objects.js';
import { settled } from './connection.cases.js';
import type { ContractCase, ContractHarness } from './harness.js';
import {
  again,
  dollars,
  firstTry,
  invoiceOf,
  payer,
  prepared,
  present,
  untilDone,
  type Bench,
} from './kit.js';
import type { Attempt } from '../providers/provider-objects.js';

/** Calls of a push, and one more: then nothing strikes, and it is whole. */
const MOST_CALLS = 5;

/** What becomes of a push that was cut off, when the invoice is not wanted any more, or less of it is owed. */
export function withdrawalCases(harness: ContractHarness): ContractCase[] {
  const { invoices } = harness.adapter.open(harness.connection(), harness.runtime);
  if (invoices?.withdraw === undefined) return [];
  const cases: ContractCase[] = [
    {
      name: 'a push that is not wanted any more is taken back, with each of its calls cut off',
      run: () =>
        everyCut(harness, async ({ on, invoice, attempt }) => {
          const withdraw = (tried: Attempt): ReturnType<NonNullable<typeof invoices.withdraw>> =>
            present(present(on.open().invoices).withdraw?.(invoice, tried));
          const { paid } = await untilDone(again(attempt), withdraw);
          assert.equal(paid, undefined, 'nobody has paid it');
          assert.deepEqual(payable(harness, on, invoice), []);
          await withdraw(again(again(attempt)));
          assert.deepEqual(payable(harness, on, invoice), []);
        }),
    },
    {
      name: 'a push of which somebody has paid what it made answers that when it is taken back',
      run: async () => {
        const on = await prepared(harness);
        const invoice = invoiceOf(harness, await payer(harness, on));
        const attempt = firstTry(harness);
        const { remoteId } = await present(on.open().invoices).push(invoice, attempt);
        await harness.remote.payInvoice(on.connection, remoteId);
        const { paid } = await present(present(on.open().invoices).withdraw?.(invoice, again(attempt)));
        assert.equal(paid?.remoteId, remoteId);
        assert.equal(paid.status, 'paid');
        assert.equal(paid.payments.length, 1);
      },
    },
    {
      name: 'a push of less than before asks nobody for more than one invoice, with each call cut off',
      run: () =>
        everyCut(harness, async ({ on, invoice, attempt }) => {
          const less: InvoicePush = {
            ...invoice,
            amountDue: dollars(8850n),
            adjustments: [
              ...invoice.adjustments,
              { kind: 'payment', description: 'Paid already', amount: dollars(-3000n) },
            ],
            version: 1,
          };
          const answer = await untilDone(again(attempt), (tried) =>
            present(on.open().invoices).push(less, tried),
          );
          const left = payable(harness, on, invoice);
          assert.equal(left.length, 1);
          assert.equal(left[0]?.remoteId, answer.remoteId);
          // One that was open before is brought down by whoever can do that.
          if (invoices.settlePart === undefined) assert.deepEqual(left[0].total, less.amountDue);
        }),
    },
    {
      name: 'what was withdrawn is not gone on from',
      run: async () => {
        const on = await prepared(harness);
        const invoice = invoiceOf(harness, await payer(harness, on));
        const attempt = firstTry(harness);
        await present(on.open().invoices).push(invoice, attempt);
        const { withdrawn } = await present(present(on.open().invoices).withdraw?.(invoice, again(attempt)));
        const anew = { ...attempt, key: `${attempt.key}:g1`, number: 2 };
        const answer = await present(on.open().invoices).push({ ...invoice, withdrawn }, anew);
        assert.equal(answer.status, 'open');
        assert.deepEqual(
          payable(harness, on, invoice).map(({ remoteId }) => remoteId),
          [answer.remoteId],
        );
      },
    },
  ];
  return cases.map((one) => settled(harness, one));
}

interface Cut {
  readonly on: Bench;
  readonly invoice: InvoicePush;
  readonly attempt: Attempt;
}

async function everyCut(harness: ContractHarness, check: (cut: Cut) => Promise<void>): Promise<void> {
  for (let after = 0; after < MOST_CALLS; after += 1) {
    const on = await prepared(harness);
    const invoice = invoiceOf(harness, await payer(harness, on));
    const attempt = firstTry(harness);
    harness.remote.arrange(on.connection, { kind: 'lost', after });
    await present(on.open().invoices)
      .push(invoice, attempt)
      .catch(() => undefined);
    harness.remote.calm();
    await check({ on, invoice, attempt });
  }
}

const payable = (
  harness: ContractHarness,
  { connection }: Bench,
  { invoiceId }: InvoicePush,
): ReturnType<ContractHarness['remote']['invoices']> =>
  harness.remote.invoices(connection, invoiceId).filter(({ status }) => status === 'open');
