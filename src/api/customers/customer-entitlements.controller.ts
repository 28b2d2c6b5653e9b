import { Get, Param, Query } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.js';
import type { Caller, Ctx } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { CustomerEntitlementsRequest } from '../subscriptions/entitlement-summaries.requests.js';
import {
  CustomerEntitlementsResponse,
  toAggregatedFeature,
} from '../subscriptions/entitlement-summaries.responses.js';
import { EntitlementSummaries } from '../../subscriptions/entitlement-summaries.service.js';
import { SubscriptionsQueries } from '../subscriptions/subscriptions.queries.js';

@ApiController('customers', 'Entitlements')
export class CustomerEntitlementsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly customers: CustomersService,
    private readonly summaries: EntitlementSummaries,
    private readonly queries: SubscriptionsQueries,
  ) {}

  /** What all subscriptions of the customer together entitle to now. */
  @Get(':id/entitlements')
  ofCustomer(
    @CurrentCaller() caller: Caller,
    @Param('id') id: string,
    @Query() query: CustomerEntitlementsRequest,
  ): Promise<CustomerEntitlementsResponse> {
    return this.uow.read(caller, async (ctx) =>
      this.show(ctx, (await this.customers.resolve(ctx, { id })).id, query),
    );
  }

  /** What all subscriptions of the customer entitle to now. The customer is given by your own id. */
  @Get('external/:external_id/entitlements')
  ofExternal(
    @CurrentCaller() caller: Caller,
    @Param('external_id') externalId: string,
    @Query() query: CustomerEntitlementsRequest,
  ): Promise<CustomerEntitlementsResponse> {
    return this.uow.read(caller, async (ctx) =>
      this.show(ctx, (await this.customers.resolve(ctx, { externalId })).id, query),
    );
  }

  private async show(
    ctx: Ctx,
    customerId: string,
    query: CustomerEntitlementsRequest,
  ): Promise<CustomerEntitlementsResponse> {
    const subscriptions = await this.summaries.entitling(ctx, customerId, query.subscription_ids);
    const features = await this.summaries.of(ctx, subscriptions, query.feature_ids);
    return {
      customer_id: customerId,
      features: features.map(toAggregatedFeature),
      subscriptions: await this.queries.show(ctx, subscriptions),
    };
  }
}
