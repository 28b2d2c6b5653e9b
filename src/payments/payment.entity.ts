import { Column, Entity, Index } from 'typeorm';
import type { PaymentStatus } from '../domain/invoicing/invoice-states.js';
import { EntityRow, MinorUnits } from '../platform/database/columns.js';

export type PaymentMethodType = 'CARD' | 'ACH' | 'OFFLINE' | 'CREDITS' | 'PAYMENT_LINK' | 'UPI';

export interface MethodDetails {
  readonly type: string;
  readonly brand: string | null;
  readonly last4: string | null;
}

@Entity('payments')
@Index('payments_gateway_payment', ['tenantId', 'environmentId', 'connectionId', 'gatewayPaymentId'], {
  unique: true,
})
@Index('payments_idempotency_key', ['tenantId', 'environmentId', 'idempotencyKey'], { unique: true })
@Index('payments_destination', ['tenantId', 'environmentId', 'destinationId'])
@Index('payments_created', ['tenantId', 'environmentId', 'createdAt'])
export class PaymentEntity extends EntityRow {
  @Column({ type: 'text' })
  destinationType!: 'INVOICE' | 'CUSTOMER';

  @Column({ type: 'text' })
  destinationId!: string;

  @Column({ type: 'text' })
  customerId!: string;

  @Column({ type: 'text' })
  paymentMethodType!: PaymentMethodType;

  @Column({ type: 'text', nullable: true })
  paymentMethodId!: string | null;

  /** The provider's name. */
  @Column({ type: 'text', nullable: true })
  paymentGateway!: string | null;

  @Column({ type: 'text', nullable: true })
  connectionId!: string | null;

  /** The provider's id of the payment. */
  @Column({ type: 'text', nullable: true })
  gatewayPaymentId!: string | null;

  /** The provider's id of the hosted page. */
  @Column({ type: 'text', nullable: true })
  gatewayTrackingId!: string | null;

  @Column({ type: 'jsonb', default: {} })
  gatewayMetadata!: Record<string, string>;

  @MinorUnits()
  amount!: bigint;

  @Column({ type: 'text' })
  currency!: string;

  @Column({ type: 'text' })
  paymentStatus!: PaymentStatus;

  @Column({ type: 'text', nullable: true })
  paymentUrl!: string | null;

  @Column({ type: 'boolean', default: false })
  saveCardAndMakeDefault!: boolean;

  @Column({ type: 'jsonb', nullable: true })
  methodDetails!: MethodDetails | null;

  @Column({ type: 'text', nullable: true })
  errorCode!: string | null;

  @Column({ type: 'text', nullable: true })
  errorMessage!: string | null;

  @Column({ type: 'text', nullable: true })
  idempotencyKey!: string | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;

  @Column({ type: 'timestamptz', nullable: true })
  succeededAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  failedAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  refundedAt!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  voidedAt!: Date | null;
}
