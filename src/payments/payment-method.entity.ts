import { Column, Entity, Index } from 'typeorm';
import { EntityRow } from '../platform/database/columns.js';

/** A payment method that a customer has saved at a provider: what is printed on it, never its number. */
@Entity('payment_methods')
@Index('payment_methods_provider', ['tenantId', 'environmentId', 'connectionId', 'providerMethodId'], {
  unique: true,
})
@Index('payment_methods_customer', ['tenantId', 'environmentId', 'customerId'])
export class PaymentMethodEntity extends EntityRow {
  @Column({ type: 'text' })
  customerId!: string;

  @Column({ type: 'text' })
  connectionId!: string;

  @Column({ type: 'text' })
  providerMethodId!: string;

  @Column({ type: 'text' })
  type!: string;

  @Column({ type: 'text', nullable: true })
  brand!: string | null;

  @Column({ type: 'text', nullable: true })
  last4!: string | null;

  @Column({ type: 'integer', nullable: true })
  expiryMonth!: number | null;

  @Column({ type: 'integer', nullable: true })
  expiryYear!: number | null;

  @Column({ type: 'boolean', default: false })
  isDefault!: boolean;
}
