import { Column, Entity, Index } from 'typeorm';
import { EntityRow, MinorUnits } from '../platform/database/columns.js';

/**
 * - `REQUESTED`: wanted here, not answered by the provider yet. It holds its amount, so that nothing is given back twice.
 * - `PENDING`, `SUCCEEDED`: the money is on its way, or there.
 * - `FAILED`, `CANCELED`: it has not gone, or has come back.
 */
export type RefundStatus = 'REQUESTED' | 'PENDING' | 'SUCCEEDED' | 'FAILED' | 'CANCELED';

/** Money of an invoice that goes back to its customer. A second refund is a second row. */
@Entity('payment_refunds')
@Index('payment_refunds_invoice', ['tenantId', 'environmentId', 'invoiceId'])
@Index('payment_refunds_payment', ['tenantId', 'environmentId', 'paymentId'])
@Index('payment_refunds_gateway_refund', ['tenantId', 'environmentId', 'connectionId', 'gatewayRefundId'], {
  unique: true,
})
@Index('payment_refunds_idempotency_key', ['tenantId', 'environmentId', 'idempotencyKey'], { unique: true })
export class PaymentRefundEntity extends EntityRow {
  @Column({ type: 'text' })
  invoiceId!: string;

  /** The payment whose money it was. */
  @Column({ type: 'text' })
  paymentId!: string;

  @Column({ type: 'text', nullable: true })
  creditNoteId!: string | null;

  /**
   * `WALLET`; `PROVIDER`, the way it came; `PROVIDER_BALANCE`, the balance that the provider keeps for the customer;
   * `OUTSIDE` where an operator says that it was given back by other means;
   * `DISPUTE` where the customer's bank has taken it.
   */
  @Column({ type: 'text' })
  destination!: 'WALLET' | 'PROVIDER' | 'PROVIDER_BALANCE' | 'OUTSIDE' | 'DISPUTE';

  /** What the receiving side calls it. */
  @Column({ type: 'text', nullable: true })
  reference!: string | null;

  @Column({ type: 'text' })
  currency!: string;

  @MinorUnits()
  amount!: bigint;

  @Column({ type: 'text', default: 'SUCCEEDED' })
  refundStatus!: RefundStatus;

  @Column({ type: 'text', nullable: true })
  connectionId!: string | null;

  @Column({ type: 'text', nullable: true })
  gatewayRefundId!: string | null;

  /** The how-manieth refund of its payment that was asked of the provider; null for one that began there. */
  @Column({ type: 'integer', nullable: true })
  ordinal!: number | null;

  @Column({ type: 'text', nullable: true })
  reason!: string | null;

  @Column({ type: 'text', nullable: true })
  errorMessage!: string | null;

  @Column({ type: 'text', nullable: true })
  idempotencyKey!: string | null;
}
