import { Column, Entity, Index } from 'typeorm';
import { EnvironmentRow } from '../platform/database/columns.js';

/** A bill that an association has lowered. Billing it again (voided, recalculated) is the same use. */
@Entity('coupon_uses')
@Index('coupon_uses_once', ['tenantId', 'environmentId', 'associationId', 'billingKey'], { unique: true })
export class CouponUseEntity extends EnvironmentRow {
  @Column({ type: 'text' })
  associationId!: string;

  /** Names the bill, whichever invoice stands for it. */
  @Column({ type: 'text' })
  billingKey!: string;
}
