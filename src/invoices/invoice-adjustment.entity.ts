import { Column, Entity, Index } from 'typeorm';
import type { AdjustmentKind, AdjustmentStatus } from '../domain/paying/adjustments.js';
import { EntityRow, MinorUnits } from '../platform/database/columns.js';

/** Money that an adjustment has sent back, by the name under which it stands among the refunds. */
export interface GivenBack {
  readonly reference: string;
  /** Minor units, as text: JSON has no whole numbers of that size. */
  readonly amount: string;
}

/** What lowers, or raises, what is owed of an invoice without being money. */
@Entity('invoice_adjustments')
@Index('invoice_adjustments_gateway', ['tenantId', 'environmentId', 'connectionId', 'gatewayAdjustmentId'], {
  unique: true,
})
@Index('invoice_adjustments_invoice', ['tenantId', 'environmentId', 'invoiceId'])
export class InvoiceAdjustmentEntity extends EntityRow {
  @Column({ type: 'text' })
  invoiceId!: string;

  @Column({ type: 'text' })
  connectionId!: string;

  @Column({ type: 'text' })
  provider!: string;

  @Column({ type: 'text' })
  kind!: AdjustmentKind;

  /** The provider's id of it; where it has none of its own, made of the invoice's there. */
  @Column({ type: 'text' })
  gatewayAdjustmentId!: string;

  @Column({ type: 'text' })
  gatewayInvoiceId!: string;

  @Column({ type: 'text' })
  currency!: string;

  /** Positive lowers what is owed. */
  @MinorUnits()
  amount!: bigint;

  @Column({ type: 'text' })
  adjustmentStatus!: AdjustmentStatus;

  /** What of it went back after the invoice was paid. */
  @Column({ type: 'jsonb', default: [] })
  givenBack!: GivenBack[];

  /** As much of it as has really gone back: a refund that fails is not forgiven. */
  @MinorUnits({ default: 0 })
  givenBackAmount!: bigint;

  @Column({ type: 'text', nullable: true })
  reason!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  occurredAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  releasedAt!: Date | null;
}
