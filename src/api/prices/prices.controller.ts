import { Body, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { SuccessResponse } from '../../platform/http/responses.js';
import { OnlyReads } from '../../platform/idempotency/route-kinds.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { CatalogueEntities } from '../../plans/catalogue-entities.service.js';
import type { MeteredPrice, PricedEntity } from '../../plans/plans.types.js';
import { priceInput, storedTier } from './price-dialect.js';
import { PriceVersionsService } from '../../plans/price-versions.service.js';
import {
  CreatePriceRequest,
  CreatePricesBulkRequest,
  DeletePriceRequest,
  UpdatePriceRequest,
} from './prices.requests.js';
import { SearchPricesRequest } from './prices-search.requests.js';
import {
  CreateBulkPriceResponse,
  ListPricesResponse,
  PriceResponse,
  toPriceResponse,
} from './prices.responses.js';
import { PricesService } from '../../plans/prices.service.js';

@ApiController('prices', 'Prices')
export class PricesController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly prices: PricesService,
    private readonly versions: PriceVersionsService,
    private readonly entities: CatalogueEntities,
  ) {}

  /** Adds a price to a plan or an addon. Existing subscriptions keep the prices that they have. */
  @Post()
  create(@CurrentCaller() caller: Caller, @Body() body: CreatePriceRequest): Promise<PriceResponse> {
    return this.uow.run(caller, async (ctx) => toPriceResponse(await this.createOne(ctx, body, '')));
  }

  /** Creates several prices: all of them or none. */
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

  /** Prices by filters. */
  @Post('search')
  @HttpCode(200)
  @OnlyReads()
  search(@CurrentCaller() caller: Caller, @Body() body: SearchPricesRequest): Promise<ListPricesResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.prices.search(ctx, body);
      return { items: rows.map(toPriceResponse), pagination };
    });
  }

  /** The current price with that lookup key; otherwise its last version. */
  @Get('lookup/:lookup_key')
  getByLookupKey(
    @CurrentCaller() caller: Caller,
    @Param('lookup_key') lookupKey: string,
  ): Promise<PriceResponse> {
    return this.uow.read(caller, async (ctx) =>
      toPriceResponse(await this.prices.getByLookupKey(ctx, lookupKey)),
    );
  }

  /**
   * Changes a price. Name, keys and metadata change in place. What is charged does not: the price ends at
   * `effective_from` and the answer is the new price that begins there.
   */
  @Put(':id')
  update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdatePriceRequest,
  ): Promise<PriceResponse> {
    return this.uow.run(caller, async (ctx) =>
      toPriceResponse(
        await this.versions.update(ctx, id, {
          amount: body.amount,
          billingModel: body.billing_model,
          tierMode: body.tier_mode,
          tiers: body.tiers?.map(storedTier),
          transformQuantity: body.transform_quantity,
          effectiveFrom: body.effective_from,
          lookupKey: body.lookup_key,
          displayName: body.display_name,
          description: body.description,
          metadata: body.metadata,
          groupId: body.group_id,
        }),
      ),
    );
  }

  /** Ends a price, now or later. Nothing is charged by it afterwards. */
  @Delete(':id')
  async delete(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: DeletePriceRequest,
  ): Promise<SuccessResponse> {
    await this.uow.run(caller, (ctx) => this.versions.end(ctx, id, body.end_date));
    return { message: 'price deleted successfully' };
  }

  /** One price with its meter. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<PriceResponse> {
    return this.uow.read(caller, async (ctx) => toPriceResponse(await this.prices.get(ctx, id)));
  }

  private async createOne(ctx: Ctx, body: CreatePriceRequest, path: string): Promise<MeteredPrice> {
    const entity = { type: body.entity_type as PricedEntity['type'], id: body.entity_id };
    await this.entities.assertExists(ctx, entity.type, entity.id);
    return this.prices.create(ctx, entity, priceInput(body), path);
  }
}
