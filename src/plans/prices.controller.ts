import { Body, Get, HttpCode, Param, Post } from '@nestjs/common';
import type { Caller, Ctx } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../tenancy/api-controller.js';
import { PlansService } from './plans.service.js';
import type { MeteredPrice } from './plans.types.js';
import { priceInput } from './price-dialect.js';
import { CreatePriceRequest, CreatePricesBulkRequest, SearchPricesRequest } from './prices.requests.js';
import {
  CreateBulkPriceResponse,
  ListPricesResponse,
  PriceResponse,
  toPriceResponse,
} from './prices.responses.js';
import { PricesService } from './prices.service.js';

@ApiController('prices', 'Prices')
export class PricesController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly prices: PricesService,
    private readonly plans: PlansService,
  ) {}

  /** Adds a price to a plan. Subscriptions that exist already keep the prices that they have. */
  @Post()
  create(@CurrentCaller() caller: Caller, @Body() body: CreatePriceRequest): Promise<PriceResponse> {
    return this.uow.run(caller, async (ctx) => toPriceResponse(await this.createOne(ctx, body, '')));
  }

  /** All of them or none. */
  @Post('bulk')
  createBulk(
    @CurrentCaller() caller: Caller,
    @Body() body: CreatePricesBulkRequest,
  ): Promise<CreateBulkPriceResponse> {
    return this.uow.run(caller, async (ctx) => {
      const items: PriceResponse[] = [];
      for (const [index, item] of body.items.entries())
        items.push(toPriceResponse(await this.createOne(ctx, item, `items[${index}]`)));
      return { items };
    });
  }

  @Post('search')
  @HttpCode(200)
  search(@CurrentCaller() caller: Caller, @Body() body: SearchPricesRequest): Promise<ListPricesResponse> {
    return this.uow.run(caller, async (ctx) => {
      const { rows, pagination } = await this.prices.search(ctx, body);
      return { items: rows.map(toPriceResponse), pagination };
    });
  }

  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<PriceResponse> {
    return this.uow.run(caller, async (ctx) => toPriceResponse(await this.prices.get(ctx, id)));
  }

  private async createOne(ctx: Ctx, body: CreatePriceRequest, path: string): Promise<MeteredPrice> {
    const plan = await this.plans.getPlan(ctx, body.entity_id);
    return this.prices.create(ctx, { type: 'PLAN', id: plan.id }, priceInput(body), path);
  }
}
