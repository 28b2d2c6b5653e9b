import { Body, HttpCode, Post } from '@nestjs/common';
import { CustomersService } from '../../customers/customers.service.js';
import type { Caller } from '../../platform/context.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { OnlyReads } from '../../platform/idempotency/route-kinds.js';
import { ApiController, CurrentCaller } from '../api-controller.js';
import { assertWindows, propertyFilters, usageWindow } from '../../usage/usage.service.js';
import type { UsageGroupKey } from '../../usage/usage.types.js';
import { GetUsageAnalyticsRequest } from './usage-analytics.requests.js';
import { GetUsageAnalyticsResponse, toAnalyticsResponse } from './usage-analytics.responses.js';
import { UsageAnalyticsService } from '../../rating/usage-analytics.service.js';

const DEFAULT_DAYS = 7;

@ApiController('events', 'Events and usage')
export class UsageAnalyticsController {
  constructor(
    private readonly uow: UnitOfWork,
    private readonly customers: CustomersService,
    private readonly analytics: UsageAnalyticsService,
  ) {}

  /**
   * Usage and cost of a customer by feature, in total or by windows, grouped by source or properties. Acknowledged
   * events count, as they do on invoices.
   */
  @Post('analytics')
  @HttpCode(200)
  @OnlyReads()
  analyze(
    @CurrentCaller() caller: Caller,
    @Body() body: GetUsageAnalyticsRequest,
  ): Promise<GetUsageAnalyticsResponse> {
    const expand = new Set(body.expand ?? []);
    return this.uow.read(caller, async (ctx) => {
      const window = usageWindow(body.start_time, body.end_time, ctx.now, DEFAULT_DAYS);
      assertWindows(window, { window_size: body.window_size });
      return toAnalyticsResponse(
        await this.analytics.analyze(ctx, {
          customer: await this.customers.getByExternalId(ctx, body.external_customer_id),
          window,
          windowSize: body.window_size,
          featureIds: body.feature_ids,
          sources: body.sources,
          filters: propertyFilters(body.property_filters),
          groupBy: [...new Set(body.group_by ?? [])].filter(
            (key): key is UsageGroupKey => key !== 'feature_id',
          ),
          withSources: expand.has('source'),
        }),
        expand,
      );
    });
  }
}
