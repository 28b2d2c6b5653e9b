import { createHmac } from 'node:crypto';
import { newId } from '../core/ids.js';
import { Fixture, submitForm } from '../test-support.js';

interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

type Json = Record<string, unknown>;

const fixture = new Fixture();
beforeAll(async () => fixture.start());
afterEach(async () => fixture.check());
afterAll(async () => fixture.stop());
let key: string;
let company: string;

beforeEach(() => {
  key = newId('apik_', 24);
  company = newId('biz_', 14);
});

async function call<T = Json>(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer<T>> {
  const response = await fetch(`${fixture.sandbox.whop.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      'api-version-date': '2026-07-20',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as T };
}

async function product(): Promise<string> {
  const { body } = await call('POST', '/products', {
    account_id: company,
    title: 'Flexprice Billing Product',
    visibility: 'quick_link',
  });
  return body.id as string;
}

function invoiceBody(productId: string, more: Json = {}): Json {
  return {
    company_id: company,
    product_id: productId,
    collection_method: 'send_invoice',
    due_date: new Date(Date.parse(fixture.sandbox.whop.time().now) + 86_400_000).toISOString(),
    email_address: 'a@b.co',
    customer_name: 'Ada',
    plan: { plan_type: 'one_time', initial_price: 10.43, currency: 'usd', internal_notes: 'inv_flex_1' },
    line_items: [
      { label: 'Usage', unit_price: 0.43, quantity: 1 },
      { label: 'Seats', unit_price: 2.5, quantity: 4 },
    ],
    ...more,
  };
}

interface Invoice extends Json {
  id: string;
  status: string;
  current_plan: { id: string };
}

async function invoice(more: Json = {}): Promise<Invoice> {
  const { status, body } = await call<Invoice>('POST', '/invoices', invoiceBody(await product(), more));
  expect(status).toBe(200);
  return body;
}

async function purchaseUrl(of: Invoice): Promise<string> {
  const { body } = await call('GET', `/plans/${of.current_plan.id}`);
  return body.purchase_url as string;
}

async function statusOf({ id }: Invoice): Promise<string> {
  return (await call<Invoice>('GET', `/invoices/${id}`)).body.status;
}

async function hook(events: string[]): Promise<string> {
  const { body } = await call('POST', '/webhooks', {
    url: fixture.receiver.url('/whop'),
    events,
    resource_id: company,
    api_version: 'v1',
    enabled: true,
  });
  return body.webhook_secret as string;
}

test('an invoice is an invoice and a plan; the plan has the page and our notes', async () => {
  const created = await invoice();
  expect(created).toMatchObject({
    status: 'open',
    email_address: 'a@b.co',
    current_plan: { currency: 'usd', formatted_price: '$10.43' },
    line_items: [
      { label: 'Usage', total: 0.43 },
      { label: 'Seats', total: 10 },
    ],
  });
  const { body: plan } = await call('GET', `/plans/${created.current_plan.id}`);
  expect(plan).toMatchObject({
    initial_price: 10.43,
    internal_notes: 'inv_flex_1',
    invoice: { id: created.id },
  });
  const page = await (await fetch(plan.purchase_url as string)).text();
  expect(page).toContain('$10.43');
  const { body: plans } = await call<{ data: Json[] }>('GET', `/plans?account_id=${company}&first=100`);
  expect(plans.data.map(({ internal_notes: notes }) => notes)).toEqual(['inv_flex_1']);
});

test('paying the page settles the invoice and tells of the payment with our notes in it', async () => {
  const secret = await hook([]);
  const created = await invoice();
  const url = await purchaseUrl(created);
  const answer = await submitForm(url, { card_number: '4242 4242 4242 4242', email: 'a@b.co', name: 'Ada' });
  expect(answer.status).toBe(303);
  expect(await statusOf(created)).toBe('paid');
  expect(await (await fetch(url)).text()).toContain('paid');
  expect((await submitForm(url, { card_number: '4242424242424242' })).status).toBe(409);
  await fixture.sandbox.whop.settle();
  expect(fixture.receiver.types('/whop')).toEqual(['invoice.created', 'payment.succeeded', 'invoice.paid']);

  const webhook = fixture.receiver.received[1]!;
  const message = JSON.parse(webhook.body) as Json & { data: Json };
  expect(message).toMatchObject({
    id: webhook.headers['webhook-id'],
    api_version: 'v1',
    company_id: company,
    data: { total: 10.43, status: 'paid', plan: { internal_notes: 'inv_flex_1' }, card_last4: '4242' },
  });
  const signed = `${message.id as string}.${webhook.headers['webhook-timestamp'] as string}.${webhook.body}`;
  const mac = createHmac('sha256', Buffer.from(secret, 'utf8')).update(signed).digest('base64');
  expect(webhook.headers['webhook-signature']).toBe(`v1,${mac}`);
  expect(secret).toMatch(/^ws_[0-9a-f]{64}$/);
  const age = Math.abs(Date.now() / 1000 - Number(webhook.headers['webhook-timestamp']));
  expect(age).toBeLessThan(60);

  const { body: payment } = await call('GET', `/payments/${message.data.id as string}`);
  expect(payment).toMatchObject({ substatus: 'succeeded', member: { id: expect.stringMatching(/^mber_/) } });
  const { body: listed } = await call<{ data: Json[] }>('GET', `/webhooks?company_id=${company}`);
  expect(listed.data[0]).not.toHaveProperty('webhook_secret');
});

test('a decline leaves the invoice open, a bank debit leaves it waiting', async () => {
  const created = await invoice();
  const url = await purchaseUrl(created);
  const declined = await submitForm(url, { card_number: '4000000000009995' });
  expect(declined.status).toBe(402);
  expect(await declined.text()).toContain('insufficient funds');
  expect((await submitForm(url, { card_number: '4000002760003184' })).status).toBe(200);
  expect((await submitForm(url, { card_number: '4000002760003184', authenticate: 'fail' })).status).toBe(402);
  expect(await statusOf(created)).toBe('open');
  expect((await submitForm(url, { card_number: '000123456789' })).status).toBe(303);
  expect(await statusOf(created)).toBe('open');
  expect(await (await fetch(url)).text()).toContain('in processing');
  fixture.sandbox.whop.advance({ bySeconds: 5 * 86_400 });
  expect(await statusOf(created)).toBe('paid');
  const types = fixture.sandbox.whop.objects('messages', key).map((one) => (one as { type: string }).type);
  expect(types).toEqual([
    'invoice.created',
    'payment.failed',
    'payment.failed',
    'payment.pending', // and not past due while it is cleared
    'payment.succeeded',
    'invoice.paid',
  ]);
});

test('an invoice that is not paid in time is past due, and can still be marked as paid, once', async () => {
  const created = await invoice();
  fixture.sandbox.whop.advance({ bySeconds: 2 * 86_400 });
  expect(await statusOf(created)).toBe('past_due');
  expect(await call('POST', `/invoices/${created.id}/mark_paid`)).toEqual({ status: 200, body: true });
  expect(await statusOf(created)).toBe('paid');
  expect((await call('POST', `/invoices/${created.id}/mark_paid`)).status).toBe(422);
  const voided = await invoice();
  expect((await call('POST', `/invoices/${voided.id}/void`)).body).toBe(true);
  const bad = await invoice();
  expect((await call('POST', `/invoices/${bad.id}/mark_uncollectible`)).body).toBe(true);
  const { body } = await call<{ data: Invoice[] }>(
    'GET',
    `/invoices?company_id=${company}&statuses[]=void&statuses[]=uncollectible&order=created_at&direction=asc`,
  );
  expect(body.data.map(({ id }) => id)).toEqual([voided.id, bad.id]);
});

test('lists are cut into pages by cursors', async () => {
  const ids = [];
  for (const _ of [1, 2, 3]) ids.unshift((await invoice()).id);
  interface Page {
    data: Invoice[];
    page_info: { end_cursor: string; has_next_page: boolean };
  }
  const { body: first } = await call<Page>('GET', `/invoices?company_id=${company}&first=2`);
  expect(first.data.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  expect(first.page_info.has_next_page).toBe(true);
  const after = first.page_info.end_cursor;
  const { body: second } = await call<Page>('GET', `/invoices?company_id=${company}&first=2&after=${after}`);
  expect(second.data.map(({ id }) => id)).toEqual(ids.slice(2));
  expect(second.page_info.has_next_page).toBe(false);
});

test.each<[string, Json, RegExp]>([
  ['a due date in the past', { due_date: '2020-01-01T00:00:00Z' }, /future/],
  ['no due date', { due_date: null }, /due_date is required/],
  ['no name', { customer_name: null }, /customer_name are required/],
  ['a bad address', { email_address: 'nobody' }, /valid email/],
  ['lines that do not add up', { line_items: [{ label: 'x', unit_price: 10.42 }] }, /must equal/],
  ['half a cent', { plan: { initial_price: 1.005, currency: 'usd' }, line_items: [] }, /more decimals/],
  ['a part of a yen', { plan: { initial_price: 10.5, currency: 'jpy' }, line_items: [] }, /more decimals/],
  ['nothing', { plan: { initial_price: 0, currency: 'usd' }, line_items: [] }, /greater than zero/],
  ['no method to charge', { collection_method: 'charge_automatically' }, /payment_method_id/],
])('%s is refused', async (_name, more, message) => {
  const { status, body } = await call<{ error: { type: string; message: string } }>(
    'POST',
    '/invoices',
    invoiceBody(await product(), more),
  );
  expect(status).toBe(422);
  expect(body.error.message).toMatch(message);
  expect(fixture.sandbox.whop.objects('invoices', key)).toEqual([]);
});

test('what the pinned version does not know is refused and recorded', async () => {
  const body = invoiceBody(await product(), { account_id: company });
  expect((await call('POST', '/invoices', body)).status).toBe(400);
  const currency = { plan: { initial_price: 1, currency: 'isk' }, line_items: [] };
  expect((await call('POST', '/invoices', invoiceBody(await product(), currency))).status).toBe(400);
  await call('GET', `/invoices?company_id=${company}&first=ten`);
  await call('GET', `/invoices?company_id=${company}`, undefined, { 'api-version-date': '2025-01-01' });
  const violations = fixture.sandbox.whop.schemaViolations();
  expect(violations.map(({ schema }) => schema)).toEqual([
    'ReqInvoiceCreate',
    'ReqInvoiceCreate',
    'ReqInvoiceList',
    '(headers)',
  ]);
  expect(violations[0]?.errors.join()).toContain('account_id');
  fixture.sandbox.whop.clearSchemaViolations();
});

test('keys and companies: whose is whose', async () => {
  const productId = await product();
  const own = company;
  const status = async (path: string): Promise<number> => (await call('GET', path)).status;
  expect(await status(`/invoices?company_id=${own}`)).toBe(200);
  expect(await status('/invoices?company_id=biz_unheard_of')).toBe(404);
  key = newId('apik_', 24);
  expect(await status(`/invoices?company_id=${own}`)).toBe(403);
  // A product is public, so reading one proves nothing.
  expect(await status(`/products/${productId}`)).toBe(200);
  expect(await status('/products/prod_unheard_of')).toBe(404);
  fixture.sandbox.whop.assignCompany(own, key);
  expect(await status(`/invoices?company_id=${own}`)).toBe(200);
  fixture.sandbox.whop.revokeKey(key);
  expect(await status(`/invoices?company_id=${own}`)).toBe(401);
  key = 'nonsense';
  expect(await status(`/invoices?company_id=${own}`)).toBe(401);
});

test('products remember idempotency keys; invoices do not, unless they are told to', async () => {
  const title = { account_id: company, title: 'P' };
  const keyed = { 'idempotency-key': 'k1' };
  const one = await call('POST', '/products', title, keyed);
  const two = await call('POST', '/products', title, keyed);
  expect(two.body.id).toBe(one.body.id);
  expect((await call('POST', '/products', { ...title, title: 'Q' }, keyed)).status).toBe(400);
  const body = invoiceBody(one.body.id as string);
  const create = async (): Promise<unknown> => (await call('POST', '/invoices', body, keyed)).body.id;
  expect(await create()).not.toBe(await create());
  fixture.sandbox.whop.configure({ idempotentInvoices: true });
  try {
    expect(await create()).toBe(await create());
  } finally {
    fixture.sandbox.whop.configure({ idempotentInvoices: false });
  }
});

test('drafts are changed, deleted, or finalized by time', async () => {
  const draft = await invoice({ save_as_draft: true, due_date: null });
  expect(draft.status).toBe('draft');
  const { body: changed } = await call('PATCH', `/invoices/${draft.id}`, { email_address: 'b@c.co' });
  expect(changed.email_address).toBe('b@c.co');
  expect((await call('DELETE', `/invoices/${draft.id}`)).body).toBe(true);
  expect((await call('GET', `/invoices/${draft.id}`)).status).toBe(404);
  const at = new Date(Date.parse(fixture.sandbox.whop.time().now) + 60_000).toISOString();
  const timed = await invoice({ automatically_finalizes_at: at });
  expect(timed.status).toBe('draft');
  expect((await call('DELETE', `/invoices/${(await invoice()).id}`)).status).toBe(422);
  fixture.sandbox.whop.advance({ bySeconds: 61 });
  expect(await statusOf(timed)).toBe('open');
});

test('a member who has paid before is charged automatically; the payment is refunded', async () => {
  const first = await invoice();
  await submitForm(await purchaseUrl(first), {
    card_number: '5555555555554444',
    email: 'a@b.co',
    name: 'Ada',
  });
  const [member] = fixture.sandbox.whop.objects('members', key) as {
    id: string;
    payment_methods: string[];
  }[];
  const charged = await invoice({
    collection_method: 'charge_automatically',
    payment_method_id: member!.payment_methods[0],
    member_id: member!.id,
  });
  expect(charged.status).toBe('paid');
  const [latest] = (fixture.sandbox.whop.objects('payments', key) as { id: string }[]).reverse();
  const refund = async (amount?: number): Promise<Answer<Json>> =>
    call('POST', `/payments/${latest!.id}/refund`, amount === undefined ? {} : { partial_amount: amount });
  expect((await refund(0.43)).body).toMatchObject({ substatus: 'partially_refunded', refunded_amount: 0.43 });
  expect((await refund(10.5)).status).toBe(422);
  expect((await refund()).body).toMatchObject({ substatus: 'refunded', refundable: false });
});

test('a webhook is tried four times in all, then given up; a lost one can be sent again', async () => {
  await hook(['invoice.paid']);
  const created = await invoice();
  fixture.receiver.answers.push(500, 500, 500, 500);
  await call('POST', `/invoices/${created.id}/mark_paid`);
  for (let round = 0; round < 10; round += 1) await fixture.sandbox.whop.deliverWebhooksNow(key);
  const [failed] = fixture.sandbox.whop.deliveries({ account: key });
  expect(failed?.attempts.map(({ status }) => status)).toEqual([500, 500, 500, 500]);
  fixture.receiver.clear();
  expect(fixture.sandbox.whop.resend(failed!.eventId)).toBe(1);
  await fixture.sandbox.whop.settle();
  expect(fixture.receiver.types('/whop')).toEqual(['invoice.paid']);
});
