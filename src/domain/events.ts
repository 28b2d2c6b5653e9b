import type { InvoiceBillingReason } from './invoicing/zero-rules.js';
import type { PaymentStatus } from './invoicing/invoice-states.js';
import type { RefundState } from './paying/reversal-states.js';
import type { TransactionReason } from './wallets/wallet-kinds.js';

/**
 * The events that a service may append to the outbox: the type of the entity, and the payload. The names and payloads are
 * stored, so a change of either needs a migration. Events carry ids: a reader looks at the present state. Behind each: what
 * has happened; who reads it ("webhooks" are those of the tenant, see notifications/webhook-events.types.ts).
 *
 * A host application adds its own events by declaration merging, see decisions/0036-typed-events-and-jobs.md.
 */
export interface EventMap {
  /** A customer was created. Webhooks; providers get it (sync.plan); default taxes are copied to it (taxes.inherit). */
  'customer.created': Of<'customer', CustomerChange>;
  /** Its fields changed. Webhooks; providers get it (sync.plan). */
  'customer.updated': Of<'customer', CustomerChange>;
  /** It was deleted. Webhooks; it is deleted at providers (sync.plan). */
  'customer.deleted': Of<'customer', CustomerChange>;

  /** A plan was created. Providers get it (sync.plan_catalogue). */
  'plan.created': Of<'plan'>;
  /** Its fields or its state changed. Providers get it (sync.plan_catalogue). */
  'plan.updated': Of<'plan'>;
  /** It was deleted. Providers get it (sync.plan_catalogue). */
  'plan.deleted': Of<'plan'>;
  /** All subscriptions of the plan have been given its present prices. Nobody reads it. */
  'plan.prices_synced': Of<
    'plan',
    { readonly run_id: string; readonly changed: number; readonly failed: number }
  >;
  /** A price was created. Providers get its plan (sync.plan_catalogue). */
  'price.created': Of<'price'>;
  /** Another price took its place. Providers get its plan (sync.plan_catalogue). */
  'price.replaced': Of<'price', { readonly replaced_by: string }>;
  /** Nothing is charged by it after an instant. Providers get its plan (sync.plan_catalogue). */
  'price.ended': Of<'price'>;

  /** A subscription was created, perhaps as a draft. Webhooks. */
  'subscription.created': Of<'subscription'>;
  /** A draft was activated, or the first invoice of an incomplete one was paid. Webhooks. */
  'subscription.activated': Of<'subscription'>;
  /** Its start date has come. Webhooks. */
  'subscription.started': Of<'subscription'>;
  /** Its trial is over. Webhooks. */
  'subscription.trial_ended': Of<'subscription'>;
  /** Its lines or its terms changed. Webhooks; the provider that it came from gets it (sync.plan_subscription). */
  'subscription.updated': Of<'subscription'>;
  /** A pause began. Webhooks; the provider that it came from gets it (sync.plan_subscription). */
  'subscription.paused': Of<'subscription'>;
  /** A pause ended. Webhooks; the provider that it came from gets it (sync.plan_subscription). */
  'subscription.resumed': Of<'subscription'>;
  /** It ended. Webhooks; the provider that it came from (sync.plan_subscription); subscription.scheduled_change. */
  'subscription.cancelled': Of<'subscription'>;
  /** A plan change that was scheduled could not be carried out. Nobody reads it. */
  'subscription.plan_change_failed': Of<'subscription'>;

  /** A draft was created. Webhooks. */
  'invoice.drafted': Of<'invoice'>;
  /** A period has nothing to charge for: its invoice was stored as SKIPPED. Nobody reads it. */
  'invoice.skipped': Of<'invoice'>;
  /** A draft was computed again. Webhooks. */
  'invoice.recomputed': Of<'invoice'>;
  /** A person changed its fields. Webhooks. */
  'invoice.updated': Of<'invoice'>;
  /** It got its number and is owed. Webhooks; providers get it (sync.plan). */
  'invoice.finalized': Of<'invoice'>;
  /** What is paid of it changed, without paying all of it. Webhooks; providers get it (sync.plan). */
  'invoice.payment_changed': Of<'invoice', InvoicePaymentChange>;
  /** All of it is paid. Webhooks; providers (sync.plan); subscription.first_payment; wallet.invoice_settled. */
  'invoice.paid': Of<'invoice', InvoicePayment>;
  /** It was voided here. Webhooks; it is voided at providers (sync.plan); wallet.invoice_settled. */
  'invoice.voided': Of<'invoice'>;
  /** Somebody asked to send it to its customer. Webhooks. */
  'invoice.communication_triggered': Of<'invoice'>;
  /** A provider voided it. Webhooks. */
  'invoice.provider_voided': Of<'invoice', AtProvider>;
  /** A provider gave it up. Webhooks. */
  'invoice.provider_written_off': Of<'invoice', AtProvider>;
  /** A provider calls it past due. Webhooks. */
  'invoice.provider_past_due': Of<'invoice', AtProvider>;

