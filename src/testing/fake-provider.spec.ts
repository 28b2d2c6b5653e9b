import { adapterContract, fakeProvider } from '../testing.js';

describe('an adapter that is not ours keeps the contract', () => {
  for (const { name, run } of adapterContract(fakeProvider())) test(name, run);
});

test('a webhook of the fake provider verifies and names what has changed', () => {
  const fake = fakeProvider();
  const at = new Date('2026-11-01T10:00:00Z');
  const { body, headers } = fake.webhook('invoice.changed', 'finv_000001', 'a secret', at);
  const webhook = { body, headers, receivedAt: at };
  expect(fake.adapter.webhooks.verify(webhook, ['a secret'])).toEqual({ verified: true });
  expect(fake.adapter.webhooks.parse(body)).toMatchObject({
    kind: 'invoice.changed',
    remoteId: 'finv_000001',
  });
});

test('a group that cannot be looked at from behind is an error, not a gap', () => {
  const { remote, ...rest } = fakeProvider();
  expect(() => adapterContract({ ...rest, remote: { ...remote, payments: undefined } })).toThrow(/payments/);
});
