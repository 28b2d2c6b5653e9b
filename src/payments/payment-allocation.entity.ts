import { Entity, Column, Index } from 'typeorm';
import { EnvironmentRow, MinorUnits } from '../platform/database/columns.js';

/** What a succeeded payment settles of an invoice. */
@Entity('payment_allocations')
@Index('payment_allocations_payment', ['tenantId', 'environmentId', 'paymentId', 'invoiceId'], {
  unique: true,
})
@Index('payment_allocations_invoice', ['tenantId', 'environmentId', 'invoiceId'])
export class PaymentAllocationEntity extends EnvironmentRow {
  @Column({ type: 'text' })
  paymentId!: string;

  @Column({ type: 'text' })
  invoiceId!: string;

  @MinorUnits()
  amount!: bigint;
}
