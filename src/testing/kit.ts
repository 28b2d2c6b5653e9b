import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { money, type Money } from '../domain/money.js';
import type { ProviderCall, ProviderConnection, ProviderSession } from '../providers/provider-adapter.js';
import { ProviderError, type ProviderErrorKind } from '../providers/provider-error.js';
import type { Attempt, CustomerPush, InvoicePush, RemoteInvoice } from '../providers/provider-objects.js';
import type { ContractHarness } from './harness.js';

/** One connection under test, with what has been told of its calls. */
export interface Bench {
  readonly connection: ProviderConnection;
  readonly calls: ProviderCall[];
  /** A fresh session, as after a restart: adapters are stateless. */
  open(): ProviderSession;
}

const DAY_MS = 24 * 60 * 60 * 1000;
let counter = 0;

/** Names that no other case uses, so that cases may share a provider. */
export const unique = (prefix: string): string => {
  counter += 1;
  return `${prefix}_contract${String(counter).padStart(4, '0')}`;
};

export function bench(harness: ContractHarness, connection = harness.connection()): Bench {
  const calls: ProviderCall[] = [];
  const onCall = (call: ProviderCall): void => {
    calls.push(call);
  };
  return {
    connection,
    calls,
    open: () => harness.adapter.open(connection, { ...harness.runtime, onCall }),
  };
}

/** The group, which the caller has seen to be there. */
export function present<T>(group: T | undefined): T {
  assert.ok(group !== undefined, 'the operation is missing');
  return group;
}

export const firstTry = (harness: ContractHarness, key = unique('op')): Attempt => ({
  key,
  firstTriedAt: harness.runtime.now(),
  number: 1,
});

export const again = (attempt: Attempt): Attempt => ({ ...attempt, number: attempt.number + 1 });

/** Repeats what may be repeated with the same key, as the engine does; anything else it throws. */
export async function untilDone<T>(
  attempt: Attempt,
  work: (attempt: Attempt) => Promise<T>,
  onError: (error: ProviderError) => void = () => undefined,
): Promise<T> {
  for (let current = attempt; ; current = again(current)) {
    try {
      return await work(current);
    } catch (error) {
      if (!(error instanceof ProviderError) || !error.retryable || current.number > 8) throw error;
      onError(error);
    }
  }
}

/** The promise is refused with a ProviderError of that kind, and no secret of the connection is in it. */
export async function refused(
  { connection }: Bench,
  promise: Promise<unknown>,
  kind: ProviderErrorKind,
  code?: string,
): Promise<ProviderError> {
  const error = await promise.then(
    () => assert.fail(`expected a ProviderError of kind ${kind}, but it succeeded`),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ProviderError, `expected a ProviderError, got ${inspect(error)}`);
  assert.equal(error.kind, kind, error.message);
  if (code !== undefined) assert.equal(error.code, code, error.message);
  keepsSecrets(connection, error);
  return error;
}

export function keepsSecrets(connection: ProviderConnection, error: unknown): void {
  const shown = `${inspect(error, { depth: 12, showHidden: true })} ${JSON.stringify(error)}`;
  for (const [name, value] of Object.entries(connection.credentials))
    if (value.length >= 8 && SECRET_NAME.test(name))
      assert.ok(!shown.includes(value), `the error shows the credential ${name}`);
}

const SECRET_NAME = /key|secret|token|password/;

/** Prepares what has to exist before a push, and carries its settings as the engine would. */
export async function prepared(harness: ContractHarness): Promise<Bench> {
  const connection = harness.connection();
  const invoices = present(bench(harness, connection).open().invoices);
  const answer = await invoices.prepare?.(firstTry(harness));
  const credentials = { ...connection.credentials, ...answer?.settings };
  return bench(harness, { ...connection, credentials });
}

export const customerOf = (more: Partial<CustomerPush> = {}): CustomerPush => {
  const id = unique('cust');
  return {
    customerId: id,
    externalId: `external-${id}`,
    name: 'Ada Lovelace',
    email: `${id}@example.com`,
    phone: undefined,
    address: undefined,
    metadata: {},
    remoteId: undefined,
    ...more,
  };
};

/** The customer that an invoice needs, mapped where the provider has customers. */
export async function payer(harness: ContractHarness, on: Bench): Promise<InvoicePush['customer']> {
  const customer = customerOf();
  const remote = await on.open().customers?.push(customer, firstTry(harness));
  const { customerId, name, email } = customer;
  return { customerId, name, email, remoteId: remote?.remoteId };
}

/** Three lines, a discount and a tax: 118.50 in all. */
export function invoiceOf(
  harness: ContractHarness,
  customer: InvoicePush['customer'],
  more: Partial<InvoicePush> = {},
): InvoicePush {
  const now = harness.runtime.now();
  const period = { start: new Date(now.getTime() - 30 * DAY_MS), end: now };
  const line = (name: string, amount: bigint): InvoicePush['lines'][number] => ({
    lineId: unique('inv_line'),
    description: name,
    amount: dollars(amount),
    quantity: '1',
    period,
    priceId: `price_${name}`,
  });
  return {
    invoiceId: unique('inv'),
    number: unique('INV'),
    customer,
    description: undefined,
    collectionMethod: 'send_invoice',
    dueAt: new Date(now.getTime() + 30 * DAY_MS),
    amountDue: dollars(11850n),
    lines: [line('seats', 10000n), line('calls', 1234n), line('storage', 1n)],
    adjustments: [
      { kind: 'discount', description: 'Launch', amount: dollars(-385n) },
      { kind: 'tax', description: 'VAT', amount: dollars(1000n) },
    ],
    ...more,
  };
}

export const dollars = (cents: bigint): Money => money(cents, 'usd');

/** Exactly one remote invoice, past being a draft, with the amount that is owed. */
export function oneInvoice(
  harness: ContractHarness,
  { connection }: Bench,
  invoice: InvoicePush,
  answer: RemoteInvoice,
): void {
  const found = harness.remote.invoices(connection, invoice.invoiceId);
  assert.equal(found.length, 1, `expected one remote invoice, found ${inspect(found)}`);
  const [only] = found;
  assert.equal(answer.remoteId, only?.remoteId);
  assert.ok(only?.status === 'open' || only?.status === 'paid', `it was left ${only?.status ?? ''}`);
  assert.deepEqual(only.total, invoice.amountDue, 'the remote total is not what is owed');
}
