import { formatRate } from '../domain/rate.js';
import { parseCurrency } from '../domain/currency.js';
import type { PercentageOrFixed } from '../domain/invoicing/percentage.js';
import { formatMoney, money } from '../domain/money.js';
import type { Period } from '../domain/period.js';
import type { CouponAssociationEntity } from './coupon-association.entity.js';
import type { CouponEntity } from './coupon.entity.js';

export type { CouponCadence, CouponType } from './coupon.entity.js';
export type Coupon = Readonly<CouponEntity>;
export type CouponAssociation = Readonly<CouponAssociationEntity>;

/** What a redeemed coupon is for: all of a customer's subscriptions, one of them, or one of its lines. */
export interface CouponTarget {
  readonly customerId: string;
  readonly subscriptionId?: string | undefined;
  readonly subscriptionLineItemId?: string | undefined;
  readonly subscriptionPhaseId?: string | undefined;
}

export interface RedeemInput extends CouponTarget {
  readonly coupon: { readonly id: string } | { readonly code: string };
  /** Of the subscription; left out where the coupon is for all subscriptions of a customer. */
  readonly currency?: string | undefined;
  /** Now, when left out. */
  readonly startDate?: Date | undefined;
  readonly endDate?: Date | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** A bill that is being made, as far as it matters for which coupons lower it. */
export interface DiscountedBill {
  readonly subscriptionId: string;
  readonly customerId: string;
  readonly currency: string;
  readonly period: Period;
  /**
   * Names the bill in the environment, whichever invoice stands for it: the same when it is voided and made again,
   * another one for every other bill. Subscription, period start and billing reason, for example.
   */
  readonly billingKey: string;
}

export interface AppliedCoupon {
  readonly association: CouponAssociation;
  readonly coupon: Coupon;
}

/** What the coupon takes off, for `domain/invoicing/discounts`. */
export function couponValue(coupon: Coupon): PercentageOrFixed {
  if (coupon.percentageOff !== null) return { type: 'percentage', percentage: coupon.percentageOff };
  const currency = parseCurrency(coupon.currency);
  if (coupon.amountOff === null || currency === undefined)
    throw new RangeError(`coupon ${coupon.id} takes nothing off`);
  return { type: 'fixed', amount: money(coupon.amountOff, currency) };
}

const amountOff = ({ amountOff: amount, currency }: Coupon): string | null => {
  const known = parseCurrency(currency);
  return amount === null || known === undefined ? null : formatMoney(money(amount, known));
};

/** The coupon with what it said when it was applied, in the contract's words: kept on invoices, so that later edits of it change none. */
export const couponSnapshot = (row: Coupon) => ({
  id: row.id,
  name: row.name,
  coupon_code: row.couponCode,
  type: row.type,
  percentage_off: row.percentageOff === null ? null : formatRate(row.percentageOff),
  amount_off: amountOff(row),
  currency: row.currency,
  cadence: row.cadence,
  duration_in_periods: row.durationInPeriods,
  max_redemptions: row.maxRedemptions,
  total_redemptions: row.totalRedemptions,
  redeem_after: row.redeemAfter,
  redeem_before: row.redeemBefore,
  rules: null,
  metadata: row.metadata,
  tenant_id: row.tenantId,
  environment_id: row.environmentId,
  status: row.status,
  created_at: row.createdAt,
  updated_at: row.updatedAt,
  created_by: row.createdBy,
  updated_by: row.updatedBy,
});
