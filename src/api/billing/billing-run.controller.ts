import { Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ListRequest } from '../../platform/http/list-query.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { BillingRun } from '../../billing/runs/billing-runner.service.js';
import {
  BillingRunResponse,
  ListBillingRunsResponse,
  toBillingRunResponse,
} from './billing-run.responses.js';
import { BillingRunsService } from '../../billing/runs/billing-runs.service.js';

@ApiController('billing/runs', 'Billing runs')
export class BillingRunsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly runs: BillingRunsService,
    private readonly run: BillingRun,
  ) {}

  /**
   * Bills everything that is due in the environment, also what was postponed after a failure. The answer comes
   * before the run is done.
   */
  @Post()
  @HttpCode(202)
  start(@CurrentCaller() caller: Caller): Promise<BillingRunResponse> {
    return this.uow.run(caller, async (ctx) => toBillingRunResponse(await this.run.request(ctx)));
  }

  /** The billing runs of the environment, by the clock and by hand, newest first. */
  @Get()
  list(@CurrentCaller() caller: Caller, @Query() query: ListRequest): Promise<ListBillingRunsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const { rows, pagination } = await this.runs.list(ctx, query);
      return { items: rows.map(toBillingRunResponse), pagination };
    });
  }

  /** One billing run with its progress. */
  @Get(':id')
  get(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<BillingRunResponse> {
    return this.uow.read(caller, async (ctx) => toBillingRunResponse(await this.runs.get(ctx, id)));
  }
}
