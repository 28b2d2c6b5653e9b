import { ZERO, type Rate } from '../domain/rate.js';
import { amountOfCredits } from '../domain/wallets/conversion.js';
import type { Purse } from '../domain/wallets/ledger.js';
import type { TransactionReason, TransactionReferenceType } from '../domain/wallets/wallet-kinds.js';
import type { WalletEntity } from './wallet.entity.js';
import type { WalletTransactionEntity } from './wallet-transaction.entity.js';

export type { AutoTopUp } from './wallet.entity.js';
export type Wallet = Readonly<WalletEntity>;
export type WalletTransaction = Readonly<WalletTransactionEntity>;

/** A movement, and the wallet as it left it. */
export interface Movement {
  readonly wallet: Wallet;
  readonly transaction: WalletTransaction;
}

interface MovementInput {
  readonly reason: TransactionReason;
  /** In the wallet's currency; what the credits are worth when left out. */
  readonly amount?: Rate | undefined;
  readonly referenceType?: TransactionReferenceType | null | undefined;
  readonly referenceId?: string | null | undefined;
  readonly parentId?: string | null | undefined;
  readonly description?: string | null | undefined;
  /** The caller's, or one of ours: see {@link systemKey}. */
  readonly idempotencyKey?: string | null | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface CreditInput extends MovementInput {
  readonly credits: Rate;
  readonly expiresAt?: Date | null | undefined;
  readonly effectiveFrom?: Date | null | undefined;
  readonly priority?: number | null | undefined;
  /** What was paid once, and pays for anything; false when left out. */
  readonly givenBack?: boolean | undefined;
  /** For the bills of what was used before it expired; false when left out. */
  readonly held?: boolean | undefined;
  /** When its expiry is to be booked; with its expiry when left out. */
  readonly bookExpiryAt?: Date | undefined;
}

export interface DebitInput extends MovementInput {
  readonly credits: Rate;
  /** Credits that can be spent at that instant are; the present when left out. */
  readonly asOf?: Date | undefined;
}

export interface PursesDebitInput extends MovementInput {
  readonly credits: ReadonlyMap<Purse, Rate>;
  readonly asOf: Date;
  /** When what is paid began to be used. */
  readonly usedFrom: Date | null;
}

export type ClosingDebitInput = MovementInput;

/** What credits of bought or given kinds are left. */
export interface CreditBreakdown {
  readonly free: Rate;
  readonly purchased: Rate;
}

export const SYSTEM_KEY_PREFIX = 'system:';

/** The idempotency key of a movement that we make: it can happen once for what it is named after. */
export const systemKey = (...parts: readonly string[]): string => `${SYSTEM_KEY_PREFIX}${parts.join(':')}`;

/** A wallet that is not active has nothing to spend. */
export const balanceOf = (row: Wallet): Rate =>
  row.walletStatus === 'active' ? amountOfCredits(row.creditBalance, row.conversionRate) : ZERO;
