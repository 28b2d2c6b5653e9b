import { isZeroMoney, type Money } from '../money.js';

/** What an invoice is for. Source: wire contract, enums. */
export const INVOICE_TYPES = ['SUBSCRIPTION', 'ONE_OFF', 'CREDIT'] as const;
export type InvoiceType = (typeof INVOICE_TYPES)[number];

export const INVOICE_BILLING_REASONS = [
  'SUBSCRIPTION_CREATE',
  'SUBSCRIPTION_CYCLE',
  'SUBSCRIPTION_UPDATE',
  'SUBSCRIPTION_TRIAL_END',
  'SUBSCRIPTION_TRIAL_START',
  'PRORATION',
  'MANUAL',
  'AUTO_INVOICE_THRESHOLD',
  'WALLET_AUTO_TOPUP',
] as const;
export type InvoiceBillingReason = (typeof INVOICE_BILLING_REASONS)[number];

/**
 * A subscription invoice with nothing on it becomes SKIPPED: no number, nothing to finalize. The one of a trial's start is
 * kept, it documents the trial; so is one whose lines only cancel each other out. Source: wire contract, zero rules.
 */
export const isSkippable = (
  lines: readonly { readonly amount: Money }[],
  invoice: { readonly type: InvoiceType; readonly billingReason: InvoiceBillingReason },
): boolean =>
  lines.every(({ amount }) => isZeroMoney(amount)) &&
  invoice.type === 'SUBSCRIPTION' &&
  invoice.billingReason !== 'SUBSCRIPTION_TRIAL_START';

/** Nothing is owed, because of coupons, credits or an empty trial: finalized, and settled at once. */
export const isSettledAtZero = (total: Money): boolean => isZeroMoney(total);
