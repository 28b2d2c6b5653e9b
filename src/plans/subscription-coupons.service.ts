import { Injectable } from '@nestjs/common';
import type { Ctx } from '../platform/context.js';
import { laterOf } from '../domain/period.js';
import { auditColumnsForInsert } from '../platform/database/columns.js';
import { findRows, insertRow, insertRows } from '../platform/database/rows.js';
import { newId } from '../platform/ids.js';
import { CouponAssociationEntity } from './coupon-association.entity.js';
import { CouponUseEntity } from './coupon-use.entity.js';
import { CouponsService } from './coupons.service.js';
import type { AppliedCoupon } from './coupons.types.js';

/** A bill that a coupon has lowered. */
export interface CouponUse {
  readonly billingKey: string;
  readonly coupon: AppliedCoupon;
}

/** What many subscriptions and many bills need to know of coupons at once. */
@Injectable()
export class SubscriptionCouponsService {
  constructor(private readonly coupons: CouponsService) {}

  /** What was redeemed for those subscriptions and their lines, in the order in which it was. */
  async of(ctx: Ctx, subscriptionIds: readonly string[]): Promise<AppliedCoupon[]> {
    if (subscriptionIds.length === 0) return [];
    const rows = await ctx.em
      .createQueryBuilder(CouponAssociationEntity, 'row')
      .where(`row.status = 'published' AND row.subscriptionId = ANY(:subscriptionIds)`, { subscriptionIds })
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .getMany();
    const coupons = await this.coupons.byIds(
      ctx,
      rows.map((row) => row.couponId),
    );
    return rows.flatMap((association) => {
      const coupon = coupons.get(association.couponId);
      return coupon === undefined ? [] : [{ association, coupon }];
    });
  }

  /** Those coupons have lowered those bills, by one statement. Told twice, it is one use. */
  async recordUses(ctx: Ctx, uses: readonly CouponUse[]): Promise<void> {
    const limited = uses.filter(({ coupon }) => coupon.coupon.cadence !== 'forever');
    if (limited.length === 0) return;
    await ctx.em
      .createQueryBuilder()
      .insert()
      .into(CouponUseEntity)
      .values(
        limited.map(({ billingKey, coupon }) => ({
          id: newId('couponUse'),
          ...ctx.scope,
          associationId: coupon.association.id,
          billingKey,
          createdAt: ctx.now,
          updatedAt: ctx.now,
        })),
      )
      .orIgnore()
      .execute();
  }

  /** Whatever lowered that bill can lower another one. */
  async releaseUses(ctx: Ctx, billingKey: string): Promise<void> {
    await ctx.em.delete(CouponUseEntity, { billingKey });
  }

  /**
   * What was redeemed for a subscription goes on with the one that takes its place, as often as it still counts: it is no new
   * redemption. `lineOf`: the line that takes the place of one; without it, its coupon ends, and is answered.
   */
  async transfer(
    ctx: Ctx,
    from: string,
    to: { readonly id: string; readonly startDate: Date },
    lineOf: (lineId: string) => string | undefined,
  ): Promise<AppliedCoupon[]> {
    const over = (end: Date | null): boolean => end !== null && end <= to.startDate;
    const ended: AppliedCoupon[] = [];
    for (const applied of await this.of(ctx, [from])) {
      const { association } = applied;
      const { subscriptionLineItemId } = association;
      if (over(association.endDate)) continue;
      const line = subscriptionLineItemId === null ? null : lineOf(subscriptionLineItemId);
      if (line === undefined) {
        ended.push(applied);
        continue;
      }
      const copy = await insertRow(ctx.em, CouponAssociationEntity, {
        ...association,
        ...auditColumnsForInsert(ctx, 'couponAssociation'),
        subscriptionId: to.id,
        subscriptionLineItemId: line,
        startDate: laterOf(association.startDate, to.startDate),
        metadata: { ...association.metadata },
      });
      const uses = await findRows(ctx.em, CouponUseEntity, { associationId: association.id });
      await insertRows(
        ctx.em,
        CouponUseEntity,
        uses.map((use) => ({ ...use, id: newId('couponUse'), associationId: copy.id })),
      );
    }
    return ended;
  }

  /** A draft begins at another time than was planned: what was redeemed from its start on moves along. */
  async moveStart(ctx: Ctx, subscriptionId: string, from: Date, to: Date): Promise<void> {
    await ctx.em.query(
      `UPDATE coupon_associations SET start_date = $3, updated_at = $4, updated_by = $5
        WHERE subscription_id = $1 AND start_date = $2 AND (end_date IS NULL OR end_date > $3)`,
      [subscriptionId, from, to, ctx.now, ctx.actor],
    );
  }
}
