import { money } from '../../domain/money.js';
import { startSandbox, type Sandbox } from '../../sandbox/index.js';
import type { InvoiceOperations } from '../provider-adapter.js';
import type { Attempt, InvoicePush, InvoicePushLine } from '../provider-objects.js';
import { whopAdapter } from './whop.adapter.js';

let sandbox: Sandbox;
let accounts = 0;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterEach(() => {
  sandbox.whop.clearFaults();
  sandbox.whop.configure({ idempotentInvoices: false });
  expect(sandbox.whop.schemaViolations()).toEqual([]);
});
afterAll(() => sandbox.stop());

const tryOf = (number = 1, firstTriedAt = new Date()): Attempt => ({
  key: 'conn_1:inv_1:push',
  firstTriedAt,
  number,
});

async function account() {
  accounts += 1;
  const key = `apik_invoices_${accounts}`;
  const companyId = `biz_invoices_${accounts}`;
  const open = (settings: Readonly<Record<string, string>> = {}) =>
    whopAdapter.open(
      {
        connectionId: 'conn_1',
        environmentId: 'env_1',
        credentials: { api_key: key, company_id: companyId, ...settings },
      },
      { baseUrl: sandbox.whop.url, timeoutMs: 10_000, now: () => new Date() },
    ).invoices as InvoiceOperations;
  const prepared = await open().prepare?.(tryOf());
  sandbox.whop.clearRequests();
  const invoices = open(prepared?.settings);
  const calls = () =>
    sandbox.whop
      .requests({ account: key })
      .map(({ method, template }) => `${method} ${template?.replace('/api/v1', '') ?? ''}`);
  const sent = () => sandbox.whop.requests({ account: key, method: 'POST' }).at(-1);
  const shown = () => sandbox.whop.objects('invoices', key) as { id: string; status: string }[];
  return { key, companyId, productId: prepared?.settings.product_id, invoices, calls, sent, shown };
}

const line = (n: number, cents: bigint): InvoicePushLine => ({
  lineId: `inv_line_${n}`,
  description: `Line ${n}`,
  amount: money(cents, 'usd'),
  quantity: '3',
  period: undefined,
  priceId: undefined,
});

const invoice: InvoicePush = {
  invoiceId: 'inv_1',
  number: 'INV-1',
  customer: { customerId: 'cust_1', remoteId: undefined, name: 'Ada', email: 'ada@example.com' },
  description: undefined,
  collectionMethod: 'charge_automatically', // Whop is always sent
  dueAt: new Date('2030-01-01T00:00:00.000Z'),
  amountDue: money(1043n, 'usd'),
  lines: [line(1, 1000n), line(2, 43n)],
  adjustments: [],
};

const CREATE = 'POST /invoices';
const PLAN = 'GET /plans/{id}';
const PLANS = 'GET /plans';
const READ = 'GET /invoices/{id}';

