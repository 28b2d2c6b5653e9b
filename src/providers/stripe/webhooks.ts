import type { IncomingWebhook, ProviderWebhooks, WebhookVerdict } from '../provider-adapter.js';
import { ProviderError } from '../provider-error.js';
import type { LocatedNews, ProviderEvent, ProviderNews } from '../provider-event.js';
import { verdictOf } from '../provider-signatures.js';
import { isLocated } from './locate.js';
import { REVERSING_EVENTS } from './reversals.js';

/** What an endpoint has to subscribe to. */
export const STRIPE_EVENTS: readonly string[] = [
  'customer.created',
  'customer.updated',
  'customer.deleted',
  'product.created',
  'product.updated',
  'product.deleted',
  'price.created',
  'price.updated',
  'price.deleted',
  'customer.subscription.created',
  'customer.subscription.updated',
  'customer.subscription.deleted',
  'customer.subscription.paused',
  'customer.subscription.resumed',
  'customer.subscription.trial_will_end',
  'customer.subscription.pending_update_applied',
  'invoice.finalized',
  'invoice.updated',
  'invoice.paid',
  'invoice.payment_failed',
  'invoice.payment_action_required',
  'invoice.voided',
  'invoice.marked_uncollectible',
  'invoice.overpaid',
  'invoice.deleted',
  'invoice_payment.paid',
  'payment_intent.succeeded',
  'payment_intent.payment_failed',
  'payment_intent.requires_action',
  'payment_intent.processing',
  'payment_intent.canceled',
  'checkout.session.completed',
  'checkout.session.async_payment_succeeded',
  'checkout.session.async_payment_failed',
  'checkout.session.expired',
  'setup_intent.succeeded',
  'setup_intent.setup_failed',
  'charge.refunded',
  'credit_note.created',
  'credit_note.updated',
  'credit_note.voided',
  'payment_method.attached',
  'payment_method.detached',
  'payment_method.updated',
  'payment_method.automatically_updated',
  ...REVERSING_EVENTS,
];

export const stripeWebhooks: ProviderWebhooks = {
  secretField: 'webhook_secret',
  events: STRIPE_EVENTS,
  unsignedHints: false,
  verify,
  parse,
};

/**
 * The scheme of Stripe's documentation, for which its SDK has a function of its own: that one reads a clock that no test can
 * set, lets a signature through that is dated ahead, and takes twice as long.
 */
function verify(webhook: IncomingWebhook, secrets: readonly string[]): WebhookVerdict {
  const usable = secrets.filter((secret) => secret.trim() !== '');
  if (usable.length === 0) return { verified: false, reason: 'mismatch' };
  const header = webhook.headers['stripe-signature'];
  if (header === undefined || header === '') return { verified: false, reason: 'missing' };
  const signed = readHeader(header);
  if (signed === undefined) return { verified: false, reason: 'malformed' };
  return verdictOf(webhook, usable, { ...signed, prefix: `${signed.time}.` });
}

const SIGNATURE = /^v1=[0-9a-f]{64}$/;

/** Undefined unless the header has one time and a signature. With two times, one could be signed and the other fresh. */
function readHeader(header: string): { time: string; signatures: Buffer[] } | undefined {
  let time: string | undefined;
  const signatures: Buffer[] = [];
  for (const part of header.split(',')) {
    if (SIGNATURE.test(part)) signatures.push(Buffer.from(part.slice(3), 'hex'));
    else if (part.startsWith('t=')) {
      if (time !== undefined) return undefined;
      time = part.slice(2);
    }
  }
  if (time === undefined || signatures.length === 0 || !/^\d{1,15}$/.test(time)) return undefined;
  return { time, signatures };
}

interface Envelope {
  readonly id: string;
  readonly object: string;
  readonly type: string;
  readonly created?: unknown;
  readonly livemode?: unknown;
  readonly data?: { readonly object?: unknown };
  readonly related_object?: unknown;
}

