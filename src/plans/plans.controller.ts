import { Body, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { FeaturesService } from '../features/features.service.js';
import type { Caller, Ctx } from '../platform/context.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { parseExpand } from '../platform/http/expand.js';
import { ApiController, CurrentCaller } from '../tenancy/api-controller.js';
import { CreatePlanRequest, SearchPlansRequest, UpdatePlanRequest } from './plans.requests.js';
import { ListPlansResponse, PlanResponse, toPlanResponse } from './plans.responses.js';
import { PlansService } from './plans.service.js';
import { inlinePriceInput } from './price-dialect.js';
import type { PriceInput } from './price-input.js';

const EXPANSIONS = ['prices', 'meters', 'prices.meters', 'entitlements', 'credit_grants'];

@ApiController('plans', 'Plans')
export class PlansController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly plans: PlansService,
    private readonly features: FeaturesService,
  ) {}

  /** Creates a plan, with the prices that the body holds. */
  @Post()
  create(@CurrentCaller() caller: Caller, @Body() body: CreatePlanRequest): Promise<PlanResponse> {
    return this.uow.run(caller, async (ctx) => {
      const { plan, prices } = await this.plans.create(
        ctx,
        {
          name: body.name,
          lookupKey: body.lookup_key,
          description: body.description,
          displayOrder: body.display_order,
          metadata: body.metadata,
        },
        await this.inlinePrices(ctx, body),
      );
      return toPlanResponse(plan, prices);
    });
  }

  @Post('search')
  @HttpCode(200)
  search(@CurrentCaller() caller: Caller, @Body() body: SearchPlansRequest): Promise<ListPlansResponse> {
    const expand = parseExpand(body.expand, EXPANSIONS);
    const withPrices = expand.has('prices') || expand.has('prices.meters');
    return this.uow.run(caller, async (ctx) => {
      const { rows, pagination } = await this.plans.search(ctx, body, withPrices);
      return {
        items: rows.map(({ plan, prices }) => toPlanResponse(plan, withPrices ? prices : null)),
        pagination,
      };
    });
  }

  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<PlanResponse> {
    return this.uow.run(caller, async (ctx) => {
      const { plan, prices } = await this.plans.get(ctx, id);
      return toPlanResponse(plan, prices);
    });
  }

  @Put(':id')
  update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdatePlanRequest,
  ): Promise<PlanResponse> {
    return this.uow.run(caller, async (ctx) => {
      const { plan, prices } = await this.plans.update(ctx, id, {
        ...(body.name === undefined ? {} : { name: body.name }),
        lookupKey: body.lookup_key,
        description: body.description,
        displayOrder: body.display_order,
        metadata: body.metadata,
      });
      return toPlanResponse(plan, prices);
    });
  }

  private async inlinePrices(ctx: Ctx, body: CreatePlanRequest): Promise<PriceInput[]> {
    const inputs: PriceInput[] = [];
    for (const [index, price] of (body.prices ?? []).entries()) {
      const feature =
        price.feature_id === undefined ? undefined : await this.features.get(ctx, price.feature_id);
      inputs.push(inlinePriceInput(body, price, feature, index));
    }
    return inputs;
  }
}
