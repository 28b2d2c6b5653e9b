import { Injectable } from '@nestjs/common';
import { alreadyExists, notFound, validationError } from '../domain/errors.js';
import { countsOn } from '../domain/invoicing/coupon-cadence.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { findRow, insertRow, insertUnlessThere, updateRow } from '../platform/database/rows.js';
import { findPage, type ListRequest, type PaginationResponse } from '../platform/http/list-query.js';
import { newId } from '../platform/ids.js';
import { CouponAssociationEntity } from './coupon-association.entity.js';
import { CouponEntity } from './coupon.entity.js';
import { assertRedeemable } from './coupon-rules.js';
import { CouponUseEntity } from './coupon-use.entity.js';
import { CouponsService } from './coupons.service.js';
import type {
  AppliedCoupon,
  Coupon,
  CouponAssociation,
  CouponTarget,
  DiscountedBill,
  RedeemInput,
} from './coupons.types.js';

export interface CouponAssociationList extends ListRequest {
  readonly subscription_ids?: string[];
  readonly coupon_ids?: string[];
  readonly subscription_line_item_ids?: string[];
}

/** Coupons that were redeemed, which bills they lower, and how often they have. */
@Injectable()
export class CouponAssociationsService {
  constructor(private readonly coupons: CouponsService) {}

  /**
   * Redeems a coupon for a customer, a subscription or a line. The coupon's row is locked from here to the end of the
   * unit of work: of two who take the last redemption at once, one is refused.
   */
  async redeem(ctx: Ctx, input: RedeemInput): Promise<AppliedCoupon> {
    const coupon = await this.lockCoupon(ctx, input);
    assertRedeemable(coupon, ctx.now, input.currency);
    if (input.subscriptionLineItemId !== undefined && input.subscriptionId === undefined)
      throw new RangeError('a line stands in a subscription');
    const startDate = input.startDate ?? ctx.now;
    if (input.endDate && input.endDate <= startDate)
      throw validationError('end_date of a coupon must be after its start_date');
    await this.assertNotRedeemedFor(ctx, coupon, input, startDate);
    const association = await insertRow(ctx.em, CouponAssociationEntity, {
      ...auditColumnsForInsert(ctx, 'couponAssociation'),
      couponId: coupon.id,
      customerId: input.customerId,
      subscriptionId: input.subscriptionId ?? null,
      subscriptionLineItemId: input.subscriptionLineItemId ?? null,
      subscriptionPhaseId: input.subscriptionPhaseId ?? null,
      startDate,
      endDate: input.endDate ?? null,
      metadata: { ...input.metadata },
    });
    const totalRedemptions = coupon.totalRedemptions + 1;
    await updateRow(ctx.em, CouponEntity, coupon.id, { totalRedemptions });
    return { association, coupon: { ...coupon, totalRedemptions } };
  }

  /** It lowers no bill of a period that begins at that instant or later. What was redeemed stays counted. */
  async end(ctx: Ctx, id: string, at: Date): Promise<void> {
    const { association } = await this.get(ctx, id);
    if (association.endDate !== null && association.endDate <= at) return;
    await updateRow(ctx.em, CouponAssociationEntity, id, {
      ...auditColumnsForUpdate(ctx),
      endDate: at,
      // One that ends before it begins has never been.
      ...(at <= association.startDate ? { status: 'deleted' as const } : {}),
    });
  }

  async get(ctx: Ctx, id: string): Promise<AppliedCoupon> {
    const row = await findRow(ctx.em, CouponAssociationEntity, { id, status: 'published' });
    if (row === null) throw notFound('coupon association', id);
    return (await this.withCoupons(ctx, [row]))[0] as AppliedCoupon;
  }

