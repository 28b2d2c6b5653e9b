import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import type { ProviderCall, ProviderRuntime } from '../provider-adapter.js';
import { ProviderError } from '../provider-error.js';
import { NEWEST_API_DATE } from './api-dates.js';
import { openWhop } from './client.js';

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

const SECRET = 'apik_verysecret0123456789';

function open(path = '/api/v1', more: Partial<ProviderRuntime> = {}) {
  const calls: ProviderCall[] = [];
  const whop = openWhop(SECRET, NEWEST_API_DATE, {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    timeoutMs: 300,
    now: () => new Date(),
    onCall: (call) => calls.push(call),
    ...more,
  });
  return { whop, calls };
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
    response.writeHead(status, { 'x-request-id': 'req_1', ...headers }).end(JSON.stringify(body));

test.each(['/api/v1', '/api/v1/', '', '/'])(
  'the API lies under /api/v1 of the base URL "%s"',
  async (path) => {
    respond = answer(200, { data: [] });
    const { whop, calls } = open(path);
    await whop.peek('/invoices', { company_id: 'biz_1', statuses: ['paid', 'void'], first: 2 });
    expect(seen[0]).toMatchObject({
      url: '/api/v1/invoices?company_id=biz_1&statuses%5B%5D=paid&statuses%5B%5D=void&first=2',
      headers: { authorization: `Bearer ${SECRET}`, 'api-version-date': '2026-10-15-1' },
    });
    expect(calls).toMatchObject([
      { method: 'GET', path: '/api/v1/invoices', status: 200, requestId: 'req_1' },
    ]);
  },
);

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
  const { whop, calls } = open();
  const error = await failureOf(whop.post('/invoices', { a: 1 }, 'key'));
  expect(error).toMatchObject({ kind: 'unavailable', code: 'no_answer' });
  expect(seen).toHaveLength(1);
  expect(calls).toMatchObject([{ status: undefined }]);
});

test.each(['<html>', '', '"ok"', '7', 'null', '[]', '{}', '{"nonsense":true}', '{"id":""}', '{"id":"inv_1"'])(
  'a good answer that is %j tells nothing: the outcome is unknown',
  async (text) => {
    respond = (_, response) => response.writeHead(200).end(text);
    const { whop } = open();
    const all = [
      () => whop.get('/invoices/inv_1'),
      () => whop.post('/invoices', {}, 'key_1'),
      () => whop.act('/invoices/inv_1/void', 'key_1'),
    ];
    for (const call of all)
      expect(await failureOf(call())).toMatchObject({ kind: 'unavailable', code: 'no_answer' });
    expect(await failureOf(whop.peek('/invoices', {}))).toMatchObject({ kind: 'unavailable' });
  },
);

test('what is done to an object is answered with true, or with the object', async () => {
  for (const body of [true, { id: 'inv_1' }]) {
    respond = answer(200, body);
    await open().whop.act('/invoices/inv_1/void', 'key_1');
    expect(seen.at(-1)?.headers).toMatchObject({ 'idempotency-key': 'key_1' });
  }
});

test('nobody else is followed to', async () => {
  respond = (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
  expect(await failureOf(open().whop.get('/invoices'))).toMatchObject({ kind: 'unavailable' });
});

test.each([
  [
    401,
    { error: { message: `Bad key ${SECRET}` } },
    { kind: 'auth', param: 'api_key', message: 'Bad key apik_…' },
  ],
  [
    403,
    { error: { message: 'Missing invoice:create' } },
    { kind: 'forbidden', param: 'invoice:create', message: 'Missing invoice:create' },
  ],
  [404, { error: 'No invoice' }, { kind: 'not_found', message: 'No invoice' }],
  [400, { message: 'Bad request', extra: 1 }, { kind: 'invalid', message: 'Bad request' }],
  [
    422,
    { error: { type: 'unprocessable', message: 'No', param: 'plan' } },
    { kind: 'invalid', code: 'unprocessable', param: 'plan' },
  ],
  [408, {}, { kind: 'unavailable', message: 'Whop answered 408' }],
  [409, {}, { kind: 'unavailable' }],
  [429, {}, { kind: 'rate_limited', retryAfterMs: 3000 }],
  [500, [], { kind: 'unavailable', httpStatus: 500, requestId: 'req_1' }],
  [502, 'gateway', { kind: 'unavailable' }],
])('%s %j is %j', async (status, body, expected) => {
  respond = answer(status, body, { 'retry-after': '3' });
  const { whop, calls } = open();
  expect(await failureOf(whop.post('/invoices', {}, 'key_1'))).toMatchObject(expected);
  expect(calls).toHaveLength(1);
});

test('how long a refusal for the rate holds is in a header, or in its words', async () => {
  const message = 'Try again in 12 seconds.';
  respond = answer(429, { error: { type: 'rate_limit_exceeded', message } });
  expect(await failureOf(open().whop.get('/invoices/inv_1'))).toMatchObject({
    kind: 'rate_limited',
    code: 'rate_limit_exceeded',
    retryAfterMs: 12_000,
  });
});

test('that an answer is repeated is told, also of a refusal', async () => {
  const headers = { 'idempotent-replayed': 'true' };
  respond = answer(200, { id: 'inv_1' }, headers);
  expect(await open().whop.post('/invoices', {}, 'k')).toEqual({ object: { id: 'inv_1' }, replayed: true });
  respond = answer(422, { error: { message: 'No' } }, headers);
  expect(await failureOf(open().whop.post('/invoices', {}, 'k'))).toMatchObject({
    details: { replayed: true },
  });
});

test('a gate is asked before each call, by operation, and told of a refusal for the rate', async () => {
  respond = answer(429, { error: { message: 'Try again in 2 seconds.' } });
  const asked: unknown[] = [];
  const gate = {
    enter: (endpoint: string) => Promise.resolve(void asked.push(endpoint)),
    hold: (what: unknown, ms: number) => void asked.push([what, ms]),
  };
  await failureOf(open('/api/v1', { gate }).whop.act('/invoices/inv_1A/void', 'k'));
  expect(asked).toEqual(['POST /invoices/{id}/void', [{ endpoint: 'POST /invoices/{id}/void' }, 2000]]);
});

test('a list is read page by page, as far as it is asked for, and ends', async () => {
  respond = (request, response) => {
    const after = new URL(request.url ?? '', 'http://x').searchParams.get('after');
    const page = Number(after ?? '0');
    answer(200, {
      data: [page, page + 0.5],
      page_info: { end_cursor: page === 2 ? null : String(page + 1) },
    })(request, response);
  };
  const read: number[] = [];
  for await (const one of open().whop.list<number>('/plans', { first: 2 })) read.push(one);
  expect(read).toEqual([0, 0.5, 1, 1.5, 2, 2.5]);
  seen.length = 0;
  for await (const one of open().whop.list<number>('/plans', {})) if (one === 0.5) break;
  expect(seen).toHaveLength(1);
  respond = answer(200, { data: [1], page_info: { end_cursor: 'same' } });
  const stuck: number[] = [];
  for await (const one of open().whop.list<number>('/plans', {})) stuck.push(one);
  expect(stuck).toEqual([1, 1]);
});
