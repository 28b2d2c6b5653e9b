import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { ProviderError } from '../providers/provider-error.js';
import { settled } from './connection.cases.js';
import type { ContractCase, ContractHarness, Mishap } from './harness.js';
import {
  again,
  customerOf,
  firstTry,
  invoiceOf,
  keepsSecrets,
  oneInvoice,
  payer,
  prepared,
  present,
  untilDone,
  bench,
  type Bench,
} from './kit.js';
import type { Attempt } from '../providers/provider-objects.js';

/** One piece of work under an attempt, with what has to be true however often it was tried. */
export interface Undertaking {
  readonly name: string;
  /** A new account, with all that the work needs. */
  readonly begin: () => Promise<{
    readonly on: Bench;
    readonly work: (attempt: Attempt) => Promise<unknown>;
    /** Throws unless the work is done once and completely. */
    readonly check: (answer: unknown) => void;
  }>;
}

/** The circumstances under which twice must be once. Every call of the work is hit in its turn. */
export function recoveryCases(
  harness: ContractHarness,
  undertakings: readonly Undertaking[],
): ContractCase[] {
  return undertakings
    .flatMap((one) => [twice(harness, one), ...everyCall(harness, one), ...atOnce(harness, one)])
    .map((one) => settled(harness, one));
}

function twice(harness: ContractHarness, { name, begin }: Undertaking): ContractCase {
  return {
    name: `${name}: twice with one key is one`,
    run: async () => {
      const { work, check } = await begin();
      const attempt = firstTry(harness);
      check(await work(attempt));
      check(await work(again(attempt)));
      check(await work(again(again(attempt))));
    },
  };
}

interface Circumstance {
  readonly title: string;
  readonly kind: Mishap['kind'];
  /** Tries in a row that it strikes. */
  readonly tries: number;
  readonly forgets: boolean;
}

function everyCall(harness: ContractHarness, { name, begin }: Undertaking): ContractCase[] {
  const forgets = harness.remote.forgetKeys !== undefined;
  const circumstances: Circumstance[] = [
    { title: 'its answer lost', kind: 'lost', tries: 1, forgets: false },
    { title: 'its answer lost two tries long', kind: 'lost', tries: 2, forgets: false },
    { title: 'a 500', kind: 500, tries: 1, forgets: false },
    { title: 'a 500 although it was carried out', kind: 'done_but_500', tries: 1, forgets: false },
    { title: 'a rate limit', kind: 429, tries: 1, forgets: false },
    ...(forgets
      ? [{ title: 'its answer lost and the key forgotten', kind: 'lost', tries: 1, forgets } as const]
      : []),
  ];
  return circumstances.map((circumstance) => ({
    name: `${name}: one, with each of its calls hit by ${circumstance.title}`,
    run: async () => {
      const clean = await begin();
      const before = clean.on.calls.length;
      clean.check(await clean.work(firstTry(harness)));
      const calls = clean.on.calls.length - before;
      assert.ok(calls > 0, 'the work made no call');
      for (let after = 0; after < calls; after += 1) await oneHit(harness, begin, circumstance, after);
    },
  }));
}

async function oneHit(
  harness: ContractHarness,
  begin: Undertaking['begin'],
  { kind, tries, forgets }: Circumstance,
  after: number,
): Promise<void> {
  const { on, work, check } = await begin();
  const answer = await untilDone(
    firstTry(harness),
    (attempt) => {
      harness.remote.calm();
      if (attempt.number <= tries) harness.remote.arrange(on.connection, { kind, after });
      return work(attempt);
    },
    (error) => {
      keepsSecrets(on.connection, error);
      if (forgets) harness.remote.forgetKeys?.(on.connection);
    },
  );
  harness.remote.calm();
  check(answer);
}

/** Two workers with one key: where the provider knows keys, they meet there. */
function atOnce(harness: ContractHarness, { name, begin }: Undertaking): ContractCase[] {
  if (harness.remote.forgetKeys === undefined) return [];
  return [
    {
      name: `${name}: two at once with one key are one`,
      run: async () => {
        const { work, check } = await begin();
        const attempt = firstTry(harness);
        const outcomes = await Promise.allSettled([work(attempt), work(attempt)]);
        for (const outcome of outcomes)
          if (outcome.status === 'rejected') {
            const error: unknown = outcome.reason;
            assert.ok(error instanceof ProviderError && error.retryable, inspect(error));
          }
        check(await untilDone(again(attempt), work));
      },
    },
  ];
}

/** What a provider of invoices has to do once. */
export function invoicePush(harness: ContractHarness): Undertaking {
  return {
    name: 'an invoice',
    begin: async () => {
      const on = await prepared(harness);
      const invoice = invoiceOf(harness, await payer(harness, on));
      return {
        on,
        work: (attempt) => present(on.open().invoices).push(invoice, attempt),
        check: (answer) => oneInvoice(harness, on, invoice, answer as Parameters<typeof oneInvoice>[3]),
      };
    },
  };
}

/** What a provider of customers has to do once. */
export function customerPush(harness: ContractHarness): Undertaking {
  return {
    name: 'a customer',
    begin: () => {
      const on = bench(harness);
      const customer = customerOf();
      return Promise.resolve({
        on,
        work: (attempt) => present(on.open().customers).push(customer, attempt),
        check: (answer) => {
          const found = present(harness.remote.customers).list(on.connection, customer.customerId);
          assert.deepEqual(
            found.map(({ remoteId }) => remoteId),
            [(answer as { remoteId: string }).remoteId],
          );
        },
      });
    },
  };
}
