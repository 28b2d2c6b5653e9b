import { createHmac } from 'node:crypto';
import { money } from '../../domain/money.js';
import { startSandbox, type FaultRule, type Sandbox } from '../../sandbox/index.js';
import { adapterContract, type ContractHarness, type Mishap } from '../../testing.js';
import type { ProviderConnection } from '../provider-adapter.js';
import type { RemoteInvoiceStatus } from '../provider-objects.js';
import { NEWEST_API_DATE, OLDER_API_DATE } from './api-dates.js';
import { whopAdapter } from './whop.adapter.js';

let sandbox: Sandbox;
let baseUrl = 'http://127.0.0.1:1'; // until the sandbox listens
let accounts = 0;

beforeAll(async () => {
  sandbox = await startSandbox();
  baseUrl = sandbox.whop.url;
});

afterEach(() => {
  // Every request, answer and webhook is held against the types of Whop's SDK.
  expect(sandbox.whop.schemaViolations()).toEqual([]);
});

afterAll(() => sandbox.stop());

const keyOf = ({ credentials }: ProviderConnection): string => credentials.api_key ?? '';

interface ShownPlan {
  readonly id: string;
  readonly internal_notes: string;
  readonly initial_price: number;
  readonly invoice: { readonly id: string };
}

interface ShownInvoice {
  readonly id: string;
  readonly status: string;
  readonly current_plan: { readonly id: string };
}

const plansOf = (connection: ProviderConnection) =>
  sandbox.whop.objects('plans', keyOf(connection)) as ShownPlan[];
const invoicesOf = (connection: ProviderConnection) =>
  sandbox.whop.objects('invoices', keyOf(connection)) as ShownInvoice[];

const MODES: Partial<Record<Mishap['kind'], FaultRule>> = {
  lost: { mode: 'drop_after' },
  done_but_500: { mode: 'error_after', status: 500 },
};

const envelope = (type: string, id: string, company = 'company_id') => ({
  id: `msg_${id}`,
  api_version: 'v1',
  type,
  timestamp: '2026-11-01T10:00:00.000Z',
  [company]: 'biz_1',
  data: { id, status: 'paid' },
});

const harnessOf = (date: string): ContractHarness => ({
  adapter: whopAdapter,
  marksEnvironments: false,
  badCredentials: { api_key: 'apik_malformed!0123456789' },
  notRepresentable: money(1234n, 'kwd'),
  connection: () => {
    accounts += 1;
    return {
      connectionId: `conn_contract_${accounts}`,
      environmentId: 'env_contract',
      credentials: {
        api_key: `apik_contract_${accounts}`,
        company_id: `biz_contract_${accounts}`,
        api_version_date: date,
      },
    };
  },
  runtime: {
    get baseUrl() {
      return baseUrl;
    },
    timeoutMs: 10_000,
    now: () => new Date(),
  },
  remote: {
    requests: (connection) => sandbox.whop.requests({ account: keyOf(connection) }).length,
    arrange: (connection, { kind, after }) => {
      const mode = MODES[kind] ?? { mode: 'error', status: Number(kind) };
      sandbox.whop.fault({ account: keyOf(connection), skip: after, ...mode });
    },
    calm: () => sandbox.whop.clearFaults(),
    invoices: (connection, invoiceId) =>
      plansOf(connection)
        .filter(({ internal_notes: notes }) => notes === invoiceId)
        .map(({ invoice, initial_price: price }) => {
          const status = invoicesOf(connection).find(({ id }) => id === invoice.id)?.status;
          return {
            remoteId: invoice.id,
            status: status as RemoteInvoiceStatus,
            total: money(BigInt(Math.round(price * 100)), 'usd'),
          };
        }),
    payInvoice: async (connection, remoteId) => {
      const invoice = invoicesOf(connection).find(({ id }) => id === remoteId);
      const url = `${sandbox.whop.origin}/checkout/${invoice?.current_plan.id ?? ''}/submit`;
      const body = new URLSearchParams({ card_number: '4242424242424242', email: 'a@b.co', name: 'Ada' });
      const answer = await fetch(url, { method: 'POST', body, redirect: 'manual' });
      expect(answer.status).toBeLessThan(400);
      expect(invoicesOf(connection).find(({ id }) => id === remoteId)?.status).toBe('paid');
    },
    distortTotals: (connection) => {
      // At the newest date the answer itself tells a price, by its lines.
      if (date === NEWEST_API_DATE)
        sandbox.whop.fault({
          account: keyOf(connection),
          method: 'POST',
          path: '/api/v1/invoices',
          mode: 'error_after',
          status: 200,
          alter: { line_items: [{ total: 99.99 }] },
        });
      sandbox.whop.fault({
        account: keyOf(connection),
        path: '/api/v1/plans/{id}',
        mode: 'error',
        status: 200,
        body: {
          id: 'plan_distorted',
          initial_price: 99.99,
          currency: 'usd',
          purchase_url: 'https://whop.example',
        },
      });
    },
    showUnknownStatus: (connection, remoteId) => {
      const invoice = invoicesOf(connection).find(({ id }) => id === remoteId);
      sandbox.whop.fault({
        account: keyOf(connection),
        path: '/api/v1/invoices/{id}',
        mode: 'error',
        status: 200,
        body: { ...invoice, status: 'simmering' },
      });
    },
  },
  webhooks: {
    secret: 'ws_0123456789abcdef0123456789abcdef',
    otherSecret: 'ws_fedcba9876543210fedcba9876543210',
    sign: (body, secret, at) => {
      const seconds = String(Math.floor(at.getTime() / 1000));
      const signature = createHmac('sha256', Buffer.from(secret, 'utf8'))
        .update(`msg_1.${seconds}.${body.toString('utf8')}`)
        .digest('base64');
      return { 'webhook-id': 'msg_1', 'webhook-timestamp': seconds, 'webhook-signature': `v1,${signature}` };
    },
    events: [
      { body: envelope('invoice.paid', 'inv_1'), kind: 'invoice.changed', remoteId: 'inv_1' },
      { body: envelope('invoice.voided', 'inv_2'), kind: 'invoice.changed', remoteId: 'inv_2' },
      { body: envelope('invoice.paid', 'inv_3', 'account_id'), kind: 'invoice.changed', remoteId: 'inv_3' },
      { body: envelope('payment.succeeded', 'pay_1'), kind: 'ignored' },
      { body: envelope('refund.created', 'rf_1'), kind: 'ignored' },
    ],
    unknownEvent: envelope('moon.phase_changed', 'moon_1'),
  },
});

describe.each([OLDER_API_DATE, NEWEST_API_DATE])('Whop at %s keeps the contract', (date) => {
  for (const { name, run } of adapterContract(harnessOf(date))) test(name, run);
});
