import type { TestMethod } from '../core/test-cards.js';
import type { Metadata } from './objects.js';

/** What the sandbox knows of an object that the object itself does not show. */

export interface MethodBehaviour {
  method: TestMethod;
  /** Authenticated for later use when it was set up. */
  setUp: boolean;
  /** Used without a customer, or detached from one: it cannot be saved any more. */
  spent: boolean;
}

export interface InvoiceNotes {
  /** Names the hosted page. */
  readonly token: string;
  daysUntilDue: number | null;
  /** Takes the next automatic step off the clock. */
  cancelNextStep: () => void;
}

export interface Tier {
  readonly flat_amount: number | null;
  readonly flat_amount_decimal: string | null;
  readonly unit_amount: number | null;
  readonly unit_amount_decimal: string | null;
  readonly up_to: number | null;
}

export interface PriceNotes {
  readonly tiers: readonly Tier[] | undefined;
  readonly currencyOptions: Readonly<Record<string, unknown>>;
  /** Made for one line: in no price list. */
  readonly inline: boolean;
}

export interface SessionPlan {
  readonly items: readonly object[];
  readonly intentMetadata: Metadata;
  readonly intentDescription: string | null;
  readonly receiptEmail: string | null;
  readonly setupFutureUsage: string | null;
  readonly offerToSave: boolean;
  readonly createCustomer: boolean;
  readonly shipping: unknown;
  cancelExpiry: () => void;
}
