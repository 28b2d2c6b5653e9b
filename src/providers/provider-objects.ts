import type { Money } from '../domain/money.js';
import type { AdjustmentKind } from '../domain/paying/adjustments.js';
import type { Period } from '../domain/period.js';

/** What crosses the adapter boundary: requests in our words, remote objects as an adapter reads them. */

/** Identity of one intended change at the provider; the same for every try of it. */
export interface Attempt {
  /** Derived from our ids, so that it survives a crash. At most 200 characters of `[A-Za-z0-9:_-]`. */
  readonly key: string;
  /** Real time of the first try. Tells an adapter how far back to look for earlier work. */
  readonly firstTriedAt: Date;
  /** 1 on the first try. Above 1, earlier work may exist although nothing of it is known here. */
  readonly number: number;
  /** How often the key has changed since the first try: above 0, earlier work may exist that was asked for under another. */
  readonly generation?: number;
}

export interface CustomerPush {
  readonly customerId: string;
  readonly externalId: string;
  readonly name: string;
  readonly email: string | undefined;
  readonly phone: string | undefined;
  readonly address: PostalAddress | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** The mapped remote customer; undefined when none is known, then a matching one is adopted or one is created. */
  readonly remoteId: string | undefined;
}

export interface PostalAddress {
  readonly line1?: string;
  readonly line2?: string;
  readonly city?: string;
  readonly state?: string;
  readonly postalCode?: string;
  /** ISO 3166 alpha-2. */
  readonly country?: string;
}

export interface RemoteCustomer {
  readonly remoteId: string;
  /** Our id, when the remote object carries it and it belongs to the environment of this connection. */
  readonly customerId: string | undefined;
  /** True when the remote object carries the mark of another environment of ours. */
  readonly foreign: boolean;
  readonly deleted: boolean;
  readonly externalId: string | undefined;
  readonly name: string | undefined;
  readonly email: string | undefined;
  readonly phone: string | undefined;
  readonly address: PostalAddress | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** Null: none. Undefined: not told. */
  readonly defaultMethodId?: string | null;
}

export interface RemovedCustomer {
  readonly remoteId: string;
  readonly outcome: 'deleted' | 'released' | 'gone';
}

export type CollectionMethod = 'charge_automatically' | 'send_invoice';

export interface InvoicePush {
  readonly invoiceId: string;
  readonly number: string;
  readonly customer: {
    readonly customerId: string;
    /** Undefined for providers without customers, or when the customer is not mapped. */
    readonly remoteId: string | undefined;
    readonly name: string;
    readonly email: string | undefined;
  };
  readonly description: string | undefined;
  readonly collectionMethod: CollectionMethod;
  /** Already resolved: always in the future of real time. */
  readonly dueAt: Date;
  /** What the provider is to collect: what is still owed. The remote total must equal it before anything is finalized. */
  readonly amountDue: Money;
  /** Lines as billed. Their sum may differ from {@link amountDue}; {@link adjustments} explain the difference exactly. */
  readonly lines: readonly InvoicePushLine[];
  /** Discounts, credits, taxes and earlier payments, signed. Lines plus adjustments equal {@link amountDue}. */
  readonly adjustments: readonly InvoicePushAdjustment[];
  /**
   * Many are being pushed: a page that costs a call of its own is left out, where it can be had later for many at once
   * (`listMade`).
   */
  readonly pageLater?: boolean;
  /** How often what is sent has changed since the first try: what was made over another amount is not gone on from. */
  readonly version?: number;
  /** Remote invoices that stood for this one and were withdrawn: whatever they show, they are not gone on from. */
  readonly withdrawn?: readonly string[];
}

/** What has become of the remote invoices of a push that is not wanted any more. */
export interface Withdrawal {
  /** Ids of those that nobody can pay any more. */
  readonly withdrawn: readonly string[];
  /** One that cannot be taken back, because it has been paid. */
  readonly paid: RemoteInvoice | undefined;
}

export interface InvoicePushLine {
  readonly lineId: string;
  readonly description: string;
  readonly amount: Money;
  /** Decimal string, for display. */
  readonly quantity: string;
  readonly period: Period | undefined;
  readonly priceId: string | undefined;
}

