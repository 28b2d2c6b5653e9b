import { Column, Entity, Index } from 'typeorm';
import type { Rate } from '../domain/rate.js';
import type {
  TransactionReason,
  TransactionReferenceType,
  TransactionStatus,
  TransactionType,
} from '../domain/wallets/wallet-kinds.js';
import { EntityRow, ExactDecimal } from '../platform/database/columns.js';

/** One movement of a wallet. A completed one does not change any more; a trigger of the database holds that. */
@Entity('wallet_transactions')
@Index('wallet_transactions_idempotency', ['tenantId', 'environmentId', 'idempotencyKey'], { unique: true })
@Index('wallet_transactions_wallet', ['tenantId', 'environmentId', 'walletId', 'createdAt'])
@Index('wallet_transactions_credits', ['tenantId', 'environmentId', 'walletId'], {
  where: 'credits_available > 0',
})
@Index('wallet_transactions_expiring', ['tenantId', 'environmentId', 'bookExpiryAt'], {
  where: 'credits_available > 0 AND book_expiry_at IS NOT NULL',
})
@Index('wallet_transactions_reference', ['tenantId', 'environmentId', 'referenceId'])
@Index('wallet_transactions_created', ['tenantId', 'environmentId', 'createdAt'])
export class WalletTransactionEntity extends EntityRow {
  @Column({ type: 'text' })
  walletId!: string;

  @Column({ type: 'text' })
  customerId!: string;

  @Column({ type: 'text' })
  type!: TransactionType;

  @Column({ type: 'text' })
  transactionStatus!: TransactionStatus;

  @Column({ type: 'text' })
  transactionReason!: TransactionReason;

  @Column({ type: 'text', nullable: true })
  referenceType!: TransactionReferenceType | null;

  @Column({ type: 'text', nullable: true })
  referenceId!: string | null;

  @Column({ type: 'text', nullable: true })
  parentTransactionId!: string | null;

  @Column({ type: 'text', nullable: true })
  description!: string | null;

  @ExactDecimal()
  creditAmount!: Rate;

  /** In the wallet's currency: what was paid for bought credits, what the others are worth. */
  @ExactDecimal()
  amount!: Rate;

  @Column({ type: 'text' })
  currency!: string;

  @ExactDecimal()
  conversionRate!: Rate;

  @ExactDecimal({ name: 'topup_conversion_rate' })
  topUpConversionRate!: Rate;

  @ExactDecimal()
  creditBalanceBefore!: Rate;

  @ExactDecimal()
  creditBalanceAfter!: Rate;

  /** What is left of a credit. */
  @ExactDecimal()
  creditsAvailable!: Rate;

  /** Lower is spent first. */
  @Column({ type: 'integer', nullable: true })
  priority!: number | null;

  @Column({ type: 'timestamptz', nullable: true })
  expiryDate!: Date | null;

  /** When its expiry is to be booked: the expiry date, or later while the period that it still pays for is being billed. */
  @Column({ type: 'timestamptz', nullable: true })
  bookExpiryAt!: Date | null;

  /** What was paid once and has been given back: it pays for anything. */
  @Column({ type: 'boolean', default: false })
  givenBack!: boolean;

  /** Its time is over; what is left is kept for the bills of what was used before. */
  @Column({ type: 'boolean', default: false })
  held!: boolean;

  /** Pays for nothing that was used before. */
  @Column({ type: 'timestamptz', nullable: true })
  effectiveFrom!: Date | null;

  /** The caller's, or one of ours that begins with `system:`. */
  @Column({ type: 'text', nullable: true })
  idempotencyKey!: string | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}
