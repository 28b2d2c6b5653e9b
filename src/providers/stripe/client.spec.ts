import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import type { ProviderCall, ProviderGate } from '../provider-adapter.js';
import { ProviderError } from '../provider-error.js';
import { stripeAdapter } from './stripe.adapter.js';

/** Answers what it is told to, and keeps what it was asked. */
let respond: (request: http.IncomingMessage, response: http.ServerResponse) => void;
const seen: { method: string; url: string; headers: http.IncomingHttpHeaders }[] = [];
const server = http.createServer((request, response) => {
  const { method = '', url = '', headers } = request;
  seen.push({ method, url, headers });
  request.resume().on('end', () => respond(request, response));
});

beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)));
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  seen.length = 0;
});

const SECRET = 'sk_test_verysecret0123456789';

function open(path = '', timeoutMs = 300, gate?: ProviderGate) {
  const calls: ProviderCall[] = [];
  const session = stripeAdapter.open(
    { connectionId: 'conn_1', environmentId: 'env_1', credentials: { secret_key: SECRET } },
    {
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
      timeoutMs,
      now: () => new Date(),
      onCall: (call) => calls.push(call),
      ...(gate === undefined ? {} : { gate }),
    },
  );
  return { session, calls };
}

async function failureOf(promise: Promise<unknown>): Promise<ProviderError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ProviderError);
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain(SECRET);
  return error as ProviderError;
}

const answer =
  (status: number, body: unknown, headers: http.OutgoingHttpHeaders = {}) =>
  (_: http.IncomingMessage, response: http.ServerResponse) =>
    response.writeHead(status, { 'request-id': 'req_1', ...headers }).end(JSON.stringify(body));

const says = (status: number, error: object, headers: http.OutgoingHttpHeaders = {}) =>
  answer(status, { error: { type: 'invalid_request_error', message: 'As Stripe says.', ...error } }, headers);

test('calls carry the pinned version and the key, under the path prefix, and are told without query', async () => {
  respond = answer(200, { id: 'cus_1', object: 'customer', deleted: true });
  const { session, calls } = open('/proxy/');
  await session.customers?.fetch('cus_1');
  expect(seen).toMatchObject([
    {
      method: 'GET',
      url: '/proxy/v1/customers/cus_1',
      headers: { 'stripe-version': '2026-10-28.endive', authorization: `Bearer ${SECRET}` },
    },
  ]);
  expect(seen[0]?.headers).not.toHaveProperty('x-stripe-client-telemetry');
  expect(calls).toMatchObject([
    { method: 'GET', path: '/v1/customers/cus_1', status: 200, requestId: 'req_1' },
  ]);
});

const ODD = [
  '"ok"',
  '7',
  'true',
  'null',
  '[]',
  '{}',
  '{"nonsense":true}',
  '{"object":"invoice"}',
  '<html></html>',
  '',
];

