import { Body, Get, HttpCode, Param, Post } from '@nestjs/common';
import { fieldErrors, notFound } from '../../domain/errors.js';
import { EnvironmentClock } from '../../platform/clock/environment-clock.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { InSteps } from '../../platform/idempotency/route-kinds.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { AdvanceClockRequest } from '../tenants/tenancy.requests.js';
import {
  ClockAdvancedResponse,
  EnvironmentResponse,
  ListEnvironmentsResponse,
  toEnvironmentResponse,
} from '../tenants/tenancy.responses.js';
import { TenancyService } from '../../tenancy/tenancy.service.js';

@ApiController('environments', 'Tenants and environments')
export class EnvironmentsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly tenancy: TenancyService,
    private readonly clock: EnvironmentClock,
  ) {}

  /** The environment of the API key. */
  @Get()
  list(@CurrentCaller() caller: Caller): Promise<ListEnvironmentsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const rows = await this.tenancy.listEnvironments(ctx);
      const environments = rows.map((row) => toEnvironmentResponse(row, ctx.now));
      return { environments, total: rows.length, limit: rows.length, offset: 0 };
    });
  }

  /** One environment with its time. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<EnvironmentResponse> {
    return this.uow.read(caller, async (ctx) =>
      toEnvironmentResponse(await this.tenancy.getEnvironment(ctx, id), ctx.now),
    );
  }

  /**
   * Moves the clock of a test environment forward, by ten years at most. Everything that time triggers on the way happens in
   * order before the answer, and what an instant causes is done before the next one comes: invoices are made, pushed and
   * charged, webhooks handled. A live environment has no such route.
   */
  @Post(':id/clock/advance')
  @HttpCode(200)
  @InSteps()
  async advance(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Body() body: AdvanceClockRequest,
  ): Promise<ClockAdvancedResponse> {
    const now = await this.uow.run(caller, async (ctx) => {
      const { kind } = await this.tenancy.getEnvironment(ctx, id);
      if (kind !== 'test' || id !== caller.scope.environmentId)
        throw notFound('movable clock of environment', id);
      return ctx.now;
    });
    if ((body.to === undefined) === (body.by_seconds === undefined))
      throw fieldErrors({ to: 'send either to or by_seconds' });
    const advanced =
      body.to === undefined
        ? await this.clock.advance(
            caller,
            new Date(now.getTime() + (body.by_seconds ?? 0) * 1000),
            'by_seconds',
          )
        : await this.clock.advance(caller, body.to);
    return { environment_id: id, ...advanced };
  }
}
