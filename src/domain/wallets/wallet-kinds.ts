import type { PriceType } from '../rating/price-kinds.js';
import type { Purse } from './ledger.js';

/** Words of the wire contract. */
export const WALLET_TYPES = ['PRE_PAID', 'POST_PAID'] as const;
/** PRE_PAID credits pay usage before it becomes a debt; POST_PAID credits pay invoices, like any other payment method. */
export type WalletType = (typeof WALLET_TYPES)[number];

export const WALLET_STATUSES = ['active', 'frozen', 'closed'] as const;
export type WalletStatus = (typeof WALLET_STATUSES)[number];

export const WALLET_PRICE_TYPES = ['ALL', 'USAGE', 'FIXED'] as const;
export type WalletPriceType = (typeof WALLET_PRICE_TYPES)[number];

export const TRANSACTION_REASONS = [
  'INVOICE_PAYMENT',
  'FREE_CREDIT_GRANT',
  'SUBSCRIPTION_CREDIT_GRANT',
  'PURCHASED_CREDIT_INVOICED',
  'PURCHASED_CREDIT_DIRECT',
  'CREDIT_NOTE',
  'CREDIT_EXPIRED',
  'WALLET_TERMINATION',
  'MANUAL_BALANCE_DEBIT',
  'CREDIT_ADJUSTMENT',
  'INVOICE_VOID_REFUND',
  'PURCHASED_CREDIT_BONUS',
] as const;
export type TransactionReason = (typeof TRANSACTION_REASONS)[number];

/** What a caller may top up for. All other reasons are ours to give. */
export const TOP_UP_REASONS = [
  'PURCHASED_CREDIT_DIRECT',
  'PURCHASED_CREDIT_INVOICED',
  'FREE_CREDIT_GRANT',
] as const satisfies readonly TransactionReason[];
export type TopUpReason = (typeof TOP_UP_REASONS)[number];

/** Credits that nobody has paid for. */
export const FREE_REASONS = [
  'FREE_CREDIT_GRANT',
  'SUBSCRIPTION_CREDIT_GRANT',
  'PURCHASED_CREDIT_BONUS',
] as const satisfies readonly TransactionReason[];

export const TRANSACTION_TYPES = ['credit', 'debit'] as const;
export type TransactionType = (typeof TRANSACTION_TYPES)[number];

export const TRANSACTION_STATUSES = ['pending', 'completed', 'failed'] as const;
export type TransactionStatus = (typeof TRANSACTION_STATUSES)[number];

export const TRANSACTION_REFERENCE_TYPES = ['PAYMENT', 'EXTERNAL', 'REQUEST', 'INVOICE'] as const;
export type TransactionReferenceType = (typeof TRANSACTION_REFERENCE_TYPES)[number];

/** True when a wallet's settings let it pay for lines of that type. */
export const allowsPriceType = (
  allowed: readonly WalletPriceType[],
  type: Exclude<WalletPriceType, 'ALL'>,
): boolean => allowed.includes('ALL') || allowed.includes(type);

/** What a purse of a wallet pays for: what is held, only usage, and only where the wallet may pay for that. */
export function pursePays(
  purse: Purse,
  allowed: readonly WalletPriceType[],
): { readonly priceTypes: readonly PriceType[]; readonly paysTax: boolean } {
  if (purse === 'given_back') return { priceTypes: LINE_TYPES, paysTax: true };
  const priceTypes = LINE_TYPES.filter((type) => allowsPriceType(allowed, type));
  return {
    priceTypes: purse === 'held' ? priceTypes.filter((type) => type === 'USAGE') : priceTypes,
    paysTax: false,
  };
}

const LINE_TYPES = ['USAGE', 'FIXED'] as const satisfies readonly PriceType[];
