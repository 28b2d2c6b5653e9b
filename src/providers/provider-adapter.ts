import type { Money } from '../domain/money.js';
import type {
  Attempt,
  ChargeRequest,
  ChargeResult,
  CheckoutRequest,
  CustomerPush,
  InvoicePush,
  RemoteCheckout,
  RemoteCustomer,
  RemoteInvoice,
  RemotePayment,
  RefundRequest,
  RemovedCustomer,
  RemotePaymentMethod,
  RemoteRefund,
  RemoteReversals,
  RemoteSetup,
  SetupRequest,
  Withdrawal,
} from './provider-objects.js';
import type { DecidedPayment, MadeInvoice, OpenInvoice } from './provider-lists.js';
import type { CallLimits } from './call-gate.js';
import type { LocatedNews, ProviderEvent } from './provider-event.js';
import type { PlanPush, RemotePlan, RemotePlanPage } from './provider-catalogue.js';
import type { RemoteSubscription, SubscriptionUpdate } from './provider-subscriptions.js';

/**
 * The contract between billing and a payment provider. An adapter is a stateless value: no database, no Nest,
 * no clock and no HTTP client of its own beyond its SDK. What it cannot do, it leaves out: a missing
 * operation group is a missing capability, and callers ask by looking.
 *
 * Laws, checked for every adapter by the contract suite in `src/testing.ts`:
 * 1. One call is one attempt. The engine retries, never the adapter; retries of the SDK are switched off.
 * 2. Twice with one {@link Attempt.key} is one remote object, even when the first answer was lost or the
 *    provider has forgotten the key. Without provider idempotency the adapter looks for its earlier work first.
 * 3. A decline is a value. An exception means that the outcome is a failure ({@link ProviderError} of a kind
 *    that says so) or unknown (`unavailable`). An unknown remote status means `pending`.
 * 4. `verify` has no silent unsigned mode. `parse` never throws on an unknown type: it answers `ignored`.
 * 5. {@link ProviderEvent} is a closed union; events that say "changed" carry ids only and are re-fetched.
 */
export interface ProviderAdapter {
  /** Lower-case name, used in routes, mappings and metadata: `stripe`. */
  readonly provider: string;
  readonly displayName: string;
  /** Drives validation, sealing, redaction, the OpenAPI description and the console's form. */
  readonly credentialFields: readonly CredentialField[];
  /**
   * What it can keep in step, and in which direction; said without opening a session, for the API and the console.
   * The contract suite holds it against the groups that a session has.
   */
  readonly capabilities: ProviderCapabilities;
  /**
   * How many calls a second the provider takes of one connection, where that is little or nowhere published. Calls
   * wait for their turn ({@link ProviderRuntime.turn}), and what is to be pushed waits in line. An operator can set another.
   */
  readonly requestsPerSecond?: number;
  /** Hosts or base URL that this adapter talks to when none is configured. */
  readonly defaultBaseUrl: string;
  readonly webhooks: ProviderWebhooks;
  /** Undefined: the provider publishes no limits, and its refusals alone tell. */
  rateLimits?(credentials: Readonly<Record<string, string>>): ProviderRateLimits;
  /** Opens a session for one connection. Does no I/O. */
  open(connection: ProviderConnection, runtime: ProviderRuntime): ProviderSession;
}

export interface ProviderRateLimits extends CallLimits {
  /** Where an account has several that are counted apart: `test` and `live`. */
  readonly mode: string;
}

export interface Capability {
  readonly inbound: boolean;
  readonly outbound: boolean;
}

export interface ProviderCapabilities {
  readonly customer: Capability;
  readonly plan: Capability;
  readonly invoice: Capability;
  readonly subscription: Capability;
  readonly payment: Capability;
}

export interface CredentialField {
  /** Canonical name: `secret_key`. */
  readonly name: string;
  readonly label: string;
  readonly description: string;
  /** Sealed at rest and answered as `last4` only. A field that is not secret is stored and echoed as it is. */
  readonly secret: boolean;
  readonly required: boolean;
  /** What a value looks like; a value that does not match is refused before any call. */
  readonly pattern?: RegExp;
  readonly example: string;
  /** `webhook` secrets overlap during a rotation: the previous one stays valid for a while. */
  readonly role?: 'api' | 'webhook';
  /** The session may write the field itself (`settings` in a result), so an empty one is not an error. */
  readonly managed?: boolean;
  /** What a new connection gets where the request says nothing. One that was made before the field was has none. */
  readonly initial?: string;
}

