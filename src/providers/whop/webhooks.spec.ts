import { createHmac } from 'node:crypto';
import { whopAdapter } from './whop.adapter.js';
import { whopWebhooks } from './webhooks.js';

const body = Buffer.from('{"id":"msg_1","type":"invoice.paid","data":{"id":"inv_1"}}');
const receivedAt = new Date('2026-11-01T10:00:00Z');
const now = receivedAt.getTime() / 1000;
const secret = 'ws_0123456789abcdef';

function headers(key: Buffer, at = now, id = 'msg_1'): Record<string, string> {
  const signature = createHmac('sha256', key).update(`${id}.${at}.${body.toString()}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(at), 'webhook-signature': `v1,${signature}` };
}

const verify = (given: Record<string, string>, secrets = [secret]) =>
  whopWebhooks.verify({ body, headers: given, receivedAt }, secrets);

const asText = (text: string) => Buffer.from(text, 'utf8');

test('the key is the text of the whole secret; one of the standard is base64 behind its prefix', () => {
  expect(verify(headers(asText(secret)))).toEqual({ verified: true });
  expect(verify(headers(asText(secret.slice(3))))).toEqual({ verified: false, reason: 'mismatch' });
  const key = asText('another key of more than 24 bytes');
  expect(verify(headers(key), [`whsec_${key.toString('base64')}`])).toEqual({ verified: true });
});

test.each(['whsec_!!!!', 'whsec_=', 'whsec_', `whsec_${asText('short').toString('base64')}`])(
  'bug: %s is no key of the standard: what was signed with an empty or a short one is refused',
  (weak) => {
    for (const key of [Buffer.alloc(0), Buffer.from(weak.slice(6), 'base64')])
      expect(verify(headers(key), [weak])).toEqual({ verified: false, reason: 'mismatch' });
    const field = whopAdapter.credentialFields.find(({ name }) => name === 'webhook_secret');
    expect(field?.pattern?.test(weak)).toBe(false);
  },
);

test('any of several signatures is enough', () => {
  const given = headers(asText(secret));
  const good = given['webhook-signature'] ?? '';
  for (const list of [`v1,AAAA ${good}`, `${good} v1,AAAA`, `v1a,AAAA ${good}`])
    expect(verify({ ...given, 'webhook-signature': list })).toEqual({ verified: true });
});

test.each([
  [300, true],
  [301, false],
  [-300, true],
  [-301, false],
])('a signature of %s seconds ago: %s', (age, verified) => {
  expect(verify(headers(asText(secret), now - age))).toEqual(
    verified ? { verified } : { verified, reason: 'stale' },
  );
});

test('id and time are signed too', () => {
  const given = headers(asText(secret));
  expect(verify({ ...given, 'webhook-id': 'msg_2' })).toEqual({ verified: false, reason: 'mismatch' });
  expect(verify({ ...given, 'webhook-timestamp': String(now + 1) })).toEqual({
    verified: false,
    reason: 'mismatch',
  });
});

test.each([
  [{ 'webhook-signature': '' }, 'missing'],
  [{ 'webhook-id': '' }, 'missing'],
  [{ 'webhook-timestamp': 'soon' }, 'malformed'],
  [{ 'webhook-timestamp': '1e9' }, 'malformed'],
  [{ 'webhook-signature': 'v2,AAAA' }, 'malformed'],
  [{ 'webhook-signature': 'v1,' }, 'mismatch'],
])('%j is %s', (change, reason) => {
  expect(verify({ ...headers(asText(secret)), ...change })).toEqual({ verified: false, reason });
});

test('an event without the id of an invoice is ignored, not guessed at', () => {
  const parse = (event: object) => whopWebhooks.parse(Buffer.from(JSON.stringify(event)));
  expect(parse({ id: 'msg_1', type: 'invoice.paid', data: {} })).toMatchObject({ kind: 'ignored' });
  expect(parse({ id: 'msg_1', type: 'invoice.paid', data: null })).toMatchObject({ kind: 'ignored' });
  expect(parse({ id: 'msg_1', type: 'invoice.paid', timestamp: 'x', data: { id: 'inv_1' } })).toMatchObject({
    kind: 'invoice.changed',
    occurredAt: undefined,
  });
});