describe('a push', () => {
  test('is two calls on the first try, with the fields of the founding document', async () => {
    const { companyId, productId, invoices, calls, sent } = await account();
    const answer = await invoices.push(invoice, tryOf());
    expect(calls()).toEqual([CREATE, PLAN]);
    expect(sent()?.params).toEqual({
      company_id: companyId,
      product_id: productId,
      collection_method: 'send_invoice',
      due_date: '2030-01-01T00:00:00.000Z',
      email_address: 'ada@example.com',
      customer_name: 'Ada',
      plan: { plan_type: 'one_time', initial_price: 10.43, currency: 'usd', internal_notes: 'inv_1' },
      line_items: [
        { label: 'Line 1', quantity: 1, unit_price: 10 },
        { label: 'Line 2', quantity: 1, unit_price: 0.43 },
      ],
    });
    expect(sent()?.idempotencyKey).toBe(`conn_1:inv_1:push:push:${productId ?? ''}`);
    expect(answer).toMatchObject({ status: 'open', invoiceId: 'inv_1', total: money(1043n, 'usd') });
    expect(answer.metadata).toEqual({
      whop_invoice_id: answer.remoteId,
      whop_invoice_status: 'open',
      whop_checkout_url: answer.hostedUrl,
    });
    expect(answer.hostedUrl).toContain('/checkout/plan_');
  });

  test('leaves line items out when they do not add up to the price, or one is less than nothing', async () => {
    const { invoices, sent } = await account();
    const tax = { kind: 'tax', description: 'VAT', amount: money(57n, 'usd') } as const;
    const discount = { kind: 'discount', description: 'Launch', amount: money(-43n, 'usd') } as const;
    const push = async (n: number, cents: bigint, adjustments: InvoicePush['adjustments']) => {
      const one = { ...invoice, invoiceId: `inv_${n}`, amountDue: money(cents, 'usd'), adjustments };
      await invoices.push(one, tryOf());
      return (sent()?.params as { line_items?: object[] }).line_items;
    };
    expect(await push(1, 1100n, [tax])).toHaveLength(3);
    expect(await push(2, 1000n, [discount])).toBeUndefined();
    expect(await push(3, 1042n, [])).toBeUndefined();
  });

  test('needs an e-mail address, and says so before any call', async () => {
    const { invoices, calls } = await account();
    for (const email of [undefined, ' ']) {
      const push = invoices.push({ ...invoice, customer: { ...invoice.customer, email } }, tryOf());
      await expect(push).rejects.toMatchObject({
        kind: 'invalid',
        code: 'customer_email_missing',
        message: 'Whop needs an e-mail address, and customer cust_1 has none: add one to the customer',
      });
    }
    expect(calls()).toEqual([]);
  });

  test('whose due date has passed since it was planned is due in 30 days', async () => {
    const { invoices, sent } = await account();
    await invoices.push({ ...invoice, dueAt: new Date(Date.now() - 60_000) }, tryOf());
    const { due_date: due } = sent()?.params as { due_date: string };
    expect(Math.round((Date.parse(due) - Date.now()) / 86_400_000)).toBe(30);
  });

  test('for a product that Whop does not know is tried again, as the next try asks about it', async () => {
    const { key, companyId } = await account();
    const credentials = { api_key: key, company_id: companyId, product_id: 'prod_gone' };
    const open = (product_check: string) =>
      whopAdapter.open(
        { connectionId: 'c', environmentId: 'e', credentials: { ...credentials, product_check } },
        { baseUrl: sandbox.whop.url, timeoutMs: 10_000, now: () => new Date() },
      ).invoices as InvoiceOperations;
    const known = open('created:prod_gone');
    expect(known.isPrepared).toBe(true);
    await expect(known.push(invoice, tryOf())).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'product_missing',
    });
    await expect(known.push(invoice, tryOf(2))).rejects.toMatchObject({ kind: 'not_found' });
    expect(await known.prepare?.(tryOf(2))).toMatchObject({
      settings: { product_check: 'gone:prod_gone' },
      again: expect.stringContaining('prod_gone') as string,
    });
    expect(open('gone:prod_gone').isPrepared).toBe(false);
  });

  test('needs a product, and says so before any call', async () => {
    const { companyId } = await account();
    const { invoices } = whopAdapter.open(
      { connectionId: 'c', environmentId: 'e', credentials: { api_key: 'apik_x', company_id: companyId } },
      { baseUrl: sandbox.whop.url, timeoutMs: 100, now: () => new Date() },
    );
    await expect(invoices?.push(invoice, tryOf())).rejects.toMatchObject({ code: 'product_missing' });
  });

  test('is not lost when its page cannot be read; a later fetch reads it', async () => {
    for (const status of [500, 403, 404]) {
      const { key, invoices } = await account();
      sandbox.whop.fault({ account: key, path: '/api/v1/plans/{id}', mode: 'error', status });
      const answer = await invoices.push(invoice, tryOf());
      expect(answer).toMatchObject({
        status: 'open',
        hostedUrl: undefined,
        total: invoice.amountDue, // its lines tell
        invoiceId: 'inv_1',
      });
      expect(answer.metadata).toEqual({ whop_invoice_id: answer.remoteId, whop_invoice_status: 'open' });
      const later = await invoices.fetch(answer.remoteId);
      expect(later?.metadata.whop_checkout_url).toContain('/checkout/plan_');
    }
  });

  test('whose answer was lost is found by its internal notes, days later too', async () => {
    const { key, invoices, calls, shown } = await account();
    for (let n = 0; n < 120; n += 1)
      if (n % 40 === 7) await invoices.push({ ...invoice, invoiceId: `inv_other_${n}` }, tryOf());
    sandbox.whop.fault({ account: key, path: '/api/v1/invoices', method: 'POST', mode: 'drop_after' });
    await expect(invoices.push(invoice, tryOf())).rejects.toMatchObject({ kind: 'unavailable' });
    sandbox.whop.clearRequests();
    const daysAgo = new Date(Date.now() - 5 * 24 * 3_600_000);
    const answer = await invoices.push(invoice, tryOf(4, daysAgo));
    expect(calls()).toEqual([PLANS, READ]);
    expect(answer).toMatchObject({ status: 'open', total: money(1043n, 'usd') });
    expect(answer.hostedUrl).toBeDefined();
    expect(shown()).toHaveLength(4);
  });

  test('makes one when it finds none, and keeps the older one when two tries have made one each', async () => {
    const { key, invoices, calls, shown } = await account();
    sandbox.whop.fault({ account: key, path: '/api/v1/invoices', method: 'POST', mode: 'drop_before' });
    await expect(invoices.push(invoice, tryOf())).rejects.toMatchObject({ kind: 'unavailable' });
    sandbox.whop.clearRequests();
    const alone = await invoices.push(invoice, tryOf(2));
    expect(calls()).toEqual([PLANS, CREATE, PLANS, READ]);
    expect(alone).toMatchObject({ status: 'open', total: money(1043n, 'usd') });
    // Another one: the first look comes before the slow request has taken effect, the second one after.
    const slow = { ...invoice, invoiceId: 'inv_2' };
    const empty = { data: [], page_info: { end_cursor: null, has_next_page: false } };
    const made = await invoices.push(slow, tryOf());
    sandbox.whop.fault({ account: key, path: '/api/v1/plans', mode: 'error', status: 200, body: empty });
    expect(await invoices.push(slow, tryOf(2))).toMatchObject({ remoteId: made.remoteId, status: 'open' });
    expect(shown().map(({ status }) => status)).toEqual(['open', 'open', 'void']);
  });

  test('makes the newer one void on the try after, when that was not possible at once', async () => {
    const { key, invoices, shown } = await account();
    await invoices.push(invoice, tryOf());
    await invoices.push(invoice, tryOf()); // a second worker, whom no key has stopped
    sandbox.whop.fault({ account: key, path: '/api/v1/invoices/{id}/void', mode: 'drop_before' });
    await expect(invoices.push(invoice, tryOf(2))).rejects.toMatchObject({ kind: 'unavailable' });
    expect(await invoices.push(invoice, tryOf(3))).toMatchObject({
      status: 'open',
      remoteId: shown()[0]?.id,
    });
    expect(shown().map(({ status }) => status)).toEqual(['open', 'void']);
  });

  test('keeps the one that was paid', async () => {
    const { invoices, shown } = await account();
    await invoices.push(invoice, tryOf());
    const { remoteId } = await invoices.push(invoice, tryOf());
    await invoices.markPaid?.(remoteId, tryOf());
    expect(await invoices.push(invoice, tryOf(2))).toMatchObject({ status: 'paid', remoteId });
    expect(shown().map(({ status }) => status)).toEqual(['void', 'paid']);
  });

  test('finds its invoice on a later page of plans', async () => {
    const { key, invoices, shown } = await account();
    sandbox.whop.fault({ account: key, path: '/api/v1/invoices', method: 'POST', mode: 'drop_after' });
    const since = new Date();
    await expect(invoices.push(invoice, tryOf())).rejects.toMatchObject({ kind: 'unavailable' });
    for (let n = 0; n < 101; n += 1)
      await invoices.push({ ...invoice, invoiceId: `inv_later_${n}` }, tryOf(1));
    await invoices.push(invoice, tryOf(2, since));
    expect(shown()).toHaveLength(102);
  });

  test('was marked as paid or voided in the meantime: answered as it is', async () => {
    const { key, invoices, shown } = await account();
    sandbox.whop.fault({ account: key, path: '/api/v1/invoices', method: 'POST', mode: 'drop_after' });
    await expect(invoices.push(invoice, tryOf())).rejects.toMatchObject({ kind: 'unavailable' });
    const id = shown()[0]?.id ?? '';
    await invoices.void?.(id, tryOf());
    expect(await invoices.push(invoice, tryOf(2))).toMatchObject({ remoteId: id, status: 'void' });
  });

  test('is not answered by Whop with the refusal of a body that was repaired since', async () => {
    sandbox.whop.configure({ idempotentInvoices: true });
    const { invoices, shown } = await account();
    const wrong = { ...invoice, customer: { ...invoice.customer, email: 'nobody' } };
    await expect(invoices.push(wrong, tryOf())).rejects.toMatchObject({ kind: 'invalid', httpStatus: 422 });
    const anew = { ...tryOf(2), key: 'conn_1:inv_1:push:g1', generation: 1 };
    expect(await invoices.push(invoice, anew)).toMatchObject({ status: 'open' });
    expect(shown()).toHaveLength(1);
  });

  test('is made void when Whop makes another price of it', async () => {
    const { key, invoices, shown } = await account();
    const body = { id: 'plan_1', initial_price: 10.44, currency: 'usd' };
    sandbox.whop.fault({ account: key, path: '/api/v1/plans/{id}', mode: 'error', status: 200, body });
    await expect(invoices.push(invoice, tryOf())).rejects.toMatchObject({
      kind: 'invalid',
      code: 'total_mismatch',
      details: { expected: '10.43 usd', actual: '10.44 usd' },
    });
    expect(shown()).toMatchObject([{ status: 'void' }]);
  });
});

