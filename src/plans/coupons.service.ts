import { Injectable } from '@nestjs/common';
import { parseCurrency } from '../domain/currency.js';
import { alreadyExists, fieldErrors, notFound } from '../domain/errors.js';
import { exactMoney } from '../domain/money.js';
import { rate } from '../domain/rate.js';
import type { Ctx } from '../platform/context.js';
import { auditColumnsForUpdate, auditColumnsForInsert } from '../platform/database/columns.js';
import { isUniqueViolation } from '../platform/database/errors.js';
import { findRow, insertRow, updateRow } from '../platform/database/rows.js';
import { findPage, type PaginationResponse, type SearchRequest } from '../platform/http/list-query.js';
import { CouponEntity } from './coupon.entity.js';
import type { Coupon, CouponCadence, CouponType } from './coupons.types.js';

const SEARCH_FIELDS = {
  id: 'id',
  name: 'name',
  coupon_code: 'couponCode',
  type: 'type',
  cadence: 'cadence',
  currency: 'currency',
  total_redemptions: 'totalRedemptions',
  created_at: 'createdAt',
  updated_at: 'updatedAt',
};

export interface CouponInput {
  readonly name: string;
  readonly couponCode?: string | undefined;
  readonly type: CouponType;
  readonly percentageOff?: string | undefined;
  readonly amountOff?: string | undefined;
  readonly currency?: string | undefined;
  readonly cadence: CouponCadence;
  readonly durationInPeriods?: number | undefined;
  readonly maxRedemptions?: number | undefined;
  readonly redeemAfter?: Date | undefined;
  readonly redeemBefore?: Date | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

export interface CouponSearch extends SearchRequest {
  readonly coupon_ids?: string[];
  readonly coupon_codes?: string[];
}

@Injectable()
export class CouponsService {
  async create(ctx: Ctx, input: CouponInput): Promise<Coupon> {
    const amountOff = assertCoupon(input);
    try {
      return await insertRow(ctx.em, CouponEntity, {
        ...auditColumnsForInsert(ctx, 'coupon'),
        name: input.name,
        couponCode: input.couponCode ?? null,
        type: input.type,
        percentageOff: input.percentageOff === undefined ? null : rate(input.percentageOff),
        amountOff,
        currency: input.currency ?? null,
        cadence: input.cadence,
        durationInPeriods: input.durationInPeriods ?? null,
        maxRedemptions: input.maxRedemptions ?? null,
        totalRedemptions: 0,
        redeemAfter: input.redeemAfter ?? null,
        redeemBefore: input.redeemBefore ?? null,
        metadata: { ...input.metadata },
      });
    } catch (error) {
      if (isUniqueViolation(error, 'coupons_code'))
        throw alreadyExists(`a coupon with coupon_code ${input.couponCode ?? ''} exists already`);
      throw error;
    }
  }

  async get(ctx: Ctx, id: string): Promise<Coupon> {
    const row = await findRow(ctx.em, CouponEntity, { id, status: 'published' });
    if (row === null) throw notFound('coupon', id);
    return row;
  }

  async getByCode(ctx: Ctx, couponCode: string): Promise<Coupon> {
    const row = await findRow(ctx.em, CouponEntity, { couponCode, status: 'published' });
    if (row === null) throw notFound('coupon with code', couponCode);
    return row;
  }

  search(ctx: Ctx, request: CouponSearch): Promise<{ rows: Coupon[]; pagination: PaginationResponse }> {
    const query = ctx.em
      .createQueryBuilder(CouponEntity, 'row')
      .where('row.status = :status', { status: request.status ?? 'published' });
    if (request.coupon_ids?.length) query.andWhere('row.id IN (:...ids)', { ids: request.coupon_ids });
    if (request.coupon_codes?.length)
      query.andWhere('row.couponCode IN (:...codes)', { codes: request.coupon_codes });
    return findPage(query, request, SEARCH_FIELDS);
  }

  /** What a coupon takes off, and when, never changes: customers have redeemed it as it was. */
  async update(
    ctx: Ctx,
    id: string,
    change: Partial<Pick<CouponInput, 'name' | 'metadata'>>,
  ): Promise<Coupon> {
    const before = await this.get(ctx, id);
    await updateRow(ctx.em, CouponEntity, id, {
      ...auditColumnsForUpdate(ctx),
      name: change.name ?? before.name,
      metadata: { ...(change.metadata ?? before.metadata) },
    });
    return this.get(ctx, id);
  }

  /** It can be redeemed no more; where it was redeemed, it goes on. */
  async delete(ctx: Ctx, id: string): Promise<void> {
    await this.get(ctx, id);
    await updateRow(ctx.em, CouponEntity, id, { ...auditColumnsForUpdate(ctx), status: 'deleted' });
  }

  /** The coupons of those ids, deleted ones too: what was redeemed goes on. */
  async byIds(ctx: Ctx, ids: readonly string[]): Promise<ReadonlyMap<string, Coupon>> {
    const wanted = [...new Set(ids)];
    if (wanted.length === 0) return new Map();
    const rows = await ctx.em
      .createQueryBuilder(CouponEntity, 'row')
      .where('row.id = ANY(:wanted)', { wanted })
      .getMany();
    return new Map(rows.map((row) => [row.id, row]));
  }
}

/** Refuses a coupon whose value or duration is not clear; all that is wrong at once. Answers a fixed value's minor units. */
function assertCoupon(input: CouponInput): bigint | null {
  const errors: Record<string, string> = {};
  const say = (field: string, sentence: string): void => {
    errors[field] ??= `${field} ${sentence}`;
  };
  if (input.type === 'percentage') {
    if (input.percentageOff === undefined) say('percentage_off', 'is required for a percentage coupon');
    if (input.amountOff !== undefined) say('amount_off', 'goes with a fixed coupon');
  } else {
    if (input.percentageOff !== undefined) say('percentage_off', 'goes with a percentage coupon');
    if (input.amountOff === undefined) say('amount_off', 'is required for a fixed coupon');
    if (input.currency === undefined) say('currency', 'is required for a fixed coupon');
  }
  if (input.cadence === 'repeated') {
    if (input.durationInPeriods === undefined)
      say('duration_in_periods', 'is required for a repeated coupon');
  } else if (input.durationInPeriods !== undefined) {
    say('duration_in_periods', 'goes with a repeated coupon');
  }
  if (input.redeemAfter && input.redeemBefore && input.redeemBefore <= input.redeemAfter)
    say('redeem_before', 'must be after redeem_after');
  const currency = parseCurrency(input.currency);
  const amount =
    input.type === 'fixed' && input.amountOff !== undefined && currency !== undefined
      ? exactMoney(rate(input.amountOff), currency)
      : null;
  if (amount === undefined) say('amount_off', `is finer than the minor unit of ${input.currency ?? ''}`);
  if (Object.keys(errors).length > 0) throw fieldErrors(errors);
  return amount?.amount ?? null;
}
