import { Column, Entity, Index } from 'typeorm';
import type { Rate } from '../domain/rate.js';
import { EntityRow, ExactDecimal, MinorUnits } from '../platform/database/columns.js';

/** To what late usage has brought an earlier line, and which line of a later invoice, or which credit note, carries it. */
@Entity('usage_restatements')
@Index('usage_restatements_subscription', ['tenantId', 'environmentId', 'subscriptionId'])
@Index('usage_restatements_invoice', ['tenantId', 'environmentId', 'invoiceId'])
@Index('usage_restatements_credit_note', ['tenantId', 'environmentId', 'creditNoteId'])
export class UsageRestatementEntity extends EntityRow {
  @Column({ type: 'text' })
  subscriptionId!: string;

  @Column({ type: 'text' })
  subscriptionLineItemId!: string;

  @Column({ type: 'text' })
  priceId!: string;

  @Column({ type: 'timestamptz' })
  periodStart!: Date;

  @Column({ type: 'timestamptz' })
  periodEnd!: Date;

  /** The line that was billed when the period ended. */
  @Column({ type: 'text' })
  restatedLineItemId!: string;

  @Column({ type: 'text', nullable: true })
  invoiceId!: string | null;

  @Column({ type: 'text', nullable: true })
  invoiceLineItemId!: string | null;

  @Column({ type: 'text', nullable: true })
  creditNoteId!: string | null;

  @Column({ type: 'text' })
  currency!: string;

  @ExactDecimal()
  quantityBefore!: Rate;

  /** What the line was brought to. */
  @ExactDecimal()
  quantity!: Rate;

  /** Before discounts. */
  @MinorUnits()
  amountBefore!: bigint;

  /** What the period is billed at from here on, before discounts. */
  @MinorUnits()
  amount!: bigint;

  /** How much more (or less, when it gives back what an earlier one carried) is to be given back by later invoices. */
  @MinorUnits()
  carriedAmount!: bigint;

  /** What the credit note that carries it takes off the line; 0 where an invoice carries it. */
  @MinorUnits({ default: 0 })
  creditedAmount!: bigint;
}
