import { Injectable } from '@nestjs/common';
import { invalidOperation, notFound } from '../domain/errors.js';
import { countsOn } from '../domain/invoicing/coupon-cadence.js';
import type { Ctx } from '../platform/context.js';
import { findRow, findRows, updateRow } from '../platform/database/rows.js';
import { CouponAssociationEntity } from './coupon-association.entity.js';
import { assertCurrency, assertRedeemable } from './coupon-rules.js';
import { CouponUseEntity } from './coupon-use.entity.js';
import { CouponEntity } from './coupon.entity.js';
import type { Coupon, CouponAssociation } from './coupons.types.js';

export interface InvoiceCouponInput {
  readonly couponId: string;
  /** An earlier redemption of the coupon that is to count on this invoice; a redemption of its own, when left out. */
  readonly associationId?: string | undefined;
  readonly customerId: string;
  readonly currency: string;
}

/** A coupon for one invoice. */
export interface InvoiceCouponRedeemed {
  readonly coupon: Coupon;
  /** Null: it was redeemed for this invoice alone. */
  readonly association: CouponAssociation | null;
}

/** Coupons that are redeemed for an invoice of its own: they lower no other bill, so no association stands for them. */
@Injectable()
export class InvoiceCouponsService {
  /** The row that counts is locked from here on: of two who take the last redemption at once, one is refused. */
  async redeem(ctx: Ctx, input: InvoiceCouponInput): Promise<InvoiceCouponRedeemed> {
    if (input.associationId !== undefined) return this.further(ctx, input, input.associationId);
    const coupon = await findRow(
      ctx.em,
      CouponEntity,
      { id: input.couponId, status: 'published' },
      { lock: true },
    );
    if (coupon === null) throw notFound('coupon', input.couponId);
    assertRedeemable(coupon, ctx.now, input.currency);
    await updateRow(ctx.em, CouponEntity, coupon.id, { totalRedemptions: coupon.totalRedemptions + 1 });
    return { coupon: { ...coupon, totalRedemptions: coupon.totalRedemptions + 1 }, association: null };
  }

  /** The invoice is gone: what was redeemed for it alone can be redeemed again. */
  async release(ctx: Ctx, couponIds: readonly string[]): Promise<void> {
    for (const id of [...couponIds].sort())
      await ctx.em.query(
        `UPDATE coupons SET total_redemptions = total_redemptions - 1 WHERE id = $1 AND total_redemptions > 0`,
        [id],
      );
  }

  /** One more bill of a coupon that was redeemed before. */
  private async further(
    ctx: Ctx,
    { couponId, customerId, currency }: InvoiceCouponInput,
    associationId: string,
  ): Promise<InvoiceCouponRedeemed> {
    const association = await findRow(
      ctx.em,
      CouponAssociationEntity,
      { id: associationId, couponId, customerId, status: 'published' },
      { lock: true },
    );
    if (association === null) throw notFound('coupon association of this customer and coupon', associationId);
    const coupon = await findRow(ctx.em, CouponEntity, { id: couponId });
    if (coupon === null) throw notFound('coupon', couponId);
    assertCurrency(coupon, currency);
    const uses = await findRows(ctx.em, CouponUseEntity, { associationId });
    const over =
      association.startDate > ctx.now || (association.endDate !== null && association.endDate <= ctx.now);
    if (over || !countsOn(coupon, new Set(uses.map(({ billingKey }) => billingKey)), ''))
      throw invalidOperation(
        `coupon ${coupon.name} does not lower another bill by what was redeemed as ${associationId}`,
        'coupon_used_up',
        { coupon_id: coupon.id, coupon_code: coupon.couponCode },
      );
    return { coupon, association };
  }
}
