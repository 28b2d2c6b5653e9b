import { Delete, HttpCode, Param } from '@nestjs/common';
import { invalidOperation } from '../../domain/errors.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { SuccessResponse } from '../../platform/http/responses.js';
import { PlansService } from '../../plans/plans.service.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';

@ApiController('plans', 'Subscriptions')
export class PlanDeletionController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly subscriptions: SubscriptionsService,
    private readonly plans: PlansService,
  ) {}

  /** Deletes a plan. Refused with `plan_in_use` while a subscription that is not cancelled uses it. */
  @Delete(':id')
  @HttpCode(200)
  deletePlan(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<SuccessResponse> {
    return this.uow.run(caller, async (ctx) => {
      if (await this.subscriptions.hasOpenFor(ctx, { planId: id }))
        throw invalidOperation('a subscription that is not cancelled uses the plan', 'plan_in_use', { id });
      await this.plans.delete(ctx, id);
      return { message: 'plan deleted successfully' };
    });
  }
}
