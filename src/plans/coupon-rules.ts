import { invalidOperation } from '../domain/errors.js';
import type { Coupon } from './coupons.types.js';

/** Whether somebody may redeem it now, for a bill in that currency. */
export function assertRedeemable(coupon: Coupon, now: Date, currency: string | undefined): void {
  const details = { coupon_id: coupon.id, coupon_code: coupon.couponCode };
  if (coupon.redeemAfter !== null && now < coupon.redeemAfter)
    throw invalidOperation(
      `coupon ${coupon.name} can be redeemed from ${coupon.redeemAfter.toISOString()} on`,
      'coupon_not_redeemable_yet',
      details,
    );
  if (coupon.redeemBefore !== null && now >= coupon.redeemBefore)
    throw invalidOperation(
      `coupon ${coupon.name} could be redeemed until ${coupon.redeemBefore.toISOString()}`,
      'coupon_expired',
      details,
    );
  if (coupon.maxRedemptions !== null && coupon.totalRedemptions >= coupon.maxRedemptions)
    throw invalidOperation(
      `coupon ${coupon.name} has been redeemed as often as it can be`,
      'coupon_used_up',
      details,
    );
  assertCurrency(coupon, currency);
}

export function assertCurrency(coupon: Coupon, currency: string | undefined): void {
  if (currency !== undefined && coupon.currency !== null && coupon.currency !== currency)
    throw invalidOperation(
      `coupon ${coupon.name} is for ${coupon.currency}, not for ${currency}`,
      'coupon_currency_mismatch',
      { coupon_id: coupon.id, coupon_code: coupon.couponCode },
    );
}
