import { Column, Entity, Index } from 'typeorm';
import type { Rate } from '../domain/rate.js';
import { EntityRow, ExactDecimal, MinorUnits } from '../platform/database/columns.js';

export const COUPON_TYPES = ['fixed', 'percentage'] as const;
export type CouponType = (typeof COUPON_TYPES)[number];

/** On how many bills it counts: the first one, `duration_in_periods` of them, or all. */
export const COUPON_CADENCES = ['once', 'repeated', 'forever'] as const;
export type CouponCadence = (typeof COUPON_CADENCES)[number];

@Entity('coupons')
@Index('coupons_code', ['tenantId', 'environmentId', 'couponCode'], {
  unique: true,
  where: `status <> 'deleted'`,
})
export class CouponEntity extends EntityRow {
  @Column({ type: 'text' })
  name!: string;

  /** What a customer types. */
  @Column({ type: 'text', nullable: true })
  couponCode!: string | null;

  @Column({ type: 'text' })
  type!: CouponType;

  @ExactDecimal({ nullable: true })
  percentageOff!: Rate | null;

  @MinorUnits({ nullable: true })
  amountOff!: bigint | null;

  /** Of a fixed amount; for a percentage, null means any. */
  @Column({ type: 'text', nullable: true })
  currency!: string | null;

  @Column({ type: 'text' })
  cadence!: CouponCadence;

  @Column({ type: 'integer', nullable: true })
  durationInPeriods!: number | null;

  /** Null: any number of times. */
  @Column({ type: 'integer', nullable: true })
  maxRedemptions!: number | null;

  @Column({ type: 'integer', default: 0 })
  totalRedemptions!: number;

  @Column({ type: 'timestamptz', nullable: true })
  redeemAfter!: Date | null;

  @Column({ type: 'timestamptz', nullable: true })
  redeemBefore!: Date | null;

  @Column({ type: 'jsonb', default: {} })
  metadata!: Record<string, string>;
}
