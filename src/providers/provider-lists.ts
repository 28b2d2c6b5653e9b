import type { Money } from '../domain/money.js';

/** What an adapter lists of invoices, many to a call. */

/** An invoice that is not settled, with what the provider calls its state: `past_due`. */
export interface OpenInvoice {
  readonly remoteId: string;
  readonly state: string;
  readonly madeAt: Date;
}

/** What a list tells of an invoice with an id of ours. */
export interface MadeInvoice {
  readonly remoteId: string;
  readonly invoiceId: string;
  readonly total: Money | undefined;
  readonly hostedUrl: string | undefined;
  /** As of `RemoteInvoice`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** What was last said of a payment of ours, or of a page to save a method on, which has none. */
export interface DecidedPayment {
  readonly of: 'checkout' | 'payment';
  readonly remoteId: string;
  readonly paymentId: string | undefined;
  readonly status: 'processing' | 'succeeded' | 'failed';
}
