import { Body, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { fieldErrors } from '../../domain/errors.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { SuccessResponse } from '../../platform/http/responses.js';
import { OnlyReads } from '../../platform/idempotency/route-kinds.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import {
  CreateEntitlementRequest,
  CreateEntitlementsBulkRequest,
  SearchEntitlementsRequest,
  UpdateEntitlementRequest,
} from './entitlements.requests.js';
import {
  CreateBulkEntitlementResponse,
  EntitlementResponse,
  ListEntitlementsResponse,
  toEntitlementResponse,
} from './entitlements.responses.js';
import { EntitlementsService } from '../../plans/entitlements.service.js';
import type { EntitlementInput, EntitlementTerms } from '../../plans/entitlements.types.js';

@ApiController('entitlements', 'Entitlements')
export class EntitlementsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly entitlements: EntitlementsService,
  ) {}

  /** Entitles those who subscribe to a plan or addon, or one subscription, to a feature. */
  @Post()
  create(
    @CurrentCaller() caller: Caller,
    @Body() body: CreateEntitlementRequest,
  ): Promise<EntitlementResponse> {
    return this.uow.run(caller, async (ctx) =>
      toEntitlementResponse(await this.entitlements.create(ctx, inputOf(body, ''))),
    );
  }

  /** Creates several entitlements: all of them or none. */
  @Post('bulk')
  createBulk(
    @CurrentCaller() caller: Caller,
    @Body() body: CreateEntitlementsBulkRequest,
  ): Promise<CreateBulkEntitlementResponse> {
    return this.uow.run(caller, async (ctx) => {
      const items: EntitlementResponse[] = [];
      for (const [index, item] of body.items.entries()) {
        const path = `items[${index}].`;
        items.push(toEntitlementResponse(await this.entitlements.create(ctx, inputOf(item, path), path)));
      }
      return { items };
    });
  }

  /** Entitlements by filters. */
  @Post('search')
  @HttpCode(200)
  @OnlyReads()
  search(
    @CurrentCaller() caller: Caller,
    @Body() body: SearchEntitlementsRequest,
  ): Promise<ListEntitlementsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.entitlements.search(ctx, body);
      return { items: rows.map(toEntitlementResponse), pagination };
    });
  }

  /** One entitlement. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<EntitlementResponse> {
    return this.uow.read(caller, async (ctx) => toEntitlementResponse(await this.entitlements.get(ctx, id)));
  }

  /** Changes an entitlement. Fields that are left out stay as they are. */
  @Put(':id')
  update(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: UpdateEntitlementRequest,
  ): Promise<EntitlementResponse> {
    return this.uow.run(caller, async (ctx) =>
      toEntitlementResponse(await this.entitlements.update(ctx, id, termsOf(body))),
    );
  }

  /** Deletes an entitlement. Subscriptions are not entitled to the feature by it any more. */
  @Delete(':id')
  async delete(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<SuccessResponse> {
    await this.uow.run(caller, (ctx) => this.entitlements.delete(ctx, id));
    return { message: 'entitlement deleted successfully' };
  }
}

const termsOf = (body: UpdateEntitlementRequest): EntitlementTerms => ({
  isEnabled: body.is_enabled,
  usageLimit: body.usage_limit,
  usageResetPeriod: body.usage_reset_period,
  isSoftLimit: body.is_soft_limit,
  staticValue: body.static_value,
  configValue: body.config_value,
});

/** `plan_id` is an older way to say which entity is meant. */
function inputOf(body: CreateEntitlementRequest, path: string): EntitlementInput {
  const entityType = body.entity_type ?? (body.plan_id === undefined ? undefined : 'PLAN');
  const entityId = body.entity_id ?? body.plan_id;
  const differs = body.plan_id !== undefined && (entityType !== 'PLAN' || entityId !== body.plan_id);
  const errors = {
    ...(entityType === undefined
      ? { [`${path}entity_type`]: `${path}entity_type is required, or plan_id` }
      : {}),
    ...(entityId === undefined ? { [`${path}entity_id`]: `${path}entity_id is required, or plan_id` } : {}),
    ...(differs ? { [`${path}plan_id`]: `${path}plan_id and entity_id differ` } : {}),
  };
  if (entityType === undefined || entityId === undefined || differs) throw fieldErrors(errors);
  return {
    ...termsOf(body),
    entityType,
    entityId,
    featureId: body.feature_id,
    featureType: body.feature_type,
    parentEntitlementId: body.parent_entitlement_id,
    startDate: body.start_date,
    endDate: body.end_date,
  };
}