/** One connection as an adapter sees it: opened credentials, no identity of ours beyond its id. */
export interface ProviderConnection {
  readonly connectionId: string;
  readonly environmentId: string;
  /** All fields of {@link ProviderAdapter.credentialFields} that have a value, secrets opened. */
  readonly credentials: Readonly<Record<string, string>>;
}

export interface ProviderRuntime {
  /** Origin (and path prefix) to use instead of the provider's own: the sandbox, a proxy. */
  readonly baseUrl?: string;
  /** Limit of one HTTP call, in milliseconds. */
  readonly timeoutMs: number;
  /** The wall clock. Provider time is real time, whatever the environment's clock says. */
  now(): Date;
  /** Answers when the next call may go; awaited before each one. Throws `unavailable` when the work is not the caller's any more. */
  turn?(): Promise<void>;
  /** Every HTTP call asks first, where the adapter has told its limits. */
  readonly gate?: ProviderGate;
  /** Called once for each HTTP call that was answered or given up, for the sync timeline and metrics. */
  onCall?(call: ProviderCall): void;
}

/** Keeps all sessions of one account, in this process, within its limits. */
export interface ProviderGate {
  /** Resolves when the call may go out, to a method and path template. Throws {@link ProviderError} `rate_limited`. */
  enter(endpoint: string): Promise<void>;
  /** The provider has refused a call as one too many. */
  hold(what: 'account' | { readonly endpoint: string }, ms: number): void;
}

export interface ProviderCall {
  readonly method: string;
  /** Path without query and without secrets. */
  readonly path: string;
  readonly status: number | undefined;
  readonly requestId: string | undefined;
  readonly durationMs: number;
  /** With a 429: no call of the connection goes before. */
  readonly retryAfterMs?: number | undefined;
}

export interface ProviderSession {
  /** One live, read-only call that proves the credentials. Throws {@link ProviderError} `auth` when they are refused. */
  verify(): Promise<ProviderAccount>;
  readonly customers?: CustomerOperations;
  readonly catalog?: CatalogOperations;
  readonly subscriptions?: SubscriptionOperations;
  readonly invoices?: InvoiceOperations;
  readonly payments?: PaymentOperations;
  /** What goes back, where the provider takes payments for its own invoices only and has no {@link payments}. */
  readonly reversals?: ReversalOperations;
  readonly webhookEndpoints?: WebhookEndpointOperations;
  /**
   * For events that only name an object (`object.changed`): what is to be read again because of it, as a refund belongs to
   * its payment. Null when it is gone, or belongs to nothing that is kept in step.
   */
  locate?(resource: string, remoteId: string): Promise<LocatedNews | null>;
}

export interface ProviderAccount {
  /** Id of the account at the provider, or undefined where its API does not tell. */
  readonly accountId: string | undefined;
  /** False for a test account or a test key; undefined where the provider does not say. */
  readonly livemode: boolean | undefined;
  /** Non-secret settings that the check has found out and that are to be stored on the connection. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface CustomerOperations {
  /**
   * Before a remote customer that was there already is written to, it is claimed: nobody else of ours may have it. False
   * means that somebody has, and it is left as it is. Left out: there is nobody else.
   */
  push(
    customer: CustomerPush,
    attempt: Attempt,
    claim?: (remoteId: string) => Promise<boolean>,
  ): Promise<RemoteCustomer>;
  /** Null when the provider has never heard of it. */
  fetch(remoteId: string): Promise<RemoteCustomer | null>;
  /**
   * Writes only whose it is on one that was made there and is one of ours since, so that nobody else adopts it. What it
   * is called there is left alone. Refused as a `conflict` when it is somebody else's by now.
   */
  mark?(
    remoteId: string,
    customer: Pick<CustomerPush, 'customerId' | 'externalId'>,
    attempt: Attempt,
  ): Promise<RemoteCustomer>;
  /**
   * The customer was deleted here. One that we have made is deleted; one that was there before us, or that other
   * business depends on, only loses our marks. Already gone is success.
   */
  remove?(remoteId: string, customerId: string, attempt: Attempt): Promise<RemovedCustomer>;
}

