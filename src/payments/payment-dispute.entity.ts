import { Column, Entity, Index } from 'typeorm';
import { EntityRow, MinorUnits } from '../platform/database/columns.js';

/** `INQUIRY`: the bank only asks, no money has moved. */
export type DisputeStatus = 'INQUIRY' | 'INQUIRY_CLOSED' | 'OPEN' | 'LOST' | 'WON';

/** A payment that the customer's bank wants back. The money is gone once it is lost: then there is a refund row, too. */
@Entity('payment_disputes')
@Index(
  'payment_disputes_gateway_dispute',
  ['tenantId', 'environmentId', 'connectionId', 'gatewayDisputeId'],
  { unique: true },
)
@Index('payment_disputes_payment', ['tenantId', 'environmentId', 'paymentId'])
export class PaymentDisputeEntity extends EntityRow {
  @Column({ type: 'text' })
  invoiceId!: string;

  @Column({ type: 'text' })
  paymentId!: string;

  @Column({ type: 'text' })
  connectionId!: string;

  @Column({ type: 'text' })
  gatewayDisputeId!: string;

  @Column({ type: 'text' })
  disputeStatus!: DisputeStatus;

  /** In the provider's words. */
  @Column({ type: 'text', nullable: true })
  reason!: string | null;

  @Column({ type: 'text' })
  currency!: string;

  @MinorUnits()
  amount!: bigint;

  /** Until then evidence is taken. */
  @Column({ type: 'timestamptz', nullable: true })
  answerBy!: Date | null;

  @Column({ type: 'timestamptz' })
  openedAt!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  closedAt!: Date | null;
}
