import Stripe from 'stripe';
import { money } from '../../domain/money.js';
import { startSandbox, type FaultRule, type Sandbox } from '../../sandbox/index.js';
import { adapterContract, type ContractHarness, type Mishap } from '../../testing.js';
import type { ProviderConnection } from '../provider-adapter.js';
import type { RemoteInvoiceStatus } from '../provider-objects.js';
import { stripeAdapter } from './stripe.adapter.js';

let sandbox: Sandbox;
let baseUrl = 'http://127.0.0.1:1'; // until the sandbox listens
let accounts = 0;

beforeAll(async () => {
  sandbox = await startSandbox();
  baseUrl = sandbox.stripe.url;
});

afterEach(() => {
  // Every request, answer and webhook is held against the SDK's own types.
  expect(sandbox.stripe.schemaViolations()).toEqual([]);
});

afterAll(() => sandbox.stop());

const keyOf = ({ credentials }: ProviderConnection): string => credentials.secret_key ?? '';

/** Stripe from behind: not through the adapter. */
function stripeOf(connection: ProviderConnection): Stripe {
  const { hostname, port } = new URL(sandbox.stripe.url);
  return new Stripe(keyOf(connection), { host: hostname, port, protocol: 'http', telemetry: false });
}

interface Marked {
  readonly id: string;
  readonly status: string;
  readonly total: number;
  readonly amount_received: number;
  readonly metadata: Readonly<Record<string, string>>;
}

const marked = (connection: ProviderConnection, kind: string, mark: string, id: string): Marked[] =>
  (sandbox.stripe.objects(kind, keyOf(connection)) as Marked[]).filter(
    ({ metadata }) => metadata[mark] === id,
  );

const idsOf = (objects: readonly Marked[]) => objects.map(({ id }) => ({ remoteId: id }));

const MODES: Partial<Record<Mishap['kind'], FaultRule>> = {
  lost: { mode: 'drop_after' },
  done_but_500: { mode: 'error_after', status: 500 },
};

const TOKENS = {
  succeeds: 'pm_card_visa',
  declines: 'pm_card_chargeCustomerFail',
  asks_for_authentication: 'pm_card_authenticationRequired',
};

const event = (type: string, object: object) => ({
  id: `evt_${type}`,
  object: 'event',
  api_version: '2026-10-28.endive',
  created: 1_790_000_000,
  livemode: false,
  data: { object },
  type,
});

