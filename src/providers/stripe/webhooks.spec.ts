import fc from 'fast-check';
import Stripe from 'stripe';
import { STRIPE_EVENTS, stripeWebhooks } from './webhooks.js';

const body = Buffer.from('{"id":"evt_1","object":"event","type":"invoice.paid"}');
const receivedAt = new Date('2026-11-01T10:00:00Z');
const seconds = receivedAt.getTime() / 1000;
const secret = 'whsec_test';

const header = (age: number, signedWith = secret) =>
  Stripe.webhooks.generateTestHeaderString({
    payload: body.toString(),
    secret: signedWith,
    timestamp: seconds - age,
  });

const verify = (signature: string | undefined, secrets = [secret]) =>
  stripeWebhooks.verify(
    { body, headers: signature === undefined ? {} : { 'stripe-signature': signature }, receivedAt },
    secrets,
  );

test.each([
  [0, true],
  [300, true],
  [301, false],
  [-300, true],
  [-301, false],
])('a signature of %s seconds ago: %s', (age, verified) => {
  expect(verify(header(age))).toEqual(verified ? { verified } : { verified, reason: 'stale' });
});

test('one good signature among several is enough, as while Stripe rolls a secret', () => {
  const [, other] = header(0, 'whsec_other').split(',');
  expect(verify(`${header(0)},${other ?? ''}`)).toEqual({ verified: true });
  expect(verify(`t=${seconds},${other ?? ''},${header(0).split(',')[1] ?? ''},v0=00`)).toEqual({
    verified: true,
  });
});

test('an old signature does not pass with a fresh time beside its own', () => {
  const [time, signature] = header(3600).split(',');
  expect(verify(`t=${seconds},${time ?? ''},${signature ?? ''}`)).toEqual({
    verified: false,
    reason: 'malformed',
  });
  expect(verify(`${time ?? ''},t=${seconds},${signature ?? ''}`)).toEqual({
    verified: false,
    reason: 'malformed',
  });
});

test.each(['', 't=1', 'v1=00', 't=x,v1=00', 't=,v1=00', `t=${seconds}`, `t=${seconds},v0=00`, 'nonsense'])(
  'the header "%s" does not verify, and does not throw',
  (signature) => {
    expect(verify(signature).verified).toBe(false);
  },
);

test('a signature is taken for good just where the SDK takes it', () => {
  const isGood = (payload: Buffer, signature: string) => {
    try {
      return Stripe.webhooks.signature?.verifyHeader(payload, signature, secret, 0) ?? false;
    } catch {
      return false;
    }
  };
  const [time = '', good = ''] = header(0).split(',');
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      fc.array(fc.constantFrom(good, 'v1=00', 'v1=zz', 'v0=00', good.toUpperCase(), `${good}00`), {
        maxLength: 4,
      }),
      fc.boolean(),
      (bytes, signatures, isOwn) => {
        const payload = isOwn ? body : Buffer.from(bytes);
        const given = [time, ...signatures].join(',');
        const { verified } = stripeWebhooks.verify(
          { body: payload, headers: { 'stripe-signature': given }, receivedAt },
          [secret],
        );
        expect([given, verified]).toEqual([given, isGood(payload, given)]);
      },
    ),
  );
});

test('times and modes are told', () => {
  const parse = (event: object) => stripeWebhooks.parse(Buffer.from(JSON.stringify(event)));
  const event = { id: 'evt_1', object: 'event', type: 'invoice.paid', created: seconds, livemode: true };
  expect(parse({ ...event, data: { object: { object: 'invoice', id: 'in_1' } } })).toEqual({
    id: 'evt_1',
    type: 'invoice.paid',
    occurredAt: receivedAt,
    livemode: true,
    kind: 'invoice.changed',
    remoteId: 'in_1',
  });
  expect(parse({ ...event, created: 'soon' })).toMatchObject({ kind: 'ignored', occurredAt: undefined });
  expect(parse({ ...event, data: { object: { object: 'constructor', id: 'x' } } })).toMatchObject({
    kind: 'ignored',
  });
});

test('a thin event names the object that is read again, or what that belongs to is looked up', () => {
  const parse = (type: string, related: object | null) =>
    stripeWebhooks.parse(
      Buffer.from(
        JSON.stringify({
          id: 'evt_2',
          object: 'v2.core.event',
          type,
          created: receivedAt.toISOString(),
          livemode: true,
          related_object: related,
        }),
      ),
    );
  expect(parse('v1.invoice.paid', { id: 'in_1', type: 'invoice' })).toEqual({
    id: 'evt_2',
    type: 'v1.invoice.paid',
    occurredAt: receivedAt,
    livemode: true,
    kind: 'invoice.changed',
    remoteId: 'in_1',
  });
  expect(parse('v1.customer.deleted', { id: 'cus_1', type: 'customer' })).toMatchObject({
    kind: 'customer.deleted',
  });
  expect(parse('v1.refund.created', { id: 're_1', type: 'refund' })).toMatchObject({
    kind: 'object.changed',
    resource: 'refund',
    remoteId: 're_1',
  });
  expect(parse('v1.charge.succeeded', { id: 'ch_1', type: 'charge' })).toMatchObject({ kind: 'ignored' });
  expect(parse('v2.core.account.created', { id: 'acct_1', type: 'v2.core.account' })).toMatchObject({
    kind: 'ignored',
  });
  expect(parse('v1.invoice.paid', null)).toMatchObject({ kind: 'ignored' });
});

test('every event that is subscribed to is one that Stripe has', () => {
  const known: readonly Stripe.WebhookEndpointCreateParams.EnabledEvent[] = STRIPE_EVENTS as never;
  expect(known).toEqual(
    expect.arrayContaining(['invoice.paid', 'invoice_payment.paid', 'checkout.session.completed']),
  );
});
