import { Body, Delete, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { SuccessResponse } from '../../platform/http/responses.js';
import { OnlyReads } from '../../platform/idempotency/route-kinds.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { CouponAssociationsService } from '../../plans/coupon-associations.service.js';
import {
  CreateCouponRequest,
  ListCouponAssociationsQuery,
  SearchCouponsRequest,
  UpdateCouponRequest,
} from './coupons.requests.js';
import {
  CouponAssociationResponse,
  CouponResponse,
  ListCouponAssociationsResponse,
  ListCouponsResponse,
  toCouponAssociationResponse,
  toCouponResponse,
} from './coupons.responses.js';
import { CouponsService } from '../../plans/coupons.service.js';

@ApiController('coupons', 'Coupons')
export class CouponsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly coupons: CouponsService,
    private readonly associations: CouponAssociationsService,
  ) {}

  /** Creates a coupon: a percentage or a fixed amount off, once, for a number of periods or for ever. */
  @Post()
  create(@CurrentCaller() caller: Caller, @Body() body: CreateCouponRequest): Promise<CouponResponse> {
    return this.uow.run(caller, async (ctx) =>
      toCouponResponse(
        await this.coupons.create(ctx, {
          name: body.name,
          couponCode: body.coupon_code,
          type: body.type,
          percentageOff: body.percentage_off,
          amountOff: body.amount_off,
          currency: body.currency,
          cadence: body.cadence,
          durationInPeriods: body.duration_in_periods,
          maxRedemptions: body.max_redemptions,
          redeemAfter: body.redeem_after,
          redeemBefore: body.redeem_before,
          metadata: body.metadata,
        }),
      ),
    );
  }

  /** Coupons by filters. */
  @Post('search')
  @HttpCode(200)
  @OnlyReads()
  search(@CurrentCaller() caller: Caller, @Body() body: SearchCouponsRequest): Promise<ListCouponsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.coupons.search(ctx, body);
      return { items: rows.map(toCouponResponse), pagination };
    });
  }

  /**
   * Uses of coupons, with what each is used for. Coupons are redeemed where subscriptions are created and changed.
   */
  @Get('associations')
  listAssociations(
    @CurrentCaller() caller: Caller,
    @Query() query: ListCouponAssociationsQuery,
  ): Promise<ListCouponAssociationsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.associations.list(ctx, query);
      return { items: rows.map(toCouponAssociationResponse), pagination };
    });
  }

  /** One use of a coupon by a customer or subscription. */
  @Get('associations/:id')
  getAssociation(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
  ): Promise<CouponAssociationResponse> {
    return this.uow.read(caller, async (ctx) =>
      toCouponAssociationResponse(await this.associations.get(ctx, id)),
    );
  }

  /** The coupon with that code. */
  @Get('code/:code')
  getByCode(@CurrentCaller() caller: Caller, @Param('code') code: string): Promise<CouponResponse> {
    return this.uow.read(caller, async (ctx) => toCouponResponse(await this.coupons.getByCode(ctx, code)));
  }

  /** One coupon with the number of its redemptions. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<CouponResponse> {
    return this.uow.read(caller, async (ctx) => toCouponResponse(await this.coupons.get(ctx, id)));
  }

  /** Changes the name and metadata. What the coupon takes off never changes. */
  @Put(':id')
  update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateCouponRequest,
  ): Promise<CouponResponse> {
    return this.uow.run(caller, async (ctx) => toCouponResponse(await this.coupons.update(ctx, id, body)));
  }

  /** Deletes a coupon. It cannot be redeemed any more; subscriptions that redeemed it keep it. */
  @Delete(':id')
  async delete(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<SuccessResponse> {
    await this.uow.run(caller, (ctx) => this.coupons.delete(ctx, id));
    return { message: 'coupon deleted successfully' };
  }
}
