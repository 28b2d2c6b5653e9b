import { Column, Entity, Index } from 'typeorm';
import type { PriceType } from '../domain/rating/price-kinds.js';
import type { Rate } from '../domain/rate.js';
import { EntityRow, ExactDecimal, MinorUnits } from '../platform/database/columns.js';

@Entity('invoice_line_items')
@Index('invoice_line_items_invoice', ['tenantId', 'environmentId', 'invoiceId'])
export class InvoiceLineItemEntity extends EntityRow {
  @Column({ type: 'text' })
  invoiceId!: string;

  /** Place on the invoice, from 0. */
  @Column({ type: 'integer' })
  position!: number;

  @Column({ type: 'text' })
  customerId!: string;

  @Column({ type: 'text', nullable: true })
  subscriptionId!: string | null;

  @Column({ type: 'text', nullable: true })
  subscriptionLineItemId!: string | null;

  @Column({ type: 'text', nullable: true })
  entityType!: string | null;

  @Column({ type: 'text', nullable: true })
  entityId!: string | null;

  @Column({ type: 'text', nullable: true })
  priceId!: string | null;

  @Column({ type: 'text', nullable: true })
  priceType!: PriceType | null;

  @Column({ type: 'text', nullable: true })
  meterId!: string | null;

  @Column({ type: 'text' })
  displayName!: string;

  @Column({ type: 'text', nullable: true })
  planDisplayName!: string | null;

  @Column({ type: 'text', nullable: true })
  meterDisplayName!: string | null;

  /** What is billed; the part that an entitlement gave away stands beside it. */
  @ExactDecimal()
  quantity!: Rate;

  @ExactDecimal({ nullable: true })
  adjustedEntitlementQuantity!: Rate | null;

  /** How a commitment bore on the line, as the wire shows it. */
  @Column({ type: 'jsonb', nullable: true })
  commitmentInfo!: Record<string, unknown> | null;

  @Column({ type: 'text' })
  currency!: string;

  @MinorUnits()
  amount!: bigint;

  @MinorUnits({ default: 0 })
  lineItemDiscount!: bigint;

  @MinorUnits({ default: 0 })
  invoiceLevelDiscount!: bigint;

  @MinorUnits({ default: 0 })
  prepaidCreditsApplied!: bigint;

  /** Of what is given back or paid out, signed like the amount; null: the invoice's taxes are levied on the line. */
  @MinorUnits({ nullable: true })
  ownTax!: bigint | null;

  @Column({ type: 'timestamptz', nullable: true })
  periodStart!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  periodEnd!: Date | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}
