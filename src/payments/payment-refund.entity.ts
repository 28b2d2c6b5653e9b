import { Column, Entity, Index } from 'typeorm';
import { EntityRow, MinorUnits } from '../platform/database/columns.js';

/** Money of an invoice that has gone back to its customer. Never changed: a second refund is a second row. */
@Entity('payment_refunds')
@Index('payment_refunds_invoice', ['tenantId', 'environmentId', 'invoiceId'])
@Index('payment_refunds_payment', ['tenantId', 'environmentId', 'paymentId'])
export class PaymentRefundEntity extends EntityRow {
  @Column({ type: 'text' })
  invoiceId!: string;

  /** The payment whose money it was. */
  @Column({ type: 'text' })
  paymentId!: string;

  @Column({ type: 'text', nullable: true })
  creditNoteId!: string | null;

  /** `WALLET`, or `OUTSIDE` where an operator says that it was given back by other means. */
  @Column({ type: 'text' })
  destination!: 'WALLET' | 'OUTSIDE';

  /** What the receiving side calls it. */
  @Column({ type: 'text', nullable: true })
  reference!: string | null;

  @Column({ type: 'text' })
  currency!: string;

  @MinorUnits()
  amount!: bigint;
}
