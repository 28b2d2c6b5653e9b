import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingWebhook, ProviderWebhooks, WebhookVerdict } from '../providers/provider-adapter.js';
import { ProviderError } from '../providers/provider-error.js';
import type { ProviderEvent } from '../providers/provider-event.js';

const TOLERANCE_SECONDS = 300;
const HEADER = 'fake-signature';

const KINDS = new Set<ProviderEvent['kind']>([
  'customer.changed',
  'customer.deleted',
  'plan.changed',
  'subscription.changed',
  'invoice.changed',
  'payment.changed',
  'checkout.changed',
  'setup.changed',
]);

/** The fake provider's events are named after the contract's kinds. */
export const fakeWebhooks: ProviderWebhooks = {
  secretField: 'webhook_secret',
  events: [...KINDS],
  unsignedHints: false,
  verify,
  parse,
};

export function signFake(body: Buffer, secret: string, at: Date): Readonly<Record<string, string>> {
  const seconds = Math.floor(at.getTime() / 1000);
  return { [HEADER]: `${seconds},${digest(body, seconds, secret).toString('hex')}` };
}

const digest = (body: Buffer, seconds: number, secret: string): Buffer =>
  createHmac('sha256', secret).update(`${seconds}.`).update(body).digest();

function verify({ body, headers, receivedAt }: IncomingWebhook, secrets: readonly string[]): WebhookVerdict {
  const usable = secrets.filter((secret) => secret !== '');
  if (usable.length === 0) return { verified: false, reason: 'mismatch' };
  const header = headers[HEADER];
  if (header === undefined) return { verified: false, reason: 'missing' };
  const [, time, hex] = /^(\d{1,15}),([0-9a-f]{64})$/.exec(header) ?? [];
  if (time === undefined || hex === undefined) return { verified: false, reason: 'malformed' };
  const given = Buffer.from(hex, 'hex');
  if (!usable.some((secret) => timingSafeEqual(given, digest(body, Number(time), secret))))
    return { verified: false, reason: 'mismatch' };
  const age = Math.abs(receivedAt.getTime() / 1000 - Number(time));
  return age > TOLERANCE_SECONDS ? { verified: false, reason: 'stale' } : { verified: true };
}

export const fakeEvent = (id: string, type: string, remoteId: string): object => ({
  id,
  type,
  object: remoteId,
});

function parse(body: Buffer): ProviderEvent {
  const { id, type, object } = readEvent(body);
  const base = { id, type, occurredAt: undefined, livemode: false };
  return (KINDS as ReadonlySet<string>).has(type)
    ? { ...base, kind: type as 'invoice.changed', remoteId: object }
    : { ...base, kind: 'ignored', reason: `${type} is nothing that is kept in step` };
}

function readEvent(body: Buffer): { id: string; type: string; object: string } {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    value = undefined;
  }
  const { id, type, object } = (value ?? {}) as Partial<Record<'id' | 'type' | 'object', unknown>>;
  if (typeof id === 'string' && typeof type === 'string' && typeof object === 'string')
    return { id, type, object };
  throw new ProviderError('invalid', 'the body is no event of the fake provider', { code: 'not_an_event' });
}
