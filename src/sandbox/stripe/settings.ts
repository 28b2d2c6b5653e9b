import type { RateLimits } from '../core/rate-limits.js';

/** The API version that is played, and that webhook payloads are rendered in. */
export const API_VERSION = '2026-10-28.endive';

export interface StripeSettings {
  /**
   * Refuse parameters that the API version does not know, and hold every request, response and webhook against
   * the SDK's types.
   */
  strict: boolean;
  /** Until a change is visible to searches, in seconds of sandbox time. */
  searchLagSeconds: number;
  /** From an open invoice with auto_advance to its first automatic charge. */
  automaticChargeSeconds: number;
  /** Waits before further automatic charges of an invoice; then it is left open. */
  automaticRetrySeconds: readonly number[];
  /** After the last of them its subscription is unpaid and bills no further, as an account can choose; else it stays past due. */
  unpaidAfterRetries: boolean;
  /** Until a bank debit is settled or returned. */
  asyncPaymentSeconds: number;
  /** Refuse payments below the currency's minimum and settle invoices below it at once. */
  minimumCharges: boolean;
  /*
   * What no page of Stripe says, so that whoever relies on one way of it is found out. Each of these is a switch.
   */
  /** What tells that an invoice was settled without money (a balance, too small, a credit note): `paid`, or only `updated`. */
  settledWithoutMoneyTells: 'paid' | 'updated';
  /** A balance transaction raises `customer.updated`. */
  balanceTellsCustomer: boolean;
  /** Marking an invoice paid out of band makes a payment record and an invoice payment of it. */
  outOfBandMakesRecord: boolean;
  /** Marking uncollectible gives the applied balance back; voiding does. */
  uncollectibleGivesBalanceBack: boolean;
  /** The overpaid part of a payment stands in the invoice's `amount_paid`, too. */
  overpaidInAmountPaid: boolean;
  /** What a credit note has credited to the balance names the invoice, beside the note. */
  creditNoteEntryNamesInvoice: boolean;
  /** An edited invoice keeps the metadata of the one that it replaces. */
  revisionCopiesMetadata: boolean;
  /** Of an edit, what is told first: the new invoice's `finalized`, or the old one's `voided`. */
  revisionTells: 'finalized_first' | 'voided_first';
  /** A void invoice still shows what it asked for. */
  voidKeepsAmounts: boolean;
  /** Detaching the default method leaves the customer's default pointing at it; else it is taken off. */
  detachKeepsDefault: boolean;
  /** Where it is taken off, `customer.updated` tells so. */
  detachTellsCustomer: boolean;
  /** How a dispute that is prevented takes the money: as a refund of its own, or by the dispute. */
  preventedBy: 'refund' | 'dispute';
}

const HOUR = 3600;
const DAY = 24 * HOUR;

export const DEFAULT_SETTINGS: StripeSettings = {
  strict: true,
  searchLagSeconds: 60,
  automaticChargeSeconds: HOUR,
  automaticRetrySeconds: [3 * DAY, 5 * DAY, 7 * DAY],
  unpaidAfterRetries: false,
  asyncPaymentSeconds: 4 * DAY,
  minimumCharges: false,
  settledWithoutMoneyTells: 'paid',
  balanceTellsCustomer: true,
  outOfBandMakesRecord: false,
  uncollectibleGivesBalanceBack: false,
  overpaidInAmountPaid: false,
  creditNoteEntryNamesInvoice: false,
  revisionCopiesMetadata: true,
  revisionTells: 'finalized_first',
  voidKeepsAmounts: true,
  detachKeepsDefault: false,
  detachTellsCustomer: true,
  preventedBy: 'dispute',
};

/** What a sandbox account of Stripe allows; a live one has 100 for the account. */
export const STRIPE_RATE_LIMITS: RateLimits = { perAccountPerSecond: 25, perEndpointPerSecond: 25 };