export interface CatalogOperations {
  /** With all its prices, archived ones too. Null when the provider has no such plan, or not any more. */
  fetchPlan(remoteId: string): Promise<RemotePlan | null>;
  /** Those that are offered now, some to a page, from the first or from where another page has ended. */
  listPlans?(after: string | undefined): Promise<RemotePlanPage>;
  /**
   * Made, matched by our mark, or changed; prices that are missing there are made, those that have ended are archived.
   * What the provider has of its own beside them is left alone.
   */
  push?(plan: PlanPush, attempt: Attempt): Promise<RemotePlan>;
}

export interface SubscriptionOperations {
  /** Null when the provider has never heard of it. */
  fetch(remoteId: string): Promise<RemoteSubscription | null>;
  /**
   * Makes a subscription that the provider has what it is to be. Nothing is ever made by it: a subscription of our
   * own making there would bill the customer twice.
   */
  update?(remoteId: string, wish: SubscriptionUpdate, attempt: Attempt): Promise<RemoteSubscription>;
}

export interface InvoiceOperations {
  /**
   * What has to exist once per connection before the first push (a product that invoices hang on).
   * Its settings are stored on the connection and come back in `credentials`. Called before each push,
   * so it must answer without a call when there is nothing to do. Its settings are stored at once, whatever becomes
   * of the push. With `again`, what was known does not hold any more: the push is tried again with the settings.
   */
  prepare?(
    attempt: Attempt,
  ): Promise<{ readonly settings: Readonly<Record<string, string>>; readonly again?: string } | undefined>;
  /**
   * False while {@link prepare} has something to make: then one push of the connection goes ahead, and the others wait
   * for it. Left out: nothing is made that two pushes at once could make twice.
   */
  readonly isPrepared?: boolean;
  /** Whether a push needs a mapped remote customer. */
  readonly needsCustomer: boolean;
  /** Draft, lines, check of the total, finalize: complete or an exception; a half-made draft is completed by the next try. */
  push(invoice: InvoicePush, attempt: Attempt): Promise<RemoteInvoice>;
  /** The push is not wanted any more: whatever its tries have made is taken back. Left out: it is completed, and undone after. */
  withdraw?(invoice: InvoicePush, attempt: Attempt): Promise<Withdrawal>;
  /**
   * Null when the provider has never heard of it. With `thorough`, adjustments are looked for also where nothing of the
   * invoice says that there are any: some are known, and may have been released.
   */
  fetch(remoteId: string, thorough?: boolean): Promise<RemoteInvoice | null>;
  /** The invoice that a payment was for, where payments are no group of their own. Null when there is none. */
  ofPayment?(remotePaymentId: string): Promise<RemoteInvoice | null>;
  /**
   * Settles what remains without collecting it. Already paid is success. What it has settled is never told as a payment
   * or an adjustment after, or as one that `mayBeOurs`.
   */
  markPaid?(remoteId: string, attempt: Attempt): Promise<RemoteInvoice>;
  /**
   * Brings what an open invoice still asks for down to `remaining`: a part was settled away from the provider. One that
   * asks for no more than that, or is open no longer, is success.
   */
  settlePart?(remoteId: string, remaining: Money, attempt: Attempt): Promise<RemoteInvoice>;
  /** Already void is success. */
  void?(remoteId: string, attempt: Attempt): Promise<RemoteInvoice>;
  /** Invoices that were settled at the provider since, for the reconciler: what a lost webhook would have said. */
  listSettled?(since: Date): AsyncIterable<{ readonly remoteId: string }>;
  /**
   * Instead of {@link listSettled}, where the provider cannot tell when an invoice was settled: those made since that
   * are not settled yet, the oldest first. What is ours, was open and is not in here, has been settled.
   */
  listOpen?(since: Date): AsyncIterable<OpenInvoice>;
  /**
   * All invoices made since that carry an id of ours, many to a call: for the pages that a push has left out
   * ({@link InvoicePush.pageLater}), and for the second ones that a request has made which was believed lost.
   */
  listMade?(since: Date): AsyncIterable<MadeInvoice>;
}

/** What goes back of payments, whoever has taken them. */
export interface ReversalOperations {
  /** Null when the provider has no such payment, or it is none of ours. */
  fetch(remotePaymentId: string): Promise<{ readonly reversals?: RemoteReversals } | null>;
  /** As of {@link PaymentOperations}. */
  refund?(request: RefundRequest, attempt: Attempt): Promise<RemoteRefund>;
  listReversed?(since: Date): AsyncIterable<{
    readonly remotePaymentId: string;
    readonly reversals: RemoteReversals;
  }>;
}

export const reversalsOf = ({ payments, reversals }: ProviderSession): ReversalOperations | undefined =>
  payments ?? reversals;

