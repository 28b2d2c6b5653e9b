import { Injectable, type OnModuleInit } from '@nestjs/common';
import { PlanGrants } from '../plans/plan-grants.service.js';
import { toCreditGrantResponse } from './credit-grants.responses.js';
import { CreditGrantsService } from './credit-grants.service.js';

/** Lets plans show the credit grants that they give. */
@Injectable()
export class PlanGrantsOfWallets implements OnModuleInit {
  constructor(
    private readonly shown: PlanGrants,
    private readonly grants: CreditGrantsService,
  ) {}

  onModuleInit(): void {
    this.shown.provide(async (ctx, planIds) => {
      const grants = await this.grants.ofPlans(ctx, planIds);
      return new Map(
        planIds.map((id) => [id, grants.filter(({ planId }) => planId === id).map(toCreditGrantResponse)]),
      );
    });
  }
}