test.each([...ODD, '{"id":"in_1","obj'])(
  'a good answer that is %j tells nothing: outcome unknown',
  async (text) => {
    respond = (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    const { session, calls } = open();
    const attempt = { key: 'k', firstTriedAt: new Date(), number: 1 };
    const customer = { customerId: 'c', externalId: 'c', name: 'C', email: undefined, phone: undefined };
    const all = [
      () =>
        session.customers?.push(
          { ...customer, address: undefined, metadata: {}, remoteId: undefined },
          attempt,
        ),
      () => session.invoices?.fetch('in_1'),
      () => session.invoices?.markPaid?.('in_1', attempt),
      () => session.invoices?.void?.('in_1', attempt),
      () => session.verify(),
    ];
    for (const call of all)
      expect(await failureOf(call() as Promise<unknown>)).toMatchObject({ kind: 'unavailable' });
    expect(calls.length).toBeGreaterThanOrEqual(5);
  },
);

test.each(ODD)('a refusal that is %j does not say why: outcome unknown', async (text) => {
  respond = (_, response) => response.writeHead(400).end(text);
  expect(await failureOf(open().session.invoices?.fetch('in_1') as Promise<unknown>)).toMatchObject({
    kind: 'unavailable',
  });
});

test.each([
  ['is cut before the answer', (_, response) => void response.socket?.destroy()],
  [
    'is cut within the answer',
    (_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('{"id":');
      setImmediate(() => response.socket?.destroy());
    },
  ],
  ['never brings one', () => undefined],
] as [string, typeof respond][])('a connection that %s is one attempt, unavailable', async (_name, how) => {
  respond = how;
  const { session, calls } = open();
  const error = await failureOf(session.verify());
  expect(error).toMatchObject({ kind: 'unavailable', code: 'no_answer', retryable: true });
  expect(seen).toHaveLength(1);
  expect(calls).toMatchObject([{ status: undefined }]);
});

test('a body that is no JSON is an answer that nobody can read: unavailable', async () => {
  respond = (_, response) => response.writeHead(200).end('<html>');
  const { session, calls } = open();
  expect(await failureOf(session.verify())).toMatchObject({ kind: 'unavailable' });
  expect(calls).toMatchObject([{ status: 200 }]);
});

test.each([
  [401, {}, { kind: 'auth', param: 'secret_key', httpStatus: 401, requestId: 'req_1' }],
  [
    403,
    { message: "Having the 'rak_invoice_read' permission would allow this" },
    { kind: 'forbidden', param: 'rak_invoice_read', message: /rak_invoice_read/ },
  ],
  [404, { code: 'resource_missing', param: 'id' }, { kind: 'not_found', code: 'resource_missing' }],
  [400, { code: 'resource_missing', param: 'customer' }, { kind: 'not_found', param: 'customer' }],
  [400, { code: 'parameter_invalid_integer', param: 'amount' }, { kind: 'invalid', param: 'amount' }],
  [400, { code: 'invoice_not_editable' }, { kind: 'conflict', code: 'invoice_not_editable' }],
  [402, { type: 'card_error', code: 'card_declined' }, { kind: 'invalid', code: 'card_declined' }],
  [409, { code: 'idempotency_key_in_use' }, { kind: 'unavailable', code: 'idempotency_key_in_use' }],
  [429, { code: 'lock_timeout' }, { kind: 'rate_limited', code: 'lock_timeout', retryAfterMs: 7000 }],
  [500, { type: 'api_error' }, { kind: 'unavailable', code: 'api_error' }],
  [503, { type: 'api_error' }, { kind: 'unavailable' }],
])('%s %j is %j', async (status, body, expected) => {
  respond = says(status, body, { 'retry-after': '7' });
  const { session, calls } = open();
  const error = await failureOf(session.customers?.push(CUSTOMER, ATTEMPT) ?? Promise.resolve());
  const { message, ...rest } = expected as { message?: RegExp };
  expect(error).toMatchObject(rest);
  expect(error.message).toMatch(message ?? /As Stripe says/);
  expect(calls).toHaveLength(1);
});

test.each([
  [{ 'stripe-rate-limited-reason': 'global-rate', 'retry-after': '7' }, [['account', 7000]]],
  [{ 'stripe-rate-limited-reason': 'global-concurrency' }, [['account', 1000]]],
  [{ 'stripe-rate-limited-reason': 'endpoint-rate' }, [[{ endpoint: 'GET /v1/customers/{id}' }, 1000]]],
  [{}, []], // lock_timeout: one object is busy, the others are not
])('429 with %j holds %j', async (headers, held) => {
  respond = says(429, {}, headers);
  const entered: string[] = [];
  const holds: unknown[] = [];
  const { session } = open('', 300, {
    enter: (endpoint) => Promise.resolve(void entered.push(endpoint)),
    hold: (...hold) => void holds.push(hold),
  });
  const error = await failureOf(session.customers?.fetch('cus_1A') ?? Promise.resolve());
  expect(error.kind).toBe('rate_limited');
  expect(entered).toEqual(['GET /v1/customers/{id}']);
  expect(holds).toEqual(held);
});

test('a call that the gate does not let out in time is rate_limited, was not sent and is no call', async () => {
  const late = new ProviderError('rate_limited', 'too many', { code: 'waited_too_long', retryAfterMs: 1500 });
  const { session, calls } = open('', 300, { enter: () => Promise.reject(late), hold: () => undefined });
  expect(await failureOf(session.verify())).toBe(late);
  expect(seen).toEqual([]);
  expect(calls).toEqual([]);
});

test.each([
  ['sk_test_1', { mode: 'test', perAccount: 25, perEndpoint: 25 }],
  ['rk_live_1', { mode: 'live', perAccount: 100, perEndpoint: 25 }],
])('limits of %s', (key, limits) => {
  expect(stripeAdapter.rateLimits?.({ secret_key: key })).toEqual(limits);
});

const ATTEMPT = { key: 'k', firstTriedAt: new Date(), number: 1 };
const CUSTOMER = {
  customerId: 'cust_1',
  externalId: 'x',
  name: 'Ada',
  email: undefined,
  phone: undefined,
  address: undefined,
  metadata: {},
  remoteId: undefined,
};

test('a key in a message is shown as what it is, and no more', async () => {
  respond = says(401, { message: `Invalid API Key provided: ${SECRET}` });
  expect((await failureOf(open().session.verify())).message).toBe('Invalid API Key provided: sk_test_…');
});

test('a restricted key that may not read its account is checked by what it is needed for', async () => {
  respond = (request, response) => {
    if (request.url?.startsWith('/v1/account')) says(403, {})(request, response);
    else answer(200, { object: 'list', data: [], has_more: false, url: '/v1/invoices' })(request, response);
  };
  expect(await open().session.verify()).toEqual({ accountId: undefined, livemode: false });
  expect(seen.map(({ url }) => url)).toEqual(['/v1/account', '/v1/invoices?limit=1']);
  respond = says(403, {});
  expect(await failureOf(open().session.verify())).toMatchObject({ kind: 'forbidden' });
});

test('a publishable key of the other mode is refused before any call', async () => {
  const credentials = { secret_key: SECRET, publishable_key: 'pk_live_0123456789' };
  const session = stripeAdapter.open(
    { connectionId: 'conn_1', environmentId: 'env_1', credentials },
    { timeoutMs: 100, now: () => new Date() },
  );
  expect(await failureOf(session.verify())).toMatchObject({ kind: 'invalid', param: 'publishable_key' });
  expect(seen).toEqual([]);
});
