import { Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ListRequest } from '../../platform/http/list-query.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { SubscriptionSchedulesService } from '../../subscriptions/subscription-schedules.service.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';
import { PlanChangeScheduling } from '../../subscription-changes/plan-change/plan-change-scheduling.service.js';
import {
  CancelScheduleResponse,
  GetPendingSchedulesResponse,
  ListSubscriptionSchedulesResponse,
  SubscriptionScheduleResponse,
  toScheduleResponse,
} from './subscription-schedules.responses.js';
import { Optional } from '../../platform/http/fields.js';
import { IsFlag, IsId } from '../../platform/http/text-fields.js';

export class ListSchedulesQuery extends ListRequest {
  @Optional()
  @IsId()
  subscription_id?: string;

  @Optional()
  @IsFlag()
  pending_only?: boolean;
}

/** Changes of plan that lie ahead. One client generation has the same addresses under names of its own, and /v1 twice. */
@ApiController('', 'Subscriptions')
export class SubscriptionSchedulesController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly subscriptions: SubscriptionsService,
    private readonly schedules: SubscriptionSchedulesService,
    private readonly changes: PlanChangeScheduling,
  ) {}

  /** Planned changes of subscriptions. */
  @Get(['subscriptions/schedules', 'subscription-schedules', 'v1/subscription-schedules'])
  list(
    @CurrentCaller() caller: Caller,
    @Query() query: ListSchedulesQuery,
  ): Promise<ListSubscriptionSchedulesResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.schedules.list(ctx, query);
      const schedules = rows.map((row) => toScheduleResponse(row, ctx.now));
      return { count: pagination.total, schedules, pagination };
    });
  }

  /** One planned change of a subscription. */
  @Get(['subscriptions/schedules/:id', 'subscription-schedules/:id', 'v1/subscription-schedules/:id'])
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<SubscriptionScheduleResponse> {
    return this.uow.read(caller, async (ctx) =>
      toScheduleResponse(await this.schedules.get(ctx, id), ctx.now),
    );
  }

  /** Cancels a planned change. The subscription continues as if nothing had been planned. */
  @Post(['subscriptions/schedules/:id/cancel', 'v1/subscriptions/schedules/:id/cancel'])
  @HttpCode(200)
  cancel(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<CancelScheduleResponse> {
    return this.uow.run(caller, async (ctx) => {
      const { scheduleStatus } = await this.changes.cancelSchedule(ctx, id);
      return { message: 'schedule cancelled successfully', status: scheduleStatus };
    });
  }

  /** The planned changes of one subscription. */
  @Get(['subscriptions/:id/schedules', 'v1/subscriptions/:id/schedules'])
  pending(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<GetPendingSchedulesResponse> {
    return this.uow.read(caller, (ctx) => this.pendingOf(ctx, id));
  }

  private async pendingOf(ctx: Ctx, id: string): Promise<GetPendingSchedulesResponse> {
    await this.subscriptions.get(ctx, id);
    const pending = await this.schedules.pendingOf(ctx, id);
    const schedules = pending === null ? [] : [toScheduleResponse(pending, ctx.now)];
    return { count: schedules.length, schedules };
  }
}
