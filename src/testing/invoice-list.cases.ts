import assert from 'node:assert/strict';
import type { InvoicePush, RemoteInvoice } from '../providers/provider-objects.js';
import type { ContractCase, ContractHarness } from './harness.js';
import { present, type Bench } from './kit.js';

/** What the reconciler reads, of whichever lists the adapter has. */
export function listCases(
  harness: ContractHarness,
  pushed: () => Promise<{
    readonly on: Bench;
    readonly invoice: InvoicePush;
    readonly answer: RemoteInvoice;
  }>,
): ContractCase[] {
  const { remote } = harness;
  const lists = harness.adapter.open(harness.connection(), harness.runtime).invoices;
  const cases: (ContractCase & { readonly of: 'listSettled' | 'listOpen' | 'listMade' })[] = [
    {
      of: 'listSettled',
      name: 'a settled invoice is listed for the reconciler, an open one is not',
      run: async () => {
        const { on, answer } = await pushed();
        const invoices = present(on.open().invoices);
        const since = new Date(harness.runtime.now().getTime() - 60_000);
        assert.ok(
          !(await idsOf(present(invoices.listSettled?.(since)))).includes(answer.remoteId),
          'it is still open',
        );
        await remote.payInvoice(on.connection, answer.remoteId);
        const ids = await idsOf(present(invoices.listSettled?.(since)));
        assert.equal(ids.filter((id) => id === answer.remoteId).length, 1);
      },
    },
    {
      of: 'listOpen',
      name: 'an open invoice is listed with its state, and no longer when it is settled',
      run: async () => {
        const { on, answer } = await pushed();
        const invoices = present(on.open().invoices);
        const since = new Date(harness.runtime.now().getTime() - 60_000);
        const mine = async (): Promise<string[]> =>
          (await allOf(present(invoices.listOpen?.(since))))
            .filter(({ remoteId }) => remoteId === answer.remoteId)
            .map(({ state }) => state);
        assert.deepEqual(await mine(), [answer.state], 'it is called something else when it is fetched');
        await remote.payInvoice(on.connection, answer.remoteId);
        assert.deepEqual(await mine(), []);
      },
    },
    {
      of: 'listMade',
      name: 'an invoice is listed as made, with our id, its total and its page',
      run: async () => {
        const { on, invoice, answer } = await pushed();
        const invoices = present(on.open().invoices);
        const since = new Date(harness.runtime.now().getTime() - 60_000);
        const listed = await allOf(present(invoices.listMade?.(since)));
        const [made] = listed.filter(({ invoiceId }) => invoiceId === invoice.invoiceId);
        assert.equal(made?.remoteId, answer.remoteId);
        assert.deepEqual(made.total, invoice.amountDue);
        // The same page; what is filled in on it may differ.
        assert.equal(made.hostedUrl?.split('?')[0], answer.hostedUrl?.split('?')[0]);
        for (const [key, value] of Object.entries(made.metadata))
          assert.equal(answer.metadata[key]?.split('?')[0], value.split('?')[0]);
      },
    },
  ];
  return cases.filter(({ of }) => lists?.[of] !== undefined).map(({ name, run }) => ({ name, run }));
}

async function allOf<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of list) all.push(one);
  return all;
}

const idsOf = async (list: AsyncIterable<{ readonly remoteId: string }>): Promise<string[]> =>
  (await allOf(list)).map(({ remoteId }) => remoteId);
