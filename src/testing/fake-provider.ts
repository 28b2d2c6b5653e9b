import { money } from '../domain/money.js';
import type { ProviderAdapter, ProviderConnection } from '../providers/provider-adapter.js';
import type { RemoteInvoiceStatus } from '../providers/provider-objects.js';
import { FakeAccount, refusalOf, type FakePage } from './fake-account.js';
import { fakeCatalog, fakeSubscriptions } from './fake-catalogue.js';
import { newFakePlan, newFakeSubscription } from './fake-strings.js';
import { fakeCustomers, fakeInvoices, send } from './fake-operations.js';
import { fakePayments } from './fake-payments.js';
import { fakeEvent, fakeWebhooks, signFake } from './fake-webhooks.js';
import type { ContractHarness, RemoteControls, RemoteObject, WebhookSamples } from './harness.js';

/** A provider in memory: its adapter, the strings to pull on it, and the webhooks that it would send. */
export interface FakeProvider extends ContractHarness {
  /** A signed webhook that says that an object has changed. */
  webhook(
    kind: string,
    remoteId: string,
    secret: string,
    at: Date,
  ): { readonly body: Buffer; readonly headers: Readonly<Record<string, string>> };
}

const GOOD_KEY = /^fake_[a-z0-9]+$/;

/**
 * A provider without a network, for the tests of hosts that embed us, and an example of an adapter that is not ours.
 * Every key of the form `fake_…` opens an account of its own. Each call makes a provider with nothing in it.
 */
export function fakeProvider(): FakeProvider {
  const accounts = new Map<string, FakeAccount>();
  let connections = 0;
  let events = 0;
  const accountOf = ({ credentials }: ProviderConnection): FakeAccount => {
    const key = credentials.api_key ?? '';
    const account = accounts.get(key) ?? new FakeAccount();
    accounts.set(key, account);
    return account;
  };
  return {
    adapter: adapterOf(accountOf),
    connection: () => {
      connections += 1;
      const credentials = { api_key: `fake_${String(connections).padStart(8, '0')}` };
      return { connectionId: `conn_fake_${connections}`, environmentId: 'env_fake', credentials };
    },
    badCredentials: { api_key: 'not a key of the fake provider' },
    runtime: { timeoutMs: 1000, now: () => new Date() },
    marksEnvironments: true,
    notRepresentable: money(100n, 'jpy'),
    remote: controlsOf(accountOf, accounts),
    webhooks: SAMPLES,
    webhook: (kind, remoteId, secret, at) => {
      events += 1;
      const body = Buffer.from(JSON.stringify(fakeEvent(`fevt_${events}`, kind, remoteId)));
      return { body, headers: signFake(body, secret, at) };
    },
  };
}

function adapterOf(accountOf: (connection: ProviderConnection) => FakeAccount): ProviderAdapter {
  return {
    provider: 'fake',
    displayName: 'Fake provider',
    credentialFields: [
      {
        name: 'api_key',
        label: 'API key',
        description: 'Any key opens an account of its own.',
        secret: true,
        required: true,
        pattern: GOOD_KEY,
        example: 'fake_1',
        role: 'api',
      },
      {
        name: 'webhook_secret',
        label: 'Webhook secret',
        description: 'Whatever signs the webhooks.',
        secret: true,
        required: false,
        example: 'secret',
        role: 'webhook',
      },
    ],
    capabilities: {
      customer: { inbound: true, outbound: true },
      plan: { inbound: true, outbound: true },
      invoice: { inbound: false, outbound: true },
      subscription: { inbound: true, outbound: true },
      payment: { inbound: true, outbound: false },
    },
    defaultBaseUrl: 'https://fake.example',
    webhooks: fakeWebhooks,
    open: (connection, runtime) => {
      const account = accountOf(connection);
      const ctx = { account, environmentId: connection.environmentId, runtime };
      return {
        verify: () =>
          send(ctx, ['GET', '/account'], () => {
            if (!GOOD_KEY.test(connection.credentials.api_key ?? '')) throw refusalOf(401);
            return { accountId: connection.credentials.api_key, livemode: false };
          }),
        customers: fakeCustomers(ctx),
        catalog: fakeCatalog(ctx),
        subscriptions: fakeSubscriptions(ctx),
        invoices: fakeInvoices(ctx),
        payments: fakePayments(ctx),
      };
    },
  };
}