const harness: ContractHarness = {
  adapter: stripeAdapter,
  marksEnvironments: true,
  badCredentials: { secret_key: 'sk_test_malformed-0123456789' },
  notRepresentable: money(1234n, 'kwd'),
  connection: () => ({
    connectionId: 'conn_contract',
    environmentId: 'env_contract',
    credentials: {
      secret_key: `sk_test_contract${String((accounts += 1)).padStart(6, '0')}`,
      webhook_secret: 'whsec_0123456789abcdefx',
    },
  }),
  runtime: {
    get baseUrl() {
      return baseUrl;
    },
    timeoutMs: 10_000,
    now: () => new Date(),
  },
  remote: {
    requests: (connection) => sandbox.stripe.requests({ account: keyOf(connection) }).length,
    arrange: (connection, { kind, after }) => {
      const account = keyOf(connection);
      const mode = MODES[kind] ?? { mode: 'error', status: Number(kind) };
      sandbox.stripe.fault({ account, skip: after, ...mode });
    },
    calm: () => sandbox.stripe.clearFaults(),
    forgetKeys: (connection) => {
      sandbox.stripe.pruneIdempotencyKeys(keyOf(connection));
    },
    invoices: (connection, invoiceId) =>
      marked(connection, 'invoices', 'flexprice_invoice_id', invoiceId).map(({ id, status, total }) => ({
        remoteId: id,
        status: status as RemoteInvoiceStatus,
        total: money(BigInt(total), 'usd'),
      })),
    payInvoice: async (connection, remoteId) => {
      await stripeOf(connection).invoices.pay(remoteId, { payment_method: 'pm_card_visa' });
    },
    distortTotals: (connection) => {
      const body = { id: 'in_distorted', object: 'invoice', status: 'draft', total: 9999, currency: 'usd' };
      sandbox.stripe.fault({
        account: keyOf(connection),
        path: '/v1/invoices/{id}/add_lines',
        mode: 'error_after',
        status: 200,
        body,
      });
    },
    showUnknownStatus: (connection, remoteId) => {
      const [found] = (sandbox.stripe.objects('invoices', keyOf(connection)) as { id: string }[]).filter(
        ({ id }) => id === remoteId,
      );
      sandbox.stripe.fault({
        account: keyOf(connection),
        path: '/v1/invoices/{id}',
        mode: 'error_after',
        status: 200,
        body: { ...found, status: 'simmering' },
      });
    },
    customers: {
      list: (connection, customerId) =>
        idsOf(marked(connection, 'customers', 'flexprice_customer_id', customerId)),
      create: async (connection, fields) => (await stripeOf(connection).customers.create(fields)).id,
      delete: async (connection, remoteId) => {
        await stripeOf(connection).customers.del(remoteId);
      },
    },
    catalog: {
      list: (connection, planId) => idsOf(marked(connection, 'products', 'flexprice_plan_id', planId)),
      create: async (connection, { name, monthlyDollars }) => {
        const stripe = stripeOf(connection);
        const { id: product } = await stripe.products.create({ name });
        await stripe.prices.create({
          product,
          currency: 'usd',
          unit_amount: Math.round(Number(monthlyDollars) * 100),
          recurring: { interval: 'month' },
        });
        return product;
      },
    },
    subscriptions: {
      create: async (connection, { quantity }) => {
        const stripe = stripeOf(connection);
        const customer = await stripe.customers.create({ name: 'Somebody', email: 'somebody@example.com' });
        const { id } = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
        await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } });
        const { id: product } = await stripe.products.create({ name: 'Theirs' });
        const price = await stripe.prices.create({
          product,
          currency: 'usd',
          unit_amount: 1000,
          recurring: { interval: 'month' },
        });
        const made = await stripe.subscriptions.create({
          customer: customer.id,
          items: [{ price: price.id, quantity }],
        });
        return made.id;
      },
      count: (connection) => sandbox.stripe.objects('subscriptions', keyOf(connection)).length,
    },
    payments: {
      collected: (connection, paymentId) =>
        idsOf(
          marked(connection, 'payment_intents', 'flexprice_payment_id', paymentId).filter(
            ({ amount_received: received }) => received > 0,
          ),
        ),
      checkouts: (connection, paymentId) =>
        idsOf(marked(connection, 'checkout_sessions', 'flexprice_payment_id', paymentId)),
      saveMethod: async (connection, remoteCustomerId, behaviour) => {
        const stripe = stripeOf(connection);
        const { id } = await stripe.paymentMethods.attach(TOKENS[behaviour], { customer: remoteCustomerId });
        await stripe.customers.update(remoteCustomerId, { invoice_settings: { default_payment_method: id } });
        return id;
      },
      completeCheckout: async (connection, remoteId) => {
        const { url } = await stripeOf(connection).checkout.sessions.retrieve(remoteId);
        const body = new URLSearchParams({ card_number: '4242424242424242' });
        const answer = await fetch(`${url ?? ''}/submit`, { method: 'POST', body, redirect: 'manual' });
        expect(answer.status).toBe(303);
      },
    },
  },
  webhooks: {
    secret: 'whsec_contract_1',
    otherSecret: 'whsec_contract_2',
    sign: (body, secret, at) => ({
      'stripe-signature': Stripe.webhooks.generateTestHeaderString({
        payload: body.toString('utf8'),
        secret,
        timestamp: Math.floor(at.getTime() / 1000),
      }),
    }),
    events: [
      {
        body: event('invoice.paid', { object: 'invoice', id: 'in_1' }),
        kind: 'invoice.changed',
        remoteId: 'in_1',
      },
      {
        body: event('invoice_payment.paid', { object: 'invoice_payment', id: 'inpay_1', invoice: 'in_2' }),
        kind: 'invoice.changed',
        remoteId: 'in_2',
      },
      {
        body: event('customer.created', { object: 'customer', id: 'cus_1' }),
        kind: 'customer.changed',
        remoteId: 'cus_1',
      },
      {
        body: event('customer.updated', { object: 'customer', id: 'cus_2' }),
        kind: 'customer.changed',
        remoteId: 'cus_2',
      },
      {
        body: event('customer.deleted', { object: 'customer', id: 'cus_3' }),
        kind: 'customer.deleted',
        remoteId: 'cus_3',
      },
      {
        body: event('payment_intent.payment_failed', { object: 'payment_intent', id: 'pi_1' }),
        kind: 'payment.changed',
        remoteId: 'pi_1',
      },
      {
        body: event('checkout.session.completed', { object: 'checkout.session', id: 'cs_1' }),
        kind: 'checkout.changed',
        remoteId: 'cs_1',
      },
      {
        body: event('setup_intent.succeeded', { object: 'setup_intent', id: 'seti_1' }),
        kind: 'setup.changed',
        remoteId: 'seti_1',
      },
      {
        body: event('customer.subscription.created', { object: 'subscription', id: 'sub_1' }),
        kind: 'subscription.changed',
        remoteId: 'sub_1',
      },
      {
        body: event('price.created', { object: 'price', id: 'price_1', product: 'prod_2' }),
        kind: 'plan.changed',
        remoteId: 'prod_2',
      },
      { body: event('charge.refunded', { object: 'charge', id: 'ch_1' }), kind: 'ignored' },
      {
        body: event('product.updated', { object: 'product', id: 'prod_1' }),
        kind: 'plan.changed',
        remoteId: 'prod_1',
      },
      { body: event('invoice.upcoming', { object: 'invoice' }), kind: 'ignored' },
      {
        body: {
          id: 'evt_thin',
          object: 'v2.core.event',
          type: 'v1.invoice.paid',
          created: '2026-11-01T00:00:00.000Z',
        },
        kind: 'ignored',
      },
    ],
    unknownEvent: event('moon.phase_changed', { object: 'moon', id: 'moon_1' }),
  },
};

describe('Stripe keeps the contract', () => {
  for (const { name, run } of adapterContract(harness)) test(name, run);
});
