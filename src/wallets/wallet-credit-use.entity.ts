import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Rate } from '../domain/rate.js';
import { ExactDecimal } from '../platform/database/columns.js';

/** What a debit took of a credit. */
@Entity('wallet_credit_uses')
@Index('wallet_credit_uses_credit', ['tenantId', 'environmentId', 'creditId'])
export class WalletCreditUseEntity {
  @PrimaryColumn({ type: 'text' })
  debitId!: string;

  @PrimaryColumn({ type: 'text' })
  creditId!: string;

  @Column({ type: 'text' })
  tenantId!: string;

  @Column({ type: 'text' })
  environmentId!: string;

  @ExactDecimal()
  credits!: Rate;
}