function parse(body: Buffer): ProviderEvent {
  const { id, object, type, created, livemode, data, related_object: related } = readEnvelope(body);
  const base = {
    id,
    type,
    occurredAt: occurredAt(created),
    livemode: typeof livemode === 'boolean' ? livemode : undefined,
  };
  if (object !== 'event') return { ...base, ...thinNews(type, related) };
  const subject = data?.object;
  const found = typeof subject === 'object' && subject !== null ? kindOf(type, subject) : undefined;
  return found === undefined
    ? { ...base, kind: 'ignored', reason: reasonOf(type) }
    : { ...base, kind: found.kind, remoteId: found.remoteId };
}

function readEnvelope(body: Buffer): Envelope {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    value = undefined;
  }
  const event = (value ?? {}) as Partial<Envelope>;
  if (typeof event.id === 'string' && typeof event.type === 'string' && EVENT_OBJECTS.has(event.object))
    return event as Envelope;
  throw new ProviderError('invalid', 'the body is no Stripe event', { code: 'not_an_event' });
}

const EVENT_OBJECTS = new Set<unknown>(['event', 'v2.core.event']);

/** Seconds in events, a timestamp in thin ones. */
function occurredAt(created: unknown): Date | undefined {
  if (typeof created === 'number') return new Date(created * 1000);
  const date = typeof created === 'string' ? new Date(created) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}

type Kind = LocatedNews;

/** By what the event is about, not by its name: a name that is not known yet still says which object to read again. */
const CHANGED = new Map([
  ['customer', 'customer.changed'],
  ['product', 'plan.changed'],
  ['subscription', 'subscription.changed'],
  ['invoice', 'invoice.changed'],
  ['payment_intent', 'payment.changed'],
  ['checkout.session', 'checkout.changed'],
  ['setup_intent', 'setup.changed'],
] as const);

/**
 * A thin event carries no object: it names one (docs.stripe.com/event-destinations). What stands for itself is read by its
 * id, what belongs to another is looked up first.
 */
function thinNews(type: string, related: unknown): ProviderNews {
  const { id: remoteId, type: resource } = (related ?? {}) as Readonly<Record<string, unknown>>;
  const snapshot = type.replace(/^v1\./, '');
  if (snapshot === type || typeof remoteId !== 'string' || typeof resource !== 'string')
    return { kind: 'ignored', reason: `${type} is nothing that is kept in step` };
  if (isLocated(resource) && !(resource === 'charge' && snapshot !== 'charge.refunded'))
    return { kind: 'object.changed', resource, remoteId };
  return (
    kindOf(snapshot, { object: resource, id: remoteId }) ?? { kind: 'ignored', reason: reasonOf(snapshot) }
  );
}

export function kindOf(type: string, subject: object): Kind | undefined {
  const {
    object,
    id,
    invoice,
    product,
    payment_intent: intent,
  } = subject as Readonly<Record<string, unknown>>;
  // Money that goes back is told with the payment it was.
  if (object === 'refund' || object === 'dispute' || type === 'charge.refunded')
    return typeof intent === 'string' ? { kind: 'payment.changed', remoteId: intent } : undefined;
  if (object === 'invoice_payment' || object === 'credit_note')
    return typeof invoice === 'string' ? { kind: 'invoice.changed', remoteId: invoice } : undefined;
  // A method that was detached names nobody: it is found by itself, and otherwise with all of its customer's.
  if (object === 'payment_method' && typeof id === 'string') return { kind: 'method.changed', remoteId: id };
  // A price is read with its product: a new one alone does not say what it is a price of.
  if (object === 'price')
    return typeof product === 'string' ? { kind: 'plan.changed', remoteId: product } : undefined;
  const kind = (CHANGED as ReadonlyMap<unknown, Kind['kind']>).get(object);
  if (typeof id !== 'string' || kind === undefined) return undefined;
  return { kind: type === 'customer.deleted' ? type : kind, remoteId: id };
}

const REASONS: readonly (readonly [string, string])[] = [
  ['invoice.upcoming', 'a preview, which has no id'],
  ['charge.', 'charges are told of by their payment'],
  ['refund.', 'a refund of a charge without a payment intent, which is none of ours'],
];

function reasonOf(type: string): string {
  return REASONS.find(([start]) => type.startsWith(start))?.[1] ?? `${type} is nothing that is kept in step`;
}
