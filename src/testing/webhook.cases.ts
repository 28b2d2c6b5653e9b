import assert from 'node:assert/strict';
import type { WebhookVerdict } from '../providers/provider-adapter.js';
import { ProviderError } from '../providers/provider-error.js';
import type { ContractCase, ContractHarness } from './harness.js';

const SECOND_MS = 1000;
const HOUR_MS = 60 * 60 * SECOND_MS;

export function webhookCases(harness: ContractHarness): ContractCase[] {
  return [...verificationCases(harness), ...parsingCases(harness)];
}

function verificationCases({ adapter, webhooks, runtime }: ContractHarness): ContractCase[] {
  const body = Buffer.from(JSON.stringify(webhooks.events[0]?.body ?? webhooks.unknownEvent));
  const { secret, otherSecret } = webhooks;

  interface Call {
    readonly signedWith?: string;
    readonly secrets?: readonly string[];
    readonly age?: number;
    readonly sent?: Buffer;
    readonly headers?: Readonly<Record<string, string>>;
  }
  const verify = ({
    signedWith = secret,
    secrets = [secret],
    age = 0,
    sent = body,
    headers,
  }: Call): WebhookVerdict => {
    const receivedAt = runtime.now();
    const signed = webhooks.sign(body, signedWith, new Date(receivedAt.getTime() - age));
    return adapter.webhooks.verify({ body: sent, headers: headers ?? signed, receivedAt }, secrets);
  };
  const law = (name: string, check: () => void): ContractCase => ({
    name: `a webhook ${name}`,
    run: async () => {
      check();
      await Promise.resolve();
    },
  });
  const passes = (call: Call): void => assert.deepEqual(verify(call), { verified: true });
  const fails = (call: Call, ...reasons: string[]): void => {
    const verdict = verify(call);
    assert.equal(verdict.verified, false, 'it passed');
    assert.ok(reasons.includes(verdict.reason), `it failed as ${verdict.reason}`);
  };

  return [
    law('that is signed with the secret verifies', () => passes({})),
    law('verifies with either of two secrets, while one replaces the other', () => {
      passes({ secrets: [otherSecret, secret] });
      passes({ secrets: [secret, otherSecret] });
    }),
    law('that is signed with another secret does not', () => fails({ signedWith: otherSecret }, 'mismatch')),
    law('never verifies without a secret', () => {
      fails({ secrets: [] }, 'mismatch');
      fails({ secrets: [''] }, 'mismatch');
      fails({ signedWith: secret, secrets: ['', otherSecret] }, 'mismatch');
    }),
    law('with another body than was signed does not', () => {
      fails({ sent: Buffer.concat([body, Buffer.from(' ')]) }, 'mismatch');
      fails(
        { sent: Buffer.from(body.toString('utf8').replace(/\d/, (digit) => (digit === '0' ? '1' : '0'))) },
        'mismatch',
      );
    }),
    law('without a signature does not', () => fails({ headers: {} }, 'missing')),
    law('with a senseless signature does not', () => {
      const signed = webhooks.sign(body, secret, runtime.now());
      const senseless = Object.fromEntries(Object.keys(signed).map((name) => [name, 'nonsense']));
      fails({ headers: senseless }, 'malformed', 'mismatch');
    }),
    law('that is hours old is stale', () => fails({ age: HOUR_MS }, 'stale')),
    law('that is dated hours ahead is stale', () => fails({ age: -HOUR_MS }, 'stale')),
    law('that took a little while verifies', () => passes({ age: 30 * SECOND_MS })),
  ];
}

function parsingCases({ adapter, webhooks }: ContractHarness): ContractCase[] {
  const parse = (body: unknown) => adapter.webhooks.parse(Buffer.from(JSON.stringify(body)));
  return [
    ...webhooks.events.map(({ body, kind, remoteId }) => ({
      name: `an event is parsed as ${kind}`,
      run: async () => {
        const event = parse(body);
        assert.equal(event.kind, kind);
        assert.ok(event.id !== '' && event.type !== '');
        if (remoteId !== undefined) assert.equal('remoteId' in event ? event.remoteId : undefined, remoteId);
        await Promise.resolve();
      },
    })),
    {
      name: 'an event of an unknown type is ignored, with a reason',
      run: async () => {
        const event = parse(webhooks.unknownEvent);
        assert.equal(event.kind, 'ignored');
        assert.ok(event.reason !== '');
        await Promise.resolve();
      },
    },
    {
      name: 'what is no event at all is refused as invalid, and nothing else is thrown',
      run: async () => {
        for (const body of ['', 'not json', '[]', 'null', '{}', '42', '{"id":1}'])
          assert.throws(
            () => adapter.webhooks.parse(Buffer.from(body)),
            (error: unknown) => error instanceof ProviderError && error.kind === 'invalid',
            body,
          );
        await Promise.resolve();
      },
    },
    {
      name: 'events are named for whoever sets an endpoint up',
      run: async () => {
        assert.ok(adapter.webhooks.events.length > 0);
        assert.equal(new Set(adapter.webhooks.events).size, adapter.webhooks.events.length);
        await Promise.resolve();
      },
    },
  ];
}
