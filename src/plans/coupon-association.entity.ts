import { Column, Entity, Index } from 'typeorm';
import { EntityRow } from '../platform/database/columns.js';

/** A coupon that was redeemed: for all of a customer's subscriptions, for one, or for one line of it. */
@Entity('coupon_associations')
@Index('coupon_associations_coupon', ['tenantId', 'environmentId', 'couponId'])
@Index('coupon_associations_customer', ['tenantId', 'environmentId', 'customerId'])
@Index('coupon_associations_subscription', ['tenantId', 'environmentId', 'subscriptionId'])
export class CouponAssociationEntity extends EntityRow {
  @Column({ type: 'text' })
  couponId!: string;

  @Column({ type: 'text' })
  customerId!: string;

  /** Null: every subscription of the customer. */
  @Column({ type: 'text', nullable: true })
  subscriptionId!: string | null;

  /** Null: the whole invoice. */
  @Column({ type: 'text', nullable: true })
  subscriptionLineItemId!: string | null;

  @Column({ type: 'text', nullable: true })
  subscriptionPhaseId!: string | null;

  @Column({ type: 'timestamptz' })
  startDate!: Date;

  @Column({ type: 'timestamptz', nullable: true })
  endDate!: Date | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}
