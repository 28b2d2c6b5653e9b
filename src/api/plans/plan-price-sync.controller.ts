import { HttpCode, Param, Post } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { PlanPriceSyncResponse } from './plan-price-sync.responses.js';
import { PlanPriceSyncJob } from '../../subscription-changes/price-sync/plan-price-sync-job.service.js';

/** What has been set going; the keys are those of a workflow, which it is not. */
/** What it changes are subscriptions and their bills: that is why it stands here. */
@ApiController('plans', 'Plans')
export class PlanPriceSyncController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly job: PlanPriceSyncJob,
  ) {}

  /**
   * Applies the prices of the plan to its live subscriptions: new prices become line items, from their start date or
   * the current period on; line items of ended prices end. Overridden prices stay. The answer comes before that is
   * done.
   */
  @Post(':id/sync/subscriptions')
  @HttpCode(200)
  sync(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<PlanPriceSyncResponse> {
    return this.uow.run(caller, async (ctx) => ({
      message: 'the prices of the plan are on their way to its subscriptions',
      workflow_id: await this.job.request(ctx, id),
      run_id: caller.requestId,
    }));
  }
}
