import { parseCurrency } from '../domain/currency.js';
import type { PercentageOrFixed } from '../domain/invoicing/percentage.js';
import { money } from '../domain/money.js';
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
