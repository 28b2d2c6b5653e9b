import type { IncomingWebhook, ProviderWebhooks, WebhookVerdict } from '../provider-adapter.js';
import { ProviderError } from '../provider-error.js';
import type { ProviderEvent } from '../provider-event.js';
import { verdictOf } from '../provider-signatures.js';

export const WHOP_EVENTS: readonly string[] = [
  'invoice.paid',
  'invoice.past_due',
  'invoice.voided',
  'invoice.marked_uncollectible',
  'refund.created',
  'refund.updated',
  'dispute.created',
  'dispute.updated',
];

/** A shorter key, or none at all, could be guessed; the standard asks for 24 bytes. */
const LEAST_KEY_BYTES = 24;

export const whopWebhooks: ProviderWebhooks = {
  secretField: 'webhook_secret',
  events: WHOP_EVENTS,
  unsignedHints: true, // the documented set-up has no secret; a hint is worth one re-read of the invoice it names
  verify,
  parse,
};

/** Standard Webhooks: an HMAC over id, time and body, several signatures while a secret is rolled. */
function verify(webhook: IncomingWebhook, secrets: readonly string[]): WebhookVerdict {
  const keys = secrets.filter((secret) => secret.trim() !== '').flatMap(keysOf);
  if (keys.length === 0) return { verified: false, reason: 'mismatch' };
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': header } = webhook.headers;
  if (!id || !timestamp || !header) return { verified: false, reason: 'missing' };
  if (!/^\d{1,15}$/.test(timestamp)) return { verified: false, reason: 'malformed' };
  const signatures = signaturesIn(header);
  if (signatures.length === 0) return { verified: false, reason: 'malformed' };
  return verdictOf(webhook, keys, { signatures, prefix: `${id}.${timestamp}.`, time: timestamp });
}

/**
 * Whop signs with the bytes of the secret as it stands, prefix and all, whatever the prefix is. The standard would have what
 * is behind `whsec_` decoded: so a proxy may sign which verifies Whop's webhooks and sends them on.
 */
const keysOf = (secret: string): Buffer[] => {
  const decoded = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.alloc(0);
  return [Buffer.from(secret, 'utf8'), ...(decoded.length < LEAST_KEY_BYTES ? [] : [decoded])];
};

const signaturesIn = (header: string): Buffer[] =>
  header
    .split(' ')
    .filter((part) => part.startsWith('v1,'))
    .map((part) => Buffer.from(part.slice(3), 'base64'));

interface Envelope {
  readonly id: string;
  readonly type: string;
  readonly timestamp?: unknown;
  readonly company_id?: unknown;
  /** The same, in newer versions. */
  readonly account_id?: unknown;
  readonly data?: unknown;
}

function parse(body: Buffer): ProviderEvent {
  const { id, type, timestamp, data, company_id, account_id } = readEnvelope(body);
  const company = company_id ?? account_id;
  const accountId = typeof company === 'string' ? company : undefined;
  const base = { id, type, occurredAt: dateOf(timestamp), livemode: undefined, accountId };
  const subject = typeof data === 'object' && data !== null ? (data as { id?: unknown }).id : undefined;
  if (type.startsWith('invoice.'))
    return typeof subject === 'string'
      ? { ...base, kind: 'invoice.changed', remoteId: subject }
      : { ...base, kind: 'ignored', reason: 'it names no invoice' };
  const payment = paymentIdOf(type, data);
  return payment === undefined
    ? { ...base, kind: 'ignored', reason: `${type} is nothing that is kept in step` }
    : { ...base, kind: 'payment.changed', remoteId: payment };
}

/** Money that goes back is told with the payment that it was: inside of it, or beside it in newer versions. */
function paymentIdOf(type: string, data: unknown): string | undefined {
  const { payment, payment_id: named } = (data ?? {}) as Readonly<Record<string, unknown>>;
  if (!type.startsWith('refund.') && !type.startsWith('dispute.')) return undefined;
  const inside = (payment as { id?: unknown } | null | undefined)?.id;
  const found = inside ?? named;
  return typeof found === 'string' ? found : undefined;
}

function readEnvelope(body: Buffer): Envelope {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    value = undefined;
  }
  const event = (value ?? {}) as Partial<Envelope>;
  if (typeof event.id === 'string' && typeof event.type === 'string' && 'data' in event)
    return event as Envelope;
  throw new ProviderError('invalid', 'the body is no Whop event', { code: 'not_an_event' });
}

function dateOf(timestamp: unknown): Date | undefined {
  const date = typeof timestamp === 'string' ? new Date(timestamp) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}
