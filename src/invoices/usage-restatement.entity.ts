import { Column, Entity, Index } from 'typeorm';
import type { Rate } from '../domain/rate.js';
import { EntityRow, ExactDecimal, MinorUnits } from '../platform/database/columns.js';

/** To what late usage has brought an earlier line, and which line of a later invoice carries it. */
@Entity('usage_restatements')
@Index('usage_restatements_subscription', ['tenantId', 'environmentId', 'subscriptionId'])
@Index('usage_restatements_invoice', ['tenantId', 'environmentId', 'invoiceId'])
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

  /** The invoice and the line that carry it; where a credit note does, the invoice that it is for and the note. */
  @Column({ type: 'text' })
  invoiceId!: string;

  @Column({ type: 'text' })
  invoiceLineItemId!: string;

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
}