export interface InvoicePushAdjustment {
  readonly kind: 'discount' | 'prepaid_credit' | 'tax' | 'payment';
  readonly description: string;
  readonly amount: Money;
}

export type RemoteInvoiceStatus = 'draft' | 'open' | 'paid' | 'void' | 'uncollectible' | 'pending';

export interface RemoteInvoice {
  readonly remoteId: string;
  /** Our id, when the remote object carries it and it belongs to the environment of this connection. */
  readonly invoiceId: string | undefined;
  readonly foreign: boolean;
  readonly remoteCustomerId: string | undefined;
  readonly status: RemoteInvoiceStatus;
  /** What the provider calls its status, where `OpenInvoice.state` is compared with it. */
  readonly state?: string;
  /** A payment is being cleared, for days perhaps: the invoice is neither paid nor free to be paid otherwise. */
  readonly isProcessing?: boolean;
  /** Undefined where the provider does not tell it as a number. */
  readonly total: Money | undefined;
  /** What the provider still asks for of what we asked it to collect, without debts of its own that it adds. */
  readonly amountRemaining: Money | undefined;
  readonly hostedUrl: string | undefined;
  readonly pdfUrl: string | undefined;
  /**
   * Money that somebody has shown there for this invoice, each piece by its own id: never what is concluded from two
   * sums. What we have told the provider ourselves is not in here.
   */
  readonly payments: readonly RemotePayment[];
  /** What lowers what the provider asks for without being money, or raises it: complete, each by its id. */
  readonly adjustments: readonly RemoteAdjustment[];
  /** Invoices there that this one has taken the place of, the oldest first: it was edited. */
  readonly replaces?: readonly string[];
  /** Merged into our invoice's metadata: the provider's own names for its ids and URLs. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Why the provider's first collection did not go through, when it tried within the push. */
  readonly decline?: Decline;
}

export interface RemoteAdjustment {
  /** The provider's id; where it has none of its own, made of the invoice's. */
  readonly remoteId: string;
  readonly kind: AdjustmentKind;
  /** Positive lowers what is owed. */
  readonly amount: Money;
  /** It does not count any more, and never will again. */
  readonly released: boolean;
  /** It stands for all that was still asked for there. */
  readonly settlesRest?: boolean;
  /** The provider keeps no record of it: it is worked out anew at each reading. */
  readonly varies?: boolean;
  /** The provider does not tell who has done it: it may be the echo of our own `markPaid`. */
  readonly mayBeOurs?: boolean;
  /** What of it went back after the payment: by refunds, which are told with their payments, or otherwise. */
  readonly givenBack?: readonly RemoteReturn[];
  readonly reason?: string | undefined;
  readonly at?: Date | undefined;
}

export interface RemoteReturn {
  readonly remoteId: string;
  readonly by: 'refund' | 'balance' | 'outside';
  readonly amount: Money;
}

export type RemotePaymentStatus =
  'pending' | 'processing' | 'requires_action' | 'succeeded' | 'failed' | 'canceled';

export interface Decline {
  /** `card_declined`, `insufficient_funds`, `expired_card`, `authentication_required`, … */
  readonly code: string;
  readonly message: string;
  /** The provider's own code, for support. */
  readonly providerCode: string | undefined;
  /** What to do next, where the provider says: `try_again_later`, `do_not_try_again`, `confirm_card_data`. */
  readonly advice: string | undefined;
}

export interface RemotePayment {
  readonly remoteId: string;
  /** Our payment id, when the remote object carries it and it belongs to this environment. */
  readonly paymentId: string | undefined;
  readonly foreign: boolean;
  /** The remote invoice that this payment settles, where the provider ties them. */
  readonly remoteInvoiceId: string | undefined;
  readonly remoteCustomerId: string | undefined;
  readonly status: RemotePaymentStatus;
  readonly amount: Money;
  readonly paidAt: Date | undefined;
  readonly method: RemotePaymentMethod | undefined;
  readonly decline: Decline | undefined;
  readonly metadata: Readonly<Record<string, string>>;
  /** All that was collected with it, where the provider has had other debts paid, too: {@link amount} is ours of it. */
  readonly collected?: Money;
  /** True when the payment asked for its method to be saved as the customer's default. */
  readonly setDefault?: boolean;
  /** True for money that did not pass through the provider: somebody has only reported it there. */
  readonly elsewhere?: boolean;
  /** What has gone back of it. Undefined where it was not looked for: that says nothing. */
  readonly reversals?: RemoteReversals;
}