  async list(
    ctx: Ctx,
    request: CouponAssociationList,
  ): Promise<{ rows: AppliedCoupon[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(CouponAssociationEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    if (request.subscription_ids?.length)
      query.andWhere('row.subscriptionId IN (:...subscriptions)', {
        subscriptions: request.subscription_ids,
      });
    if (request.coupon_ids?.length)
      query.andWhere('row.couponId IN (:...coupons)', { coupons: request.coupon_ids });
    if (request.subscription_line_item_ids?.length)
      query.andWhere('row.subscriptionLineItemId IN (:...lines)', {
        lines: request.subscription_line_item_ids,
      });
    const { rows, pagination } = await findPage(query, request, { created_at: 'createdAt' });
    return { rows: await this.withCoupons(ctx, rows), pagination };
  }

  /**
   * The coupons that lower each of those bills, in the order in which they were redeemed; those of a line and those of
   * the invoice together. Answers by billing key. A constant number of queries, however many bills.
   *
   * `toBill`: the bills are really made, so whoever else bills with a coupon that counts only so often waits. Nothing is
   * used up before {@link recordUses}.
   */
  async applicable(
    ctx: Ctx,
    bills: readonly DiscountedBill[],
    { toBill }: { readonly toBill: boolean },
  ): Promise<ReadonlyMap<string, readonly AppliedCoupon[]>> {
    const found = await this.candidates(ctx, bills);
    const limited = found
      .filter(({ coupon }) => coupon.cadence !== 'forever')
      .map(({ association }) => association.id);
    if (toBill) await this.lockAssociations(ctx, limited);
    const used = await this.usesOf(ctx, limited);
    return new Map(
      bills.map((bill) => [
        bill.billingKey,
        found.filter(({ association, coupon }) => {
          if (!concerns(association, coupon, bill)) return false;
          const uses = used.get(association.id) ?? new Set();
          if (!countsOn(coupon, uses, bill.billingKey)) return false;
          // A coupon for all subscriptions of a customer counts only so often over all the bills of one run, too.
          used.set(association.id, uses.add(bill.billingKey));
          return true;
        }),
      ]),
    );
  }

  /** Those coupons have lowered that bill. Told twice, it is one use. */
  async recordUses(ctx: Ctx, billingKey: string, applied: readonly AppliedCoupon[]): Promise<void> {
    for (const { association, coupon } of applied)
      if (coupon.cadence !== 'forever')
        await insertUnlessThere(ctx.em, CouponUseEntity, {
          id: newId('couponUse'),
          ...ctx.scope,
          associationId: association.id,
          billingKey,
          createdAt: ctx.now,
          updatedAt: ctx.now,
        });
  }

  /** The bill is gone for good: what it has used up can lower another one. Not for one that is made again. */
  async releaseUses(ctx: Ctx, billingKey: string, associationIds: readonly string[]): Promise<void> {
    if (associationIds.length === 0) return;
    await ctx.em
      .createQueryBuilder()
      .delete()
      .from(CouponUseEntity)
      .where('billing_key = :billingKey AND association_id = ANY(:associationIds)', {
        billingKey,
        associationIds,
      })
      .execute();
  }

  private async lockCoupon(ctx: Ctx, { coupon: wanted }: RedeemInput): Promise<Coupon> {
    const { id } =
      'id' in wanted
        ? await this.coupons.get(ctx, wanted.id)
        : await this.coupons.getByCode(ctx, wanted.code);
    const row = await findRow(ctx.em, CouponEntity, { id, status: 'published' }, { lock: true });
    if (row === null) throw notFound('coupon', id);
    return row;
  }

  /** The lock on the coupon makes this safe against another redemption at the same time. */
  private async assertNotRedeemedFor(
    ctx: Ctx,
    coupon: Coupon,
    target: CouponTarget,
    startDate: Date,
  ): Promise<void> {
    const taken = await ctx.em
      .createQueryBuilder(CouponAssociationEntity, 'row')
      .where(`row.couponId = :coupon AND row.customerId = :customer AND row.status = 'published'`, {
        coupon: coupon.id,
        customer: target.customerId,
      })
      .andWhere('row.subscriptionId IS NOT DISTINCT FROM :subscription', {
        subscription: target.subscriptionId ?? null,
      })
      .andWhere('row.subscriptionLineItemId IS NOT DISTINCT FROM :line', {
        line: target.subscriptionLineItemId ?? null,
      })
      .andWhere('(row.endDate IS NULL OR row.endDate > :startDate)', { startDate })
      .getExists();
    if (taken)
      throw alreadyExists(`coupon ${coupon.name} is redeemed for it already`, { coupon_id: coupon.id });
  }

  private async candidates(ctx: Ctx, bills: readonly DiscountedBill[]): Promise<AppliedCoupon[]> {
    if (bills.length === 0) return [];
    const rows = await ctx.em
      .createQueryBuilder(CouponAssociationEntity, 'row')
      .where(`row.status = 'published'`)
      .andWhere(
        '(row.subscriptionId = ANY(:subscriptions) OR (row.subscriptionId IS NULL AND row.customerId = ANY(:customers)))',
        {
          subscriptions: bills.map((bill) => bill.subscriptionId),
          customers: bills.map((bill) => bill.customerId),
        },
      )
      .orderBy('row.createdAt')
      .addOrderBy('row.id')
      .getMany();
    return this.withCoupons(ctx, rows);
  }

  private async lockAssociations(ctx: Ctx, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await ctx.em
      .createQueryBuilder(CouponAssociationEntity, 'row')
      .where('row.id = ANY(:ids)', { ids })
      .orderBy('row.id')
      .setLock('pessimistic_write')
      .getMany();
  }

  private async usesOf(ctx: Ctx, associationIds: readonly string[]): Promise<Map<string, Set<string>>> {
    const map = new Map<string, Set<string>>();
    if (associationIds.length === 0) return map;
    const rows = await ctx.em
      .createQueryBuilder(CouponUseEntity, 'row')
      .where('row.associationId = ANY(:associationIds)', { associationIds })
      .getMany();
    for (const { associationId, billingKey } of rows)
      map.set(associationId, (map.get(associationId) ?? new Set()).add(billingKey));
    return map;
  }

  private async withCoupons(ctx: Ctx, rows: readonly CouponAssociation[]): Promise<AppliedCoupon[]> {
    const coupons = await this.coupons.byIds(
      ctx,
      rows.map((row) => row.couponId),
    );
    return rows.flatMap((association) => {
      const coupon = coupons.get(association.couponId);
      return coupon === undefined ? [] : [{ association, coupon }];
    });
  }
}

const concerns = (association: CouponAssociation, coupon: Coupon, bill: DiscountedBill): boolean =>
  (association.subscriptionId === null
    ? association.customerId === bill.customerId
    : association.subscriptionId === bill.subscriptionId) &&
  (coupon.currency === null || coupon.currency === bill.currency) &&
  association.startDate < bill.period.end &&
  (association.endDate === null || association.endDate > bill.period.start);