const found = (objects: readonly { readonly id: string }[]): RemoteObject[] =>
  objects.map(({ id }) => ({ remoteId: id }));

function controlsOf(
  accountOf: (connection: ProviderConnection) => FakeAccount,
  accounts: ReadonlyMap<string, FakeAccount>,
): RemoteControls {
  return {
    requests: (on) => accountOf(on).requests,
    arrange: (on, mishap) => accountOf(on).arrange(mishap),
    calm: () => {
      for (const account of accounts.values()) account.calm();
    },
    forgetKeys: (on) => accountOf(on).forgetKeys(),
    invoices: (on, invoiceId) =>
      [...accountOf(on).invoices.values()]
        .filter(({ mark }) => mark.id === invoiceId)
        .map(({ id, status, total }) => ({ remoteId: id, status: status as RemoteInvoiceStatus, total })),
    payInvoice: (on, remoteId) => {
      const account = accountOf(on);
      account.collect(account.invoice(remoteId), new Date());
      return Promise.resolve();
    },
    distortTotals: (on) => {
      accountOf(on).distorted = true;
    },
    showUnknownStatus: (on, remoteId) => {
      accountOf(on).invoice(remoteId).status = 'simmering';
    },
    customers: {
      list: (on, customerId) =>
        found(
          [...accountOf(on).customers.values()].filter((one) => !one.deleted && one.mark?.id === customerId),
        ),
      create: (on, { name, email }) => {
        const account = accountOf(on);
        const id = account.newId('fcus');
        const unknown = { mark: undefined, externalId: undefined, phone: undefined, address: undefined };
        const state = { deleted: false, adopted: false, defaultMethod: undefined, methods: new Map() };
        account.customers.set(id, { id, name, email, ...unknown, ...state });
        return Promise.resolve(id);
      },
      delete: (on, remoteId) => {
        accountOf(on).customer(remoteId).deleted = true;
        return Promise.resolve();
      },
    },
    catalog: {
      list: (on, planId) =>
        found([...accountOf(on).plans.values()].filter(({ mark }) => mark?.id === planId)),
      create: (on, { name, monthlyDollars }) =>
        Promise.resolve(newFakePlan(accountOf(on), name, monthlyDollars).id),
    },
    subscriptions: {
      create: (on, { quantity }) => Promise.resolve(newFakeSubscription(accountOf(on), quantity).id),
      count: (on) => accountOf(on).subscriptions.size,
    },
    payments: {
      collected: (on, paymentId) =>
        found(
          [...accountOf(on).payments.values()].filter(
            ({ mark, decline }) => mark.id === paymentId && decline === undefined,
          ),
        ),
      checkouts: (on, paymentId) =>
        found([...accountOf(on).pages.values()].filter(({ mark }) => mark.id === paymentId)),
      saveMethod: (on, customerId, behaviour) => {
        const account = accountOf(on);
        const customer = account.customer(customerId);
        const id = account.newId('fpm');
        customer.methods.set(id, behaviour);
        customer.defaultMethod = id;
        return Promise.resolve(id);
      },
      completeCheckout: (on, remoteId) => {
        const account = accountOf(on);
        const page = account.pages.get(remoteId);
        if (page !== undefined) complete(account, page);
        return Promise.resolve();
      },
    },
  };
}

function complete(account: FakeAccount, page: FakePage): void {
  page.status = 'complete';
  if (page.amount === undefined) {
    page.method = account.newId('fpm');
    account.customer(page.customer).methods.set(page.method, 'succeeds');
    return;
  }
  const { mark, attempt, customer, amount, setDefault } = page;
  page.payment = account.pay({
    mark,
    attempt,
    customer,
    amount,
    at: new Date(),
    decline: undefined,
    setDefault,
  }).id;
}

const SAMPLES: WebhookSamples = {
  secret: 'fake webhook secret 1',
  otherSecret: 'fake webhook secret 2',
  sign: signFake,
  events: (
    [
      'customer.changed',
      'customer.deleted',
      'plan.changed',
      'subscription.changed',
      'invoice.changed',
      'payment.changed',
      'checkout.changed',
      'setup.changed',
    ] as const
  ).map((kind) => ({ body: fakeEvent('fevt_0', kind, 'fobj_1'), kind, remoteId: 'fobj_1' })),
  unknownEvent: fakeEvent('fevt_0', 'moon.phase_changed', 'fmoon_1'),
};