  /** A payment was created, or has another status. Webhooks. */
  'payment.changed': Of<'payment', { readonly status: PaymentStatus }>;
  /** Some of its money goes back, or the state of such a refund changed. Webhooks. */
  'payment.refunded': Of<'payment', { readonly status: RefundState; readonly gateway_refund_id: string }>;
  /** The customer's bank asks about it; no money moves. Webhooks. */
  'payment.dispute_inquiry': Of<'payment', Dispute>;
  /** The customer's bank asks no more. Webhooks. */
  'payment.dispute_inquiry_closed': Of<'payment', Dispute>;
  /** The customer's bank wants its money back. Webhooks. */
  'payment.dispute_open': Of<'payment', Dispute>;
  /** The customer's bank has got the money back. Webhooks. */
  'payment.dispute_lost': Of<'payment', Dispute>;
  /** The money stays here. Webhooks. */
  'payment.dispute_won': Of<'payment', Dispute>;

  /** A credit note was created as a draft. Webhooks. */
  'credit_note.created': Of<'credit_note'>;
  /** It took effect. Webhooks. */
  'credit_note.finalized': Of<'credit_note'>;
  /** It was voided. Webhooks. */
  'credit_note.voided': Of<'credit_note'>;

  /** A wallet was created. Webhooks; the automatic top-up looks at it (wallet.auto_topup). */
  'wallet.created': Of<'wallet'>;
  /** Its settings changed. Webhooks; the automatic top-up looks at it (wallet.auto_topup). */
  'wallet.updated': Of<'wallet'>;
  /** It was closed for good. Webhooks. */
  'wallet.terminated': Of<'wallet'>;
  /** Credits came in. Webhooks. */
  'wallet.credited': Of<'wallet', Movement>;
  /** Credits went out. Webhooks; the automatic top-up looks at it (wallet.auto_topup). */
  'wallet.debited': Of<'wallet', Movement>;
  /** Money of a purchase went back, and its credits are spent already. Webhooks. */
  'wallet.credits_missing': Of<'wallet', { readonly invoice_id: string; readonly missing_credits: string }>;

  /** A provider was connected. The reconciler begins to poll it (reconcile.begin). */
  'connection.created': Of<'connection'>;
  /** The provider refuses the credentials. Webhooks. */
  'connection.paused': Of<'connection'>;
  /** It accepts them again. Webhooks; what waited for it is sent (sync.plan). */
  'connection.resumed': Of<'connection'>;
  /** The webhook of the provider to this server began to fail. Webhooks. */
  'connection.webhook_failed': Of<'connection'>;
  /** It works again. Webhooks. */
  'connection.webhook_recovered': Of<'connection'>;

  /** A provider was given what an operation was to send. Webhooks. */
  'integration.sync_succeeded': Of<SyncedEntity, FinishedSync>;
  /** The provider refused it for good. Webhooks. */
  'integration.sync_failed': Of<SyncedEntity, FinishedSync>;
  /** Nothing was sent. Webhooks. */
  'integration.sync_skipped': Of<SyncedEntity, FinishedSync>;
}

export type EventType = keyof EventMap;

/** The events of one type of entity. */
export type EventTypeOf<Entity extends string> = {
  [T in EventType]: EventMap[T]['entityType'] extends Entity ? T : never;
}[EventType];

interface Of<Entity extends string, Payload extends object = object> {
  readonly entityType: Entity;
  readonly payload: Payload;
}

interface CustomerChange {
  readonly revision: number;
  /** The connection that the change came from; absent when it was made here. */
  readonly origin?: string;
}

interface InvoicePaymentChange {
  /** The connection that took the payment, and so knows of it; null for none. */
  readonly paid_through: string | null;
  /** Absent when a person only set the payment status. */
  readonly billing_reason?: InvoiceBillingReason;
}

type InvoicePayment = Required<InvoicePaymentChange>;

interface AtProvider {
  readonly connection_id: string;
  readonly provider: string;
  readonly provider_entity_id: string;
}

interface Dispute {
  readonly gateway_dispute_id: string;
}

interface Movement {
  readonly transaction_id: string;
  readonly reason: TransactionReason;
}

/** Whatever an operation of the sync engine can be about. */
type SyncedEntity =
  | 'customer'
  | 'plan'
  | 'invoice'
  | 'subscription'
  | 'payment'
  | 'credit_note'
  | 'addon'
  | 'item'
  | 'item_price'
  | 'price'
  | 'invoice_line_item'
  | 'subscription_line_item';

interface FinishedSync {
  readonly operation_id: string;
  readonly connection_id: string;
  readonly provider: string;
  readonly action: string;
}