describe('an invoice', () => {
  test('that is past due is open, and can be marked as paid', async () => {
    const { key, invoices } = await account();
    const dueAt = new Date(Date.now() + 3_600_000);
    const { remoteId } = await invoices.push({ ...invoice, dueAt }, tryOf());
    const found = sandbox.whop
      .objects('invoices', key)
      .find((one) => (one as { id: string }).id === remoteId);
    const body = { ...(found as object), status: 'past_due' };
    sandbox.whop.fault({ account: key, path: '/api/v1/invoices/{id}', mode: 'error', status: 200, body });
    expect(await invoices.fetch(remoteId)).toMatchObject({
      status: 'open',
      amountRemaining: money(1043n, 'usd'),
    });
    expect(await invoices.markPaid?.(remoteId, tryOf())).toMatchObject({
      status: 'paid',
      payments: [],
    });
    sandbox.whop.clearFaults();
    const marked = { kind: 'OUT_OF_BAND', amount: money(1043n, 'usd'), mayBeOurs: true };
    expect(await invoices.fetch(remoteId)).toMatchObject({ payments: [], adjustments: [marked] });
  });

  test('that is void cannot be marked as paid, nor a paid one be made void', async () => {
    const { invoices } = await account();
    const one = await invoices.push(invoice, tryOf());
    await invoices.void?.(one.remoteId, tryOf());
    await expect(invoices.markPaid?.(one.remoteId, tryOf())).rejects.toMatchObject({ kind: 'conflict' });
    const two = await invoices.push({ ...invoice, invoiceId: 'inv_2' }, tryOf());
    await invoices.markPaid?.(two.remoteId, tryOf());
    await expect(invoices.void?.(two.remoteId, tryOf())).rejects.toMatchObject({ kind: 'conflict' });
  });

  test('that can still be paid is listed, however many are settled', async () => {
    const { invoices, calls } = await account();
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1)
      ids.push((await invoices.push({ ...invoice, invoiceId: `inv_${n}` }, tryOf())).remoteId);
    await invoices.markPaid?.(ids[0] ?? '', tryOf());
    await invoices.void?.(ids[1] ?? '', tryOf());
    sandbox.whop.clearRequests();
    const listed: [string, string][] = [];
    for await (const { remoteId, state } of invoices.listOpen?.(new Date()) ?? [])
      listed.push([remoteId, state]);
    expect(listed).toEqual([[ids[2], 'open']]);
    expect(calls()).toEqual(['GET /invoices']);
  });

  test('of many has its page left out; then one call shows the pages of a hundred', async () => {
    const { invoices, calls } = await account();
    const since = new Date();
    for (let n = 0; n < 100; n += 1)
      await invoices.push({ ...invoice, invoiceId: `inv_${n}`, pageLater: true }, tryOf());
    const pages = new Map<string, string | undefined>();
    for await (const made of invoices.listMade?.(since) ?? []) pages.set(made.invoiceId, made.hostedUrl);
    expect(pages.size).toBe(100);
    expect([...pages.values()].every((url) => url?.includes('/checkout/plan_'))).toBe(true);
    expect(calls()).toHaveLength(101);
  });
});
