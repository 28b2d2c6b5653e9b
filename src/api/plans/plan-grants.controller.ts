import { Get, Param } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { ListCreditGrantsResponse, toCreditGrantResponse } from '../creditgrants/credit-grants.responses.js';
import { CreditGrantsService } from '../../wallets/credit-grants.service.js';

@ApiController('plans', 'Credit grants')
export class PlanGrantsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly grants: CreditGrantsService,
  ) {}

  /** The credit grants that the plan gives to those who subscribe to it, oldest first. */
  @Get(':id/creditgrants')
  ofPlan(@CurrentCaller() caller: Caller, @Param('id') id: string): Promise<ListCreditGrantsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const items = (await this.grants.ofPlan(ctx, id)).map(toCreditGrantResponse);
      return { items, pagination: whole(items) };
    });
  }
}

const whole = (items: readonly unknown[]): { total: number; limit: number; offset: number } => ({
  total: items.length,
  limit: items.length,
  offset: 0,
});