export interface RemoteReversals {
  readonly refunds: readonly RemoteRefund[];
  readonly disputes: readonly RemoteDispute[];
}

export interface RemoteRefund {
  readonly remoteId: string;
  /** Our id of the refund, when the remote object carries it and it belongs to this environment. */
  readonly refundId: string | undefined;
  readonly status: 'pending' | 'succeeded' | 'failed' | 'canceled';
  readonly amount: Money;
  readonly reason: string | undefined;
  /** Why it has failed. */
  readonly failure: string | undefined;
}

export interface RemoteDispute {
  readonly remoteId: string;
  /** An inquiry only asks: no money has moved. */
  readonly status: 'inquiry' | 'inquiry_closed' | 'open' | 'won' | 'lost';
  readonly amount: Money;
  readonly reason: string | undefined;
  /** Until then evidence is taken. */
  readonly answerBy: Date | undefined;
  readonly openedAt: Date;
}

export interface RefundRequest {
  readonly refundId: string;
  readonly paymentId: string;
  readonly remotePaymentId: string;
  readonly amount: Money;
  readonly reason: RefundReason | undefined;
}

export const REFUND_REASONS = ['duplicate', 'fraudulent', 'requested_by_customer'] as const;
export type RefundReason = (typeof REFUND_REASONS)[number];

export interface RemotePaymentMethod {
  readonly remoteId: string | undefined;
  readonly type: string;
  readonly brand: string | undefined;
  readonly last4: string | undefined;
  readonly expiryMonth: number | undefined;
  readonly expiryYear: number | undefined;
  readonly isDefault: boolean;
}

export interface CheckoutRequest {
  readonly paymentId: string;
  readonly invoiceId: string | undefined;
  readonly remoteCustomerId: string;
  readonly amount: Money;
  readonly description: string;
  readonly successUrl: string;
  readonly cancelUrl: string;
  readonly saveCardAndMakeDefault: boolean;
  readonly expiresAt: Date | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface SetupRequest {
  readonly customerId: string;
  readonly remoteCustomerId: string;
  readonly currency: string;
  readonly successUrl: string;
  readonly cancelUrl: string;
  readonly setDefault: boolean;
  readonly usage: 'off_session' | 'on_session';
  readonly paymentMethodTypes: readonly string[] | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

export type RemoteSessionStatus = 'open' | 'complete' | 'expired' | 'pending';

/** A hosted page that a customer visits, to pay or to save a payment method. */
export interface RemoteCheckout {
  readonly remoteId: string;
  readonly mode: 'payment' | 'setup';
  readonly url: string | undefined;
  readonly status: RemoteSessionStatus;
  /** Our payment id, when the session carries it and belongs to this environment. */
  readonly paymentId: string | undefined;
  readonly foreign: boolean;
  readonly remotePaymentId: string | undefined;
  readonly remoteSetupId: string | undefined;
  readonly clientSecret: string | undefined;
  readonly createdAt: Date;
  readonly expiresAt: Date | undefined;
  readonly payment: RemotePayment | undefined;
}

/** The outcome of saving a payment method. */
export interface RemoteSetup {
  readonly remoteId: string;
  readonly remoteCustomerId: string | undefined;
  readonly status: 'pending' | 'succeeded' | 'failed' | 'canceled';
  readonly method: RemotePaymentMethod | undefined;
  /** True when the set-up asked for the method to become the customer's default. */
  readonly setDefault: boolean;
  readonly foreign: boolean;
}

export interface ChargeRequest {
  readonly paymentId: string;
  readonly invoiceId: string | undefined;
  readonly remoteCustomerId: string;
  /** Undefined: the customer's default. None there either is a decline with code `no_default_payment_method`. */
  readonly remotePaymentMethodId: string | undefined;
  readonly amount: Money;
  readonly description: string;
  readonly saveCardAndMakeDefault: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

export type ChargeResult =
  | { readonly outcome: 'accepted'; readonly payment: RemotePayment }
  | { readonly outcome: 'declined'; readonly decline: Decline; readonly payment: RemotePayment | undefined };
