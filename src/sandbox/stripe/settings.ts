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
};

/** What a sandbox account of Stripe allows; a live one has 100 for the account. */
export const STRIPE_RATE_LIMITS: RateLimits = { perAccountPerSecond: 25, perEndpointPerSecond: 25 };
