import type { RateLimits } from '../core/rate-limits.js';

/** The values of Api-Version-Date that are played: the pin of @whop/sdk 0.0.42, and that of whop_sdk 2.6.0 for Python. */
export const OLDER_DATE = '2026-07-20';
export const NEWEST_DATE = '2026-10-15-1';

export interface WhopSettings {
  /** Hold every request, response and webhook against the SDK's types, and refuse what does not fit. */
  strict: boolean;
  /** At the older date: whether POST /products remembers idempotency keys. At the newest every POST does. */
  idempotentProducts: boolean;
  /** The same of POST /invoices, where the SDK's types of this version promise nothing. */
  idempotentInvoices: boolean;
  /** Whether an invoice of the newest date tells its page (`pay_online_url`), which its types allow to be null. */
  tellsPage: boolean;
  /** Whether an invoice goes on naming its payment when all of it was refunded: nothing is published about that. */
  namesRefundedPayments: boolean;
  /** What a refund is as it is made: a processor may take days. `pending` ones are ended by a control call. */
  refundStatus: 'succeeded' | 'pending';
  /** Whether a refusal for the rate has a Retry-After header: nothing is published about that. */
  retryAfterHeader: boolean;
  /** Until a webhook whose deliveries all fail is disabled, in sandbox time. Three days, as published. */
  disableWebhookAfterSeconds: number;
  /** Until a bank debit is settled or returned, in sandbox time. */
  asyncPaymentSeconds: number;
}

export const DEFAULT_SETTINGS: WhopSettings = {
  strict: true,
  idempotentProducts: true,
  idempotentInvoices: false,
  tellsPage: true,
  namesRefundedPayments: true,
  refundStatus: 'succeeded',
  retryAfterHeader: false,
  disableWebhookAfterSeconds: 3 * 24 * 3600,
  asyncPaymentSeconds: 4 * 24 * 3600,
};

/** 600 a minute to each operation: docs.whop.com/developer/troubleshooting. */
export const WHOP_RATE_LIMITS: RateLimits = { perEndpointPerMinute: 600 };