export interface PaymentOperations {
  createCheckout(request: CheckoutRequest, attempt: Attempt): Promise<RemoteCheckout>;
  fetchCheckout(remoteId: string): Promise<RemoteCheckout | null>;
  /** Ends an open hosted page. Already complete or expired is success; the answer says which. */
  expireCheckout?(remoteId: string, attempt: Attempt): Promise<RemoteCheckout>;
  createSetup(request: SetupRequest, attempt: Attempt): Promise<RemoteCheckout>;
  fetchSetup(remoteId: string): Promise<RemoteSetup | null>;
  setDefaultMethod(remoteCustomerId: string, remoteMethodId: string, attempt: Attempt): Promise<void>;
  /** Off-session charge of a saved method. */
  charge(request: ChargeRequest, attempt: Attempt): Promise<ChargeResult>;
  /** With what has gone back of it, where the provider can give back at all. */
  fetch(remoteId: string): Promise<RemotePayment | null>;
  /** Gives money back the way it came. What the provider will not give back is {@link ProviderError} `invalid` or `conflict`. */
  refund?(request: RefundRequest, attempt: Attempt): Promise<RemoteRefund>;
  /** Refunds and disputes that were made or have changed since, as they were last told; for the reconciler. */
  listReversed?(since: Date): AsyncIterable<{
    readonly remotePaymentId: string;
    readonly reversals: RemoteReversals;
  }>;
  /** Payments and pages of ours on which the last word was said since; for the reconciler: what a lost webhook would have said. */
  listFinalized?(since: Date): AsyncIterable<DecidedPayment>;
  listMethods(remoteCustomerId: string): Promise<readonly RemotePaymentMethod[]>;
  /** Whose a saved method is; of one that was detached nobody's. Null when the provider has never heard of it. */
  fetchMethodOwner?(
    remoteMethodId: string,
  ): Promise<{ readonly remoteCustomerId: string | undefined } | null>;
}

export interface WebhookEndpointOperations {
  /** Registers our URL; the secret is in this answer only. */
  register(url: string, attempt: Attempt): Promise<{ readonly remoteId: string; readonly secret: string }>;
  /**
   * The endpoint whose URL ends with one of these paths, as the provider keeps it. Null when there is none. Left out: the
   * provider does not tell what becomes of its deliveries.
   */
  inspect?(paths: readonly string[]): Promise<RemoteWebhookEndpoint | null>;
  /** Switches it on again. */
  enable?(remoteId: string): Promise<void>;
  /** Has what failed since be told again, under the same event ids. */
  replay?(remoteId: string, since: Date, attempt: Attempt): Promise<void>;
}

export interface RemoteWebhookEndpoint {
  readonly remoteId: string;
  readonly url: string;
  readonly enabled: boolean;
  /** When the provider has switched it off by itself, and why. Undefined when it is on, or a person has switched it off. */
  readonly disabled: { readonly at: Date; readonly reason: string } | undefined;
  /** No delivery was accepted since. */
  readonly failingSince: Date | undefined;
  /** How many deliveries in a row were not. */
  readonly failures: number;
  /** When the provider last gave one up. */
  readonly lastFailureAt: Date | undefined;
}

export interface IncomingWebhook {
  /** The bytes as they came; a parsed and re-printed body does not verify. */
  readonly body: Buffer;
  /** Lower-case names; repeated headers joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly receivedAt: Date;
}

export type WebhookVerdict =
  | { readonly verified: true }
  | { readonly verified: false; readonly reason: 'missing' | 'stale' | 'mismatch' | 'malformed' };

export interface ProviderWebhooks {
  /** The credential field that holds the signing secret. */
  readonly secretField: string;
  /** Events to subscribe to, by the provider's names; for documentation and for registering an endpoint. */
  readonly events: readonly string[];
  /**
   * Whether a call may be taken as a hint while a connection has no secret at all. Nothing of a hint is trusted
   * but the id of the object it names, which is re-fetched with our key. With a secret set, there are no hints.
   */
  readonly unsignedHints: boolean;
  /** True when any of the secrets verifies. No secret at all is `mismatch`, never a pass. */
  verify(webhook: IncomingWebhook, secrets: readonly string[]): WebhookVerdict;
  /** Pure. Throws {@link ProviderError} `invalid` only for a body that is not an event of this provider at all. */
  parse(body: Buffer): ProviderEvent;
}
