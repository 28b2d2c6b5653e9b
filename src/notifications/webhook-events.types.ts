/**
 * What is told, by the name under which it is told. The names are those of the published event catalogue
 * (docs.flexprice.io, November 2026) where it has one; those after the empty line are ours.
 */
export const EVENT_TYPES = [
  'customer.created',
  'customer.updated',
  'customer.deleted',
  'subscription.created',
  'subscription.draft.created',
  'subscription.activated',
  'subscription.updated',
  'subscription.paused',
  'subscription.resumed',
  'subscription.cancelled',
  'invoice.create.drafted',
  'invoice.update',
  'invoice.update.finalized',
  'invoice.update.payment',
  'invoice.update.voided',
  'invoice.communication.triggered',
  'payment.created',
  'payment.updated',
  'payment.pending',
  'payment.success',
  'payment.failed',
  'credit_note.created',
  'wallet.created',
  'wallet.updated',
  'wallet.terminated',
  'wallet.transaction.created',

  'credit_note.finalized',
  'credit_note.voided',
  'connection.paused',
  'connection.resumed',
  'connection.webhook_failed',
  'connection.webhook_recovered',
  'integration.sync_succeeded',
  'integration.sync_failed',
  'integration.sync_skipped',
  'webhook.test',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** Events of the house by what they may be told as; of several names, what has happened decides. */
const TOLD_AS: Readonly<Record<string, readonly EventType[]>> = {
  'customer.created': ['customer.created'],
  'customer.updated': ['customer.updated'],
  'customer.deleted': ['customer.deleted'],
  'subscription.created': ['subscription.created', 'subscription.draft.created'],
  'subscription.activated': ['subscription.activated'],
  'subscription.started': ['subscription.activated'],
  'subscription.trial_ended': ['subscription.updated'],
  'subscription.updated': ['subscription.updated'],
  'subscription.paused': ['subscription.paused'],
  'subscription.resumed': ['subscription.resumed'],
  'subscription.cancelled': ['subscription.cancelled'],
  'invoice.drafted': ['invoice.create.drafted'],
  'invoice.recomputed': ['invoice.update'],
  'invoice.updated': ['invoice.update'],
  'invoice.provider_voided': ['invoice.update'],
  'invoice.provider_written_off': ['invoice.update'],
  'invoice.provider_past_due': ['invoice.update'],
  'invoice.finalized': ['invoice.update.finalized'],
  'invoice.payment_changed': ['invoice.update.payment'],
  'invoice.paid': ['invoice.update.payment'],
  'invoice.voided': ['invoice.update.voided'],
  'invoice.communication_triggered': ['invoice.communication.triggered'],
  'payment.changed': [
    'payment.created',
    'payment.updated',
    'payment.pending',
    'payment.success',
    'payment.failed',
  ],
  'payment.refunded': ['payment.updated'],
  'payment.dispute_inquiry': ['payment.updated'],
  'payment.dispute_inquiry_closed': ['payment.updated'],
  'payment.dispute_open': ['payment.updated'],
  'payment.dispute_lost': ['payment.updated'],
  'payment.dispute_won': ['payment.updated'],
  'credit_note.created': ['credit_note.created'],
  'credit_note.finalized': ['credit_note.finalized'],
  'credit_note.voided': ['credit_note.voided'],
  'wallet.created': ['wallet.created'],
  'wallet.updated': ['wallet.updated'],
  'wallet.terminated': ['wallet.terminated'],
  'wallet.credits_missing': ['wallet.updated'],
  'wallet.credited': ['wallet.transaction.created'],
  'wallet.debited': ['wallet.transaction.created'],
  'connection.paused': ['connection.paused'],
  'connection.resumed': ['connection.resumed'],
  'connection.webhook_failed': ['connection.webhook_failed'],
  'connection.webhook_recovered': ['connection.webhook_recovered'],
  'integration.sync_succeeded': ['integration.sync_succeeded'],
  'integration.sync_failed': ['integration.sync_failed'],
  'integration.sync_skipped': ['integration.sync_skipped'],
};

/** What the outbox is asked for. */
export const HEARD_EVENTS: readonly string[] = Object.keys(TOLD_AS);

export const namesOf = (event: string): readonly EventType[] => TOLD_AS[event] ?? [];

const PAYMENTS: Readonly<Record<string, EventType>> = {
  INITIATED: 'payment.created',
  PENDING: 'payment.pending',
  PROCESSING: 'payment.pending',
  SUCCEEDED: 'payment.success',
  FAILED: 'payment.failed',
};

/** The name of a payment's change by the status that it has now. */
export const paymentEvent = (status: unknown): EventType => PAYMENTS[String(status)] ?? 'payment.updated';

/** Whether somebody who asked for these types hears of that one. Null: of all but tests, which go to one endpoint. */
export const wants = (asked: readonly string[] | null, type: EventType): boolean =>
  asked === null || asked.includes(type);
