import { PaginationResponse } from '../../platform/http/list-query.js';
import { couponSnapshot, type AppliedCoupon, type Coupon } from '../../plans/coupons.types.js';

export class CouponResponse {
  id!: string;
  name!: string;
  coupon_code!: string | null;
  type!: string;
  percentage_off!: string | null;
  amount_off!: string | null;
  currency!: string | null;
  cadence!: string;
  duration_in_periods!: number | null;
  max_redemptions!: number | null;
  total_redemptions!: number;
  redeem_after!: Date | null;
  redeem_before!: Date | null;
  rules!: Record<string, unknown> | null;
  metadata!: Record<string, string>;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class ListCouponsResponse {
  items!: CouponResponse[];
  pagination!: PaginationResponse;
}

/** A coupon that was redeemed, and what for. */
export class CouponAssociationResponse {
  id!: string;
  coupon_id!: string;
  coupon!: CouponResponse;
  customer_id!: string;
  /** Null: every subscription of the customer. */
  subscription_id!: string | null;
  /** Null: the whole invoice. */
  subscription_line_item_id!: string | null;
  subscription_line_item!: Record<string, unknown> | null;
  subscription_phase_id!: string | null;
  start_date!: Date;
  end_date!: Date | null;
  metadata!: Record<string, string>;
  tenant_id!: string;
  environment_id!: string;
  status!: string;
  created_at!: Date;
  updated_at!: Date;
  created_by!: string;
  updated_by!: string;
}

export class ListCouponAssociationsResponse {
  items!: CouponAssociationResponse[];
  pagination!: PaginationResponse;
}

/** The coupon as it is kept on what it was applied to. */
export const toCouponResponse = (row: Coupon): CouponResponse => couponSnapshot(row);

export const toCouponAssociationResponse = ({
  association: row,
  coupon,
}: AppliedCoupon): CouponAssociationResponse => ({
  id: row.id,
  coupon_id: row.couponId,
  coupon: toCouponResponse(coupon),
  customer_id: row.customerId,
  subscription_id: row.subscriptionId,
  subscription_line_item_id: row.subscriptionLineItemId,
  subscription_line_item: null,
  subscription_phase_id: row.subscriptionPhaseId,
  start_date: row.startDate,
  end_date: row.endDate,
  metadata: row.metadata,
  tenant_id: row.tenantId,
  environment_id: row.environmentId,
  status: row.status,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  created_by: row.createdBy,
  updated_by: row.updatedBy,
});
