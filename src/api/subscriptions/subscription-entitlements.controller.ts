import { Get, Param, Query } from '@nestjs/common';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { SubscriptionEntitlementsRequest } from './entitlement-summaries.requests.js';
import { SubscriptionEntitlementsResponse, toAggregatedFeature } from './entitlement-summaries.responses.js';
import { EntitlementSummaries } from '../../subscriptions/entitlement-summaries.service.js';
import { SubscriptionsService } from '../../subscriptions/subscriptions.service.js';

@ApiController('subscriptions', 'Entitlements')
export class SubscriptionEntitlementsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly subscriptions: SubscriptionsService,
    private readonly summaries: EntitlementSummaries,
  ) {}

  /** What the subscription entitles to now: of its plan, its addons and its own, with limits added up. */
  @Get(':id/entitlements')
  ofSubscription(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: SubscriptionEntitlementsRequest,
  ): Promise<SubscriptionEntitlementsResponse> {
    return this.uow.read(caller, async (ctx) => {
      const subscription = await this.subscriptions.get(ctx, id);
      const features = await this.summaries.of(ctx, [subscription], query.feature_ids);
      return {
        subscription_id: id,
        plan_id: subscription.planId,
        features: features.map(toAggregatedFeature),
      };
    });
  }
}
