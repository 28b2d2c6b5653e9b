import { Body, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { FeaturesService } from '../../features/features.service.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { parseExpand } from '../../platform/http/expand.js';
import { ListRequest } from '../../platform/http/list-query.js';
import { OnlyReads } from '../../platform/idempotency/route-kinds.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { ShownGrants } from '../creditgrants/shown-grants.js';
import { toEntitlementResponse } from '../entitlements/entitlements.responses.js';
import { EntitlementsService } from '../../plans/entitlements.service.js';
import { PlanCloningService } from '../../plans/plan-cloning.service.js';
import {
  ClonePlanRequest,
  CreatePlanRequest,
  SearchPlansRequest,
  UpdatePlanRequest,
} from './plans.requests.js';
import {
  ListPlanEntitlementsResponse,
  ListPlansResponse,
  PlanResponse,
  toPlanResponse,
} from './plans.responses.js';
import { PlansService } from '../../plans/plans.service.js';
import { notEnded, type MeteredPrice, type Plan } from '../../plans/plans.types.js';
import { inlinePriceInput } from '../prices/price-dialect.js';
import type { PriceInput } from '../../plans/prices.service.js';

const EXPANSIONS = ['prices', 'meters', 'prices.meters', 'entitlements', 'credit_grants'];

@ApiController('plans', 'Plans')
export class PlansController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly plans: PlansService,
    private readonly features: FeaturesService,
    private readonly entitlements: EntitlementsService,
    private readonly cloning: PlanCloningService,
    private readonly grants: ShownGrants,
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
      return toPlanResponse(plan, prices, [], []);
    });
  }

  /** Plans by filters. `expand` includes prices, meters, entitlements and credit grants. */
  @Post('search')
  @HttpCode(200)
  @OnlyReads()
  search(@CurrentCaller() caller: Caller, @Body() body: SearchPlansRequest): Promise<ListPlansResponse> {
    const expand = parseExpand(body.expand, EXPANSIONS);
    const withPrices = expand.has('prices') || expand.has('prices.meters');
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.plans.search(ctx, body, withPrices);
      const entitlements = expand.has('entitlements')
        ? await this.entitlements.ofEntities(
            ctx,
            'PLAN',
            rows.map(({ plan }) => plan.id),
          )
        : null;
      const grants = expand.has('credit_grants')
        ? await this.grants.of(
            ctx,
            'PLAN',
            rows.map(({ plan }) => plan.id),
          )
        : null;
      return {
        items: rows.map(({ plan, prices }) =>
          toPlanResponse(
            plan,
            withPrices ? notEnded(prices, ctx.now) : null,
            entitlements && entitlements.filter(({ entitlement }) => entitlement.entityId === plan.id),
            grants === null ? null : (grants.get(plan.id) ?? []),
          ),
        ),
        pagination,
      };
    });
  }

  /** One plan with its current prices, entitlements and credit grants. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<PlanResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { plan, prices } = await this.plans.get(ctx, id);
      return this.shown(ctx, plan, prices);
    });
  }

  /** The entitlements of the plan, together with the fields of the plan, which older clients read. */
  @Get(':id/entitlements')
  listEntitlements(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: ListRequest,
  ): Promise<ListPlanEntitlementsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const plan = await this.plans.getPlan(ctx, id);
      const { rows, pagination } = await this.entitlements.search(ctx, { ...query, plan_ids: [id] });
      return { ...toPlanResponse(plan, null, rows), items: rows.map(toEntitlementResponse), pagination };
    });
  }

  /** Copies a plan under another name and lookup key, with its current prices and its entitlements. */
  @Post(':id/clone')
  clone(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: ClonePlanRequest,
  ): Promise<PlanResponse> {
    return this.uow.run(caller, async (ctx) => {
      const { plan, prices, entitlements } = await this.cloning.clone(ctx, id, {
        name: body.name,
        lookupKey: body.lookup_key,
        description: body.description,
        displayOrder: body.display_order,
        metadata: body.metadata,
      });
      return toPlanResponse(plan, prices, entitlements, []);
    });
  }

  /** Changes the name, lookup key, description, order or metadata of a plan. Prices have routes of their own. */
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
      return this.shown(ctx, plan, prices);
    });
  }

  private async shown(ctx: Ctx, plan: Plan, prices: readonly MeteredPrice[]): Promise<PlanResponse> {
    const entitlements = await this.entitlements.ofEntities(ctx, 'PLAN', [plan.id]);
    const grants = await this.grants.of(ctx, 'PLAN', [plan.id]);
    return toPlanResponse(plan, notEnded(prices, ctx.now), entitlements, grants.get(plan.id));
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
