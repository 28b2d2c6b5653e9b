import type { RateLimits } from '../core/rate-limits.js';

/** The Api-Version-Date that is played. */
export const API_VERSION_DATE = '2026-07-20';

export interface WhopSettings {
  /** Hold every request, response and webhook against the SDK's types, and refuse what does not fit. */
  strict: boolean;
  /** Whether POST /products remembers idempotency keys. */
  idempotentProducts: boolean;
  /** The same of POST /invoices, where the SDK's types of this version promise nothing. */
  idempotentInvoices: boolean;
  /** Until a bank debit is settled or returned, in sandbox time. */
  asyncPaymentSeconds: number;
}

export const DEFAULT_SETTINGS: WhopSettings = {
  strict: true,
  idempotentProducts: true,
  idempotentInvoices: false,
  asyncPaymentSeconds: 4 * 24 * 3600,
};

/** Nothing is published for this API; what older generations of it allowed, per endpoint. */
export const WHOP_RATE_LIMITS: RateLimits = { perAccountPerSecond: 10, perEndpointPerSecond: 10 };
