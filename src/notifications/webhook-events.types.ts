import type { EventType } from '../domain/events.js';
import type { PaymentStatus } from '../domain/invoicing/invoice-states.js';

interface PublicName {
  /** The key of the body that shows the subject. */
  readonly subject: string;
  /** The outbox events that are sent under this name. Where an event has several names, what has happened decides. */
  readonly events: readonly EventType[];
}

/**
 * The names under which events are sent to the webhook endpoints of tenants. They are those of the published event catalogue
 * (docs.flexprice.io, November 2026) where it has one; those after the empty line are ours. The list of event types of the
 * API, the filter of an endpoint and the subscription of the outbox are all derived from here.
 */
export const WEBHOOK_EVENTS = {
  'customer.created': { subject: 'customer', events: ['customer.created'] },
  'customer.updated': { subject: 'customer', events: ['customer.updated'] },
  'customer.deleted': { subject: 'customer', events: ['customer.deleted'] },
  'subscription.created': { subject: 'subscription', events: ['subscription.created'] },
  'subscription.draft.created': { subject: 'subscription', events: ['subscription.created'] },
  'subscription.activated': {
    subject: 'subscription',
    events: ['subscription.activated', 'subscription.started'],
  },
  'subscription.updated': {
    subject: 'subscription',
    events: ['subscription.updated', 'subscription.trial_ended'],
  },
  'subscription.paused': { subject: 'subscription', events: ['subscription.paused'] },
  'subscription.resumed': { subject: 'subscription', events: ['subscription.resumed'] },
  'subscription.cancelled': { subject: 'subscription', events: ['subscription.cancelled'] },
  'invoice.create.drafted': { subject: 'invoice', events: ['invoice.drafted'] },
  'invoice.update': {
    subject: 'invoice',
    events: [
      'invoice.recomputed',
      'invoice.updated',
      'invoice.provider_voided',
      'invoice.provider_written_off',
      'invoice.provider_past_due',
    ],
  },
  'invoice.update.finalized': { subject: 'invoice', events: ['invoice.finalized'] },
  'invoice.update.payment': { subject: 'invoice', events: ['invoice.payment_changed', 'invoice.paid'] },
  'invoice.update.voided': { subject: 'invoice', events: ['invoice.voided'] },
  'invoice.communication.triggered': { subject: 'invoice', events: ['invoice.communication_triggered'] },
  'payment.created': { subject: 'payment', events: ['payment.changed'] },
  'payment.updated': {
    subject: 'payment',
    events: [
      'payment.changed',
      'payment.refunded',
      'payment.dispute_inquiry',
      'payment.dispute_inquiry_closed',
      'payment.dispute_open',
      'payment.dispute_lost',
      'payment.dispute_won',
    ],
  },
  'payment.pending': { subject: 'payment', events: ['payment.changed'] },
  'payment.success': { subject: 'payment', events: ['payment.changed'] },
  'payment.failed': { subject: 'payment', events: ['payment.changed'] },
  'credit_note.created': { subject: 'credit_note', events: ['credit_note.created'] },
  'wallet.created': { subject: 'wallet', events: ['wallet.created'] },
  'wallet.updated': { subject: 'wallet', events: ['wallet.updated', 'wallet.credits_missing'] },
  'wallet.terminated': { subject: 'wallet', events: ['wallet.terminated'] },
  'wallet.transaction.created': { subject: 'transaction', events: ['wallet.credited', 'wallet.debited'] },

  'credit_note.finalized': { subject: 'credit_note', events: ['credit_note.finalized'] },
  'credit_note.voided': { subject: 'credit_note', events: ['credit_note.voided'] },
  'connection.paused': { subject: 'connection', events: ['connection.paused'] },
  'connection.resumed': { subject: 'connection', events: ['connection.resumed'] },
  'connection.webhook_failed': { subject: 'connection', events: ['connection.webhook_failed'] },
  'connection.webhook_recovered': { subject: 'connection', events: ['connection.webhook_recovered'] },
  'integration.sync_succeeded': { subject: 'integration', events: ['integration.sync_succeeded'] },
  'integration.sync_failed': { subject: 'integration', events: ['integration.sync_failed'] },
  'integration.sync_skipped': { subject: 'integration', events: ['integration.sync_skipped'] },
  // Asked for by hand; sent to one endpoint.
  'webhook.test': { subject: 'endpoint', events: [] },
} as const satisfies Readonly<Record<string, PublicName>>;

export type WebhookEventType = keyof typeof WEBHOOK_EVENTS;
export type WebhookSubject = (typeof WEBHOOK_EVENTS)[WebhookEventType]['subject'];
/** The outbox events that may be sent. */
export type SubscribedEvent = (typeof WEBHOOK_EVENTS)[WebhookEventType]['events'][number];

export const WEBHOOK_EVENT_TYPES = Object.keys(WEBHOOK_EVENTS) as WebhookEventType[];

const PUBLIC_NAMES: ReadonlyMap<string, WebhookEventType[]> = WEBHOOK_EVENT_TYPES.reduce((names, name) => {
  for (const event of WEBHOOK_EVENTS[name].events) names.set(event, [...(names.get(event) ?? []), name]);
  return names;
}, new Map<string, WebhookEventType[]>());

export const SUBSCRIBED_EVENTS = [...PUBLIC_NAMES.keys()] as SubscribedEvent[];

/** The public names of an event, in the order of the catalogue. */
export const namesOf = (event: SubscribedEvent): readonly WebhookEventType[] => PUBLIC_NAMES.get(event) ?? [];

const PAYMENTS = {
  INITIATED: 'payment.created',
  PENDING: 'payment.pending',
  PROCESSING: 'payment.pending',
  SUCCEEDED: 'payment.success',
  FAILED: 'payment.failed',
  OVERPAID: 'payment.updated',
  PARTIALLY_REFUNDED: 'payment.updated',
  REFUNDED: 'payment.updated',
  VOIDED: 'payment.updated',
} as const satisfies Readonly<Record<PaymentStatus, WebhookEventType>>;

/** The name of a payment's change by the status that it has now. */
export const paymentEvent = (status: PaymentStatus): WebhookEventType => PAYMENTS[status];

/** Whether an endpoint with that filter gets events of that name. Null: all but tests, which go to one endpoint. */
export const isSubscribed = (filter: readonly WebhookEventType[] | null, type: WebhookEventType): boolean =>
  filter === null || filter.includes(type);
