import type { Money } from '../domain/money.js';
import type { ProviderAdapter, ProviderConnection, ProviderRuntime } from '../providers/provider-adapter.js';
import type { ProviderEvent } from '../providers/provider-event.js';
import type { RemoteInvoiceStatus } from '../providers/provider-objects.js';

/**
 * What the suite needs of an adapter's author: connections to a stand-in of the provider, and the strings to pull on
 * it. A stand-in is a server on loopback or a piece of memory; the suite does not care. What is left out is a law
 * that cannot be shown, and its cases are left out with it.
 */
export interface ContractHarness {
  readonly adapter: ProviderAdapter;
  /** Good credentials of a new, empty account, with each call another one. */
  connection(): ProviderConnection;
  /** Written over good credentials they must be refused. */
  readonly badCredentials: Readonly<Record<string, string>>;
  /** Calls must be short of patience, a second or two: lost answers are waited for. */
  readonly runtime: Pick<ProviderRuntime, 'baseUrl' | 'timeoutMs' | 'now'>;
  readonly remote: RemoteControls;
  readonly webhooks: WebhookSamples;
  /** The provider holds no invoice of another environment against us, because it can keep a mark of it. */
  readonly marksEnvironments: boolean;
  /** An amount in a currency or a fraction that the provider cannot collect. */
  readonly notRepresentable?: Money;
}

/** A call that goes wrong. */
export interface Mishap {
  /**
   * `lost`: carried out, but the answer never comes. `done_but_500`: carried out, but answered with a 500, which is
   * also what an idempotency key remembers. A number: answered with that status, and nothing is done.
   */
  readonly kind: 'lost' | 'done_but_500' | 401 | 429 | 500;
  /** Calls to let through before it strikes, once. */
  readonly after: number;
}

export interface RemoteObject {
  readonly remoteId: string;
}

export interface RemoteInvoiceFacts extends RemoteObject {
  readonly status: RemoteInvoiceStatus;
  readonly total: Money;
}

/** The other side, seen from behind. */
export interface RemoteControls {
  /** HTTP calls that have reached the account so far. */
  requests(connection: ProviderConnection): number;
  arrange(connection: ProviderConnection, mishap: Mishap): void;
  /** Takes back what has not struck. */
  calm(): void;
  /** Forgets idempotency keys, as after a day. Leave it out where the provider has none: then two at once may be two. */
  forgetKeys?(connection: ProviderConnection): void;
  /** All remote invoices that carry our id, drafts too. */
  invoices(connection: ProviderConnection, invoiceId: string): RemoteInvoiceFacts[];
  /** A customer pays the open invoice at the provider. */
  payInvoice(connection: ProviderConnection, remoteId: string): Promise<void>;
  /** From now on the provider makes other totals than it was told, as with a tax of its own. */
  distortTotals?(connection: ProviderConnection): void;
  /** The invoice is shown with a status that did not exist when the adapter was written. */
  showUnknownStatus?(connection: ProviderConnection, remoteId: string): void;
  readonly customers?: CustomerControls;
  readonly payments?: PaymentControls;
  readonly catalog?: CatalogControls;
  readonly subscriptions?: SubscriptionControls;
}

export interface CatalogControls {
  /** All remote plans that carry our id. */
  list(connection: ProviderConnection, planId: string): RemoteObject[];
  /** Made at the provider by somebody else, with one monthly price in dollars. */
  create(
    connection: ProviderConnection,
    plan: { readonly name: string; readonly monthlyDollars: string },
  ): Promise<string>;
}

export interface SubscriptionControls {
  /** An active one of a new customer, made at the provider: one item of so many. */
  create(connection: ProviderConnection, subscription: { readonly quantity: number }): Promise<string>;
  /** How many there are in the account. */
  count(connection: ProviderConnection): number;
}

export interface CustomerControls {
  /** All living remote customers that carry our id. */
  list(connection: ProviderConnection, customerId: string): RemoteObject[];
  /** Made at the provider by somebody else, without any mark of ours. */
  create(connection: ProviderConnection, fields: { name: string; email: string }): Promise<string>;
  delete(connection: ProviderConnection, remoteId: string): Promise<void>;
}

export interface PaymentControls {
  /** Payments with our id for which money has moved. */
  collected(connection: ProviderConnection, paymentId: string): RemoteObject[];
  /** Hosted pages with our payment id. */
  checkouts(connection: ProviderConnection, paymentId: string): RemoteObject[];
  /** Gives the customer a saved method that behaves so, and makes it the default. */
  saveMethod(
    connection: ProviderConnection,
    remoteCustomerId: string,
    behaviour: 'succeeds' | 'declines' | 'asks_for_authentication',
  ): Promise<string>;
  /** A person visits the page and does what it asks for. */
  completeCheckout(connection: ProviderConnection, remoteId: string): Promise<void>;
}

export interface WebhookSamples {
  /** Of the form that the provider's secrets have; the two differ. */
  readonly secret: string;
  readonly otherSecret: string;
  /** Headers that the provider would send with this body at this time. */
  sign(body: Buffer, secret: string, at: Date): Readonly<Record<string, string>>;
  /** At least one body of each kind that the adapter tells of, with the id that it has to name. */
  readonly events: readonly {
    readonly body: unknown;
    readonly kind: ProviderEvent['kind'];
    readonly remoteId?: string;
  }[];
  /** A well-formed event of a type that no one has heard of. */
  readonly unknownEvent: unknown;
}

/** One law under one circumstance. For any test runner: `test(name, run)`. */
export interface ContractCase {
  readonly name: string;
  readonly run: () => Promise<void>;
}
