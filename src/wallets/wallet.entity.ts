import { Column, Entity, Index } from 'typeorm';
import type { Rate } from '../domain/rate.js';
import type { WalletPriceType, WalletStatus, WalletType } from '../domain/wallets/wallet-kinds.js';
import { EntityRow, ExactDecimal } from '../platform/database/columns.js';

/** Both in credits. */
export interface AutoTopUp {
  readonly enabled: boolean;
  /** Filled up when the real-time balance is at or below this. */
  readonly threshold: string;
  readonly amount: string;
  /** By an invoice, and credited when it is paid; else credited at once. */
  readonly invoicing: boolean;
}

@Entity('wallets')
@Index('wallets_one_active', ['tenantId', 'environmentId', 'customerId', 'currency', 'walletType'], {
  unique: true,
  where: `wallet_status = 'active'`,
})
@Index('wallets_customer', ['tenantId', 'environmentId', 'customerId'])
@Index('wallets_created', ['tenantId', 'environmentId', 'createdAt'])
export class WalletEntity extends EntityRow {
  @Column({ type: 'text' })
  customerId!: string;

  @Column({ type: 'text' })
  currency!: string;

  @Column({ type: 'text' })
  walletType!: WalletType;

  @Column({ type: 'text' })
  walletStatus!: WalletStatus;

  @Column({ type: 'text', nullable: true })
  name!: string | null;

  @Column({ type: 'text', nullable: true })
  description!: string | null;

  /** Currency per credit, when it is spent. */
  @ExactDecimal()
  conversionRate!: Rate;

  /** Currency per credit, when it is bought. */
  @ExactDecimal({ name: 'topup_conversion_rate' })
  topUpConversionRate!: Rate;

  /** The sum of the completed transactions; written by nothing but a movement, under the row's lock. */
  @ExactDecimal()
  creditBalance!: Rate;

  @Column({ type: 'timestamptz' })
  balanceUpdatedAt!: Date;

  @Column({ type: 'text', array: true })
  allowedPriceTypes!: WalletPriceType[];

  @Column({ type: 'jsonb', nullable: true, name: 'auto_topup' })
  autoTopUp!: AutoTopUp | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;

  @Column({ type: 'integer', default: 1 })
  version!: number;
}
