import assert from 'node:assert/strict';
import type { ContractCase, ContractHarness } from './harness.js';
import { bench, refused } from './kit.js';

/** Credentials, and how a provider's refusals come through. */
export function connectionCases(harness: ContractHarness): ContractCase[] {
  const { adapter, remote } = harness;
  return [
    {
      name: 'describes its credentials so that a form can be made of them, and its own fit',
      run: async () => {
        const { credentials } = harness.connection();
        const names = adapter.credentialFields.map(({ name }) => name);
        assert.equal(new Set(names).size, names.length, 'a field is described twice');
        for (const field of adapter.credentialFields) {
          const value = credentials[field.name];
          if (field.required) assert.ok(value !== undefined, `${field.name} is required and was not given`);
          if (value !== undefined && field.pattern !== undefined) assert.match(value, field.pattern);
          assert.ok(!field.pattern?.global, `the pattern of ${field.name} keeps state between two tests`);
        }
        const secret = adapter.credentialFields.find(({ name }) => name === adapter.webhooks.secretField);
        assert.ok(secret?.secret, 'the webhook secret is no secret field');
        assert.equal(secret.role, 'webhook');
        assert.equal(adapter.provider, adapter.provider.toLowerCase());
        await Promise.resolve();
      },
    },
    {
      name: 'can do what it says that it can, and says all that it can',
      run: async () => {
        const { customers, catalog, subscriptions, invoices, payments } = bench(harness).open();
        const { customer, plan, subscription, invoice, payment } = adapter.capabilities;
        const has = (what: string, said: boolean, there: boolean): void =>
          assert.equal(there, said, `${what}: it says ${String(said)}, and is ${String(there)}`);
        has('customers out', customer.outbound, customers !== undefined);
        has('customers in', customer.inbound, customers !== undefined);
        has('plans in', plan.inbound, catalog !== undefined);
        has('plans out', plan.outbound, catalog?.push !== undefined);
        has('subscriptions in', subscription.inbound, subscriptions !== undefined);
        has('subscriptions out', subscription.outbound, subscriptions?.update !== undefined);
        has('invoices out', invoice.outbound, invoices !== undefined);
        has('payments in', payment.inbound, payments !== undefined || invoices !== undefined);
        await Promise.resolve();
      },
    },
    {
      name: 'opening a session calls nobody',
      run: async () => {
        const on = bench(harness);
        on.open();
        await Promise.resolve();
        assert.equal(on.calls.length, 0);
        assert.equal(remote.requests(on.connection), 0);
      },
    },
    {
      name: 'good credentials verify, and every call is told of once',
      run: async () => {
        const on = bench(harness);
        await on.open().verify();
        assert.ok(on.calls.length > 0, 'no call was told of');
        assert.equal(on.calls.length, remote.requests(on.connection));
        for (const call of on.calls) {
          assert.ok(call.status !== undefined && call.status < 300);
          assert.ok(!call.path.includes('?'), 'a path is told without its query');
        }
      },
    },
    {
      name: 'credentials that the provider refuses are `auth`',
      run: async () => {
        const good = harness.connection();
        const credentials = { ...good.credentials, ...harness.badCredentials };
        const on = bench(harness, { ...good, credentials });
        const error = await refused(on, on.open().verify(), 'auth');
        const fields = adapter.credentialFields.map(({ name }) => name);
        if (error.param !== undefined) assert.ok(fields.includes(error.param), `${error.param} is no field`);
      },
    },
    {
      name: 'a failing provider is `unavailable`, after one call',
      run: async () => {
        const on = bench(harness);
        remote.arrange(on.connection, { kind: 500, after: 0 });
        const error = await refused(on, on.open().verify(), 'unavailable');
        assert.ok(error.retryable);
        assert.equal(on.calls.length, 1, 'the adapter has tried again by itself');
        assert.equal(on.calls[0]?.status, 500);
      },
    },
    {
      name: 'an answer that is lost is `unavailable`, after one call, and told of without a status',
      run: async () => {
        const on = bench(harness);
        remote.arrange(on.connection, { kind: 'lost', after: 0 });
        await refused(on, on.open().verify(), 'unavailable');
        assert.equal(on.calls.length, 1);
        assert.equal(on.calls[0]?.status, undefined);
        assert.equal(remote.requests(on.connection), 1, 'the call was sent again by itself');
      },
    },
    {
      name: 'a rate limit is `rate_limited`, after one call',
      run: async () => {
        const on = bench(harness);
        remote.arrange(on.connection, { kind: 429, after: 0 });
        const error = await refused(on, on.open().verify(), 'rate_limited');
        assert.ok(error.retryable);
        assert.equal(on.calls.length, 1);
      },
    },
    {
      name: 'credentials that are revoked are `auth` in any call',
      run: async () => {
        const on = bench(harness);
        const session = on.open();
        const readable = session.invoices ?? session.customers;
        remote.arrange(on.connection, { kind: 401, after: 0 });
        const error = await refused(on, readable?.fetch('unknown_0000') ?? session.verify(), 'auth');
        assert.ok(!error.retryable);
      },
    },
  ].map((one) => settled(harness, one));
}

/** No mishap of one case strikes in the next. */
export const settled = (harness: ContractHarness, { name, run }: ContractCase): ContractCase => ({
  name,
  run: async () => {
    try {
      await run();
    } finally {
      harness.remote.calm();
    }
  },
});
