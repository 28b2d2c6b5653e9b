import { createHmac, timingSafeEqual } from 'node:crypto';
import { ProviderError, type ProviderWebhooks } from 'flexprice-nest';

/** `acme-signature: <seconds>,<hex of an HMAC over "<seconds>." and the body>`, at most five minutes off. */
export const acmeWebhooks: ProviderWebhooks = {
  secretField: 'webhook_secret',
  events: ['invoice.paid', 'invoice.voided'],
  unsignedHints: false,
  verify: ({ body, headers, receivedAt }, secrets) => {
    const usable = secrets.filter((secret) => secret !== '');
    if (usable.length === 0) return { verified: false, reason: 'mismatch' };
    const header = headers['acme-signature'];
    if (header === undefined) return { verified: false, reason: 'missing' };
    const [, seconds, hex] = /^(\d{1,12}),([0-9a-f]{64})$/.exec(header) ?? [];
    if (seconds === undefined || hex === undefined) return { verified: false, reason: 'malformed' };
    const digest = (secret: string): Buffer =>
      createHmac('sha256', secret).update(`${seconds}.`).update(body).digest();
    if (!usable.some((secret) => timingSafeEqual(Buffer.from(hex, 'hex'), digest(secret))))
      return { verified: false, reason: 'mismatch' };
    const off = Math.abs(receivedAt.getTime() / 1000 - Number(seconds));
    return off > 300 ? { verified: false, reason: 'stale' } : { verified: true };
  },
  parse: (body) => {
    const { id, type, invoice } = readEvent(body);
    const base = { id, type, occurredAt: undefined, livemode: undefined };
    return type.startsWith('invoice.') && invoice !== undefined
      ? { ...base, kind: 'invoice.changed', remoteId: invoice }
      : { ...base, kind: 'ignored', reason: `${type} is nothing that is kept in step` };
  },
};

function readEvent(body: Buffer): { id: string; type: string; invoice: string | undefined } {
  let event: { id?: unknown; type?: unknown; invoice?: unknown } | null;
  try {
    event = JSON.parse(body.toString('utf8')) as { id?: unknown; type?: unknown; invoice?: unknown } | null;
  } catch {
    event = null; // no JSON is no event
  }
  if (typeof event?.id !== 'string' || typeof event.type !== 'string')
    throw new ProviderError('invalid', 'the body is no Acme event', { code: 'not_an_event' });
  return {
    id: event.id,
    type: event.type,
    invoice: typeof event.invoice === 'string' ? event.invoice : undefined,
  };
}
